# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The official azure-mgmt-networkcloud works every kind of Nexus resource; its models agree with every answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.mgmt.networkcloud import NetworkCloudMgmtClient

import bodies
from exchanges import Recorder
from service import Connect, Service

Nexus = Any
CREDENTIALS = {"bare_metal_machines": "bmc_credentials", "storage_appliances": "administrator_credentials"}
KINDS = ("cluster_managers", "clusters", "bare_metal_machines", "storage_appliances")


@pytest.fixture
def nexus(connect: Connect) -> Nexus:
    return connect(NetworkCloudMgmtClient)


def first(operations: Any) -> tuple[Any, str, str]:
    """A resource of the fleet, its resource group and its name."""
    thing = next(iter(operations.list_by_subscription()))
    return thing, thing.id.split("/")[4], thing.name


def an_identity(service: Service) -> str:
    path = f"/subscriptions/{service.subscription_id}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    return str(service.arm("GET", f"{path}?api-version=2023-01-31").json()["value"][0]["id"])


@pytest.mark.parametrize("kind", KINDS)
def test_get_and_lists_agree(nexus: Nexus, recorder: Recorder, kind: str) -> None:
    operations = getattr(nexus, kind)
    everywhere = list(operations.list_by_subscription())
    _thing, group, name = first(operations)
    in_group = list(operations.list_by_resource_group(group))
    alone = operations.get(group, name)
    assert {thing.id for thing in in_group} <= {thing.id for thing in everywhere}
    assert alone.as_dict() == next(thing for thing in everywhere if thing.name == name).as_dict()
    assert alone.etag
    assert recorder.last("GET").headers["etag"] == alone.etag
    for thing in (*everywhere, alone):
        recorder.assert_model(thing)


@pytest.mark.parametrize("kind", ["cluster_managers", "clusters", "bare_metal_machines"])
def test_lists_come_in_pages(service: Service, nexus: Nexus, recorder: Recorder, kind: str) -> None:
    whole = [thing.id for thing in getattr(nexus, kind).list_by_subscription()]
    before = len(recorder.exchanges)
    service.settings(page_size=1)
    assert [thing.id for thing in getattr(nexus, kind).list_by_subscription()] == whole
    assert len(recorder.exchanges) - before == len(whole) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_is_404(nexus: Nexus, kind: str) -> None:
    _thing, group, _name = first(getattr(nexus, kind))
    with pytest.raises(ResourceNotFoundError) as caught:
        getattr(nexus, kind).get(group, "no-such-thing")
    assert caught.value.error.code == "ResourceNotFound"


def test_cluster_manager_from_create_to_delete(service: Service, nexus: Nexus, recorder: Recorder) -> None:
    managers, identity = nexus.cluster_managers, an_identity(service)
    like, group, _name = first(managers)
    fabric = like.properties.fabric_controller_id

    made = managers.begin_create_or_update(group, "made", bodies.cluster_manager(fabric)).result()
    assert (recorder.last("PUT").status, recorder.last("PUT").answer["properties"]["provisioningState"]) == (
        201,
        "Accepted",
    )
    assert made.properties.provisioning_state == "Succeeded"
    assert made.properties.manager_extended_location.type == "CustomLocation"
    recorder.assert_model(made)

    both = {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {identity: {}}}
    changed = managers.begin_create_or_update(group, "made", bodies.cluster_manager(fabric, both)).result()
    assert recorder.last("PUT").status == 201  # an update too (contract fact 5)
    assert changed.identity.type == "SystemAssigned, UserAssigned"
    assert changed.identity.principal_id
    [(key, ids)] = changed.identity.user_assigned_identities.items()
    assert key.lower() == identity.lower() and "/resourcegroups/" in key
    assert ids.client_id and ids.principal_id
    recorder.assert_model(changed)

    managers.begin_delete(group, "made").result()
    assert recorder.last("DELETE").status == 202
    with pytest.raises(ResourceNotFoundError):
        managers.get(group, "made")


def test_cluster_manager_update_is_synchronous(service: Service, nexus: Nexus, recorder: Recorder) -> None:
    managers, identity = nexus.cluster_managers, an_identity(service)
    like, group, _name = first(managers)
    body = bodies.cluster_manager(like.properties.fabric_controller_id, {"type": "SystemAssigned"})
    before = managers.begin_create_or_update(group, "made", body).result()

    added = managers.update(
        group,
        "made",
        {
            "identity": {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {identity: {}}},
            "tags": {"only": "this"},
        },
    )
    assert (recorder.last("PATCH").status, "azure-asyncoperation" in recorder.last("PATCH").headers) == (200, False)
    assert added.identity.principal_id == before.identity.principal_id
    assert added.tags == {"only": "this"}  # replaced, not merged (contract fact 7)
    recorder.assert_model(added)

    dropped = managers.update(
        group, "made", {"identity": {"type": "SystemAssigned", "userAssignedIdentities": {identity: None}}}
    )
    assert (dropped.identity.type, dropped.identity.user_assigned_identities) == ("SystemAssigned", None)
    emptied = managers.update(group, "made", {"identity": {"type": "None"}})
    assert emptied.identity.as_dict() == {"type": "None"}
    recorder.assert_model(emptied)


