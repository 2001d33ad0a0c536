# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What forked workers share through files, and what somebody else finds in these."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._store import Entry
from ansible_collections.operator_nexus.credentials.plugins.plugin_utils._run_cache import RunCache

FORK = multiprocessing.get_context("fork")
SECRET = "a token that nobody may see"


def in_worker(act: Callable[[], Any]) -> None:
    worker = FORK.Process(target=act)
    worker.start()
    worker.join(30)
    assert worker.exitcode == 0


def test_one_worker_writes_and_another_reads(tmp_path: Path) -> None:
    cache = RunCache(tmp_path)
    in_worker(lambda: cache.write(("login", "x"), Entry({"a": [1, None, "ü"]}, 5.0)))
    assert cache.read(("login", "x")) == Entry({"a": [1, None, "ü"]}, 5.0)
    assert cache.read(("login", "y")) is None


def test_nothing_is_made_before_something_is_kept(tmp_path: Path) -> None:
    cache = RunCache(tmp_path)
    assert cache.read(("x",)) is None
    assert cache.distrusted == 0
    assert list(tmp_path.iterdir()) == []


def test_what_lies_on_disk_is_for_the_owner_and_says_nothing(tmp_path: Path) -> None:
    cache = RunCache(tmp_path)
    old = os.umask(0)
    try:
        cache.write(("login", "secret=swordfish"), Entry(SECRET, 1.0))
        with cache.locked(("login", "secret=swordfish")):
            pass
    finally:
        os.umask(old)
    (folder,) = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    files = list(folder.iterdir())
    assert files
    for path in files:
        assert path.stat().st_mode & 0o777 == 0o600
        assert SECRET.encode() not in path.read_bytes()
        assert "swordfish" not in path.name


def test_another_run_cannot_read_it(tmp_path: Path) -> None:
    """Not even from the same folder, as somebody who finds what a killed run has left behind."""
    cache, other = RunCache(tmp_path), RunCache(tmp_path)
    cache.write(("x",), Entry(SECRET, 1.0))
    other._path = cache._path
    other._name = cache._name  # type: ignore[method-assign]
    assert other.read(("x",)) is None


@pytest.mark.parametrize("damage", [b"", b"garbage", b"gAAAAA=="])
def test_a_damaged_file_is_nothing(damage: bytes, tmp_path: Path) -> None:
    cache = RunCache(tmp_path)
    cache.write(("x",), Entry("value", 1.0))
    (cache._path / cache._name(("x",))).write_bytes(damage)
    assert cache.read(("x",)) is None
    cache.write(("x",), Entry("value", 2.0))
    assert cache.read(("x",)) == Entry("value", 2.0)


def test_the_later_question_has_the_better_answer(tmp_path: Path) -> None:
    cache = RunCache(tmp_path)
    cache.write(("x",), Entry("later", 2.0))
    cache.write(("x",), Entry("earlier", 1.0))
    assert cache.read(("x",)) == Entry("later", 2.0)


def test_distrust_is_told_to_all(tmp_path: Path) -> None:
    cache = RunCache(tmp_path)
    in_worker(lambda: cache.distrust(5.0))
    assert cache.distrusted == 5.0
    cache.distrust(3.0)
    assert cache.distrusted == 5.0, "a task that still goes on is not over because another one is"


def test_one_worker_at_a_time(tmp_path: Path) -> None:
    """Each adds one to the number that it finds; without the lock some would find the same."""
    cache = RunCache(tmp_path)

    def add() -> None:
        for _time in range(20):
            with cache.locked(("x",)):
                before = cache.read(("x",))
                time.sleep(0.001)
                cache.write(("x",), Entry((before.value if before else 0) + 1, time.monotonic()))

    workers = [FORK.Process(target=add) for _worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert cache.read(("x",)).value == 80  # type: ignore[union-attr]


def test_a_killed_worker_sets_its_lock_free(tmp_path: Path) -> None:
    cache, reader, writer = RunCache(tmp_path), *os.pipe()

    def hold() -> None:
        with cache.locked(("x",)):
            os.write(writer, b".")
            time.sleep(60)

    worker = FORK.Process(target=hold)
    worker.start()
    os.read(reader, 1)
    os.kill(worker.pid or 0, signal.SIGKILL)
    worker.join(30)
    in_worker(lambda: cache.locked(("x",)).__enter__())


def test_without_a_place_on_disk_nothing_is_remembered_and_nothing_fails(tmp_path: Path) -> None:
    cache = RunCache(tmp_path / "gone")
    with cache.locked(("x",)):
        cache.write(("x",), Entry("value", 1.0))
    cache.distrust(1.0)
    assert (cache.read(("x",)), cache.distrusted) == (None, 0.0)


def test_what_cannot_be_replaced_does_not_stay(tmp_path: Path) -> None:
    """On a full disk; here something is in the way of the new file."""
    cache = RunCache(tmp_path)
    cache.write(("x",), Entry("old", 1.0))
    (cache._path / cache._name(("x",))).with_suffix(".new").mkdir()
    cache.write(("x",), Entry("new", 2.0))
    assert cache.read(("x",)) is None


def test_who_waits_is_told_so(tmp_path: Path) -> None:
    cache, reader, writer = RunCache(tmp_path), *os.pipe()

    def hold() -> None:
        with cache.locked(("x",)):
            os.write(writer, b".")
            time.sleep(1)

    with cache.locked(("x",)) as waited:
        assert waited is False
    worker = FORK.Process(target=hold)
    worker.start()
    os.read(reader, 1)
    with cache.locked(("x",)) as waited:
        assert waited is True
    worker.join(30)
