# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed identities of a resource: what is there, what is wanted, the PATCH between them. Pure.

Private to this collection. An *identity block* is the `identity` member of an ARM document, or None where the resource
has none. Azure writes its type with a blank ("SystemAssigned, UserAssigned") and its keys in a case of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import (
    USER_ASSIGNED_IDENTITY,
    canonical,
    check,
    key,
)

Block = dict[str, Any]

# How settings of a cluster select its system assigned identity, and a user assigned one.
SYSTEM_ASSIGNED = "SystemAssignedIdentity"
USER_ASSIGNED = "UserAssignedIdentity"


@dataclass(frozen=True)
class Wanted:
    """What a task asks for. `system` None leaves the system assigned identity alone; ids are canonical."""

    system: bool | None = None
    add: list[str] = field(default_factory=list)
    drop: list[str] = field(default_factory=list)


def wanted(params: Mapping[str, Any]) -> Wanted:
    """Read state, system_assigned and user_assigned. Raises BadInput when they name no identity."""
    system = params.get("system_assigned")
    ids = [check(text, USER_ASSIGNED_IDENTITY, "user_assigned") for text in params.get("user_assigned") or []]
    unique = list({key(item): item for item in ids}.values())
    if params["state"] == "absent":
        # Absent removes what is named; `system_assigned: false` names nothing.
        if not system and not unique:
            raise BadInput("state", "absent names no identity", "set system_assigned: true or list user_assigned ids")
        return Wanted(system=False if system else None, drop=unique)
    if system is None and not unique:
        raise BadInput("system_assigned", "no identity is named", "set system_assigned, or list user_assigned ids")
    return Wanted(system=system, add=unique)


def chosen(params: Mapping[str, Any]) -> str:
    """What identity_type and identity_resource_id select: SYSTEM_ASSIGNED, an id, or empty for nothing.

    Raises BadInput where they contradict each other.
    """
    kind, identity_id = params["identity_type"], params["identity_resource_id"]
    if kind == SYSTEM_ASSIGNED and identity_id:
        raise BadInput(
            "identity_resource_id", "an id is given beside SystemAssignedIdentity", "drop it, or change identity_type"
        )
    if kind == USER_ASSIGNED and not identity_id:
        raise BadInput("identity_resource_id", "UserAssignedIdentity needs it", "give the identity's ARM id")
    return check(identity_id, USER_ASSIGNED_IDENTITY, "identity_resource_id") if identity_id else kind or ""


def choosing(identity: str) -> dict[str, str]:
    """The options of a module that select what `chosen` has read of them."""
    if identity == SYSTEM_ASSIGNED:
        return {"identity_type": SYSTEM_ASSIGNED}
    return {"identity_resource_id": identity} if identity else {}


def plan(current: Block | None, want: Wanted) -> Block | None:
    """The identity block to PATCH, or None when nothing is to be done.

    Whether Azure keeps identities that a PATCH does not list is documented both ways, so every one to keep is sent as
    `{}` (the only value it accepts) and every one to drop as null, with the service's own spelling of the key.
    """
    held = _user_assigned(current)
    gone = {key(item) for item in want.drop}
    kept = [item for lowered, item in held.items() if lowered not in gone]
    dropped = [item for lowered, item in held.items() if lowered in gone]
    added = [item for item in want.add if key(item) not in held]
    had_system = has_system(current)
    system = had_system if want.system is None else want.system
    if system == had_system and not added and not dropped:
        return None
    identity_type = _type(system, bool(kept or added))
    if "UserAssigned" not in identity_type:
        # Switching the type is what removes the last user assigned ones; the map has no place beside such a type.
        return {"type": identity_type}
    members: dict[str, Any] = {item: {} for item in kept + added}
    members.update(dict.fromkeys(dropped))
    return {"type": identity_type, "userAssignedIdentities": members}


def apply(current: Block | None, patch: Block) -> Block:
    """The identity block that Azure will hold after this PATCH; ids that Azure has yet to give out are missing."""
    held = {key(item): value for item, value in ((current or {}).get("userAssignedIdentities") or {}).items()}
    after: Block = {"type": patch["type"]}
    if "SystemAssigned" in patch["type"] and has_system(current):
        after.update({name: (current or {}).get(name) for name in ("principalId", "tenantId")})
    if "UserAssigned" in patch["type"]:
        sent = patch["userAssignedIdentities"]
        after["userAssignedIdentities"] = {
            item: held.get(key(item)) or {} for item, value in sent.items() if value is not None
        }
    return after


