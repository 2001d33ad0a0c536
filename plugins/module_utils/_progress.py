# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines for a person who waits for Azure. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[[str], None]

# Seconds. After the first line each silence is twice as long as the one before, up to the longest.
_FIRST_SILENCE = 10.0
_LONGEST_SILENCE = 120.0


def say_nothing(line: str) -> None:
    """For whoever has no place to say it, or is asked to be silent."""


class Progress:
    """Tells of one operation, called `what` (such as "update of clusters/cluster-1"): begun, going on, ended."""

    def __init__(self, say: Say, what: str) -> None:
        self._say = say
        self._what = what
        self._silence = _FIRST_SILENCE
        self._next: float | None = None

    def waiting(self, state: str, elapsed: float) -> None:
        """It goes on; `elapsed` seconds have passed. Most calls say nothing."""
        if self._next is None:
            self._next = elapsed + self._silence
            self._say(f"{self._what}: begun ({state})")
        elif elapsed >= self._next:
            self._silence = min(2 * self._silence, _LONGEST_SILENCE)
            self._next = elapsed + self._silence
            self._say(f"{self._what}: {state}, {_seconds(elapsed)} so far")

    def ended(self, state: str, elapsed: float) -> None:
        """It is over; that is worth a line only if there was something to wait for."""
        if self._next is not None:
            self._say(f"{self._what}: {state} after {_seconds(elapsed)}")


def name_of(resource_id: str) -> str:
    """Type and name, enough for people: `clusters/cluster-1`."""
    return "/".join(resource_id.rstrip("/").split("/")[-2:])


def _seconds(elapsed: float) -> str:
    minutes, seconds = divmod(round(elapsed), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
