# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the JSON and the page of a report say, as the rows of its CSV, so that all members of the three can be compared.

The names and the nesting are written down here once more, so that none gets lost in all three at once.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]

FAULTS = ("expired", "overdue", "never_rotated", "secret_unusable", "not_archived", "misplaced", "unknown")
PLAIN = (
    *("device_id", "device_name", "device_kind", "credential", "status", "faults", "message", "last_rotation"),
    *("age_days", "rotation_period_days", "next_rotation", "overdue", "expire_period_days", "expiry", "expired"),
    "in_expected_vault",
)
PLACE = ("key_vault_id", "key_vault_uri", "secret_name", "secret_version")
SECRET = ("secret_found", "secret_enabled", "secret_expires", "secret_problem")


def rows_of_json(text: str) -> list[dict[str, str]]:
    document = json.loads(text)
    problems = {item["key_vault_uri"]: item["problem"] for item in document["vaults"]}
    found = []
    for cluster in document["clusters"]:
        vault, summary = cluster["expected_vault"], cluster["summary"]
        common = {
            "checked_at": document["checked_at"],
            "subscription_id": cluster["subscription_id"],
            "resource_group": cluster["resource_group"],
            "location": cluster["location"],
            "detailed_status": cluster["detailed_status"],
            "method": cluster["method"],
            **{f"cluster_{name}": cluster[name] for name in ("id", "name", "status", "problem")},
            "expected_vault": vault["key_vault_id"] or vault["key_vault_uri"],
            "expected_vault_source": vault["source"],
            "cluster_devices": summary["devices"],
            "cluster_credentials": summary["credentials"],
            **{f"cluster_{name}": summary[name] for name in ("oldest_rotation", "next_rotation", "next_expiry")},
            **_numbers(summary["by_status"], summary["by_fault"]),
        }
        credentials = [
            {
                **{name: one[name] for name in PLAIN},
                **{name: one["archived_in"][name] for name in PLACE},
                **{name: (one.get("secret") or {}).get(name.removeprefix("secret_")) for name in SECRET},
                "vault_problem": problems.get(one["archived_in"]["key_vault_uri"]),
            }
            for one in cluster["credentials"]
        ]
        found += list(_rows(common, credentials))
    return found


def rows_of_page(page: str) -> list[dict[str, str]]:
    data = json.loads(re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)[0])
    checked_at = re.findall("<time>(.*?)</time> UTC", page)[0].replace(" ", "T") + "Z"
    silent = re.findall("<li><strong>(.*?)</strong> (.*?)</li>", page)
    problems = {html.unescape(uri): html.unescape(problem) for uri, problem in silent}
    found = []
    for cluster in data["clusters"]:
        _empty, _kind, subscription, _groups, group, *_rest = cluster["id"].split("/")
        common = {
            "checked_at": checked_at,
            "subscription_id": subscription,
            "resource_group": group,
            "location": cluster["location"],
            "detailed_status": cluster["state"],
            "method": cluster["method"].replace(" ", "_"),
            **{f"cluster_{name}": cluster[name] for name in ("id", "name", "status", "problem")},
            "expected_vault": cluster["vaultInFull"],
            "expected_vault_source": cluster["vaultSource"],
            "cluster_devices": cluster["deviceCount"],
            "cluster_credentials": cluster["count"],
            "cluster_oldest_rotation": cluster["oldest"],
            "cluster_next_rotation": cluster["next"],
            "cluster_next_expiry": cluster["expiry"],
            **_numbers(cluster["statuses"], cluster["faults"]),
        }
        credentials = []
        for device, vault, *own in cluster["credentials"]:
            one = dict(zip(data["members"]["device"], cluster["devices"][device], strict=True))
            one |= dict(zip(data["members"]["vault"], cluster["vaults"][vault], strict=True))
            one |= dict(zip(data["members"]["credential"], own, strict=True))
            shown = {name: one[name] for name in (*PLAIN, *PLACE, *SECRET)}
            credentials.append({**shown, "vault_problem": problems.get(one["key_vault_uri"])})
        found += list(_rows(common, credentials))
    return found


def _numbers(by_status: Document, by_fault: Document) -> Document:
    statuses = {f"status_{name}": by_status.get(name, 0) for name in (*FAULTS, "ok")}
    return {**statuses, **{f"fault_{name}": by_fault.get(name, 0) for name in FAULTS}}


def _rows(common: Document, credentials: list[Document]) -> Iterator[dict[str, str]]:
    empty = dict.fromkeys((*PLAIN, *PLACE, *SECRET, "vault_problem"))
    for one in credentials or [empty]:
        yield {name: _cell(value) for name, value in {**common, **one}.items()}


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
