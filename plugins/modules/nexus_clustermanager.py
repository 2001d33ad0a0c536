#!/usr/bin/python
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nexus_clustermanager
short_description: Create, update or delete an Azure Operator Nexus cluster manager
version_added: 1.0.0
description:
  - Creates a cluster manager where there is none, sets tags and adds identities where there is one, or deletes it.
  - Tags and identities that the task does not name stay, whoever set them.
  - A run that was interrupted can be repeated. It waits for the operation that is still going on, and begins none anew.
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
      - V(present) creates the cluster manager or updates it; V(absent) deletes it.
      - With V(absent), options that describe a cluster manager have no meaning.
    type: str
    choices: [present, absent]
    default: present
  location:
    description:
      - The Azure region, such as V(uksouth) or V(UK South). Microsoft asks for the region of the fabric controller.
      - Required to create the cluster manager, and cannot be changed afterwards.
    type: str
  fabric_controller_id:
    description:
      - The ARM id of the network fabric controller that the cluster manager belongs to.
      - Required to create the cluster manager, and cannot be changed afterwards.
    type: str
  analytics_workspace_id:
    description:
      - The ARM id of the Log Analytics workspace for the logs. Cannot be changed after the creation.
    type: str
  managed_resource_group_configuration:
    description:
      - The resource group that Azure makes for what the cluster manager consists of. Cannot be changed after the
        creation.
    type: dict
    suboptions:
      name:
        description: Its name, of at most 75 characters. Azure makes one up when not set.
        type: str
      location:
        description: Its region. Azure takes that of the cluster manager when not set.
        type: str
  availability_zones:
    description:
      - The availability zones of the region to use, in any order. Cannot be changed after the creation.
    type: list
    elements: str
  vm_size:
    description:
      - The size of the virtual machines that the cluster manager runs on, such as V(Standard_D8s_v5). Cannot be
        changed after the creation.
    type: str
  tags:
    description:
      - Tags to set. Other tags, such as those that an Azure Policy has set, stay unless O(purge_tags=true).
      - Values are texts. Put those in quotes that YAML would take for something else, such as V(true).
    type: dict
  purge_tags:
    description:
      - Whether to take away all tags that O(tags) does not name. Without O(tags) it has no effect.
    type: bool
    default: false
  system_assigned:
    description:
      - Whether the cluster manager has a system assigned identity. When not set, the one it has or lacks is left
        alone.
      - V(false) removes it. Azure gives a new one another principal id, so roles of the old one are lost.
    type: bool
  user_assigned:
    description:
      - The ARM ids of user assigned identities to have. Others that the cluster manager has stay.
      - M(operator_nexus.credentials.nexus_clustermanager_identity) removes identities.
    type: list
    elements: str
notes:
  - An option that differs from what the cluster manager has, and that only a creation can set, is an error before
    anything is written. Options that are not set are not compared.
  - Azure takes about 15 minutes to create a cluster manager, and 11 to delete it. Tags and identities are set at once.
  - A creation that has failed is begun anew, with everything that the failed attempt has left and with what the task
    asks for. A warning tells of it.
  - Azure does not delete a cluster manager that still has clusters. Delete these first.
  - Microsoft advises to wait for 20 minutes after a deletion before creating a cluster manager of the same name.
  - A lock on the cluster manager, its resource group or the subscription is an error at once.
  - Hosts and jobs that create the same cluster manager at the same time end with one creation. This needs an
    O(api_version) of 2025-02-01 or later.
  - Microsoft's schema lets a cluster manager have both kinds of identity at once; Microsoft's pages say that only one
    kind, and only one user assigned identity, is supported.
  - Identities need an O(api_version) of 2023-12-01-preview or later.
seealso:
  - module: operator_nexus.credentials.nexus_clustermanager_identity
  - module: operator_nexus.credentials.nexus_clustermanager_info
  - module: operator_nexus.credentials.nexus_kv_role
  - module: operator_nexus.credentials.nexus_uai_role
"""

EXAMPLES = r"""
- name: Create a cluster manager with a system assigned identity
  operator_nexus.credentials.nexus_clustermanager:
    resource_group: nexus-east
    name: manager-east
    location: eastus
    fabric_controller_id: "{{ fabric_controller_id }}"
    managed_resource_group_configuration:
      name: nexus-east-managed
    system_assigned: true
    tags:
      costCenter: "42"
  register: manager

