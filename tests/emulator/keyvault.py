# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.KeyVault/vaults in ARM. What lies inside a vault is in vault_data.py."""

from __future__ import annotations

import re

from starlette.responses import Response

from arm import ArmError, Call, answer, handles, page
from documents import existing, stamp, touched
from names import vault_origin
from shapes import TRACKED, Member, Shape, check_known
from state import Document, World
from vault_data import VAULT_TYPE, find_vault

API_VERSIONS: dict[str, tuple[str, ...]] = {
    VAULT_TYPE: (
        "2015-06-01",
        "2016-10-01",
        "2018-02-14",
        "2019-09-01",
        "2021-06-01-preview",
        "2021-10-01",
        "2022-07-01",
        "2022-11-01",
        "2023-02-01",
        "2023-07-01",
        "2024-04-01-preview",
        "2024-11-01",
        "2024-12-01-preview",
        "2025-05-01",
        "2026-02-01",
        "2026-05-15",
    ),
}
_REQUIRED = Member(required=True)
_SWITCH = Member(kind="boolean", nullable=True)
_TEXTS = Member(is_list=True)
_POLICY = {
    "tenantId": _REQUIRED,
    "objectId": _REQUIRED,
    "permissions": Member(required=True, members=dict.fromkeys(("keys", "secrets", "certificates", "storage"), _TEXTS)),
}
_RULES = {
    "bypass": Member(values=("AzureServices", "None")),
    "defaultAction": Member(values=("Allow", "Deny")),
    "ipRules": Member(is_list=True, members={"value": _REQUIRED}),
    "virtualNetworkRules": Member(is_list=True, members={"id": _REQUIRED}),
}
_WRITABLE: Shape = {
    "tenantId": Member(nullable=True),
    "sku": Member(nullable=True, members={"family": _REQUIRED, "name": _REQUIRED}),
    "accessPolicies": Member(nullable=True, is_list=True, members=_POLICY),
    "enabledForDeployment": _SWITCH,
    "enabledForDiskEncryption": _SWITCH,
    "enabledForTemplateDeployment": _SWITCH,
    "enableSoftDelete": _SWITCH,
    "softDeleteRetentionInDays": Member(kind="integer", nullable=True),
    "enableRbacAuthorization": _SWITCH,
    "enablePurgeProtection": _SWITCH,
    "networkAcls": Member(nullable=True, members=_RULES),
    "publicNetworkAccess": Member(nullable=True),
}
_BODY: Shape = {**TRACKED, "properties": Member(nullable=True, members=_WRITABLE)}


def vault_document(world: World, resource_id: str, location: str, tags: Document, properties: Document) -> Document:
    """A vault as a GET shows it; `properties` is what the client set."""
    name = resource_id.rsplit("/", 1)[-1]
    defaults = {
        "sku": {"family": "A", "name": "standard"},
        "tenantId": world.tenant_id,
        "accessPolicies": [],
        "enabledForDeployment": False,
        "enabledForDiskEncryption": False,
        "enabledForTemplateDeployment": False,
        "enableSoftDelete": True,
        "softDeleteRetentionInDays": 90,
        "enableRbacAuthorization": False,
    }
    return {
        "id": resource_id,
        "name": name,
        "type": VAULT_TYPE,
        "location": location,
        "tags": tags,
        "systemData": stamp(world),
        "properties": {
            **defaults,
            **properties,
            "vaultUri": f"{vault_origin(name)}/",
            "provisioningState": "Succeeded",
            "publicNetworkAccess": properties.get("publicNetworkAccess") or "Enabled",
        },
    }


@handles(VAULT_TYPE, "resource", "GET")
def get_vault(call: Call) -> Response:
    return answer(existing(call))


@handles(VAULT_TYPE, "collection", "GET")
def list_vaults(call: Call) -> Response:
    return page(call, call.world.of_type(VAULT_TYPE, call.scope))


@handles(VAULT_TYPE, "resource", "PUT")
def put_vault(call: Call) -> Response:
    body = _body(call)
    properties = body.get("properties")
    if not body.get("location") or not isinstance(properties, dict) or not {"tenantId", "sku"} <= properties.keys():
        raise ArmError(400, "BadRequest", "A vault needs location, properties.tenantId and properties.sku.")
    name = call.names[-1]
    if not re.fullmatch(r"(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]", name):
        text = (
            f"The vault name '{name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. "
            "The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens."
        )
        raise ArmError(400, "VaultNameNotValid", text)
    kept, taken = call.world.find(call.resource_id), find_vault(call.world, name)
    if taken is not None and taken is not kept:
        raise ArmError(409, "VaultAlreadyExists", f"The vault name '{name}' is already in use.")
    writable = _writable(properties)
    made = vault_document(call.world, call.resource_id, body["location"], body.get("tags") or {}, writable)
    if kept is not None:
        made["systemData"] = touched(call, kept)
        made["id"] = kept["id"]
    call.world.store(made)
    return answer(made, 200 if kept else 201)


@handles(VAULT_TYPE, "resource", "PATCH")
def patch_vault(call: Call) -> Response:
    kept, body = existing(call), _body(call)
    kept["properties"].update(_writable(body.get("properties") or {}))
    if body.get("tags") is not None:
        kept["tags"] = body["tags"]
    kept["systemData"] = touched(call, kept)
    return answer(kept)


@handles(VAULT_TYPE, "resource", "DELETE")
def delete_vault(call: Call) -> Response:
    kept = call.world.resources.pop(call.resource_id.lower(), None)
    if kept is None:
        return Response(status_code=204)
    call.world.secrets.pop(kept["id"].lower(), None)
    return Response(status_code=200)


def _body(call: Call) -> Document:
    if not isinstance(call.body, dict):
        raise ArmError(400, "InvalidRequestContent", "The request content was invalid and could not be deserialized.")
    check_known(_BODY, call.body)
    return call.body


def _writable(properties: Document) -> Document:
    """The members that a client may set, the rest (vaultUri, provisioningState...) is left out without a word."""
    if properties.get("enablePurgeProtection") is False:
        text = (
            'The property "enablePurgeProtection" cannot be set to false. '
            "Enabling the purge protection for a vault is an irreversible action."
        )
        raise ArmError(400, "BadRequest", text)
    return {member: properties[member] for member in _WRITABLE if properties.get(member) is not None}
