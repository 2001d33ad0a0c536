# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cluster managers, clusters and machines: what a write answers, what a read shows meanwhile and after."""

from __future__ import annotations

import re
from dataclasses import replace
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
IDLE = f"{NEXUS}/clusterManagers/cm-idle"
"""A cluster manager without clusters, where a test has made it."""


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


def make_idle(azure: Emulated) -> None:
    assert azure.arm("PUT", IDLE, NEW_MANAGER).status == 201
    azure.finish()


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
    make_idle(azure)
    identity = azure.arm("PATCH", IDLE, {"identity": {"type": "SystemAssigned"}}).json()["identity"]
    answer = azure.arm("DELETE", IDLE)
    assert (answer.status, answer.content) == (202, b"null")
    running = poll(azure, answer)
    assert (running.status, running.json()["status"]) == (202, "Deleting")
    assert "/locations/uksouth/" in running.headers["location"]
    azure.finish()
    assert poll(azure, answer).json()["status"] == "Succeeded"
    assert azure.arm("GET", answer.headers["location"]).status == 200
    assert azure.arm("GET", IDLE).code == "ResourceNotFound"
    assert identity["principalId"] not in azure.world.principals
    assert azure.arm("DELETE", IDLE).status == 204


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("running", ["PUT", "DELETE"])
def test_a_write_while_an_operation_runs_is_a_conflict(azure: Emulated, running: str, method: str) -> None:
    bodies: dict[str, Any] = {"PUT": NEW_MANAGER, "PATCH": {"tags": {}}, "DELETE": None}
    make_idle(azure)
    azure.arm(running, IDLE, bodies[running])
    answer = azure.arm(method, IDLE, bodies[method])
    assert (answer.status, answer.code) == (409, "Conflict")
    azure.finish()
    assert azure.arm(method, IDLE, bodies[method]).status < (405 if running == "DELETE" else 300)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (IDLE, ("Succeeded", None)),  # was never recorded
        (CLUSTER, ("Deleting", "Deleting")),
    ],
)
def test_what_is_being_deleted_is_still_there(azure: Emulated, path: str, shown: tuple[str, str | None]) -> None:
    make_idle(azure)
    assert azure.arm("DELETE", path).status == 202
    properties = azure.get(path)["properties"]
    assert (properties["provisioningState"], properties.get("detailedStatus")) == shown
    azure.finish()
    assert azure.arm("GET", path).status == 404


def test_a_manager_with_clusters_is_not_deleted(azure: Emulated) -> None:
    answer = azure.arm("DELETE", MANAGER)
    assert (answer.status, answer.code) == (409, "CannotDeleteResource")
    assert CLUSTER in answer.json()["error"]["message"]
    azure.arm("DELETE", CLUSTER)
    assert azure.arm("DELETE", MANAGER).status == 409
    azure.finish()
    assert azure.arm("DELETE", MANAGER).status == 202


@pytest.mark.parametrize(
    ("path", "version", "status"),
    [
        (MANAGER, "2025-09-01", 412),
        (MANAGER, "2025-02-01", 412),
        (MANAGER, "2024-07-01", 201),  # does not look at the header
        (IDLE, "2025-09-01", 201),
    ],
)
def test_creation_only(azure: Emulated, path: str, version: str, status: int) -> None:
    answer = azure.arm("PUT", path, NEW_MANAGER, version, if_none_match="*")
    assert answer.status == status
    assert status == 201 or answer.code == "PreconditionFailed"


def test_recorded_pace_takes_as_long_as_azure_did(azure: Emulated) -> None:
    azure.world.settings.pace = "recorded"
    answer = azure.arm("PUT", MANAGER, NEW_MANAGER)
    azure.now += 300
    assert poll(azure, answer).json()["status"] == "Accepted"
    azure.now += 100
    assert poll(azure, answer).json()["status"] == "Succeeded"


def test_a_creation_that_fails_can_be_made_good(azure: Emulated) -> None:
    azure.control("PATCH", "settings", {"fail_operations": 1})
    answer = azure.arm("PUT", IDLE, NEW_MANAGER)
    assert answer.status == 201
    azure.finish()
    document = poll(azure, answer).json()
    assert (document["status"], document["error"]["code"]) == ("Failed", "EmulatorFailsOperations")
    broken = azure.get(IDLE)["properties"]
    assert (broken["provisioningState"], broken["detailedStatus"]) == ("Failed", "ProvisioningFailed")
    assert broken["detailedStatusMessage"] == document["error"]["message"]
    assert "managerExtendedLocation" not in broken
    assert azure.arm("PUT", IDLE, NEW_MANAGER, if_none_match="*").status == 412
    tagged = azure.arm("PATCH", IDLE, {"tags": {"a": "2"}}).json()["properties"]
    assert tagged == broken  # which mends nothing
    azure.arm("PUT", IDLE, NEW_MANAGER)
    azure.finish()
    mended = azure.get(IDLE)["properties"]
    assert (mended["provisioningState"], mended["detailedStatus"]) == ("Succeeded", "Available")
    assert mended["managerExtendedLocation"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", MANAGER, "UpdateFailed"),
        ("PATCH", CLUSTER, "Running"),
        ("DELETE", CLUSTER, "Running"),
        ("DELETE", IDLE, None),
    ],
)
def test_a_change_that_fails_leaves_the_resource(azure: Emulated, method: str, path: str, status: str | None) -> None:
    make_idle(azure)
    azure.control("PATCH", "settings", {"fail_operations": 1})
    body: dict[str, Any] = {"PUT": NEW_MANAGER, "PATCH": {"tags": {}}, "DELETE": None}
    answer = azure.arm(method, path, body[method])
    azure.finish()
    assert poll(azure, answer).json()["status"] == "Failed"
    properties = azure.get(path)["properties"]
    assert (properties["provisioningState"], properties.get("detailedStatus")) == ("Failed", status)
    assert azure.control("GET", "settings").json()["fail_operations"] == 0
    again = azure.arm(method, path, body[method])
    azure.finish()
    assert poll(azure, again).json()["status"] == "Succeeded"


