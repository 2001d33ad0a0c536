# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two methods by which a cluster's credentials reach a vault: which one is in use, who writes with it. Pure.

Private to this collection. CLUSTER_MANAGER is the older one: `secretArchive` of the cluster, written with an identity
of its manager. CLUSTER is its successor: `secretArchiveSettings` of the cluster, written with an identity of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _api_version,
    _documents,
    _identity,
    _secret_archive,
    _secret_archive_settings,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import key

Document = dict[str, Any]

CLUSTER = "cluster"
CLUSTER_MANAGER = "cluster_manager"


def check_version(api_version: str, method: str) -> str:
    """The api-version, when it shows what this method sets. Raises BadInput."""
    if method == CLUSTER:
        return _api_version.check(
            api_version, _secret_archive_settings.SINCE, "the secret archive settings of a cluster"
        )
    return _api_version.check(api_version, _secret_archive.SINCE, "the secret archive of a cluster")


def in_use(cluster: Document) -> str | None:
    """The method that the platform uses, None when it writes into no vault of the customer.

    With settings and an identity of the cluster itself, whichever that is, the older link is ignored. Settings alone do
    not count yet.
    """
    properties = _documents.properties(cluster)
    settings = _secret_archive_settings.report(properties.get("secretArchiveSettings"))
    if settings and _identity.report(cluster.get("identity"))["type"] != "None":
        return CLUSTER
    archive = _secret_archive.report(properties.get("secretArchive"))
    return CLUSTER_MANAGER if archive and archive["use_key_vault"] else None


def is_redirected(before: Document, after: Document, method: str | None) -> bool:
    """Whether the platform, which wrote by `before`, writes elsewhere or as another one by `after` and its `method`."""
    previous = in_use(before)
    if previous is None or method is None:
        return False
    return destination(before, previous) != destination(after, method)


def destination(cluster: Document, method: str) -> tuple[str, ...]:
    """By which method, into which vault and with which identity the platform writes; equal ones are equal.

    Of the older method the identity is not part of it: which one of the manager's the platform takes is not documented.
    """
    properties = _documents.properties(cluster)
    if method == CLUSTER:
        return method, *_secret_archive_settings.keys(properties.get("secretArchiveSettings"))
    archive = _secret_archive.report(properties.get("secretArchive")) or {}
    return method, key(archive.get("key_vault_id") or "")


def manager_id(cluster: Document) -> str:
    """The id of the cluster's manager, empty when it tells none."""
    return str(_documents.properties(cluster).get("clusterManagerId") or "")


def writers(cluster: Document, managers: Mapping[str, Document], vault_id: str) -> list[str]:
    """The principal ids with which the platform may write this cluster's credentials into the vault.

    `managers` are cluster managers by the `key` of their ids. Of a manager all identities count: which one the platform
    takes is not documented.
    """
    method, properties = in_use(cluster), _documents.properties(cluster)
    if method == CLUSTER_MANAGER:
        archive = _secret_archive.report(properties.get("secretArchive")) or {}
        manager = managers.get(key(manager_id(cluster)))
        if manager is None or key(archive["key_vault_id"]) != key(vault_id):
            return []
        return _principal_ids(manager.get("identity"))
    if method == CLUSTER:
        settings = properties["secretArchiveSettings"]
        if not _secret_archive_settings.names_vault(settings.get("vaultUri"), vault_id):
            return []
        return _principal_ids(cluster.get("identity"), _identity.selection(settings))
    return []


def _principal_ids(block: Document | None, selected: str | None = None) -> list[str]:
    """The principal ids of all identities of a block, or of the selected one."""
    full = _identity.report(block)
    found = {item["id"]: item["principal_id"] for item in full["user_assigned_identities"]}
    found[_identity.SYSTEM_ASSIGNED] = full["principal_id"]
    if selected is not None:
        found = {name: value for name, value in found.items() if key(name) == key(selected)}
    return [value for value in found.values() if value]
