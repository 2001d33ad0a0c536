# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _time

NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31T12:00:00.9392954Z", NOON),
        ("2026-01-31T12:00:00.5Z", NOON),
        ("2026-01-31t12:00:00z", NOON),
        (" 2026-01-31T12:00:00Z ", NOON),
        ("2026-01-31T12:00:00", NOON),
        ("2026-01-31T14:00:00+02:00", NOON),
        ("2026-01-31T06:30:00.1234567-05:30", NOON),
        ("2026-01-31T12:00:00+00:00", NOON),
        ("2026-01-31", None),
        ("2026-13-31T12:00:00Z", None),
        ("2026-02-30T12:00:00Z", None),
        ("2026-01-31T12:00:00+99:00", None),
        ("0001-01-01T00:00:00+01:00", None),
        # What Azure writes where it has none.
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00", None),
        ("soon", None),
        ("", None),
        (None, None),
        (0, None),
        ({}, None),
    ],
)
def test_moments(text: Any, moment: datetime | None) -> None:
    assert _time.moment(text) == moment


@given(st.one_of(st.text(), st.none(), st.integers(), st.from_regex(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?\Z")))
def test_no_text_is_an_error(text: Any) -> None:
    found = _time.moment(text)
    assert found is None or found.utcoffset() == timedelta(0)


@given(st.datetimes(min_value=datetime(2, 1, 1)))
def test_a_moment_survives_its_text(naive: datetime) -> None:
    moment = naive.replace(microsecond=0, tzinfo=timezone.utc)
    assert _time.moment(_time.text(moment)) == moment


@pytest.mark.parametrize(
    ("text", "told"),
    [("2026-01-31T12:00:00Z", True), ("soon", True), ("", False), (None, False), ("0001-01-01T00:00:00Z", False)],
)
def test_whether_a_time_is_told(text: str | None, told: bool) -> None:
    assert _time.is_told(text) is told


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1970-01-01T00:00:00Z"), ("1800000000", "2027-01-15T08:00:00Z"), (253402300799, "9999-12-31T23:59:59Z")],
)
def test_seconds(seconds: Any, text: str) -> None:
    moment = _time.of_seconds(seconds)
    assert moment is not None
    assert _time.text(moment) == text


@pytest.mark.parametrize("seconds", [253402300800, 10**30, -(10**30), "soon", None, {}])
def test_seconds_beyond_the_calendar(seconds: Any) -> None:
    assert _time.of_seconds(seconds) is None


def test_years_have_four_digits() -> None:
    assert _time.text(datetime(7, 2, 3, 4, 5, 6, 7, tzinfo=timezone.utc)) == "0007-02-03T04:05:06Z"
