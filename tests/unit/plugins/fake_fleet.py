# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nexus_credential_rotation_info returns, made up from the statuses of credentials."""

from __future__ import annotations

from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _rotation_status

Document = dict[str, Any]

VAULT = "https://kv-nexus.vault.azure.net/"


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
