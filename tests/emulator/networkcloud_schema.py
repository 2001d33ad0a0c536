# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The four resource types of Microsoft.NetworkCloud, member by member and version by version (contract 1.2 and 1.3)."""

from __future__ import annotations

from dataclasses import replace

from identity_block import TYPES
from shapes import Member, Shape

NULLABLE_SINCE = "2024-07-01"
"""From here a cluster PATCH may send null for a block to set it back (x-nullable)."""
PATCH_MODELS_SINCE = "2026-07-01"
"""From here a PATCH has models of its own, in which nothing is required."""
ETAG_SINCE = "2025-02-01"

_TEXT = Member()
_REQUIRED = Member(required=True)
_READ_ONLY = Member(read_only=True)
_LIST = Member(is_list=True)
_INTEGER = Member(kind="integer")
_REQUIRED_INTEGER = Member(kind="integer", required=True)
_READ_ONLY_2025_02 = Member(read_only=True, since="2025-02-01")
_READ_ONLY_2025_07 = Member(read_only=True, since="2025-07-01-preview")
_READ_ONLY_2026_01 = Member(read_only=True, since="2026-01-01-preview")
_READ_ONLY_2026_05 = Member(read_only=True, since="2026-05-01-preview")

_LOCATION = Member(required=True, members={"name": _REQUIRED, "type": _REQUIRED})
_MANAGED_GROUP = Member(members={"name": _TEXT, "location": _TEXT})
_CREDENTIALS = Member(required=True, members={"username": _REQUIRED, "password": Member(required=True, secret=True)})


def _identity(since: str) -> Member:
    members = {
        "type": Member(required=True, values=(*TYPES, "SystemAssigned, UserAssigned")),
        "principalId": _READ_ONLY,
        "tenantId": _READ_ONLY,
        "userAssignedIdentities": Member(nullable=True, kind="object"),
    }
    return Member(since=since, members=members)


def _resource(properties: Shape, **more: Member) -> Shape:
    return {
        **dict.fromkeys(("id", "name", "type", "systemData"), _READ_ONLY),
        "location": _REQUIRED,
        "etag": Member(read_only=True, since=ETAG_SINCE),
        "tags": Member(nullable=True, kind="texts"),
        **more,
        "properties": Member(required=True, members=properties),
    }


def _settings(since: str = "", **members: Member) -> Member:
    """A block of a cluster that can be set back by null."""
    return Member(since=since, nullable=True, members=members)


_MACHINE = {
    "bmcConnectionString": _READ_ONLY,
    "bmcCredentials": _CREDENTIALS,
    "bmcMacAddress": _REQUIRED,
    "bootMacAddress": _REQUIRED,
    "machineDetails": _TEXT,
    "machineName": _TEXT,
    "rackSlot": _REQUIRED_INTEGER,
    "serialNumber": _REQUIRED,
}
_APPLIANCE = {
    "adminCredentials": _CREDENTIALS,
    "rackSlot": _REQUIRED_INTEGER,
    "serialNumber": _REQUIRED,
    "storageApplianceName": _TEXT,
}
_RACK = {
    "availabilityZone": _TEXT,
    "bareMetalMachineConfigurationData": Member(is_list=True, members=_MACHINE),
    "networkRackId": _REQUIRED,
    "rackLocation": _TEXT,
    "rackSerialNumber": _REQUIRED,
    "rackSkuId": _REQUIRED,
    "storageApplianceConfigurationData": Member(is_list=True, members=_APPLIANCE),
}
_ASSOCIATED_IDENTITY = Member(
    members={
        "identityType": Member(values=("SystemAssignedIdentity", "UserAssignedIdentity")),
        "userAssignedIdentityResourceId": Member(nullable=True),
    }
)
_OVERRIDE = {"associatedIdentity": _ASSOCIATED_IDENTITY, "commandOutputType": _TEXT, "containerUrl": _TEXT}
_ARCHIVE_REFERENCE = {
    "keyVaultId": _READ_ONLY,
    "keyVaultUri": _READ_ONLY_2025_07,
    "secretName": _READ_ONLY,
    "secretVersion": _READ_ONLY,
}
_ROTATION = Member(
    since="2024-03-01-preview",
    read_only=True,
    is_list=True,
    members={
        "expirePeriodDays": _READ_ONLY,
        "lastRotationTime": _READ_ONLY,
        "rotationPeriodDays": _READ_ONLY,
        "secretArchiveReference": Member(read_only=True, members=_ARCHIVE_REFERENCE),
        "secretType": _READ_ONLY,
    },
)

