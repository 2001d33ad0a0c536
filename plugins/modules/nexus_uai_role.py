#!/usr/bin/python
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nexus_uai_role
short_description: Let the Nexus platform use a user assigned identity
version_added: 1.0.0
description:
  - Assigns the role C(Managed Identity Operator) on exactly one user assigned identity to the platform's application
    (C(AFOI-NC-MGMT-PME-PROD)), or takes it away.
  - A cluster manager can use a user assigned identity for credential rotation only with this role. A system assigned
    identity needs none.
  - A role that the application has from further up counts as assigned and is reported as inherited.
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
      - V(present) assigns the role; V(absent) deletes the application's assignment at exactly this identity.
    type: str
    choices: [present, absent]
    default: present
  principal_id:
    description:
      - The object id of the application's service principal in this tenant.
      - When not set, Microsoft Graph is asked for it by O(app_id), which the one who runs this must be allowed to do.
    type: str
  app_id:
    description:
      - The application (client) id to look up when O(principal_id) is not set.
    type: str
    default: 3365d4ea-bb16-4bc9-86dd-f2c8cf6f1f56
  effective_seconds:
    description:
      - How many seconds old the assignment must be before the task ends. It waits for one that is younger.
      - A new assignment may take up to ten minutes to have effect, and Azure does not tell when it does. V(600) is what
        Microsoft's documentation asks for.
      - In check mode, and with O(state=absent), it has no meaning.
    type: int
    default: 0
  api_version:
    description:
      - The version of the C(Microsoft.ManagedIdentity) API to read the identity with.
      - Not the one of C(Microsoft.NetworkCloud). Set it for a task, not in the C(module_defaults) of an action group.
    type: str
    default: "2023-01-31"
  wait_timeout:
    description:
      - How many seconds to wait at most for a principal that Azure does not know everywhere yet.
      - A new identity reaches the directory within a minute as a rule; the default leaves room for a slow day.
    type: int
    default: 300
notes:
  - The service principal appears in a tenant when the resource provider C(Microsoft.NetworkCloud) is registered there.
  - The one who runs this needs C(Microsoft.Authorization/roleAssignments/write) on the identity, for example through
    the role C(Role Based Access Control Administrator).
seealso:
  - module: operator_nexus.credentials.nexus_clustermanager_identity
  - module: operator_nexus.credentials.nexus_kv_role
"""

EXAMPLES = r"""
- name: Let the platform use the identity
  operator_nexus.credentials.nexus_uai_role:
    resource_group: nexus-west
    name: rotation

- name: The same for a login that may not read Microsoft Graph
  operator_nexus.credentials.nexus_uai_role:
    id: "{{ rotation_identity_id }}"
    principal_id: "{{ nexus_principal_id }}"
"""

RETURN = r"""
scope:
  description: The ARM id of the user assigned identity, as Azure spells it.
  returned: success
  type: str
  sample: /subscriptions/.../userAssignedIdentities/rotation
role_assignments:
  description:
    - The assignments that give the role to these principals now, or in check mode would.
    - With O(state=absent) these are inherited ones, which the module does not touch.
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
      scope: /subscriptions/.../userAssignedIdentities/rotation
      role: Managed Identity Operator
      role_definition_id: /subscriptions/.../roleDefinitions/f1a07417-d97a-45cb-824c-7a7467783830
      principal_id: 5b1a2c31-7f0e-4c59-9d14-0a4d4b5f6f10
      principal_type: ServicePrincipal
      identity:
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
principal_id:
  description: The object id of the service principal. V(null) with O(state=absent) when the tenant has none.
  returned: success
  type: str
  sample: 5b1a2c31-7f0e-4c59-9d14-0a4d4b5f6f10
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
    code: ServicePrincipalNotFound
    message: this tenant has no service principal of the application 3365d4ea-bb16-4bc9-86dd-f2c8cf6f1f56
    target: app_id
    details: []
    correlation_id: ""
    operation: find the platform's application for
    resource_id: /subscriptions/.../userAssignedIdentities/rotation
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
from ansible_collections.operator_nexus.credentials.plugins.module_utils._converge import fetch
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._grant import (
    grant,
    granted,
    wait_for_effect,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._module import run_module
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session

NEXUS_APP_ID = _role_assignment.NEXUS_APP_ID

ARGUMENT_SPEC: dict[str, Any] = {
    "argument_spec": {
        **AUTH_SPEC,
        **RUN_SPEC,
        **RESOURCE_SPEC,
        **ROLE_WAIT_SPEC,
        **STATE_SPEC,
        "principal_id": {"type": "str"},
        "app_id": {"type": "str", "default": NEXUS_APP_ID},
        "effective_seconds": {"type": "int", "default": 0},
        "api_version": {"type": "str", "default": _api_version.MANAGED_IDENTITY},
    },
}


def run(params: dict[str, Any], session: Session, check_mode: bool) -> dict[str, Any]:
    for option in ("principal_id", "app_id"):
        if params[option] and not _resource_id.is_guid(params[option]):
            raise BadInput(option, f"'{params[option]}' is not a GUID", "give the id, not the display name")
    version = _api_version.check(params["api_version"])
    identity_id = _resource_id.address(params, _resource_id.USER_ASSIGNED_IDENTITY, lambda: session.subscription_id)
    role, state = _role_assignment.MANAGED_IDENTITY_OPERATOR, params["state"]

    known = session.arm.recall(identity_id, version)
    known_principal = params["principal_id"]
    if known is not None and not known_principal:
        known_principal = session.graph.recall_service_principal_id(params["app_id"])
    if known is not None and known_principal:
        scope = _resource_id.canonical(known["id"])
        held = granted(session.roles, scope, role, _principals(known_principal), state=state)
        if held is not None:
            return _finished(params, session, held, known_principal, check_mode)

    identity = fetch(session.arm, identity_id, "user assigned identity", version)
    principal_id = params["principal_id"] or session.graph.service_principal_id(params["app_id"])
    if not principal_id and state == "present":
        raise _unknown(params["app_id"], identity_id)
    result = grant(
        session.roles,
        _resource_id.canonical(identity["id"]),
        role,
        # Who is not in the tenant holds no role in it.
        _principals(principal_id) if principal_id else [],
        state=state,
        timeout=params["wait_timeout"],
        check_mode=check_mode,
    )
    return _finished(params, session, result, principal_id, check_mode)


def _finished(
    params: dict[str, Any], session: Session, result: dict[str, Any], principal_id: str | None, check_mode: bool
) -> dict[str, Any]:
    """The result, once the assignment has had the time to take effect."""
    if params["state"] == "present" and not check_mode:
        wait_for_effect(session.roles, result["scope"], result["role_assignments"], params["effective_seconds"])
    return {**result, "principal_id": principal_id}


def _principals(principal_id: str) -> list[_role_assignment.Principal]:
    return [{"identity": None, "principal_id": principal_id}]


def _unknown(app_id: str, identity_id: str) -> NexusError:
    return NexusError(
        f"this tenant has no service principal of the application {app_id}",
        code="ServicePrincipalNotFound",
        target="app_id",
        operation="find the platform's application for",
        resource_id=identity_id,
        remedy="correct app_id, or register the resource provider (az provider register --namespace "
        "Microsoft.NetworkCloud), or give the object id as principal_id",
    )


def main() -> None:
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
