# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments, epoch seconds, as Azure writes them."""

from __future__ import annotations

from datetime import datetime, timezone


def precise(moment: float) -> str:
    """As ARM writes the times of requests and resources: seven decimals."""
    return _utc(moment).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def to_second(moment: float) -> str:
    """As Operator Nexus writes what it has done: whole seconds, cut off."""
    return _utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_second(text: str) -> float:
    """The moment that `to_second` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()


def _utc(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, timezone.utc)
