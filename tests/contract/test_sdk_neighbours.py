# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""azure-mgmt-authorization, -keyvault, -msi and azure-keyvault-secrets work the emulator; their models fit."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient
from azure.keyvault.secrets._generated import models as secret_models
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.networkcloud import NetworkCloudMgmtClient

import bodies
from exchanges import Recorder
from sdk_models import differences
from service import Connect, Service

WRITER = "44f0a1a8-6fea-4b35-980a-8ff50c487c97"
OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"


@pytest.fixture
def roles(connect: Connect) -> Any:
    return connect(AuthorizationManagementClient)


@pytest.fixture
def vaults(connect: Connect) -> Any:
    return connect(KeyVaultManagementClient, api_version="2023-07-01").vaults


@pytest.fixture
def identities(connect: Connect) -> Any:
    return connect(ManagedServiceIdentityClient).user_assigned_identities


def group_of(resource_id: str) -> str:
    return resource_id.split("/")[4]


def an_rbac_vault(vaults: Any) -> Any:
    return next(vault for vault in vaults.list_by_subscription() if vault.properties.enable_rbac_authorization)


def assign(roles: Any, scope: str, role: str, principal_id: str, name: str = "") -> Any:
    properties = {
        "role_definition_id": f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{role}",
        "principal_id": principal_id,
        "principal_type": "ServicePrincipal",
    }
    parameters = roles.role_assignments.models.RoleAssignmentCreateParameters(**properties)
    return roles.role_assignments.create(scope, name or str(uuid.uuid4()), parameters)


def test_vault_read_and_update(vaults: Any, recorder: Recorder) -> None:
    vault = an_rbac_vault(vaults)
    group = group_of(vault.id)
    alone = vaults.get(group, vault.name)
    assert alone.properties.vault_uri == f"https://{vault.name}.vault.azure.emulator/"
    assert [one.id for one in vaults.list_by_resource_group(group) if one.name == vault.name] == [vault.id]
    recorder.assert_model(alone)

    changed = vaults.update(group, vault.name, {"tags": {"a": "b"}, "properties": {"enablePurgeProtection": True}})
    assert (changed.tags, changed.properties.enable_purge_protection) == ({"a": "b"}, True)
    assert changed.properties.enable_rbac_authorization is True
    recorder.assert_model(changed)
    assert vaults.get(group, vault.name).tags == {"a": "b"}
    with pytest.raises(ResourceNotFoundError):
        vaults.get(group, "no-such-vault")


def test_user_assigned_identity_from_create_to_delete(vaults: Any, identities: Any, recorder: Recorder) -> None:
    group = group_of(an_rbac_vault(vaults).id)
    made = identities.create_or_update(group, "made", {"location": "uksouth", "tags": {"a": "b"}})
    assert recorder.last("PUT").status == 201
    assert made.principal_id and made.client_id and made.tenant_id
    recorder.assert_model(made)
    assert identities.create_or_update(group, "made", {"location": "uksouth"}).principal_id == made.principal_id
    assert recorder.last("PUT").status == 200
    changed = identities.update(group, "made", {"tags": {"c": "d"}})
    assert (changed.tags, changed.principal_id) == ({"c": "d"}, made.principal_id)
    assert made.id in [one.id for one in identities.list_by_resource_group(group)]
    assert made.id in [one.id for one in identities.list_by_subscription()]
    recorder.assert_model(identities.get(group, "made"))
    identities.delete(group, "made")
    with pytest.raises(ResourceNotFoundError):
        identities.get(group, "made")


