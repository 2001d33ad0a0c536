#!/usr/bin/python
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nexus_credential_rotation_info
short_description: Tell which credentials of Operator Nexus clusters were rotated when, into which key vault
version_added: 1.0.0
description:
  - Reads what the bare metal machines and storage appliances of clusters tell of the rotation of their credentials,
    and judges each credential. Is it rotated in time, and does it lie in the key vault that it should lie in?
  - Give O(id), or O(name) with O(resource_group), for one cluster; O(ids) for several ones, of any resource groups and
    subscriptions; O(resource_group) alone for those of a group; nothing for those of the subscription.
  - What Azure leaves out is V(null) here, and a credential of which too little is told has the fault V(unknown). It
    is never taken for good. Nor is a cluster that does not exist, is not shown or cannot be read, and one that is
    deployed and shows no bare metal machine. Its C(problem) tells why.
  - These faults there are, the worst first. C(expired), the time after which a credential is not valid any more has
    passed; C(overdue), its next rotation has not come within O(grace_days); C(never_rotated), Azure tells of no
    rotation of it; C(secret_unusable), the vault does not have the version of the secret, or has it as disabled or
    expired (with O(check_secrets) only); C(not_archived), it was rotated, but into no vault of yours; C(misplaced), it
    lies in another vault than expected; C(unknown), too little is told.
  - A credential may have several of them. Its status is the worst one, or V(ok) without any. To find all credentials
    that are, say, overdue, use C(faults) and C(by_fault), not C(status) and C(by_status); one that is overdue and has
    expired too counts as expired there.
  - A cluster has the status of its worst credential. It is V(unknown) if that is better and not all of the cluster
    could be read, and V(not_deployed) if it has no credentials yet.
author:
  - operator_nexus contributors (@operator-nexus)
extends_documentation_fragment:
  - operator_nexus.credentials._auth
  - operator_nexus.credentials._run
  - operator_nexus.credentials._resource
  - operator_nexus.credentials._resource.networkcloud
  - operator_nexus.credentials._attributes.info
options:
  ids:
    description:
      - The ARM ids of several clusters. They may lie in several resource groups and subscriptions.
      - An empty list means no cluster.
    type: list
    elements: str
  expected_key_vault_id:
    description:
      - The ARM id of the key vault in which all credentials should lie.
      - By default it is for each cluster the vault that it is linked to, by the method that the platform uses.
    type: str
  expected_vault_uri:
    description:
      - The same by the vault's URI, such as V(https://nexus-secrets.vault.azure.net/). Give one of the two.
    type: str
  grace_days:
    description:
      - How many days a rotation may be late before it is overdue. Azure documents that it may be delayed, and some
        credentials are rotated every day.
      - It counts for rotation only, not for the time when a credential expires.
    type: int
    default: 1
  check_secrets:
    description:
      - Whether to look into the vaults, if they really have the versions of the secrets that the devices tell of. A
        value is never read, only the list of a secret's versions.
      - Needs network access to each vault, and there the data action
        C(Microsoft.KeyVault/vaults/secrets/readMetadata/action), which the role C(Key Vault Reader) has; in a vault
        with access policies, C(list). Where that is lacking, the credentials are C(unknown), and RV(vaults) tells why.
      - Needs at least one request for each credential.
    type: bool
    default: false
  detail:
    description:
      - Which credentials to return. V(all), V(problems) for those whose status is not V(ok), or V(summary) for none.
      - A credential is about a kilobyte of the result. For many clusters V(problems) or V(summary) is better, most of
        all where results are stored, as AWX does. The summaries count all credentials in any case.
    type: str
    choices: [all, problems, summary]
    default: all
notes:
  - The one who runs this needs the role C(Reader) on the clusters and on their managed resource groups, in which the
    machines and storage appliances lie. A cluster of which something cannot be read tells that as its C(problem),
    with Azure's code. What is about all of them, such as a list that fails or a token that Azure does not take, is a
    failure.
  - Up to three clusters of a subscription are read one by one. For more, the lists of the subscription are read, so
    that there are as many requests as there are pages.
  - Before O(api_version=2024-03-01-preview), Azure tells nothing of rotations, which is an error. Before
    V(2024-10-01-preview) it does not tell all links, so that the vault has to be given. Before
    V(2025-07-01-preview) it does not tell the URIs of vaults.
  - A device that tells nothing of its credentials is there as one credential without a name, unless its cluster is
    not deployed yet and none of its devices tells anything.
  - Nothing is taken from what other tasks of the run have read.
