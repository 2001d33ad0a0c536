# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting: the pauses, the limit, and how an operation that ends badly is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._clock import Clock
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._operations import settle
from ansible_collections.operator_nexus.credentials.plugins.module_utils._progress import Progress, Say, say_nothing
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.module_utils.fake_azure import (
    CLOUD,
    Answer,
    FakeCredential,
    FakeTime,
    FakeTransport,
)

ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Test/things/t"
VERSION = "2025-09-01"
STATUS_URL = "https://arm.test/operationStatuses/a*B"
QUIET = Progress(say_nothing, "operation")
SIGNED = f"{STATUS_URL}?api-version=v&t=1&s=SIGNATURE"


def patch(*answers: Answer, timeout: float = 1800, say: Say = say_nothing) -> tuple[Any, FakeTransport, FakeTime]:
    """A PATCH that Azure accepts, then these answers."""
    time = FakeTime()
    accepted = Answer(202, None, {"Azure-AsyncOperation": SIGNED})
    transport = FakeTransport(accepted, *answers)
    arm = Arm(CLOUD, FakeCredential(), transport, say=say, clock=time.clock, sleep=time.sleep)
    try:
        return arm.patch(ID, {}, VERSION, timeout=timeout), transport, time
    except NexusError as error:
        return error, transport, time


def status(state: str, **more: Any) -> Answer:
    return Answer(200, {"status": state, **more}, {"x-ms-correlation-request-id": f"id-{state}"})


def test_attempts_grow_apart_to_fifteen_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    time = FakeTime()
    monkeypatch.setattr("random.uniform", lambda least, most: most)
    clock = Clock(1000, time.clock, time.sleep, jitter=True)
    while time.now < 100:
        assert clock.pause()
    assert time.slept[:4] == [0.5, 0.75, 1.125, 1.6875]
    assert max(time.slept) == time.slept[-1] == 15


@given(st.floats(0, 1700))
def test_an_end_is_noticed_soon(end: float) -> None:
    """Within a tenth of the length, or two seconds, with room for the requests themselves."""
    time = FakeTime()
    clock = Clock(1800, time.clock, time.sleep)
    while time.now < end:
        assert clock.pause()
    assert time.now - end <= max(1.5, 0.08 * end)
    assert max(time.slept, default=0) <= 15


def test_the_last_delay_ends_at_the_limit() -> None:
    time = FakeTime()
    clock = Clock(2, time.clock, time.sleep)
    while clock.pause():
        pass
    assert time.now == 2


def test_pauses_with_jitter_are_at_most_as_long() -> None:
    time = FakeTime()
    clock = Clock(1000, time.clock, time.sleep, jitter=True)
    for _attempt in range(20):
        assert clock.pause()
    longest = [min(0.5 * 1.5**attempt, 15) for attempt in range(20)]
    assert all(most / 2 <= slept <= most for slept, most in zip(time.slept, longest, strict=True))
    assert len({slept / most for slept, most in zip(time.slept, longest, strict=True)}) > 10


def test_pauses_can_begin_anew_within_the_same_limit() -> None:
    time = FakeTime()
    clock = Clock(2, time.clock, time.sleep)
    assert clock.pause() and clock.pause()
    clock.restart_pauses()
    assert clock.pause() and clock.pause()
    assert time.slept == [0.5, 0.75, 0.5, 0.25]
    assert (clock.elapsed, clock.left, clock.pause()) == (2, 0, False)


def test_a_sixteen_minute_operation_is_waited_for() -> None:
    time = FakeTime()
    clock = Clock(1800, time.clock, time.sleep)
    states = iter(lambda: "Succeeded" if time.now >= 990 else "Updating", None)
    document = settle(lambda: {"properties": {"provisioningState": next(states)}}, ID, clock, QUIET)
    assert document == {"properties": {"provisioningState": "Succeeded"}}
    assert 990 <= time.now <= 1005


def test_retry_after_is_honoured() -> None:
    slow = Answer(200, {"status": "Accepted"}, {"Retry-After": "20"})
    result, _transport, time = patch(slow, status("Accepted"), status("Succeeded"), Answer(body={"id": ID}))
    assert result == {"id": ID}
    assert time.slept == [20, 0.75]


@pytest.mark.parametrize("state", ["Failed", "Canceled"])
def test_a_bad_end_is_told_in_the_operations_own_words(state: str) -> None:
    error = {"code": "VaultUnreachable", "message": "No way in.", "target": "vault", "details": [{"code": "x"}]}
    result, transport, _time = patch(status("Accepted"), status(state, error=error))
    assert (result.code, result.message, result.target) == ("VaultUnreachable", "No way in.", "vault")
    assert result.failure["details"] == [{"code": "x"}]
    assert result.failure["resource_id"] == ID
    assert result.failure["correlation_id"] == f"id-{state}"
    assert (result.__cause__, result.__suppress_context__) == (None, True)
    assert len(transport.calls) == 3


