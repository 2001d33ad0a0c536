# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""With which identity the platform would write a cluster's credentials, by either method. Pure.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _documents, _identity, _method
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._finding import (
    ERROR,
    Finding,
    subscription_of,
    task,
    unreadable,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import (
    USER_ASSIGNED_IDENTITY,
    VAULT,
    canonical,
    check,
    is_guid,
    key,
)

Document = dict[str, Any]
Read = Any
"""What was read: a document, None where there is none, the error where Azure did not show it."""
Listed = Any
"""The same of a list; None where it was not asked for."""

CHECK = "identity"


@dataclass(frozen=True)
class Question:
    """What a task asks about. Empty: the method in use, the vault that is linked, the identity that is selected.

    `identity` is SYSTEM_ASSIGNED or an id. `operator_role` tells whether the platform's application needs its role on
    a user assigned identity of the cluster itself too, None that this is not known.
    """

    method: str = ""
    vault_id: str = ""
    identity: str = ""
    operator_role: bool | None = None
    nexus_principal_id: str = ""


@dataclass(frozen=True)
class Writer:
    """An identity that the platform may write with, and what was read of it.

    `identity_id` is empty for the system assigned one of `holder_id`, the cluster or its manager. `principal_id` and
    `tenant_id` are those that the holder tells, `resource` is the user assigned identity itself. The lists are those of
    `_access`: roles of the identity at the vault, and of the platform's application at the identity.
    """

    holder_id: str
    identity_id: str = ""
    is_attached: bool = False
    principal_id: str | None = None
    tenant_id: str | None = None
    resource: Read = None
    roles: Listed = None
    operator_roles: Listed = None
    operator_denials: Listed = None

    @property
    def exists(self) -> bool:
        """Whether there is such an identity, as far as that can be seen."""
        return self.resource is not None if self.identity_id else self.is_attached

    @property
    def principal(self) -> str | None:
        """The object id that the platform acts as: an identity's own word counts more than that of its holder."""
        return self._own("principalId") or self.principal_id if self.exists else None

    @property
    def was_replaced(self) -> bool:
        """Whether the holder knows a user assigned identity by another principal than it has."""
        own = self._own("principalId")
        return bool(own and self.principal_id) and key(str(own)) != key(str(self.principal_id))

    @property
    def tenant(self) -> str | None:
        return self._own("tenantId") or self.tenant_id

    @property
    def label(self) -> str:
        """For sentences."""
        if self.identity_id:
            return f"the user assigned identity {self.identity_id}"
        return f"the system assigned identity of {self.holder_id}"

    def _own(self, member: str) -> str | None:
        own = _documents.properties(self.resource) if isinstance(self.resource, dict) else {}
        return own.get(member) or None


def question(params: Mapping[str, Any]) -> Question:
    """Read the options of the module. Raises BadInput."""
    vault, principal, identity = params["key_vault_id"], params["nexus_principal_id"], _identity.chosen(params)
    if principal and not is_guid(principal):
        raise BadInput("nexus_principal_id", f"'{principal}' is not an object id", "give the id, not the display name")
    return Question(
        method=params["method"] or "",
        vault_id=check(vault, VAULT, "key_vault_id") if vault else "",
        identity=identity,
        operator_role=params["operator_role"],
        nexus_principal_id=principal or "",
    )


def ask_again(asked: Question, cluster_id: str, **more: str) -> str:
    """The task that asks the same once more, with these options in addition or instead."""
    given = {
        "id": cluster_id,
        "key_vault_id": asked.vault_id,
        "method": asked.method,
        **_identity.choosing(asked.identity),
        "nexus_principal_id": asked.nexus_principal_id,
        **more,
    }
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value}
    if asked.operator_role is not None:
        chosen["operator_role"] = asked.operator_role
    return task("nexus_archive_readiness_info", **chosen)


def choose(asked: Question, method: str, cluster: Document, manager: Read) -> tuple[list[Writer], list[Finding]]:
    """The identities that the platform may write with, and why there is none.

    By the method cluster it is one. Of a manager all count that it has: which one the platform takes is not documented.
    """
    if method == _method.CLUSTER:
        return _of_cluster(asked, cluster)
    return _of_manager(asked, cluster, manager)


