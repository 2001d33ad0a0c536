# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Nexus platform's side of the story: it rotates credentials into the vault that a cluster is linked to.

Nothing runs in the background: `tick` is called before each request is handled and catches up. Linked and usable, every
credential of the cluster's machines and storage appliances arrives as a new version in the vault and is named in
`secretRotationStatus`. Linked and not usable, nothing arrives and the cluster says why.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from access import allowed
from documents import PLATFORM_APPLICATION
from identity_block import kinds
from state import Document, World
from vault_data import VAULT_TYPE, put_secret

LOG = logging.getLogger("emulator")
MANAGEMENT_APPLICATION = "3365d4ea-bb16-4bc9-86dd-f2c8cf6f1f56"
"""AFOI-NC-MGMT-PME-PROD, which borrows a cluster manager's user assigned identity in order to write."""
_ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
_SET_SECRET = f"{VAULT_TYPE}/secrets/setSecret/action"
_DAY = 86_400
_VALID = 12 * 3600
"""Seconds for which a successful validation of the vault counts."""
_USUAL_MESSAGES = {"Running": "Cluster is up and running.", "PendingDeployment": "Cluster is pending deployment."}
_CREDENTIALS = {
    "BMC Credential": ("bmc-credential-manager", 60),
    "Bare Metal Machine Identity - console": ("console-credential-manager", 60),
    "local-path-provisioner volume passphrase": ("local-path-credential-manager", 60),
    "Storage Appliance User": ("storageappliance-credential-manager", 1),
}
"""secretType -> (its part of the secret's name, rotation period in days)."""


@dataclass(frozen=True)
class Obstacle:
    """Why nothing can be written: a documented KeyVault* code, what is wrong, what to do."""

    code: str
    message: str
    remediation: str


def cluster_changed(world: World, cluster: Document) -> None:
    """A write of the cluster has settled: validate its archive again."""
    watch(world, cluster)
    tick(world)


def manager_changed(world: World, manager: Document) -> None:
    """A write of the cluster manager has settled, or it is gone: validate the archives of all its clusters again."""
    for cluster in world.of_type("Microsoft.NetworkCloud/clusters"):
        if cluster["properties"].get("clusterManagerId", "").lower() == manager["id"].lower():
            watch(world, cluster)
    tick(world)


def forget(world: World, cluster: Document) -> None:
    """The cluster is gone."""
    world.rotations.pop(cluster["id"].lower(), None)


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
    vault_id = linked_vault_id(cluster)
    if vault_id is None:
        error = {
            "code": "KeyVaultUriMissing",
            "message": "No key vault is linked and enabled.",
            "remediation": "Link one.",
        }
        return {"rotated": 0, "error": error}
    obstacle = find_obstacle(world, cluster, vault_id)
    _report(world, cluster, obstacle)
    if obstacle is not None:
        return {"rotated": 0, "error": vars(obstacle)}
    return {"rotated": _rotate(world, cluster, vault_id, only_due=False), "error": None}


def linked_vault_id(cluster: Document) -> str | None:
    """The vault that this cluster's credentials go to; None when none is linked, or linked and not enabled.

    None as well once the cluster has the successor, archive settings and an identity of its own: the platform then
    ignores the link and the cluster manager's identity (contract 0.1).
    """
    settings = cluster["properties"].get("secretArchiveSettings") or {}
    if settings.get("vaultUri") and kinds(cluster.get("identity")):
        return None
    archive = cluster["properties"].get("secretArchive") or {}
    return archive.get("keyVaultId") if archive.get("useKeyVault") == "True" else None


def find_obstacle(world: World, cluster: Document, vault_id: str) -> Obstacle | None:
    """What keeps the platform from writing to the vault, in the order in which its validation goes; None: it can."""
    manager = world.find(cluster["properties"].get("clusterManagerId", "")) or {}
    principals, borrowed = _principals(world, manager.get("identity") or {})
    if not principals and borrowed is None:
        text = f"The cluster manager of cluster '{cluster['name']}' has no managed identity."
        return Obstacle("KeyVaultIdentityMissing", text, "Give the cluster manager a managed identity.")
    vault = world.find(vault_id)
    if vault is None or vault["type"].lower() != VAULT_TYPE.lower():
        text = f"The key vault '{vault_id}' was not found."
        return Obstacle("KeyVaultNotFound", text, "Link a key vault that exists.")
    if not vault["properties"].get("enableRbacAuthorization"):
        text = f"The key vault '{vault['name']}' uses access policies, which are not supported."
        return Obstacle(
            "KeyVaultAccessDenied", text, "Set the vault's permission model to Azure role-based access control."
        )
    if not network_allows(vault):
        text = f"The network rules of key vault '{vault['name']}' refuse the platform."
        return Obstacle("KeyVaultAccessDenied", text, "Let trusted Microsoft services bypass the vault's firewall.")
    if not principals:
        return borrowed
    if any(allowed(world, principal, _SET_SECRET, vault["id"], data=True) for principal in principals):
        return None
    text = f"None of the cluster manager's identities may write secrets to key vault '{vault['name']}'."
    remedy = "Assign the role Operator Nexus Key Vault Writer Service Role (Preview) on the vault; allow 10 minutes."
    return Obstacle("KeyVaultAccessDenied", text, remedy)


