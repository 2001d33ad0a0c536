# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the platform may write into a key vault as a certain identity, by Azure RBAC. Pure.

Private to this collection.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _access, _documents, _method
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._finding import (
    ERROR,
    NOT_READABLE,
    WARNING,
    Finding,
    named,
    register,
    subscription_of,
    task,
    unreadable,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._readiness_facts import (
    NAMESPACE,
    Facts,
    needs_operator_role,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import key
from ansible_collections.operator_nexus.credentials.plugins.module_utils._role_assignment import (
    KEY_VAULT_WRITER,
    MANAGED_IDENTITY_OPERATOR,
    Role,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._writers import Document, Writer, ask_again

SET_SECRET = "Microsoft.KeyVault/vaults/secrets/setSecret/action"
BORROW = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"

_APPLICATION = "the platform's application AFOI-NC-MGMT-PME-PROD"


@dataclass(frozen=True)
class _Need:
    """An action that a principal must be allowed at a scope. `role` would do; `task` assigns it."""

    check: str
    principal: str
    whom: str
    action: str
    scope: str
    role: Role
    task: str

    @property
    def is_on_data(self) -> bool:
        return self.action == SET_SECRET


def check_tenant(facts: Facts, writer: Writer) -> list[Finding] | None:
    """A vault takes tokens of its own tenant only (AKV10032). A subscription that moved leaves it with the old one."""
    vault, own = facts.known_vault, writer.tenant or facts.tenant_id
    tenant = _documents.properties(vault or {}).get("tenantId")
    if not vault:
        return None
    if not own or not tenant:
        whose = writer.label if tenant else facts.vault_id
        text = (
            f"Azure tells no tenant of {whose}, so that it is not known whether {facts.vault_id} trusts the identity."
        )
        remedy = f"az account show --subscription {subscription_of(facts.cluster_id)} --query tenantId"
        return [Finding(NOT_READABLE, WARNING, "vault_tenant", text, facts.vault_id, remedy)]
    if tenant.lower() == own.lower():
        return []
    text = (
        f"{facts.vault_id} trusts the tenant {tenant}; {writer.label} is in the tenant {own}. That happens when a "
        "subscription moves to another tenant. Roles and access policies of the old one are lost with the change."
    )
    # Access policies are of the vault's tenant, and would be in the way.
    remedy = (
        f"az keyvault update {named(facts.vault_id)} --remove properties.accessPolicies\n"
        f"az keyvault update {named(facts.vault_id)} --set properties.tenantId={own}"
    )
    return [Finding("KeyVaultAccessDenied", ERROR, "vault_tenant", text, facts.vault_id, remedy)]


def check_role(facts: Facts, writer: Writer) -> list[Finding] | None:
    if writer.roles is None or not writer.principal:
        return None
    if isinstance(writer.roles, NexusError):
        return [unreadable("vault_role", "The role assignments at", writer.roles, facts.vault_id)]
    return _granted(facts, _vault_need("vault_role", facts, writer, writer.principal), writer.roles)


def check_denials(facts: Facts, writer: Writer) -> list[Finding] | None:
    if facts.denials is None:
        return None
    return _denied(_vault_need("deny_assignments", facts, writer, writer.principal or ""), facts.denials)


def _vault_need(check: str, facts: Facts, writer: Writer, principal: str) -> _Need:
    grant = task("nexus_kv_role", id=facts.vault_id, principal_ids=[principal])
    return _Need(check, principal, writer.label, SET_SECRET, facts.vault_id, KEY_VAULT_WRITER, grant)


def _granted(facts: Facts, need: _Need, assignments: list[Document]) -> list[Finding]:
    """Nothing where the action is surely allowed, else the one reason why it is not."""
    found = _access.access(assignments, facts.roles, need.action, need.scope, data=need.is_on_data, now=facts.now)
    if found.sure:
        return []
    if found.unread:
        item = found.unread[0]
        text = (
            f"The role of the assignment {item.get('id')} could not be read, so that it is not known whether it allows "
            f"{need.action}."
        )
        remedy = f"az role definition list --name {_access.role_guid(item)} --scope {need.scope}"
        return [Finding(NOT_READABLE, WARNING, need.check, text, need.scope, remedy)]
    if found.new:
        item = found.new[0]
        text = (
            f"The role assignment {item.get('id')} was made at {item['properties'].get('createdOn')}. A new one may "
            "take ten minutes to have effect."
        )
        remedy = "- ansible.builtin.pause: {minutes: 10}"
        return [Finding("RoleAssignmentNew", WARNING, need.check, text, need.scope, remedy)]
    if found.conditional:
        item = found.conditional[0]
        text = (
            f"The role assignment {item.get('id')} has a condition, and no other one allows {need.action}. Whether the "
            f"condition lets the platform through cannot be judged: {item['properties'].get('condition')}"
        )
        return [Finding("RoleAssignmentConditional", WARNING, need.check, text, need.scope, _unconditional(need, item))]
    text = (
        f"No role of {need.whom} (principal {need.principal}) at {need.scope} or above allows {need.action}. "
        f"The role {need.role.name} does."
    )
    return [Finding("KeyVaultAccessDenied", ERROR, need.check, text, need.scope, need.task)]


def _unconditional(need: _Need, item: Document) -> str:
    """How to assign the role without the condition. Azure takes it only once at one scope."""
    properties = item["properties"]
    same = (need.role.guid, key(need.scope), need.principal.lower())
    held = key(properties.get("scope") or ""), str(properties.get("principalId")).lower()
    if same == (_access.role_guid(item), *held):
        return f"az role assignment delete --ids {item.get('id')}\n{need.task}"
    return (
        f"az role assignment create --role {need.role.guid} --assignee-object-id {need.principal} "
        f"--assignee-principal-type ServicePrincipal --scope {need.scope}"
    )


def _denied(need: _Need, listed: list[Document] | NexusError) -> list[Finding]:
    if isinstance(listed, NexusError):
        return [unreadable(need.check, "The deny assignments at", listed, need.scope)]
    found = _access.denial(listed, need.principal, need.action, need.scope, data=need.is_on_data)
    for code, severity, items, words in (
        ("KeyVaultAccessDenied", ERROR, found.sure, "denies"),
        ("DenyAssignmentUncertain", WARNING, found.possible, "may, by a group or a condition, deny"),
    ):
        if not items:
            continue
        denial_id, properties = str(items[0].get("id")), items[0]["properties"]
        whom = f"{need.whom} (principal {need.principal})" if need.principal else f"everyone, {need.whom} included"
        origin = "A user made it, and can delete it."
        if properties.get("isSystemProtected") is not False:
            origin = "It goes with the deployment stack or managed application that made it."
        text = (
            f"The deny assignment '{properties.get('denyAssignmentName') or ''}' ({denial_id}) {words} {need.action} "
            f"at {need.scope} to {whom}. {origin}"
        )
        remedy = f"az rest --method get --url '{denial_id}?api-version=2022-04-01'"
        return [Finding(code, severity, need.check, text, denial_id, remedy)]
    return []


def check_operator(facts: Facts, writer: Writer) -> list[Finding] | None:
    """Whether the platform's application may use the identity: without that the platform cannot act as it."""
    name, identity_id = "operator_role", writer.identity_id
    if not writer.exists or not needs_operator_role(facts.asked, facts.method, writer):
        return None
    principal = facts.nexus_principal
    if isinstance(principal, NexusError):
        text = (
            f"Microsoft Graph does not tell who {_APPLICATION} is in this tenant, so that its role on {identity_id} "
            f"cannot be judged. {principal.code}: {principal.message}"
        )
        remedy = ask_again(facts.asked, facts.cluster_id, nexus_principal_id="<its object id>")
        return [Finding(NOT_READABLE, WARNING, name, text, identity_id, remedy)]
    if principal is None:
        text = f"This tenant does not know {_APPLICATION}, so that it cannot use {identity_id}."
        remedy = register(NAMESPACE, facts.cluster_id)
        return [Finding("KeyVaultAccessDenied", ERROR, name, text, identity_id, remedy)]
    if writer.operator_roles is None or writer.operator_denials is None:
        return None
    if isinstance(writer.operator_roles, NexusError):
        return [unreadable(name, "The role assignments at", writer.operator_roles, identity_id)]
    # Whoever gave the object id may not be able to look it up.
    known = {"principal_id": principal} if facts.asked.nexus_principal_id else {}
    grant = task("nexus_uai_role", id=identity_id, **known)
    need = _Need(name, principal, _APPLICATION, BORROW, identity_id, MANAGED_IDENTITY_OPERATOR, grant)
    granted = _granted(facts, need, writer.operator_roles)
    if facts.method == _method.CLUSTER and facts.asked.operator_role is None:
        why = "Microsoft's pages disagree whether an identity of the cluster itself needs it."
        granted = [item.doubted(why) if item.severity == ERROR else item for item in granted]
    return [*granted, *_denied(need, writer.operator_denials)]
