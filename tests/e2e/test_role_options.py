# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One cluster with the role's options away from their defaults: each arrives where it belongs, in the right order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from e2e_ansible import Core, Run, wait_until
from e2e_cloud import OPERATOR_ROLE, WRITER_ROLE, Cloud
from e2e_fleet import PLAYBOOK, SPARE_IDENTITIES, Grant
from e2e_links import Setup
from e2e_logins import MACHINE_CLIENT

VERSION = "2025-02-01"
SECONDS = 777


@dataclass
class Played:
    """One run of the playbook for one cluster, and the requests that it made."""

    run: Run
    requests: list[dict[str, Any]]
    grants: list[Grant]
    """Those that it made, sorted."""

    @property
    def written(self) -> list[str]:
        """What the writes that went through were about, in their order: ids in lower case."""
        paths = [entry["path"].lower() for entry in self.requests if entry["write"] and entry["status"] < 300]
        return [path.partition("/providers/microsoft.authorization")[0] for path in paths]

    def arguments(self, option: str) -> list[Any]:
        """What each task with this option was given, but the look at the beginning, which waits for nothing."""
        # The loop's result is of several modules and has no arguments of its own.
        given = [event["result"].get("invocation", {}).get("module_args", {}) for event in self.run.results]
        return [one[option] for one in given if option in one and not one.get("check_vault")]

    def versions(self, *ids: str) -> set[str]:
        """The api-versions by which these resources were read and written."""
        wanted = [resource_id.lower() for resource_id in ids]
        return {entry["api_version"] for entry in self.requests if entry["path"].lower() in wanted}


@pytest.fixture
def play(core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path) -> Callable[[dict[str, Any]], Played]:
    def run(options: dict[str, Any]) -> Played:
        options = {
            "subscription_id": cloud.subscription_id,
            "key_vault_id": cloud.vaults()["kv-other"]["id"],
            # Any object id will do, as long as it is not the one that Graph would give.
            "nexus_principal_id": cloud.service_principal(MACHINE_CLIENT),
            "wait_timeout": SECONDS,
            "api_version": VERSION,
            **options,
        }
        inventory = tmp_path / "inventory.yml"
        host = {f"customer_key_vault_{name}": value for name, value in options.items()}
        inventory.write_text(json.dumps({"nexus_clusters": {"hosts": {"site-1": host}}}))
        # Nothing but the options tells the subscription here.
        variables = {name: value for name, value in cloud.env.items() if name != "AZURE_SUBSCRIPTION_ID"}
        variables["ANSIBLE_INJECT_INVOCATION"] = "1"
        before, seen = cloud.grants(), cloud.mark()
        done = core.play(next(homes), variables, PLAYBOOK, "-i", str(inventory)).assert_good()
        requests = cloud.log(since=str(seen))
        return Played(done, requests, sorted(grant for grant in cloud.grants() if grant not in before))

    return run


def test_every_option_arrives(cloud: Cloud, play: Callable[[dict[str, Any]], Played]) -> None:
    """Of the older method."""
    manager, cluster = cloud.managers()["cm-south"]["id"], cloud.cluster("cluster-oslo")["id"]
    identity, vault = cloud.identities()[SPARE_IDENTITIES[0]], cloud.vaults()["kv-other"]["id"]
    # Not this cluster's: the role leaves it alone and gives it nothing.
    cloud.patch(manager, {"identity": {"type": "SystemAssigned"}})
    options = {
        "cluster_id": cluster,
        "method": "cluster_manager",
        "cluster_manager_id": manager,
        "user_assigned_identity_ids": [identity["id"]],
        "use_key_vault": False,
    }
    played = play(options)

    assert played.written == [item.lower() for item in (manager, identity["id"], vault, cluster)]
    assert played.grants == _grants(cloud, identity, vault)
    held = cloud.arm(manager)["identity"]
    assert held["principalId"]
    assert [key.lower() for key in held["userAssignedIdentities"]] == [identity["id"].lower()]
    assert cloud.arm(cluster)["properties"]["secretArchive"] == {"keyVaultId": vault, "useKeyVault": "False"}
    assert played.versions(manager, cluster) == {VERSION}
    assert played.arguments("prove") == [False]
    assert [given for given in played.arguments("wait_timeout") if given == SECONDS] == [SECONDS] * 2


