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
from e2e_links import DISABLE, ENABLE, MIGRATE, Setup, written

PLAYBOOKS = sorted(path.stem for path in EXAMPLE_INVENTORY.parent.glob("*.yml"))

# What the example inventory asks for.
LINKS = {
    "cluster-oslo": ["cluster: kv-nexus-prod by its own"],
    "cluster-bergen": ["cluster: kv-nexus-prod by its own"],
    "cluster-rome": ["manager: kv-nexus-prod"],
}
IDENTITIES = {
    "cluster-oslo": ["system"],
    "cluster-bergen": ["system"],
    "cluster-rome": [],
    "cm-north": [],
    "cm-south": ["id-nexus-south"],
}


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
    setup: Setup
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

    return Story(
        cloud, check, check_writes, first, first_writes, second, second_writes, Setup.of(cloud),
        cloud.vaults()["kv-nexus-prod"], grants_before, cloud.grants(),
    )  # fmt: skip


def test_every_run_succeeds_without_a_warning(story: Story) -> None:
    for run in (*story.check.values(), story.first, story.second):
        run.assert_good()


def test_every_cluster_is_linked_by_its_method(story: Story) -> None:
    assert story.setup.links == LINKS
    assert set(story.first.stats) == set(LINKS)


def test_the_identities_are_where_the_methods_want_them(story: Story) -> None:
    assert story.setup.identities == IDENTITIES


def test_the_secrets_of_every_cluster_arrive_in_the_vault(story: Story) -> None:
    assert_secrets_arrive(story.cloud, story.vault["name"], list(LINKS))


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
    """As many differences shown as writes: nothing is written behind the user's back."""
    assert len(written(story.first_writes)) == len(story.first.diffs()), story.first_writes


def test_nothing_leaks_at_the_highest_verbosity(story: Story) -> None:
    assert_nothing_leaks(story.first, story.cloud.env["AZURE_SECRET"])


@pytest.mark.parametrize(
    ("playbook", "words"), [(ENABLE, "would change"), (MIGRATE, "would change"), (DISABLE, "already in place")]
)
def test_check_mode_tells_a_plan_for_every_cluster(story: Story, playbook: str, words: str) -> None:
    _assert_summary(story.check[playbook.rpartition(".")[2]], words)


def test_the_summary_has_a_line_for_every_cluster(story: Story) -> None:
    _assert_summary(story.first, "changed")
    _assert_summary(story.second, "already in place")


def _assert_summary(run: Run, words: str) -> None:
    assert {line.partition(":")[0] for line in run.summary} == set(LINKS)
    assert all(line.partition(": ")[2].startswith(words) for line in run.summary), run.summary
