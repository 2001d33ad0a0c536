# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Nexus resources that a fleet starts with: managers, running clusters, their machines and appliances."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import datetime, timezone

import networkcloud_defaults
from documents import PLATFORM_APPLICATION
from state import Document, World

_PROVIDER = "Microsoft.NetworkCloud"
_FABRIC = "Microsoft.ManagedNetworkFabric"
_VERSION = "3.16.0"
_DEPLOYED_DAYS = 30
"""How long ago the fleet was deployed: machines had their first rotation then, and none since."""


def stable_id(*words: str) -> str:
    """A GUID that is the same in each run."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "operator-nexus-emulator/" + "/".join(words).lower()))


def manager_document(world: World, group_id: str, name: str, *, location: str, tags: Document) -> Document:
    """A cluster manager that has no identity."""
    document = {
        **_resource(world, group_id, f"clusterManagers/{name}", location, tags),
        "kind": "Nexus",
        "identity": {"type": "None"},
        "properties": {
            "analyticsWorkspaceId": f"{group_id}/providers/Microsoft.OperationalInsights/workspaces/{name}-law",
            "detailedStatus": "Available",
            "detailedStatusMessage": "Cluster manager is available.",
            "fabricControllerId": f"{group_id}/providers/{_FABRIC}/networkFabricControllers/{name}-nfc",
            "managedResourceGroupConfiguration": {"location": location, "name": hosted_group(f"{group_id}/{name}")},
            "provisioningState": "Succeeded",
        },
    }
    networkcloud_defaults.complete_manager(document)
    return document


def cluster_document(
    world: World, group_id: str, name: str, *, manager: Document, machines: int, appliances: int
) -> Document:
    """A running cluster: appliances in the aggregator rack, machines in one compute rack."""
    location, hosted = manager["location"], hosted_group(f"{group_id}/{name}")
    skus = f"/subscriptions/{_subscription(group_id)}/providers/{_PROVIDER}/rackSkus"
    number = int(_mark(f"{group_id}/{name}")[:4], 16)
    document = {
        **_resource(world, group_id, f"clusters/{name}", location, {}),
        "kind": "Nexus",
        "extendedLocation": dict(manager["properties"]["managerExtendedLocation"]),
        "properties": {
            "aggregatorOrSingleRackDefinition": {
                **_rack(group_id, name, 0),
                "rackSkuId": f"{skus}/VNearEdge1_Aggregator_x70r3_9",
                "bareMetalMachineConfigurationData": [],
                "storageApplianceConfigurationData": [
                    {
                        "rackSlot": slot,
                        "adminCredentials": {"username": "pureuser"},
                        "storageApplianceName": f"{name}-pure{slot:02}",
                        "serialNumber": f"SA{number:04X}{slot:03}",
                    }
                    for slot in range(1, appliances + 1)
                ],
            },
            "analyticsWorkspaceId": f"{group_id}/providers/Microsoft.OperationalInsights/workspaces/{name}-law",
            "clusterConnectionStatus": "Connected",
            "clusterExtendedLocation": _custom_location(group_id, hosted, f"{name}-cstm-loc"),
            "clusterLocation": "Data centre 1, floor 3, aisle 9",
            "clusterManagerConnectionStatus": "Connected",
            "clusterManagerId": manager["id"],
            "clusterServicePrincipal": {
                "applicationId": stable_id(group_id, name, "application"),
                "principalId": stable_id(group_id, name, "principal"),
                "tenantId": world.tenant_id,
            },
            "clusterType": "MultiRack",
            "clusterVersion": _VERSION,
            "computeDeploymentThreshold": {"grouping": "PerRack", "type": "PercentSuccess", "value": 80},
            "computeRackDefinitions": [
                {
                    **_rack(group_id, name, 1),
                    "rackSkuId": f"{skus}/VNearEdge4_Compute_DellR750",
                    "storageApplianceConfigurationData": [],
                    "bareMetalMachineConfigurationData": [_machine(number, slot) for slot in range(1, machines + 1)],
                }
            ],
            "detailedStatus": "Running",
            "detailedStatusMessage": "Cluster is up and running.",
            "hybridAksExtendedLocation": _custom_location(group_id, hosted, f"{name}-haks-cstm-loc"),
            "managedResourceGroupConfiguration": {"location": location, "name": hosted},
            "manualActionCount": 0,
            "networkFabricId": f"{group_id}/providers/{_FABRIC}/networkFabrics/{name}-fabric",
            "supportExpiryDate": "2027-06-30",
            "provisioningState": "Succeeded",
        },
    }
    networkcloud_defaults.complete_cluster(document)
    return document


def machine_documents(world: World, cluster: Document) -> Iterator[Document]:
    """The bare metal machine resources behind a cluster's rack definitions; they live in its managed resource group."""
    hosted, properties = _hosted_id(cluster), cluster["properties"]
    for machine in properties["computeRackDefinitions"][0]["bareMetalMachineConfigurationData"]:
        name = machine["machineName"]
        interfaces = [{"macAddress": machine["bootMacAddress"], "name": "enp4s0f0"}]
        yield {
            **_resource(world, hosted, f"bareMetalMachines/{name}", cluster["location"], {}),
            "extendedLocation": dict(properties["clusterExtendedLocation"]),
            "properties": {
                **machine,
                "rackId": f"{hosted}/providers/{_PROVIDER}/racks/rack1",
                "machineSkuId": "Compute_DellR750_56C_512GB_4d6n",
                "machineDetails": "",
                "machineRoles": ["platform.afo-nc.microsoft.com/compute-plane=true"],
                "associatedResourceIds": [],
                "virtualMachinesAssociatedIds": [],
                "secretRotationStatus": [
                    _first_rotation(world, "Bare Metal Machine Identity - console", 60),
                    # As recorded: never rotated, so there is neither a time nor a period.
                    {"expirePeriodDays": 90, "secretType": "BMC Credential"},
                    _first_rotation(world, "local-path-provisioner volume passphrase", 60),
                ],
                "clusterId": cluster["id"],
                "readyState": "True",
                "cordonStatus": "Uncordoned",
                "powerState": "On",
                "hardwareInventory": {"interfaces": interfaces, "nics": interfaces},
                "detailedStatus": "Provisioned",
                "detailedStatusMessage": "The OS is provisioned to the machine",
                "oamIpv4Address": f"10.23.25.{100 + machine['rackSlot']}",
                "osImage": "http://10.23.25.102/worker/image.qcow2",
                "machineClusterVersion": _VERSION,
                "kubernetesNodeName": name,
                "kubernetesVersion": "v1.29.5",
                "provisioningState": "Succeeded",
            },
        }


