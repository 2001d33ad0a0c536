# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report of the fleet says, whatever form it has: JSON, CSV or HTML. Pure.

Private to this collection. `read` takes only the members that are named here, so that nothing else ever gets into a
report, and makes every text one printable line: Azure's texts are a stranger's. The same result gives the same report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._rotation_status import (
    CLUSTER_STATUSES,
    FAULTS,
    NOT_DEPLOYED,
    OK,
    STATUSES,
    UNKNOWN,
)

Document = dict[str, Any]

PROBLEMS = "problems"
"""Stands for each status with which somebody has to look."""

_CLUSTER = ("id", "name", "location", "detailed_status", "status", "problem", "method")
_CREDENTIAL = (
    *("device_id", "device_name", "device_kind", "credential", "status", "faults", "message"),
    *("last_rotation", "age_days", "rotation_period_days", "next_rotation", "overdue"),
    *("expire_period_days", "expiry", "expired"),
)
_ARCHIVED = ("key_vault_id", "key_vault_uri", "secret_name", "secret_version")
_SECRET = ("found", "enabled", "expires", "problem")
TIMES = ("oldest_rotation", "next_rotation", "next_expiry")


def read(result: Any) -> Document:
    """A report of what nexus_credential_rotation_info returned, the worst first. Raises ValueError."""
    if not isinstance(result, Mapping) or not {"status", "checked_at", "summary", "clusters"} <= result.keys():
        raise ValueError("this is no result of nexus_credential_rotation_info")
    clusters = sorted(map(_cluster, result["clusters"]), key=_place_of_cluster)
    summary = result["summary"]
    return {
        "checked_at": clean(result["checked_at"]),
        "status": _status(result["status"]),
        "summary": {
            "clusters": _number(summary.get("clusters")),
            "clusters_by_status": _counts(summary.get("clusters_by_status"), CLUSTER_STATUSES),
            **_summary(summary),
        },
        "clusters": clusters,
        "vaults": [_pick(item, ("key_vault_uri", "problem")) for item in result.get("vaults") or []],
    }


def as_json(report: Mapping[str, Any]) -> str:
    return json.dumps(report, indent=2) + "\n"


def problems(report: Mapping[str, Any]) -> list[Document]:
    """The credentials that are not in order, with their cluster's place in the report as `cluster`, the worst first."""
    found = [
        {**item, "cluster": place}
        for place, cluster in enumerate(report["clusters"])
        for item in cluster["credentials"]
        if item["status"] != OK
    ]
    return sorted(found, key=lambda item: (STATUSES.index(item["status"]), item["cluster"]))


def having(report: Mapping[str, Any], statuses: Sequence[str]) -> list[Document]:
    """The clusters that have one of these statuses, or credentials with one, be it their worst or not.

    Gives {id, name, statuses}. One of which not all was read is unknown, whatever else it is. Raises ValueError.
    """
    wanted = set(map(str, statuses))
    unknown = sorted(wanted - {*CLUSTER_STATUSES, PROBLEMS})
    if unknown:
        known = ", ".join((*CLUSTER_STATUSES, PROBLEMS))
        raise ValueError(f"there is no status {', '.join(unknown)}; there are {known}")
    if PROBLEMS in wanted:
        wanted |= {*CLUSTER_STATUSES} - {OK, NOT_DEPLOYED}
    found = []
    for cluster in report["clusters"]:
        own = {cluster["status"], *(name for name, number in bearers(cluster["summary"]).items() if number)}
        if cluster["problem"]:
            own.add(UNKNOWN)
        shown = [name for name in CLUSTER_STATUSES if name in own & wanted]
        if shown:
            found.append({"id": cluster["id"], "name": cluster["name"], "statuses": shown})
    return found


def bearers(summary: Mapping[str, Any]) -> dict[str, int]:
    """Each fault, and OK -> how many credentials have it, be it their worst or not."""
    return {**summary["by_fault"], OK: summary["by_status"][OK]}


def flat(item: Mapping[str, Any]) -> Document:
    """A credential without what it is nested in: its secret's place is as it is, what the vault told has `secret_`."""
    told = {f"secret_{name}": value for name, value in (item.get("secret") or dict.fromkeys(_SECRET)).items()}
    own = {name: value for name, value in item.items() if name not in ("archived_in", "secret")}
    return {**own, **item["archived_in"], **told}


def vault_name(vault: Mapping[str, Any]) -> str:
    """What people call a vault, of which the id or the URI is known."""
    if vault.get("key_vault_id"):
        return str(vault["key_vault_id"]).rstrip("/").rpartition("/")[2]
    host = str(vault.get("key_vault_uri") or "").partition("://")[2].partition("/")[0]
    return host.partition(".")[0]


def _cluster(raw: Mapping[str, Any]) -> Document:
    credentials = sorted(map(_credential, raw.get("credentials") or []), key=_place_of_credential)
    parts = str(raw.get("id") or "").strip("/").split("/")
    known = len(parts) > 3
    return {
        **_pick(raw, _CLUSTER),
        "status": _status(raw.get("status")),
        "resource_group": clean(parts[3]) if known else None,
        "subscription_id": clean(parts[1]) if known else None,
        "expected_vault": _pick(raw.get("expected_vault"), ("key_vault_id", "key_vault_uri", "source")),
        "summary": _summary(raw.get("summary") or {}),
        "credentials": credentials,
    }


def _credential(raw: Mapping[str, Any]) -> Document:
    found = {_status(name, FAULTS) for name in raw.get("faults") or []}
    shown = {
        **_pick(raw, _CREDENTIAL),
        "status": _status(raw.get("status"), STATUSES),
        "faults": [name for name in FAULTS if name in found],
        "archived_in": _pick(raw.get("archived_in"), _ARCHIVED),
        "in_expected_vault": clean(raw.get("in_expected_vault")),
    }
    return {**shown, "secret": _pick(raw["secret"], _SECRET)} if raw.get("secret") else shown


def _summary(raw: Mapping[str, Any]) -> Document:
    return {
        "devices": _number(raw.get("devices")),
        "credentials": _number(raw.get("credentials")),
        "by_status": _counts(raw.get("by_status"), STATUSES),
        "by_fault": _counts(raw.get("by_fault"), FAULTS),
        **_pick(raw, TIMES),
    }


def _counts(raw: Mapping[str, Any] | None, known: Sequence[str]) -> dict[str, int]:
    return {name: _number((raw or {}).get(name)) for name in known}


def _pick(raw: Mapping[str, Any] | None, names: Sequence[str]) -> Document:
    return {name: clean((raw or {}).get(name)) for name in names}


def _status(value: Any, known: Sequence[str] = CLUSTER_STATUSES) -> str:
    """One of ours: it becomes the name of a class and a place in a list."""
    return str(value) if value in known else UNKNOWN


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int) else 0


def clean(value: Any) -> Any:
    """A number, a truth, None, or a text on one line that is what it looks like."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    # An ordinary text, also of Ansible's marked ones.
    text = str.__str__(value) if isinstance(value, str) else str(value)
    # Line ends, other controls, halves of surrogates, and marks that turn the direction of what follows.
    return text if text.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in text)


def _place_of_cluster(cluster: Mapping[str, Any]) -> tuple[Any, ...]:
    return CLUSTER_STATUSES.index(cluster["status"]), str(cluster["name"]).lower(), str(cluster["id"]).lower()


def _place_of_credential(item: Mapping[str, Any]) -> tuple[Any, ...]:
    names = [str(item[name] or "") for name in ("device_kind", "device_name", "device_id", "credential")]
    return (STATUSES.index(item["status"]), *names)
