# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered, for whom, and for how long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._memory import Memory
from ansible_collections.operator_nexus.credentials.plugins.module_utils._store import Key
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fake_store import FakeStore


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """`now[0]` is the time."""
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    return clock


def test_one_task_reads_and_another_recalls(now: list[float]) -> None:
    store = FakeStore()
    Memory(store, ("me",), 60).remember({"a": 1}, now[0], ("resource", "x"))
    assert Memory(store, ("me",), 60).recall(("resource", "x")) == {"a": 1}
    assert Memory(store, ("me",), 60).recall(("resource", "y")) is None


def test_another_login_sees_nothing_of_it(now: list[float]) -> None:
    store = FakeStore()
    Memory(store, ("me",), 60).remember({"a": 1}, now[0], ("x",))
    assert Memory(store, ("you",), 60).recall(("x",)) is None


@pytest.mark.parametrize(("seconds", "age", "known"), [(60, 60, True), (60, 61, False), (5, 6, False)])
def test_age_counts_from_the_question(seconds: float, age: float, known: bool, now: list[float]) -> None:
    memory = Memory(FakeStore(), (), seconds)
    memory.remember("value", now[0], ("x",))
    now[0] += age
    assert (memory.recall(("x",)) == "value") is known


@pytest.mark.parametrize("memory", [Memory(), Memory(FakeStore(), (), 0), Memory(None, (), 60)])
def test_without_a_store_or_an_age_nothing_is_remembered(memory: Memory) -> None:
    memory.remember("value", 0.0, ("x",))
    numbers = iter(range(2))
    assert [memory.once(("x",), lambda: next(numbers)) for _time in range(2)] == [0, 1]
    with memory.locked("x"), memory.writing(("x",)):
        pass
    assert (memory.works, memory.recall(("x",))) == (False, None)
    assert memory.recall_or_read(lambda: pytest.fail("nobody to read it for"), ("x",)) is None


def test_a_write_drops_what_was_read_before_it_and_during_it(now: list[float]) -> None:
    memory = Memory(FakeStore(), (), 60)
    memory.remember("before", now[0], ("x",))
    with memory.writing(("x",)):
        assert memory.recall(("x",)) is None
        now[0] += 1
        during = now[0]
        now[0] += 1
    # An answer to a question from before the end of the write comes late.
    memory.remember("during", during, ("x",))
    assert memory.recall(("x",)) is None
    now[0] += 1
    memory.remember("after", now[0], ("x",))
    assert memory.recall(("x",)) == "after"


def test_a_write_that_fails_may_have_been_carried_out(now: list[float]) -> None:
    memory = Memory(FakeStore(), (), 60)
    memory.remember("before", now[0], ("x",))
    with pytest.raises(OSError), memory.writing(("x",)):
        raise OSError
    assert memory.recall(("x",)) is None


def test_documents_from_before_a_task_that_shares_nothing_do_not_count(now: list[float]) -> None:
    store = FakeStore()
    memory = Memory(store, (), 60)
    memory.remember("document", now[0], ("x",))
    token = memory.once(("token",), lambda: "token")
    store.distrusted = now[0]
    assert memory.recall(("x",)) is None
    assert memory.once(("token",), lambda: pytest.fail("a token is as good as before")) == token
    now[0] += 1
    memory.remember("document", now[0], ("x",))
    assert memory.recall(("x",)) == "document"


def test_once_is_once_for_all_tasks_whatever_the_age(now: list[float]) -> None:
    store = FakeStore()
    assert Memory(store, (), 60).once(("x",), lambda: "made") == "made"
    now[0] += 10_000
    assert Memory(store, (), 60).once(("x",), lambda: pytest.fail("made already")) == "made"


def test_once_makes_anew_what_is_no_good(now: list[float]) -> None:
    memory = Memory(FakeStore(), (), 60)
    memory.once(("x",), lambda: "old")
    now[0] += 1
    assert memory.once(("x",), lambda: "new", lambda value: value == "new") == "new"
    assert memory.once(("x",), lambda: pytest.fail("made already"), lambda value: value == "new") == "new"


@pytest.mark.parametrize(
    "ask",
    [
        lambda memory, make: memory.once(("x", ""), make),
        lambda memory, make: memory.recall_or_read(make, ("x",)),
    ],
    ids=["once", "recall_or_read"],
)
def test_who_comes_while_another_asks_waits_and_takes_its_answer(ask: Any, now: list[float]) -> None:
    """The other one is done when the lock is free."""
    store = FakeStore()
    other = Memory(store, (), 60)

    class Waiting(FakeStore):
        def locked(self, key: Any) -> Any:
            other.remember("of the other", now[0], ("x",))
            return store.locked(key)

    waiting = Waiting()
    waiting.entries = store.entries
    assert ask(Memory(waiting, (), 60), lambda: pytest.fail("asked twice")) == "of the other"


def test_the_lock_is_held_while_one_asks() -> None:
    store = FakeStore()

    def make() -> str:
        assert store.held == {("me", "x")}
        return "value"

    assert Memory(store, ("me",), 60).once(("x",), make) == "value"
    assert Memory(store, ("me",), 60).recall_or_read(lambda: len(store.held), ("y",)) == 1
    assert store.held == set()


def test_a_write_counts_for_every_login_and_every_way_to_ask(now: list[float]) -> None:
    store = FakeStore()
    mine, yours = Memory(store, ("me",), 60), Memory(store, ("you",), 60)
    for memory in (mine, yours):
        memory.remember("old", now[0], ("x",), "2024-07-01")
        memory.remember("old", now[0], ("x",), "2025-09-01")
        memory.remember("other", now[0], ("y",), "2025-09-01")
    now[0] += 1
    with mine.writing(("x",)):
        pass
    for memory in (mine, yours):
        assert memory.recall(("x",), "2024-07-01") is memory.recall(("x",), "2025-09-01") is None
        assert memory.recall(("y",), "2025-09-01") == "other"


def test_a_write_counts_for_others_also_by_who_shares_nothing(now: list[float]) -> None:
    store = FakeStore()
    memory = Memory(store, (), 60)
    memory.remember("old", now[0], ("x",))
    now[0] += 1
    with Memory(store, (), 0).writing(("x",)):
        pass
    assert memory.recall(("x",)) is None


@pytest.mark.parametrize(
    "ask",
    [lambda memory, make: memory.once(("x", ""), make), lambda memory, make: memory.recall_or_read(make, ("x",))],
    ids=["once", "recall_or_read"],
)
def test_who_waited_for_nothing_does_not_make_others_wait(ask: Any) -> None:
    """The one before has failed; from now on all go ahead at once."""

    class Busy(FakeStore):
        @contextmanager
        def locked(self, key: Key) -> Iterator[bool]:
            with super().locked(key):
                yield True

    store = Busy()
    assert ask(Memory(store, (), 60), lambda: f"{len(store.held)} locks held") == "0 locks held"