def test_role_assignment_from_create_to_delete(roles: Any, vaults: Any, identities: Any, recorder: Recorder) -> None:
    scope = an_rbac_vault(vaults).id
    principal_id = identities.create_or_update(group_of(scope), "made", {"location": "uksouth"}).principal_id
    made = assign(roles, scope, WRITER, principal_id)
    assert recorder.last("PUT").status == 201
    assert (made.scope.lower(), made.principal_id, made.principal_type) == (
        scope.lower(),
        principal_id,
        "ServicePrincipal",
    )
    assert made.role_definition_id.endswith(WRITER)
    recorder.assert_model(made)

    operations = roles.role_assignments
    recorder.assert_model(operations.get(scope, made.name))
    recorder.assert_model(operations.get_by_id(made.id))
    at_scope = {one.name: one for one in operations.list_for_scope(scope, filter="atScope()")}
    assert made.name in at_scope
    assert any(one.scope.lower() != scope.lower() for one in at_scope.values())  # the caller's own, inherited
    mine = operations.list_for_scope(scope, filter=f"principalId eq '{principal_id}'")
    assert [one.name for one in mine] == [made.name]
    mine = operations.list_for_subscription(filter=f"assignedTo('{principal_id}')")
    assert [one.name for one in mine] == [made.name]

    assert operations.delete(scope, made.name).name == made.name
    assert operations.delete(scope, made.name) is None
    assert [item.status for item in recorder.exchanges if item.method == "DELETE"] == [200, 204]
    assert made.name not in [one.name for one in operations.list_for_scope(scope, filter="atScope()")]


def test_role_assignment_errors(service: Service, roles: Any, vaults: Any, identities: Any) -> None:
    scope = an_rbac_vault(vaults).id
    group = group_of(scope)
    first = identities.create_or_update(group, "first", {"location": "uksouth"}).principal_id
    made = assign(roles, scope, WRITER, first)

    with pytest.raises(ResourceExistsError) as exists:
        assign(roles, scope, WRITER, first)
    assert exists.value.error.code == "RoleAssignmentExists"
    assert made.name.replace("-", "") in exists.value.error.message
    assert assign(roles, scope, WRITER, first, made.name).id == made.id  # the same once more is no error

    with pytest.raises(HttpResponseError) as changed:
        assign(roles, scope, OFFICER, first, made.name)
    assert changed.value.error.code == "RoleAssignmentUpdateNotPermitted"

    service.settings(principal_replication_seconds=60)
    young = identities.create_or_update(group, "young", {"location": "uksouth"}).principal_id
    with pytest.raises(HttpResponseError) as missing:
        assign(roles, scope, WRITER, young)
    assert missing.value.error.code == "PrincipalNotFound"
    assert young.replace("-", "") in missing.value.error.message


def test_role_definitions(service: Service, roles: Any, recorder: Recorder) -> None:
    scope = f"/subscriptions/{service.subscription_id}"
    name = "Operator Nexus Key Vault Writer Service Role (Preview)"
    [found] = roles.role_definitions.list(scope, filter=f"roleName eq '{name}'")
    assert found.name == WRITER
    assert found.permissions[0].data_actions == ["Microsoft.KeyVault/vaults/secrets/setSecret/action"]
    recorder.assert_model(found)
    assert roles.role_definitions.get_by_id(found.id).role_name == name
    assert roles.role_definitions.get(scope, WRITER).role_type == "BuiltInRole"


def test_secrets(
    service: Service, roles: Any, vaults: Any, credential: ClientSecretCredential, recorder: Recorder
) -> None:
    vault = an_rbac_vault(vaults)
    assign(roles, vault.id, OFFICER, service.caller_id)
    # The SDK checks that the vault lies in the domain that the challenge of the vault names, and it does.
    client = SecretClient(vault.properties.vault_uri, credential, per_retry_policies=[recorder])
    client.set_secret("made", "one")
    client.set_secret("made", "two")
    assert client.get_secret("made").value == "two"
    versions = [item.version for item in client.list_properties_of_secret_versions("made")]
    assert sorted(client.get_secret("made", version).value for version in versions) == ["one", "two"]
    assert [item.name for item in client.list_properties_of_secrets()].count("made") == 1
    _assert_secret_models(recorder)
    with pytest.raises(ResourceNotFoundError) as missing:
        client.get_secret("no-such-secret")
    assert missing.value.error.code == "SecretNotFound"


