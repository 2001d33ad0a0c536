#!/usr/bin/python
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nexus_archive_readiness_info
short_description: Tell whether Operator Nexus could write a cluster's rotated credentials into a key vault
version_added: 1.0.0
description:
  - Looks at one cluster, one key vault and all that lies between them, by either of Microsoft's two methods, and tells
    what would keep the platform from writing rotated credentials into the vault. Each finding comes with what mends
    it.
  - Azure takes any link. What is wrong with it shows only later, when the platform validates the vault or rotates a
    credential. This module tells beforehand. It changes nothing and asks the vault itself for nothing.
  - It looks at the cluster as it is. A vault need not be linked yet, but the identity must be there already and have
    its roles.
author:
  - operator_nexus contributors (@operator-nexus)
extends_documentation_fragment:
  - operator_nexus.credentials._auth
  - operator_nexus.credentials._run
  - operator_nexus.credentials._resource
  - operator_nexus.credentials._resource.networkcloud
  - operator_nexus.credentials._attributes.info
options:
  key_vault_id:
    description:
      - The ARM id of the key vault.
      - The default is the vault that the cluster is linked to by the O(method). C(secretArchiveSettings) tell nothing
        but its URI. Then the vault is looked for in the cluster's subscription, and in all others that the credential
        sees.
    type: str
  method:
    description:
      - By V(cluster) the platform writes with an identity of the cluster itself, by V(cluster_manager) with one of the
        cluster's manager.
      - The default is the method that the platform uses now, else V(cluster).
    type: str
    choices: [cluster, cluster_manager]
  identity_type:
    description:
      - Which identity is to write into the vault. The default is V(UserAssignedIdentity) when O(identity_resource_id)
        is given.
      - Without both, it is the one that the C(secretArchiveSettings) of the cluster select, else its system assigned
        one. By the method V(cluster_manager) it is each one that the manager has, since it is not documented which of
        them the platform takes.
    type: str
    choices: [SystemAssignedIdentity, UserAssignedIdentity]
  identity_resource_id:
    description:
      - The ARM id of the user assigned identity that is to write into the vault.
    type: str
  operator_role:
    description:
      - Whether the platform's application (C(AFOI-NC-MGMT-PME-PROD)) needs the role C(Managed Identity Operator) on a
        user assigned identity of the cluster itself. Older pages of Microsoft demand it, the newest one does not. So by
        default its lack is a warning, with V(true) an error, with V(false) nothing.
      - With the method V(cluster_manager) it always needs the role.
    type: bool
  nexus_principal_id:
    description:
      - The object id of that application's service principal in this tenant. When not set, and needed, Microsoft Graph
        is asked for it.
    type: str
notes:
  - The one who runs this should have the role C(Reader) on the cluster, its manager, the vault and the user assigned
    identities. What cannot be read is a finding too, and RV(ready) is then V(null) at best.
  - A condition on a role assignment, the rules of a network security perimeter, and whether an address that the vault
    lets in is that of the platform, cannot be judged from outside. They are warnings.
  - A vault does not tell that it belongs to a network security perimeter, unless its C(publicNetworkAccess) is
    C(SecuredByPerimeter), as Azure advises for one that does. Where the rules of a perimeter are enforced, set that, or
    the verdict on the network is about the vault's own firewall.
  - Where no O(key_vault_id) is given and the vault lies in another subscription than the cluster, that is one request
    for each subscription until it is found. For a fleet it is better to name it.
  - Of what other tasks of the run have read, only the built-in roles and the application's object id are taken.
seealso:
  - module: operator_nexus.credentials.nexus_cluster_secret_archive
  - module: operator_nexus.credentials.nexus_cluster_identity
  - module: operator_nexus.credentials.nexus_kv_role
  - module: operator_nexus.credentials.nexus_uai_role
"""

EXAMPLES = r"""
- name: See whether the platform can write into the vault that the cluster is linked to
  operator_nexus.credentials.nexus_archive_readiness_info:
    resource_group: nexus-east
    name: cluster-1
  register: now

- name: See whether another vault would do, with a user assigned identity of the cluster
  operator_nexus.credentials.nexus_archive_readiness_info:
    id: "{{ cluster_id }}"
    key_vault_id: "{{ key_vault_id }}"
    identity_resource_id: "{{ rotation_identity_id }}"
  register: readiness

- name: Show what is wrong, and what mends it
  ansible.builtin.debug:
    msg: "{{ item.message }} {{ item.remedy }}"
  loop: "{{ readiness.findings }}"
  loop_control:
    label: "{{ item.code }}"

- name: Stop when something surely keeps the platform from writing
  ansible.builtin.assert:
    that: readiness.error_count == 0
    fail_msg: >-
      {{ readiness.findings | selectattr('severity', 'equalto', 'error') | map(attribute='message') | join(' ') }}

