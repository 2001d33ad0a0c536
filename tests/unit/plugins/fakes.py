# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Session without Azure behind it: small in-memory doubles that answer as the contract says, and log every call."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._progress import Progress, say_nothing

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/nexus-east"
MANAGER = f"{GROUP}/providers/Microsoft.NetworkCloud/clusterManagers/manager-east"
CLUSTER = f"{GROUP}/providers/Microsoft.NetworkCloud/clusters/cluster-1"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/nexus-secrets"
VAULT_URI = "https://nexus-secrets.vault.azure.net/"
UAI_ONE = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one"
UAI_TWO = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/two"

MANAGED_GROUP = "managedResourceGroupConfiguration"

Document = dict[str, Any]


def guid(text: str) -> str:
    """A GUID that is the same for the same text."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, text.lower()))


def as_azure_spells(resource_id: str) -> str:
    """Identity keys come back with a lower-case `resourcegroups`."""
    return resource_id.replace("/resourceGroups/", "/resourcegroups/")


def identity(*user_assigned: str, system: bool = False) -> Document:
    """An identity block as a GET shows it, blank in the type included."""
    names = (["SystemAssigned"] if system else []) + (["UserAssigned"] if user_assigned else [])
    block: Document = {"type": ", ".join(names) or "None"}
    if system:
        block.update(principalId=guid("system"), tenantId=guid("tenant"))
    if user_assigned:
        block["userAssignedIdentities"] = {
            as_azure_spells(item): {"clientId": guid("client" + item), "principalId": guid(item)}
            for item in user_assigned
        }
    return block


def merge_identity(current: Document | None, sent: Document) -> Document:
    """What Azure makes of an identity PATCH. Unlisted user assigned identities are dropped, the harsher reading."""
    for value in (sent.get("userAssignedIdentities") or {}).values():
        if value:
            raise NexusError("only empty objects", status=400, code="InvalidIdentityValues")
    kept = [item for item, value in (sent.get("userAssignedIdentities") or {}).items() if value is not None]
    had_system = "SystemAssigned" in (current or {}).get("type", "")
    merged = identity(*kept, system="SystemAssigned" in sent["type"])
    if had_system and "SystemAssigned" in sent["type"]:
        merged["principalId"] = (current or {})["principalId"]
    return merged


def merge_patch(current: Any, sent: Any) -> Any:
    """What a merge patch makes of a value: it merges all the way down, and null removes."""
    if not isinstance(sent, dict):
        return copy.deepcopy(sent)
    merged = dict(current) if isinstance(current, dict) else {}
    for name, value in sent.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


class FakeArm:
    """Resources by lower-cased id. `log` holds (method, id or path); `before_patch` holds one action for each PATCH to
    come: an exception to raise, or a function that changes the document first (somebody else's write). `before_put` and
    `before_delete` are the like, with functions that take nothing. `conditions` are the (If-Match, If-None-Match) of
    each PUT. `versions` are the api-versions of reads and writes, `limits` the seconds that each write may take.
    `remembered` is what other tasks of the run have read, by lower-cased id."""

    def __init__(self, *documents: Document, etags: bool = True) -> None:
        self.resources = {item["id"].lower(): copy.deepcopy(item) for item in documents}
        self.remembered: dict[str, Document] = {}
        self.forgotten: list[str] = []
        self.etags = etags
        self.log: list[tuple[str, str]] = []
        self.bodies: list[Document] = []
        self.versions: set[str] = set()
        self.limits: list[float] = []
        self.before_patch: list[NexusError | Callable[[Document], None]] = []
        self.before_put: list[NexusError | Callable[[], None]] = []
        self.before_delete: list[NexusError | Callable[[], None]] = []
        self.conditions: list[tuple[str | None, str | None]] = []
        self.answer_put: Callable[[Document], Document | None] = lambda document: document
        self.answer_patch: Callable[[Document], Document | None] = lambda document: document
        for item in self.resources.values():
            self._touch(item)

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [call for call in self.log if call[0] != "GET"]

    def get(self, resource_id: str, api_version: str) -> Document | None:
        self.log.append(("GET", resource_id))
        self.versions.add(api_version)
        return copy.deepcopy(self.resources.get(resource_id.lower()))

    def recall(self, resource_id: str, api_version: str, among: Sequence[str] = ()) -> Document | None:
        return copy.deepcopy(self.remembered.get(resource_id.lower()))

    def forget(self, resource_id: str) -> None:
        self.forgotten.append(resource_id)

    def progress(self, doing: str, resource_id: str) -> Progress:
        return Progress(say_nothing, "")

    def list_resources(self, path: str, api_version: str) -> list[Document]:
        self.log.append(("GET", path))
        kind = path.rpartition("/providers/")[2].lower()
        group = path.lower().rpartition("/providers/")[0]
        return [
            copy.deepcopy(item)
            for key, item in self.resources.items()
            if key.startswith(group) and f"/providers/{kind}/" in key
        ]

    def settle(self, resource_id: str, api_version: str, timeout: float) -> Document | None:
        document = self.resources.get(resource_id.lower())
        if document and document["properties"].get("provisioningState") == "Deleting":
            del self.resources[resource_id.lower()]
        elif document:
            document["properties"]["provisioningState"] = "Succeeded"
        return self.get(resource_id, api_version)

    def patch(
        self,
        resource_id: str,
        body: Document,
        api_version: str,
        *,
        if_match: str | None = None,
        wait: bool = True,
        timeout: float = 1800,
    ) -> Document | None:
        self.log.append(("PATCH", resource_id))
        self.versions.add(api_version)
        self.limits.append(timeout)
        self.bodies.append(body)
        document = self.resources[resource_id.lower()]
        if self.before_patch:
            action = self.before_patch.pop(0)
            if isinstance(action, NexusError):
                raise action
            action(document)
            self._touch(document)
        if if_match and if_match != document["etag"]:
            raise NexusError("the etag does not match", status=412, code="PreconditionFailed")
        if document["properties"].get("provisioningState") == "Updating":
            raise NexusError("another operation is in progress", status=409, code="Conflict")
        if "identity" in body:
            document["identity"] = merge_identity(document.get("identity"), body["identity"])
        if "tags" in body:
            document["tags"] = dict(body["tags"])
        document["properties"] = merge_patch(document["properties"], body.get("properties") or {})
        self._touch(document)
        if not wait and "properties" in body:
            document["properties"]["provisioningState"] = "Updating"
            return None
        return self.answer_patch(copy.deepcopy(document))

    def put(
        self,
        resource_id: str,
        body: Document,
        api_version: str,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
        wait: bool = True,
        timeout: float = 1800,
    ) -> Document | None:
        """The creation of a cluster manager: the echo of the body, and with its end what Azure fills in."""
        self._begin_write("PUT", resource_id, api_version, timeout, self.before_put)
        self.bodies.append(body)
        self.conditions.append((if_match, if_none_match))
        held = self.resources.get(resource_id.lower())
        if (held and if_none_match == "*") or (if_match and (held or {}).get("etag") != if_match):
            raise NexusError("the condition is not met", status=412, code="PreconditionFailed")
        document = {"id": resource_id, "name": resource_id.rpartition("/")[2], **copy.deepcopy(body)}
        if "identity" in body:
            document["identity"] = merge_identity((held or {}).get("identity"), body["identity"])
        properties = document["properties"]
        properties["provisioningState"] = "Succeeded" if wait else "Accepted"
        group = {"name": "made-up", "location": body["location"], **properties.get(MANAGED_GROUP, {})}
        properties[MANAGED_GROUP] = group
        if wait:
            filled = {"vmSize": "Standard_D4_v2", "availabilityZones": ["1", "2", "3"]}
            properties.update({name: value for name, value in filled.items() if name not in properties})
            properties["managerExtendedLocation"] = {"name": f"{resource_id}-cl", "type": "CustomLocation"}
        self.resources[resource_id.lower()] = document
        self._touch(document)
        return self.answer_put(copy.deepcopy(document))

    def delete(self, resource_id: str, api_version: str, *, wait: bool = True, timeout: float = 1800) -> bool:
        self._begin_write("DELETE", resource_id, api_version, timeout, self.before_delete)
        if resource_id.lower() not in self.resources:
            return False
        if wait:
            del self.resources[resource_id.lower()]
        else:
            self.resources[resource_id.lower()]["properties"]["provisioningState"] = "Deleting"
        return True

    def _begin_write(
        self,
        method: str,
        resource_id: str,
        api_version: str,
        timeout: float,
        before: list[NexusError | Callable[[], None]],
    ) -> None:
        self.log.append((method, resource_id))
        self.versions.add(api_version)
        self.limits.append(timeout)
        if not before:
            return
        action = before.pop(0)
        if isinstance(action, NexusError):
            raise action
        action()

    def _touch(self, document: Document) -> None:
        if self.etags:
            document["etag"] = str(uuid.uuid4())

    def list(self, path: str, api_version: str) -> Sequence[Document]:
        """The subscriptions, those in which something lies, or whole resources."""
        if path != "/subscriptions":
            return self.list_resources(path, api_version)
        self.log.append(("GET", path))
        return [{"subscriptionId": item} for item in sorted({key.split("/")[2] for key in self.resources})]


class FakeRoles:
    """Assignments as `RoleApi` lists them; `before_create` works like `FakeArm.before_patch`, without an argument."""

    def __init__(self, *assignments: Document) -> None:
        self.assignments = list(assignments)
        self.remembered: list[Document] | None = None
        self.lists = 0
        self.said: list[str] = []
        self.writes: list[tuple[str, str]] = []
        self.before_create: list[NexusError | Callable[[], None]] = []

    def recall_at(self, scope: str) -> list[Document] | None:
        return copy.deepcopy(self.remembered)

    def list_at(self, scope: str) -> list[Document]:
        self.lists += 1
        return copy.deepcopy(self.assignments)

    def create(self, scope: str, name: str, role_definition_id: str, principal_id: str) -> tuple[Document, bool]:
        self.writes.append(("PUT", name))
        if self.before_create:
            action = self.before_create.pop(0)
            if isinstance(action, NexusError):
                raise action
            action()
        made = assignment(scope, role_definition_id.rpartition("/")[2], principal_id, name)
        for item in self.assignments:
            same = (item["scope"].lower(), item["principal_id"]) == (scope.lower(), principal_id)
            if same and item["role_definition_id"] == made["role_definition_id"] and item["name"] != name:
                raise NexusError("The role assignment already exists.", status=409, code="RoleAssignmentExists")
        others = [item for item in self.assignments if item["id"] != made["id"]]
        is_new = len(others) == len(self.assignments)
        self.assignments = [*others, made]
        return copy.deepcopy(made), is_new

    def progress(self, scope: str) -> Progress:
        return Progress(self.said.append, "role")

    def delete(self, assignment_id: str) -> None:
        self.writes.append(("DELETE", assignment_id))
        self.assignments = [item for item in self.assignments if item["id"] != assignment_id]


class FakeGraph:
    def __init__(self, principals: dict[str, str]) -> None:
        self.principals = principals
        self.remembered: dict[str, str] = {}

    def recall_service_principal_id(self, app_id: str) -> str | None:
        return self.remembered.get(app_id)

    def service_principal_id(self, app_id: str) -> str | None:
        return self.principals.get(app_id)


class FakeSession:
    subscription_id = SUBSCRIPTION

    def __init__(self, arm: FakeArm, roles: FakeRoles | None = None, graph: FakeGraph | None = None) -> None:
        self.arm = arm
        self.roles = roles or FakeRoles()
        self.graph = graph or FakeGraph({})

    @property
    def writes(self) -> list[tuple[str, str]]:
        return self.arm.writes + self.roles.writes


class NoSession:
    """For input that has to be refused before anything is asked of Azure: touching it is a failure."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"session.{name} was used")


def assignment(scope: str, role_guid: str, principal_id: str, name: str = "", condition: str | None = None) -> Document:
    name = name or guid(scope + role_guid + principal_id)
    return {
        "id": f"{scope.rstrip('/')}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "name": name,
        "scope": scope,
        # The short form, as Azure's answers have it.
        "role_definition_id": f"/providers/Microsoft.Authorization/roleDefinitions/{role_guid}",
        "principal_id": principal_id,
        "principal_type": "ServicePrincipal",
        "condition": condition,
        "created_on": "2026-01-31T12:00:00.0000000Z",
    }


def manager(block: Document | None) -> Document:
    document: Document = {
        "id": MANAGER,
        "name": "manager-east",
        "type": "microsoft.networkcloud/clustermanagers",
        "location": "eastus",
        "tags": {"costCenter": "42"},
        "properties": {"provisioningState": "Succeeded", "detailedStatus": "Available", "vmSize": "Standard_D4_v2"},
    }
    if block is not None:
        document["identity"] = block
    return document


def settings(identity_id: str = "", vault_uri: str = VAULT_URI) -> Document:
    """secretArchiveSettings that select a user assigned identity, or the system assigned one."""
    selected = {"identityType": "UserAssignedIdentity" if identity_id else "SystemAssignedIdentity"}
    if identity_id:
        selected["userAssignedIdentityResourceId"] = identity_id
    return {"vaultUri": vault_uri, "associatedIdentity": selected}


def cluster(
    archive: Document | None = None,
    name: str = "cluster-1",
    *,
    settings: Document | None = None,
    block: Document | None = None,
) -> Document:
    """`archive` and `settings` are its links to a vault, `block` is its identity."""
    properties: Document = {
        "provisioningState": "Succeeded",
        "detailedStatus": "Running",
        "detailedStatusMessage": "Cluster is up.",
        "clusterManagerId": MANAGER,
        "aggregatorOrSingleRackDefinition": {"bareMetalMachineConfigurationData": []},
        "clusterServicePrincipal": {"applicationId": guid("app")},
    }
    if archive:
        properties["secretArchive"] = archive
    if settings:
        properties["secretArchiveSettings"] = settings
    document: Document = {
        "id": CLUSTER.replace("cluster-1", name),
        "name": name,
        "type": "microsoft.networkcloud/clusters",
        "location": "eastus",
        "properties": properties,
    }
    if block is not None:
        document["identity"] = block
    return document


def vault(rbac: bool | None = True) -> Document:
    properties: Document = {"vaultUri": VAULT_URI}
    if rbac is not None:
        properties["enableRbacAuthorization"] = rbac
    return {"id": VAULT, "name": "nexus-secrets", "type": "Microsoft.KeyVault/vaults", "properties": properties}
