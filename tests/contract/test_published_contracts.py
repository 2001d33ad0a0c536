# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One journey through all resource types at each published api-version, held against that version's contract file."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

import bodies
from service import Service, until_done
from swagger import Contracts

VERSIONS = ("2024-07-01", "2025-02-01", "2025-09-01", "2026-07-01")
KEY_VAULT = "2023-07-01"
IDENTITY = "2023-01-31"
AUTHORIZATION = "2022-04-01"
WRITER = "44f0a1a8-6fea-4b35-980a-8ff50c487c97"


class Traveller:
    """Sends ARM requests and collects what deviates from the contracts, in requests and in answers."""

    def __init__(self, service: Service, contracts: Contracts) -> None:
        self.service, self.contracts = service, contracts
        self.problems: list[str] = []
        self.checked = 0

    def __call__(self, method: str, path: str, version: str, body: Any = None, expect: int = 200) -> Any:
        answer = self.service.arm(method, f"{path}?api-version={version}", body)
        assert answer.status_code == expect, answer.text
        document = answer.json() if answer.content else None
        self._check(method, path, version, body, expect, document)
        poll = answer.headers.get("Azure-AsyncOperation")
        if poll:
            for status, report in until_done(self.service, poll):
                self._check("GET", urlsplit(poll).path, version, None, status, report)
        return document

    def _check(self, method: str, path: str, version: str, body: Any, status: int, answer: Any) -> None:
        found = self.contracts.problems(method, path, version, body, status, answer)
        assert found is not None, f"no contract speaks about {method} {path} at {version}"
        self.checked += 1
        self.problems += [f"{method} {path} {version} {status}: {line}" for line in found]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_answer_fits_the_published_contract(service: Service, contracts: Contracts | None, version: str) -> None:
    if contracts is None:
        pytest.skip("no contract folder: set NEXUS_CONTRACT to check against the published contracts")
    go = Traveller(service, contracts)
    subscription = f"/subscriptions/{service.subscription_id}"
    vault = go("GET", f"{subscription}/providers/Microsoft.KeyVault/vaults", KEY_VAULT)["value"][0]
    group = f"{subscription}/resourceGroups/{vault['id'].split('/')[4]}"
    identity = go(
        "PUT",
        f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/made",
        IDENTITY,
        {"location": "uksouth"},
        201,
    )
    _travel_nexus(go, subscription, version, identity["id"], vault["id"])
    _travel_successor(go, subscription, version, identity["id"], vault)
    _travel_neighbours(go, vault, identity)
    assert go.checked > 30
    assert not go.problems, "\n".join(go.problems)


def _travel_nexus(go: Traveller, subscription: str, version: str, identity: str, vault: str) -> None:
    nexus = f"{subscription}/providers/Microsoft.NetworkCloud"
    managers, clusters, machines, appliances = (
        go("GET", f"{nexus}/{kind}", version)["value"]
        for kind in ("clusterManagers", "clusters", "bareMetalMachines", "storageAppliances")
    )
    for thing in (managers[0], clusters[0], machines[0], appliances[0]):
        assert go("GET", thing["id"], version)["name"] == thing["name"]
        go("GET", thing["id"].rpartition("/")[0], version)

    manager = f"{managers[0]['id']}-2"
    both = {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {identity: {}}}
    fabric = managers[0]["properties"]["fabricControllerId"]
    go("PUT", manager, version, bodies.cluster_manager(fabric, both), 201)
    go("GET", manager, version)
    # What the collection sends: add, keep as {}, drop as null.
    go("PATCH", manager, version, {"identity": {"type": "SystemAssigned", "userAssignedIdentities": {identity: None}}})
    go("PATCH", manager, version, {"identity": {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}})
    go("DELETE", manager, version, expect=202)

    cluster = f"{clusters[0]['id']}-2"
    body = bodies.cluster(clusters[0]["extendedLocation"], clusters[0]["properties"]["networkFabricId"])
    go("PUT", cluster, version, body, 201)
    archive = {"keyVaultId": vault, "useKeyVault": "True"}
    go("PATCH", cluster, version, {"properties": {"secretArchive": archive}}, 202)
    assert go("GET", cluster, version)["properties"]["secretArchive"] == archive
    go("PATCH", cluster, version, {"properties": {"secretArchive": archive | {"useKeyVault": "False"}}}, 202)
    if version != "2026-07-01":  # its contract lost the mark that allows null
        go("PATCH", cluster, version, {"properties": {"secretArchive": None}}, 202)
        assert "secretArchive" not in go("GET", cluster, version)["properties"]
    go("DELETE", cluster, version, expect=202)
    go("PATCH", machines[0]["id"], version, {"tags": {"a": "b"}, "properties": {"machineDetails": "here"}}, 202)
    go("PATCH", appliances[0]["id"], version, {"tags": {"a": "b"}}, 202)
    go("GET", f"{clusters[0]['id']}-none", version, expect=404)


