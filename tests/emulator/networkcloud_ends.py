# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end of a write makes of a Nexus resource: settled, failed, or gone."""

from __future__ import annotations

import identity_block
import nexus_platform
from archive_rotation import devices
from documents import touched_by_platform
from networkcloud_defaults import complete_cluster, complete_manager
from state import Document, World

_STATUS = ("detailedStatus", "detailedStatusMessage")
_FAILED_STATUS = {
    ("clustermanagers", "create"): "ProvisioningFailed",
    ("clustermanagers", "update"): "UpdateFailed",
    ("clusters", "create"): "Failed",
}
"""(type, kind of operation) -> detailedStatus after its failure. Other failures leave the detailed status alone."""


def kind_of(document: Document) -> str:
    """`clusters`, `clustermanagers`, ..."""
    return str(document["type"]).lower().rpartition("/")[2]


def settle(world: World, document: Document) -> None:
    """The end of a write: what the resource provider fills in by itself, and what the platform makes of it."""
    settle_identity(world, document)
    document["properties"]["provisioningState"] = "Succeeded"
    failed_before = document["properties"].get("detailedStatus") in _FAILED_STATUS.values()
    if kind_of(document) == "clustermanagers":
        complete_manager(document)
        if failed_before:
            available = ("Available", "Cluster manager is available.")
            document["properties"].update(zip(_STATUS, available, strict=True))
        nexus_platform.manager_changed(world, document)
        return
    # Recorded for everything but cluster managers: the resource provider's own application writes last.
    touched_by_platform(document, world.clock())
    if kind_of(document) != "clusters":
        return
    if failed_before:  # its creation, which has now been made good
        for name in _STATUS:
            del document["properties"][name]
    complete_cluster(document)
    nexus_platform.cluster_changed(world, document)


def settle_patched_manager(world: World, manager: Document) -> None:
    """A PATCH changes no more than identity and tags: a manager whose creation failed is none the better for it."""
    settle_identity(world, manager)
    nexus_platform.manager_changed(world, manager)


def settle_identity(world: World, document: Document) -> None:
    if "identity" in document:
        document["identity"] = identity_block.settle(world, document["identity"])


def fail(world: World, document: Document, operation: str, message: str) -> None:
    """The end of an operation that has failed. What was written stays, as the state that was wished for."""
    document["properties"]["provisioningState"] = "Failed"
    status = _FAILED_STATUS.get((kind_of(document), operation))
    if status:
        document["properties"].update(zip(_STATUS, (status, message), strict=True))
    if kind_of(document) == "clusters" and operation != "delete":
        nexus_platform.update_fails(world, document, message)


def show_deletion(document: Document) -> Document:
    """A cluster says that it is being deleted (recorded), of others that is not known. Returns what it said before."""
    before = {name: document["properties"][name] for name in _STATUS if name in document["properties"]}
    if kind_of(document) == "clusters":
        document["properties"] |= {
            "provisioningState": "Deleting",
            "detailedStatus": "Deleting",
            "detailedStatusMessage": "Cluster is in the process of being deleted.",
        }
    return before


def remove(world: World, document: Document) -> None:
    """The end of a deletion: with a cluster goes what came with it."""
    identity_block.release(world, document.get("identity"))
    gone = [document]
    if kind_of(document) == "clusters":
        gone += devices(world, document)
        nexus_platform.forget(world, document)
    for item in gone:
        world.resources.pop(item["id"].lower(), None)
    group = document["properties"]["managedResourceGroupConfiguration"]["name"]
    subscription = document["id"].split("/")[2]
    world.resources.pop(f"/subscriptions/{subscription}/resourceGroups/{group}".lower(), None)
