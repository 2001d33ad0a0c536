# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Authorization/roleDefinitions: the built-in roles that matter here, with their real ids and permissions.

Custom roles come from the fleet file.
"""

from __future__ import annotations

import re

from starlette.responses import Response

from arm import ArmError, Call, answer, handles, page
from state import Document, World

API_VERSIONS: dict[str, tuple[str, ...]] = {
    "Microsoft.Authorization/roleDefinitions": (
        "2015-07-01",
        "2018-01-01-preview",
        "2022-04-01",
        "2022-05-01-preview",
    ),
}

_DEPLOY = ["Microsoft.Insights/alertRules/*", "Microsoft.Resources/deployments/*", "Microsoft.Support/*"]
_COMMON = [*_DEPLOY, "Microsoft.Authorization/*/read", "Microsoft.Resources/subscriptions/resourceGroups/read"]
_VAULT_READ = [
    *_COMMON,
    "Microsoft.KeyVault/checkNameAvailability/read",
    "Microsoft.KeyVault/deletedVaults/read",
    "Microsoft.KeyVault/locations/*/read",
    "Microsoft.KeyVault/operations/read",
    "Microsoft.KeyVault/vaults/*/read",
]
_SECRET = "Microsoft.KeyVault/vaults/secrets"
_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"


def _role(
    guid: str,
    name: str,
    description: str,
    actions: list[str],
    *,
    not_actions: list[str] | None = None,
    data_actions: list[str] | None = None,
) -> Document:
    permission = {
        "actions": actions,
        "notActions": not_actions or [],
        "dataActions": data_actions or [],
        "notDataActions": [],
    }
    properties = {
        "roleName": name,
        "type": "BuiltInRole",
        "description": description,
        "assignableScopes": ["/"],
        "permissions": [permission],
        "createdOn": "2023-12-13T16:18:41.9260000Z",
        "updatedOn": "2024-08-16T19:33:56.6330000Z",
        "createdBy": None,
        "updatedBy": None,
    }
    return {"name": guid, "type": "Microsoft.Authorization/roleDefinitions", "properties": properties}


_ROLES = [
    _role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", "Everything, access included.", ["*"]),
    _role(
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "Contributor",
        "Everything but access.",
        ["*"],
        not_actions=[
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
        ],
    ),
    _role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "Reads everything, changes nothing.", ["*/read"]),
    _role(
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "User Access Administrator",
        "Manages who has access.",
        ["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
    ),
    _role(
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        "Role Based Access Control Administrator",
        "Manages role assignments.",
        [
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleAssignments/delete",
            "*/read",
            "Microsoft.Support/*",
        ],
    ),
    _role(
        "f25e0fa2-a7c8-4377-a976-54943a77a395",
        "Key Vault Contributor",
        "Manages key vaults, but neither access to them nor what they hold.",
        [*_COMMON, "Microsoft.KeyVault/*"],
        not_actions=["Microsoft.KeyVault/locations/deletedVaults/purge/action", "Microsoft.KeyVault/managedHsms/*"],
    ),
    _role(
        "00482a5a-887f-4fb3-b363-3b7fe8e74483",
        "Key Vault Administrator",
        "Everything that a vault holds.",
        _VAULT_READ,
        data_actions=["Microsoft.KeyVault/vaults/*"],
    ),
    _role(
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        "Key Vault Secrets Officer",
        "Every action on secrets.",
        _VAULT_READ,
        data_actions=[f"{_SECRET}/*"],
    ),
    _role(
        "4633458b-17de-408a-b874-0445c86b69e6",
        "Key Vault Secrets User",
        "Reads secrets.",
        [],
        data_actions=[f"{_SECRET}/getSecret/action", f"{_SECRET}/readMetadata/action"],
    ),
    _role(
        "21090545-7ca7-4776-b22c-e363652d74d2",
        "Key Vault Reader",
        "Reads what a vault holds, values excepted.",
        _VAULT_READ,
        data_actions=["Microsoft.KeyVault/vaults/*/read", f"{_SECRET}/readMetadata/action"],
    ),
    _role(
        "44f0a1a8-6fea-4b35-980a-8ff50c487c97",
        "Operator Nexus Key Vault Writer Service Role (Preview)",
        "(Preview) Lets Azure Operator Nexus write to a vault.",
        ["Microsoft.KeyVault/vaults/read"],
        data_actions=[f"{_SECRET}/setSecret/action"],
    ),
    _role(
        "f1a07417-d97a-45cb-824c-7a7467783830",
        "Managed Identity Operator",
        "Reads and assigns user assigned identities.",
        [f"{_IDENTITY}/*/read", f"{_IDENTITY}/*/assign/action", *_COMMON],
    ),
    _role(
        "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59",
        "Managed Identity Contributor",
        "Makes, reads, changes and deletes user assigned identities.",
        [f"{_IDENTITY}/read", f"{_IDENTITY}/write", f"{_IDENTITY}/delete", *_COMMON],
    ),
]
ROLES: dict[str, Document] = {role["name"]: role for role in _ROLES}


def find_role(role_definition_id: str, world: World | None = None) -> Document | None:
    """The role of any form of id (tenant, subscription, bare GUID): only the GUID at the end counts. The custom roles
    are those of the `world`.
    """
    guid = role_definition_id.rstrip("/").rsplit("/", 1)[-1].lower()
    return ROLES.get(guid) or (world.roles.get(guid) if world else None)


def custom_role(guid: str, name: str, scope: str, permission: Document, moment: str) -> Document:
    """A role that a customer has made, which may be assigned at `scope` and below."""
    properties = {
        "roleName": name,
        "type": "CustomRole",
        "description": "",
        "assignableScopes": [scope],
        "permissions": [permission],
        "createdOn": moment,
        "updatedOn": moment,
        "createdBy": None,
        "updatedBy": None,
    }
    return {"name": guid, "type": "Microsoft.Authorization/roleDefinitions", "properties": properties}


def role_named(name: str) -> Document | None:
    return next((role for role in _ROLES if role["properties"]["roleName"].lower() == name.lower()), None)


def definition_id(role: Document, scope: str) -> str:
    """A built-in role's id as Azure writes it below a subscription, or in the tenant's short form elsewhere."""
    found = re.match(r"(?i)^/subscriptions/[^/]+", scope)
    return f"{found[0] if found else ''}/providers/{role['type']}/{role['name']}"


@handles("Microsoft.Authorization/roleDefinitions", "resource", "GET")
def get_role_definition(call: Call) -> Response:
    role = find_role(call.names[-1], call.world)
    if role is None:
        shown = call.names[-1].replace("-", "")
        message = f"The specified role definition with ID '{shown}' does not exist."
        raise ArmError(404, "RoleDefinitionDoesNotExist", message)
    return answer(_shown(role, call.scope))


@handles("Microsoft.Authorization/roleDefinitions", "collection", "GET")
def list_role_definitions(call: Call) -> Response:
    wanted = call.query.get("$filter", "")
    roles = [*_ROLES, *call.world.roles.values()]
    for clause in re.split(r"(?i)\s+and\s+", wanted) if wanted else []:
        roles = _filtered(roles, clause.strip())
    return page(call, [_shown(role, call.scope) for role in roles])


def _filtered(roles: list[Document], clause: str) -> list[Document]:
    if re.fullmatch(r"(?i)atScope(AndBelow)?\(\)", clause):
        return roles
    found = re.fullmatch(r"(?i)(roleName|type)\s+eq\s+'(.*)'", clause)
    if not found:
        raise ArmError(400, "InvalidFilter", f"The filter '{clause}' is not supported.")
    member = "roleName" if found[1].lower() == "rolename" else "type"
    value = found[2].replace("''", "'").lower()
    return [role for role in roles if role["properties"][member].lower() == value]


def _shown(role: Document, scope: str) -> Document:
    return {
        "properties": role["properties"],
        "id": definition_id(role, scope),
        "type": role["type"],
        "name": role["name"],
    }