def test_cluster_from_create_to_delete(nexus: Nexus, recorder: Recorder) -> None:
    clusters = nexus.clusters
    like, group, _name = first(clusters)
    body = bodies.cluster(like.extended_location.as_dict(), like.properties.network_fabric_id)

    made = clusters.begin_create_or_update(group, "made", body).result()
    assert recorder.last("PUT").status == 201
    assert made.properties.provisioning_state == "Succeeded"
    assert made.properties.cluster_manager_id.lower() == like.properties.cluster_manager_id.lower()
    recorder.assert_model(made)

    again = clusters.begin_create_or_update(group, "made", body | {"tags": {"second": "time"}}).result()
    assert (recorder.last("PUT").status, again.tags) == (201, {"second": "time"})
    shown = [exchange.answer for exchange in recorder.exchanges]
    assert bodies.SECRET not in json.dumps(shown)

    clusters.begin_delete(group, "made").result()
    assert [item.status for item in recorder.exchanges if "operationStatuses" in item.path][-1] == 200
    with pytest.raises(ResourceNotFoundError):
        clusters.get(group, "made")


def test_cluster_update_is_long_running(nexus: Nexus, recorder: Recorder) -> None:
    clusters = nexus.clusters
    _like, group, name = first(clusters)
    vault = (
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/anything"  # not looked at when written
    )

    linked = clusters.begin_update(
        group, name, {"properties": {"secretArchive": {"keyVaultId": vault, "useKeyVault": "True"}}}
    ).result()
    answered = recorder.last("PATCH")
    assert (answered.status, answered.answer) == (202, None)
    assert {"azure-asyncoperation", "location"} <= answered.headers.keys() and "retry-after" not in answered.headers
    assert linked.properties.secret_archive.as_dict() == {"keyVaultId": vault, "useKeyVault": "True"}
    recorder.assert_model(linked)

    changed = clusters.begin_update(
        group,
        name,
        {
            "identity": {"type": "SystemAssigned"},
            "tags": {"only": "this"},
            "properties": {"clusterLocation": "aisle 7"},
        },
    ).result()
    assert changed.identity.principal_id and changed.tags == {"only": "this"}
    assert (changed.properties.cluster_location, changed.properties.secret_archive.use_key_vault) == ("aisle 7", "True")
    recorder.assert_model(changed)


def test_a_cluster_with_an_identity_of_its_own(service: Service, connect: Connect, recorder: Recorder) -> None:
    # The next version's contract has lost the marks that allow null.
    clusters, identity = connect(NetworkCloudMgmtClient, api_version="2025-09-01").clusters, an_identity(service)
    _like, group, name = first(clusters)
    uri = "https://kv-nexus-prod.vault.azure.emulator/"

    def update(**body: Any) -> Any:
        cluster = clusters.begin_update(group, name, body).result()
        recorder.assert_model(cluster)
        return cluster

    both = {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {identity: {}}}
    made = update(identity=both, properties={"secretArchiveSettings": bodies.archive_settings(uri, identity)})
    assert made.identity.type == "SystemAssigned, UserAssigned"
    [ids] = made.identity.user_assigned_identities.values()
    assert made.identity.principal_id and ids.principal_id
    assert made.properties.secret_archive_settings.as_dict() == bodies.archive_settings(uri, identity)
    [action] = made.properties.action_states
    [step] = action.step_states
    # Nobody may write to the vault yet: the update goes on, and retries.
    assert (action.status, step.step_name, step.status) == ("InProgress", "Validate Azure prerequisites", "Failed")

    selected = bodies.archive_settings(uri)["associatedIdentity"] | {"userAssignedIdentityResourceId": None}
    system = update(properties={"secretArchiveSettings": {"associatedIdentity": selected}})
    assert system.properties.secret_archive_settings.as_dict() == bodies.archive_settings(uri)
    left = update(identity={"type": "SystemAssigned", "userAssignedIdentities": {identity: None}})
    assert (left.identity.principal_id, left.identity.user_assigned_identities) == (made.identity.principal_id, None)
    reset = update(identity={"type": "None"}, properties={"secretArchiveSettings": None})
    assert (reset.identity.as_dict(), reset.properties.secret_archive_settings) == ({"type": "None"}, None)
    assert not reset.properties.action_states