def test_a_cluster_whose_creation_failed_can_be_made_good(azure: Emulated) -> None:
    path, body = f"{NEXUS}/clusters/cluster-new", new_cluster(azure)
    body["properties"]["secretArchive"] = ARCHIVE
    azure.control("PATCH", "settings", {"fail_operations": 1})
    for state, status in (("Failed", "Failed"), ("Succeeded", "PendingDeployment")):
        assert azure.arm("PUT", path, body).status == 201
        azure.finish()
        azure.arm("PATCH", MANAGER, {"identity": {"type": "SystemAssigned"}})
        properties = azure.get(path)["properties"]
        assert (properties["provisioningState"], properties["detailedStatus"]) == (state, status)
        assert not {"conditions", "actionStates"} & properties.keys()  # it was never deployed
    assert properties["detailedStatusMessage"] == "Cluster is pending deployment."


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


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ({"location": 7}, "$.location"),
        ({"tags": []}, "$.tags"),
        ({"tags": {"a": 1}}, "$.tags.a"),
        ({"identity": "None"}, "$.identity"),
        ({"identity": {"type": ["None"]}}, "$.identity.type"),
        ({"properties": {"fabricControllerId": {}}}, "$.properties.fabricControllerId"),
        ({"properties": {"availabilityZones": "1"}}, "$.properties.availabilityZones"),
        ({"properties": {"availabilityZones": [1]}}, "$.properties.availabilityZones[0]"),
        ({"properties": {"managedResourceGroupConfiguration": "rg"}}, "$.properties.managedResourceGroupConfiguration"),
    ],
)
def test_put_of_a_wrong_type_is_refused(azure: Emulated, body: Any, target: str) -> None:
    before = azure.get(MANAGER)
    sent = NEW_MANAGER | body
    sent["properties"] = NEW_MANAGER["properties"] | body.get("properties", {})
    answer = azure.arm("PUT", MANAGER, sent)
    assert (answer.status, answer.code) == (400, "HttpRequestPayloadAPISpecValidationFailed")
    assert [(item["code"], item["target"]) for item in answer.json()["error"]["details"]] == [("INVALID_TYPE", target)]
    assert azure.get(MANAGER) == before


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ({"tags": "a"}, "$.tags"),
        ({"properties": []}, "$.properties"),
        ({"properties": {"clusterLocation": 7}}, "$.properties.clusterLocation"),
        ({"properties": {"computeRackDefinitions": {}}}, "$.properties.computeRackDefinitions"),
        ({"properties": {"computeRackDefinitions": [None]}}, "$.properties.computeRackDefinitions[0]"),
        ({"properties": {"secretArchive": "kv"}}, "$.properties.secretArchive"),
        ({"properties": {"secretArchive": ARCHIVE | {"keyVaultId": {}}}}, "$.properties.secretArchive.keyVaultId"),
        ({"properties": {"secretArchive": ARCHIVE | {"useKeyVault": True}}}, "$.properties.secretArchive.useKeyVault"),
        (
            {
                "properties": {
                    "computeDeploymentThreshold": {"grouping": "PerRack", "type": "CountSuccess", "value": "1"}
                }
            },
            "$.properties.computeDeploymentThreshold.value",
        ),
    ],
)
def test_patch_of_a_wrong_type_is_refused(azure: Emulated, body: Any, target: str) -> None:
    before = azure.get(CLUSTER)
    answer = azure.arm("PATCH", CLUSTER, body)
    assert (answer.status, answer.code) == (400, "HttpRequestPayloadAPISpecValidationFailed")
    assert [(item["code"], item["target"]) for item in answer.json()["error"]["details"]] == [("INVALID_TYPE", target)]
    assert azure.get(CLUSTER) == before


@pytest.mark.parametrize("value", [0, False, "", []])
def test_identities_are_listed_with_an_empty_object_or_null(azure: Emulated, value: Any) -> None:
    listed = {"type": "UserAssigned", "userAssignedIdentities": {f"{IDENTITIES}/id-a": value}}
    assert azure.arm("PATCH", MANAGER, {"identity": listed}).code == "InvalidIdentityValues"


