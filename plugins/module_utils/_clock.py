# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A time limit that is shared by several steps, and pauses that respect it. Private to this collection."""

from __future__ import annotations

import random
import time

_LONGEST_PAUSE = 15.0


class Clock:
    """Counts down from `timeout` seconds."""

    def __init__(self, timeout: float) -> None:
        self._end = time.monotonic() + timeout

    @property
    def left(self) -> float:
        """Seconds, never negative."""
        return max(0.0, self._end - time.monotonic())

    def pause(self, attempt: int) -> bool:
        """Sleep longer with each attempt (the first is 0), at most 15 s; False when no time is left."""
        # Random, because hosts that lost the same race must not come back in step.
        seconds = min(2.0 ** min(attempt, 10), _LONGEST_PAUSE) * random.uniform(0.5, 1.0)
        if self.left <= 0:
            return False
        time.sleep(min(seconds, self.left))
        return True
