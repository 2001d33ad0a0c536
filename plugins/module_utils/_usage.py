# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the clusters whose credentials are written into a vault, and with which principals.

Private to this collection. What is to be taken away may serve another cluster, of the same manager or of another one,
in any subscription: all that the login can see are looked at.
"""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _api_version, _method
from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import UNREGISTERED, NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import (
    CLUSTER,
    CLUSTER_MANAGER,
    collection_in,
    key,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import visible_subscriptions

Document = dict[str, Any]


def users_of(arm: Arm, vault_id: str, leaving: Collection[str] = ()) -> dict[str, list[str]]:
    """Principal id (lower case) -> the ids of the clusters that write into the vault with it.

    `leaving` are ids of clusters that do not count. Raises NexusError when the login may not list clusters or managers.
    """
    left_out = {key(item) for item in leaving}
    visible = visible_subscriptions(arm)
    clusters = _everywhere(arm, CLUSTER, visible)
    managers = {key(item["id"]): item for item in _everywhere(arm, CLUSTER_MANAGER, visible)}
    found: dict[str, list[str]] = {}
    for cluster in clusters:
        if key(cluster["id"]) in left_out:
            continue
        _add_manager(arm, cluster, managers)
        for principal_id in _method.writers(cluster, managers, vault_id):
            found.setdefault(principal_id.lower(), []).append(cluster["id"])
    return found


def _everywhere(arm: Arm, kind: str, visible: list[str]) -> list[Document]:
    found: list[Document] = []
    for subscription in visible:
        try:
            found += arm.list_resources(collection_in(subscription, kind), _api_version.NETWORK_CLOUD)
        except NexusError as error:
            # A subscription that has never had anything to do with Nexus.
            if error.code != UNREGISTERED:
                raise
    return found


def _add_manager(arm: Arm, cluster: Document, managers: dict[str, Document]) -> None:
    """Read a manager that lies where nothing is listed. One that is gone writes nothing."""
    manager_id = _method.manager_id(cluster)
    if _method.in_use(cluster) != _method.CLUSTER_MANAGER or not manager_id or key(manager_id) in managers:
        return
    try:
        manager = arm.get(manager_id, _api_version.NETWORK_CLOUD)
    except NexusError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        # Not even the subscription is there.
        manager = None
    if manager is not None:
        managers[key(manager_id)] = manager
