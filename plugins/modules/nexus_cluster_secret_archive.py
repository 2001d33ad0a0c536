#!/usr/bin/python
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nexus_cluster_secret_archive
short_description: Link an Azure Operator Nexus cluster to the key vault that receives its rotated credentials
version_added: 1.0.0
description:
  - Sets the secret archive of a cluster, the customer's key vault that the platform writes rotated credentials into,
    or takes it away.
  - Changes nothing else of the cluster.
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
      - V(present) links the vault; V(absent) takes the link away.
      - With an O(api_version) before 2024-07-01, or 2026-07-01 and later, the link can be switched off but not removed.
        V(absent) then does that.
    type: str
    choices: [present, absent]
    default: present
  key_vault_id:
    description:
      - The ARM id of the key vault. Required with O(state=present).
      - With O(state=absent), only a link to this vault is taken away; without it, any link is.
    type: str
  use_key_vault:
    description:
      - Whether the platform uses the linked vault. With O(state=absent) it has no meaning.
    type: bool
    default: true
  check_vault:
    description:
      - Whether to look at the vault before linking it. One that does not exist, or uses access policies, is then an
        error.
      - Azure itself takes any id. The one who runs this must be allowed to read the vault.
      - With O(state=absent) it has no meaning.
    type: bool
    default: false
notes:
  - M(operator_nexus.credentials.nexus_kv_role) lets the identity of the cluster manager write into the vault. Use that
    first.
  - Needs an O(api_version) of 2023-10-01-preview or later.
  - Microsoft calls this method deprecated since the API version 2025-02-01, which still has it. The platform ignores
    the link once the cluster has C(secretArchiveSettings) and an identity of its own.
seealso:
  - module: operator_nexus.credentials.nexus_cluster_info
  - module: operator_nexus.credentials.nexus_kv_role
"""

EXAMPLES = r"""
- name: Keep the cluster's credentials in our own vault
  operator_nexus.credentials.nexus_cluster_secret_archive:
    resource_group: nexus-east
    name: cluster-1
    key_vault_id: "{{ key_vault_id }}"

- name: See what linking would change, and whether the vault will do
  operator_nexus.credentials.nexus_cluster_secret_archive:
    resource_group: nexus-east
    name: cluster-1
    key_vault_id: "{{ key_vault_id }}"
    check_vault: true
  check_mode: true

- name: Take the vault away again
  operator_nexus.credentials.nexus_cluster_secret_archive:
    id: "{{ cluster_id }}"
    state: absent
"""

RETURN = r"""
id:
  description: The ARM id of the cluster.
  returned: success
  type: str
  sample: /subscriptions/.../clusters/cluster-1
secret_archive:
  description: The link that the cluster has now, or in check mode would have. V(null) when no vault is linked.
  returned: success
  type: dict
  contains:
    key_vault_id:
      description: The ARM id of the vault.
      returned: always
      type: str
    use_key_vault:
      description: Whether the platform uses it.
      returned: always
      type: bool
  sample:
    key_vault_id: /subscriptions/.../vaults/nexus-secrets
    use_key_vault: true
cluster_manager_id:
  description: The ARM id of the cluster's manager, whose identity writes into the vault.
  returned: success
  type: str
  sample: /subscriptions/.../clusterManagers/manager-east
provisioning_state:
  description: The state of the cluster's last operation.
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
    code: BadInput
    message: "'nexus-secrets' is not a resource id"
    target: key_vault_id
    details: []
    correlation_id: ""
    operation: ""
    resource_id: ""
"""

from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _api_version,
    _resource_id,
    _secret_archive,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._argspec import (
    AUTH_SPEC,
    NETWORK_CLOUD_SPEC,
    RESOURCE_SPEC,
    RUN_SPEC,
    STATE_SPEC,
    WAIT_SPEC,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._converge import (
    Aim,
    Outcome,
    converge,
    converge_anew,
    converged,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._documents import properties
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.plugins.module_utils._module import run_module
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session
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
        **NETWORK_CLOUD_SPEC,
        **WAIT_SPEC,
        **STATE_SPEC,
        "key_vault_id": {"type": "str", "no_log": False},
        "use_key_vault": {"type": "bool", "default": True, "no_log": False},
        "check_vault": {"type": "bool", "default": False},
    },
}

# The first api-version in which a cluster has a secret archive.
ARCHIVE_SINCE = "2023-10-01-preview"


def run(params: dict[str, Any], session: Session, check_mode: bool) -> dict[str, Any]:
    present = params["state"] == "present"
    if present and not params["key_vault_id"]:
        raise BadInput("key_vault_id", "no vault is named", "give the ARM id of the key vault")
    vault_id = (
        _resource_id.check(params["key_vault_id"], _resource_id.VAULT, "key_vault_id") if params["key_vault_id"] else ""
    )
    version = _api_version.check(params["api_version"], ARCHIVE_SINCE, "the secret archive of a cluster")
    cluster_id = _resource_id.address(params, _resource_id.CLUSTER, lambda: session.subscription_id)

    def archive(document: dict[str, Any]) -> dict[str, Any] | None:
        return properties(document).get("secretArchive")

    def plan(document: dict[str, Any]) -> dict[str, Any] | None:
        if present:
            return _secret_archive.plan_present(archive(document), vault_id, params["use_key_vault"])
        return _secret_archive.plan_absent(archive(document), vault_id, version)

    def apply(document: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        return {**document, "properties": {**properties(document), "secretArchive": _secret_archive.apply(body)}}

    aim = Aim(
        resource_id=cluster_id,
        label="cluster",
        api_version=version,
        plan=plan,
        apply=apply,
        wait=params["wait"],
        timeout=params["wait_timeout"],
    )
    if present and params["check_vault"]:
        outcome = _converge_with_vault(session.arm, aim, vault_id, check_mode)
    else:
        outcome = converge(session.arm, aim, check_mode)
    successor = properties(outcome.document).get("secretArchiveSettings") if present else None
    ignored = [_ignored(cluster_id, successor["vaultUri"])] if successor and successor.get("vaultUri") else []
    return {
        "warnings": outcome.warnings + ignored,
        "changed": outcome.changed,
        "diff": {
            "before": {"secret_archive": _secret_archive.report(archive(outcome.before))},
            "after": {"secret_archive": _secret_archive.report(archive(outcome.after))},
        },
        "id": cluster_id,
        "secret_archive": _secret_archive.report(archive(outcome.document)),
        "cluster_manager_id": properties(outcome.document).get("clusterManagerId"),
        "provisioning_state": properties(outcome.document).get("provisioningState"),
    }


def _converge_with_vault(arm: Arm, aim: Aim, vault_id: str, check_mode: bool) -> Outcome:
    """`converge`, after a look at the vault: one that was read before is enough where nothing needs doing."""
    done = converged(arm, aim)
    vault = arm.recall(vault_id, _api_version.KEY_VAULT) if done is not None else None
    if done is not None and vault is not None and uses_roles(vault):
        return done
    require_roles(fetch_vault(arm, vault_id, _api_version.KEY_VAULT), vault_id, "key_vault_id")
    return converge_anew(arm, aim, check_mode)


def _ignored(cluster_id: str, vault_uri: str) -> str:
    return (
        f"{cluster_id} has secretArchiveSettings with the vault {vault_uri}. The platform uses that vault and ignores "
        "the one linked here. Take the settings away, or do without this task."
    )


def main() -> None:
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
