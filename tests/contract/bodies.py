# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request bodies that several tests send, small and complete (contract section 1.3)."""

from __future__ import annotations

from typing import Any

NEXUS = "providers/Microsoft.NetworkCloud"
SECRET = "never-shown-again"


def cluster_manager(fabric_id: str, identity: dict[str, Any] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "location": "uksouth",
        "tags": {"made": "here"},
        "properties": {"fabricControllerId": fabric_id},
    }
    return body | ({"identity": identity} if identity else {})


def archive_settings(vault_uri: str, identity_id: str | None = None) -> dict[str, Any]:
    """A cluster's `secretArchiveSettings`: with its system assigned identity, or with this user assigned one."""
    selected = {"identityType": "SystemAssignedIdentity"}
    if identity_id:
        selected = {"identityType": "UserAssignedIdentity", "userAssignedIdentityResourceId": identity_id}
    return {"vaultUri": vault_uri, "associatedIdentity": selected}


def cluster(extended_location: dict[str, str], fabric_id: str) -> dict[str, Any]:
    """The body of a cluster PUT; `extended_location` decides which cluster manager it belongs to."""
    machine = {
        "bmcCredentials": {"username": "root", "password": SECRET},
        "bmcMacAddress": "AA:BB:CC:DD:E7:08",
        "bootMacAddress": "AA:BB:CC:F8:71:2E",
        "machineName": "compute01",
        "rackSlot": 2,
        "serialNumber": "SN0001",
    }
    appliance = {
        "adminCredentials": {"username": "admin", "password": SECRET},
        "rackSlot": 1,
        "serialNumber": "SA0001",
        "storageApplianceName": "array01",
    }
    rack = {
        "bareMetalMachineConfigurationData": [machine],
        "networkRackId": fabric_id,
        "rackLocation": "aisle 9",
        "rackSerialNumber": "rack01",
        "rackSkuId": f"/subscriptions/00000000-0000-0000-0000-000000000000/{NEXUS}/rackSkus/single",
        "storageApplianceConfigurationData": [appliance],
    }
    principal = {
        "applicationId": "12345678-1234-1234-1234-123456789012",
        "password": SECRET,
        "principalId": "00000008-0004-0004-0004-000000000012",
        "tenantId": "80000000-4000-4000-4000-120000000000",
    }
    properties = {
        "aggregatorOrSingleRackDefinition": rack,
        "clusterServicePrincipal": principal,
        "clusterType": "SingleRack",
        "clusterVersion": "3.13.0",
        "networkFabricId": fabric_id,
    }
    return {
        "location": "uksouth",
        "extendedLocation": extended_location,
        "tags": {"made": "here"},
        "properties": properties,
    }