- name: The same for the older method, before anything is linked
  operator_nexus.credentials.nexus_archive_readiness_info:
    id: "{{ cluster_id }}"
    key_vault_id: "{{ key_vault_id }}"
    method: cluster_manager
"""

RETURN = r"""
ready:
  description:
    - Whether the platform could write. V(false) with a finding of the severity C(error), V(null) with warnings only,
      V(true) without any finding.
  returned: success
  type: bool
  sample: false
findings:
  description: What is wrong or not certain, in the order of RV(checks). Empty where all is well.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description:
        - What it is. C(KeyVault*) codes are those with which the platform itself refuses a vault.
        - C(NotReadable) is something that could not be seen. Others are C(ResourceProviderNotRegistered),
          C(ResourceProviderRegistering), C(ClusterNotDeployed), C(ClusterNotRunning), C(LinkIgnored),
          C(IdentityNotSelected), C(IdentityReplaced), C(KeyVaultNetworkUncertain), C(RoleAssignmentNew),
          C(RoleAssignmentConditional) and C(DenyAssignmentUncertain).
      returned: always
      type: str
    severity:
      description: V(error) for what surely keeps the platform from writing, V(warning) for what may.
      returned: always
      type: str
    check:
      description: The check that found it, a key of RV(checks).
      returned: always
      type: str
    message:
      description: What was seen, in words.
      returned: always
      type: str
    resource_id:
      description: The ARM id of the resource that it is about.
      returned: always
      type: str
    remedy:
      description:
        - What mends it. An Ansible task, when it begins with C(- ), else a command of the Azure CLI. Several of them
          stand in as many lines.
        - Words in angle brackets are to be filled in.
      returned: always
      type: str
    mended_by:
      description: The module of this collection whose task RV(findings[].remedy) begins with. V(null) for a command.
      returned: always
      type: str
  sample:
    - code: KeyVaultAccessDenied
      severity: error
      check: vault_role
      message: No role of the system assigned identity of /subscriptions/.../clusters/cluster-1 (principal
        5b1a2c31-7f0e-4c59-9d14-0a4d4b5f6f10) at /subscriptions/.../vaults/nexus-secrets or above allows
        Microsoft.KeyVault/vaults/secrets/setSecret/action. The role Operator Nexus Key Vault Writer Service Role does.
      resource_id: /subscriptions/.../vaults/nexus-secrets
      remedy: '- operator_nexus.credentials.nexus_kv_role: {"id": "/subscriptions/.../vaults/nexus-secrets",
        "principal_ids": ["5b1a2c31-7f0e-4c59-9d14-0a4d4b5f6f10"]}'
      mended_by: nexus_kv_role
error_count:
  description: How many findings are errors.
  returned: success
  type: int
  sample: 1
warning_count:
  description: How many findings are warnings.
  returned: success
  type: int
  sample: 0
checks:
  description:
    - What became of each check. C(failed) with an error, C(unknown) where something could not be read, C(warned) with
      another warning, C(passed), or C(skipped) where there was nothing to check.
  returned: success
  type: dict
  contains:
    resource_provider:
      description: The resource provider C(Microsoft.NetworkCloud) is registered in the cluster's subscription.
      returned: always
      type: str
    cluster:
      description: The cluster is deployed and running.
      returned: always
      type: str
    method:
      description: A link by this method is one that the platform uses.
      returned: always
      type: str
    identity:
      description: The identity exists, the cluster or its manager has it, and settings with this vault select it.
      returned: always
      type: str
    vault:
      description: There is such a vault.
      returned: always
      type: str
    vault_permission_model:
      description: The vault uses Azure role-based access control.
      returned: always
      type: str
    vault_network:
      description: The vault's network rules let the platform in.
      returned: always
      type: str
    vault_tenant:
      description: The vault trusts the tenant that the identity is in.
      returned: always
      type: str
    vault_role:
      description: A role of the identity, or of a group that it is in, lets it write secrets. It is ten minutes old,
        and has no condition.
      returned: always
      type: str
    deny_assignments:
      description: No deny assignment forbids the identity to write secrets.
      returned: always
      type: str
    operator_role:
      description: The platform's application may use the user assigned identity.
      returned: always
      type: str
  sample:
    resource_provider: passed
    cluster: passed
    method: passed
    identity: passed
    vault: passed
    vault_permission_model: passed
    vault_network: passed
    vault_tenant: passed
    vault_role: failed
    deny_assignments: passed
    operator_role: skipped
method:
  description: The method that was checked.
  returned: success
  type: str
  sample: cluster
cluster_id:
  description: The ARM id of the cluster.
  returned: success
  type: str
  sample: /subscriptions/.../clusters/cluster-1
cluster_manager_id:
  description: The ARM id of the cluster's manager. V(null) where the cluster could not be read, or tells none.
  returned: success
  type: str
  sample: /subscriptions/.../clusterManagers/manager-east