seealso:
  - module: operator_nexus.credentials.nexus_cluster_secret_archive
  - module: operator_nexus.credentials.nexus_archive_readiness_info
"""

EXAMPLES = r"""
- name: See how the credentials of one cluster are
  operator_nexus.credentials.nexus_credential_rotation_info:
    resource_group: nexus-east
    name: cluster-1
  register: rotation

- name: Stop unless all is well
  ansible.builtin.assert:
    that: rotation.status == 'ok'
    fail_msg: "{{ rotation.clusters | map(attribute='status') | join(', ') }}"

- name: Look for credentials of all clusters that are not in order, in the vaults too
  operator_nexus.credentials.nexus_credential_rotation_info:
    detail: problems
    check_secrets: true
  register: fleet

- name: Fail when anything is overdue or expired, or was not read, or there is no cluster
  ansible.builtin.assert:
    that:
      - fleet.summary.by_fault.overdue == 0
      - fleet.summary.by_fault.expired == 0
      - fleet.clusters | selectattr('problem') | length == 0
      - fleet.summary.clusters > 0
    fail_msg: "{{ fleet.clusters | rejectattr('status', 'equalto', 'ok') | map(attribute='name') | join(', ') }}"

- name: Fail when anything at all is not in order
  ansible.builtin.assert:
    that: fleet.status in ['ok', 'not_deployed']
    fail_msg: "{{ fleet.clusters | rejectattr('status', 'equalto', 'ok') | map(attribute='name') | join(', ') }}"

- name: Show the credentials that are overdue, be they expired too or not
  ansible.builtin.debug:
    msg: "{{ fleet.clusters | map(attribute='credentials') | flatten | selectattr('faults', 'contains', 'overdue') }}"

- name: Count the credentials of some clusters, which should all lie in our vault
  operator_nexus.credentials.nexus_credential_rotation_info:
    ids: "{{ cluster_ids }}"
    expected_key_vault_id: "{{ key_vault_id }}"
    detail: summary
  register: counted

- name: Show how many of them do not
  ansible.builtin.debug:
    var: counted.summary.by_fault.misplaced
"""

RETURN = r"""
status:
  description: The worst status of RV(clusters). V(unknown) when there is no cluster.
  returned: success
  type: str
  sample: overdue
checked_at:
  description: The time that was compared with.
  returned: success
  type: str
  sample: "2026-03-05T06:00:00Z"
summary:
  description: Numbers and times over all clusters.
  returned: success
  type: dict
  contains:
    clusters:
      description: How many clusters there are.
      returned: always
      type: int
    clusters_by_status:
      description: How many clusters have which status. Each status is there.
      returned: always
      type: dict
    devices:
      description: How many machines and storage appliances these credentials are of.
      returned: always
      type: int
    credentials:
      description: How many credentials there are, whatever O(detail) is.
      returned: always
      type: int
    by_status:
      description: How many credentials have which status, that is, which one as their worst fault. Each status but
        C(not_deployed) is there.
      returned: always
      type: dict
    by_fault:
      description: How many credentials have which fault, whatever their other ones are. Each fault is there. A
        credential counts for each of its faults.
      returned: always
      type: dict
    oldest_rotation:
      description: The time of the last rotation of that credential whose one is the longest ago. V(null) where no
        credential tells any.
      returned: always
      type: str
    next_rotation:
      description: When the next rotation is due, or was. V(null) where no credential tells any.
      returned: always
      type: str
    next_expiry:
      description: When the next credential expires, or did. V(null) where no credential tells any.
      returned: always
      type: str
  sample:
    clusters: 1
    clusters_by_status:
      expired: 0
      overdue: 1
      never_rotated: 0
      secret_unusable: 0
      not_archived: 0
      misplaced: 0
      unknown: 0
      not_deployed: 0
      ok: 0
    devices: 1
    credentials: 2
    by_status:
      expired: 0
      overdue: 1
      never_rotated: 0
      secret_unusable: 0
      not_archived: 0
      misplaced: 0
      unknown: 0
      ok: 1
    by_fault:
      expired: 0
      overdue: 1
      never_rotated: 0
      secret_unusable: 0
      not_archived: 0
      misplaced: 0
      unknown: 0
    oldest_rotation: "2025-12-30T21:19:58Z"
    next_rotation: "2026-02-28T21:19:58Z"
    next_expiry: "2026-03-30T21:19:58Z"
