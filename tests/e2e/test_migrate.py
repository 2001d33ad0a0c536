# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the cluster manager's identity to the cluster's own, of each kind, without a gap in rotation; and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from e2e_ansible import Core
from e2e_cloud import Cloud
from e2e_fleet import assert_unchanged
from e2e_links import DISABLE, ENABLE, MIGRATE, Setup, Site, Step, rotate, told, write_fleet, write_inventory, written

# Each cluster is named after the kinds of identity that it comes from and goes to.
MANAGERS = {"cm-one": "system", "cm-two": "system", "cm-three": "id-same", "cm-four": "id-old"}
CLUSTERS = {"system-system": "cm-one", "system-user": "cm-two", "user-same": "cm-three", "user-system": "cm-four"}
IDENTITIES = ("id-new", "id-same", "id-old", "id-ready")

BEFORE = {
    "system-system": "cluster_manager as cm-one",
    "system-user": "cluster_manager as cm-two",
    "user-same": "cluster_manager as id-same",
    "user-system": "cluster_manager as id-old",
}
AFTER = {
    "system-system": "cluster as system-system",
    "system-user": "cluster as id-new",
    "user-same": "cluster as id-same",
    "user-system": "cluster as user-system",
}
NEW_LINKS = {
    "system-system": ["cluster: kv-nexus by its own"],
    "system-user": ["cluster: kv-nexus by id-new"],
    "user-same": ["cluster: kv-nexus by id-same"],
    "user-system": ["cluster: kv-nexus by its own"],
}
MIGRATED = Setup(
    {name: ["manager: kv-nexus", *links] for name, links in NEW_LINKS.items()},
    {
        "system-system": ["system"],
        "system-user": ["id-new"],
        "user-same": ["id-same"],
        "user-system": ["system"],
        "cm-one": ["system"],
        "cm-two": ["system"],
        "cm-three": ["id-same"],
        "cm-four": ["id-old"],
    },
    [
        "Nexus uses id-new",
        "Nexus uses id-old",
        "Nexus uses id-same",
        "cm-one writes to kv-nexus",
        "cm-two writes to kv-nexus",
        "id-new writes to kv-nexus",
        "id-old writes to kv-nexus",
        "id-ready writes to kv-nexus",
        "id-same writes to kv-nexus",
        "system-system writes to kv-nexus",
        "user-system writes to kv-nexus",
    ],
)
UNUSED = [f"{name} writes to kv-nexus" for name in ("cm-one", "cm-two", "id-old")]
OLD_GONE = replace(MIGRATED, links=NEW_LINKS, roles=[role for role in MIGRATED.roles if role not in UNUSED])

# A new role has effect after so many seconds. Azure tells when it was made, and the playbook reads that to the second.
ROLE_SECONDS = 4
MOVE = ("-e", f"customer_key_vault_effective_seconds={ROLE_SECONDS + 1}", "-e", "customer_key_vault_serial=100%")
REMOVE_OLD = (*MOVE, "-e", "customer_key_vault_remove_old=true")
GOING_BACK = ("system-system", "user-same")

