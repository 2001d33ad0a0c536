# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform's validation: whether it can write into a cluster's archive, as whom, and what keeps it from that.

The codes are the documented ones (contract 4). In which order the platform checks is not documented: here first the
vault's name, then the identity, then whether the one lets the other in.
"""

from __future__ import annotations

from dataclasses import dataclass

from access import allowed
from archive import CLUSTER_MANAGER, Archive
from identity_block import kinds
from names import vault_named, vault_origin
from state import Document, World
from vault_data import VAULT_TYPE, find_vault

MANAGEMENT_APPLICATION = "3365d4ea-bb16-4bc9-86dd-f2c8cf6f1f56"
"""AFOI-NC-MGMT-PME-PROD, which borrows a user assigned identity in order to write as it."""
_ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
_SET_SECRET = f"{VAULT_TYPE}/secrets/setSecret/action"


@dataclass(frozen=True)
class Obstacle:
    """Why nothing can be written: a documented KeyVault* code, what is wrong, what to do."""

    code: str
    message: str
    remediation: str


@dataclass(frozen=True)
class Validation:
    """Its outcome. `vault` is None where none was found; `principal` is the object id that the platform acts as, None
    where it has not come so far. No obstacle: it can write.
    """

    archive: Archive
    vault: Document | None
    principal: str | None
    obstacle: Obstacle | None


@dataclass(frozen=True)
class _Selected:
    """The identity of the cluster that the settings select; `resource_id` of a user assigned one only."""

    principal: str
    resource_id: str = ""


def validate(world: World, cluster: Document, archive: Archive) -> Validation:
    if archive.method == CLUSTER_MANAGER:
        return _validate_link(world, cluster, archive)
    return _validate_settings(world, cluster, archive)


def network_allows(vault: Document) -> bool:
    """Whether the platform gets through: from everywhere, or as a trusted Microsoft service (the default exception)."""
    properties = vault["properties"]
    rules = properties.get("networkAcls") or {}
    access = properties.get("publicNetworkAccess", "Enabled").lower()
    if access == "enabled" and rules.get("defaultAction", "Allow") == "Allow":
        return True
    # A network security perimeter does not know the exception for trusted services.
    return not _in_perimeter(vault) and rules.get("bypass", "AzureServices") == "AzureServices"


def _in_perimeter(vault: Document) -> bool:
    return str(vault["properties"].get("publicNetworkAccess", "")).lower() == "securedbyperimeter"


def _validate_link(world: World, cluster: Document, archive: Archive) -> Validation:
    """The old method: any identity of the cluster's manager will do."""
    manager = world.find(cluster["properties"].get("clusterManagerId", "")) or {}
    vault = world.find(archive.vault)
    if vault is not None and vault["type"].lower() != VAULT_TYPE.lower():
        vault = None
    principals, not_borrowed = _manager_principals(world, manager.get("identity") or {})
    writers = [item for item in principals if vault and _may_write(world, item, vault)]
    principal = next(iter(writers or principals), None)
    if principal is None and not_borrowed is None:
        text = f"The cluster manager of cluster '{cluster['name']}' has no managed identity."
        obstacle = Obstacle("KeyVaultIdentityMissing", text, "Give the cluster manager a managed identity.")
        return Validation(archive, vault, None, obstacle)
    if vault is None:
        text = f"The key vault '{archive.vault}' was not found."
        missing = Obstacle("KeyVaultNotFound", text, "Link a key vault that exists.")
        return Validation(archive, None, principal, missing)
    denied = None
    if not principals:
        denied = not_borrowed
    elif not writers:
        text = f"None of the cluster manager's identities may write secrets to key vault '{vault['name']}'."
        denied = _no_role(text)
    return Validation(archive, vault, principal, _closed(world, vault) or denied)


def _manager_principals(world: World, identity: Document) -> tuple[list[str], Obstacle | None]:
    """The identities' principals that the platform can act as, and why it cannot act as the others."""
    usable, obstacle = [], None
    if identity.get("principalId"):
        usable.append(identity["principalId"])
    for identity_id in identity.get("userAssignedIdentities") or {}:
        resource = world.find(identity_id)
        if resource is None:
            text = f"The user assigned identity '{identity_id}' was not found."
            obstacle = Obstacle("KeyVaultIdentityResourceIdInvalid", text, "Attach an identity that exists.")
        elif not _may_borrow(world, identity_id):
            obstacle = _no_operator_role(identity_id)
        else:
            usable.append(resource["properties"]["principalId"])
    return usable, obstacle


def _validate_settings(world: World, cluster: Document, archive: Archive) -> Validation:
    """The successor: the one identity that the settings select, and no other."""
    vault = _vault_at(world, archive.vault)
    if isinstance(vault, Obstacle):
        return Validation(archive, None, None, vault)
    selected = _selected(world, cluster)
    if isinstance(selected, Obstacle):
        return Validation(archive, vault, None, selected)
    return Validation(archive, vault, selected.principal, _refusal(world, vault, selected))