clusters:
  description:
    - The clusters. Those of O(ids) are in the same order, and each of them is there.
    - All members are always there, V(null) where nothing is known.
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
    detailed_status:
      description: How the cluster is doing, in Azure's word.
      returned: always
      type: str
    status:
      description: The status of its worst credential, V(not_deployed), or V(unknown).
      returned: always
      type: str
    problem:
      description: Why not all of the cluster, of its machines and storage appliances could be read, with Azure's code
        where Azure gave one. Else V(null).
      returned: always
      type: str
    method:
      description: The method by which the platform writes into a vault, V(cluster) or V(cluster_manager). V(null) when
        the cluster is linked to none, or that is not known.
      returned: always
      type: str
    expected_vault:
      description:
        - C(key_vault_id) or C(key_vault_uri) is the vault in which its credentials should lie, by its ARM id or by its
          URI. A link tells but one of the two.
        - C(source) is V(option), V(link), or V(null) when no vault is known.
      returned: always
      type: dict
    summary:
      description: As RV(summary), over the credentials of this cluster, without C(clusters) and C(clusters_by_status).
      returned: always
      type: dict
    credentials:
      description: The credentials that O(detail) asks for, machines before storage appliances.
      returned: always
      type: list
      elements: dict
      contains:
        cluster_name:
          description: The name of the cluster.
          returned: always
          type: str
        device_id:
          description: The ARM id of the machine or storage appliance.
          returned: always
          type: str
        device_name:
          description: Its name.
          returned: always
          type: str
        device_kind:
          description: V(bare_metal_machine) or V(storage_appliance).
          returned: always
          type: str
        credential:
          description: What it is, in Azure's words (C(secretType)).
          returned: always
          type: str
        status:
          description: Its worst fault, or V(ok).
          returned: always
          type: str
        faults:
          description: All of its faults, the worst first. Empty with V(ok).
          returned: always
          type: list
          elements: str
        message:
          description: Why it has these faults, in the same order. V(null) with V(ok).
          returned: always
          type: str
        last_rotation:
          description: When it was last rotated with success.
          returned: always
          type: str
        age_days:
          description: How many whole days ago that was.
          returned: always
          type: int
        rotation_period_days:
          description: How often it is to be rotated.
          returned: always
          type: int
        next_rotation:
          description: When it is, or was, to be rotated next, without O(grace_days).
          returned: always
          type: str
        overdue:
          description: Whether the next rotation has not come within O(grace_days).
          returned: always
          type: bool
        expire_period_days:
          description: How long it is valid after a rotation. Some credentials tell none.
          returned: always
          type: int
        expiry:
          description: When it expires, or did.
          returned: always
          type: str
        expired:
          description: Whether it has expired.
          returned: always
          type: bool
        archived_in:
          description:
            - Where it lies, C(key_vault_id), C(key_vault_uri), C(secret_name) and C(secret_version).
            - Each of them may be V(null), and all are when it lies in no vault of yours.
          returned: always
          type: dict
        in_expected_vault:
          description: Whether that is the cluster's C(expected_vault). V(null) when either is not known.
          returned: always
          type: bool
        secret:
          description:
            - What the vault told of this version of the secret. C(found) tells whether it has it, C(enabled) and
              C(expires) are attributes of the version.
            - C(problem) is the code of the error with which the vault told nothing. Then all else is V(null).
          returned: with O(check_secrets=true)
          type: dict
  sample:
    - id: /subscriptions/.../clusters/cluster-1
      name: cluster-1
      location: eastus
      detailed_status: Running
      status: overdue
      problem:
      method: cluster
      expected_vault:
        key_vault_id:
        key_vault_uri: https://nexus-secrets.vault.azure.net/
        source: link
      summary:
        devices: 1
        credentials: 2
        by_status:
          expired: 0
          overdue: 1
          never_rotated: 0
          secret_unusable: 0
          not_archived: 0
          misplaced: 0
          unknown: 0
          ok: 1
        by_fault:
          expired: 0
          overdue: 1
          never_rotated: 0
          secret_unusable: 0
          not_archived: 0
          misplaced: 0
          unknown: 0
        oldest_rotation: "2025-12-30T21:19:58Z"
        next_rotation: "2026-02-28T21:19:58Z"
        next_expiry: "2026-03-30T21:19:58Z"
      credentials:
        - cluster_name: cluster-1
          device_id: /subscriptions/.../bareMetalMachines/rack1compute01
          device_name: rack1compute01
          device_kind: bare_metal_machine
          credential: BMC Credential
          status: overdue
          faults: [overdue]
          message: it was to be rotated 2026-02-28T21:19:58Z
          last_rotation: "2025-12-30T21:19:58Z"
          age_days: 64
          rotation_period_days: 60
          next_rotation: "2026-02-28T21:19:58Z"
          overdue: true
          expire_period_days: 90
          expiry: "2026-03-30T21:19:58Z"
          expired: false
          archived_in:
            key_vault_id: /subscriptions/.../vaults/nexus-secrets
            key_vault_uri: https://nexus-secrets.vault.azure.net/
            secret_name: a3eeb848-665a-4dbf-80a4-eb460930fb23-nexus-east-cluster-1-bmc-credential-manager-68b4cb3a
            secret_version: 11a536561da34d6b8b452d880df58f3a
          in_expected_vault: true
          secret:
            found: true
            enabled: true
            expires:
            problem:
