# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each api-version of Microsoft.NetworkCloud knows, takes and shows."""

from __future__ import annotations

from typing import Any

import pytest
from emulated import CLUSTER, MANAGER, SUBSCRIPTION, Emulated

ARCHIVE = {"secretArchive": {"keyVaultId": "/vault", "useKeyVault": "True"}}
SETTINGS = {"secretArchiveSettings": {"vaultUri": "https://v.vault.azure.emulator/"}}
MACHINES = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.NetworkCloud/bareMetalMachines"


def change(azure: Emulated, properties: Any, version: str) -> int:
    status = azure.arm("PATCH", CLUSTER, {"properties": properties}, version).status
    azure.finish()
    return status


@pytest.mark.parametrize(
    ("properties", "version", "status"),
    [
        (ARCHIVE, "2023-07-01", 400),
        (ARCHIVE, "2023-10-01-preview", 202),
        (ARCHIVE, "2026-07-01", 202),
        (SETTINGS, "2024-07-01", 400),
        (SETTINGS, "2024-10-01-preview", 202),
        ({"secretArchive": {"useKeyVault": "True"}}, "2025-09-01", 400),
        ({"secretArchive": {"useKeyVault": "True"}}, "2026-07-01", 202),
        ({"secretArchive": {"keyVaultId": "/vault", "useKeyVault": True}}, "2025-09-01", 400),
        ({"secretArchive": {"keyVaultId": "/vault", "vaultUri": "x"}}, "2025-09-01", 400),
        ({"secretArchive": "vault"}, "2025-09-01", 400),
        ({"secretArchive": None}, "2023-10-01-preview", 400),
        ({"secretArchive": None}, "2024-07-01", 202),
        ({"secretArchive": None}, "2026-07-01", 202),
        ({"clusterLocation": None}, "2025-09-01", 400),
        ({"clusterVersion": "4.0"}, "2025-09-01", 400),
        ({"provisioningState": "Succeeded"}, "2025-09-01", 400),
        ({"unheardOf": 1}, "2025-09-01", 400),
        ({"computeRackDefinitions": {}}, "2025-09-01", 400),
    ],
)
def test_cluster_patch(azure: Emulated, properties: Any, version: str, status: int) -> None:
    assert change(azure, properties, version) == status


def test_the_answer_names_the_member_that_is_unknown(azure: Emulated) -> None:
    error = azure.arm("PATCH", CLUSTER, {"properties": SETTINGS}, "2024-07-01").json()["error"]
    assert error["code"] == "HttpRequestPayloadAPISpecValidationFailed"
    assert error["details"] == [
        {
            "code": "OBJECT_ADDITIONAL_PROPERTIES",
            "target": "$.properties.secretArchiveSettings",
            "message": "Additional properties not allowed: secretArchiveSettings",
        }
    ]


def test_null_sets_a_block_back(azure: Emulated) -> None:
    change(azure, ARCHIVE | {"runtimeProtectionConfiguration": {"enforcementLevel": "OnDemand"}}, "2025-09-01")
    change(azure, {"secretArchive": None, "runtimeProtectionConfiguration": None}, "2025-09-01")
    properties = azure.get(CLUSTER)["properties"]
    assert "secretArchive" not in properties
    assert properties["runtimeProtectionConfiguration"] == {"enforcementLevel": "Disabled"}


def test_use_key_vault_is_false_by_default_until_the_patch_models(azure: Emulated) -> None:
    change(azure, ARCHIVE, "2025-09-01")
    change(azure, {"secretArchive": {"keyVaultId": "/other"}}, "2026-07-01")
    assert azure.get(CLUSTER)["properties"]["secretArchive"]["useKeyVault"] == "True"
    change(azure, {"secretArchive": {"keyVaultId": "/other"}}, "2025-09-01")
    assert azure.get(CLUSTER)["properties"]["secretArchive"]["useKeyVault"] == "False"


def test_reads_leave_out_what_the_version_does_not_know(azure: Emulated) -> None:
    change(azure, ARCHIVE | SETTINGS, "2025-09-01")
    azure.arm("PATCH", MANAGER, {"identity": {"type": "SystemAssigned"}})
    assert "secretArchive" not in azure.get(CLUSTER, "2023-07-01")["properties"]
    assert "secretArchiveSettings" not in azure.get(CLUSTER, "2024-07-01")["properties"]
    assert "secretArchiveSettings" in azure.get(CLUSTER, "2025-09-01")["properties"]
    assert "etag" not in azure.get(CLUSTER, "2024-10-01-preview")
    assert azure.get(CLUSTER, "2025-02-01")["etag"] == azure.arm("GET", CLUSTER).headers["etag"]
    assert "kind" not in azure.get(CLUSTER, "2025-09-01")
    assert "identity" not in azure.get(MANAGER, "2023-10-01-preview")
    assert "identity" in azure.get(MANAGER, "2023-12-01-preview")
    assert "secretRotationStatus" not in azure.get(MACHINES, "2023-12-01-preview")["value"][0]["properties"]
    assert "secretRotationStatus" in azure.get(MACHINES, "2024-03-01-preview")["value"][0]["properties"]


def test_identity_of_a_cluster_begins_with_2024_05(azure: Emulated) -> None:
    body = {"identity": {"type": "SystemAssigned"}}
    assert azure.arm("PATCH", CLUSTER, body, "2024-03-01-preview").status == 400
    assert azure.arm("PATCH", CLUSTER, body, "2024-05-01-preview").status == 202


def test_put_by_an_old_version_leaves_alone_what_it_does_not_know(azure: Emulated) -> None:
    identity = azure.arm("PATCH", MANAGER, {"identity": {"type": "SystemAssigned"}}).json()["identity"]
    body = {"location": "uksouth", "properties": {"fabricControllerId": "/fabric"}}
    assert azure.arm("PUT", MANAGER, body, "2023-07-01").status == 201
    azure.finish()
    assert azure.get(MANAGER)["identity"] == identity


@pytest.mark.parametrize(
    ("headers", "version", "status"),
    [
        ({"If_Match": "*"}, "2025-09-01", 200),
        ({"If_Match": '"stale"'}, "2025-09-01", 412),
        ({"If_Match": '"stale"'}, "2024-07-01", 200),
        ({"If_None_Match": "*"}, "2025-02-01", 412),
        ({"If_None_Match": '"stale"'}, "2025-02-01", 200),
    ],
)
def test_conditions(azure: Emulated, headers: dict[str, str], version: str, status: int) -> None:
    assert azure.arm("PATCH", MANAGER, {"tags": {}}, version, **headers).status == status


def test_an_etag_is_good_for_one_write(azure: Emulated) -> None:
    etag = azure.get(MANAGER)["etag"]
    assert azure.arm("PATCH", MANAGER, {"tags": {"a": "1"}}, If_Match=etag).status == 200
    assert azure.arm("PATCH", MANAGER, {"tags": {"a": "2"}}, If_Match=etag).code == "PreconditionFailed"
    assert azure.get(MANAGER)["tags"] == {"a": "1"}
