# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ARM documents as Ansible results: snake_case names, flat, lean. Pure.

Private to this collection.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _identity,
    _secret_archive,
    _secret_archive_settings,
)

Document = dict[str, Any]

# The hardware inventory and the workload list make up most of a cluster's document (hundreds of machines) and say
# nothing about its credentials. A fleet's list would outgrow what an automation controller stores of one result.
_BULKY = ("aggregatorOrSingleRackDefinition", "computeRackDefinitions", "workloadResourceIds")
# Members whose keys are the user's own words, not Azure's.
_VERBATIM = ("tags",)


def cluster_manager(document: Document) -> dict[str, Any]:
    """A cluster manager: its top-level members and its properties side by side, identity as `_identity.report`."""
    return _flat(document)


def cluster(document: Document) -> dict[str, Any]:
    """A cluster, like `cluster_manager`, plus both links to a vault as their `report`; None where it has none."""
    found = _flat(document)
    found["cluster_manager_id"] = found.get("cluster_manager_id")
    found["secret_archive"] = _secret_archive.report(properties(document).get("secretArchive"))
    found["secret_archive_settings"] = _secret_archive_settings.report(
        properties(document).get("secretArchiveSettings")
    )
    return found


def properties(document: Document) -> dict[str, Any]:
    return document.get("properties") or {}


def snake(name: str) -> str:
    """`clusterManagerId` -> `cluster_manager_id`, `vaultURI` -> `vault_uri`."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", parted).lower()


def snaked(value: Any) -> Any:
    """The same value with every member name in snake_case, all the way down; tags keep theirs."""
    if isinstance(value, list):
        return [snaked(item) for item in value]
    if isinstance(value, dict):
        return {snake(name): item if name in _VERBATIM else snaked(item) for name, item in value.items()}
    return value


def _flat(document: Document) -> dict[str, Any]:
    lean = {name: value for name, value in properties(document).items() if name not in _BULKY}
    outer = {name: value for name, value in document.items() if name not in ("properties", "identity", "systemData")}
    found = snaked({**lean, **outer})
    found["tags"] = document.get("tags") or {}
    found["identity"] = _identity.report(document.get("identity"))
    for name in ("provisioning_state", "detailed_status", "detailed_status_message"):
        found[name] = found.get(name)
    return found
