# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A time limit that several steps share, and growing pauses within it. Private to this collection."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

_FIRST_PAUSE = 0.5
_GROWTH = 1.5
# The end of what is waited for is noticed after a small part of the time that it took, or after a moment. Fifty
# clusters at once are 33 requests a second at first; Azure Resource Manager takes 25, and 250 more for a while.
_MOMENT = 1.5
_SMALL_PART = 0.07
_LONGEST_PAUSE = 15.0


class Clock:
    """Counts down from `limit` seconds. `now` and `sleep` are for tests.

    Its own pauses are those between two looks at something that goes on. With `jitter` they are those between two
    attempts to write: random, between a half and the whole, for hosts that lost the same race and must not come back in
    step, and growing longer, since Azure takes fewer writes than reads.
    """

    def __init__(
        self,
        limit: float,
        now: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
        *,
        jitter: bool = False,
    ) -> None:
        self._limit = limit
        self._now = now or time.monotonic
        self._sleep = sleep or time.sleep
        self._jitter = jitter
        self._start = self._now()
        self._next = _FIRST_PAUSE

    @property
    def elapsed(self) -> float:
        """Seconds."""
        return self._now() - self._start

    @property
    def left(self) -> float:
        """Seconds, never negative."""
        return max(0.0, self._limit - self.elapsed)

    def pause(self, asked: float | None = None) -> bool:
        """Sleep for what a server asked for, else a little longer each time (at most 15 s); False when time is up."""
        left = self.left
        if left <= 0:
            return False
        seconds = self._next * (random.uniform(0.5, 1.0) if self._jitter else 1.0) if asked is None else asked
        self._sleep(min(seconds, left))
        longest = _LONGEST_PAUSE if self._jitter else min(max(_MOMENT, _SMALL_PART * self.elapsed), _LONGEST_PAUSE)
        self._next = min(self._next * _GROWTH, longest)
        return True

    def restart_pauses(self) -> None:
        """Begin with short pauses again: something else is waited for now."""
        self._next = _FIRST_PAUSE