def _vault_at(world: World, uri: str) -> Document | Obstacle:
    """The vault of this URI, wherever in the cloud it lies."""
    form = vault_origin("{vault}") + "/"
    if not uri:
        text = "The settings of the secret archive name no key vault."
        return Obstacle("KeyVaultUriMissing", text, "Set secretArchiveSettings.vaultUri to the URI of a key vault.")
    name = vault_named(uri)
    if name is None:
        text = f"'{uri}' is not the URI of a key vault."
        return Obstacle("KeyVaultUriInvalid", text, f"Write the key vault's URI in the form {form}.")
    vault = find_vault(world, name)
    if vault is None:
        text = f"There is no key vault '{name}' at '{uri}'."
        return Obstacle("KeyVaultNotFound", text, "Name a key vault that exists in secretArchiveSettings.vaultUri.")
    return vault


def _selected(world: World, cluster: Document) -> _Selected | Obstacle:
    settings = cluster["properties"].get("secretArchiveSettings") or {}
    identity, choice = cluster.get("identity") or {}, settings.get("associatedIdentity") or {}
    kind, identity_id = choice.get("identityType"), choice.get("userAssignedIdentityResourceId")
    system = kind == "SystemAssignedIdentity"
    if not choice:
        text = "The settings of the secret archive select no identity."
        return Obstacle("KeyVaultIdentityMissing", text, "Select one in secretArchiveSettings.associatedIdentity.")
    if not kinds(identity) or (system and not identity.get("principalId")):
        wanted = "system assigned identity" if system else "managed identity"
        text = f"The cluster '{cluster['name']}' has no {wanted} of its own."
        return Obstacle("KeyVaultIdentityMissing", text, "Give the cluster the identity that its settings select.")
    if system:
        return _Selected(identity["principalId"])
    if kind != "UserAssignedIdentity":
        text = f"'{kind or ''}' is not a type of identity."
        remedy = "Set identityType to SystemAssignedIdentity or UserAssignedIdentity."
        return Obstacle("KeyVaultIdentityTypeInvalid", text, remedy)
    if not identity_id:
        text = "A user assigned identity is selected, but not which one."
        remedy = "Set userAssignedIdentityResourceId to the identity's resource id."
        return Obstacle("KeyVaultIdentityResourceIdMissing", text, remedy)
    attached = {name.lower() for name in identity.get("userAssignedIdentities") or {}}
    resource = world.find(identity_id)
    if resource is None or identity_id.lower() not in attached:
        text = f"'{identity_id}' is not a user assigned identity of the cluster '{cluster['name']}', or does not exist."
        remedy = "Attach the identity to the cluster, or select one that is attached."
        return Obstacle("KeyVaultIdentityResourceIdInvalid", text, remedy)
    return _Selected(resource["properties"]["principalId"], resource["id"])


def _refusal(world: World, vault: Document, selected: _Selected) -> Obstacle | None:
    borrowed = selected.resource_id
    # Pages of 2025 demand the role, the newest one has dropped the step (contract 5).
    needs_role = borrowed and world.settings.cluster_operator_role == "required"
    closed = _closed(world, vault)
    if closed:
        return closed
    if needs_role and not _may_borrow(world, borrowed):
        return _no_operator_role(borrowed)
    if not _may_write(world, selected.principal, vault):
        whom = f"The user assigned identity '{borrowed}'" if borrowed else "The cluster's system assigned identity"
        return _no_role(f"{whom}, which is selected, may not write secrets to key vault '{vault['name']}'.")
    return None


def _closed(world: World, vault: Document) -> Obstacle | None:
    """What of the vault itself keeps everyone from Nexus out."""
    tenant = vault["properties"]["tenantId"]
    if tenant.lower() != world.tenant_id.lower():
        text = f"The key vault '{vault['name']}' trusts the tenant '{tenant}', in which there is no such identity."
        remedy = "Give the vault the tenant of the subscription, or link a vault that has it."
        return Obstacle("KeyVaultAccessDenied", text, remedy)
    if not vault["properties"].get("enableRbacAuthorization"):
        text = f"The key vault '{vault['name']}' uses access policies, which are not supported."
        remedy = "Set the vault's permission model to Azure role-based access control."
        return Obstacle("KeyVaultAccessDenied", text, remedy)
    if not network_allows(vault):
        text = f"The network rules of key vault '{vault['name']}' refuse the platform."
        remedy = "Let trusted Microsoft services bypass the vault's firewall."
        if _in_perimeter(vault):
            remedy = "Let the clusters' subscriptions in by a rule of the vault's network security perimeter."
        return Obstacle("KeyVaultAccessDenied", text, remedy)
    return None


def _no_role(text: str) -> Obstacle:
    remedy = "Assign the role Operator Nexus Key Vault Writer Service Role (Preview) on the vault; allow 10 minutes."
    return Obstacle("KeyVaultAccessDenied", text, remedy)


def _no_operator_role(identity_id: str) -> Obstacle:
    text = f"AFOI-NC-MGMT-PME-PROD may not perform '{_ASSIGN}' over '{identity_id}'."
    remedy = "Assign the role Managed Identity Operator on the identity to AFOI-NC-MGMT-PME-PROD."
    return Obstacle("KeyVaultAccessDenied", text, remedy)


def _may_write(world: World, principal: str, vault: Document) -> bool:
    return allowed(world, principal, _SET_SECRET, vault["id"], data=True)


def _may_borrow(world: World, identity_id: str) -> bool:
    operators = [item for item in world.principals.values() if item["appId"] == MANAGEMENT_APPLICATION]
    return any(allowed(world, item["objectId"], _ASSIGN, identity_id) for item in operators)
