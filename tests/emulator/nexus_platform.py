# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Nexus platform's side of the story: it rotates credentials into the vault that a cluster names.

Nothing runs in the background: `tick` is called before each request is handled and catches up. Usable, every credential
of the cluster's machines and storage appliances arrives as a new version in the vault and is named in
`secretRotationStatus`. Not usable, nothing arrives and the cluster says why. Which archive that is says archive.py,
whether it is usable archive_validation.py; archive_rotation.py writes, archive_report.py shows.
"""

from __future__ import annotations

import logging

import archive_history
import archive_report
from archive import CLUSTER_MANAGER, archive_of
from archive_rotation import next_due, rotate
from archive_validation import Validation, validate
from state import Document, World

LOG = logging.getLogger("emulator")
_VALID = 12 * 3600
"""Seconds for which a successful validation of the vault counts."""
_BEING_WRITTEN = ("Accepted", "Deleting")


def update_begins(world: World, cluster: Document, correlation_id: str | None) -> None:
    """A write of the cluster has begun; the document shows it already."""
    if _deployed(cluster) and archive_of(cluster) is not None:
        archive_report.update_begins(cluster, correlation_id, world.clock())
        return
    cluster["properties"].pop("actionStates", None)  # no step of this update is known


def update_fails(world: World, cluster: Document, message: str) -> None:
    """A write of the cluster has ended badly: the platform goes on with what it knows."""
    archive_report.update_fails(cluster, message, world.clock())


def cluster_changed(world: World, cluster: Document) -> None:
    """A write of the cluster has settled, whatever it changed: validate its archive again.

    Microsoft's advice for a validation at once is to change an annotation of the cluster.
    """
    watch(world, cluster)
    tick(world)


def manager_changed(world: World, manager: Document) -> None:
    """A write of the cluster manager has settled: validate the archives again that it matters to."""
    for cluster in world.of_type("Microsoft.NetworkCloud/clusters"):
        archive = archive_of(cluster)
        own = cluster["properties"].get("clusterManagerId", "").lower() == manager["id"].lower()
        if own and archive is not None and archive.method == CLUSTER_MANAGER:
            watch(world, cluster)
    tick(world)


def forget(world: World, cluster: Document) -> None:
    """The cluster is gone."""
    world.rotations.pop(cluster["id"].lower(), None)
    world.history.pop(cluster["id"].lower(), None)


def watch(world: World, cluster: Document) -> None:
    """Begin or end to care for a cluster's archive. Before its deployment nothing is validated (recorded)."""
    key, archive = cluster["id"].lower(), archive_of(cluster)
    if _deployed(cluster) and archive is not None:
        before = world.rotations.get(key, {})
        since = before["usableSince"] if before.get("archive") == archive.key else None
        world.rotations[key] = {"archive": archive.key, "usableSince": since, "next": 0.0, "changed": True}
        return
    if world.rotations.pop(key, None) is not None:
        archive_report.clear(cluster)


def tick(world: World) -> None:
    """Catch up: look at every archive whose time has come. A cluster that cannot be handled does not stop the rest."""
    now = world.clock()
    for cluster_id in [key for key, record in world.rotations.items() if record["next"] <= now]:
        record = world.rotations[cluster_id]
        try:
            _reconcile(world, world.resources[cluster_id], record)
        except Exception:
            LOG.exception("the platform has failed for %s", cluster_id)
            record["next"] = now + _VALID


def rotate_now(world: World, cluster: Document) -> Document:
    """Rotate all credentials of a cluster at once: `{"rotated": count, "error": None or {code, message, ...}}`."""
    archive = archive_of(cluster)
    if archive is None:
        error = {
            "code": "KeyVaultUriMissing",
            "message": "No key vault is linked and enabled.",
            "remediation": "Link one.",
        }
        return {"rotated": 0, "error": error}
    validation = validate(world, cluster, archive)
    _publish(world, cluster, validation, repeated=True)
    if validation.obstacle is not None:
        return {"rotated": 0, "error": vars(validation.obstacle)}
    return {"rotated": _rotate(world, cluster, validation, only_due=False), "error": None}


def _deployed(cluster: Document) -> bool:
    return cluster["properties"].get("detailedStatus") not in (None, "PendingDeployment", "Failed")


def _reconcile(world: World, cluster: Document, record: Document) -> None:
    archive = archive_of(cluster)
    busy = cluster["properties"].get("provisioningState") in _BEING_WRITTEN
    if archive is None or archive.key != record["archive"] or busy:
        return  # a write of the cluster goes on, whose end calls `watch`
    now = world.clock()
    validation = validate(world, cluster, archive)
    _publish(world, cluster, validation, repeated=not record.pop("changed", False))
    if validation.obstacle is not None or validation.vault is None:
        record.update(usableSince=None, next=0.0)
        return
    if record["usableSince"] is None:
        record["usableSince"] = now
    begin = record["usableSince"] + world.settings.rotation_seconds
    if begin > now:
        record["next"] = begin
        return
    _rotate(world, cluster, validation, only_due=True)
    record["next"] = min(now + _VALID, next_due(world, cluster, validation.vault))


def _publish(world: World, cluster: Document, validation: Validation, *, repeated: bool) -> None:
    moment = world.clock()
    archive_report.show(cluster, validation, moment)
    archive_history.add_validation(world, cluster, validation, moment, repeated=repeated)


def _rotate(world: World, cluster: Document, validation: Validation, *, only_due: bool) -> int:
    if validation.vault is None:
        raise LookupError(validation.archive.vault)
    count = rotate(world, cluster, validation.vault, only_due)
    archive_history.add_rotation(world, cluster, validation, world.clock(), count)
    return count
