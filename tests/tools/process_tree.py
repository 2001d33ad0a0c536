# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes are below which, as /proc tells it."""

from __future__ import annotations

import contextlib
from pathlib import Path


def children_of_all() -> dict[int, list[int]]:
    """Process -> its children, of the whole machine."""
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):  # it has just ended
            # the command name in parentheses may hold blanks
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            found.setdefault(parent, []).append(int(entry.name))
    return found


def below(children: dict[int, list[int]], pid: int) -> list[int]:
    """All processes below this one, of `children_of_all`."""
    found: list[int] = []
    queue = [pid]
    while queue:
        next_ones = children.get(queue.pop(), [])
        found += next_ones
        queue += next_ones
    return found