CLUSTER_MANAGER = _resource(
    {
        "analyticsWorkspaceId": _TEXT,
        "availabilityZones": _LIST,
        "clusterVersions": _READ_ONLY,
        "detailedStatus": _READ_ONLY,
        "detailedStatusMessage": _READ_ONLY,
        "fabricControllerId": _REQUIRED,
        "managedResourceGroupConfiguration": _MANAGED_GROUP,
        "managerExtendedLocation": _READ_ONLY,
        "provisioningState": _READ_ONLY,
        "relayConfiguration": _READ_ONLY_2026_01,
        "vmSize": _TEXT,
    },
    identity=_identity("2023-12-01-preview"),
    kind=Member(since="2026-01-01-preview"),
)
CLUSTER = _resource(
    {
        **dict.fromkeys(
            (
                "availableUpgradeVersions",
                "clusterCapacity",
                "clusterConnectionStatus",
                "clusterExtendedLocation",
                "clusterManagerConnectionStatus",
                "clusterManagerId",
                "detailedStatus",
                "detailedStatusMessage",
                "hybridAksExtendedLocation",
                "manualActionCount",
                "provisioningState",
                "supportExpiryDate",
                "workloadResourceIds",
            ),
            _READ_ONLY,
        ),
        "actionStates": _READ_ONLY_2025_07,
        # In no published schema, but in Microsoft's own instructions for the validation of the vault (contract 1.2, 4).
        "conditions": _READ_ONLY_2025_02,
        "lastSuccessfulVersionUpdateTime": _READ_ONLY_2026_05,
        "managedCredentials": _READ_ONLY_2026_05,
        "aggregatorOrSingleRackDefinition": Member(required=True, members=_RACK),
        "analyticsWorkspaceId": _TEXT,
        "clusterLocation": _TEXT,
        "clusterType": Member(required=True, values=("SingleRack", "MultiRack")),
        "clusterVersion": _REQUIRED,
        "computeRackDefinitions": Member(is_list=True, members=_RACK),
        "managedResourceGroupConfiguration": _MANAGED_GROUP,
        "networkFabricId": _REQUIRED,
        "analyticsOutputSettings": _settings(
            "2024-10-01-preview", analyticsWorkspaceId=_TEXT, associatedIdentity=_ASSOCIATED_IDENTITY
        ),
        "clusterServicePrincipal": _settings(
            applicationId=_REQUIRED,
            password=Member(required=True, secret=True),
            principalId=_REQUIRED,
            tenantId=_REQUIRED,
        ),
        "commandOutputSettings": _settings(
            "2024-05-01-preview",
            associatedIdentity=_ASSOCIATED_IDENTITY,
            containerUrl=_TEXT,
            overrides=Member(since="2025-07-01-preview", is_list=True, members=_OVERRIDE),
        ),
        "computeDeploymentThreshold": _settings(grouping=_REQUIRED, type=_REQUIRED, value=_REQUIRED_INTEGER),
        "runtimeProtectionConfiguration": _settings(
            "2023-10-01-preview", enforcementLevel=_TEXT, definitionUpdateMode=Member(since="2026-01-01-preview")
        ),
        "secretArchive": _settings(
            "2023-10-01-preview", keyVaultId=_REQUIRED, useKeyVault=Member(values=("True", "False"))
        ),
        "secretArchiveSettings": _settings(
            "2024-10-01-preview", vaultUri=_TEXT, associatedIdentity=_ASSOCIATED_IDENTITY
        ),
        "updateStrategy": _settings(
            "2023-10-01-preview",
            maxUnavailable=_INTEGER,
            strategyType=_REQUIRED,
            thresholdType=_REQUIRED,
            thresholdValue=_REQUIRED_INTEGER,
            waitTimeMinutes=_INTEGER,
        ),
        "vulnerabilityScanningSettings": _settings(
            "2024-10-01-preview", containerScan=Member(values=("Enabled", "Disabled"))
        ),
    },
    identity=_identity("2024-05-01-preview"),
    extendedLocation=_LOCATION,
    kind=Member(since="2026-01-01-preview"),
)
BARE_METAL_MACHINE = _resource(
    {
        **dict.fromkeys(
            (
                "associatedResourceIds",
                "clusterId",
                "cordonStatus",
                "detailedStatus",
                "detailedStatusMessage",
                "hardwareInventory",
                "hardwareValidationStatus",
                "hybridAksClustersAssociatedIds",
                "kubernetesNodeName",
                "kubernetesVersion",
                "machineRoles",
                "oamIpv4Address",
                "oamIpv6Address",
                "osImage",
                "powerState",
                "provisioningState",
                "readyState",
                "runtimeProtectionStatus",
                "serviceTag",
                "virtualMachinesAssociatedIds",
                "bmcConnectionString",
                "bmcCredentials",
                "bmcMacAddress",
                "bootMacAddress",
                "machineClusterVersion",
                "machineName",
                "machineSkuId",
                "rackId",
                "rackSlot",
                "serialNumber",
            ),
            _READ_ONLY,
        ),
        "actionStates": _READ_ONLY_2025_07,
        "bmcIpv4Address": _READ_ONLY_2026_01,
        "bmcIpv6Address": _READ_ONLY_2026_01,
        "caCertificate": _READ_ONLY_2025_07,
        "machineDetails": _TEXT,
        "monitoringConfigurationStatus": _READ_ONLY_2026_05,
        "secretRotationStatus": _ROTATION,
    },
    extendedLocation=_LOCATION,
)
STORAGE_APPLIANCE = _resource(
    {
        **dict.fromkeys(
            (
                "administratorCredentials",
                "capacity",
                "capacityUsed",
                "clusterId",
                "detailedStatus",
                "detailedStatusMessage",
                "managementIpv4Address",
                "manufacturer",
                "model",
                "provisioningState",
                "rackId",
                "rackSlot",
                "remoteVendorManagementFeature",
                "remoteVendorManagementStatus",
                "storageApplianceSkuId",
                "version",
            ),
            _READ_ONLY,
        ),
        "caCertificate": _READ_ONLY_2025_07,
        "expansionShelves": _READ_ONLY_2026_01,
        "monitoringConfigurationStatus": _READ_ONLY_2026_05,
        "secretRotationStatus": _ROTATION,
        "serialNumber": _TEXT,
    },
    extendedLocation=_LOCATION,
)