def network_allows(vault: Document) -> bool:
    """Whether the platform gets through: from everywhere, or as a trusted Microsoft service (the default exception)."""
    properties = vault["properties"]
    rules = properties.get("networkAcls") or {}
    access = properties.get("publicNetworkAccess", "Enabled").lower()
    if access == "enabled" and rules.get("defaultAction", "Allow") == "Allow":
        return True
    # A network security perimeter does not know the exception for trusted services.
    return access != "securedbyperimeter" and rules.get("bypass", "AzureServices") == "AzureServices"


def _principals(world: World, identity: Document) -> tuple[list[str], Obstacle | None]:
    """The identities' principals that the platform can act as, and why it cannot act as the others."""
    usable, obstacle = [], None
    if identity.get("principalId"):
        usable.append(identity["principalId"])
    for identity_id in identity.get("userAssignedIdentities") or {}:
        resource = world.find(identity_id)
        if resource is None:
            text = f"The user assigned identity '{identity_id}' was not found."
            obstacle = Obstacle("KeyVaultIdentityResourceIdInvalid", text, "Attach an identity that exists.")
        elif not _may_assign(world, resource["id"]):
            text = f"AFOI-NC-MGMT-PME-PROD may not perform '{_ASSIGN}' over '{identity_id}'."
            remedy = "Assign the role Managed Identity Operator on the identity to AFOI-NC-MGMT-PME-PROD."
            obstacle = Obstacle("KeyVaultAccessDenied", text, remedy)
        else:
            usable.append(resource["properties"]["principalId"])
    return usable, obstacle


def _may_assign(world: World, identity_id: str) -> bool:
    operators = [item for item in world.principals.values() if item["appId"] == MANAGEMENT_APPLICATION]
    return any(allowed(world, item["objectId"], _ASSIGN, identity_id) for item in operators)


def watch(world: World, cluster: Document) -> None:
    """Begin or end to care for a cluster's archive. Before its deployment nothing is validated (recorded)."""
    deployed = cluster["properties"].get("detailedStatus") != "PendingDeployment"
    key, vault_id = cluster["id"].lower(), linked_vault_id(cluster)
    if deployed and vault_id is not None:
        record = world.rotations.get(key, {})
        known = record.get("vault") == vault_id.lower()
        since = record["usableSince"] if known else None
        world.rotations[key] = {"vault": vault_id.lower(), "usableSince": since, "next": 0.0}
        return
    if world.rotations.pop(key, None) is None:
        return
    cluster["properties"].pop("conditions", None)
    cluster["properties"]["detailedStatusMessage"] = _usual_message(cluster)


def _reconcile(world: World, cluster: Document, record: Document) -> None:
    now, vault_id = world.clock(), linked_vault_id(cluster)
    if vault_id is None or vault_id.lower() != record["vault"]:
        return  # a write of the cluster goes on, whose end calls `watch`
    obstacle = find_obstacle(world, cluster, vault_id)
    _report(world, cluster, obstacle)
    if obstacle is not None:
        record.update(usableSince=None, next=0.0)
        return
    if record["usableSince"] is None:
        record["usableSince"] = now
    begin = record["usableSince"] + world.settings.rotation_seconds
    if begin > now:
        record["next"] = begin
        return
    _rotate(world, cluster, vault_id, only_due=True)
    due = [_due(entry, vault_id) for device in devices(world, cluster) for entry in _status(device)]
    record["next"] = min([now + _VALID, *due])


