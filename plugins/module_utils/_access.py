# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Azure RBAC lets a principal do: role assignments, the roles in them, deny assignments. Pure.

Private to this collection. Documents are those of Microsoft.Authorization as ARM gives them. Lists hold what applies at
a scope: what was made there or above it, be it at a management group, whose id is no part of the scope's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _documents, _time
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import key

Document = dict[str, Any]

EVERYONE = "00000000-0000-0000-0000-000000000000"
"""In deny assignments the principal that stands for all, of the type SystemDefined."""
EFFECTIVE_AFTER = timedelta(minutes=10)
"""How long a new role assignment may take to have effect, by Microsoft's pages."""


@dataclass(frozen=True)
class Access:
    """The role assignments that give an action, by how sure it is that they do.

    `new` ones may not have effect yet, `conditional` ones depend on what the request looks like, of `unread` ones the
    role is not known.
    """

    sure: list[Document] = field(default_factory=list)
    new: list[Document] = field(default_factory=list)
    conditional: list[Document] = field(default_factory=list)
    unread: list[Document] = field(default_factory=list)


@dataclass(frozen=True)
class Denial:
    """The deny assignments that take an action away, and those that may: by way of a group, or under a condition."""

    sure: list[Document] = field(default_factory=list)
    possible: list[Document] = field(default_factory=list)


def role_guid(assignment: Document) -> str:
    """What tells roles apart: ids of one role differ by the scope that they were read at."""
    return str(_documents.properties(assignment).get("roleDefinitionId") or "").rpartition("/")[2].lower()


def access(
    assignments: Iterable[Document],
    roles: Mapping[str, Document | None],
    action: str,
    scope: str,
    *,
    data: bool,
    now: datetime,
) -> Access:
    """Which of a principal's assignments give it the action at the scope; `data` for one on what a resource holds.

    `roles` are definitions by `role_guid`: None for a role that is not there, no entry for one that was not read.
    """
    found = Access()
    for item in assignments:
        properties = _documents.properties(item)
        if _lies_below(properties.get("scope"), scope):
            continue
        if role_guid(item) not in roles:
            found.unread.append(item)
        elif not allows(_permissions(roles[role_guid(item)]), action, data=data):
            continue
        elif properties.get("condition"):
            found.conditional.append(item)
        elif _is_new(properties, now):
            found.new.append(item)
        else:
            found.sure.append(item)
    return found


def denial(assignments: Iterable[Document], principal_id: str, action: str, scope: str, *, data: bool) -> Denial:
    """Which deny assignments take the action at the scope from a principal, whatever roles it has.

    With an empty `principal_id`, that of an identity that is not there yet: those that are for everyone.
    """
    found = Denial()
    for item in assignments:
        properties = _documents.properties(item)
        if str(properties.get("denyAssignmentEffect") or "").lower() == "audit":
            # It logs, and denies nothing.
            continue
        stays = properties.get("doNotApplyToChildScopes") and key(properties.get("scope") or "") != key(scope)
        if stays or _lies_below(properties.get("scope"), scope):
            continue
        permissions = [part for part in _permissions(item) if allows([part], action, data=data)]
        names = _names(properties, principal_id)
        if not permissions or names is False:
            continue
        conditional = properties.get("condition") or all(part.get("condition") for part in permissions)
        (found.possible if conditional or names is None else found.sure).append(item)
    return found


def allows(permissions: Iterable[Document], action: str, *, data: bool) -> bool:
    """Whether a permission has the action, and does not take it out again. Each permission stands for itself."""
    wanted, refused = ("dataActions", "notDataActions") if data else ("actions", "notActions")
    return any(_matches(item.get(wanted), action) and not _matches(item.get(refused), action) for item in permissions)


def _permissions(document: Document | None) -> list[Document]:
    return list(_documents.properties(document or {}).get("permissions") or [])


def _matches(patterns: Iterable[str] | None, action: str) -> bool:
    return any(_pattern(item).fullmatch(action) for item in patterns or [])


def _pattern(text: str) -> re.Pattern[str]:
    """`*` stands for any text, slashes too. As a segment of its own it may stand for none.

    That is how Managed Identity Operator, which has `userAssignedIdentities/*/assign/action`, comes to
    `userAssignedIdentities/assign/action`.
    """
    parts = [".*".join(re.escape(piece) for piece in part.split("*")) for part in text.split("/*/")]
    return re.compile("/(?:.*/)?".join(parts), re.IGNORECASE)


def _names(properties: Document, principal_id: str) -> bool | None:
    """Whether a deny assignment is about this principal. None: it, or an exception from it, names groups."""
    named, spared = _ids(properties, "principals"), _ids(properties, "excludePrincipals")
    own = principal_id.lower()
    if own in spared:
        return False
    if own in named or EVERYONE in named:
        return None if _has_group(properties, "excludePrincipals") else True
    return None if _has_group(properties, "principals") else False


def _ids(properties: Document, member: str) -> set[str]:
    return {str(item.get("id")).lower() for item in properties.get(member) or []}


def _has_group(properties: Document, member: str) -> bool:
    """Whether there are groups, or principals whose type is not told."""
    kinds = {str(item.get("type") or "group").lower() for item in properties.get(member) or []}
    return "group" in kinds


def _lies_below(inner: Any, outer: str) -> bool:
    return bool(key(outer)) and key(str(inner or "")).startswith(key(outer) + "/")


def _is_new(properties: Document, now: datetime) -> bool:
    made = _time.moment(properties.get("createdOn"))
    return made is not None and now - made < EFFECTIVE_AFTER
