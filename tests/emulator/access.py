# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure RBAC's decision: may this principal do this, there, now?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import lru_cache

from role_definitions import find_role
from state import Document, World

EVERYONE = "00000000-0000-0000-0000-000000000000"
"""The principal of deny assignments that stands for all."""


def allowed(world: World, principal_object_id: str, action: str, scope: str, data: bool = False) -> bool:
    """Whether an effective role assignment at or above `scope` grants `action` (`data`: as a data action), and no deny
    assignment takes it away.
    """
    if not granted(world, principal_object_id, action, scope, data):
        return False
    return denying(world, principal_object_id, action, scope, data) is None


def granted(world: World, principal_object_id: str, action: str, scope: str, data: bool = False) -> bool:
    """Whether a role grants it, whatever is denied."""
    held = effective(world, principal_object_id, scope)
    roles = (find_role(item["properties"]["roleDefinitionId"], world) for item in held)
    return any(role is not None and grants(role, action, data) for role in roles)


def denying(world: World, principal_object_id: str, action: str, scope: str, data: bool = False) -> Document | None:
    """A deny assignment at `scope`, or above it unless it spares child scopes, that denies this to the principal."""
    own = principal_object_id.lower()
    for item in world.denials.values():
        properties = item["properties"]
        here = normal_scope(properties["scope"]) == normal_scope(scope)
        if not here and (properties["doNotApplyToChildScopes"] or not covers(properties["scope"], scope)):
            continue
        named, spared = (_object_ids(properties[member]) for member in ("principals", "excludePrincipals"))
        if named & {own, EVERYONE} and own not in spared and grants(item, action, data):
            return item
    return None


def effective(world: World, principal_object_id: str, scope: str) -> Iterator[Document]:
    """The principal's assignments at or above `scope` that are old enough to count."""
    oldest = world.clock() - world.settings.role_effect_seconds
    for item in world.assignments.values():
        properties = item["properties"]
        if properties["principalId"].lower() != principal_object_id.lower():
            continue
        if covers(properties["scope"], scope) and created(item) <= oldest:
            yield item


def created(assignment: Document) -> float:
    """When the assignment was made, epoch seconds (ARM writes seven decimals, one more than Python reads)."""
    moment = datetime.fromisoformat(assignment["properties"]["createdOn"][:26].rstrip("Z"))
    return moment.replace(tzinfo=timezone.utc).timestamp()


def covers(upper: str, lower: str) -> bool:
    """Whether `upper` is `lower` or lies above it; `/` is the tenant's root. Case does not matter."""
    above, below = normal_scope(upper), normal_scope(lower)
    return above in ("", below) or below.startswith(above + "/")


def normal_scope(scope: str) -> str:
    """A scope in the form in which two can be compared: lower case, no slash at the end."""
    return scope.rstrip("/").lower()


def grants(role: Document, action: str, data: bool = False) -> bool:
    """What one role says: its (data) actions less its not-(data) actions. Other roles may still grant the rest. A deny
    assignment has such permissions too.
    """
    wanted, refused = ("dataActions", "notDataActions") if data else ("actions", "notActions")
    for permission in role["properties"]["permissions"]:
        if _any_matches(permission[wanted], action) and not _any_matches(permission[refused], action):
            return True
    return False


def _object_ids(principals: list[Document]) -> set[str]:
    return {item["id"].lower() for item in principals}


def _any_matches(patterns: list[str], action: str) -> bool:
    return any(_pattern(pattern).fullmatch(action) for pattern in patterns)


@lru_cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """`*` stands for any text. As a segment of its own it may be empty: `vaults/*/read` grants `vaults/read` too."""
    escaped = re.escape(pattern).replace(r"/\*/", "/(?:.*/)?").replace(r"\*", ".*")
    return re.compile(escaped, re.IGNORECASE)