SHAPES: dict[str, Shape] = {
    "clustermanagers": CLUSTER_MANAGER,
    "clusters": CLUSTER,
    "baremetalmachines": BARE_METAL_MACHINE,
    "storageappliances": STORAGE_APPLIANCE,
}

_PATCHED: dict[str, tuple[str, ...]] = {
    "clustermanagers": (),
    "clusters": (
        "aggregatorOrSingleRackDefinition",
        "analyticsOutputSettings",
        "clusterLocation",
        "clusterServicePrincipal",
        "commandOutputSettings",
        "computeDeploymentThreshold",
        "computeRackDefinitions",
        "runtimeProtectionConfiguration",
        "secretArchive",
        "secretArchiveSettings",
        "updateStrategy",
        "vulnerabilityScanningSettings",
    ),
    "baremetalmachines": ("machineDetails",),
    "storageappliances": ("serialNumber",),
}
"""The properties that a PATCH may change."""


def patch_shape(kind: str, version: str) -> Shape:
    """What a PATCH of this kind (`clusters`) may hold in this version."""
    shape = SHAPES[kind]
    allowed: Shape = {name: shape[name] for name in ("identity", "tags") if name in shape}
    if not _PATCHED[kind]:
        return allowed
    known = shape["properties"].members
    members = {name: _for_patch(known[name], version) for name in _PATCHED[kind]}
    return allowed | {"properties": Member(members=members)}


def _for_patch(member: Member, version: str) -> Member:
    if version >= PATCH_MODELS_SINCE:
        return _relaxed(member)
    return replace(member, required=False, nullable=member.nullable and version >= NULLABLE_SINCE)


def _relaxed(member: Member) -> Member:
    members = {name: _relaxed(inner) for name, inner in member.members.items()}
    return replace(member, required=False, nullable=True, members=members)
