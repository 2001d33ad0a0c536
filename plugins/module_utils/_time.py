# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Points in time, as Azure tells them and as modules return them. Pure.

Private to this collection.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

_TIME = re.compile(r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.\d+)?(Z|z|[+-]\d\d:\d\d)?")
# What programs in Go and .NET write where they have no time.
_ZERO = "0001-01-01T00:00:00"


def is_told(text: Any) -> bool:
    """Whether Azure tells a time at all, be it one that nobody can read."""
    return bool(text) and not str(text).strip().upper().startswith(_ZERO)


def moment(text: Any) -> datetime | None:
    """A time of Azure, to the second; None where there is none. Azure writes seven decimals, or none."""
    found = _TIME.fullmatch(str(text or "").strip()) if is_told(text) else None
    if not found:
        return None
    zone = "+00:00" if found[2] in (None, "Z", "z") else found[2]
    try:
        return datetime.fromisoformat(found[1].upper() + zone).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def of_seconds(seconds: Any) -> datetime | None:
    """The time so many seconds after the beginning of 1970; None for what no calendar has."""
    try:
        return datetime.fromtimestamp(int(seconds), timezone.utc)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def text(time: datetime) -> str:
    """As Azure writes times, to the second."""
    return time.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
