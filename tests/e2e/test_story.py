# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job: one playbook over the example inventory, in check mode, for real, and once more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from e2e_ansible import Core, Run
from e2e_cloud import Cloud
from e2e_fleet import EXAMPLE_INVENTORY, PLAYBOOK, Grant, assert_secrets_arrive, assert_unchanged, wanted_grants
from e2e_leaks import assert_nothing_leaks

PLAYBOOKS = sorted(path.stem for path in EXAMPLE_INVENTORY.parent.glob("*.yml"))


@dataclass
class Story:
    """Three runs over the untouched example fleet, and what the emulator knew after each."""

    cloud: Cloud
    check: dict[str, Run]
    """Playbook -> its run in check mode with the emulator refusing writes."""
    check_writes: list[str]
    first: Run
    first_writes: list[str]
    second: Run
    second_writes: list[str]
    clusters: list[dict[str, Any]]
    vault: dict[str, Any]
    grants_before: list[Grant]
    grants: list[Grant]


@pytest.fixture(scope="module")
def story(core: Core, shared_cloud: Cloud, homes: Iterator[Path]) -> Story:
    cloud = shared_cloud
    cloud.reset()
    grants_before = cloud.grants()
    arguments = ("-i", str(EXAMPLE_INVENTORY), "--diff")

    cloud.settings(refuse_writes=True)
    check = {
        name: core.play(next(homes), cloud.env, f"{PLAYBOOK.rpartition('.')[0]}.{name}", *arguments, "--check")
        for name in PLAYBOOKS
    }
    check_writes = cloud.writes()

    cloud.settings(refuse_writes=False)
    first = core.play(next(homes), cloud.env, PLAYBOOK, *arguments, "-vvvv")
    first_writes = cloud.writes()

    start = cloud.mark()
    second = core.play(next(homes), cloud.env, PLAYBOOK, *arguments)
    second_writes = cloud.writes(since=start)

    clusters = cloud.clusters()
    (vault_id,) = {one["properties"]["secretArchive"]["keyVaultId"].lower() for one in clusters if _linked(one)}
    (vault,) = [one for one in cloud.vaults().values() if one["id"].lower() == vault_id]
    return Story(
        cloud, check, check_writes, first, first_writes, second, second_writes, clusters, vault, grants_before,
        cloud.grants(),
    )  # fmt: skip


def _linked(cluster: dict[str, Any]) -> bool:
    return bool((cluster["properties"].get("secretArchive") or {}).get("keyVaultId"))


def test_every_run_succeeds_without_a_warning(story: Story) -> None:
    for run in (*story.check.values(), story.first, story.second):
        run.assert_good()


def test_every_cluster_is_linked(story: Story) -> None:
    hosts = set(story.first.stats)
    assert len(hosts) >= 3
    archives = {one["name"]: one["properties"].get("secretArchive") for one in story.clusters}
    for host in hosts:
        assert archives[host] is not None, archives
        assert archives[host]["useKeyVault"] == "True", archives


def test_the_secrets_of_every_cluster_arrive_in_the_vault(story: Story) -> None:
    assert_secrets_arrive(story.cloud, story.vault["name"], [one["name"] for one in story.clusters if _linked(one)])


def test_exactly_the_wanted_roles_are_granted_once(story: Story) -> None:
    new = [grant for grant in story.grants if grant not in story.grants_before]
    assert len(new) == len(set(new)), new
    assert set(story.grants) - set(story.grants_before) == wanted_grants(story.cloud, story.vault["id"])
    assert len(story.grants) == len(story.grants_before) + len(new)


def test_the_second_run_changes_and_writes_nothing(story: Story) -> None:
    assert_unchanged(story.second, hosts=len(story.first.stats))
    assert story.second_writes == []
    assert story.second.diffs() == set()


def test_check_mode_writes_nothing(story: Story) -> None:
    assert story.check_writes == []


def test_check_mode_predicts_the_differences_of_the_real_run(story: Story) -> None:
    predicted = story.check[PLAYBOOK.rpartition(".")[2]].diffs()
    assert predicted
    assert predicted == story.first.diffs()


def test_every_write_was_announced(story: Story) -> None:
    """As many differences shown as resources written: nothing is written behind the user's back."""
    written = {line.rpartition(" ")[0] for line in story.first_writes if line[-3:].startswith("2")}
    assert len(written) == len(story.first.diffs()), story.first_writes


def test_nothing_leaks_at_the_highest_verbosity(story: Story) -> None:
    assert_nothing_leaks(story.first, story.cloud.env["AZURE_SECRET"])


def test_the_summary_has_a_line_for_every_cluster(story: Story) -> None:
    for run, words in [
        (story.check[PLAYBOOK.rpartition(".")[2]], "would change"),
        (story.first, "changed"),
        (story.second, "already in place"),
    ]:
        lines = run.result("Summary of all clusters")["msg"]
        assert {line.partition(":")[0] for line in lines} == set(story.first.stats)
        assert all(line.partition(": ")[2].startswith(words) for line in lines), lines