def appliance_documents(world: World, cluster: Document) -> Iterator[Document]:
    hosted, properties = _hosted_id(cluster), cluster["properties"]
    for appliance in properties["aggregatorOrSingleRackDefinition"]["storageApplianceConfigurationData"]:
        name = appliance["storageApplianceName"]
        yield {
            **_resource(world, hosted, f"storageAppliances/{name}", cluster["location"], {}),
            "extendedLocation": dict(properties["clusterExtendedLocation"]),
            "properties": {
                "rackId": f"{hosted}/providers/{_PROVIDER}/racks/rack0",
                "storageApplianceSkuId": "Pure_x70r3_9_91000GB",
                "serialNumber": appliance["serialNumber"],
                "rackSlot": appliance["rackSlot"],
                "administratorCredentials": {"username": "pureuser"},
                "secretRotationStatus": [_first_rotation(world, "Storage Appliance User", 1)],
                "provisioningState": "Succeeded",
                "detailedStatus": "Available",
                "detailedStatusMessage": "OK",
                "clusterId": cluster["id"],
                "capacity": 50982,
                "capacityUsed": 1,
                "remoteVendorManagementStatus": "Disabled",
                "remoteVendorManagementFeature": "Supported",
                "managementIpv4Address": f"172.29.43.{200 + appliance['rackSlot']}",
            },
        }


def hosted_group(owner: str) -> str:
    """The name of the managed resource group, as Nexus makes it up."""
    return f"{owner.rsplit('/', 1)[-1]}-HostedResources-{_mark(owner).upper()}"


def _resource(world: World, group_id: str, path: str, location: str, tags: Document) -> Document:
    """What all have in common; `path` is type and name."""
    kind, name = path.split("/")
    deployed = _deployed(world).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
    return {
        "id": f"{group_id}/providers/{_PROVIDER}/{kind}/{name}",
        "name": name,
        "type": f"{_PROVIDER}/{kind}".lower(),
        "location": location,
        "tags": dict(tags),
        "systemData": {
            "createdBy": PLATFORM_APPLICATION,
            "createdByType": "Application",
            "createdAt": deployed,
            "lastModifiedBy": PLATFORM_APPLICATION,
            "lastModifiedByType": "Application",
            "lastModifiedAt": deployed,
        },
    }


def _rack(group_id: str, cluster: str, number: int) -> Document:
    return {
        "availabilityZone": "1",
        "networkRackId": f"{group_id}/providers/{_FABRIC}/networkRacks/{cluster}-rack{number}",
        "rackLocation": f"Aisle 9, rack {number}",
        "rackSerialNumber": f"{cluster}-rack{number}",
    }


def _machine(cluster_number: int, slot: int) -> Document:
    high, low = divmod(cluster_number, 256)
    return {
        "rackSlot": slot,
        "bootMacAddress": f"52:54:00:{high:02x}:{low:02x}:{slot:02x}",
        "bmcCredentials": {"username": "root"},
        "bmcConnectionString": f"redfish+https://10.100.100.{10 + slot}/redfish/v1/Systems/System.Embedded.1",
        "machineName": f"rack1compute{slot:02}",
        "bmcMacAddress": f"52:54:01:{high:02x}:{low:02x}:{slot:02x}",
        "serialNumber": f"BM{cluster_number:04X}{slot:03}",
    }


def _first_rotation(world: World, secret_type: str, period: int) -> Document:
    return {
        "expirePeriodDays": 90,
        "lastRotationTime": _deployed(world).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "rotationPeriodDays": period,
        "secretType": secret_type,
    }


def _deployed(world: World) -> datetime:
    return datetime.fromtimestamp(world.clock() - _DEPLOYED_DAYS * 86_400, timezone.utc)


def _custom_location(group_id: str, hosted: str, name: str) -> Document:
    place = f"/subscriptions/{_subscription(group_id)}/resourceGroups/{hosted}"
    return {"name": f"{place}/providers/Microsoft.ExtendedLocation/customLocations/{name}", "type": "CustomLocation"}


def _hosted_id(cluster: Document) -> str:
    name = cluster["properties"]["managedResourceGroupConfiguration"]["name"]
    return f"/subscriptions/{_subscription(cluster['id'])}/resourceGroups/{name}"


def _subscription(resource_id: str) -> str:
    return resource_id.split("/")[2]


def _mark(text: str) -> str:
    return hashlib.sha256(text.lower().encode()).hexdigest()[:8]
