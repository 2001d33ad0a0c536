# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cluster managers, clusters and machines: what a write answers, what a read shows meanwhile and after."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from emulated import CLUSTER, IDENTITIES, MANAGER, NEXUS, SUBSCRIPTION, Answer, Emulated

NEW_MANAGER = {
    "location": "UK South",
    "tags": {"a": "1"},
    "identity": {"type": "None"},
    "properties": {"fabricControllerId": "/fabric"},
}
ARCHIVE = {"keyVaultId": "/vault", "useKeyVault": "True"}
SIGNATURE = ("t", "c", "s", "h")


def new_cluster(azure: Emulated) -> dict[str, Any]:
    machine = {
        "bmcCredentials": {"username": "root", "password": "hidden"},
        "bmcMacAddress": "AA:BB:CC:DD:EE:01",
        "bootMacAddress": "AA:BB:CC:DD:EE:02",
        "rackSlot": 1,
        "serialNumber": "5HS7PK3",
    }
    return {
        "location": "uksouth",
        "extendedLocation": azure.get(MANAGER)["properties"]["managerExtendedLocation"],
        "properties": {
            "aggregatorOrSingleRackDefinition": {
                "networkRackId": "/rack",
                "rackSerialNumber": "r1",
                "rackSkuId": "/sku",
                "bareMetalMachineConfigurationData": [machine],
            },
            "clusterServicePrincipal": {
                "applicationId": "a",
                "password": "hidden",
                "principalId": "p",
                "tenantId": "t",
            },
            "clusterType": "SingleRack",
            "clusterVersion": "3.16.0",
            "networkFabricId": "/fabric",
        },
    }


def poll(azure: Emulated, answer: Answer) -> Answer:
    return azure.arm("GET", answer.headers["azure-asyncoperation"])


def test_create_answers_201_and_settles_at_the_end(azure: Emulated) -> None:
    answer = azure.arm("PUT", f"{NEXUS}/clusterManagers/cm-new", NEW_MANAGER)
    assert answer.status == 201
    assert "location" not in answer.headers
    body = answer.json()
    assert body["properties"]["provisioningState"] == "Accepted"
    assert "vmSize" not in body["properties"]
    assert (body["location"], body["type"]) == ("uksouth", "microsoft.networkcloud/clustermanagers")
    group = body["properties"]["managedResourceGroupConfiguration"]["name"]
    assert re.fullmatch(r"cm-new-HostedResources-[0-9A-F]{8}", group)
    running = poll(azure, answer)
    assert (running.status, running.json()["status"]) == (200, "Accepted")
    azure.finish()
    done = poll(azure, answer).json()
    assert (done["status"], done["properties"]) == ("Succeeded", None)
    assert "endTime" not in done
    settled = azure.get(f"{NEXUS}/clusterManagers/cm-new")
    assert settled["properties"]["provisioningState"] == "Succeeded"
    assert settled["properties"]["managerExtendedLocation"]["type"] == "CustomLocation"


def test_update_by_put_answers_201_too(azure: Emulated) -> None:
    before = azure.get(MANAGER)
    answer = azure.arm("PUT", MANAGER, NEW_MANAGER)
    assert answer.status == 201
    azure.finish()
    after = azure.get(MANAGER)
    assert after["tags"] == {"a": "1"}
    for name in ("clusterVersions", "managerExtendedLocation", "managedResourceGroupConfiguration"):
        assert after["properties"][name] == before["properties"][name]
    assert after["systemData"]["createdAt"] == before["systemData"]["createdAt"]


def test_system_assigned_principal_is_in_the_201_and_user_assigned_ids_are_not(azure: Emulated) -> None:
    wanted = {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {f"{IDENTITIES}/id-a": {}}}
    identity = azure.arm("PUT", MANAGER, NEW_MANAGER | {"identity": wanted}).json()["identity"]
    assert identity["principalId"] in azure.world.principals
    assert identity["userAssignedIdentities"] == {f"{IDENTITIES}/id-a": {}}