def _travel_successor(go: Traveller, subscription: str, version: str, identity: str, vault: dict[str, Any]) -> None:
    """The identity of a running cluster, and the settings with it, in the versions that know them."""
    cluster = go("GET", f"{subscription}/providers/Microsoft.NetworkCloud/clusters", version)["value"][0]["id"]
    uri = vault["properties"]["vaultUri"]
    both = {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {identity: {}}}
    settings = {"identity": both, "properties": {"secretArchiveSettings": bodies.archive_settings(uri, identity)}}
    if version < "2025-02-01":
        _refused(go, cluster, version, settings)
        go("PATCH", cluster, version, {"identity": both}, 202)
        assert go("GET", cluster, version)["identity"]["principalId"]
        return
    go("PATCH", cluster, version, settings, 202)
    shown = go("GET", cluster, version)
    assert shown["properties"]["secretArchiveSettings"] == bodies.archive_settings(uri, identity)
    # What a validation says is in every version, what it means for the update is newer.
    assert shown["properties"]["conditions"]
    assert ("actionStates" in shown["properties"]) == (version >= "2025-09-01")
    go("PATCH", cluster, version, {"properties": {"secretArchiveSettings": bodies.archive_settings(uri)}}, 202)
    dropped = {"type": "SystemAssigned", "userAssignedIdentities": {identity: None}}
    go("PATCH", cluster, version, {"identity": dropped}, 202)
    go("GET", cluster, version)
    if version != "2026-07-01":
        go("PATCH", cluster, version, {"properties": {"secretArchiveSettings": None}}, 202)
        assert "secretArchiveSettings" not in go("GET", cluster, version)["properties"]


def _refused(go: Traveller, path: str, version: str, body: dict[str, Any]) -> None:
    """The contract does not know what the body holds, and the emulator says so too."""
    answer = go.service.arm("PATCH", f"{path}?api-version={version}", body)
    assert answer.status_code == 400
    [detail] = answer.json()["error"]["details"]
    assert detail["target"] == "$.properties.secretArchiveSettings"
    [problem] = go.contracts.problems("PATCH", path, version, body, 400, answer.json()) or []
    assert "secretArchiveSettings" in problem


def _travel_neighbours(go: Traveller, vault: dict[str, Any], identity: dict[str, Any]) -> None:
    go("GET", vault["id"], KEY_VAULT)
    go("PATCH", vault["id"], KEY_VAULT, {"tags": {"a": "b"}})
    go("GET", identity["id"], IDENTITY)
    go("PATCH", identity["id"], IDENTITY, {"tags": {"a": "b"}})
    go("GET", identity["id"].rpartition("/")[0], IDENTITY)

    assignments = f"{vault['id']}/providers/Microsoft.Authorization/roleAssignments"
    properties = {
        "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{WRITER}",
        "principalId": identity["properties"]["principalId"],
        "principalType": "ServicePrincipal",
    }
    name = "11111111-2222-3333-4444-555555555555"
    go("PUT", f"{assignments}/{name}", AUTHORIZATION, {"properties": properties}, 201)
    go("PUT", f"{assignments}/{name}", AUTHORIZATION, {"properties": properties}, 200)
    go("PUT", f"{assignments}/{name.replace('1', '9')}", AUTHORIZATION, {"properties": properties}, 409)
    go("GET", f"{assignments}/{name}", AUTHORIZATION)
    assert name in [item["name"] for item in go("GET", assignments, AUTHORIZATION)["value"]]
    go("DELETE", f"{assignments}/{name}", AUTHORIZATION)
    go("DELETE", f"{assignments}/{name}", AUTHORIZATION, expect=204)
    go("DELETE", identity["id"], IDENTITY)
