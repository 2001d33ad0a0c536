# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring one ARM resource to the state that a plan describes: read, plan, apply, verify.

Private to this collection. What another task of the run has read is good enough to see that nothing needs doing; all
else is planned on a document that was read for it. A resource may be shared by many hosts of a play and by people with
a portal: every write carries the etag that its plan was made from, and whoever comes second (412, 409) reads and plans
again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._clock import Clock
from ansible_collections.operator_nexus.credentials.plugins.module_utils._documents import properties
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._operations import (
    is_terminal,
    provisioning_state,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import collections_of

Document = dict[str, Any]

# Azure may refuse a write for a moment after the resource itself looks idle again. Nine refusals (half a minute) are no
# such moment any more. A lock is a 409 too, but waiting does not lift it.
_IDLE_REFUSALS = 9
_NEVER_RETRY = ("ScopeLocked",)
# What Azure fills in by itself comes within seconds, or never.
_COMPLETE_SECONDS = 300
_BAD_ENDS = ("failed", "canceled")


def _nothing(document: Document) -> list[str]:
    return []


def _anything_goes(document: Document) -> None:
    return None


@dataclass(frozen=True)
class Aim:
    """What `converge` is to reach. All functions are pure.

    `plan` gives the PATCH body for a document, or None when it is as wanted; `apply` gives the document after that
    body. `missing` names what a converged document still lacks of all that Azure fills in by itself afterwards.
    `precondition` raises NexusError where a change that `plan` asks for would do harm; only a document that was read
    for it is asked.
    """

    resource_id: str
    label: str
    api_version: str
    plan: Callable[[Document], Document | None]
    apply: Callable[[Document, Document], Document]
    missing: Callable[[Document], list[str]] = _nothing
    precondition: Callable[[Document], None] = _anything_goes
    wait: bool = True
    timeout: float = 1800


@dataclass(frozen=True)
class Outcome:
    """`before` and `after` come from the plan alone; `document` is what Azure holds now (check mode: what it will)."""

    changed: bool
    before: Document
    after: Document
    document: Document

    @property
    def warnings(self) -> list[str]:
        """What a reader of a result without a change would not expect."""
        state = provisioning_state(self.document)
        if self.changed or state.lower() not in _BAD_ENDS:
            return []
        words = str(properties(self.document).get("detailedStatusMessage") or "").strip().rstrip(".")
        ended = f"the last operation on {self.document.get('id')} ended as {state}{': ' if words else ''}{words}"
        return [f"{ended}; its settings may not be in effect"]


def converge(arm: Arm, aim: Aim, check_mode: bool) -> Outcome:
    """Make the resource what `aim.plan` wants. Raises NexusError, also when the timeout is over before that."""
    return converged(arm, aim) or converge_anew(arm, aim, check_mode)


def converge_anew(arm: Arm, aim: Aim, check_mode: bool, current: Document | None = None) -> Outcome:
    """`converge` on nothing but what is read for it; `current` is the document where that has been done already."""
    # Hosts that lost the same race must not come back in step.
    clock = Clock(aim.timeout, jitter=True)
    current = current or fetch(arm, aim.resource_id, aim.label, aim.api_version)
    refusals = 0
    while True:
        if aim.wait and not check_mode and not is_settled(current):
            current = _settle(arm, aim, clock)
            clock.restart_pauses()
            refusals = 0
        body = aim.plan(current)
        if body is None:
            return Outcome(False, current, current, _complete(arm, aim, clock, current, check_mode))
        aim.precondition(current)
        after = aim.apply(current, body)
        if check_mode:
            return Outcome(True, current, after, after)
        try:
            written = arm.patch(
                aim.resource_id, body, aim.api_version, if_match=current.get("etag"), wait=aim.wait, timeout=clock.left
            )
        except NexusError as error:
            if not _may_retry(error, aim, refusals) or not clock.pause():
                raise
            refusals += error.status == 409
            current = fetch(arm, aim.resource_id, aim.label, aim.api_version)
            continue
        if written is None and not aim.wait:
            # The operation has only begun: what it will set, on top of what the resource says of itself meanwhile.
            running = fetch(arm, aim.resource_id, aim.label, aim.api_version)
            # Not what the resource is about to be, whatever state it tells.
            arm.forget(aim.resource_id)
            return Outcome(True, current, after, aim.apply(running, body))
        return Outcome(True, current, after, _verify(arm, aim, clock, written))


def converged(arm: Arm, aim: Aim) -> Outcome | None:
    """The outcome where what the run has read before shows that nothing needs doing; None everywhere else."""
    known = arm.recall(aim.resource_id, aim.api_version, collections_of(aim.resource_id))
    return Outcome(False, known, known, known) if known is not None and _is_done(aim, known) else None


def fetch(arm: Arm, resource_id: str, label: str, api_version: str) -> Document:
    """Read a resource that has to exist. Raises NexusError `ResourceNotFound` when it does not."""
    found = arm.get(resource_id, api_version)
    if found is None:
        remedy = "correct id, or name, resource_group and subscription_id; or create it first"
        raise not_there(label, resource_id, "id", remedy)
    return found


def not_there(label: str, resource_id: str, option: str, remedy: str) -> NexusError:
    """The error of a resource that has to exist and does not; `option` is the one that names it."""
    return NexusError(
        f"there is no such {label}",
        status=404,
        code="ResourceNotFound",
        target=option,
        operation=f"read the {label}",
        resource_id=resource_id,
        remedy=remedy,
    )


def is_settled(document: Mapping[str, Any]) -> bool:
    """Whether no operation is going on. A resource that tells no provisioningState never has one."""
    return is_terminal(provisioning_state(document))


def _is_done(aim: Aim, document: Document) -> bool:
    """Whether nothing needs doing, waiting for or warning of, if the document is still true."""
    state = provisioning_state(document)
    if not is_terminal(state) or state.lower() in _BAD_ENDS or aim.plan(document) is not None:
        return False
    return not aim.wait or not aim.missing(document)


def _may_retry(error: NexusError, aim: Aim, refusals: int) -> bool:
    if error.status == 412:
        return True
    if error.status != 409 or error.code in _NEVER_RETRY:
        return False
    return aim.wait and refusals < _IDLE_REFUSALS


def _settle(arm: Arm, aim: Aim, clock: Clock) -> Document:
    """Wait for the operation that is going on, whoever began it."""
    settled = arm.settle(aim.resource_id, aim.api_version, clock.left)
    return settled if settled is not None else fetch(arm, aim.resource_id, aim.label, aim.api_version)


def _complete(arm: Arm, aim: Aim, clock: Clock, document: Document, check_mode: bool) -> Document:
    """Read until Azure has filled in what it fills in later, such as the principal id of a new identity."""
    if not aim.wait or check_mode:
        return document
    step = Clock(min(clock.left, _COMPLETE_SECONDS))
    progress = arm.progress("principal ids of", aim.resource_id)
    while missing := aim.missing(document):
        progress.waiting("not known yet", step.elapsed)
        if not step.pause():
            raise NexusError(
                f"the {aim.label} is as wanted but after {step.elapsed:.0f} s Azure still tells no "
                f"{' and no '.join(missing)}",
                code="NotReady",
                operation=f"read the {aim.label}",
                resource_id=aim.resource_id,
                remedy="run the task again; if it stays so, check whether these identities still exist",
            )
        document = fetch(arm, aim.resource_id, aim.label, aim.api_version)
    progress.ended("known", step.elapsed)
    return document


def _verify(arm: Arm, aim: Aim, clock: Clock, written: Document | None) -> Document:
    """What Azure holds after the write. Raises NexusError `NotApplied` when that is not what was asked for."""
    document = written if written is not None else fetch(arm, aim.resource_id, aim.label, aim.api_version)
    if aim.wait and not is_settled(document):
        document = _settle(arm, aim, clock)
    missing = aim.plan(document)
    if missing is not None:
        raise NexusError(
            f"Azure accepted the change but the {aim.label} still differs by {json.dumps(missing, sort_keys=True)}",
            code="NotApplied",
            operation=f"update the {aim.label}",
            resource_id=aim.resource_id,
            remedy="look in the activity log for somebody who changed it at the same time, then run the task again",
        )
    return _complete(arm, aim, clock, document, check_mode=False)
