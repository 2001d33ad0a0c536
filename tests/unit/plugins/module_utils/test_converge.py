# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting and trying again: when, how long, and within which limit. What is changed is tested with the modules."""

from __future__ import annotations

import copy
import random
import time
from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._converge import Aim, converge, converge_anew
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._progress import Progress
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import CLUSTER

Document = dict[str, Any]
LOST_RACE = NexusError("the etag does not match", status=412, code="PreconditionFailed")
BUSY = NexusError("another operation is in progress", status=409, code="AnotherOperationInProgress")


class SlowArm:
    """One resource whose reads, writes and waits take seconds of a clock that nothing else moves.

    `refusals` are raised by the next writes; `states` are the provisioning states of the next reads, then Succeeded.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, operation_seconds: float = 0) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.limits: list[float] = []
        self.refusals: list[NexusError] = []
        self.states: list[str] = []
        self.remembered: Document | None = None
        self.reads = 0
        self.said: list[str] = []
        self.forgotten: list[str] = []
        self.document: Document = {"id": CLUSTER, "etag": "e", "properties": {}}
        self.operation_seconds = operation_seconds
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self._sleep)
        # The longest pause that is possible.
        monkeypatch.setattr(random, "uniform", lambda least, most: most)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def recall(self, resource_id: str, api_version: str, among: Sequence[str] = ()) -> Document | None:
        return copy.deepcopy(self.remembered)

    def forget(self, resource_id: str) -> None:
        self.forgotten.append(resource_id)

    def progress(self, doing: str, resource_id: str) -> Progress:
        return Progress(self.said.append, doing)

    def get(self, resource_id: str, api_version: str) -> Document:
        self.reads += 1
        document = copy.deepcopy(self.document)
        document["properties"]["provisioningState"] = self.states.pop(0) if self.states else "Succeeded"
        return document

    def settle(self, resource_id: str, api_version: str, timeout: float) -> Document:
        self.limits.append(timeout)
        self.now += self.operation_seconds
        return self.get(resource_id, api_version)

    def patch(self, resource_id: str, body: Document, api_version: str, **more: Any) -> Document | None:
        self.limits.append(more["timeout"])
        self.now += self.operation_seconds
        if self.refusals:
            raise self.refusals.pop(0)
        if not more["wait"]:
            return None
        self.document["properties"].update(body["properties"])
        return self.get(resource_id, api_version)


def aim(**more: Any) -> Aim:
    """The property `wanted` is to be True."""
    return Aim(
        resource_id=CLUSTER,
        label="cluster",
        api_version="2025-09-01",
        plan=lambda document: None if document["properties"].get("wanted") else {"properties": {"wanted": True}},
        apply=lambda document, body: {**document, "properties": {**document["properties"], **body["properties"]}},
        **more,
    )


def test_all_waiting_shares_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = SlowArm(monkeypatch, operation_seconds=10)
    arm.states = ["Updating", "Succeeded", "Updating"]
    converge(arm, aim(timeout=60), check_mode=False)  # type: ignore[arg-type]
    assert arm.limits == [60, 50, 40]


def test_a_write_that_ends_in_an_operation_is_waited_for_before_it_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = SlowArm(monkeypatch)
    arm.states = ["Succeeded", "Updating"]
    outcome = converge(arm, aim(), check_mode=False)  # type: ignore[arg-type]
    assert outcome.document["properties"] == {"wanted": True, "provisioningState": "Succeeded"}


def test_lost_races_are_no_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's write went through each time, so the resource is not stuck."""
    arm = SlowArm(monkeypatch)
    arm.refusals = [LOST_RACE] * 12 + [BUSY]
    assert converge(arm, aim(), check_mode=False).changed is True  # type: ignore[arg-type]


def test_an_operation_that_ended_meanwhile_begins_the_count_and_the_pauses_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arm = SlowArm(monkeypatch)
    arm.refusals = [BUSY] * 12
    # Idle while the first six are refused, then busy with somebody's operation.
    arm.states = ["Succeeded"] * 6 + ["Updating"]
    assert converge(arm, aim(), check_mode=False).changed is True  # type: ignore[arg-type]
    assert arm.slept[:2] == [0.5, 0.75]
    assert arm.slept[6:8] == [0.5, 0.75]


