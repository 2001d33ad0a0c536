# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Five clusters of one manager move in two parts: the manager's role stays as long as any of them needs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e_ansible import Core
from e2e_cloud import Cloud
from e2e_links import MIGRATE, Site, Step, rotate, told, write_fleet, write_inventory, written

pytestmark = pytest.mark.newest_only

CLUSTERS = ("cluster-a", "cluster-b", "cluster-c", "cluster-d", "cluster-e")
EARLY, LATE = CLUSTERS[:3], CLUSTERS[3:]
NEW = [f"{name} writes to kv-nexus" for name in CLUSTERS]
OLD = "cm-shared writes to kv-nexus"
OPTIONS = ("-e", "customer_key_vault_remove_old=true", "-e", "customer_key_vault_effective_seconds=0")


@dataclass
class Steps:
    check_early: Step
    early: Step
    rotated_between: dict[str, str]
    check_late: Step
    late: Step
    rotated: dict[str, str]
    history: dict[str, list[str]]


@pytest.fixture(scope="module")
def steps(core: Core, homes: Iterator[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steps]:
    folder = tmp_path_factory.mktemp("shared")
    fleet = write_fleet(folder / "fleet.yml", {"cm-shared": "system"}, dict.fromkeys(CLUSTERS, "cm-shared"), ())
    with Cloud.running(folder / "emulator", fleet) as cloud:
        inventory = write_inventory(cloud, folder / "inventory.yml", {name: {} for name in CLUSTERS})
        site = Site(core, cloud, inventory, homes)

        def rotated() -> dict[str, str]:
            return {name: rotate(cloud, name) for name in CLUSTERS}

        early, late = (("--limit", ",".join(names), *OPTIONS) for names in (EARLY, LATE))
        yield Steps(
            check_early=site.step(MIGRATE, *early, "--check"),
            early=site.step(MIGRATE, *early),
            rotated_between=rotated(),
            check_late=site.step(MIGRATE, *late, "--check"),
            late=site.step(MIGRATE, *late),
            rotated=rotated(),
            history={name: told(cloud, name) for name in CLUSTERS},
        )


def test_three_move_and_the_managers_role_stays(steps: Steps) -> None:
    assert steps.early.run.rc == 0, steps.early.run.output
    assert steps.early.setup.roles == sorted([*NEW[:3], OLD])
    assert steps.early.setup.links == {
        name: ["cluster: kv-nexus by its own" if name in EARLY else "manager: kv-nexus"] for name in CLUSTERS
    }
    assert "DELETE roleAssignments" not in written(steps.early.writes)


def test_the_other_two_are_written_by_the_older_method_as_before(steps: Steps) -> None:
    new = {name: f"cluster as {name}" for name in EARLY}
    assert steps.rotated_between == new | dict.fromkeys(LATE, "cluster_manager as cm-shared")


def test_the_managers_role_goes_with_the_last_of_them(steps: Steps) -> None:
    assert steps.late.run.rc == 0, steps.late.run.output
    assert steps.late.setup.roles == NEW
    assert steps.late.setup.identities["cm-shared"] == ["system"]
    order = [line.split()[1].split("/")[-2:] for line in steps.late.writes]
    assert [name for kind, name in order if kind == "clusters"][-1] == LATE[-1]
    assert order[-1][0] == "roleAssignments"
    assert written(steps.late.writes).count("DELETE roleAssignments") == 1
    assert steps.rotated == {name: f"cluster as {name}" for name in CLUSTERS}


def test_each_run_tells_for_whom_the_role_stays(steps: Steps) -> None:
    """Cluster after cluster there are fewer of them."""
    early = ["cluster-b, cluster-c, cluster-d, cluster-e", "cluster-c, cluster-d, cluster-e", "cluster-d, cluster-e"]
    for step, left in (
        (steps.check_early, early),
        (steps.early, early),
        (steps.check_late, ["cluster-e"]),
        (steps.late, ["cluster-e"]),
    ):
        told_of = [text.partition(" the credentials of ")[2].partition(" into ")[0] for text in step.run.warnings]
        assert told_of == left


def test_the_plan_is_what_comes(steps: Steps) -> None:
    for predicted, real in ((steps.check_early, steps.early), (steps.check_late, steps.late)):
        assert predicted.writes == []
        assert predicted.run.diffs() == real.run.diffs()
    goes = [line for line in steps.check_late.run.summary if "role of the cluster manager" in line]
    assert [line.partition(":")[0] for line in goes] == [LATE[-1]]
    assert not [line for line in steps.check_early.run.summary if "role of the cluster manager" in line]


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_there_is_no_gap(steps: Steps, cluster: str) -> None:
    assert [event for event in steps.history[cluster] if event.startswith("refused")] == []