def test_machines_and_appliances_update(nexus: Nexus, recorder: Recorder) -> None:
    machine, group, name = first(nexus.bare_metal_machines)
    changed = nexus.bare_metal_machines.begin_update(
        group, name, {"properties": {"machineDetails": "second shelf"}, "tags": {"a": "b"}}
    ).result()
    assert (changed.properties.machine_details, changed.tags, changed.id) == ("second shelf", {"a": "b"}, machine.id)
    recorder.assert_model(changed)

    _appliance, group, name = first(nexus.storage_appliances)
    changed = nexus.storage_appliances.begin_update(
        group, name, {"properties": {"serialNumber": "SA9"}, "tags": {"a": "b"}}
    ).result()
    assert (changed.properties.serial_number, changed.tags) == ("SA9", {"a": "b"})
    recorder.assert_model(changed)


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_machines_and_appliances_come_and_go_with_their_cluster(nexus: Nexus, recorder: Recorder, kind: str) -> None:
    """The contract describes PUT and DELETE with: every request of a customer is rejected."""
    operations = getattr(nexus, kind)
    thing, group, name = first(operations)
    with pytest.raises(HttpResponseError):
        operations.begin_delete(group, name)
    credentials = getattr(thing.properties, CREDENTIALS[kind])
    credentials.password = bodies.SECRET
    with pytest.raises(HttpResponseError):
        operations.begin_create_or_update(group, name, thing)
    assert [recorder.last(method).status for method in ("PUT", "DELETE")] == [400, 400]
    assert operations.get(group, name).etag == thing.etag


def test_a_stale_etag_is_refused(nexus: Nexus) -> None:
    managers = nexus.cluster_managers
    manager, group, name = first(managers)
    managers.update(
        group, name, {"tags": {"mine": "1"}}, etag=manager.etag, match_condition=MatchConditions.IfNotModified
    )
    with pytest.raises(ResourceModifiedError) as caught:
        managers.update(
            group, name, {"tags": {"mine": "2"}}, etag=manager.etag, match_condition=MatchConditions.IfNotModified
        )
    assert caught.value.status_code == 412
    assert managers.get(group, name).tags == {"mine": "1"}


def test_a_second_write_while_one_runs_is_a_conflict(service: Service, nexus: Nexus) -> None:
    service.settings(operation_seconds=30)
    _cluster, group, name = first(nexus.clusters)
    nexus.clusters.begin_update(group, name, {"tags": {"first": "1"}}, polling=False)
    with pytest.raises(HttpResponseError) as caught:
        nexus.clusters.begin_update(group, name, {"tags": {"second": "2"}}, polling=False)
    assert caught.value.status_code == 409


def test_creation_only_if_there_is_none(nexus: Nexus) -> None:
    manager, group, name = first(nexus.cluster_managers)
    body = bodies.cluster_manager(manager.properties.fabric_controller_id)
    create = nexus.cluster_managers.begin_create_or_update
    with pytest.raises(ResourceExistsError) as caught:
        create(group, name, body, match_condition=MatchConditions.IfMissing)
    assert caught.value.status_code == 412
    assert create(group, "made", body, match_condition=MatchConditions.IfMissing).result().name == "made"


def test_a_creation_that_fails(service: Service, nexus: Nexus, recorder: Recorder) -> None:
    managers = nexus.cluster_managers
    like, group, _name = first(managers)
    body = bodies.cluster_manager(like.properties.fabric_controller_id)
    service.settings(fail_operations=1)
    with pytest.raises(HttpResponseError) as caught:
        managers.begin_create_or_update(group, "made", body).result()
    assert caught.value.error.code == "EmulatorFailsOperations"
    broken = managers.get(group, "made")
    states = (broken.properties.provisioning_state, broken.properties.detailed_status)
    assert states == ("Failed", "ProvisioningFailed")
    recorder.assert_model(broken)
    managers.begin_delete(group, "made").result()
    with pytest.raises(ResourceNotFoundError):
        managers.get(group, "made")


def test_a_deletion_that_goes_on_or_may_not_be(service: Service, nexus: Nexus) -> None:
    managers = nexus.cluster_managers
    manager, group, name = first(managers)
    with pytest.raises(HttpResponseError) as caught:
        managers.begin_delete(group, name)
    assert (caught.value.status_code, caught.value.error.code) == (409, "CannotDeleteResource")
    body = bodies.cluster_manager(manager.properties.fabric_controller_id)
    managers.begin_create_or_update(group, "made", body).result()
    service.settings(operation_seconds=30)
    managers.begin_delete(group, "made", polling=False)
    assert managers.get(group, "made").name == "made"
    with pytest.raises(HttpResponseError) as caught:
        managers.begin_delete(group, "made", polling=False)
    assert (caught.value.status_code, caught.value.error.code) == (409, "Conflict")
