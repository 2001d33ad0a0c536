# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring one ARM resource into being, or to its end, whoever else is at it.

Private to this collection. What is there already is a matter for `_converge.py`. Creations and deletions take a quarter
of an hour, and a run may have been killed in the middle of one: what goes on is waited for before anything is begun.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._clock import Clock
from ansible_collections.operator_nexus.credentials.plugins.module_utils._converge import (
    Aim,
    Outcome,
    converge_anew,
    converged,
    fetch,
    is_settled,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import UNREGISTERED, NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._operations import provisioning_state

Document = dict[str, Any]

# How Azure says that something goes on with a resource is not documented, and differs between its services.
_BUSY = re.compile(r"another.?operation|in.?progress|being.?deleted|deleting|deprovisioning", re.IGNORECASE)
# 409 is also how it refuses for other reasons, which may pass within half a minute, but these do not.
_OTHER_REFUSALS = 9
_NEVER_RETRY = (
    "CannotDeleteResource",
    "InvalidResourceLocation",
    UNREGISTERED,
    "ResourceGroupBeingDeleted",
    "ScopeLocked",
)


@dataclass(frozen=True)
class Creation:
    """How a resource comes into being. The functions are pure.

    `plan` gives the PUT body for no document, or for what a failed creation has left; None for a resource that is to be
    changed. `apply` gives the document after that body. `is_conditional`: the api-version knows If-None-Match.
    """

    plan: Callable[[Document | None], Document | None]
    apply: Callable[[Document | None, Document], Document]
    is_conditional: bool


def ensure(arm: Arm, aim: Aim, creation: Creation, check_mode: bool) -> Outcome:
    """Create the resource where it is not there, and `converge` on it where it is. Raises NexusError."""
    return converged(arm, aim) or _ensure_anew(arm, aim, creation, check_mode)


def remove(arm: Arm, aim: Aim, check_mode: bool) -> Outcome:
    """Delete the resource where it is there. Raises NexusError. Of the aim, what makes a resource does not count."""
    clock = Clock(aim.timeout, jitter=True)
    current = arm.get(aim.resource_id, aim.api_version)
    refusals = 0
    while True:
        if current is not None and aim.wait and not check_mode and not is_settled(current):
            current = arm.settle(aim.resource_id, aim.api_version, clock.left)
            clock.restart_pauses()
        if current is None or _is_going(current):
            return Outcome(False, {}, {}, {})
        if check_mode:
            return Outcome(True, current, {}, {})
        try:
            was_there = arm.delete(aim.resource_id, aim.api_version, wait=aim.wait, timeout=clock.left)
        except NexusError as error:
            if not _may_retry(error, aim.wait, refusals) or not clock.pause():
                raise
            refusals += not _is_busy(error)
            current = arm.get(aim.resource_id, aim.api_version)
            continue
        # Somebody else may have been quicker by a moment.
        return Outcome(True, current, {}, {}) if was_there else Outcome(False, {}, {}, {})


def _ensure_anew(arm: Arm, aim: Aim, creation: Creation, check_mode: bool) -> Outcome:
    # Hosts that lost the same race must not come back in step.
    clock = Clock(aim.timeout, jitter=True)
    current = arm.get(aim.resource_id, aim.api_version)
    refusals = 0
    while True:
        current = _settled(arm, aim, clock, current, check_mode)
        body = creation.plan(current)
        if body is None:
            return converge_anew(arm, replace(aim, timeout=clock.left), check_mode, current)
        after = creation.apply(current, body)
        if check_mode:
            return Outcome(True, current or {}, after, after)
        try:
            written = _create(arm, aim, creation, current, body, clock)
        except NexusError as error:
            if not _may_retry(error, aim.wait, refusals) or not clock.pause():
                raise
            # Somebody else has created it, or is about to.
            refusals += not _is_busy(error)
            current = arm.get(aim.resource_id, aim.api_version)
            continue
        if aim.wait:
            # A policy may have set a tag that is to be purged; and Azure tells some ids a little later.
            written = converge_anew(arm, replace(aim, timeout=clock.left), check_mode, written).document
        # Without a wait it has only begun, and this is what the answer says of it.
        return Outcome(True, current or {}, after, written or _fetch(arm, aim))


def _settled(arm: Arm, aim: Aim, clock: Clock, current: Document | None, check_mode: bool) -> Document | None:
    """The resource when nothing goes on with it any more, None when it is gone, or in check mode going."""
    if current is None or is_settled(current):
        return current
    if _is_going(current) and not aim.wait and not check_mode:
        raise _going(aim)
    if check_mode or not aim.wait:
        return None if _is_going(current) else current
    if not _is_going(current):
        # A quarter of an hour is too long to wait in order to be told of a wrong option.
        aim.precondition(current)
    settled = arm.settle(aim.resource_id, aim.api_version, clock.left)
    clock.restart_pauses()
    return settled


def _create(
    arm: Arm, aim: Aim, creation: Creation, current: Document | None, body: Document, clock: Clock
) -> Document | None:
    return arm.put(
        aim.resource_id,
        body,
        aim.api_version,
        if_match=(current or {}).get("etag"),
        if_none_match="*" if current is None and creation.is_conditional else None,
        wait=aim.wait,
        timeout=clock.left,
    )


def _fetch(arm: Arm, aim: Aim) -> Document:
    return fetch(arm, aim.resource_id, aim.label, aim.api_version)


def _is_going(document: Document) -> bool:
    """Whether it is being deleted. (No schema lists this state; it is what the deletion's own status says.)"""
    return provisioning_state(document).lower() == "deleting"


def _is_busy(error: NexusError) -> bool:
    return _BUSY.search(f"{error.code} {error.message}") is not None


def _may_retry(error: NexusError, wait: bool, refusals: int) -> bool:
    if error.status == 412:
        return refusals < _OTHER_REFUSALS
    if error.status != 409 or error.code in _NEVER_RETRY or not wait:
        return False
    return _is_busy(error) or refusals < _OTHER_REFUSALS


def _going(aim: Aim) -> NexusError:
    return NexusError(
        f"the {aim.label} is being deleted",
        status=409,
        code="BeingDeleted",
        operation=f"create the {aim.label}",
        resource_id=aim.resource_id,
        remedy="run the task again when it is gone, or let it wait (wait: true)",
    )
