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
  - Links a cluster to the customer's key vault that the platform writes rotated credentials into, or takes the link
    away, by either of Microsoft's two methods.
  - By the method V(cluster) the platform writes with an identity of the cluster itself, which the cluster's
    C(secretArchiveSettings) select together with the vault.
  - By the older method V(cluster_manager) it writes with the identity of the cluster's manager, into the vault that the
    cluster's C(secretArchive) names.
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
      - With V(absent), C(secretArchive) is switched off rather than removed where the O(api_version) documents no way
        to remove it, before 2024-07-01 and from 2026-07-01 on. C(secretArchiveSettings) are then an error with
        2026-07-01, which has no switch for them either.
    type: str
    choices: [present, absent]
    default: present
  method:
    description:
      - The method to link by, or whose link to take away.
      - With O(state=present) the default is V(cluster) when O(vault_uri), O(identity_type) or O(identity_resource_id)
        is given, else V(cluster_manager).
      - With O(state=absent) the default is both, in one write.
    type: str
    choices: [cluster, cluster_manager]
  key_vault_id:
    description:
      - The ARM id of the key vault. Required with O(state=present), unless O(vault_uri) is given.
      - With the method V(cluster), the vault is read for its URI.
      - With O(state=absent), only a link to this vault is taken away; without it, any link is.
    type: str
  vault_uri:
    description:
      - The URI of the key vault, such as V(https://nexus-secrets.vault.azure.net/). For the method V(cluster) only, and
        for whoever may not read the vault.
      - With O(state=absent), only settings with this vault are taken away.
    type: str
  identity_type:
    description:
      - Which identity of the cluster writes into the vault. The default is V(UserAssignedIdentity) when
        O(identity_resource_id) is given. For the method V(cluster) only.
      - The cluster must have its system assigned identity already, see
        M(operator_nexus.credentials.nexus_cluster_identity); else it is an error. Check mode lets it pass, since an
        earlier task may be about to add it.
      - With O(state=absent) it has no meaning.
    type: str
    choices: [SystemAssignedIdentity, UserAssignedIdentity]
  identity_resource_id:
    description:
      - The ARM id of the user assigned identity that writes into the vault. For the method V(cluster) only.
      - The cluster need not have it yet. It is added in the same write, and those that the cluster has stay; see
        O(add_identity).
      - With O(state=absent) it has no meaning.
    type: str
  add_identity:
    description:
      - Whether to add O(identity_resource_id) to a cluster that lacks it.
      - With V(false) the cluster must have it already, see M(operator_nexus.credentials.nexus_cluster_identity); else
        it is an error. Check mode lets it pass, since an earlier task may be about to add it.
      - For a system assigned identity, and with O(state=absent), it has no meaning.
    type: bool
    default: true
  use_key_vault:
    description:
      - Whether the platform uses the linked vault. The method V(cluster) has no such switch and takes V(true) only.
      - With O(state=absent) it has no meaning.
    type: bool
    default: true
  check_vault:
    description:
      - Whether to look at the vault before linking it. One that does not exist, or uses access policies, is then an
        error.
      - Azure itself takes any. The one who runs this must be allowed to read the vault, and O(key_vault_id) be given.
      - With O(state=absent) it has no meaning.
    type: bool
    default: false
  prove:
    description:
      - Whether to wait until the platform itself says that credentials reach the vault. It must have validated the
        vault, or rotated a credential into it, since the cluster was last changed by anyone.
      - A cluster that is not deployed yet has nothing to prove, which is a warning. In check mode, and with
        O(state=absent), it has no meaning.
    type: bool
    default: false
  prove_timeout:
    description:
      - How many seconds to wait for the proof.
      - The platform tries again about every two minutes. A new role assignment may take ten minutes to have effect.
    type: int
    default: 900
notes:
  - M(operator_nexus.credentials.nexus_kv_role) lets the identity write into the vault. Use that first.
  - The method V(cluster) needs an O(api_version) of 2024-10-01-preview or later, V(cluster_manager) one of
    2023-10-01-preview or later.
  - Microsoft calls the method V(cluster_manager) deprecated since the API version 2025-02-01, which still has it. The
    platform ignores its link once the cluster has C(secretArchiveSettings) and an identity of its own.
seealso:
  - module: operator_nexus.credentials.nexus_cluster_identity
  - module: operator_nexus.credentials.nexus_cluster_info
  - module: operator_nexus.credentials.nexus_kv_role
"""

EXAMPLES = r"""
- name: Keep the cluster's credentials in our own vault, written with the cluster's system assigned identity
  operator_nexus.credentials.nexus_cluster_secret_archive:
    resource_group: nexus-east
    name: cluster-1
    key_vault_id: "{{ key_vault_id }}"
    identity_type: SystemAssignedIdentity

- name: The same with a user assigned identity, which the cluster is given in the same write
  operator_nexus.credentials.nexus_cluster_secret_archive:
    resource_group: nexus-east
    name: cluster-1
    vault_uri: https://nexus-secrets.vault.azure.net/
    identity_resource_id: "{{ rotation_identity_id }}"

- name: Do not go on before credentials really reach the vault
  operator_nexus.credentials.nexus_cluster_secret_archive:
    id: "{{ cluster_id }}"
    key_vault_id: "{{ key_vault_id }}"
    identity_resource_id: "{{ rotation_identity_id }}"
    prove: true

- name: Link by the older method, with the identity of the cluster's manager
  operator_nexus.credentials.nexus_cluster_secret_archive:
    resource_group: nexus-west
    name: cluster-7
    key_vault_id: "{{ key_vault_id }}"

- name: See what linking would change, and whether the vault will do
  operator_nexus.credentials.nexus_cluster_secret_archive:
    resource_group: nexus-west
    name: cluster-7
    key_vault_id: "{{ key_vault_id }}"
    check_vault: true
  check_mode: true

- name: Take away what is left of the older method
  operator_nexus.credentials.nexus_cluster_secret_archive:
    id: "{{ cluster_id }}"
    method: cluster_manager
    state: absent

- name: Take any vault away
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
method:
  description:
    - The method that the platform uses now, or in check mode would use.
    - V(null) when the platform writes into no vault of the customer.
  returned: success
  type: str
  sample: cluster
previous_method:
  description: The method that the platform used before this task.
  returned: success
  type: str
  sample: cluster_manager
redirected:
  description:
    - Whether the platform, which wrote credentials before this task, now takes another method, another vault or, by the
      method V(cluster), another identity; in check mode, would take.
    - Then the new identity's role should have had the time to take effect, see
      O(operator_nexus.credentials.nexus_kv_role#module:effective_seconds).
  returned: success
  type: bool
  sample: true
secret_archive:
  description: The link of the method V(cluster_manager) that the cluster has now, or in check mode would have. V(null)
    when it has none.
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
secret_archive_settings:
  description: The link of the method V(cluster) that the cluster has now, or in check mode would have. V(null) when it
    has none.
  returned: success
  type: dict
  contains:
    vault_uri:
      description: The URI of the vault.
      returned: always
      type: str
    identity_type:
      description: V(SystemAssignedIdentity) or V(UserAssignedIdentity).
      returned: always
      type: str
    identity_resource_id:
      description: The ARM id of the user assigned identity, V(null) for the system assigned one.
      returned: always
      type: str
  sample:
    vault_uri: https://nexus-secrets.vault.azure.net/
    identity_type: SystemAssignedIdentity
    identity_resource_id:
proof:
  description:
    - What shows that credentials reach the vault. With O(prove=true) only, and not in check mode.
  returned: success, with O(prove=true)
  type: dict
  contains:
    kind:
      description: V(validated) when the platform has validated the vault, V(rotated) when it has rotated a credential
        into it, V(null) when there is nothing to prove.
      returned: always
      type: str
    time:
      description: When that was, in UTC.
      returned: always
      type: str
  sample:
    kind: validated
    time: "2026-11-24T14:03:22Z"
cluster_manager_id:
  description: The ARM id of the cluster's manager, whose identity writes into the vault by the method
    V(cluster_manager).
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

from collections.abc import Callable
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _api_version,
    _link,
    _method,
    _resource_id,
    _secret_archive_settings,
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
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._module import run_module
from ansible_collections.operator_nexus.credentials.plugins.module_utils._proof import NO_PROOF, Proof, prove
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session
from ansible_collections.operator_nexus.credentials.plugins.module_utils._vault import (
    fetch_vault,
    require_roles,
    uses_roles,
)

Document = dict[str, Any]

ARGUMENT_SPEC: dict[str, Any] = {
    "argument_spec": {
        **AUTH_SPEC,
        **RUN_SPEC,
        **RESOURCE_SPEC,
        **NETWORK_CLOUD_SPEC,
        **WAIT_SPEC,
        **STATE_SPEC,
        "method": {"type": "str", "choices": ["cluster", "cluster_manager"]},
        "key_vault_id": {"type": "str", "no_log": False},
        "vault_uri": {"type": "str"},
        "identity_type": {"type": "str", "choices": ["SystemAssignedIdentity", "UserAssignedIdentity"]},
        "identity_resource_id": {"type": "str"},
        "add_identity": {"type": "bool", "default": True},
        "use_key_vault": {"type": "bool", "default": True, "no_log": False},
        "check_vault": {"type": "bool", "default": False},
        "prove": {"type": "bool", "default": False},
        "prove_timeout": {"type": "int", "default": 900},
    },
}


def run(params: dict[str, Any], session: Session, check_mode: bool) -> dict[str, Any]:
    want = _link.wanted(params)
    if params["check_vault"] and want.present and not want.vault_id:
        raise BadInput(
            "check_vault", "a vault cannot be looked up by its URI", "give key_vault_id, or drop check_vault"
        )
    version = _method.check_version(params["api_version"], want.methods[-1])
    cluster_id = _resource_id.address(params, _resource_id.CLUSTER, lambda: session.subscription_id)

    def aim(want: _link.Wanted) -> Aim:
        def precondition(document: Document) -> None:
            # In check mode, an earlier task may be about to add the identity.
            if not check_mode and _link.lacks_identity(document, want):
                raise _no_identity(cluster_id, want)
            _refuse_unremovable(_link.plan(document, want, version) or {}, version)

        return Aim(
            resource_id=cluster_id,
            label="cluster",
            api_version=version,
            plan=lambda document: _link.plan(document, want, version),
            apply=_link.apply,
            precondition=precondition,
            wait=params["wait"],
            timeout=params["wait_timeout"],
        )

    if want.present and want.vault_id and (want.is_settings or params["check_vault"]):
        want, outcome = _converge_with_vault(session.arm, aim, want, params["check_vault"], check_mode)
    else:
        outcome = converge(session.arm, aim(want), check_mode)
    document, more = outcome.document, {}
    if params["prove"] and want.present and not check_mode:
        document, more["proof"] = _proved(session.arm, outcome, want, version, params["prove_timeout"])
    # In check mode, the identity that the settings select may be one that an earlier task is about to add.
    method = _method.CLUSTER if check_mode and want.is_settings else _method.in_use(document)
    return {
        "warnings": outcome.warnings
        + _warnings(document, want, version, check_mode)
        + _proof_warnings(cluster_id, more),
        "changed": outcome.changed,
        "diff": {"before": _link.summary(outcome.before, want), "after": _link.summary(outcome.after, want)},
        "id": cluster_id,
        "method": method,
        "previous_method": _method.in_use(outcome.before),
        "redirected": _method.is_redirected(outcome.before, document, method),
        **_link.report(document),
        **more,
        "cluster_manager_id": properties(document).get("clusterManagerId"),
        "provisioning_state": properties(document).get("provisioningState"),
    }


def _converge_with_vault(
    arm: Arm, aim: Callable[[_link.Wanted], Aim], want: _link.Wanted, check_vault: bool, check_mode: bool
) -> tuple[_link.Wanted, Outcome]:
    """`converge`, after a look at the vault: one that was read before is enough where nothing needs doing."""
    known = arm.recall(want.vault_id, _api_version.KEY_VAULT)
    if known is not None and (uses_roles(known) or not check_vault):
        located = _located(want, known)
        done = converged(arm, aim(located))
        if done is not None:
            return located, done
    vault = fetch_vault(arm, want.vault_id, _api_version.KEY_VAULT)
    if check_vault:
        require_roles(vault, want.vault_id, "key_vault_id")
    located = _located(want, vault)
    return located, converge_anew(arm, aim(located), check_mode)


def _located(want: _link.Wanted, vault: Document) -> _link.Wanted:
    """What is wanted, with the URI that the vault tells of itself where the method needs it."""
    return want.at(properties(vault)["vaultUri"]) if want.is_settings else want


def _proved(arm: Arm, outcome: Outcome, want: _link.Wanted, version: str, timeout: float) -> tuple[Document, Proof]:
    """The cluster and the proof, from a document that was read after the link was seen to be in place."""
    if want.methods[0] != _method.in_use(outcome.document):
        return outcome.document, NO_PROOF
    document = arm.get(outcome.document["id"], version) or outcome.document
    return prove(arm, document, want.vault_uri or want.vault_id, version, timeout)


def _refuse_unremovable(body: Document, api_version: str) -> None:
    """Raises BadInput for a PATCH that takes settings away by an api-version that documents no way to do so."""
    changes = body.get("properties") or {}
    takes_away = "secretArchiveSettings" in changes and changes["secretArchiveSettings"] is None
    if takes_away and api_version >= _secret_archive_settings.NULLABLE_BEFORE:
        remedy = "give 2025-09-01"
        raise BadInput("api_version", f"{api_version} documents no way to take secretArchiveSettings away", remedy)


def _no_identity(cluster_id: str, want: _link.Wanted) -> NexusError:
    system = not want.identity_id
    which = "no system assigned identity" if system else f"not the user assigned identity {want.identity_id}"
    option = "system_assigned: true" if system else "user_assigned"
    return NexusError(
        f"the cluster has {which} that could write into the vault",
        code="IdentityMissing",
        target="identity_type" if system else "identity_resource_id",
        operation="link the key vault to",
        resource_id=cluster_id,
        remedy=f"add it with nexus_cluster_identity ({option}) and give it the role with nexus_kv_role first",
    )


def _warnings(document: Document, want: _link.Wanted, version: str, check_mode: bool) -> list[str]:
    """What keeps a link from being used, or from being seen."""
    cluster_id = document.get("id")
    if not want.present:
        unseen = _method.CLUSTER in want.methods and version < _secret_archive_settings.SINCE
        text = f"The api-version {version} does not show secretArchiveSettings: if {cluster_id} has some, they stay."
        return [text] if unseen else []
    if _link.lacks_identity(document, want) and not check_mode:
        which = f"not the identity {want.identity_id}" if want.identity_id else "no system assigned identity"
        text = f"{cluster_id} has {which}, which its secretArchiveSettings select."
        return [f"{text} Add it with nexus_cluster_identity."]
    if want.is_settings or _method.in_use(document) != _method.CLUSTER:
        return []
    uri = properties(document)["secretArchiveSettings"]["vaultUri"]
    text = f"{cluster_id} has secretArchiveSettings with the vault {uri}. The platform uses that vault and ignores the"
    return [f"{text} one linked here. Take the settings away, or do without this task."]


def _proof_warnings(cluster_id: str, more: Document) -> list[str]:
    if more.get("proof") != NO_PROOF:
        return []
    return [f"nothing proves that credentials of {cluster_id} reach the vault: it is not deployed, or does not use it"]


def main() -> None:
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
