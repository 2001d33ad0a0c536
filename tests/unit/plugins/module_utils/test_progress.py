# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody who waits gets to read, and how often."""

from __future__ import annotations

from ansible_collections.operator_nexus.credentials.plugins.module_utils._progress import Progress, name_of


def told(*looks: tuple[str, float], end: tuple[str, float] | None = None) -> list[str]:
    """The lines of an operation that is looked at in these states after so many seconds."""
    lines: list[str] = []
    progress = Progress(lines.append, "update of x")
    for state, elapsed in looks:
        progress.waiting(state, elapsed)
    if end:
        progress.ended(*end)
    return lines


def test_begin_and_end_are_told() -> None:
    assert told(("Accepted", 0.0), ("Accepted", 5.0), end=("Succeeded", 7.4)) == [
        "update of x: begun (Accepted)",
        "update of x: Succeeded after 7 s",
    ]


def test_the_lines_between_come_ever_more_slowly() -> None:
    lines = told(*[("Updating", float(second)) for second in range(900)])
    assert lines == [
        "update of x: begun (Updating)",
        "update of x: Updating, 10 s so far",
        "update of x: Updating, 30 s so far",
        "update of x: Updating, 1 min 10 s so far",
        "update of x: Updating, 2 min 30 s so far",
        *[f"update of x: Updating, {minute} min 30 s so far" for minute in range(4, 15, 2)],
    ]


def test_what_ends_before_anybody_had_to_wait_is_not_told() -> None:
    assert told(end=("Succeeded", 0.2)) == []


def test_a_resource_goes_by_type_and_name() -> None:
    assert name_of("/subscriptions/s/resourceGroups/g/providers/Microsoft.NetworkCloud/clusters/c-1/") == "clusters/c-1"
