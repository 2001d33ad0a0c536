# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotation: new values of a cluster's credentials as new versions of secrets in the vault, named by its devices."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from collections.abc import Iterator

from documents import touched_by_platform
from moments import from_second, to_second
from state import Document, World
from vault_data import put_secret

_DAY = 86_400
_CREDENTIALS = {
    "BMC Credential": ("bmc-credential-manager", 60),
    "Bare Metal Machine Identity - console": ("console-credential-manager", 60),
    "local-path-provisioner volume passphrase": ("local-path-credential-manager", 60),
    "Storage Appliance User": ("storageappliance-credential-manager", 1),
}
"""secretType -> (its part of the secret's name, rotation period in days)."""


def devices(world: World, cluster: Document) -> Iterator[Document]:
    """The cluster's machines and storage appliances."""
    own = cluster["id"].lower()
    for kind in ("microsoft.networkcloud/baremetalmachines", "microsoft.networkcloud/storageappliances"):
        for device in world.of_type(kind):
            if device["properties"].get("clusterId", "").lower() == own:
                yield device


def rotate(world: World, cluster: Document, vault: Document, only_due: bool) -> int:
    """Write new values. Returns how many credentials were rotated."""
    moment, count = world.clock(), 0
    for device in devices(world, cluster):
        entries = [entry for entry in _status(device) if not only_due or _due(entry, vault) <= moment]
        for entry in entries:
            _rotate_one(world, cluster, device, entry, vault)
        if entries:
            touched_by_platform(device, moment)
        count += len(entries)
    return count


def rotated_before(world: World, cluster: Document, vault: Document | None, days: int) -> None:
    """As if every credential had been rotated so many days ago, into this vault or, before there was any, into none."""
    moment = to_second(world.clock() - days * _DAY)
    for device in devices(world, cluster):
        for entry in _status(device):
            if vault is not None:
                _rotate_one(world, cluster, device, entry, vault)
            entry["lastRotationTime"] = moment
            entry["rotationPeriodDays"] = _CREDENTIALS[entry["secretType"]][1]


def next_due(world: World, cluster: Document, vault: Document) -> float:
    """When the next credential is to be rotated, epoch seconds; infinity for a cluster without devices."""
    due = [_due(entry, vault) for device in devices(world, cluster) for entry in _status(device)]
    return min(due, default=float("inf"))


def secret_name(cluster: Document, device: Document, secret_type: str) -> str:
    """`<cluster guid>-<resource group>-<cluster>-<kind>-<8 hex>`: stable, so that each rotation adds a version."""
    guid = uuid.uuid5(uuid.NAMESPACE_URL, cluster["id"].lower())
    group = cluster["id"].split("/")[4]
    mark = hashlib.sha256(f"{device['id'].lower()} {secret_type}".encode()).hexdigest()[:8]
    tail = f"-{_CREDENTIALS[secret_type][0]}-{mark}"
    head = re.sub(r"[^0-9a-zA-Z-]", "-", f"{guid}-{group}-{cluster['name']}")
    return head[: 127 - len(tail)] + tail


def _rotate_one(world: World, cluster: Document, device: Document, entry: Document, vault: Document) -> None:
    name = secret_name(cluster, device, entry["secretType"])
    version = put_secret(world, vault, name, secrets.token_urlsafe(24))
    entry["lastRotationTime"] = to_second(world.clock())
    entry["rotationPeriodDays"] = _CREDENTIALS[entry["secretType"]][1]
    entry["secretArchiveReference"] = {
        "keyVaultId": vault["id"],
        "keyVaultUri": vault["properties"]["vaultUri"],
        "secretName": name,
        "secretVersion": version["id"].rsplit("/", 1)[-1],
    }


def _status(device: Document) -> list[Document]:
    entries: list[Document] = device["properties"].get("secretRotationStatus", [])
    return entries


def _due(entry: Document, vault: Document) -> float:
    """When a credential is to be rotated, epoch seconds: at once while it does not lie in the vault."""
    if entry.get("secretArchiveReference", {}).get("keyVaultId", "").lower() != vault["id"].lower():
        return 0.0
    return from_second(entry["lastRotationTime"]) + float(entry["rotationPeriodDays"]) * _DAY
