# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both methods with both kinds of identity, there and back: set up, disable, set up again, disable with the roles.

`test_story.py` sets up, and `test_migrate.py` disables, with the oldest ansible-core too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from e2e_ansible import Core
from e2e_cloud import Cloud
from e2e_fleet import assert_unchanged
from e2e_links import DISABLE, ENABLE, VAULT, Setup, Site, Step, rotate, told, write_fleet, write_inventory, written

pytestmark = pytest.mark.newest_only

MANAGERS = {"cm-idle": "", "cm-system": "", "cm-user": ""}
CLUSTERS = {
    "new-system": "cm-idle",
    "new-user": "cm-idle",
    "neighbour": "cm-idle",
    "old-system": "cm-system",
    "old-user": "cm-user",
}
IDENTITIES = ("id-new", "id-old")

# Cluster -> the method by which the platform writes, and as whom. `neighbour` shares an identity with `new-user`.
WRITERS = {
    "new-system": "cluster as new-system",
    "new-user": "cluster as id-new",
    "neighbour": "cluster as id-new",
    "old-system": "cluster_manager as cm-system",
    "old-user": "cluster_manager as id-old",
}
LINKS = {
    "new-system": ["cluster: kv-nexus by its own"],
    "new-user": ["cluster: kv-nexus by id-new"],
    "neighbour": ["cluster: kv-nexus by id-new"],
    "old-system": ["manager: kv-nexus"],
    "old-user": ["manager: kv-nexus"],
}
SET_UP = Setup(
    LINKS,
    {
        "new-system": ["system"],
        "new-user": ["id-new"],
        "neighbour": ["id-new"],
        "old-system": [],
        "old-user": [],
        "cm-idle": [],
        "cm-system": ["system"],
        "cm-user": ["id-old"],
    },
    [
        "Nexus uses id-new",
        "Nexus uses id-old",
        "cm-system writes to kv-nexus",
        "id-new writes to kv-nexus",
        "id-old writes to kv-nexus",
        "new-system writes to kv-nexus",
    ],
)
LEAVING = [name for name in CLUSTERS if name != "neighbour"]
DISABLED = replace(SET_UP, links={name: LINKS[name] if name == "neighbour" else [] for name in CLUSTERS})


@dataclass
class Steps:
    """The runs over one fleet, in this order. Check mode runs while the emulator refuses writes."""

    check: Step
    first: Step
    second: Step
    history: dict[str, list[str]]
    rotated: dict[str, str]
    secrets: dict[str, set[str]]
    check_disable: Step
    disable: Step
    disable_again: Step
    secrets_disabled: dict[str, set[str]]
    again: Step
    rotated_again: dict[str, str]
    check_roles: Step
    roles: Step
    roles_again: Step
    last: Step


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("methods")
    with Cloud.running(folder, write_fleet(folder / "fleet.yml", MANAGERS, CLUSTERS, IDENTITIES)) as running:
        yield running


@pytest.fixture(scope="module")
def steps(core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path_factory: pytest.TempPathFactory) -> Steps:
    cloud.reset()
    ids = {name: one["id"] for name, one in cloud.identities().items()}
    hosts: dict[str, dict[str, Any]] = {
        "new-system": {},
        "new-user": {"user_assigned_identity_ids": [ids["id-new"]]},
        "neighbour": {"user_assigned_identity_ids": [ids["id-new"]]},
        "old-system": {"method": "cluster_manager"},
        "old-user": {"method": "cluster_manager", "user_assigned_identity_ids": [ids["id-old"]]},
    }
    inventory = write_inventory(cloud, tmp_path_factory.mktemp("inventory") / "inventory.yml", hosts)

    site = Site(core, cloud, inventory, homes)

    def secrets() -> dict[str, set[str]]:
        return {name: cloud.versions(VAULT, name) for name in CLUSTERS}

    def rotated() -> dict[str, str]:
        return {name: rotate(cloud, name) for name in CLUSTERS}

    others, with_roles = ("--limit", "!neighbour"), ("-e", "customer_key_vault_remove_roles=true")
    return Steps(
        check=site.step(ENABLE, "--check"),
        first=site.step(ENABLE),
        second=site.step(ENABLE),
        history={name: told(cloud, name) for name in CLUSTERS},
        rotated=rotated(),
        secrets=secrets(),
        check_disable=site.step(DISABLE, *others, "--check"),
        disable=site.step(DISABLE, *others),
        disable_again=site.step(DISABLE, *others),
        secrets_disabled=secrets(),
        again=site.step(ENABLE),
        rotated_again=rotated(),
        check_roles=site.step(DISABLE, *others, *with_roles, "--check"),
        roles=site.step(DISABLE, *others, *with_roles),
        roles_again=site.step(DISABLE, *others, *with_roles),
        last=site.step(DISABLE, "--limit", "neighbour,new-user", *with_roles),
    )