@pytest.mark.parametrize("error", [None, {}, "text"])
def test_a_bad_end_without_words_is_told_by_its_state(error: Any) -> None:
    result, _transport, _time = patch(status("Canceled", error=error))
    assert result.code == "OperationCanceled"
    assert "Canceled" in result.message


def test_an_empty_error_on_success_is_success() -> None:
    result, _transport, _time = patch(status("Succeeded", error={}), Answer(body={"id": ID}))
    assert result == {"id": ID}


def test_the_time_limit_says_what_to_do_and_hides_the_signature() -> None:
    result, _transport, time = patch(*[status("Accepted")] * 50, timeout=60)
    assert time.now == 60
    assert result.code == "OperationTimeout"
    assert f"still Accepted after 60 s, it can be followed at {STATUS_URL}." in str(result)
    assert "SIGNATURE" not in str(result) + str(result.failure)
    assert "run the task again" in result.remedy


def test_a_refused_poll_is_told_as_what_it_is() -> None:
    denied = Answer(403, {"error": {"code": "AuthorizationFailed", "message": "no"}})
    result, _transport, _time = patch(status("Accepted"), denied)
    assert (result.status, result.code) == (403, "AuthorizationFailed")


@pytest.mark.parametrize("body", [b"", b"<html>"])
@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_a_poll_that_somebody_else_answers_is_no_failed_operation(body: bytes, kind: str) -> None:
    result, _transport, _time = patch(status("Accepted"), Answer(200, body, {"Content-Type": kind}))
    assert result.code == "NotJson"
    assert "HTTPS_PROXY" in result.remedy


def test_settle_gives_up_in_time() -> None:
    time = FakeTime()
    with pytest.raises(NexusError) as caught:
        settle(lambda: {"properties": {"provisioningState": "Updating"}}, ID, Clock(5, time.clock, time.sleep), QUIET)
    assert (caught.value.code, time.now) == ("OperationTimeout", 5)


@pytest.mark.parametrize(
    "document", [None, {}, {"properties": None}, {"properties": {"provisioningState": "succeeded"}}]
)
def test_settle_does_not_wait_when_nothing_goes_on(document: Any) -> None:
    time = FakeTime()
    assert settle(lambda: document, ID, Clock(5, time.clock, time.sleep), QUIET) == document
    assert time.slept == []


def test_a_person_who_waits_is_told() -> None:
    lines: list[str] = []
    _result, _transport, time = patch(
        *[status("Accepted")] * 30, status("Succeeded"), Answer(body={}), say=lines.append
    )
    assert [line.partition(":")[0] for line in lines] == ["update of things/t"] * len(lines)
    assert lines[0] == "update of things/t: begun (Accepted)"
    assert lines[-1] == f"update of things/t: Succeeded after {time.now:.0f} s"
    assert 3 < len(lines) < 6


def test_a_person_is_told_of_a_bad_end_too() -> None:
    lines: list[str] = []
    patch(status("Accepted"), status("Failed"), say=lines.append)
    assert lines[-1].startswith("update of things/t: Failed after ")


def test_giving_up_is_no_end() -> None:
    lines: list[str] = []
    patch(*[status("Accepted")] * 50, timeout=60, say=lines.append)
    assert not any(" after " in line for line in lines)


@pytest.mark.parametrize("word", ["creation", "deletion"])
def test_a_person_is_told_what_goes_on(word: str) -> None:
    lines: list[str] = []
    time = FakeTime()
    begun = Answer(202, {}, {"Azure-AsyncOperation": SIGNED})
    transport = FakeTransport(begun, status("Accepted"), status("Succeeded"), Answer(body={"id": ID}))
    arm = Arm(CLOUD, FakeCredential(), transport, say=lines.append, clock=time.clock, sleep=time.sleep)
    if word == "creation":
        arm.put(ID, {}, VERSION)
    else:
        arm.delete(ID, VERSION)
    assert lines == [f"{word} of things/t: begun (Accepted)", f"{word} of things/t: Succeeded after 0 s"]


def test_a_write_that_is_answered_at_once_says_nothing() -> None:
    lines: list[str] = []
    transport = FakeTransport(Answer(body={"id": ID, "properties": {"provisioningState": "Succeeded"}}))
    Arm(CLOUD, FakeCredential(), transport, say=lines.append).patch(ID, {}, VERSION)
    assert lines == []
