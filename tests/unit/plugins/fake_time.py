# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time that passes only while somebody sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone

import pytest

# The moment at which a FakeTime begins.
NOON = "2026-01-31T12:00:00Z"


class FakeTime:
    """`now` is in seconds since it was made; what is planned `at` a second happens when somebody sleeps up to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self._begin = datetime(2026, 1, 31, 12, tzinfo=timezone.utc).timestamp()
        self._planned: list[tuple[float, Callable[[], None]]] = []
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "time", lambda: self._begin + self.now)
        monkeypatch.setattr(time, "sleep", self._sleep)

    def at(self, second: float, action: Callable[[], None]) -> None:
        self._planned.append((second, action))

    def text(self, second: float) -> str:
        """That second, negative ones before `NOON`, as Azure writes times."""
        return datetime.fromtimestamp(self._begin + second, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")

    def _sleep(self, seconds: float) -> None:
        self.now += seconds
        due = [item for item in self._planned if item[0] <= self.now]
        self._planned = [item for item in self._planned if item[0] > self.now]
        for _second, action in due:
            action()
