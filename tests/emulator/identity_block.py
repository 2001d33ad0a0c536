# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `identity` block of a resource: what ARM lets in, how a write merges, how the result looks.

A write happens in two steps, as recorded: `merge` makes what the answer to the write shows (keys as the client wrote
them, `{}` for new user assigned identities, the system assigned principal at once), `settle` what a GET shows after the
operation (keys with `/resourcegroups/`, client and principal ids filled in, `"SystemAssigned, UserAssigned"`).
"""

from __future__ import annotations

import re

from arm import ArmError
from state import Document, World

TYPES = ("None", "SystemAssigned", "UserAssigned", "SystemAssigned,UserAssigned")


def kinds(identity: Document | None) -> frozenset[str]:
    """`SystemAssigned` and `UserAssigned`, as far as the block's type holds them."""
    written = str((identity or {}).get("type", "None")).replace(" ", "")
    return frozenset(written.split(",")) - {"None"}


def added(identity: Document) -> list[str]:
    """Ids of the user assigned identities that a write names in order to have them."""
    return [name for name, value in (identity.get("userAssignedIdentities") or {}).items() if value is not None]


def check_values(identity: Document) -> None:
    """ARM's front door: raises InvalidIdentityValues for anything but `{}` and null (a GET sent back, mostly)."""
    listed = identity.get("userAssignedIdentities") or {}
    if not isinstance(listed, dict):
        raise ArmError(400, "InvalidRequestContent", "'userAssignedIdentities' must be an object.")
    filled = ", ".join(name for name, value in listed.items() if value not in (None, {}))
    if filled:
        message = (
            f"Invalid value for the identities '{filled}'. The 'UserAssignedIdentities' property keys should only be "
            "empty json objects, null or the resource exisiting property."
        )
        raise ArmError(400, "InvalidIdentityValues", message)


def merge(world: World, resource_id: str, current: Document | None, wanted: Document, *, replace: bool) -> Document:
    """The block after a write. `replace` is a PUT: what it does not list goes; a PATCH follows `unlisted_identities`.

    Makes the system assigned principal, or removes it from the directory. Raises ArmError 400 for identities that do
    not exist and for a type that does not fit the list.
    """
    system, user = ("SystemAssigned" in kinds(wanted), "UserAssigned" in kinds(wanted))
    _check_fit(resource_id, wanted, user)
    listed = _user_assigned(world, resource_id, current, wanted, replace) if user else {}
    if user and not listed:
        raise _failed(resource_id, "The request format was unexpected : Request requires identities to be assigned.")
    block: Document = _system_assigned(world, resource_id, current, system)
    block["type"] = ",".join(kind for kind in ("SystemAssigned", "UserAssigned") if kind in kinds(wanted)) or "None"
    if user:
        block["userAssignedIdentities"] = listed
    return block


def settle(world: World, identity: Document) -> Document:
    """The block as a GET shows it after the write's end."""
    settled = dict(identity, type=", ".join(str(identity["type"]).replace(" ", "").split(",")))
    if "userAssignedIdentities" in identity:
        settled["userAssignedIdentities"] = dict(
            _settled_entry(world, name) for name in identity["userAssignedIdentities"]
        )
    return settled


def release(world: World, identity: Document | None) -> None:
    """The resource is gone: so is its system assigned principal. Role assignments stay behind, as they do in Azure."""
    world.principals.pop((identity or {}).get("principalId", ""), None)


def _check_fit(resource_id: str, wanted: Document, user: bool) -> None:
    if not user and added(wanted):
        raise _failed(resource_id, f"Identities are listed, but the identity type is '{wanted['type']}'.")


def _user_assigned(
    world: World, resource_id: str, current: Document | None, wanted: Document, replace: bool
) -> Document:
    have: Document = (current or {}).get("userAssignedIdentities", {})
    named: Document = wanted.get("userAssignedIdentities") or {}
    keep_unlisted = not replace and world.settings.unlisted_identities == "keep"
    mentioned = {name.lower() for name in named}
    result = {name: value for name, value in have.items() if keep_unlisted and name.lower() not in mentioned}
    for name in added(wanted):
        if not world.find(name):
            raise _failed(resource_id, f"Resource '{name}' was not found.")
        result[name] = {}
    return result


def _system_assigned(world: World, resource_id: str, current: Document | None, wanted: bool) -> Document:
    if not wanted:
        release(world, current)
        return {}
    principal_id = (current or {}).get("principalId") or world.add_principal(resource_id.rpartition("/")[2])["objectId"]
    return {"principalId": principal_id, "tenantId": world.tenant_id}


def _settled_entry(world: World, name: str) -> tuple[str, Document]:
    resource = world.find(name)
    if resource is None:  # deleted since: the reference dangles with what the client wrote
        return name, {}
    key = re.sub(r"(?i)/resourcegroups/", "/resourcegroups/", resource["id"])
    return key, {member: resource["properties"][member] for member in ("clientId", "principalId")}


def _failed(resource_id: str, message: str) -> ArmError:
    inner = f'{{"error":{{"code":"BadRequest","message":"{message}"}}}}'
    outer = (
        f"Identity operation for resource '{resource_id}' failed with error 'Failed to perform resource identity "
        f"operation. Status: 'BadRequest'. Response: '{inner}'.'."
    )
    return ArmError(400, "FailedIdentityOperation", outer)