def _rotate(world: World, cluster: Document, vault_id: str, only_due: bool) -> int:
    """Write new values. Returns how many credentials were rotated."""
    vault, count = world.find(vault_id), 0
    if vault is None:
        raise LookupError(vault_id)
    for device in devices(world, cluster):
        entries = [entry for entry in _status(device) if not only_due or _due(entry, vault_id) <= world.clock()]
        for entry in entries:
            _rotate_one(world, cluster, device, entry, vault)
        if entries:
            _written(world, device)
        count += len(entries)
    return count


def _rotate_one(world: World, cluster: Document, device: Document, entry: Document, vault: Document) -> None:
    name = secret_name(cluster, device, entry["secretType"])
    version = put_secret(world, vault, name, secrets.token_urlsafe(24))
    entry["lastRotationTime"] = _to_second(world.clock())
    entry["rotationPeriodDays"] = _CREDENTIALS[entry["secretType"]][1]
    entry["secretArchiveReference"] = {
        "keyVaultId": vault["id"],
        "keyVaultUri": vault["properties"]["vaultUri"],
        "secretName": name,
        "secretVersion": version["id"].rsplit("/", 1)[-1],
    }


def secret_name(cluster: Document, device: Document, secret_type: str) -> str:
    """`<cluster guid>-<resource group>-<cluster>-<kind>-<8 hex>`: stable, so that each rotation adds a version."""
    guid = uuid.uuid5(uuid.NAMESPACE_URL, cluster["id"].lower())
    group = cluster["id"].split("/")[4]
    mark = hashlib.sha256(f"{device['id'].lower()} {secret_type}".encode()).hexdigest()[:8]
    tail = f"-{_CREDENTIALS[secret_type][0]}-{mark}"
    head = re.sub(r"[^0-9a-zA-Z-]", "-", f"{guid}-{group}-{cluster['name']}")
    return head[: 127 - len(tail)] + tail


def devices(world: World, cluster: Document) -> Iterator[Document]:
    """The cluster's machines and storage appliances."""
    own = cluster["id"].lower()
    for kind in ("microsoft.networkcloud/baremetalmachines", "microsoft.networkcloud/storageappliances"):
        for device in world.of_type(kind):
            if device["properties"].get("clusterId", "").lower() == own:
                yield device


def _status(device: Document) -> list[Document]:
    entries: list[Document] = device["properties"].get("secretRotationStatus", [])
    return entries


def _due(entry: Document, vault_id: str) -> float:
    """When a credential is to be rotated, epoch seconds: at once while it does not lie in the linked vault."""
    if entry.get("secretArchiveReference", {}).get("keyVaultId", "").lower() != vault_id.lower():
        return 0.0
    last = datetime.strptime(entry["lastRotationTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return last.timestamp() + float(entry["rotationPeriodDays"]) * _DAY


def _report(world: World, cluster: Document, obstacle: Obstacle | None) -> None:
    """Show the outcome of a validation in the cluster: conditions and detailedStatusMessage."""
    properties = cluster["properties"]
    message = _usual_message(cluster)
    if obstacle:
        message += f" Credentials cannot be rotated: {obstacle.code}: {obstacle.message} {obstacle.remediation}"
    status = "False" if obstacle else "True"
    before = {item["type"]: item for item in properties.get("conditions", [])}
    known = before.get("AzureSecretArchiveReady", {})
    if known.get("status") == status and properties.get("detailedStatusMessage") == message:
        return
    details: Document = {"errors": [vars(obstacle)]} if obstacle else {"lastValidated": _to_second(world.clock())}
    moved = known["lastTransitionTime"] if known.get("status") == status else _to_second(world.clock())
    condition = {
        "status": status,
        "lastTransitionTime": moved,
        "reason": "ValidationFailed" if obstacle else "ValidationPassed",
        "message": json.dumps({"schemaVersion": "v1", **details}),
    }
    kinds = ("AzurePrerequisitesReady", "AzureSecretArchiveReady")
    properties["conditions"] = [{"type": kind, **condition} for kind in kinds]
    properties["detailedStatusMessage"] = message
    _written(world, cluster)


def _usual_message(cluster: Document) -> str:
    return _USUAL_MESSAGES.get(cluster["properties"].get("detailedStatus", ""), "")


def _written(world: World, document: Document) -> None:
    """The platform has written a resource by itself, as its own application."""
    document["systemData"] |= {
        "lastModifiedBy": PLATFORM_APPLICATION,
        "lastModifiedByType": "Application",
        "lastModifiedAt": world.now(),
    }


def _to_second(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