def test_losers_of_a_race_do_not_come_back_in_step(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = SlowArm(monkeypatch)
    monkeypatch.setattr(random, "uniform", lambda least, most: least)
    arm.refusals = [LOST_RACE]
    converge(arm, aim(), check_mode=False)  # type: ignore[arg-type]
    assert arm.slept == [0.25]


def test_without_wait_an_operation_that_is_going_on_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = SlowArm(monkeypatch)
    arm.states = ["Updating", "Updating"]
    outcome = converge(arm, aim(wait=False), check_mode=False)  # type: ignore[arg-type]
    assert (len(arm.limits), arm.slept) == (1, [])
    assert arm.forgotten == [CLUSTER], "what was read meanwhile is about to change"
    # Azure does not show the change yet, the result tells of it all the same.
    assert outcome.document["properties"] == {"wanted": True, "provisioningState": "Updating"}


@pytest.mark.parametrize(("wait", "check_mode"), [(False, False), (True, True)])
def test_what_azure_fills_in_later_is_waited_for_in_a_waiting_real_run_only(
    wait: bool, check_mode: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    arm = SlowArm(monkeypatch)
    arm.document["properties"]["wanted"] = True
    goal = aim(wait=wait, missing=lambda document: ["principal id"])
    assert converge(arm, goal, check_mode).changed is False  # type: ignore[arg-type]
    assert arm.slept == []


def remembered(**properties: Any) -> Document:
    return {"id": CLUSTER, "properties": {"provisioningState": "Succeeded", **properties}}


def test_what_another_task_has_read_proves_that_nothing_needs_doing(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = SlowArm(monkeypatch)
    arm.remembered = remembered(wanted=True)
    outcome = converge(arm, aim(), check_mode=False)  # type: ignore[arg-type]
    assert (outcome.changed, outcome.document, arm.reads) == (False, arm.remembered, 0)


@pytest.mark.parametrize(
    "known",
    [
        remembered(),
        remembered(wanted=True, provisioningState="Updating"),
        remembered(wanted=True, provisioningState="Failed"),
    ],
    ids=["something to do", "something going on", "something to warn of"],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_it_proves_nothing_else(known: Document, check_mode: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Azure itself says that it is done already."""
    arm = SlowArm(monkeypatch)
    arm.remembered = known
    arm.document["properties"]["wanted"] = True
    outcome = converge(arm, aim(), check_mode)  # type: ignore[arg-type]
    assert (outcome.changed, outcome.warnings, arm.reads) == (False, [], 1)


def test_it_does_not_prove_that_all_is_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = SlowArm(monkeypatch)
    arm.remembered = remembered(wanted=True)
    arm.document["properties"].update(wanted=True, principal="p")
    goal = aim(missing=lambda document: [] if "principal" in document["properties"] else ["principal"])
    outcome = converge(arm, goal, check_mode=False)  # type: ignore[arg-type]
    assert outcome.document["properties"]["principal"] == "p"


class Asked:
    """A precondition that notes what it was asked about, and refuses from some question on."""

    def __init__(self, refuses_from: int = 99) -> None:
        self.documents: list[Document] = []
        self._refuses_from = refuses_from

    def __call__(self, document: Document) -> None:
        self.documents.append(document)
        if len(self.documents) >= self._refuses_from:
            raise NexusError("in use", code="InUse")


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_change_that_would_do_harm_is_not_made(check_mode: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    arm = SlowArm(monkeypatch)
    with pytest.raises(NexusError, match="InUse"):
        converge(arm, aim(precondition=Asked(refuses_from=1)), check_mode)  # type: ignore[arg-type]
    assert (arm.limits, arm.document["properties"]) == ([], {})


def test_it_is_asked_again_after_a_lost_race(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = SlowArm(monkeypatch)
    arm.refusals = [LOST_RACE]
    with pytest.raises(NexusError, match="InUse"):
        converge(arm, aim(precondition=Asked(refuses_from=2)), check_mode=False)  # type: ignore[arg-type]
    assert len(arm.limits) == 1
    arm.refusals = [LOST_RACE]
    asked = Asked()
    assert converge(arm, aim(precondition=asked), check_mode=False).changed is True  # type: ignore[arg-type]
    assert len(asked.documents) == 2


def test_it_is_asked_about_what_is_there_once_an_operation_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = SlowArm(monkeypatch)
    arm.states = ["Updating"]
    asked = Asked()
    converge(arm, aim(precondition=asked), check_mode=False)  # type: ignore[arg-type]
    assert [item["properties"]["provisioningState"] for item in asked.documents] == ["Succeeded"]


@pytest.mark.parametrize("known", [None, remembered(wanted=True), remembered()])
def test_where_nothing_changes_nobody_asks(known: Document | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the run remembers may be out of date: that a change would do harm can only be seen on what is read."""
    arm = SlowArm(monkeypatch)
    arm.remembered = known
    arm.document["properties"]["wanted"] = True
    outcome = converge(arm, aim(precondition=Asked(refuses_from=1)), check_mode=False)  # type: ignore[arg-type]
    assert outcome.changed is False


def test_a_document_that_was_just_read_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = SlowArm(monkeypatch)
    current = {"id": CLUSTER, "etag": "e", "properties": {"provisioningState": "Succeeded", "wanted": True}}
    arm.remembered = remembered()
    outcome = converge_anew(arm, aim(), False, current)  # type: ignore[arg-type]
    assert (outcome.changed, outcome.document, arm.reads) == (False, current, 0)


def test_waiting_for_what_azure_fills_in_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = SlowArm(monkeypatch)
    arm.document["properties"].update(wanted=True)
    goal = aim(missing=lambda document: [] if arm.now > 20 else ["principal id"])
    converge(arm, goal, check_mode=False)  # type: ignore[arg-type]
    assert arm.said[0] == "principal ids of: begun (not known yet)"
    assert arm.said[-1].startswith("principal ids of: known after 2")
