# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the tasks of one run of Ansible keep what they share, seen from the cloud layer.

Private to this collection. An ordinary module has no such place; `plugin_utils/_run_cache.py` is the one of tasks that
run inside Ansible's workers. Times are seconds of `time.monotonic`, which all processes of a machine share.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

Key = tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A JSON `value` and when it was asked for: what changed after that moment is not in it."""

    value: Any
    asked: float


class Store(Protocol):
    """Never raises for want of disk or rights: then it remembers nothing."""

    def read(self, key: Key) -> Entry | None:
        """What was written last."""

    def write(self, key: Key, entry: Entry) -> None:
        """Keep the entry, unless something that was asked for later is there already."""

    def locked(self, key: Key) -> AbstractContextManager[bool]:
        """One process at a time; gives whether it had to wait for another one.

        The end of a process, however it comes, sets its locks free.
        """

    @property
    def distrusted(self) -> float:
        """Documents that were asked for before this moment may have been changed by a task that shares nothing."""