- name: Let that identity write into the vault
  operator_nexus.credentials.nexus_kv_role:
    id: "{{ key_vault_id }}"
    principals: "{{ manager.principals }}"

- name: Create a cluster manager with a user assigned identity
  operator_nexus.credentials.nexus_clustermanager:
    resource_group: nexus-west
    name: manager-west
    location: uksouth
    fabric_controller_id: "{{ fabric_controller_id }}"
    analytics_workspace_id: "{{ analytics_workspace_id }}"
    vm_size: Standard_D8s_v5
    availability_zones: ["1", "2"]
    user_assigned:
      - "{{ rotation_identity_id }}"

- name: Set one tag and keep the others
  operator_nexus.credentials.nexus_clustermanager:
    resource_group: nexus-east
    name: manager-east
    tags:
      costCenter: "43"

- name: Have these tags and no others
  operator_nexus.credentials.nexus_clustermanager:
    id: "{{ cluster_manager_id }}"
    tags:
      environment: production
    purge_tags: true

- name: Delete a cluster manager that has no clusters any more
  operator_nexus.credentials.nexus_clustermanager:
    resource_group: nexus-west
    name: manager-west
    state: absent
"""

RETURN = r"""
id:
  description: The ARM id of the cluster manager.
  returned: success
  type: str
  sample: /subscriptions/.../clusterManagers/manager-east
cluster_manager:
  description:
    - The cluster manager as it is now, or in check mode would be, as
      M(operator_nexus.credentials.nexus_clustermanager_info) returns it.
    - V(null) with O(state=absent). Check mode does not know what Azure will set by itself.
  returned: success
  type: dict
  sample:
    id: /subscriptions/.../clusterManagers/manager-east
    name: manager-east
    location: eastus
    tags:
      costCenter: "42"
    fabric_controller_id: /subscriptions/.../networkFabricControllers/controller-east
    vm_size: Standard_D4_v2
    manager_extended_location:
      name: /subscriptions/.../customLocations/manager-east-cl
      type: CustomLocation
    provisioning_state: Succeeded
identity:
  description: The identities that the cluster manager has now, or in check mode would have. V(null) with
    O(state=absent).
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
  description: The state of the cluster manager's last operation. V(null) with O(state=absent), and when check mode
    would only create it.
  returned: success
  type: str
  sample: Succeeded
failure:
  description:
    - The parts of what C(msg) says in one line.
    - C(code) and C(message) are Azure's, or C(code) is C(BadInput) when an option is wrong. It is C(NotChangeable) when
      options differ that only a creation can set.
    - C(target) is what the error is about, for C(BadInput) and C(NotChangeable) the options. C(details) holds further
      errors below this one.
    - C(correlation_id) is the id under which Azure logged the request.
    - C(operation) is what was being done, C(resource_id) what it was done to.
  returned: failure
  type: dict
  sample:
    code: NotChangeable
    message: vm_size is 'Standard_D4_v2' and cannot become 'Standard_D8s_v5'
    target: vm_size
    details:
      - code: NotChangeable
        target: vm_size
        message: vm_size is 'Standard_D4_v2' and cannot become 'Standard_D8s_v5'
    correlation_id: ""
    operation: update the cluster manager
    resource_id: /subscriptions/.../clusterManagers/manager-east
