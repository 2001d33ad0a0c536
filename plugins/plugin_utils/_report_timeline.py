# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When credentials of the fleet were rotated last, and are due next: days around the report's, and a drawing. Pure.

Private to this collection. The drawing is SVG without any style of its own; its classes are in _report_page.css.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.plugin_utils._markup import tag

REACH = 90
"""Days to either side that have a bar of their own. What lies beyond shares one at each end."""

_WEEK = timedelta(days=7)
_STEP, _BAR, _LEFT, _HEIGHT, _GAP, _LABEL = 5, 4, 44, 78, 22, 70
_TOP = 22
_AXIS = _TOP + _HEIGHT
_WIDTH = _LEFT + (2 * REACH + 3) * _STEP + 12
_BOTTOM = _AXIS + _GAP + _HEIGHT + 24


@dataclass
class Days:
    """Number of the day (0: the report's) -> how many credentials. Days beyond REACH are counted one day beyond it."""

    now: datetime
    rotated: Counter[int] = field(default_factory=Counter)
    due: Counter[int] = field(default_factory=Counter)
    overdue: Counter[int] = field(default_factory=Counter)
    # Of those that are due: how many are within a week, and how many should have been rotated, but have some grace.
    coming: int = 0
    late: int = 0


def count(report: Mapping[str, Any]) -> Days | None:
    """None when the report does not tell its own time."""
    now = moment(report["checked_at"])
    if now is None:
        return None
    days = Days(now)
    for cluster in report["clusters"]:
        for item in cluster["credentials"]:
            last, due = moment(item["last_rotation"]), moment(item["next_rotation"])
            if last:
                days.rotated[_day(now, last)] += 1
            if due and item["overdue"] is True:
                days.overdue[_day(now, due)] += 1
            elif due:
                days.due[_day(now, due)] += 1
                days.late += due < now
                days.coming += timedelta() <= due - now <= _WEEK
    return days


def sentence(days: Days) -> str:
    """What the drawing shows, in words."""
    week = sum(number for day, number in days.rotated.items() if -7 <= day <= 0)
    return (
        f"{week} rotated within the last 7 days, {days.coming} due within the next 7 days, {days.late} late but within "
        f"the days of grace, {days.overdue.total()} overdue."
    )


def draw(days: Days) -> str:
    highest = max([*days.rotated.values(), *(days.due + days.overdue).values()], default=0)
    today = _x(0) + _BAR / 2
    parts = [
        tag("title", {"id": "timeline-title"}, "Last and next rotations by day"),
        tag("desc", {"id": "timeline-desc"}, sentence(days)),
        *_scale(highest),
        *_months(days.now),
        *_bars(days.rotated, "rotated", "last rotations", highest, days.now, upwards=True),
        *_lower_bars(days, highest),
        tag("line", {"class": "today", "x1": today, "x2": today, "y1": 14, "y2": _BOTTOM - 18}),
        tag("text", {"class": "label strong", "x": today, "y": 11, "text-anchor": "middle"}, "report"),
        tag("text", {"class": "label", "x": _LEFT, "y": 11}, "Last rotation"),
        tag("text", {"class": "label", "x": _LEFT, "y": _BOTTOM - 6}, "Next rotation due"),
    ]
    attributes = {
        "class": "timeline",
        "viewBox": f"0 0 {_WIDTH} {_BOTTOM}",
        "role": "img",
        "aria-labelledby": "timeline-title timeline-desc",
    }
    return tag("svg", attributes, *parts)


def moment(text: Any) -> datetime | None:
    """A time as our modules write it; None for anything else."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError):
        return None


def _day(now: datetime, time: datetime) -> int:
    return max(-REACH - 1, min(REACH + 1, (time.date() - now.date()).days))


def _x(day: int) -> int:
    return _LEFT + (day + REACH + 1) * _STEP


def _length(number: int, highest: int) -> float:
    """At least what can be seen."""
    return round(max(1.5, number * _HEIGHT / highest), 1)


def _bars(
    numbers: Mapping[int, int], kind: str, words: str, highest: int, now: datetime, *, upwards: bool
) -> Iterator[str]:
    for day, number in sorted(numbers.items()):
        length = _length(number, highest)
        top = _AXIS - length if upwards else _AXIS + _GAP
        yield _bar(kind, f"{_name(now, day)}: {number} {words}", _x(day), top, length)


def _lower_bars(days: Days, highest: int) -> Iterator[str]:
    """Overdue ones below those that are due the same day."""
    yield from _bars(days.due, "due", "due", highest, days.now, upwards=False)
    for day, number in sorted(days.overdue.items()):
        top = _AXIS + _GAP + (_length(days.due[day], highest) if days.due[day] else 0)
        text = f"{_name(days.now, day)}: {number} overdue"
        yield _bar("overdue", text, _x(day), top, _length(number, highest))


def _bar(kind: str, text: str, x: float, y: float, length: float) -> str:
    place = {"class": f"bar {kind}", "x": x, "y": round(y, 1), "width": _BAR, "height": length}
    return tag("rect", place, tag("title", {}, text))


def _name(now: datetime, day: int) -> str:
    edge = {-REACH - 1: "earlier than ", REACH + 1: "later than "}.get(day, "")
    shown = max(-REACH, min(REACH, day))
    try:
        return f"{edge}{(now + timedelta(days=shown)).date().isoformat()}"
    except OverflowError:
        return f"{edge}day {shown}"


def _scale(highest: int) -> Iterator[str]:
    right = _WIDTH - 12
    for y in (_AXIS, _AXIS + _GAP):
        yield tag("line", {"class": "axis", "x1": _LEFT, "x2": right, "y1": y, "y2": y})
    if highest:
        for y, label in ((_TOP, _TOP + 4), (_AXIS + _GAP + _HEIGHT, _AXIS + _GAP + _HEIGHT + 4)):
            yield tag("line", {"class": "grid", "x1": _LEFT, "x2": right, "y1": y, "y2": y})
            yield tag("text", {"class": "label", "x": _LEFT - 6, "y": label, "text-anchor": "end"}, str(highest))


def _months(now: datetime) -> Iterator[str]:
    """The first of each month, between the two axes."""
    for day in range(-REACH, REACH + 1):
        try:
            date = now + timedelta(days=day)
        except OverflowError:
            continue
        if date.day == 1:
            x = _x(day)
            yield tag("line", {"class": "axis", "x1": x, "x2": x, "y1": _AXIS, "y2": _AXIS + _GAP})
            # At the right end it would be cut off.
            if x + _LABEL < _WIDTH:
                yield tag("text", {"class": "label", "x": x + 4, "y": _AXIS + 15}, date.strftime("%b %Y"))
