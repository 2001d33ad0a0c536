# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this collection's modules send fits the published contracts, at each version of Microsoft.NetworkCloud."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from service import CHECKOUT, Service
from swagger import Contracts
from test_published_contracts import VERSIONS

Run = Callable[..., dict[str, Any]]
GROUP = "nexus-prod"
SUCCESSOR_SINCE = "2024-10-01-preview"
# The last one that documents how to take settings away.
LAST_TO_REMOVE = "2025-09-01"


@pytest.fixture(scope="session")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Makes the checkout importable under its collection name, which this is."""
    tree = tmp_path_factory.mktemp("tree")
    link = tree / "ansible_collections" / "operator_nexus" / "credentials"
    link.parent.mkdir(parents=True)
    link.symlink_to(CHECKOUT, target_is_directory=True)
    sys.path.insert(0, str(tree))
    yield "ansible_collections.operator_nexus.credentials.plugins"
    sys.path.remove(str(tree))


@pytest.fixture
def run(service: Service, collection: str) -> Run:
    """Runs a module by name in this process, with a session of its own: `run("nexus_kv_role", name=...)`."""
    session = importlib.import_module(f"{collection}.module_utils._session").Session

    def call(module_name: str, /, **params: Any) -> dict[str, Any]:
        module = importlib.import_module(f"{collection}.modules.{module_name}")
        checked = ArgumentSpecValidator(**module.ARGUMENT_SPEC).validate(params)
        assert not checked.error_messages, checked.error_messages
        result: dict[str, Any] = module.run(checked.validated_parameters, session(checked.validated_parameters), False)
        return result

    return call


@pytest.mark.parametrize("version", VERSIONS)
def test_requests_fit_the_published_contracts(
    service: Service, contracts: Contracts | None, run: Run, version: str
) -> None:
    if contracts is None:
        pytest.skip("no contract folder: set NEXUS_CONTRACT to check against the published contracts")
    start = service.mark()
    for state in ("present", "absent"):
        _work(service, run, version, state)
        _manage(service, run, version, state)
        if version >= SUCCESSOR_SINCE:
            _work_with_successor(service, run, version, state)
    # The list of subscriptions, which is read before a role is taken away, has no contract in the folder.
    entries = [
        entry
        for entry in service.log(since=str(start))
        if entry["service"] == "arm" and entry["path"] != "/subscriptions"
    ]
    sent = [f"{entry['method']} {entry['path'].split('/')[-2]}" for entry in entries if entry["write"]]
    assert set(sent) == {
        *("PUT clusterManagers", "PATCH clusterManagers", "DELETE clusterManagers", "PATCH clusters"),
        *("PUT roleAssignments", "DELETE roleAssignments"),
    }
    problems = []
    for entry in entries:
        line = (entry["method"], entry["path"], entry["api_version"])
        found = contracts.problems(*line, entry["body"], entry["status"], None)
        assert found is not None, f"no contract speaks about {line}"
        problems += [f"{line}: {problem}" for problem in found]
    assert not problems, "\n".join(problems)


def _work(service: Service, run: Run, version: str, state: str) -> None:
    """The whole procedure for a system assigned and a user assigned identity, or its way back."""
    subscription = f"/subscriptions/{service.subscription_id}"
    providers = f"{subscription}/resourceGroups/{GROUP}/providers"
    identity = f"{providers}/Microsoft.ManagedIdentity/userAssignedIdentities/id-nexus-south"
    vault = f"{subscription}/resourceGroups/security-prod/providers/Microsoft.KeyVault/vaults/kv-nexus-prod"
    manager = {"name": "cm-north", "resource_group": GROUP, "api_version": version}
    shown = run("nexus_clustermanager_info", **manager)["cluster_managers"][0]
    held = (shown.get("identity") or {}).get("principal_id")
    named = {"system_assigned": True, "user_assigned": [identity]}
    result = run("nexus_clustermanager_identity", **manager, **named, state=state)
    principals = [item["principal_id"] for item in result["principals"] if item["principal_id"]] or [held]
    assert principals[0]
    run("nexus_uai_role", id=identity, state=state)
    run("nexus_kv_role", id=vault, principal_ids=principals, state=state)
    cluster = {"name": "cluster-oslo", "resource_group": GROUP, "api_version": version}
    run("nexus_cluster_secret_archive", **cluster, key_vault_id=vault, state=state)
    run("nexus_cluster_info", resource_group=GROUP, api_version=version)


def _manage(service: Service, run: Run, version: str, state: str) -> None:
    """A cluster manager's life, with both kinds of identity."""
    providers = f"/subscriptions/{service.subscription_id}/resourceGroups/{GROUP}/providers"
    manager = {"name": "cm-new", "resource_group": GROUP, "api_version": version, "state": state}
    if state == "absent":
        run("nexus_clustermanager", **manager)
        return
    options = {
        "location": "uksouth",
        "fabric_controller_id": f"{providers}/Microsoft.ManagedNetworkFabric/networkFabricControllers/nfc",
        "analytics_workspace_id": f"{providers}/Microsoft.OperationalInsights/workspaces/law",
        "managed_resource_group_configuration": {"name": "cm-new-managed", "location": "uksouth"},
        "availability_zones": ["1", "2"],
        "vm_size": "Standard_D8s_v5",
        "system_assigned": True,
        "user_assigned": [f"{providers}/Microsoft.ManagedIdentity/userAssignedIdentities/id-nexus-south"],
    }
    run("nexus_clustermanager", **manager, **options, tags={"site": "north"})
    run("nexus_clustermanager", **manager, **options, tags={"site": "south"})


def _work_with_successor(service: Service, run: Run, version: str, state: str) -> None:
    """The cluster's own identities and settings, both kinds, what proves them, or their way back."""
    subscription = f"/subscriptions/{service.subscription_id}"
    identity = (
        f"{subscription}/resourceGroups/{GROUP}/providers/Microsoft.ManagedIdentity/"
        "userAssignedIdentities/id-nexus-south"
    )
    vault = f"{subscription}/resourceGroups/security-prod/providers/Microsoft.KeyVault/vaults/kv-nexus-prod"
    cluster = {"name": "cluster-bergen", "resource_group": GROUP, "api_version": version}
    if state == "absent":
        removing = cluster | {"api_version": min(version, LAST_TO_REMOVE)}
        run("nexus_cluster_secret_archive", **removing, state="absent")
        run("nexus_cluster_identity", **cluster, system_assigned=True, user_assigned=[identity], state="absent")
        return
    principals = run("nexus_cluster_identity", **cluster, system_assigned=True)["principals"]
    run("nexus_kv_role", id=vault, principals=principals)
    run("nexus_cluster_secret_archive", **cluster, key_vault_id=vault, identity_resource_id=identity)
    system = {"key_vault_id": vault, "identity_type": "SystemAssignedIdentity"}
    proof = run("nexus_cluster_secret_archive", **cluster, **system, prove=True, prove_timeout=30)["proof"]
    assert proof["kind"], proof
    rotation = run("nexus_credential_rotation_info", **cluster)
    assert rotation["status"] == "ok", rotation