"""

from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _api_version,
    _cluster_manager,
    _documents,
    _identity,
    _lifecycle,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._argspec import (
    AUTH_SPEC,
    NETWORK_CLOUD_SPEC,
    RESOURCE_SPEC,
    RUN_SPEC,
    STATE_SPEC,
    WAIT_SPEC,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._attach import fill_in, missing_ids, tell
from ansible_collections.operator_nexus.credentials.plugins.module_utils._converge import Aim, Outcome
from ansible_collections.operator_nexus.credentials.plugins.module_utils._documents import properties
from ansible_collections.operator_nexus.credentials.plugins.module_utils._module import run_module
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import CLUSTER_MANAGER, address
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session

ARGUMENT_SPEC: dict[str, Any] = {
    "argument_spec": {
        **AUTH_SPEC,
        **RUN_SPEC,
        **RESOURCE_SPEC,
        **NETWORK_CLOUD_SPEC,
        **WAIT_SPEC,
        **STATE_SPEC,
        "location": {"type": "str"},
        "fabric_controller_id": {"type": "str"},
        "analytics_workspace_id": {"type": "str"},
        "managed_resource_group_configuration": {
            "type": "dict",
            "options": {"name": {"type": "str"}, "location": {"type": "str"}},
        },
        "availability_zones": {"type": "list", "elements": "str"},
        "vm_size": {"type": "str"},
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": False},
        "system_assigned": {"type": "bool"},
        "user_assigned": {"type": "list", "elements": "str"},
    },
}


def run(params: dict[str, Any], session: Session, check_mode: bool) -> dict[str, Any]:
    is_wanted = params["state"] == "present"
    want = _cluster_manager.wanted(params) if is_wanted else _cluster_manager.Wanted()
    since = _cluster_manager.IDENTITY_SINCE if want.identity != _identity.Wanted() else ""
    version = _api_version.check(params["api_version"], since, "the identity of a cluster manager")
    manager_id = address(params, CLUSTER_MANAGER, lambda: session.subscription_id)
    aim = _aim(params, want, manager_id, version)
    if not is_wanted:
        return _absent(_lifecycle.remove(session.arm, aim, check_mode), manager_id)

    def plan(document: dict[str, Any] | None) -> dict[str, Any] | None:
        if document is None:
            _cluster_manager.check_name(manager_id, "name" if params.get("name") else "id")
        elif not _cluster_manager.never_lived(document):
            return None
        return _cluster_manager.creation(document, want)

    creation = _lifecycle.Creation(
        plan=plan,
        apply=lambda document, body: _cluster_manager.created(document, body, manager_id),
        is_conditional=version >= _cluster_manager.CONDITIONS_SINCE,
    )
    outcome = _lifecycle.ensure(session.arm, aim, creation, check_mode)
    document = fill_in(session, outcome.document, want.identity, manager_id) if check_mode else outcome.document
    return {
        "warnings": outcome.warnings + _begun_anew(outcome),
        "changed": outcome.changed,
        "diff": _diff(outcome),
        "id": manager_id,
        "cluster_manager": _documents.cluster_manager(document),
        **tell(document, want.identity, manager_id),
        "provisioning_state": properties(document).get("provisioningState"),
    }


def _aim(params: dict[str, Any], want: _cluster_manager.Wanted, manager_id: str, version: str) -> Aim:
    def precondition(document: dict[str, Any]) -> None:
        found = _cluster_manager.differences(document, want)
        if found:
            raise _cluster_manager.conflict(found, manager_id)

    return Aim(
        resource_id=manager_id,
        label="cluster manager",
        api_version=version,
        plan=lambda document: _cluster_manager.plan(document, want),
        apply=_cluster_manager.apply,
        missing=lambda document: missing_ids(document, want.identity, manager_id),
        precondition=precondition,
        wait=params["wait"],
        timeout=params["wait_timeout"],
    )


def _absent(outcome: Outcome, manager_id: str) -> dict[str, Any]:
    return {
        "warnings": [],
        "changed": outcome.changed,
        "diff": _diff(outcome),
        "id": manager_id,
        "cluster_manager": None,
        "identity": None,
        "principal_id": None,
        "principal_ids": [],
        "principals": [],
        "provisioning_state": None,
    }


def _diff(outcome: Outcome) -> dict[str, Any]:
    return {
        "before": _cluster_manager.summary(outcome.before),
        "after": _cluster_manager.summary(outcome.after),
    }


def _begun_anew(outcome: Outcome) -> list[str]:
    """A warning, where the task has created what an earlier attempt could not."""
    if not outcome.changed or not outcome.before or not _cluster_manager.never_lived(outcome.before):
        return []
    told = properties(outcome.before)
    words = str(told.get("detailedStatusMessage") or "").strip().rstrip(".")
    ended = f"an earlier creation of {outcome.before.get('id')} ended as {told.get('provisioningState')}"
    return [f"{ended}{': ' if words else ''}{words}; it is begun anew"]


def main() -> None:
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
