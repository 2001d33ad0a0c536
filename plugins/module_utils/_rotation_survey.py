# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read clusters, their machines and storage appliances, and what vaults tell of their secrets. Nothing is written.

Private to this collection. For many clusters of a subscription its lists are read, so that the requests are as many as
there are pages and not as there are clusters. What Azure does not show of a cluster, or answers with an error, becomes
the `problem` of that cluster: a report on a fleet must not end at one cluster, and must not leave one out. What is
about all of them, such as a token that Azure does not take, ends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _documents,
    _resource_id,
    _rotation,
    _rotation_status,
    _secret_archive_settings,
    _time,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import (
    BARE_METAL_MACHINE,
    CLUSTER,
    STORAGE_APPLIANCE,
    key,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._rotation_status import Device
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session
from ansible_collections.operator_nexus.credentials.plugins.module_utils._vault_secrets import VaultSecrets

Document = dict[str, Any]

# So many clusters of a subscription are read one by one.
_FEW = 3
_KINDS = {BARE_METAL_MACHINE: "bare_metal_machine", STORAGE_APPLIANCE: "storage_appliance"}

Place = tuple[str, str, str]
"""Where a version of a secret lies: the URI of the vault, name, version."""


@dataclass
class Seen:
    """A cluster as far as it could be seen; without a `document` there is none, or it is not shown."""

    id: str
    document: Document | None
    problem: str | None = None
    devices: list[Device] = field(default_factory=list)

    @property
    def is_deployed(self) -> bool:
        return _rotation.is_deployed(self.document or {})

    @property
    def managed_group(self) -> str:
        return _rotation.managed_group(self.document or {})

    def add_problem(self, problem: str) -> None:
        """Once, though it may come up with each kind of device."""
        if problem not in (self.problem or ""):
            self.problem = f"{self.problem} {problem}" if self.problem else problem


def survey(params: Mapping[str, Any], session: Session, api_version: str) -> list[Seen]:
    """The clusters that the options mean, with their devices. Raises NexusError, BadInput before anything is read."""
    found = _find(params, session, api_version)
    shown = {item.id: item for item in found if item.document is not None}
    for ids in _by_subscription(shown):
        for kind in _KINDS:
            _add_devices(session.arm, [shown[item] for item in ids], kind, api_version)
    return found


def look_into_vaults(
    vaults: VaultSecrets, entries: Iterable[Document]
) -> tuple[dict[Place, Document], dict[str, str | None]]:
    """What the vaults tell of the secrets that these entries refer to, and why a vault tells nothing, None if it does.

    Who may not read one secret's metadata may hardly read those of the others, and a vault without a connection costs
    minutes: after its first failure a vault is asked no more.
    """
    secrets: dict[Place, Document] = {}
    problems: dict[str, str | None] = {}
    codes: dict[str, str] = {}
    for place in sorted({place_of(vaults, entry) for entry in entries}):
        uri, name, version = place
        if not uri or not name or not version:
            continue
        problems.setdefault(uri, None)
        if uri not in codes:
            try:
                secrets[place] = _told(vaults.find_version(uri, name, version))
                continue
            except NexusError as error:
                problems[uri], codes[uri] = str(error), error.code
        secrets[place] = {**_rotation_status.NOT_CHECKED, "problem": codes[uri]}
    return secrets, problems


def place_of(vaults: VaultSecrets, entry: Document) -> Place:
    """Any part of it is empty where it is not told."""
    reference = _rotation_status.reference_of(entry)
    uri, vault_id = reference["key_vault_uri"] or "", reference["key_vault_id"] or ""
    if not uri and vault_id:
        uri = vaults.uri_of(vault_id)
    uri = f"{_secret_archive_settings.uri_key(uri)}/" if uri else ""
    return uri, reference["secret_name"] or "", reference["secret_version"] or ""


def _told(attributes: Document | None) -> Document:
    if attributes is None:
        return {**_rotation_status.NOT_CHECKED, "found": False}
    expires = _time.of_seconds(attributes.get("exp"))
    return {
        "found": True,
        "enabled": attributes.get("enabled"),
        "expires": _time.text(expires) if expires else None,
        "problem": None,
    }


def _find(params: Mapping[str, Any], session: Session, api_version: str) -> list[Seen]:
    ids = _named(params, session)
    if ids is not None:
        read = {
            item.id: item
            for members in _by_subscription(ids)
            for item in _read_clusters(session.arm, members, api_version)
        }
        return [read[item] for item in ids]
    path = _resource_id.collection(CLUSTER, params.get("resource_group"), lambda: session.subscription_id)
    listed = _distinct(session.arm.list_resources(path, api_version))
    return [Seen(_resource_id.canonical(item["id"]), item) for item in listed]


def _named(params: Mapping[str, Any], session: Session) -> list[str] | None:
    """The ids of the clusters that are named one by one; None when they are not. Raises BadInput."""
    ids, group = params.get("ids"), params.get("resource_group")
    if ids is None:
        if not params.get("id") and not params.get("name"):
            return None
        return [_resource_id.address(params, CLUSTER, lambda: session.subscription_id)]
    for option in ("id", "name"):
        if params.get(option):
            raise BadInput(option, f"ids and {option} are both given", f"drop {option} or ids")
    checked = {key(item): item for item in (_resource_id.check(text, CLUSTER, "ids") for text in ids)}
    for item in checked.values():
        if group and item.split("/")[4].lower() != group.lower():
            raise BadInput("resource_group", f"'{group}' is not the group in '{item}'", "drop resource_group or ids")
    return list(checked.values())


def _read_clusters(arm: Arm, ids: Sequence[str], api_version: str) -> Iterator[Seen]:
    """Those with these ids, which are of one subscription."""
    listed: dict[str, Document] = {}
    if len(ids) > _FEW:
        # Who may not list them may be allowed to read some of them.
        listed = {key(item["id"]): item for item in _list_of_all(arm, ids[0], CLUSTER, api_version) or []}
    for cluster_id in ids:
        document = listed.get(key(cluster_id))
        yield Seen(cluster_id, document) if document else _read_cluster(arm, cluster_id, api_version)


def _read_cluster(arm: Arm, cluster_id: str, api_version: str) -> Seen:
    try:
        document = arm.get(cluster_id, api_version)
    except NexusError as error:
        if _is_answer(error):
            return Seen(cluster_id, None, str(error))
        raise
    return Seen(cluster_id, document, None if document else f"There is no cluster {cluster_id}.")


def _add_devices(arm: Arm, clusters: Sequence[Seen], kind: str, api_version: str) -> None:
    """Give each cluster of one subscription its devices of a kind, or a problem."""
    if len(clusters) > _FEW:
        listed = _list_of_all(arm, clusters[0].id, kind, api_version)
        if listed is not None:
            _hand_out(listed, clusters, kind)
            return
    for cluster in clusters:
        group = cluster.managed_group
        if not group:
            cluster.add_problem("It does not tell its managed resource group, in which its devices lie.")
            continue
        try:
            _hand_out(_list(arm, cluster.id, kind, group, api_version), [cluster], kind)
        except NexusError as error:
            if not _is_answer(error):
                raise
            # The group comes with the deployment.
            if error.status != HTTPStatus.NOT_FOUND or cluster.is_deployed:
                cluster.add_problem(str(error))


def _hand_out(items: Sequence[Document], clusters: Sequence[Seen], kind: str) -> None:
    """Give devices to the clusters that they tell of, those that tell none to the one whose group they lie in."""
    by_id = {key(cluster.id): cluster for cluster in clusters}
    by_group = {cluster.managed_group.lower(): cluster for cluster in clusters}
    for item in _distinct(items):
        properties = _documents.properties(item)
        owner = properties.get("clusterId")
        cluster = by_id.get(key(owner)) if owner else by_group.get(item["id"].split("/")[4].lower())
        if cluster is not None:
            device_id = _resource_id.canonical(item["id"])
            entries = properties.get("secretRotationStatus") or None
            cluster.devices.append(Device(device_id, device_id.rpartition("/")[2], _KINDS[kind], entries))
    if kind == BARE_METAL_MACHINE:
        _miss_machines(clusters)


def _miss_machines(clusters: Iterable[Seen]) -> None:
    """Of a deployed cluster that has none to be seen, not all is seen: a list leaves out silently what is not shown."""
    for cluster in clusters:
        if cluster.is_deployed and not any(device.kind == _KINDS[BARE_METAL_MACHINE] for device in cluster.devices):
            cluster.add_problem(
                "Azure shows no bare metal machine of this cluster, though it is deployed: check the role on its "
                "managed resource group, and whether its machines name this cluster (clusterId)."
            )


def _list_of_all(arm: Arm, near: str, kind: str, api_version: str) -> list[Document] | None:
    """Those of the subscription that the resource `near` is in; None when they are not shown. Raises NexusError."""
    try:
        return _list(arm, near, kind, None, api_version)
    except NexusError as error:
        if error.is_refusal:
            return None
        raise


def _list(arm: Arm, near: str, kind: str, group: str | None, api_version: str) -> list[Document]:
    # Not `list_resources`: the machines of a fleet would fill the run's memory, and nobody recalls them.
    return arm.list(_resource_id.collection_in(near.split("/")[2], kind, group), api_version)


def _is_answer(error: NexusError) -> bool:
    """Whether it is Azure's answer about one resource: without a connection or a token, no other would go better."""
    return (error.status or 0) >= HTTPStatus.BAD_REQUEST and error.status != HTTPStatus.UNAUTHORIZED


def _distinct(items: Iterable[Document]) -> list[Document]:
    """What changes while a list is read may stand on two of its pages."""
    return list({key(item["id"]): item for item in items}.values())


def _by_subscription(ids: Iterable[str]) -> Iterator[list[str]]:
    found: dict[str, list[str]] = {}
    for item in ids:
        found.setdefault(item.split("/")[2].lower(), []).append(item)
    yield from found.values()
