# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Authorization/roleAssignments, version 2022-04-01, with the errors that clients meet in practice."""

from __future__ import annotations

import re
import uuid
from typing import Any

from starlette.responses import Response

from access import covers, normal_scope
from arm import ArmError, Call, answer, handles, page
from documents import resource_not_found
from role_definitions import definition_id, find_role
from shapes import Member, Shape, check_known
from state import Document, World

API_VERSIONS: dict[str, tuple[str, ...]] = {
    "Microsoft.Authorization/roleAssignments": (
        "2015-07-01",
        "2018-01-01-preview",
        "2018-09-01-preview",
        "2020-04-01-preview",
        "2020-08-01-preview",
        "2020-10-01-preview",
        "2022-04-01",
    ),
}
TYPE = "Microsoft.Authorization/roleAssignments"
_OPTIONAL = ("description", "condition", "conditionVersion", "delegatedManagedIdentityResourceId")
_TEXTS: Shape = dict.fromkeys(("principalType", *_OPTIONAL), Member(nullable=True))


@handles(TYPE, "resource", "PUT")
def put_assignment(call: Call) -> Response:
    name = _guid(call.names[-1])
    if name is None:
        message = f"The role assignment ID '{call.names[-1]}' is not valid. The role assignment ID must be a GUID."
        raise ArmError(400, "InvalidRoleAssignmentId", message)
    wanted = _wanted(call)
    _require_scope(call)
    principal = _require_principal(call.world, wanted)
    kept = find_by_name(call.world, name)
    if kept is not None:
        return answer(_updated(call, kept, wanted))
    twin = find_same(call.world, call.scope, wanted["roleDefinitionId"], wanted["principalId"])
    if twin is not None:
        bare = _bare(twin["name"])
        message = f"The role assignment already exists. The ID of the existing role assignment is {bare}."
        raise ArmError(409, "RoleAssignmentExists", message)
    more = {member: wanted[member] for member in _OPTIONAL if wanted.get(member) is not None}
    by = call.caller.get("objectId", "")
    made = assign(call.world, call.scope, wanted["roleDefinitionId"], principal, name=name, created_by=by, more=more)
    return answer(made, 201)


@handles(TYPE, "resource", "GET")
def get_assignment(call: Call) -> Response:
    kept = _at(call)
    if kept is None:
        raise ArmError(404, "RoleAssignmentNotFound", f"The role assignment '{call.names[-1]}' is not found.")
    return answer(kept)


@handles(TYPE, "resource", "DELETE")
def delete_assignment(call: Call) -> Response:
    kept = _at(call)
    if kept is None:
        return Response(status_code=204)
    del call.world.assignments[kept["id"].lower()]
    return answer(kept)


@handles(TYPE, "collection", "GET")
def list_assignments(call: Call) -> Response:
    """Without a filter: at, above and below the scope. `atScope()` leaves out what lies below."""
    at_scope, principal_id = _read_filter(call.query.get("$filter", ""))
    found = []
    for item in call.world.assignments.values():
        scope = item["properties"]["scope"]
        if not covers(scope, call.scope) and (at_scope or not covers(call.scope, scope)):
            continue
        if principal_id in (None, item["properties"]["principalId"].lower()):
            found.append(item)
    return page(call, found)


def assign(
    world: World,
    scope: str,
    role_definition_id: str,
    principal: Document,
    *,
    name: str = "",
    created_by: str = "",
    created_on: str = "",
    more: Document | None = None,
) -> Document:
    """Store a role assignment whose parts are known to be good; the scope keeps the casing that it was asked with."""
    role = find_role(role_definition_id, world)
    if role is None:
        raise ValueError(f"no such role: {role_definition_id}")
    moment = created_on or world.now()
    name = name or str(uuid.uuid4())
    document: Document = {
        "properties": {
            "roleDefinitionId": definition_id(role, scope),
            "principalId": principal["objectId"],
            "principalType": principal["kind"],
            "scope": scope.rstrip("/") or "/",
            "condition": None,
            "conditionVersion": None,
            "createdOn": moment,
            "updatedOn": moment,
            "createdBy": created_by,
            "updatedBy": created_by,
            "delegatedManagedIdentityResourceId": None,
            "description": None,
            **(more or {}),
        },
        "id": f"{scope.rstrip('/')}/providers/{TYPE}/{name}",
        "type": TYPE,
        "name": name,
    }
    world.assignments[document["id"].lower()] = document
    return document


def find_by_name(world: World, name: str) -> Document | None:
    return next((item for item in world.assignments.values() if item["name"] == name), None)


def find_same(world: World, scope: str, role_definition_id: str, principal_id: str) -> Document | None:
    """The assignment of this role to this principal at exactly this scope, whatever its name."""
    role = find_role(role_definition_id, world)
    for item in world.assignments.values():
        properties = item["properties"]
        if normal_scope(properties["scope"]) != normal_scope(scope):
            continue
        if (
            properties["principalId"].lower() == principal_id.lower()
            and find_role(properties["roleDefinitionId"], world) == role
        ):
            return item
    return None


