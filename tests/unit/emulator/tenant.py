# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tenant without a server: its providers' handlers are called directly, its clock stands until a test moves it."""

from __future__ import annotations

import json
from typing import Any

import fleet
import nexus_platform
from arm import ArmError, Call, dissect
from fleet_documents import stable_id
from providers import provide
from state import Document, World

SUBSCRIPTION = "/subscriptions/11111111-1111-4111-8111-111111111111"
NEXUS = f"{SUBSCRIPTION}/resourceGroups/nexus/providers/Microsoft.NetworkCloud"
VAULTS = f"{SUBSCRIPTION}/resourceGroups/security/providers/Microsoft.KeyVault/vaults"
VAULT = f"{VAULTS}/kv-one"
IDENTITIES = f"{SUBSCRIPTION}/resourceGroups/nexus/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
IDENTITY = f"{IDENTITIES}/id-one"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
WRITER = "44f0a1a8-6fea-4b35-980a-8ff50c487c97"
OPERATOR_ROLE = "f1a07417-d97a-45cb-824c-7a7467783830"
FLEET = """
tenant: 22222222-2222-4222-8222-222222222222
subscriptions: [{id: 11111111-1111-4111-8111-111111111111}]
resource_groups: [nexus, security]
operator: {client_id: 33333333-3333-4333-8333-333333333333, roles: [Owner]}
vaults:
  - {name: kv-one, resource_group: security}
  - {name: kv-legacy, resource_group: security, rbac: false}
  - {name: kv-trusted, resource_group: security, network: trusted}
  - {name: kv-closed, resource_group: security, network: closed}
  - {name: kv-perimeter, resource_group: security, network: perimeter}
identities: [{name: id-one, resource_group: nexus}, {name: id-two, resource_group: nexus}]
managers:
  - {name: cm-none, resource_group: nexus}
  - {name: cm-system, resource_group: nexus, identity: system}
  - {name: cm-user, resource_group: nexus, identity: user, user_assigned: [id-one]}
clusters:
  - {name: c-none, resource_group: nexus, manager: cm-none}
  - {name: c-system, resource_group: nexus, manager: cm-system}
  - {name: c-user, resource_group: nexus, manager: cm-user}
  - {name: c-own, resource_group: nexus, manager: cm-system, identity: both, user_assigned: [id-one, id-two]}
"""


def selected(name: str | None) -> Document:
    """An `associatedIdentity`."""
    if name is None or name == "system":
        return {"identityType": "SystemAssignedIdentity"} if name else {}
    return {"identityType": "UserAssignedIdentity", "userAssignedIdentityResourceId": name}


def uri_of(vault: str) -> str:
    return f"https://{vault}.vault.azure.emulator/"


class Tenant:
    """The world of FLEET, with `now` as its clock (epoch seconds)."""

    def __init__(self, text: str = FLEET) -> None:
        self.now = 1_790_000_000.0
        self.world = World(tenant_id="", clock=lambda: self.now)
        fleet.load_text(text, self.world)

    def wait(self, seconds: float) -> None:
        """Time passes, and the platform catches up, as it does before each request."""
        self.now += seconds
        nexus_platform.tick(self.world)

    def principal(self, name: str) -> Document:
        return next(item for item in self.world.principals.values() if item["displayName"] == name)

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        """Status and JSON of a provider's answer; access control is left out."""
        url = "https://127.0.0.1:1"
        call = Call(self.world, method, path, {"api-version": "2022-04-01", **query}, {}, body, url)
        call.caller = self.principal("nexus-operator")
        dissect(call)
        try:
            response = provide(call)
        except ArmError as error:
            return error.status, error.body
        return response.status_code, json.loads(bytes(response.body)) if response.body else None

    def grant(self, name: str, role: str, scope: str) -> Document:
        body = {"properties": {"roleDefinitionId": role, "principalId": self.principal(name)["objectId"]}}
        mark = stable_id(name, role, scope)
        status, document = self.ask("PUT", f"{scope}/providers/Microsoft.Authorization/roleAssignments/{mark}", body)
        assert status == 201, document
        return dict(document)

    def link(self, cluster: str, vault: str, use: str = "True") -> Document:
        """Link a cluster as a settled PATCH does; its document."""
        document = self.cluster(cluster)
        document["properties"]["secretArchive"] = {"keyVaultId": f"{VAULTS}/{vault}", "useKeyVault": use}
        nexus_platform.cluster_changed(self.world, document)
        return document

    def settings(self, cluster: str, uri: str, select: str | None = "system") -> Document:
        """Give a cluster archive settings as a settled PATCH does; its document. `select`: `system`, or an id."""
        document = self.cluster(cluster)
        document["properties"]["secretArchiveSettings"] = {"vaultUri": uri, "associatedIdentity": selected(select)}
        nexus_platform.cluster_changed(self.world, document)
        return document

    def cluster(self, name: str) -> Document:
        document = self.world.find(f"{NEXUS}/clusters/{name}")
        assert document is not None
        return document

    def secrets(self, vault: str = "kv-one") -> dict[str, list[Document]]:
        return self.world.secrets.get(f"{VAULTS}/{vault}".lower(), {})
