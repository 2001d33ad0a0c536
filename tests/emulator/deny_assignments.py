# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Authorization/denyAssignments. Clients read them only: Azure itself makes them, here the fleet file."""

from __future__ import annotations

import re

from starlette.responses import Response

from access import EVERYONE, covers
from arm import ArmError, Call, answer, handles, page
from state import Document, World

TYPE = "Microsoft.Authorization/denyAssignments"
API_VERSIONS: dict[str, tuple[str, ...]] = {TYPE: ("2018-07-01-preview", "2022-04-01")}
ALL_PRINCIPALS = {"id": EVERYONE, "displayName": "All Principals", "type": "SystemDefined"}


@handles(TYPE, "resource", "GET")
def get_deny_assignment(call: Call) -> Response:
    kept = call.world.denials.get(call.resource_id.lower())
    if kept is None:
        raise ArmError(404, "DenyAssignmentNotFound", f"The deny assignment '{call.names[-1]}' is not found.")
    return answer(kept)


@handles(TYPE, "collection", "GET")
def list_deny_assignments(call: Call) -> Response:
    """Without a filter: at, above and below the scope. `atScope()` leaves out what lies below."""
    clauses = [item.strip() for item in re.split(r"(?i)\s+and\s+", call.query.get("$filter", "").strip()) if item]
    at_scope = any(re.fullmatch(r"(?i)atScope\(\)", item) for item in clauses)
    found = [item for item in call.world.denials.values() if _applies(item, call.scope, at_scope)]
    for clause in clauses:
        found = [item for item in found if _passes(item, clause)]
    return page(call, found)


def deny(
    world: World,
    scope: str,
    name: str,
    guid: str,
    *,
    permission: Document,
    principals: list[Document],
    excluded: list[Document],
    children: bool = True,
) -> Document:
    """Store a deny assignment. Its id lies at its scope; `children`: it holds below that too."""
    document: Document = {
        "properties": {
            "denyAssignmentName": name,
            "description": "",
            "permissions": [permission],
            "scope": scope.rstrip("/") or "/",
            "doNotApplyToChildScopes": not children,
            "principals": principals,
            "excludePrincipals": excluded,
            "isSystemProtected": True,
            "createdOn": world.now(),
            "updatedOn": world.now(),
            "createdBy": None,
            "updatedBy": None,
        },
        "id": f"{scope.rstrip('/')}/providers/{TYPE}/{guid}",
        "type": TYPE,
        "name": guid,
    }
    world.denials[document["id"].lower()] = document
    return document


def _applies(item: Document, scope: str, at_scope: bool) -> bool:
    own = item["properties"]["scope"]
    return covers(own, scope) or (not at_scope and covers(scope, own))


def _passes(item: Document, clause: str) -> bool:
    """`assignedTo` gives those that name the principal: whether it gives those for all is not documented."""
    if re.fullmatch(r"(?i)atScope\(\)", clause):
        return True
    found = re.fullmatch(r"(?i)(?:(principalId|denyAssignmentName)\s+eq\s+'([^']+)'|assignedTo\('([^']+)'\))", clause)
    if not found:
        raise ArmError(400, "UnsupportedFilter", f"The filter '{clause}' is not supported.")
    properties, value = item["properties"], (found[2] or found[3]).lower()
    if (found[1] or "").lower() == "denyassignmentname":
        return bool(properties["denyAssignmentName"].lower() == value)
    return value in {who["id"].lower() for who in properties["principals"]}
