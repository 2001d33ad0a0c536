# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give principals one role at exactly one scope, or take it away: list, plan, apply.

Private to this collection. The shared engine of the modules that assign roles.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _role_assignment, _time
from ansible_collections.operator_nexus.credentials.plugins.module_utils._clock import Clock
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import PRINCIPAL_UNKNOWN, NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._role_api import RoleApi
from ansible_collections.operator_nexus.credentials.plugins.module_utils._role_assignment import (
    Assignment,
    Plan,
    Principal,
    Role,
)

Spare = Callable[[list[Assignment]], Collection[str]]
"""The assignments that are about to go -> the principal ids, in lower case, that keep what they have."""


def _nobody(doomed: list[Assignment]) -> Collection[str]:
    return ()


def granted(
    roles: RoleApi, scope: str, role: Role, principals: list[Principal], *, state: str
) -> dict[str, Any] | None:
    """The result of `grant` where what the run has read before shows that nothing needs doing, None everywhere else."""
    listed = roles.recall_at(scope)
    if listed is None or _role_assignment.plan(listed, scope, role, principals, state) != Plan():
        return None
    entries = _role_assignment.report(listed, scope, role, principals, Plan())
    return _result(scope, changed=False, before=entries, after=entries, entries=entries)


def grant(
    roles: RoleApi,
    scope: str,
    role: Role,
    principals: list[Principal],
    *,
    state: str,
    timeout: float,
    check_mode: bool,
    spare: Spare = _nobody,
) -> dict[str, Any]:
    """Reach `state` for these principals; the result is what the modules return.

    `timeout` (seconds) bounds how long a principal that is not known everywhere yet is waited for. `spare` is
    asked only where assignments are to go.
    """
    listed = roles.list_at(scope)
    todo = _role_assignment.plan(listed, scope, role, principals, state)
    if todo.delete:
        todo = _role_assignment.plan(listed, scope, role, principals, state, spare(todo.delete))
    predicted = _role_assignment.apply(listed, scope, role, todo)
    before = _role_assignment.report(listed, scope, role, principals, Plan())
    after = _role_assignment.report(predicted, scope, role, principals, todo)

    entries, changed = after, todo != Plan()
    if changed and not check_mode:
        clock = Clock(timeout, jitter=True)
        made = [_create(roles, scope, role, who["principal_id"], clock) for who in todo.create]
        for assignment in todo.delete:
            roles.delete(assignment["id"])
        # Another host may have made the very same assignments in the meantime: then this one changed nothing.
        changed = bool(todo.delete) or any(is_new for item, is_new in made)
        kept = _role_assignment.apply(listed, scope, role, Plan(delete=todo.delete))
        entries = _role_assignment.report(kept + [item for item, is_new in made], scope, role, principals, Plan())
    return _result(scope, changed=changed, before=before, after=after, entries=entries)


def wait_for_effect(roles: RoleApi, scope: str, entries: list[dict[str, Any]], seconds: float) -> None:
    """Wait until the assignments are so many seconds old. Azure tells nobody when a new one begins to have effect.

    One whose age is not told counts as made now.
    """
    left = max((seconds - _age(item["created_on"]) for item in entries), default=0)
    if left <= 0:
        return
    clock = Clock(left)
    progress = roles.progress(scope)
    while clock.left:
        progress.waiting(f"takes effect within {seconds:.0f} s", clock.elapsed)
        clock.pause()
    progress.ended("in effect", clock.elapsed)


def _age(created_on: str | None) -> float:
    made = _time.moment(created_on)
    return 0.0 if made is None else max(0.0, time.time() - made.timestamp())


def _result(
    scope: str,
    *,
    changed: bool,
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
    entries: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        "changed": changed,
        "diff": {
            "before": {"role_assignments": _role_assignment.summary(before, scope)},
            "after": {"role_assignments": _role_assignment.summary(after, scope)},
        },
        "scope": scope,
        "role_assignments": entries,
        "role_assignment_id": entries[0]["id"] if entries else None,
        "role_assignment_ids": [item["id"] for item in entries if item["id"]],
    }


def _create(roles: RoleApi, scope: str, role: Role, principal_id: str, clock: Clock) -> tuple[Assignment, bool]:
    """Make one assignment. Gives it, and whether it was made here or had just been made by somebody else."""
    name = _role_assignment.assignment_name(scope, principal_id, role)
    definition = _role_assignment.role_definition_id(scope, role)
    clock.restart_pauses()
    progress = roles.progress(scope)
    while True:
        try:
            made = roles.create(scope, name, definition, principal_id)
            progress.ended("made", clock.elapsed)
            return made
        except NexusError as error:
            if error.code == "RoleAssignmentExists":
                found = _role_assignment.held(roles.list_at(scope), scope, role, principal_id)
                if found:
                    return found[0], False
            # A new identity reaches the directory that role assignments look into with a delay.
            elif error.code != PRINCIPAL_UNKNOWN:
                raise
            progress.waiting(error.code, clock.elapsed)
            if not clock.pause():
                raise