# The cluster with the most steps, and its writes in their order.
ONE = "system-user"
WRITES = {
    "the identity": f"PATCH clusters/{ONE}",
    "the operator role": "PUT roleAssignments",
    "the vault's role": "PUT roleAssignments",
    "the settings": f"PATCH clusters/{ONE}",
    "the older link": f"PATCH clusters/{ONE}",
    "the unused role": "DELETE roleAssignments",
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Every cluster is written by the older method."""
    folder = tmp_path_factory.mktemp("migrate")
    with Cloud.running(folder, write_fleet(folder / "fleet.yml", MANAGERS, CLUSTERS, IDENTITIES)) as running:
        yield running


@pytest.fixture(scope="module")
def site(core: Core, fleet: Cloud, homes: Iterator[Path], tmp_path_factory: pytest.TempPathFactory) -> Site:
    ids = {name: one["id"] for name, one in fleet.identities().items()}
    users = {"system-user": "id-new", "user-same": "id-same"}
    hosts = {name: {"user_assigned_identity_ids": [ids[users[name]]]} if name in users else {} for name in CLUSTERS}
    folder = tmp_path_factory.mktemp("inventory")
    return Site(core, fleet, write_inventory(fleet, folder / "inventory.yml", hosts), homes)


@dataclass
class Steps:
    """The runs over all clusters, in this order, and as whom the platform rotates in between."""

    rotated_before: dict[str, str]
    check: Step
    first: Step
    rotated: dict[str, str]
    second: Step
    check_remove: Step
    remove: Step
    rotated_after: dict[str, str]
    remove_again: Step
    history: dict[str, list[str]]
    back: Step
    rotated_meanwhile: dict[str, str]
    disable: Step
    rotated_back: dict[str, str]
    whole_history: dict[str, list[str]]


@pytest.fixture(scope="module")
def steps(site: Site) -> Steps:
    start(site.cloud)
    only_two = ("--limit", ",".join(GOING_BACK))

    def rotated() -> dict[str, str]:
        return {name: rotate(site.cloud, name) for name in CLUSTERS}

    def history() -> dict[str, list[str]]:
        return {name: told(site.cloud, name) for name in CLUSTERS}

    return Steps(
        rotated_before=rotated(),
        check=site.step(MIGRATE, *MOVE, "--check"),
        first=site.step(MIGRATE, *MOVE),
        rotated=rotated(),
        second=site.step(MIGRATE, *MOVE),
        check_remove=site.step(MIGRATE, *REMOVE_OLD, "--check"),
        remove=site.step(MIGRATE, *REMOVE_OLD),
        rotated_after=rotated(),
        remove_again=site.step(MIGRATE, *REMOVE_OLD),
        history=history(),
        back=site.step(ENABLE, *only_two, *MOVE, "-e", "customer_key_vault_method=cluster_manager"),
        rotated_meanwhile=rotated(),
        disable=site.step(DISABLE, *only_two, "-e", "customer_key_vault_disable_method=cluster"),
        rotated_back=rotated(),
        whole_history=history(),
    )


def start(cloud: Cloud) -> None:
    cloud.reset(role_effect_seconds=ROLE_SECONDS)


def refusals(history: list[str]) -> list[str]:
    return [event for event in history if event.startswith("refused")]


def test_every_run_succeeds_without_a_warning(steps: Steps) -> None:
    for step in (steps.check, steps.first, steps.second, steps.check_remove, steps.remove, steps.remove_again):
        step.run.assert_good()


def test_check_mode_writes_nothing_and_predicts_the_differences_of_the_real_run(steps: Steps) -> None:
    for predicted, real in ((steps.check, steps.first), (steps.check_remove, steps.remove)):
        assert predicted.writes == []
        assert predicted.run.diffs()
        assert predicted.run.diffs() == real.run.diffs()


def test_the_older_link_and_its_roles_stay_unless_told_otherwise(steps: Steps) -> None:
    assert steps.first.setup == MIGRATED


def test_the_older_link_goes_and_the_roles_that_nothing_uses_any_more(steps: Steps) -> None:
    assert steps.remove.setup == OLD_GONE
    unlinked = [f"PATCH clusters/{name}" for name in CLUSTERS]
    assert written(steps.remove.writes) == sorted([*unlinked, *["DELETE roleAssignments"] * len(UNUSED)])


def test_a_run_with_everything_in_place_changes_and_writes_nothing(steps: Steps) -> None:
    for step in (steps.second, steps.remove_again):
        assert_unchanged(step.run, hosts=len(CLUSTERS))
        assert step.writes == []
        assert step.run.diffs() == set()


def test_the_platform_rotates_with_the_identity_of_the_cluster_from_then_on(steps: Steps) -> None:
    """`rotate` sees to it that new versions come, and that none of the earlier ones goes."""
    assert steps.rotated_before == BEFORE
    assert steps.rotated == AFTER
    assert steps.rotated_after == AFTER


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_there_is_no_gap(steps: Steps, cluster: str) -> None:
    """From the first rotation on the platform is never refused, and it changes over once and for all."""
    history = steps.history[cluster]
    assert refusals(history) == []
    methods = [event.split()[2] for event in history]
    assert methods == sorted(methods, reverse=True)
    assert {event.partition(" by ")[2] for event in history} == {BEFORE[cluster], AFTER[cluster]}


def test_the_way_back_links_by_the_older_method_first_which_the_platform_ignores(steps: Steps) -> None:
    assert steps.back.run.rc == 0, steps.back.run.output
    assert [name for name in GOING_BACK if any(f"/{name} has secret" in text for text in steps.back.run.warnings)] == [
        *GOING_BACK
    ]
    assert {name: steps.back.setup.links[name] for name in GOING_BACK} == {
        name: MIGRATED.links[name] for name in GOING_BACK
    }
    assert steps.rotated_meanwhile == AFTER


def test_the_way_back_ends_with_the_settings(steps: Steps) -> None:
    steps.disable.run.assert_good()
    assert written(steps.disable.writes) == [f"PATCH clusters/{name}" for name in GOING_BACK]
    assert [steps.disable.setup.links[name] for name in GOING_BACK] == [["manager: kv-nexus"]] * 2
    assert steps.rotated_back == AFTER | {name: BEFORE[name] for name in GOING_BACK}
    assert [refusals(history) for history in steps.whole_history.values()] == [[]] * len(CLUSTERS)


@dataclass
class Whole:
    """A migration that nothing interrupts."""

    setup: Setup
    writes: list[str]


@pytest.fixture(scope="module")
def whole(site: Site) -> Whole:
    start(site.cloud)
    step = site.step(MIGRATE, *REMOVE_OLD, "--limit", ONE)
    step.run.assert_good()
    return Whole(step.setup, written(step.writes))


def assert_completed(site: Site, whole: Whole) -> None:
    """The same end as without an interruption, each step was taken once, and no rotation could have failed."""
    assert Setup.of(site.cloud) == whole.setup
    assert written(site.cloud.writes()) == whole.writes == sorted(WRITES.values())
    assert rotate(site.cloud, ONE) == AFTER[ONE]
    assert refusals(told(site.cloud, ONE)) == []


@pytest.mark.newest_only
@pytest.mark.parametrize("done", range(len(WRITES)), ids=[name.replace(" ", "-") for name in WRITES])
def test_a_run_goes_on_where_an_earlier_one_was_stopped(site: Site, whole: Whole, done: int) -> None:
    """Stopped at each of its writes in turn."""
    start(site.cloud)
    site.cloud.settings(refuse_writes=True, writes_left=done)
    stopped = site.step(MIGRATE, *REMOVE_OLD, "--limit", ONE)
    assert stopped.run.rc != 0
    assert "EmulatorRefusesWrites" in stopped.run.output
    assert len(written(stopped.writes)) == done
    site.cloud.settings(refuse_writes=False)
    rotate(site.cloud, ONE)
    site.step(MIGRATE, *REMOVE_OLD, "--limit", ONE).run.assert_good()
    assert_completed(site, whole)


@pytest.mark.newest_only
@pytest.mark.parametrize("member", ["identity", "secretArchiveSettings"])
def test_a_run_goes_on_where_an_earlier_one_was_killed(site: Site, whole: Whole, member: str) -> None:
    """In the middle of the operation that gives the cluster its identity, or that changes it over."""
    start(site.cloud)
    site.cloud.settings(operation_seconds=5.0)
    site.kill_at(member, MIGRATE, *REMOVE_OLD, "--limit", ONE)
    site.cloud.settings(operation_seconds=0.3)
    site.step(MIGRATE, *REMOVE_OLD, "--limit", ONE).run.assert_good()
    assert_completed(site, whole)


@pytest.mark.newest_only
def test_a_run_goes_on_where_an_earlier_one_was_killed_while_it_waited(site: Site, whole: Whole) -> None:
    """For the ten minutes that a role may take, which is the default: there, and on the way back too."""
    waits = "takes effect within 600 s"
    start(site.cloud)
    site.kill_when_it_says(waits, MIGRATE, "--limit", ONE)
    assert rotate(site.cloud, ONE) == BEFORE[ONE]
    site.step(MIGRATE, *REMOVE_OLD, "--limit", ONE).run.assert_good()
    assert_completed(site, whole)
    back = ("-e", "customer_key_vault_method=cluster_manager", "-e", "customer_key_vault_user_assigned_identity_ids=")
    site.kill_when_it_says(waits, ENABLE, "--limit", ONE, *back)
    assert rotate(site.cloud, ONE) == AFTER[ONE]


@pytest.mark.newest_only
def test_a_switch_without_the_wait_would_show(site: Site) -> None:
    """Proof that the tests above can fail: the same, but with a role that has no effect yet."""
    start(site.cloud)
    rotate(site.cloud, ONE)
    site.cloud.settings(role_effect_seconds=15)
    site.step(MIGRATE, "--limit", ONE, "-e", "customer_key_vault_effective_seconds=0").run.assert_good()
    assert refusals(told(site.cloud, ONE)) == [f"refused KeyVaultAccessDenied by {AFTER[ONE]}"]


@pytest.mark.newest_only
def test_the_operator_role_is_waited_for_too(site: Site) -> None:
    """Somebody has long let the identity write to the vault, but nobody lets Operator Nexus use it."""
    start(site.cloud)
    rotate(site.cloud, ONE)
    ready = json.dumps({"customer_key_vault_user_assigned_identity_ids": [site.cloud.identities()["id-ready"]["id"]]})
    step = site.step(MIGRATE, *MOVE, "--limit", ONE, "-e", ready)
    step.run.assert_good()
    assert written(step.writes).count("PUT roleAssignments") == 1
    assert rotate(site.cloud, ONE) == "cluster as id-ready"
    assert refusals(told(site.cloud, ONE)) == []


@pytest.mark.newest_only
def test_a_cluster_goes_back_where_the_platform_refuses(site: Site) -> None:
    """Nobody lets Operator Nexus use the identity. The cluster after it is prepared, and not switched over."""
    other = "user-system"
    start(site.cloud)
    before = Setup.of(site.cloud)
    options = ("-e", "customer_key_vault_operator_role=false", "-e", "customer_key_vault_prove_timeout=2")
    seconds = ("-e", f"customer_key_vault_effective_seconds={ROLE_SECONDS + 1}")
    run = site.step(MIGRATE, "--limit", f"{ONE},{other}", *seconds, *options)
    assert run.run.rc != 0
    run.run.assert_quiet()
    (line,) = [text for text in run.run.summary if text.startswith(f"{ONE}: FAILED: ")]
    assert "KeyVaultAccessDenied" in line
    assert "AFOI-NC-MGMT-PME-PROD" in line
    assert line.endswith("The settings are taken away again; the cluster is written by its older link as before.")

    assert run.setup.links == before.links
    assert run.setup.roles == sorted([*before.roles, "id-new writes to kv-nexus", "user-system writes to kv-nexus"])
    assert rotate(site.cloud, ONE) == BEFORE[ONE]
    assert rotate(site.cloud, other) == BEFORE[other]
    assert len(refusals(told(site.cloud, ONE))) == 1
    switched = [
        entry["path"] for entry in site.cloud.log(writes="true") if "secretArchiveSettings" in str(entry["body"])
    ]
    assert {path.rpartition("/")[2] for path in switched} == {ONE}
