# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Nexus fills in when a cluster manager or a cluster has been made (as recorded)."""

from __future__ import annotations

import copy

from arm import ArmError
from state import Document, World

_CLUSTER_VERSIONS = (("3.11.5", "2025-03-31"), ("3.14.2", "2025-06-30"), ("3.16.0", "2025-06-30"))
_DEFAULTS: Document = {
    "runtimeProtectionConfiguration": {"enforcementLevel": "Disabled"},
    "updateStrategy": {
        "maxUnavailable": 32767,
        "strategyType": "Rack",
        "thresholdType": "PercentSuccess",
        "thresholdValue": 80,
        "waitTimeMinutes": 15,
    },
    "vulnerabilityScanningSettings": {"containerScan": "Enabled"},
}


def default_block(name: str) -> Document:
    """The default of a cluster's block as `{name: block}`, empty for a block that is absent by default."""
    return {name: copy.deepcopy(_DEFAULTS[name])} if name in _DEFAULTS else {}


def complete_manager(document: Document) -> None:
    properties = document["properties"]
    groups = document["id"].split("/providers/")[0].rpartition("/")[0]
    group = f"{groups}/{properties['managedResourceGroupConfiguration']['name']}"
    defaults: Document = {
        "availabilityZones": ["1", "2", "3"],
        "vmSize": "Standard_D8s_v3",
        "clusterVersions": [
            {"supportExpiryDate": expiry, "targetClusterVersion": version} for version, expiry in _CLUSTER_VERSIONS
        ],
        "managerExtendedLocation": _location(group, f"{document['name']}-cl"),
    }
    for name, value in defaults.items():
        properties.setdefault(name, value)


def complete_cluster(document: Document) -> None:
    properties = document["properties"]
    defaults: Document = {
        "availableUpgradeVersions": [],
        "computeRackDefinitions": [],
        "workloadResourceIds": [],
        "detailedStatus": "PendingDeployment",
        "detailedStatusMessage": "Cluster is pending deployment.",
        **copy.deepcopy(_DEFAULTS),
    }
    for name, value in defaults.items():
        properties.setdefault(name, value)


def manager_id(world: World, cluster: Document) -> str:
    """A cluster names its manager by the manager's custom location. Raises ArmError 400 when none has it."""
    wanted = cluster["extendedLocation"]["name"]
    for manager in world.of_type("Microsoft.NetworkCloud/clusterManagers"):
        location = manager["properties"].get("managerExtendedLocation", {})
        if location.get("name", "").lower() == wanted.lower():
            return str(manager["id"])
    message = f"The extended location '{wanted}' is not the custom location of any cluster manager."
    raise ArmError(400, "InvalidExtendedLocation", message)


def _location(group_id: str, name: str) -> Document:
    return {"name": f"{group_id}/providers/Microsoft.ExtendedLocation/customLocations/{name}", "type": "CustomLocation"}