def _assert_secret_models(recorder: Recorder) -> None:
    answers = [item.answer for item in recorder.exchanges if item.path.startswith("/secrets") and item.status == 200]
    items = [item for answer in answers for item in answer.get("value", []) if isinstance(answer["value"], list)]
    bundles = [answer for answer in answers if isinstance(answer["value"], str)]
    assert len(items) > 2 and len(bundles) > 3
    problems = [line for item in items for line in differences(secret_models.SecretItem, item)]
    problems += [line for bundle in bundles for line in differences(secret_models.SecretBundle, bundle)]
    assert not problems, "\n".join(problems)


def test_rotated_secrets_arrive_in_the_linked_vault(
    service: Service, connect: Connect, roles: Any, vaults: Any, credential: ClientSecretCredential, recorder: Recorder
) -> None:
    """The whole procedure with the official SDKs alone; without the role nothing arrives."""
    nexus, vault = connect(NetworkCloudMgmtClient), an_rbac_vault(vaults)
    assign(roles, vault.id, OFFICER, service.caller_id)
    secrets = SecretClient(vault.properties.vault_uri, credential, per_retry_policies=[recorder])
    before = {item.name for item in secrets.list_properties_of_secrets()}
    cluster = next(iter(nexus.clusters.list_by_subscription()))
    manager_id = cluster.properties.cluster_manager_id
    manager = nexus.cluster_managers.update(
        group_of(manager_id), manager_id.split("/")[-1], {"identity": {"type": "SystemAssigned"}}
    )

    archive = {"properties": {"secretArchive": {"keyVaultId": vault.id, "useKeyVault": "True"}}}
    nexus.clusters.begin_update(group_of(cluster.id), cluster.name, archive).result()
    assert {item.name for item in secrets.list_properties_of_secrets()} == before

    assign(roles, vault.id, WRITER, manager.identity.principal_id)
    arrived = {item.name for item in secrets.list_properties_of_secrets()} - before
    assert arrived
    machines = [one for one in nexus.bare_metal_machines.list_by_subscription() if _belongs(one, cluster)]
    referenced = [
        status.secret_archive_reference.secret_name
        for machine in machines
        for status in machine.properties.secret_rotation_status
        if status.secret_archive_reference
    ]
    assert referenced and set(referenced) <= arrived
    for machine in machines:
        recorder.assert_model(machine)


def test_rotated_secrets_arrive_by_the_clusters_own_identity(
    service: Service, connect: Connect, roles: Any, vaults: Any, credential: ClientSecretCredential, recorder: Recorder
) -> None:
    """The successor of the procedure above: a role for the cluster's identity, then its settings."""
    nexus, vault = connect(NetworkCloudMgmtClient), an_rbac_vault(vaults)
    assign(roles, vault.id, OFFICER, service.caller_id)
    secrets = SecretClient(vault.properties.vault_uri, credential, per_retry_policies=[recorder])
    cluster = next(iter(nexus.clusters.list_by_subscription()))

    def update(**body: Any) -> Any:
        return nexus.clusters.begin_update(group_of(cluster.id), cluster.name, body).result()

    principal = update(identity={"type": "SystemAssigned"}).identity.principal_id
    assign(roles, vault.id, WRITER, principal)
    assert not list(secrets.list_properties_of_secrets())
    linked = update(properties={"secretArchiveSettings": bodies.archive_settings(vault.properties.vault_uri)})
    arrived = {item.name for item in secrets.list_properties_of_secrets()}
    machines = [one for one in nexus.bare_metal_machines.list_by_subscription() if _belongs(one, cluster)]
    references = [
        status.secret_archive_reference for machine in machines for status in machine.properties.secret_rotation_status
    ]
    assert {item.secret_name for item in references} < arrived
    assert {item.key_vault_uri for item in references} == {vault.properties.vault_uri}
    [action] = linked.properties.action_states
    assert [(step.step_name, step.status) for step in action.step_states] == [
        ("Validate Azure prerequisites", "Completed")
    ]
    assert action.status == "Completed"
    for thing in (linked, *machines):
        recorder.assert_model(thing)
    events = service.control("GET", "history", cluster=cluster.id)["value"]
    assert [(item["event"], item["identity"]) for item in events] == [("validated", principal), ("rotated", principal)]


def _belongs(machine: Any, cluster: Any) -> bool:
    return bool(machine.properties.cluster_id.lower() == cluster.id.lower())