vaults:
  description: The vaults that were looked into, C(key_vault_uri), and as C(problem) why a vault told nothing, else
    V(null).
  returned: with O(check_secrets=true)
  type: list
  elements: dict
  sample:
    - key_vault_uri: https://nexus-secrets.vault.azure.net/
      problem:
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
      'Microsoft.NetworkCloud/clusters/read'.
    target: ""
    details: []
    correlation_id: b4c9d5c4-6d5b-4c0e-9f0e-0c1b7d2a3e4f
    operation: list
    resource_id: /subscriptions/.../providers/Microsoft.NetworkCloud/clusters
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _api_version,
    _resource_id,
    _rotation_status,
    _secret_archive_settings,
    _time,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._argspec import (
    AUTH_SPEC,
    NETWORK_CLOUD_SPEC,
    RESOURCE_SPEC,
    RUN_SPEC,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._documents import properties
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.plugins.module_utils._module import run_module
from ansible_collections.operator_nexus.credentials.plugins.module_utils._rotation_status import Device, Terms
from ansible_collections.operator_nexus.credentials.plugins.module_utils._rotation_survey import (
    Seen,
    look_into_vaults,
    place_of,
    survey,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session

ARGUMENT_SPEC: dict[str, Any] = {
    "argument_spec": {
        **AUTH_SPEC,
        **RUN_SPEC,
        **RESOURCE_SPEC,
        **NETWORK_CLOUD_SPEC,
        "ids": {"type": "list", "elements": "str"},
        "expected_key_vault_id": {"type": "str", "no_log": False},
        "expected_vault_uri": {"type": "str"},
        "grace_days": {"type": "int", "default": 1},
        "check_secrets": {"type": "bool", "default": False},
        "detail": {"type": "str", "choices": ["all", "problems", "summary"], "default": "all"},
    },
}

_LONGEST_GRACE = 3650

Document = dict[str, Any]
Told = Callable[[Any], Any]
"""The entry of a credential, or None -> what a vault told of its secret; None when none is to be asked."""


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


def run(
    params: dict[str, Any], session: Session, check_mode: bool, now: Callable[[], datetime] = _utc_now
) -> dict[str, Any]:
    version = _api_version.check(
        params["api_version"], _rotation_status.SINCE, "the rotation of credentials (secretRotationStatus)"
    )
    asked_vault = _asked_vault(params)
    grace = _grace(params["grace_days"])
    seen = survey(params, session, version)
    vaults: dict[str, str | None] = {}
    told: Told = _ask_nobody
    if params["check_secrets"]:
        told, vaults = _ask_vaults(session, seen)
    # After the last answer, so that nothing of what they tell has happened later.
    time = now()
    judged = [_judge_cluster(item, asked_vault, version, time, grace, told) for item in seen]
    credentials = [credential for item in judged for credential in item["credentials"]]
    statuses = [item["status"] for item in judged]
    result = {
        "changed": False,
        "status": _rotation_status.worst(statuses),
        "checked_at": _time.text(time),
        "summary": {
            "clusters": len(judged),
            "clusters_by_status": _rotation_status.count(statuses, _rotation_status.CLUSTER_STATUSES),
            **_rotation_status.summarize(credentials),
        },
        "clusters": [{**item, "credentials": _asked_for(item["credentials"], params["detail"])} for item in judged],
    }
    if params["check_secrets"]:
        result["vaults"] = [{"key_vault_uri": uri, "problem": problem} for uri, problem in sorted(vaults.items())]
    return result


def _asked_vault(params: Mapping[str, Any]) -> Document | None:
    """The vault that the options name. Raises BadInput."""
    vault_id, vault_uri = params["expected_key_vault_id"], params["expected_vault_uri"]
    if vault_id and vault_uri:
        remedy = "drop expected_vault_uri"
        raise BadInput("expected_vault_uri", "expected_key_vault_id and expected_vault_uri are both given", remedy)
    found: Document = {"key_vault_id": None, "key_vault_uri": None, "source": "option"}
    if vault_id:
        return {**found, "key_vault_id": _resource_id.check(vault_id, _resource_id.VAULT, "expected_key_vault_id")}
    if vault_uri:
        return {**found, "key_vault_uri": _secret_archive_settings.check_uri(vault_uri, "expected_vault_uri")}
    return None


def _grace(days: int) -> timedelta:
    """Raises BadInput."""
    if not 0 <= days <= _LONGEST_GRACE:
        raise BadInput("grace_days", f"{days} is not from 0 to {_LONGEST_GRACE}", "give a number of days")
    return timedelta(days=days)


def _ask_nobody(entry: Document | None) -> Document | None:
    return None


def _ask_vaults(session: Session, seen: list[Seen]) -> tuple[Told, dict[str, str | None]]:
    """What all the vaults told, and by their URIs why they did not."""
    vaults = session.vault_secrets
    entries = [entry for item in seen for device in item.devices for entry in device.entries or []]
    secrets, problems = look_into_vaults(vaults, entries)

    def told(entry: Document | None) -> Document | None:
        return dict(secrets.get(place_of(vaults, entry or {})) or _rotation_status.NOT_CHECKED)

    return told, problems


def _judge_cluster(
    seen: Seen, asked_vault: Document | None, version: str, now: datetime, grace: timedelta, told: Told
) -> Document:
    """A cluster as it is returned, with all of its credentials."""
    document = seen.document or {}
    name = document.get("name") or seen.id.rpartition("/")[2]
    vault = asked_vault or _rotation_status.expected_vault(seen.document, version)
    terms = Terms(now, grace, vault["key_vault_id"] or vault["key_vault_uri"] or "")
    credentials = [
        {"cluster_name": name, **_rotation_status.judge(device, entry, terms, told(entry))}
        for device in seen.devices
        for entry in _entries(device, seen)
    ]
    return {
        "id": seen.id,
        "name": name,
        "location": document.get("location"),
        "detailed_status": properties(document).get("detailedStatus"),
        "status": _rotation_status.status_of(seen.document, seen.problem, credentials),
        "problem": seen.problem,
        "method": _rotation_status.method_of(seen.document, version),
        "expected_vault": vault,
        "summary": _rotation_status.summarize(credentials),
        "credentials": credentials,
    }


def _entries(device: Device, seen: Seen) -> Sequence[Document | None]:
    """Something is told of each device, be it that it tells nothing, as all do until their cluster is deployed."""
    is_new = not seen.is_deployed and not any(item.entries for item in seen.devices)
    return device.entries or ([] if is_new else [None])


def _asked_for(credentials: list[Document], detail: str) -> list[Document]:
    if detail == "summary":
        return []
    return [item for item in credentials if detail == "all" or item["status"] != _rotation_status.OK]


def main() -> None:
    run_module(run, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
