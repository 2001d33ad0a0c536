#!/usr/bin/python
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nexus_clustermanager_info
short_description: Read Azure Operator Nexus cluster managers
version_added: 1.0.0
description:
  - Reads one cluster manager, all cluster managers of a resource group, or all of a subscription.
  - Give O(id), or O(name) with O(resource_group), for one; O(resource_group) alone for those of a group; nothing for
    those of the subscription.
  - A cluster manager that does not exist gives an empty list; every other problem is a failure.
author:
  - operator_nexus contributors (@operator-nexus)
extends_documentation_fragment:
  - operator_nexus.credentials._auth
  - operator_nexus.credentials._run
  - operator_nexus.credentials._resource
  - operator_nexus.credentials._resource.networkcloud
  - operator_nexus.credentials._attributes.info
seealso:
  - module: operator_nexus.credentials.nexus_clustermanager_identity
"""

EXAMPLES = r"""
- name: Read one cluster manager
  operator_nexus.credentials.nexus_clustermanager_info:
    resource_group: nexus-east
    name: manager-east
  register: found

- name: Show the principal id of its system assigned identity
  ansible.builtin.debug:
    msg: "{{ found.cluster_managers[0].identity.principal_id }}"

- name: Read every cluster manager of the subscription
  operator_nexus.credentials.nexus_clustermanager_info:
"""

RETURN = r"""
cluster_managers:
  description:
    - The cluster managers that were found.
    - Members and properties lie side by side, their names in snake_case. Those that Azure leaves out are left out
      here, except for the ones listed below.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The ARM id.
      returned: always
      type: str
    name:
      description: The name.
      returned: always
      type: str
    location:
      description: The Azure region.
      returned: always
      type: str
    tags:
      description: The tags, their names untouched.
      returned: always
      type: dict
    identity:
      description: The managed identities, as
        RV(operator_nexus.credentials.nexus_clustermanager_identity#module:identity).
      returned: always
      type: dict
    provisioning_state:
      description: The state of the last operation.
      returned: always
      type: str
    detailed_status:
      description: How the cluster manager is doing.
      returned: always
      type: str
    detailed_status_message:
      description: The same in words.
      returned: always
      type: str
  sample:
    - id: /subscriptions/.../clusterManagers/manager-east
      name: manager-east
      type: microsoft.networkcloud/clustermanagers
      location: eastus
      tags: {}
      identity:
        type: SystemAssigned
        principal_id: 5b1a2c31-7f0e-4c59-9d14-0a4d4b5f6f10
        tenant_id: 00000000-0000-0000-0000-0000000000aa
        user_assigned_identities: []
      provisioning_state: Succeeded
      detailed_status: Available
      detailed_status_message: Cluster manager is available

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
    code: AuthorizationFailed
    message: The client '5b1a2c31-7f0e-4c59-9d14-0a4d4b5f6f10' does not have authorization to perform action
      'Microsoft.NetworkCloud/clusterManagers/read'.
    target: ""
    details: []
    correlation_id: b4c9d5c4-6d5b-4c0e-9f0e-0c1b7d2a3e4f
    operation: list
    resource_id: /subscriptions/.../providers/Microsoft.NetworkCloud/clusterManagers
"""

from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._argspec import (
    AUTH_SPEC,
    NETWORK_CLOUD_SPEC,
    RESOURCE_SPEC,
    RUN_SPEC,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._documents import cluster_manager
from ansible_collections.operator_nexus.credentials.plugins.module_utils._find import find
from ansible_collections.operator_nexus.credentials.plugins.module_utils._module import run_module
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import CLUSTER_MANAGER
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session

ARGUMENT_SPEC: dict[str, Any] = {"argument_spec": {**AUTH_SPEC, **RUN_SPEC, **RESOURCE_SPEC, **NETWORK_CLOUD_SPEC}}


def run(params: dict[str, Any], session: Session, check_mode: bool) -> dict[str, Any]:
    return {
        "changed": False,
        "cluster_managers": [cluster_manager(item) for item in find(params, session, CLUSTER_MANAGER)],
    }


def main() -> None:
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
