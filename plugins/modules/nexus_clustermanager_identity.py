#!/usr/bin/python
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nexus_clustermanager_identity
short_description: Add or remove managed identities of an Azure Operator Nexus cluster manager
version_added: 1.0.0
description:
  - Adds a system assigned identity and user assigned identities to a cluster manager, or removes them, and returns
    their principal ids.
  - The platform uses these identities to write rotated credentials into the customer's key vault.
  - Identities that the task does not name are never removed.
author:
  - operator_nexus contributors (@operator-nexus)
extends_documentation_fragment:
  - operator_nexus.credentials._auth
  - operator_nexus.credentials._run
  - operator_nexus.credentials._resource
  - operator_nexus.credentials._resource.networkcloud
  - operator_nexus.credentials._wait
  - operator_nexus.credentials._attributes
options:
  state:
    description:
      - V(present) adds the identities that are named; V(absent) removes them.
    type: str
    choices: [present, absent]
    default: present
  system_assigned:
    description:
      - Whether the cluster manager has a system assigned identity. When not set, the one it has or lacks is left
        alone.
      - With O(state=present), V(false) removes it. Azure gives a new one another principal id, so roles of the old one
        are lost.
      - With O(state=absent), V(true) names it for removal.
    type: bool
  user_assigned:
    description:
      - The ARM ids of user assigned identities to add or remove. Others that the cluster manager has stay.
    type: list
    elements: str
notes:
  - Microsoft's schema lets a cluster manager have both kinds of identity at once; Microsoft's pages say that only one
    kind, and only one user assigned identity, is supported.
  - Needs an O(api_version) of 2023-12-01-preview or later.
seealso:
  - module: operator_nexus.credentials.nexus_clustermanager_info
  - module: operator_nexus.credentials.nexus_kv_role
  - module: operator_nexus.credentials.nexus_uai_role
"""

EXAMPLES = r"""
- name: Give a cluster manager a system assigned identity
  operator_nexus.credentials.nexus_clustermanager_identity:
    resource_group: nexus-east
    name: manager-east
    system_assigned: true
  register: identity

- name: Let that identity write into the vault
  operator_nexus.credentials.nexus_kv_role:
    id: "{{ key_vault_id }}"
    principals: "{{ identity.principals }}"

- name: Add a user assigned identity beside whatever the cluster manager has
  operator_nexus.credentials.nexus_clustermanager_identity:
    id: "{{ cluster_manager_id }}"
    user_assigned:
      - "{{ rotation_identity_id }}"

- name: Remove one user assigned identity and keep the others
  operator_nexus.credentials.nexus_clustermanager_identity:
    resource_group: nexus-west
    name: manager-west
    user_assigned:
      - "{{ old_identity_id }}"
    state: absent
"""

RETURN = r"""
id:
  description: The ARM id of the cluster manager.
  returned: success
  type: str
  sample: /subscriptions/.../clusterManagers/manager-east
identity:
  description: The identities that the cluster manager has now, or in check mode would have.
  returned: success
  type: dict
  contains:
    type:
      description: V(None), V(SystemAssigned), V(UserAssigned), or V(SystemAssigned,UserAssigned).
      returned: always
      type: str
    principal_id:
      description: The object id of the system assigned identity. V(null) without one, and when check mode would only
        create it.
      returned: always
      type: str
    tenant_id:
      description: The tenant of the system assigned identity.
      returned: always
      type: str
    user_assigned_identities:
      description: The user assigned identities, ordered by id. Ids that Azure has not given out yet are V(null).
      returned: always
      type: list
      elements: dict
      contains:
        id:
          description: The ARM id of the identity.
          returned: always
          type: str
        principal_id:
          description: The object id of its service principal, which roles are assigned to.
          returned: always
          type: str
        client_id:
          description: Its client (application) id.
          returned: always
          type: str
  sample:
    type: SystemAssigned
    principal_id: 5b1a2c31-7f0e-4c59-9d14-0a4d4b5f6f10
    tenant_id: 00000000-0000-0000-0000-0000000000aa
    user_assigned_identities: []
principal_id:
  description:
    - The object id of the system assigned identity where the task named that one, else of the only user assigned
      identity that it named.
    - V(null) when there is no such single one, or when check mode cannot know it yet.
  returned: success
  type: str
  sample: 5b1a2c31-7f0e-4c59-9d14-0a4d4b5f6f10
principal_ids:
  description: The object ids in RV(principals), without the unknown ones.
  returned: success
  type: list
  elements: str
  sample: [5b1a2c31-7f0e-4c59-9d14-0a4d4b5f6f10]
principals:
  description:
    - The identities that this task named and the cluster manager has, as
      O(operator_nexus.credentials.nexus_kv_role#module:principals) takes them.
  returned: success
  type: list
  elements: dict
  contains:
    identity:
      description: The ARM id of the user assigned identity, or of the cluster manager for its system assigned
        identity.
      returned: always
      type: str
    principal_id:
      description: The object id. V(null) when check mode cannot know it yet, as of a system assigned identity to come.
      returned: always
      type: str
  sample:
    - identity: /subscriptions/.../clusterManagers/manager-east
      principal_id: 5b1a2c31-7f0e-4c59-9d14-0a4d4b5f6f10
provisioning_state:
  description: The state of the cluster manager's last operation.
  returned: success
  type: str
  sample: Succeeded
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
    message: there is no such cluster manager
    target: id
    details: []
    correlation_id: ""
    operation: read the cluster manager
    resource_id: /subscriptions/.../clusterManagers/manger-east
"""

from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._argspec import (
    AUTH_SPEC,
    NETWORK_CLOUD_SPEC,
    RESOURCE_SPEC,
    RUN_SPEC,
    STATE_SPEC,
    WAIT_SPEC,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._attach import attach
from ansible_collections.operator_nexus.credentials.plugins.module_utils._module import run_module
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import CLUSTER_MANAGER
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session

ARGUMENT_SPEC: dict[str, Any] = {
    "argument_spec": {
        **AUTH_SPEC,
        **RUN_SPEC,
        **RESOURCE_SPEC,
        **NETWORK_CLOUD_SPEC,
        **WAIT_SPEC,
        **STATE_SPEC,
        "system_assigned": {"type": "bool"},
        "user_assigned": {"type": "list", "elements": "str"},
    },
}

# The first api-version in which a cluster manager has an identity.
IDENTITY_SINCE = "2023-12-01-preview"


def run(params: dict[str, Any], session: Session, check_mode: bool) -> dict[str, Any]:
    return attach(params, session, check_mode, kind=CLUSTER_MANAGER, since=IDENTITY_SINCE)


def main() -> None:
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