def test_a_put_that_is_refused_makes_no_principal(azure: Emulated) -> None:
    before = dict(azure.world.principals)
    body = new_cluster(azure) | {"identity": {"type": "SystemAssigned"}}
    body["extendedLocation"] = {"name": "/elsewhere", "type": "CustomLocation"}
    assert azure.arm("PUT", f"{NEXUS}/clusters/cluster-new", body).code == "InvalidExtendedLocation"
    assert azure.world.principals == before


def test_null_in_a_put_counts_as_nothing(azure: Emulated) -> None:
    body = new_cluster(azure)
    body["properties"]["secretArchive"] = None
    body["tags"] = None
    assert azure.arm("PUT", f"{NEXUS}/clusters/cluster-new", body).status == 201
    azure.finish()
    assert azure.arm("PATCH", f"{NEXUS}/clusters/cluster-new", {"properties": {"secretArchive": ARCHIVE}}).status == 202
    cluster = azure.get(f"{NEXUS}/clusters/cluster-new")
    assert (cluster["properties"]["secretArchive"], "tags" in cluster) == (ARCHIVE, False)


SETTINGS: dict[str, Any] = {
    "vaultUri": "https://kv-one.vault.azure.emulator/",
    "associatedIdentity": {
        "identityType": "UserAssignedIdentity",
        "userAssignedIdentityResourceId": f"{IDENTITIES}/id-a",
    },
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"vaultUri": "https://other"}, SETTINGS | {"vaultUri": "https://other"}),
        (
            {"associatedIdentity": {"identityType": "SystemAssignedIdentity"}},
            SETTINGS
            | {"associatedIdentity": SETTINGS["associatedIdentity"] | {"identityType": "SystemAssignedIdentity"}},
        ),
        (
            {
                "associatedIdentity": {
                    "identityType": "SystemAssignedIdentity",
                    "userAssignedIdentityResourceId": None,
                }
            },
            SETTINGS | {"associatedIdentity": {"identityType": "SystemAssignedIdentity"}},
        ),
        (None, None),
    ],
    ids=["uri", "type-alone", "type-and-null", "null"],
)
def test_settings_merge_member_by_member(azure: Emulated, change: Any, expected: Any) -> None:
    for value in (SETTINGS, change):
        assert azure.arm("PATCH", CLUSTER, {"properties": {"secretArchiveSettings": value}}).status == 202
        azure.finish()
    assert azure.get(CLUSTER)["properties"].get("secretArchiveSettings") == expected
    assert "secretArchiveSettings" not in azure.get(CLUSTER, version="2024-07-01")["properties"]


def test_a_deleted_cluster_takes_along_what_came_with_it(azure: Emulated) -> None:
    cluster = azure.get(CLUSTER)
    group = cluster["properties"]["managedResourceGroupConfiguration"]["name"]
    others = new_cluster(azure)
    azure.arm("PUT", f"{NEXUS}/clusters/cluster-new", others)
    azure.arm("PATCH", CLUSTER, {"properties": {"secretArchive": ARCHIVE}})
    azure.finish()
    azure.get(CLUSTER)
    assert azure.world.rotations
    azure.arm("DELETE", CLUSTER)
    azure.finish()
    assert azure.arm("GET", CLUSTER).status == 404
    assert not azure.world.rotations
    assert not [item["id"] for item in azure.world.resources.values() if f"/{group}" in item["id"]]
    assert azure.get(f"{NEXUS}/clusters/cluster-new")["name"] == "cluster-new"


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_clusters_hear_of_their_managers_identity(azure: Emulated, method: str) -> None:
    azure.arm("PATCH", MANAGER, {"identity": {"type": "SystemAssigned"}})
    azure.arm("PATCH", CLUSTER, {"properties": {"secretArchive": ARCHIVE}})
    azure.finish()
    assert "KeyVaultNotFound" in azure.get(CLUSTER)["properties"]["detailedStatusMessage"]
    ((cluster_id, record),) = azure.world.rotations.items()
    record["next"] = azure.now + 3600  # nothing is due of itself
    identity = {"identity": {"type": "None"}}
    azure.arm(method, MANAGER, NEW_MANAGER | identity if method == "PUT" else identity)
    azure.finish()
    assert "KeyVaultIdentityMissing" in azure.get(cluster_id)["properties"]["detailedStatusMessage"]


def test_a_write_is_answered_with_its_correlation(azure: Emulated) -> None:
    written = azure.arm("PATCH", CLUSTER, {"tags": {}}).headers
    assert re.fullmatch(r"[0-9a-f-]{36}", written["mise-correlation-id"])
    assert "mise-correlation-id" not in azure.arm("GET", CLUSTER).headers


def test_an_effect_that_fails_ends_its_own_operation_only(azure: Emulated) -> None:
    answer = azure.arm("PATCH", CLUSTER, {"tags": {"a": "1"}})
    (record,) = azure.world.operations.values()
    record["ends"] = replace(record["ends"], success={}.popitem)
    azure.finish()
    assert poll(azure, answer).json()["error"]["code"] == "InternalServerError"
    assert azure.get(CLUSTER)["properties"]["provisioningState"] == "Failed"


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
