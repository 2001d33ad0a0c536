#!/usr/bin/python
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nexus_kv_role
short_description: Let identities write rotated credentials into a key vault
version_added: 1.0.0
description:
  - Assigns the role C(Operator Nexus Key Vault Writer Service Role) on exactly one key vault to one or more
    principals, or takes it away.
  - Checks first that the vault exists and uses Azure role-based access control. On a vault with access policies the
    role has no effect.
  - A role that a principal has from further up counts as assigned and is reported as inherited.
author:
  - operator_nexus contributors (@operator-nexus)
extends_documentation_fragment:
  - operator_nexus.credentials._auth
  - operator_nexus.credentials._run
  - operator_nexus.credentials._resource
  - operator_nexus.credentials._attributes
options:
  state:
    description:
      - V(present) assigns the role; V(absent) deletes the assignments of these principals at exactly this vault, except
        those that O(keep_used) keeps.
    type: str
    choices: [present, absent]
    default: present
  principals:
    description:
      - The principals, as RV(operator_nexus.credentials.nexus_clustermanager_identity#module:principals) gives them.
      - Give either O(principals) or O(principal_ids).
    type: list
    elements: dict
    suboptions:
      identity:
        description:
          - The ARM id of the identity that the principal belongs to. Names the principal in diffs and results.
        type: str
      principal_id:
        description:
          - The object id of the principal. May be missing in check mode only, for an identity that is not there yet.
        type: str
  principal_ids:
    description:
      - The object ids of the principals. Not application (client) ids.
    type: list
    elements: str
  keep_used:
    description:
      - Whether a principal keeps the role as long as the platform writes the credentials of a cluster into the vault
        with it. Then this is a warning that names the clusters, and RV(kept) lists them.
      - All clusters and cluster managers that the credential can see are looked at, in every subscription. Set it to
        V(false) for a credential that may not list them, and where clusters are known to be in order.
      - With O(state=present) it has no meaning.
    type: bool
    default: true
  leaving_clusters:
    description:
      - The ARM ids of clusters that O(keep_used) does not count, such as those that the same play unlinks. Lets check
        mode tell what will happen once they are unlinked.
    type: list
    elements: str
    default: []
  effective_seconds:
    description:
      - How many seconds old the assignments must be before the task ends. It waits for those that are younger.
      - A new assignment may take up to ten minutes to have effect, and Azure does not tell when it does. V(600) is what
        Microsoft's documentation asks for.
      - In check mode, and with O(state=absent), it has no meaning.
    type: int
    default: 0
  api_version:
    description:
      - The version of the C(Microsoft.KeyVault) API to read the vault with.
      - Not the one of C(Microsoft.NetworkCloud). Set it for a task, not in the C(module_defaults) of an action group.
    type: str
    default: "2023-07-01"
  wait_timeout:
    description:
      - How many seconds to wait at most for a principal that Azure does not know everywhere yet.
      - A new identity reaches the directory within a minute as a rule; the default leaves room for a slow day.
    type: int
    default: 300
notes:
  - The one who runs this needs C(Microsoft.Authorization/roleAssignments/write) on the vault, for example through the
    role C(Role Based Access Control Administrator).
  - A new assignment may take up to ten minutes to have effect. The module waits for that only with
    O(effective_seconds).
seealso:
  - module: operator_nexus.credentials.nexus_cluster_identity
  - module: operator_nexus.credentials.nexus_clustermanager_identity
  - module: operator_nexus.credentials.nexus_cluster_secret_archive
"""

EXAMPLES = r"""
- name: Give the cluster manager an identity
  operator_nexus.credentials.nexus_clustermanager_identity:
    resource_group: nexus-east
    name: manager-east
    system_assigned: true
  register: identity

- name: Let it write into the vault
  operator_nexus.credentials.nexus_kv_role:
    resource_group: security
    name: nexus-secrets
    principals: "{{ identity.principals }}"

- name: Go on when the role has had the time to take effect
  operator_nexus.credentials.nexus_kv_role:
    id: "{{ key_vault_id }}"
    principals: "{{ identity.principals }}"
    effective_seconds: 600

- name: Take the role away from a principal, unless a cluster still needs it
  operator_nexus.credentials.nexus_kv_role:
    id: "{{ key_vault_id }}"
    principal_ids:
      - 5b1a2c31-7f0e-4c59-9d14-0a4d4b5f6f10
    state: absent
"""

RETURN = r"""
scope:
  description: The ARM id of the key vault, as Azure spells it.
  returned: success
  type: str
  sample: /subscriptions/.../vaults/nexus-secrets
role_assignments:
  description:
    - The assignments that give the role to these principals now, or in check mode would.
    - With O(state=absent) these are inherited ones, which the module does not touch, and those that it kept.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The ARM id of the assignment. V(null) when check mode does not know the principal id yet.
      returned: always
      type: str
    name:
      description: The name (a GUID) of the assignment. V(null) like RV(role_assignments[].id).
      returned: always
      type: str
    scope:
      description: Where the role is assigned.
      returned: always
      type: str
    role:
      description: The name of the role.
      returned: always
      type: str
    role_definition_id:
      description: The ARM id of the role.
      returned: always
      type: str
    principal_id:
      description: The object id of the principal.
      returned: always
      type: str
    principal_type:
      description: The kind of principal.
      returned: always
      type: str
    identity:
      description: The ARM id of the identity that the principal belongs to, where the task gave it.
      returned: always
      type: str
    inherited:
      description: Whether the role is assigned further up (resource group, subscription, management group) and only
        reaches down to here.
      returned: always
      type: bool
    condition:
      description: A condition on the assignment, which may keep the role from having effect.
      returned: always
      type: str
    created_on:
      description: When the assignment was made, as Azure tells it. V(null) in check mode for one to come.
      returned: always
      type: str
  sample:
    - id: /subscriptions/.../roleAssignments/2f4a3d27-2a5b-5a83-9c4b-6f0f3d3b8e11
      name: 2f4a3d27-2a5b-5a83-9c4b-6f0f3d3b8e11
      scope: /subscriptions/.../vaults/nexus-secrets
      role: Operator Nexus Key Vault Writer Service Role
      role_definition_id: /subscriptions/.../roleDefinitions/44f0a1a8-6fea-4b35-980a-8ff50c487c97
      principal_id: 5b1a2c31-7f0e-4c59-9d14-0a4d4b5f6f10
      principal_type: ServicePrincipal
      identity: /subscriptions/.../clusterManagers/manager-east
      inherited: false
      condition:
      created_on: "2026-11-24T14:03:22.5170240Z"
role_assignment_id:
  description: The id of the first entry of RV(role_assignments), V(null) without one.
  returned: success
  type: str
  sample: /subscriptions/.../roleAssignments/2f4a3d27-2a5b-5a83-9c4b-6f0f3d3b8e11
role_assignment_ids:
  description: All ids in RV(role_assignments).
  returned: success
  type: list
  elements: str
  sample:
    - /subscriptions/.../roleAssignments/2f4a3d27-2a5b-5a83-9c4b-6f0f3d3b8e11
kept:
  description: The principals that keep the role with O(state=absent), because a cluster is written with them.
  returned: success, with O(state=absent)
  type: list
  elements: dict
  contains:
    principal_id:
      description: The object id of the principal.
      returned: always
      type: str
    clusters:
      description: The ARM ids of the clusters.
      returned: always
      type: list
      elements: str
  sample:
    - principal_id: 5b1a2c31-7f0e-4c59-9d14-0a4d4b5f6f10
      clusters: [/subscriptions/.../clusters/cluster-2]
vault_uri:
  description: The address of the vault's data plane.
  returned: success
  type: str
  sample: https://nexus-secrets.vault.azure.net/
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
    code: VaultUsesAccessPolicies
    message: the key vault uses access policies, on which a role has no effect
    target: id
    details: []
    correlation_id: ""
    operation: check the permission model of the key vault
    resource_id: /subscriptions/.../vaults/nexus-secrets
"""

from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _api_version,
    _resource_id,
    _role_assignment,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._argspec import (
    AUTH_SPEC,
    RESOURCE_SPEC,
    ROLE_WAIT_SPEC,
    RUN_SPEC,
    STATE_SPEC,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._documents import properties
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.plugins.module_utils._grant import (
    grant,
    granted,
    wait_for_effect,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._module import run_module
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session
from ansible_collections.operator_nexus.credentials.plugins.module_utils._usage import users_of
from ansible_collections.operator_nexus.credentials.plugins.module_utils._vault import (
    fetch_vault,
    require_roles,
    uses_roles,
)

ARGUMENT_SPEC: dict[str, Any] = {
    "argument_spec": {
        **AUTH_SPEC,
        **RUN_SPEC,
        **RESOURCE_SPEC,
        **ROLE_WAIT_SPEC,
        **STATE_SPEC,
        "principals": {
            "type": "list",
            "elements": "dict",
            "options": {"identity": {"type": "str"}, "principal_id": {"type": "str"}},
        },
        "principal_ids": {"type": "list", "elements": "str"},
        "keep_used": {"type": "bool", "default": True},
        "leaving_clusters": {"type": "list", "elements": "str", "default": []},
        "effective_seconds": {"type": "int", "default": 0},
        "api_version": {"type": "str", "default": _api_version.KEY_VAULT},
    },
}


def run(params: dict[str, Any], session: Session, check_mode: bool) -> dict[str, Any]:
    principals = _principals(params, check_mode)
    version = _api_version.check(params["api_version"])
    leaving = [
        _resource_id.check(item, _resource_id.CLUSTER, "leaving_clusters") for item in params["leaving_clusters"]
    ]
    vault_id = _resource_id.address(params, _resource_id.VAULT, lambda: session.subscription_id)
    present, role = params["state"] == "present", _role_assignment.KEY_VAULT_WRITER

    known = session.arm.recall(vault_id, version)
    if known is not None and (uses_roles(known) or not present):
        held = granted(session.roles, _resource_id.canonical(known["id"]), role, principals, state=params["state"])
        if held is not None:
            return _finished(params, session, known, held, check_mode)

    vault = fetch_vault(session.arm, vault_id, version)
    if present:
        require_roles(vault, vault_id, "id")
    scope = _resource_id.canonical(vault["id"])
    kept: dict[str, list[str]] = {}

    def spare(doomed: list[_role_assignment.Assignment]) -> dict[str, list[str]]:
        """Those who would lose the role while clusters are written with them: which."""
        if params["keep_used"]:
            losing = {item["principal_id"].lower() for item in doomed}
            users = users_of(session.arm, scope, leaving)
            kept.update({who: clusters for who, clusters in users.items() if who in losing})
        return kept

    result = grant(
        session.roles,
        scope,
        role,
        principals,
        state=params["state"],
        timeout=params["wait_timeout"],
        check_mode=check_mode,
        spare=spare,
    )
    if not present:
        result["kept"] = [{"principal_id": who, "clusters": clusters} for who, clusters in kept.items()]
        result["warnings"] = [_kept_warning(who, clusters) for who, clusters in kept.items()]
    return _finished(params, session, vault, result, check_mode)


def _finished(
    params: dict[str, Any], session: Session, vault: dict[str, Any], result: dict[str, Any], check_mode: bool
) -> dict[str, Any]:
    """The result, once the assignments have had the time to take effect."""
    present = params["state"] == "present"
    if present and not check_mode:
        wait_for_effect(session.roles, result["scope"], result["role_assignments"], params["effective_seconds"])
    kept = {} if present else {"kept": result.get("kept", [])}
    return {**result, **kept, "vault_uri": properties(vault).get("vaultUri")}


def _kept_warning(principal_id: str, clusters: list[str]) -> str:
    names = ", ".join(sorted(item.rpartition("/")[2] for item in clusters))
    return f"{principal_id} keeps the role: the platform writes the credentials of {names} into the vault with it."


def _principals(params: dict[str, Any], check_mode: bool) -> list[_role_assignment.Principal]:
    """Principals of either option, each once. Raises BadInput."""
    given, ids = params.get("principals") or [], params.get("principal_ids") or []
    if given and ids:
        raise BadInput("principals", "principals and principal_ids are both given", "drop one of them")
    if not given and not ids:
        raise BadInput(
            "principals",
            "no principal is named",
            "give principals (as nexus_clustermanager_identity returns) or principal_ids",
        )
    if ids:
        return _role_assignment.principals("principal_ids", [{"principal_id": text} for text in ids], must_know=True)
    return _role_assignment.principals("principals", given, must_know=not check_mode)


def main() -> None:
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