def test_manager_patch_is_synchronous_and_replaces_tags(azure: Emulated) -> None:
    azure.arm("PATCH", MANAGER, {"tags": {"a": "1", "b": "2"}})
    answer = azure.arm("PATCH", MANAGER, {"tags": {"c": "3"}})
    assert (answer.status, answer.json()["tags"]) == (200, {"c": "3"})
    assert answer.json()["properties"]["provisioningState"] == "Succeeded"
    assert "azure-asyncoperation" not in answer.headers
    assert answer.headers["etag"] == azure.arm("GET", MANAGER).headers["etag"]
    assert answer.json()["systemData"]["lastModifiedByType"] == "Application"


def test_cluster_patch_is_long_running_with_the_body_null(azure: Emulated) -> None:
    answer = azure.arm("PATCH", CLUSTER, {"properties": {"secretArchive": ARCHIVE}})
    assert (answer.status, answer.content) == (202, b"null")
    assert urlsplit(answer.headers["location"]).path == urlsplit(answer.headers["azure-asyncoperation"]).path
    assert azure.get(CLUSTER)["properties"]["provisioningState"] == "Accepted"
    azure.finish()
    done = poll(azure, answer).json()
    assert (done["status"], done["endTime"] > done["startTime"]) == ("Succeeded", True)
    cluster = azure.get(CLUSTER)
    assert cluster["properties"]["secretArchive"] == ARCHIVE
    assert cluster["properties"]["provisioningState"] == "Succeeded"
    assert cluster["systemData"]["lastModifiedBy"] == "319f651f-7ddb-4fc6-9857-7aef9250bd05"


def test_machine_patch_is_long_running(azure: Emulated) -> None:
    machine = azure.arm("GET", f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.NetworkCloud/bareMetalMachines")
    machine_id = machine.json()["value"][0]["id"]
    answer = azure.arm("PATCH", machine_id, {"properties": {"machineDetails": "mine"}})
    assert (answer.status, answer.content) == (202, b"null")
    azure.finish()
    assert azure.get(machine_id)["properties"]["machineDetails"] == "mine"
    assert azure.arm("DELETE", machine_id).code == "OperationNotAllowed"


def test_polling_url_is_as_recorded_and_only_good_verbatim(azure: Emulated) -> None:
    url = azure.arm("PATCH", CLUSTER, {}).headers["azure-asyncoperation"]
    parts = urlsplit(url)
    shape = rf"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.NetworkCloud/locations/UKSOUTH/operationStatuses/"
    assert re.fullmatch(shape + r"[0-9a-f-]{36}\*[0-9A-F]{64}", parts.path)
    query = dict(parse_qsl(parts.query))
    assert tuple(query) == ("api-version", *SIGNATURE)
    assert azure.arm("GET", url.replace("UKSOUTH", "uksouth")).status == 200
    for name in SIGNATURE:
        assert azure.arm("GET", url.replace(query[name], query[name][::-1])).status == 401
    assert azure.arm("GET", url.partition("&")[0]).status == 401
    assert azure.arm("GET", url.replace("*", "*0")).status == 404


def test_delete_polls_with_202_until_the_resource_is_gone(azure: Emulated) -> None:
    identity = azure.arm("PATCH", MANAGER, {"identity": {"type": "SystemAssigned"}}).json()["identity"]
    answer = azure.arm("DELETE", MANAGER)
    assert (answer.status, answer.content) == (202, b"null")
    running = poll(azure, answer)
    assert (running.status, running.json()["status"]) == (202, "Deleting")
    assert "/locations/uksouth/" in running.headers["location"]
    azure.finish()
    assert poll(azure, answer).json()["status"] == "Succeeded"
    assert azure.arm("GET", answer.headers["location"]).status == 200
    assert azure.arm("GET", MANAGER).code == "ResourceNotFound"
    assert identity["principalId"] not in azure.world.principals
    assert azure.arm("DELETE", MANAGER).status == 204


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_write_while_an_operation_runs_is_a_conflict(azure: Emulated, method: str) -> None:
    azure.arm("PUT", MANAGER, NEW_MANAGER)
    body = None if method == "DELETE" else NEW_MANAGER if method == "PUT" else {"tags": {}}
    answer = azure.arm(method, MANAGER, body)
    assert (answer.status, answer.code) == (409, "Conflict")
    azure.finish()
    assert azure.arm(method, MANAGER, body).status < 300


def test_recorded_pace_takes_as_long_as_azure_did(azure: Emulated) -> None:
    azure.world.settings.pace = "recorded"
    answer = azure.arm("PUT", MANAGER, NEW_MANAGER)
    azure.now += 300
    assert poll(azure, answer).json()["status"] == "Accepted"
    azure.now += 100
    assert poll(azure, answer).json()["status"] == "Succeeded"


def test_an_operation_with_an_error_fails(azure: Emulated) -> None:
    answer = azure.arm("PATCH", CLUSTER, {"properties": {"secretArchive": ARCHIVE}})
    (record,) = azure.world.operations.values()
    record["error"] = {"code": "Broken", "message": "It broke."}
    azure.finish()
    document = poll(azure, answer).json()
    assert (document["status"], document["error"]["code"]) == ("Failed", "Broken")
    assert azure.get(CLUSTER)["properties"]["provisioningState"] == "Failed"


def test_put_of_a_cluster_drops_passwords_and_finds_its_manager(azure: Emulated) -> None:
    path = f"{NEXUS}/clusters/cluster-new"
    answer = azure.arm("PUT", path, new_cluster(azure))
    assert answer.status == 201, answer.content
    azure.finish()
    cluster = azure.get(path)
    assert b"hidden" not in answer.content
    assert "hidden" not in str(cluster)
    properties = cluster["properties"]
    rack = properties["aggregatorOrSingleRackDefinition"]
    assert rack["bareMetalMachineConfigurationData"][0]["bmcCredentials"] == {"username": "root"}
    assert (properties["clusterManagerId"], properties["detailedStatus"]) == (MANAGER, "PendingDeployment")
    assert "hidden" not in str(azure.world.resources)
    assert "hidden" not in str(azure.world.log)


def test_put_of_a_cluster_without_its_manager_is_refused(azure: Emulated) -> None:
    body = new_cluster(azure) | {"extendedLocation": {"name": "/elsewhere", "type": "CustomLocation"}}
    assert azure.arm("PUT", f"{NEXUS}/clusters/cluster-new", body).code == "InvalidExtendedLocation"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "LocationRequired"),
        ({"location": "uksouth"}, 400, "HttpRequestPayloadAPISpecValidationFailed"),
        ({"location": "uksouth", "properties": {}}, 400, "HttpRequestPayloadAPISpecValidationFailed"),
        (NEW_MANAGER | {"location": "eastus"}, 409, "InvalidResourceLocation"),
        ([], 400, "InvalidRequestContent"),
    ],
)
def test_put_refused(azure: Emulated, body: Any, status: int, code: str) -> None:
    answer = azure.arm("PUT", MANAGER, body)
    assert (answer.status, answer.code) == (status, code)


