# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory of Ansible's workers while a play runs, seen from outside (Linux only).

A worker is a child of ansible-playbook and carries one task of one host. What counts is its unique set, the pages that
no other process shares: that is what one more fork costs.
"""

from __future__ import annotations

import contextlib
import statistics
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import process_tree

PAUSE = 0.02
"""Seconds between two looks. A look stops each process for a moment, so runs that are timed are not watched."""
KIB = 1024 / 1e6
"""MB in the kernel's kB."""


@contextlib.contextmanager
def watching(pid: int, wanted: bool = True) -> Iterator[dict[str, Any]]:
    """Watch the workers of process `pid` during the block; the answer of `summed_up` is in the dict after it."""
    found: dict[str, Any] = {}
    if not wanted:
        yield found
        return
    peaks: dict[int, float] = {}
    parents: set[int] = set()
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(pid, done, peaks, parents))
    watcher.start()
    try:
        yield found
    finally:
        done.set()
        watcher.join()
    found.update(summed_up(peaks, parents))


def summed_up(peaks: dict[int, float], parents: set[int]) -> dict[str, Any]:
    """{workers, workers_with_processes, max_mb, median_mb}: how many were seen, how many had processes of their own
    below them (a module's, for example), and the unique memory of a worker and what is below it, at its highest.
    """
    return {
        "workers": len(peaks),
        "workers_with_processes": len(parents),
        "max_mb": round(max(peaks.values(), default=0.0), 1),
        "median_mb": round(statistics.median(peaks.values()), 1) if peaks else 0.0,
    }


def _watch(pid: int, done: threading.Event, peaks: dict[int, float], parents: set[int]) -> None:
    """Fill `peaks` (worker -> MB) and `parents` (workers with processes below them)."""
    while not done.wait(PAUSE):
        children = process_tree.children_of_all()
        for worker in children.get(pid, []):
            below = process_tree.below(children, worker)
            used = sum(map(_unique_mb, [worker, *below]))
            if used:
                peaks[worker] = max(used, peaks.get(worker, 0.0))
            if below:
                parents.add(worker)


def _unique_mb(pid: int) -> float:
    """Unique set size, 0 for a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:"))) * KIB