def test_every_option_of_the_newer_method_arrives(cloud: Cloud, play: Callable[[dict[str, Any]], Played]) -> None:
    cluster, managers = cloud.cluster("cluster-oslo")["id"], cloud.managers()
    identity, vault = cloud.identities()[SPARE_IDENTITIES[0]], cloud.vaults()["kv-other"]["id"]
    # Not this play's: the role leaves it alone and gives it nothing.
    cloud.patch(cluster, {"identity": {"type": "SystemAssigned"}})
    wait_until("the cluster is idle", lambda: cloud.arm(cluster)["properties"]["provisioningState"] == "Succeeded")
    options = {
        "cluster_id": cluster,
        "method": "cluster",
        "user_assigned_identity_ids": [identity["id"]],
        "operator_role": True,
        "effective_seconds": 2,
        "prove": True,
        "prove_timeout": 55,
    }
    # The platform takes whomever the task names for its own application, here one that is not.
    cloud.settings(cluster_operator_role="not_required")
    played = play(options)

    assert played.written == [item.lower() for item in (cluster, identity["id"], vault, cluster)]
    assert played.grants == _grants(cloud, identity, vault)
    after = cloud.arm(cluster)
    assert after["identity"]["principalId"]
    assert [key.lower() for key in after["identity"]["userAssignedIdentities"]] == [identity["id"].lower()]
    assert Setup.of(cloud).links["cluster-oslo"] == ["cluster: kv-other by id-one"]
    assert cloud.managers() == managers
    assert played.versions(cluster) == {VERSION}
    assert [given for given in played.arguments("wait_timeout") if given == SECONDS] == [SECONDS] * 2
    assert played.arguments("effective_seconds") == [2]
    assert (played.arguments("prove"), played.arguments("prove_timeout")) == ([True], [55])
    (line,) = played.run.summary
    assert "method cluster, user assigned id-one, validated 2" in line


def _grants(cloud: Cloud, identity: dict[str, Any], vault_id: str) -> list[Grant]:
    nexus = cloud.service_principal(MACHINE_CLIENT)
    return sorted(
        [
            (WRITER_ROLE, identity["properties"]["principalId"], vault_id.lower()),
            (OPERATOR_ROLE, nexus, identity["id"].lower()),
        ]
    )


def test_variables_that_make_no_sense_are_refused_in_their_own_words(
    core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path
) -> None:
    """One line each, without what Ansible says around errors in templates, and before any request."""
    identities = [one["id"] for one in list(cloud.identities().values())[:2]]
    hosts = {
        "no-group": {"customer_key_vault_resource_group": ""},
        "no-vault": {"customer_key_vault_key_vault_id": ""},
        "two-names": {"customer_key_vault_cluster_id": "/x/one", "customer_key_vault_cluster_name": "two"},
        "two-writers": {"customer_key_vault_user_assigned_identity_ids": identities},
        "system-and-user": {
            "customer_key_vault_user_assigned_identity_ids": identities[:1],
            "customer_key_vault_system_assigned_identity": True,
        },
        "unused": {"customer_key_vault_use_key_vault": False},
    }
    common = {
        "customer_key_vault_resource_group": "nexus-prod",
        "customer_key_vault_key_vault_id": cloud.vaults()["kv-nexus-prod"]["id"],
    }
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(json.dumps({"nexus_clusters": {"hosts": hosts, "vars": common}}))
    seen = cloud.mark()
    run = core.play(next(homes), cloud.env, PLAYBOOK, "-i", str(inventory))
    lines = [line for event in run.results if event["task"].startswith("Summary") for line in event["result"]["msg"]]
    assert dict(line.split(": FAILED: Check the variables: ") for line in lines) == {
        "no-group": "No cluster is named: set customer_key_vault_resource_group beside the name of the cluster, or "
        "customer_key_vault_cluster_id.",
        "no-vault": "customer_key_vault_key_vault_id is empty: give the ARM id of the Key Vault.",
        "two-names": "customer_key_vault_cluster_id and customer_key_vault_cluster_name name two clusters: drop one of "
        "them.",
        **dict.fromkeys(
            ("two-writers", "system-and-user"),
            "The method cluster writes with one identity, and several are named: leave one of "
            "customer_key_vault_user_assigned_identity_ids and customer_key_vault_system_assigned_identity, or set "
            "customer_key_vault_method to cluster_manager.",
        ),
        "unused": "customer_key_vault_use_key_vault is false, which the method cluster does not know: set "
        "customer_key_vault_method to cluster_manager.",
    }
    assert run.rc != 0
    assert cloud.mark() == seen