def _at(call: Call) -> Document | None:
    return call.world.assignments.get(call.resource_id.lower())


def _guid(text: Any) -> str | None:
    """A GUID in its usual spelling, None for anything else (bicep and az send dashes, nothing else is taken)."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
        return None
    return text.lower()


def _wanted(call: Call) -> Document:
    """The body's properties after the checks that need no look at the directory."""
    properties = call.body.get("properties") if isinstance(call.body, dict) else None
    if not isinstance(properties, dict) or not {"roleDefinitionId", "principalId"} <= properties.keys():
        raise ArmError(400, "BadRequestFormat", "The request was incorrectly formatted.")
    check_known(_TEXTS, properties)
    if _guid(properties["principalId"]) is None:
        raise ArmError(400, "InvalidPrincipalId", "A valid principal ID must be provided for role assignment.")
    role_guid = str(properties["roleDefinitionId"]).rstrip("/").rsplit("/", 1)[-1]
    if _guid(role_guid) is None:
        raise ArmError(400, "InvalidRoleDefinitionId", f"The role definition ID '{role_guid}' is not valid.")
    if find_role(role_guid, call.world) is None:
        message = f"The specified role definition with ID '{_bare(role_guid)}' does not exist."
        raise ArmError(400, "RoleDefinitionDoesNotExist", message)
    return properties


def _require_scope(call: Call) -> None:
    """Roles are given on what exists: a resource, a resource group, a subscription or the tenant."""
    world, scope = call.world, normal_scope(call.scope)
    if not scope or world.find(scope):
        return
    if not re.fullmatch(r"/subscriptions/[^/]+", scope):
        resource_not_found(call.scope, call.resource_group)


def _require_principal(world: World, wanted: Document) -> Document:
    """The principal that gets the role; 400 PrincipalNotFound while it is unknown or too young to be known here.

    The real service skips the look-up for some callers that send principalType, yet users meet the error all the
    same, so being new counts with and without principalType.
    """
    principal = world.principals.get(wanted["principalId"].lower())
    youngest = world.clock() - world.settings.principal_replication_seconds
    if principal is None or principal["createdAt"] > youngest:
        bare, tenant = _bare(wanted["principalId"]), world.tenant_id
        message = (
            f"Principal {bare} does not exist in the directory {tenant}. Check that you have the correct principal ID. "
            "If you are creating this principal and then immediately assigning a role, this error might be related to "
            "a replication delay. In this case, set the role assignment principalType property to a value, such as "
            "ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype"
        )
        raise ArmError(400, "PrincipalNotFound", message)
    said = wanted.get("principalType")
    if said and said.lower() != principal["kind"].lower():
        message = (
            f"The PrincipalId '{_bare(wanted['principalId'])}' has type '{principal['kind']}' , "
            f"which is different from specified PrinciaplType '{said}'."
        )
        raise ArmError(400, "UnmatchedPrincipalType", message)
    return principal


def _bare(guid: str) -> str:
    """Microsoft.Authorization writes GUIDs in messages as 32 hex digits."""
    return guid.replace("-", "")


def _updated(call: Call, kept: Document, wanted: Document) -> Document:
    """A second PUT under the same name may change the description, nothing that says who gets what where."""
    properties = kept["properties"]
    same = (
        normal_scope(properties["scope"]) == normal_scope(call.scope)
        and properties["principalId"].lower() == wanted["principalId"].lower()
        and find_role(properties["roleDefinitionId"], call.world) == find_role(wanted["roleDefinitionId"], call.world)
    )
    if not same:
        message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
        raise ArmError(400, "RoleAssignmentUpdateNotPermitted", message)
    changes = {
        member: wanted[member] for member in _OPTIONAL if member in wanted and wanted[member] != properties[member]
    }
    if changes:
        properties.update(changes, updatedOn=call.world.now(), updatedBy=call.caller.get("objectId", ""))
    return kept


def _read_filter(text: str) -> tuple[bool, str | None]:
    """(only at or above the scope?, principal id in lower case or None for any)."""
    at_scope, principal_id = False, None
    for clause in re.split(r"(?i)\s+and\s+", text.strip()) if text.strip() else []:
        if re.fullmatch(r"(?i)atScope\(\)", clause):
            at_scope = True
            continue
        found = re.fullmatch(r"(?i)(?:principalId\s+eq\s+'([^']+)'|assignedTo\('([^']+)'\))", clause)
        if not found:
            message = (
                f"The filter '{clause}' is not supported. Supported filters are either 'atScope()' or "
                "'principalId eq '{value}'' or 'assignedTo('{value}')'."
            )
            raise ArmError(400, "UnsupportedFilter", message)
        principal_id = (found[1] or found[2]).lower()
    return at_scope, principal_id
