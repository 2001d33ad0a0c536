# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities: what the user did not name stays. (The Azure CLI gets the removal of one of two wrong.)"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e_ansible import Core
from e2e_cloud import WRITER_ROLE, Cloud
from e2e_plays import run_tasks, task

MANAGER = "cm-north"
MODULE = "nexus_clustermanager_identity"


class Identities:
    """One cluster manager's identities, changed by our module and read from the emulator."""

    def __init__(self, core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
        self.core, self.cloud, self.homes = core, cloud, homes
        self.manager_id = cloud.managers()[MANAGER]["id"]

    def change(self, expected: int = 1, /, **options: Any) -> None:
        """Run the module once with these options, and expect this number of changes."""
        options["id"] = self.manager_id
        run = run_tasks(self.core, next(self.homes), self.cloud.env, [task(MODULE, **options)], "--diff").assert_good()
        assert run.changed == {"site": expected}, run.output

    def now(self) -> tuple[bool, set[str]]:
        """(has a system assigned identity, names of the user assigned ones)."""
        identity = self.cloud.managers()[MANAGER].get("identity") or {}
        names = {key.rpartition("/")[2].lower() for key in identity.get("userAssignedIdentities") or {}}
        kinds = {kind.strip() for kind in identity.get("type", "None").split(",")} - {"None"}
        assert kinds == ({"SystemAssigned"} if identity.get("principalId") else set()) | (
            {"UserAssigned"} if names else set()
        )
        return bool(identity.get("principalId")), names


def test_only_what_is_named_is_added_and_removed(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    identities = Identities(core, cloud, homes)
    first, second = (one["id"] for one in list(cloud.identities().values())[:2])
    first_name, second_name = (one.rpartition("/")[2].lower() for one in (first, second))

    identities.change(user_assigned=[first])
    identities.change(user_assigned=[second])
    assert identities.now() == (False, {first_name, second_name})
    identities.change(system_assigned=True)
    assert identities.now() == (True, {first_name, second_name})
    seen = cloud.mark()
    identities.change(0, system_assigned=True, user_assigned=[second, first.upper()])
    assert cloud.writes(since=seen) == []
    principal = cloud.managers()[MANAGER]["identity"]["principalId"]
    # Azure gives the ids back in another case than most people write them in
    identities.change(state="absent", user_assigned=[first.replace("/resourceGroups/", "/RESOURCEGROUPS/")])
    assert identities.now() == (True, {second_name})
    assert cloud.managers()[MANAGER]["identity"]["principalId"] == principal
    identities.change(system_assigned=False)
    assert identities.now() == (False, {second_name})
    identities.change(state="absent", user_assigned=[second])
    assert identities.now() == (False, set())


@pytest.mark.newest_only
def test_where_a_patch_removes_what_it_does_not_list(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    """The documents disagree on what Azure does with unlisted identities: both behaviours must end the same."""
    cloud.settings(unlisted_identities="remove")
    identities = Identities(core, cloud, homes)
    first, second = (one["id"] for one in list(cloud.identities().values())[:2])
    identities.change(user_assigned=[first])
    identities.change(user_assigned=[second])
    identities.change(system_assigned=True)
    assert identities.now() == (True, {one.rpartition("/")[2].lower() for one in (first, second)})


def test_a_role_is_taken_from_the_named_principal_only(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    first, second = (one["properties"]["principalId"] for one in list(cloud.identities().values())[:2])
    vault = cloud.vaults()["kv-nexus-prod"]["id"]
    before = cloud.grants()
    tasks = [
        task("nexus_kv_role", "grant", id=vault, principal_ids=[first, second]),
        task("nexus_kv_role", "grant again", id=vault.upper(), principal_ids=[first, second]),
        task("nexus_kv_role", "take", id=vault, principal_ids=[first], state="absent"),
        task("nexus_kv_role", "take again", id=vault, principal_ids=[first], state="absent"),
    ]
    run = run_tasks(core, next(homes), cloud.env, tasks, "--diff").assert_good()
    assert [event["result"]["changed"] for event in run.results] == [True, False, True, False]
    assert [grant for grant in cloud.grants() if grant not in before] == [(WRITER_ROLE, second, vault.lower())]
    assert set(before) <= set(cloud.grants())


def test_a_link_is_taken_back(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    cluster = next(one for one in cloud.clusters() if one["name"] == "cluster-oslo")
    vault = cloud.vaults()["kv-nexus-prod"]["id"]
    tasks = [
        task("nexus_cluster_secret_archive", "link", id=cluster["id"], key_vault_id=vault),
        task("nexus_cluster_secret_archive", "pause", id=cluster["id"], key_vault_id=vault, use_key_vault=False),
        task("nexus_cluster_secret_archive", "unlink", id=cluster["id"], state="absent"),
        task("nexus_cluster_secret_archive", "unlink again", id=cluster["id"], state="absent"),
    ]
    run = run_tasks(core, next(homes), cloud.env, tasks, "--diff").assert_good()
    assert [event["result"]["changed"] for event in run.results] == [True, True, True, False]
    after = cloud.arm(cluster["id"])
    assert not (after["properties"].get("secretArchive") or {}).get("keyVaultId")
    # what the platform says of itself may differ
    moving = ("secretArchive", "detailedStatusMessage", "conditions")
    unchanged = {key: value for key, value in cluster["properties"].items() if key not in moving}
    assert {key: after["properties"][key] for key in unchanged} == unchanged