def attach(cluster_id: str, method: str, writer: Writer, **more: str) -> str:
    """The task that gives the holder this identity, or with `state` absent takes it away."""
    module = "nexus_cluster_identity" if method == _method.CLUSTER else "nexus_clustermanager_identity"
    holder = cluster_id if method == _method.CLUSTER else writer.holder_id
    if writer.identity_id:
        return task(module, id=holder, user_assigned=[writer.identity_id], **more)
    return task(module, id=holder, system_assigned=True, **more)


def _of_cluster(asked: Question, cluster: Document) -> tuple[list[Writer], list[Finding]]:
    cluster_id = canonical(str(cluster.get("id")))
    settings = _documents.properties(cluster).get("secretArchiveSettings") or {}
    if asked.identity:
        return [_writer(cluster_id, cluster.get("identity"), asked.identity)], []
    if not settings:
        return [_writer(cluster_id, cluster.get("identity"), _identity.SYSTEM_ASSIGNED)], []
    problem = _selection_problem(cluster_id, settings)
    if problem is not None:
        return [], [problem]
    selected = _identity.selection(settings) or ""
    return [_writer(cluster_id, cluster.get("identity"), selected)], []


def _selection_problem(cluster_id: str, settings: Document) -> Finding | None:
    """What is wrong with how the settings select an identity, with the codes of the platform's validation."""
    selected = settings.get("associatedIdentity") or {}
    kind, identity_id = selected.get("identityType"), selected.get("userAssignedIdentityResourceId")
    code = text = ""
    if not kind and not identity_id:
        code, text = "KeyVaultIdentityMissing", "select no identity"
    elif kind not in (_identity.SYSTEM_ASSIGNED, _identity.USER_ASSIGNED):
        code, text = "KeyVaultIdentityTypeInvalid", f"name '{kind}', which is no type of identity"
    elif kind == _identity.USER_ASSIGNED and not identity_id:
        code, text = "KeyVaultIdentityResourceIdMissing", "select a user assigned identity and do not tell which"
    elif kind == _identity.USER_ASSIGNED and not is_id(identity_id, USER_ASSIGNED_IDENTITY):
        code, text = "KeyVaultIdentityResourceIdInvalid", f"select '{identity_id}', which is no id of an identity"
    if not code:
        return None
    remedy = task(
        "nexus_cluster_secret_archive",
        id=cluster_id,
        vault_uri=settings.get("vaultUri") or "<URI of the key vault>",
        identity_type=_identity.SYSTEM_ASSIGNED,
    )
    return Finding(code, ERROR, CHECK, f"The secretArchiveSettings of {cluster_id} {text}.", cluster_id, remedy)


def is_id(text: Any, kind: str) -> bool:
    """Whether this is the id of a resource of this kind. Azure takes any text for one in the links of a cluster."""
    try:
        return bool(check(str(text), kind, ""))
    except BadInput:
        return False


def _of_manager(asked: Question, cluster: Document, manager: Read) -> tuple[list[Writer], list[Finding]]:
    cluster_id, manager_id = canonical(str(cluster.get("id"))), canonical(_method.manager_id(cluster))
    if isinstance(manager, NexusError):
        return [], [unreadable(CHECK, "The cluster manager", manager, manager_id)]
    if manager is None:
        text = f"The cluster manager of {cluster_id}, '{manager_id}', is not there, so it has no identity."
        remedy = f"az networkcloud clustermanager list --subscription {subscription_of(cluster_id)} --output table"
        return [], [Finding("KeyVaultIdentityMissing", ERROR, CHECK, text, manager_id or cluster_id, remedy)]
    block = manager.get("identity")
    if asked.identity:
        return [_writer(manager_id, block, asked.identity)], []
    held = [item["id"] for item in _identity.report(block)["user_assigned_identities"]]
    # Of one without any identity, it is the system assigned one that is missing.
    held += [_identity.SYSTEM_ASSIGNED] if _identity.has_system(block) or not held else []
    return [_writer(manager_id, block, item) for item in held], []


def _writer(holder_id: str, block: Document | None, identity: str) -> Writer:
    full = _identity.report(block)
    if identity == _identity.SYSTEM_ASSIGNED:
        return Writer(
            holder_id,
            is_attached=_identity.has_system(block),
            principal_id=full["principal_id"],
            tenant_id=full["tenant_id"],
        )
    held = {key(item["id"]): item for item in full["user_assigned_identities"]}
    found = held.get(key(identity))
    return Writer(
        holder_id, canonical(identity), is_attached=found is not None, principal_id=(found or {}).get("principal_id")
    )
