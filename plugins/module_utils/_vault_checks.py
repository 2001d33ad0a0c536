# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a key vault is one that the platform could write into, whoever it writes as. Pure.

Private to this collection.
"""

from __future__ import annotations

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _documents,
    _identity,
    _method,
    _secret_archive_settings,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._finding import (
    ERROR,
    NOT_READABLE,
    WARNING,
    Finding,
    named,
    subscription_of,
    task,
    unreadable,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._readiness_facts import Facts
from ansible_collections.operator_nexus.credentials.plugins.module_utils._writers import Document, ask_again


def check_vault(facts: Facts) -> list[Finding] | None:
    if isinstance(facts.vault, NexusError):
        return [unreadable("vault", "The key vault", facts.vault, facts.vault_id)]
    if facts.vault is not None:
        return _wrong_uri(facts)
    if facts.vault_id:
        text = f"There is no key vault {facts.vault_id}. One that was deleted can be had back: az keyvault recover."
        *_path, name = facts.vault_id.split("/")
        remedy = (
            f"az keyvault create --name {name} --resource-group {facts.vault_id.split('/')[4]} "
            f"--subscription {subscription_of(facts.vault_id)} --enable-rbac-authorization true"
        )
        return [Finding("KeyVaultNotFound", ERROR, "vault", text, facts.vault_id, remedy)]
    if facts.cluster is None:
        return None
    return [_no_vault(facts)]


def _wrong_uri(facts: Facts) -> list[Finding]:
    """Settings that name the vault by its name at the address of another cloud."""
    own, linked, uri_key = facts.vault_uri or "", facts.linked, _secret_archive_settings.uri_key
    if facts.method != _method.CLUSTER or not linked or uri_key(own) == uri_key(linked):
        return []
    text = f"The secretArchiveSettings of {facts.cluster_id} name '{linked}'. The URI of {facts.vault_id} is {own}."
    return [Finding("KeyVaultUriInvalid", ERROR, "vault", text, facts.cluster_id, link(facts, facts.vault_id))]


def _no_vault(facts: Facts) -> Finding:
    """No vault is named, or one of which no id is known."""
    remedy = link(facts, "<id of the key vault>")
    if not facts.linked:
        text = f"{facts.cluster_id} is linked to no key vault that the platform uses, and none is given."
        return Finding("KeyVaultUriMissing", ERROR, "vault", text, facts.cluster_id, remedy)
    if facts.method == _method.CLUSTER_MANAGER:
        text = f"The secretArchive of {facts.cluster_id} names '{facts.linked}', which is no key vault's id."
        return Finding("KeyVaultNotFound", ERROR, "vault", text, facts.cluster_id, remedy)
    try:
        _secret_archive_settings.check_uri(facts.linked, "")
    except BadInput:
        text = f"The secretArchiveSettings of {facts.cluster_id} name '{facts.linked}', which is no vault's URI."
        return Finding("KeyVaultUriInvalid", ERROR, "vault", text, facts.cluster_id, remedy)
    text = (
        f"No key vault with the URI {facts.linked}, which the secretArchiveSettings of {facts.cluster_id} name, is "
        "to be seen in any subscription. It does not exist, or whoever runs this may not read it."
    )
    remedy = ask_again(facts.asked, facts.cluster_id, key_vault_id="<id of the key vault>")
    return Finding(NOT_READABLE, WARNING, "vault", text, facts.cluster_id, remedy)


def link(facts: Facts, vault_id: str) -> str:
    """The task that links a vault by the same method, with the identity that is selected, or would be by default."""
    if facts.method == _method.CLUSTER_MANAGER:
        return task("nexus_cluster_secret_archive", id=facts.cluster_id, key_vault_id=vault_id)
    identity = facts.writers[0].identity_id if facts.writers else ""
    choice = _identity.choosing(identity or _identity.SYSTEM_ASSIGNED)
    return task("nexus_cluster_secret_archive", id=facts.cluster_id, key_vault_id=vault_id, **choice)


def check_permission_model(facts: Facts) -> list[Finding] | None:
    vault = facts.known_vault
    if vault is None:
        return None
    if _documents.properties(vault).get("enableRbacAuthorization"):
        return []
    text = (
        f"{facts.vault_id} uses access policies, with which no role has effect. Operator Nexus does not support them. "
        "Before the vault is switched, those who use it need roles."
    )
    remedy = f"az keyvault update {named(facts.vault_id)} --enable-rbac-authorization true"
    return [Finding("KeyVaultAccessDenied", ERROR, "vault_permission_model", text, facts.vault_id, remedy)]


def check_network(facts: Facts) -> list[Finding] | None:
    """Whether the vault's network rules let the platform in.

    Pages of 2025 demand the exception for trusted services. The one of April 2026 says that it does not hold for
    clusters with edge credential management, which need a network security perimeter, or the public address of the
    infrastructure's firewall among the vault's. The API does not say which of the two a cluster is.

    Nor does a vault tell that it is associated with a perimeter, whose rules count alone once the association is
    enforced. Its `publicNetworkAccess` says so only where somebody has set it to SecuredByPerimeter, as Azure advises.
    """
    vault = facts.known_vault
    if vault is None:
        return None
    properties = _documents.properties(vault)
    rules, access = properties.get("networkAcls") or {}, str(properties.get("publicNetworkAccess") or "enabled")
    is_open = access.lower() == "enabled"
    if is_open and str(rules.get("defaultAction") or "Allow").lower() == "allow":
        return []
    if access.lower() == "securedbyperimeter":
        return [_perimeter(facts)]
    # Without public access Azure ignores the addresses, not the exception.
    addresses = [str(item.get("value")) for item in rules.get("ipRules") or []] if is_open else []
    subnets = [str(item.get("id")) for item in rules.get("virtualNetworkRules") or []] if is_open else []
    exempt = str(rules.get("bypass") or "AzureServices").lower() == "azureservices"
    name, shown = named(facts.vault_id), f"{facts.vault_id} (publicNetworkAccess {access}"
    shown += (
        f", defaultAction {rules.get('defaultAction') or 'Allow'}, bypass {rules.get('bypass') or 'AzureServices'})"
    )
    if not exempt and not addresses and not subnets and not _has_private_endpoint(properties):
        text = (
            f"The firewall of {shown} lets nobody in: no address, and no trusted Microsoft services. Only a network "
            "security perimeter could, which a vault does not show before its publicNetworkAccess is "
            "SecuredByPerimeter."
        )
        remedy = f"az keyvault update {name} --bypass AzureServices"
        return [Finding("KeyVaultAccessDenied", ERROR, "vault_network", text, facts.vault_id, remedy)]
    ways = [
        "trusted Microsoft services, which clusters with edge credential management are not" if exempt else "",
        f"the addresses {', '.join(addresses)}" if addresses else "",
        f"the subnets {', '.join(subnets)}" if subnets else "",
        "private endpoints" if _has_private_endpoint(properties) else "",
    ]
    text = (
        f"The firewall of {shown} lets in only {' and '.join(way for way in ways if way)}. Whether the platform is "
        "among these cannot be seen from here."
    )
    remedy = f"az keyvault network-rule add {name} --ip-address <public address of the infrastructure firewall>"
    if not is_open:
        remedy = f"az keyvault update {name} --public-network-access Enabled --default-action Deny\n{remedy}"
    return [Finding("KeyVaultNetworkUncertain", WARNING, "vault_network", text, facts.vault_id, remedy)]


def _perimeter(facts: Facts) -> Finding:
    subscription = subscription_of(facts.cluster_id)
    text = (
        f"{facts.vault_id} is secured by a network security perimeter, whose rules cannot be seen from here. An "
        f"inbound rule of the association's profile has to name the subscription {subscription}."
    )
    remedy = (
        "az network perimeter profile access-rule create --name allow-nexus --direction Inbound "
        f"--subscriptions \"[0].id='/subscriptions/{subscription}'\" --perimeter-name <perimeter> "
        "--profile-name <profile> --resource-group <resource group of the perimeter>"
    )
    return Finding("KeyVaultNetworkUncertain", WARNING, "vault_network", text, facts.vault_id, remedy)


def _has_private_endpoint(properties: Document) -> bool:
    states = [
        (_documents.properties(item).get("privateLinkServiceConnectionState") or {}).get("status")
        for item in properties.get("privateEndpointConnections") or []
    ]
    return "Approved" in states
