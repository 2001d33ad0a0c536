# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report of the fleet as CSV: a row for each credential. Pure.

Private to this collection.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

COLUMNS = (
    *("checked_at", "cluster_name", "cluster_id", "location", "cluster_status", "cluster_problem", "method"),
    *("expected_vault", "device_name", "device_kind", "device_id", "credential", "status", "message"),
    *("last_rotation", "age_days", "rotation_period_days", "next_rotation", "overdue"),
    *("expire_period_days", "expiry", "expired"),
    *("key_vault_id", "key_vault_uri", "secret_name", "secret_version", "in_expected_vault"),
    *("secret_found", "secret_enabled", "secret_expires", "secret_problem"),
)
# A cell that begins so is a formula to a spreadsheet; the wide ones are to some of them.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def render(report: Mapping[str, Any]) -> str:
    """The report that `_report.read` made. A cluster without credentials has a row of its own."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows(report):
        writer.writerow([_cell(row.get(name)) for name in COLUMNS])
    return stream.getvalue()


def rows(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for cluster in report["clusters"]:
        vault = cluster["expected_vault"]
        common = {
            "checked_at": report["checked_at"],
            "cluster_name": cluster["name"],
            "cluster_id": cluster["id"],
            "location": cluster["location"],
            "cluster_status": cluster["status"],
            "cluster_problem": cluster["problem"],
            "method": cluster["method"],
            "expected_vault": vault["key_vault_id"] or vault["key_vault_uri"],
        }
        for item in cluster["credentials"] or [{}]:
            secret = {f"secret_{name}": value for name, value in (item.get("secret") or {}).items()}
            yield {**common, **item, **item.get("archived_in", {}), **secret}


def defuse(text: str) -> str:
    """So that a spreadsheet shows it and does not calculate it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return defuse(str(value))