def test_every_run_succeeds_without_a_warning(steps: Steps) -> None:
    for step in (steps.check, steps.first, steps.second, steps.check_disable, steps.disable, steps.disable_again):
        step.run.assert_good()
    for step in (steps.again, steps.last):
        step.run.assert_good()


def test_check_mode_writes_nothing(steps: Steps) -> None:
    for step in (steps.check, steps.check_disable, steps.check_roles):
        assert step.writes == []


def test_check_mode_predicts_the_differences_of_the_real_run(steps: Steps) -> None:
    for predicted, real in (
        (steps.check, steps.first),
        (steps.check_disable, steps.disable),
        (steps.check_roles, steps.roles),
    ):
        assert predicted.run.diffs()
        assert predicted.run.diffs() == real.run.diffs()


def test_each_method_gives_its_own_resource_the_identity_and_the_roles(steps: Steps) -> None:
    assert steps.first.setup == SET_UP


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_the_platform_writes_by_the_method_and_the_identity_that_were_chosen(steps: Steps, cluster: str) -> None:
    """From the first moment: it was never kept from it."""
    assert steps.history[cluster] == [f"{event} by {WRITERS[cluster]}" for event in ("validated", "rotated")]
    assert steps.rotated[cluster] == WRITERS[cluster]


def test_a_run_with_everything_in_place_changes_and_writes_nothing(steps: Steps) -> None:
    assert_unchanged(steps.second.run, hosts=len(CLUSTERS))
    assert_unchanged(steps.disable_again.run, hosts=len(LEAVING))
    for step in (steps.second, steps.disable_again, steps.roles_again):
        assert not any(step.run.changed.values())
        assert step.writes == []
        assert step.run.diffs() == set()


def test_disable_takes_the_link_away_and_nothing_else(steps: Steps) -> None:
    assert steps.disable.setup == DISABLED
    assert written(steps.disable.writes) == sorted(f"PATCH clusters/{name}" for name in LEAVING)
    assert steps.secrets_disabled == steps.secrets


def test_it_can_be_set_up_again(steps: Steps) -> None:
    assert steps.again.setup == SET_UP
    assert written(steps.again.writes) == written(steps.disable.writes)
    assert steps.rotated_again == WRITERS


def test_roles_are_taken_from_identities_that_nothing_uses_any_more(steps: Steps) -> None:
    kept = ["Nexus uses id-new", "Nexus uses id-old", "id-new writes to kv-nexus"]
    assert steps.roles.setup == replace(DISABLED, roles=kept)
    # Two at once that share the identity.
    assert steps.last.setup.roles == ["Nexus uses id-new", "Nexus uses id-old"]
    assert not any(steps.last.setup.links.values())


def test_a_role_that_stays_is_warned_of(steps: Steps) -> None:
    words = "keeps the role: the platform writes the credentials of neighbour into the vault with it."
    for step in (steps.check_roles, steps.roles, steps.roles_again):
        assert step.run.rc == 0, step.run.output
        (warning,) = step.run.warnings
        assert warning.endswith(words)
