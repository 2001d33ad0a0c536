# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One cluster with the role's options away from their defaults: each arrives where it belongs, in the right order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from e2e_ansible import Core
from e2e_cloud import OPERATOR_ROLE, WRITER_ROLE, Cloud
from e2e_fleet import PLAYBOOK, SPARE_IDENTITIES
from e2e_logins import MACHINE_CLIENT

VERSION = "2025-02-01"
SECONDS = 777


def test_every_option_arrives(core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    manager = cloud.managers()["cm-south"]["id"]
    cluster = next(one["id"] for one in cloud.clusters() if one["name"] == "cluster-oslo")
    identity, vault = cloud.identities()[SPARE_IDENTITIES[0]], cloud.vaults()["kv-other"]["id"]
    # Any object id will do, as long as it is not the one that Graph would give.
    nexus = cloud.service_principal(MACHINE_CLIENT)
    # Not this cluster's: the role leaves it alone and gives it nothing.
    cloud.patch(manager, {"identity": {"type": "SystemAssigned"}})
    options = {
        "customer_key_vault_cluster_id": cluster,
        "customer_key_vault_subscription_id": cloud.subscription_id,
        "customer_key_vault_cluster_manager_id": manager,
        "customer_key_vault_user_assigned_identity_ids": [identity["id"]],
        "customer_key_vault_nexus_principal_id": nexus,
        "customer_key_vault_key_vault_id": vault,
        "customer_key_vault_use_key_vault": False,
        "customer_key_vault_wait_timeout": SECONDS,
        "customer_key_vault_api_version": VERSION,
    }
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(json.dumps({"nexus_clusters": {"hosts": {"site-1": options}}}))
    # Nothing but the options tells the subscription here.
    variables = {name: value for name, value in cloud.env.items() if name != "AZURE_SUBSCRIPTION_ID"}
    variables["ANSIBLE_INJECT_INVOCATION"] = "1"
    before, seen = cloud.grants(), cloud.mark()
    run = core.play(next(homes), variables, PLAYBOOK, "-i", str(inventory)).assert_good()
    requests = cloud.log(since=str(seen))

    written = [entry["path"].lower() for entry in requests if entry["write"] and entry["status"] < 300]
    wanted = [manager, identity["id"], vault, cluster]
    assert [path.partition("/providers/microsoft.authorization")[0] for path in written] == [
        resource_id.lower() for resource_id in wanted
    ]
    assert sorted(grant for grant in cloud.grants() if grant not in before) == sorted(
        [
            (WRITER_ROLE, identity["properties"]["principalId"], vault.lower()),
            (OPERATOR_ROLE, nexus, identity["id"].lower()),
        ]
    )
    held = cloud.arm(manager)["identity"]
    assert held["principalId"]
    assert [key.lower() for key in held["userAssignedIdentities"]] == [identity["id"].lower()]
    assert cloud.arm(cluster)["properties"]["secretArchive"] == {"keyVaultId": vault, "useKeyVault": "False"}
    nexus_requests = [entry for entry in requests if entry["path"].lower() in (manager.lower(), cluster.lower())]
    assert {entry["api_version"] for entry in nexus_requests} == {VERSION}
    # The loop's result is of several modules and has no arguments of its own.
    arguments = [event["result"].get("invocation", {}).get("module_args", {}) for event in run.results]
    # Nor does the look at the beginning wait for anything.
    waiting = [given["wait_timeout"] for given in arguments if "wait" in given and not given.get("check_vault")]
    assert waiting == [SECONDS, SECONDS], "of the identity and of the link"


def test_variables_that_make_no_sense_are_refused_in_their_own_words(
    core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path
) -> None:
    """One line each, without what Ansible says around errors in templates, and before any request."""
    hosts = {
        "no-group": {"customer_key_vault_resource_group": ""},
        "no-vault": {"customer_key_vault_key_vault_id": ""},
        "two-names": {"customer_key_vault_cluster_id": "/x/one", "customer_key_vault_cluster_name": "two"},
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
    }
    assert run.rc != 0
    assert cloud.mark() == seen
