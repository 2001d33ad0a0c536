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

from ansible_collections.operator_nexus.credentials.plugins.module_utils._rotation_status import FAULTS, STATUSES
from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _report

_SUMMARY = (
    *("cluster_devices", "cluster_credentials"),
    *(f"cluster_{name}" for name in _report.TIMES),
    # How many credentials have which status, and how many which fault.
    *(f"status_{name}" for name in STATUSES),
    *(f"fault_{name}" for name in FAULTS),
)
COLUMNS = (
    *("checked_at", "cluster_name", "cluster_id", "subscription_id", "resource_group", "location", "detailed_status"),
    *("cluster_status", "cluster_problem", "method", "expected_vault", "expected_vault_source"),
    *("device_name", "device_kind", "device_id", "credential", "status", "faults", "message"),
    *("last_rotation", "age_days", "rotation_period_days", "next_rotation", "overdue"),
    *("expire_period_days", "expiry", "expired"),
    *("key_vault_id", "key_vault_uri", "secret_name", "secret_version", "in_expected_vault"),
    *("secret_found", "secret_enabled", "secret_expires", "secret_problem", "vault_problem"),
    *_SUMMARY,
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
    """Column -> value. The numbers of a cluster stand in each of its rows."""
    problems = {_report.vault_name(vault).lower(): vault["problem"] for vault in report["vaults"]}
    for cluster in report["clusters"]:
        common = {"checked_at": report["checked_at"], **_cluster(cluster)}
        if not cluster["credentials"]:
            yield common
        for item in cluster["credentials"]:
            shown = _report.flat(item)
            yield {**common, **shown, "vault_problem": problems.get(_report.vault_name(shown).lower())}


def _cluster(cluster: Mapping[str, Any]) -> dict[str, Any]:
    vault, summary = cluster["expected_vault"], cluster["summary"]
    numbers = [summary["devices"], summary["credentials"], *(summary[name] for name in _report.TIMES)]
    numbers += [*summary["by_status"].values(), *summary["by_fault"].values()]
    return {
        **{f"cluster_{name}": cluster[name] for name in ("name", "id", "status", "problem")},
        **{name: cluster[name] for name in ("subscription_id", "resource_group", "location", "detailed_status")},
        "method": cluster["method"],
        "expected_vault": vault["key_vault_id"] or vault["key_vault_uri"],
        "expected_vault_source": vault["source"],
        **dict(zip(_SUMMARY, numbers, strict=True)),
    }


def defuse(text: str) -> str:
    """So that a spreadsheet shows it and does not calculate it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(value)
    return defuse(str(value))
