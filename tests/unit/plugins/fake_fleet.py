# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nexus_credential_rotation_info returns, made up from the statuses of credentials."""

from __future__ import annotations

from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _rotation_status

Document = dict[str, Any]

VAULT = "https://kv-nexus.vault.azure.net/"


def with_faults(*faults: str, **more: Any) -> Document:
    """A credential with several faults, the worst first."""
    return credential(faults[0], **{"faults": list(faults), **more})


def credential(status: str, number: int = 1, **more: Any) -> Document:
    return {
        "cluster_name": "one",
        "device_id": f"/subscriptions/s/resourceGroups/g/providers/Microsoft.NetworkCloud/bareMetalMachines/m{number}",
        "device_name": f"m{number}",
        "device_kind": "bare_metal_machine",
        "credential": "BMC Credential",
        "status": status,
        "faults": [] if status == "ok" else [status],
        "message": None if status == "ok" else f"it is {status}",
        "last_rotation": "2026-02-03T06:00:00Z",
        "age_days": 30,
        "rotation_period_days": 60,
        "next_rotation": "2026-04-04T06:00:00Z",
        "overdue": False,
        "expire_period_days": 90,
        "expiry": "2026-05-04T06:00:00Z",
        "expired": False,
        "archived_in": {
            "key_vault_id": None,
            "key_vault_uri": VAULT,
            "secret_name": f"secret-{number}",
            "secret_version": "11a536561da34d6b8b452d880df58f3a",
        },
        "in_expected_vault": True,
        **more,
    }


def cluster(name: str, *statuses: str) -> Document:
    """One with credentials of these statuses, or one that is not deployed yet."""
    credentials = [credential(status, number) for number, status in enumerate(statuses)]
    return {
        "id": f"/subscriptions/s/resourceGroups/g/providers/Microsoft.NetworkCloud/clusters/{name}",
        "name": name,
        "location": "uksouth",
        "detailed_status": "Running",
        "status": _rotation_status.worst(statuses) if statuses else "not_deployed",
        "problem": None,
        "method": "cluster",
        "expected_vault": {"key_vault_id": None, "key_vault_uri": VAULT, "source": "link"},
        "summary": _rotation_status.summarize(credentials),
        "credentials": credentials,
    }


def full_fleet() -> Document:
    """One in which each member has different values somewhere, and the vaults were looked into."""
    found = [cluster("one", *_rotation_status.STATUSES), cluster("two", "ok", "ok"), cluster("three")]
    several = with_faults(
        *("expired", "overdue", "misplaced"),
        number=20,
        device_kind="storage_appliance",
        credential="Storage Appliance User",
        last_rotation="2026-03-01T04:05:06Z",
        age_days=4,
        rotation_period_days=1,
        next_rotation="2026-03-02T04:05:06Z",
        overdue=True,
        expire_period_days=2,
        expiry="2026-03-03T04:05:06Z",
        expired=True,
        in_expected_vault=False,
    )
    several["archived_in"]["key_vault_uri"] = "https://kv-old.vault.azure.net/"
    several["archived_in"]["key_vault_id"] = "/subscriptions/s/resourceGroups/g/providers/x/vaults/kv-old"
    silent = with_faults("unknown", number=21, in_expected_vault=None, rotation_period_days=None, overdue=None)
    found[1]["credentials"] += [several, silent]
    for one in (*found[0]["credentials"], *found[1]["credentials"]):
        one["secret"] = {"found": True, "enabled": True, "expires": "2027-01-15T08:00:00Z", "problem": None}
    found[0]["credentials"][3]["secret"] = {**_rotation_status.NOT_CHECKED, "found": False}
    several["secret"] = {"found": True, "enabled": False, "expires": None, "problem": None}
    silent["secret"] = {**_rotation_status.NOT_CHECKED, "problem": "Forbidden"}
    found[1].update(status="expired", problem="Azure failed: 500", detailed_status="Degraded", location=None)
    found[1]["expected_vault"] = {"key_vault_id": "/subscriptions/s/vaults/kv-two", "key_vault_uri": None}
    found[1]["expected_vault"]["source"] = "option"
    found[1]["summary"] = _rotation_status.summarize(found[1]["credentials"])
    found[2].update(method=None, expected_vault=dict.fromkeys(found[2]["expected_vault"]))
    old = {"key_vault_uri": "https://kv-old.vault.azure.net/", "problem": "Forbidden: Caller is not authorized"}
    return {**fleet(*found), "vaults": [{"key_vault_uri": VAULT, "problem": None}, old]}


def fleet(*clusters: Document) -> Document:
    statuses = [item["status"] for item in clusters]
    return {
        "changed": False,
        "status": _rotation_status.worst(statuses),
        "checked_at": "2026-03-05T06:00:00Z",
        "summary": {
            "clusters": len(clusters),
            "clusters_by_status": _rotation_status.count(statuses, _rotation_status.CLUSTER_STATUSES),
            **_rotation_status.summarize([one for item in clusters for one in item["credentials"]]),
        },
        "clusters": list(clusters),
    }