def fill(current: Block | None, ids: Mapping[str, Mapping[str, Any]]) -> Block | None:
    """The block with the {principalId, clientId} of these user assigned identities, by canonical id."""
    known = {key(item): dict(value) for item, value in ids.items()}
    members = (current or {}).get("userAssignedIdentities")
    if current is None or not members:
        return current
    filled = {item: {**(value or {}), **known.get(key(item), {})} for item, value in members.items()}
    return {**current, "userAssignedIdentities": filled}


def report(current: Block | None) -> dict[str, Any]:
    """The block as modules return it, always of the same shape, user assigned ones in the order of their ids."""
    members = (current or {}).get("userAssignedIdentities") or {}
    listed = [
        {
            "id": canonical(item),
            "principal_id": (value or {}).get("principalId"),
            "client_id": (value or {}).get("clientId"),
        }
        for item, value in members.items()
    ]
    system = has_system(current)
    return {
        "type": _type(system, bool(listed)),
        "principal_id": (current or {}).get("principalId") if system else None,
        "tenant_id": (current or {}).get("tenantId") if system else None,
        "user_assigned_identities": sorted(listed, key=lambda item: key(item["id"])),
    }


def summary(current: Block | None) -> dict[str, Any]:
    """What a diff shows: which identities there are, without the ids that only Azure can know beforehand."""
    full = report(current)
    return {"type": full["type"], "user_assigned_identities": [item["id"] for item in full["user_assigned_identities"]]}


def principals(current: Block | None, want: Wanted, resource_id: str) -> list[dict[str, str | None]]:
    """The identities that the task named and the resource holds: whose they are, and their principal id or None.

    `identity` is the resource's own id for its system assigned identity. Other identities of the resource are left
    out on purpose: a role granted to this list must not reach an identity that the task did not name.
    """
    full = report(current)
    found: list[dict[str, str | None]] = []
    if want.system and has_system(current):
        found.append({"identity": resource_id, "principal_id": full["principal_id"]})
    held = {key(item["id"]): item for item in full["user_assigned_identities"]}
    for item in want.add:
        if key(item) in held:
            found.append({"identity": item, "principal_id": held[key(item)]["principal_id"]})
    return found


def users(properties: Mapping[str, Any], current: Block | None, want: Wanted) -> list[str]:
    """The settings of a cluster that select one of the identities which the task takes from it, by their ARM names."""
    gone = {key(item) for item in want.drop} & set(_user_assigned(current))
    if want.system is False and has_system(current):
        gone.add(key(SYSTEM_ASSIGNED))
    return sorted(name for name, block in properties.items() if gone & set(map(key, _selections(block))))


def selection(block: Any) -> str | None:
    """Which identity a block of settings has selected (`associatedIdentity`): its id, SYSTEM_ASSIGNED, or None."""
    selected = block.get("associatedIdentity") if isinstance(block, Mapping) else None
    if not selected:
        return None
    if selected.get("identityType") == SYSTEM_ASSIGNED:
        return SYSTEM_ASSIGNED
    return selected.get("userAssignedIdentityResourceId") or None


def _selections(block: Any) -> list[str]:
    """What a block of settings and its overrides (commandOutputSettings has some) have selected."""
    if not isinstance(block, Mapping):
        return []
    parts = [block, *(block.get("overrides") or [])]
    return [selected for selected in map(selection, parts) if selected]


def has_system(current: Block | None) -> bool:
    """Whether there is a system assigned identity."""
    return "systemassigned" in str((current or {}).get("type", "")).lower()


def _user_assigned(current: Block | None) -> dict[str, str]:
    """Lower-cased id -> the key as the service spells it."""
    return {key(item): item for item in (current or {}).get("userAssignedIdentities") or {}}


def _type(system: bool, user: bool) -> str:
    return ",".join(name for name, there in (("SystemAssigned", system), ("UserAssigned", user)) if there) or "None"