key_vault_id:
  description: The ARM id of the vault. V(null) where no vault is known.
  returned: success
  type: str
  sample: /subscriptions/.../vaults/nexus-secrets
vault_uri:
  description: The URI of the vault. V(null) where it is not known.
  returned: success
  type: str
  sample: https://nexus-secrets.vault.azure.net/
identities:
  description: The identities that the platform may write with. By the method V(cluster) it is one.
  returned: success
  type: list
  elements: dict
  contains:
    identity_type:
      description: V(SystemAssignedIdentity) or V(UserAssignedIdentity).
      returned: always
      type: str
    identity_resource_id:
      description: The ARM id of the user assigned identity, V(null) for the system assigned one.
      returned: always
      type: str
    resource_id:
      description: The ARM id of the cluster, or of its manager, whose identity it is or has to be.
      returned: always
      type: str
    attached:
      description: Whether it is.
      returned: always
      type: bool
    principal_id:
      description: The object id that the platform acts as. V(null) where it is not known.
      returned: always
      type: str
    tenant_id:
      description: The tenant that the identity is in. V(null) where it is not known.
      returned: always
      type: str
  sample:
    - identity_type: SystemAssignedIdentity
      identity_resource_id:
      resource_id: /subscriptions/.../clusters/cluster-1
      attached: true
      principal_id: 5b1a2c31-7f0e-4c59-9d14-0a4d4b5f6f10
      tenant_id: 00000000-0000-0000-0000-0000000000aa
failure:
  description:
    - The parts of what C(msg) says in one line.
    - C(code) and C(message) are Azure's, or C(code) is C(BadInput) when an option is wrong.
    - C(target) is what the error is about, for C(BadInput) the option. C(details) holds further errors below this one.
    - C(correlation_id) is the id under which Azure logged the request.
    - C(operation) is what was being done, C(resource_id) what it was done to.
  returned: failure
  type: dict
  sample:
    code: ResourceNotFound
    message: there is no such cluster
    target: id
    details: []
    correlation_id: ""
    operation: read the cluster
    resource_id: /subscriptions/.../clusters/clutser-1
"""

from dataclasses import asdict
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _finding,
    _identity,
    _method,
    _readiness,
    _resource_id,
    _writers,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._argspec import (
    AUTH_SPEC,
    NETWORK_CLOUD_SPEC,
    RESOURCE_SPEC,
    RUN_SPEC,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._module import run_module
from ansible_collections.operator_nexus.credentials.plugins.module_utils._readiness_survey import survey
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session

ARGUMENT_SPEC: dict[str, Any] = {
    "argument_spec": {
        **AUTH_SPEC,
        **RUN_SPEC,
        **RESOURCE_SPEC,
        **NETWORK_CLOUD_SPEC,
        "key_vault_id": {"type": "str", "no_log": False},
        "method": {"type": "str", "choices": ["cluster", "cluster_manager"]},
        "identity_type": {"type": "str", "choices": ["SystemAssignedIdentity", "UserAssignedIdentity"]},
        "identity_resource_id": {"type": "str"},
        "operator_role": {"type": "bool"},
        "nexus_principal_id": {"type": "str"},
    },
}


def run(params: dict[str, Any], session: Session, check_mode: bool) -> dict[str, Any]:
    asked = _writers.question(params)
    version = _method.check_version(params["api_version"], asked.method or _method.CLUSTER)
    cluster_id = _resource_id.address(params, _resource_id.CLUSTER, lambda: session.subscription_id)
    facts = survey(session, cluster_id, asked, version)
    verdict = _readiness.judge(facts)
    findings: list[_finding.Finding] = verdict["findings"]
    manager_id = _method.manager_id(facts.cluster or {})
    return {
        "changed": False,
        "ready": verdict["ready"],
        "findings": [{**asdict(item), "mended_by": item.mended_by} for item in findings],
        # Ansible takes `warnings` of a result for texts of its own.
        "error_count": sum(item.severity == _finding.ERROR for item in findings),
        "warning_count": sum(item.severity == _finding.WARNING for item in findings),
        "checks": verdict["checks"],
        "method": facts.method,
        "cluster_id": facts.cluster_id,
        "cluster_manager_id": _resource_id.canonical(manager_id) if manager_id else None,
        "key_vault_id": facts.vault_id or None,
        "vault_uri": facts.vault_uri,
        "identities": [_identity_of(writer, facts.tenant_id) for writer in facts.writers],
    }


def _identity_of(writer: _writers.Writer, tenant_id: str | None) -> dict[str, Any]:
    return {
        "identity_type": _identity.USER_ASSIGNED if writer.identity_id else _identity.SYSTEM_ASSIGNED,
        "identity_resource_id": writer.identity_id or None,
        "resource_id": writer.holder_id,
        "attached": writer.is_attached,
        "principal_id": writer.principal,
        "tenant_id": writer.tenant or tenant_id,
    }


def main() -> None:
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
