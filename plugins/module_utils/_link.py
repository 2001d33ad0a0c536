# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What links a cluster to a vault, by either method: what a task wants of it, and the PATCH that gets there. Pure.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _documents,
    _identity,
    _method,
    _secret_archive,
    _secret_archive_settings,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import (
    VAULT,
    check,
)

Document = dict[str, Any]

_IDENTITY_OPTIONS = ("identity_type", "identity_resource_id")
_BOTH = (_method.CLUSTER, _method.CLUSTER_MANAGER)


@dataclass(frozen=True)
class Wanted:
    """What a task asks for. With `present` there is one method; `identity_id` is empty for a system assigned identity.

    `vault_uri` may be unknown (empty) until the vault `vault_id` has been read. `add_identity` lets the task add the
    user assigned identity where the cluster lacks it.
    """

    present: bool
    methods: tuple[str, ...]
    vault_id: str = ""
    vault_uri: str = ""
    enabled: bool = True
    identity_id: str = ""
    add_identity: bool = True

    @property
    def is_settings(self) -> bool:
        """Whether the task sets the successor's settings."""
        return self.present and self.methods == (_method.CLUSTER,)

    def at(self, vault_uri: str) -> Wanted:
        """The same, now that the vault's URI is known."""
        return replace(self, vault_uri=_secret_archive_settings.check_uri(vault_uri, "key_vault_id"))


def wanted(params: Mapping[str, Any]) -> Wanted:
    """Read the options of the module. Raises BadInput for what is missing or contradicts itself."""
    vault_id = check(params["key_vault_id"], VAULT, "key_vault_id") if params["key_vault_id"] else ""
    uri = _secret_archive_settings.check_uri(params["vault_uri"], "vault_uri") if params["vault_uri"] else ""
    if vault_id and uri:
        raise BadInput("vault_uri", "key_vault_id and vault_uri are both given", "drop one of them")
    if params["state"] == "absent":
        methods = (params["method"],) if params["method"] else _BOTH
        if uri and methods == (_method.CLUSTER_MANAGER,):
            raise BadInput("vault_uri", "the method cluster_manager knows no URI", "give key_vault_id")
        return Wanted(False, (_method.CLUSTER,) if uri else methods, vault_id, uri)
    if _chosen(params) == _method.CLUSTER:
        return _settings_wanted(params, vault_id, uri)
    if not vault_id:
        raise BadInput("key_vault_id", "no vault is named", "give the ARM id of the key vault")
    return Wanted(True, (_method.CLUSTER_MANAGER,), vault_id, enabled=params["use_key_vault"])


def plan(document: Document, want: Wanted, api_version: str) -> Document | None:
    """The PATCH body, or None when the link is as wanted."""
    properties = _documents.properties(document)
    archive, settings = properties.get("secretArchive"), properties.get("secretArchiveSettings")
    if want.is_settings:
        return _plan_settings(document, settings, want, api_version)
    if want.present:
        return _secret_archive.plan_present(archive, want.vault_id, want.enabled)
    # Both in one PATCH: with the settings gone first, the platform would take the older link up again.
    changes: Document = {}
    if _method.CLUSTER in want.methods and _secret_archive_settings.plan_absent(
        settings, want.vault_uri, want.vault_id
    ):
        changes["secretArchiveSettings"] = None
    if _method.CLUSTER_MANAGER in want.methods:
        body = _secret_archive.plan_absent(archive, want.vault_id, api_version)
        changes |= body["properties"] if body else {}
    return {"properties": changes} if changes else None


def apply(document: Document, body: Document) -> Document:
    """The cluster after this PATCH."""
    after = {**document, "properties": {**_documents.properties(document), **body.get("properties", {})}}
    if "identity" in body:
        after["identity"] = _identity.apply(document.get("identity"), body["identity"])
    return after


def report(document: Document) -> Document:
    """Both links as the module returns them."""
    properties = _documents.properties(document)
    return {
        "secret_archive": _secret_archive.report(properties.get("secretArchive")),
        "secret_archive_settings": _secret_archive_settings.report(properties.get("secretArchiveSettings")),
    }


def summary(document: Document, want: Wanted) -> Document:
    """What a diff shows: the links that the task is about, and the identities when it may add one."""
    full = report(document)
    shown: Document = {}
    if _method.CLUSTER_MANAGER in want.methods:
        shown["secret_archive"] = full["secret_archive"]
    if _method.CLUSTER in want.methods:
        shown["secret_archive_settings"] = full["secret_archive_settings"]
    if want.is_settings and want.identity_id and want.add_identity:
        shown["identity"] = _identity.summary(document.get("identity"))
    return shown


def lacks_identity(document: Document, want: Wanted) -> bool:
    """Whether the settings select an identity that the cluster has not, and that the task is not to add."""
    if not want.is_settings:
        return False
    if not want.identity_id:
        return not _identity.has_system(document.get("identity"))
    return not want.add_identity and _missing(document, want) is not None


def _chosen(params: Mapping[str, Any]) -> str:
    """The method of `state: present`: as given, else as the options tell. Raises BadInput where these disagree."""
    successor = [name for name in ("vault_uri", *_IDENTITY_OPTIONS) if params[name]]
    method: str = params["method"] or (_method.CLUSTER if successor else _method.CLUSTER_MANAGER)
    if method == _method.CLUSTER_MANAGER and successor:
        raise BadInput(
            successor[0], "the method cluster_manager does not know it", "drop it, or choose method: cluster"
        )
    return method


def _settings_wanted(params: Mapping[str, Any], vault_id: str, uri: str) -> Wanted:
    if not vault_id and not uri:
        raise BadInput("key_vault_id", "no vault is named", "give key_vault_id or vault_uri")
    if not params["use_key_vault"]:
        remedy = "drop it; state: absent with method: cluster takes the settings away"
        raise BadInput("use_key_vault", "secretArchiveSettings cannot be switched off", remedy)
    identity = _identity.chosen(params)
    if not identity:
        remedy = "give SystemAssignedIdentity, or UserAssignedIdentity with identity_resource_id"
        raise BadInput("identity_type", "no identity is selected", remedy)
    identity_id = "" if identity == _identity.SYSTEM_ASSIGNED else identity
    return Wanted(True, (_method.CLUSTER,), vault_id, uri, identity_id=identity_id, add_identity=params["add_identity"])


def _plan_settings(document: Document, settings: Document | None, want: Wanted, api_version: str) -> Document | None:
    """Settings, and in the same PATCH the user assigned identity that they select, where the cluster lacks it."""
    body: Document = {}
    change = _secret_archive_settings.plan_present(settings, want.vault_uri, want.identity_id, api_version)
    if want.identity_id and want.add_identity:
        identity = _missing(document, want)
        body = {"identity": identity} if identity else {}
    if change:
        body["properties"] = {"secretArchiveSettings": change}
    return body or None


def _missing(document: Document, want: Wanted) -> Document | None:
    """The PATCH of the identity block that adds the user assigned identity, None when the cluster has it."""
    return _identity.plan(document.get("identity"), _identity.Wanted(add=[want.identity_id]))