def test_name_pattern(azure: Emulated) -> None:
    assert azure.arm("PUT", f"{NEXUS}/clusterManagers/-bad", NEW_MANAGER).code == "InvalidResourceName"
    assert azure.arm("PUT", f"{NEXUS}/clusterManagers/{'x' * 31}", NEW_MANAGER).code == "InvalidResourceName"


def test_read_only_members_of_a_put_are_ignored(azure: Emulated) -> None:
    body = azure.get(MANAGER)
    body["properties"]["detailedStatus"] = "Error"
    body["identity"] = {"type": "None"}
    assert azure.arm("PUT", MANAGER, body).status == 201
    azure.finish()
    assert azure.get(MANAGER)["properties"]["detailedStatus"] == "Available"


def test_lists_page_and_keep_the_query(azure: Emulated) -> None:
    for name in ("cm-two", "cm-three"):
        azure.arm("PUT", f"{NEXUS}/clusterManagers/{name}", NEW_MANAGER)
    azure.world.settings.page_size = 2
    first = azure.arm("GET", f"{NEXUS}/clusterManagers")
    assert "etag" not in first.headers
    second = azure.get(first.json()["nextLink"])
    found = [item["name"] for item in first.json()["value"] + second["value"]]
    assert found == ["cm-one", "cm-two", "cm-three"]
    assert "nextLink" not in second
    everywhere = azure.get(f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.NetworkCloud/clusterManagers")
    assert len(everywhere["value"]) == 2


def test_ids_are_found_in_any_case(azure: Emulated) -> None:
    assert azure.get(MANAGER.upper().replace("/SUBSCRIPTIONS/", "/subscriptions/"))["name"] == "cm-one"
