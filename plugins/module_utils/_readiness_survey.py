# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read all that the verdict on a cluster and a vault needs. Nothing is written.

Private to this collection. What Azure does not show to whoever runs this becomes a part of the facts, since the verdict
has to tell of it. Everything else that goes wrong is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, TypeVar

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _access,
    _api_version,
    _documents,
    _method,
    _secret_archive,
    _secret_archive_settings,
    _writers,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._converge import fetch
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import (
    PRINCIPAL_UNKNOWN,
    UNREGISTERED,
    NexusError,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._graph import Graph
from ansible_collections.operator_nexus.credentials.plugins.module_utils._readiness_facts import (
    NAMESPACE,
    Facts,
    needs_operator_role,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import VAULT, canonical
from ansible_collections.operator_nexus.credentials.plugins.module_utils._role_assignment import NEXUS_APP_ID
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import (
    SUBSCRIPTIONS_VERSION,
    Session,
    visible_subscriptions,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._writers import Listed, Question, Read, Writer

Document = dict[str, Any]
T = TypeVar("T")

_RESOURCES_VERSION = "2021-04-01"
_AUTHORIZATION_VERSION = "2022-04-01"
_AUTHORIZATION = "providers/Microsoft.Authorization"


def survey(session: Session, cluster_id: str, asked: Question, api_version: str) -> Facts:
    """The facts about a cluster that has to exist. Raises NexusError."""
    arm, subscription = session.arm, "/".join(cluster_id.split("/")[:3])
    provider = _tried(lambda: arm.get(f"{subscription}/providers/{NAMESPACE}", _RESOURCES_VERSION))
    facts = Facts(asked, cluster_id, datetime.now(timezone.utc), provider, vault_id=asked.vault_id)
    try:
        cluster = fetch(arm, cluster_id, "cluster", api_version)
    except NexusError as error:
        if error.code != UNREGISTERED:
            raise
        return _with_vault(arm, replace(facts, method=asked.method or _method.CLUSTER))
    method = asked.method or _method.in_use(cluster) or _method.CLUSTER
    vault_id, linked = (asked.vault_id, "") if asked.vault_id else _linked(arm, cluster, method)
    facts = replace(facts, cluster=cluster, method=method, vault_id=vault_id, linked=linked)
    facts = _with_vault(arm, facts)
    manager = _manager(arm, cluster, api_version) if method == _method.CLUSTER_MANAGER else None
    writers, problems = _writers.choose(asked, method, cluster, manager)
    facts = replace(facts, writers=[_with_resource(arm, writer) for writer in writers], problems=problems)
    facts = _with_tenant(arm, facts, subscription)
    facts = _with_roles_of_vault(arm, facts)
    facts = _with_roles_of_platform(arm, session.graph, facts)
    return replace(facts, roles=_role_definitions(arm, facts))


def _tried(read: Callable[[], T]) -> T | NexusError:
    """What is read, or the error of an answer that says no more than that it is not shown."""
    try:
        return read()
    except NexusError as error:
        if error.is_refusal or error.code in (PRINCIPAL_UNKNOWN, UNREGISTERED):
            return error
        raise


def _linked(arm: Arm, cluster: Document, method: str) -> tuple[str, str]:
    """The id of the vault that the cluster is linked to by this method, and what the cluster calls it."""
    properties = _documents.properties(cluster)
    if method == _method.CLUSTER_MANAGER:
        archive = _secret_archive.report(properties.get("secretArchive")) or {"use_key_vault": False}
        named = str(archive["key_vault_id"]) if archive["use_key_vault"] else ""
        return (named if _writers.is_id(named, VAULT) else ""), named
    uri = str((properties.get("secretArchiveSettings") or {}).get("vaultUri") or "")
    return _find_vault(arm, uri, str(cluster["id"]).split("/")[2]) if uri else "", uri


def _find_vault(arm: Arm, uri: str, near: str) -> str:
    """The id of the vault with this URI, empty where none is to be seen; the subscription `near` is looked at first.

    The name of a vault is taken in the whole cloud, and its URI begins with it.
    """
    name = uri.partition("://")[2].partition(".")[0].lower()
    if not _secret_archive_settings.names_vault(uri, name):
        return ""
    for subscription in _near_first(arm, near):
        for item in _vaults_named(arm, subscription, name):
            return canonical(str(item["id"]))
    return ""


def _vaults_named(arm: Arm, subscription: str, name: str) -> list[Document]:
    """Those of a subscription that the login may read, without their properties."""
    query = {"$filter": f"resourceType eq '{VAULT}' and name eq '{name}'"}
    listed = _tried(lambda: arm.list(f"/subscriptions/{subscription}/resources", _RESOURCES_VERSION, query))
    return [] if isinstance(listed, NexusError) else listed


def _near_first(arm: Arm, near: str) -> Iterable[str]:
    yield near
    yield from (item for item in visible_subscriptions(arm) if item.lower() != near.lower())


def _with_vault(arm: Arm, facts: Facts) -> Facts:
    if not facts.vault_id:
        return facts
    vault = _tried(lambda: arm.get(facts.vault_id, _api_version.KEY_VAULT))
    if not isinstance(vault, dict):
        return replace(facts, vault=vault)
    return replace(facts, vault=vault, vault_id=canonical(str(vault["id"])))


def _manager(arm: Arm, cluster: Document, api_version: str) -> Read:
    manager_id = _method.manager_id(cluster)
    return _tried(lambda: arm.get(manager_id, api_version)) if manager_id else None


def _with_resource(arm: Arm, writer: Writer) -> Writer:
    if not writer.identity_id:
        return writer
    return replace(writer, resource=_tried(lambda: arm.get(writer.identity_id, _api_version.MANAGED_IDENTITY)))


def _with_tenant(arm: Arm, facts: Facts, subscription: str) -> Facts:
    """The tenant of the cluster's subscription, where an identity is not there yet or does not tell its own."""
    if all(writer.tenant for writer in facts.writers):
        return facts
    document = _tried(lambda: arm.get(subscription, SUBSCRIPTIONS_VERSION))
    return replace(facts, tenant_id=document.get("tenantId")) if isinstance(document, dict) else facts


def _with_roles_of_vault(arm: Arm, facts: Facts) -> Facts:
    if facts.known_vault is None or not facts.writers:
        return facts
    writers = [
        replace(writer, roles=_assignments(arm, facts.vault_id, writer.principal)) if writer.principal else writer
        for writer in facts.writers
    ]
    return replace(facts, writers=writers, denials=_denials(arm, facts.vault_id))


def _with_roles_of_platform(arm: Arm, graph: Graph, facts: Facts) -> Facts:
    """What the platform's application may do with user assigned identities."""
    borrowed = [writer.exists and needs_operator_role(facts.asked, facts.method, writer) for writer in facts.writers]
    if not any(borrowed):
        return facts
    principal = _nexus_principal(graph, facts.asked)
    if not isinstance(principal, str):
        return replace(facts, nexus_principal=principal)
    writers = [
        replace(
            writer,
            operator_roles=_assignments(arm, writer.identity_id, principal),
            operator_denials=_denials(arm, writer.identity_id),
        )
        if is_borrowed
        else writer
        for writer, is_borrowed in zip(facts.writers, borrowed, strict=True)
    ]
    return replace(facts, writers=writers, nexus_principal=principal)


def _nexus_principal(graph: Graph, asked: Question) -> str | NexusError | None:
    if asked.nexus_principal_id:
        return asked.nexus_principal_id
    try:
        # It stays the same for as long as the tenant has it.
        return graph.recall_service_principal_id(NEXUS_APP_ID) or graph.service_principal_id(NEXUS_APP_ID)
    except NexusError as error:
        # Whatever it is: all else does without Graph.
        return error


def _assignments(arm: Arm, scope: str, principal_id: str) -> Listed:
    """The roles that a principal has at the scope or above it, by itself or as a member of groups.

    `principalId eq` would leave out those of groups, and tell those below the scope.
    """
    query = {"$filter": f"atScope() and assignedTo('{principal_id}')"}
    return _tried(lambda: arm.list(f"{scope}/{_AUTHORIZATION}/roleAssignments", _AUTHORIZATION_VERSION, query))


def _denials(arm: Arm, scope: str) -> Listed:
    """The deny assignments at the scope or above it, of whomever: whether a filter by principal tells of those for
    everyone is not documented.
    """
    query = {"$filter": "atScope()"}
    return _tried(lambda: arm.list(f"{scope}/{_AUTHORIZATION}/denyAssignments", _AUTHORIZATION_VERSION, query))


def _role_definitions(arm: Arm, facts: Facts) -> Mapping[str, Document | None]:
    """The roles in all assignments that were read, by their GUID; those that are not shown are left out.

    They are read at the scope that they are held at: whoever may read the vault need not see its subscription.
    """
    scopes: dict[str, str] = {}
    for writer in facts.writers:
        for scope, listed in ((facts.vault_id, writer.roles), (writer.identity_id, writer.operator_roles)):
            for item in listed if isinstance(listed, list) else []:
                scopes.setdefault(_access.role_guid(item), scope)
    read = {guid: _role_definition(arm, scope, guid) for guid, scope in scopes.items()}
    return {guid: item for guid, item in read.items() if not isinstance(item, NexusError)}


def _role_definition(arm: Arm, scope: str, guid: str) -> Read:
    path = f"{scope}/{_AUTHORIZATION}/roleDefinitions/{guid}"
    known = _tried(lambda: arm.recall(path, _AUTHORIZATION_VERSION))
    # Nobody can change a role of Azure's own, so that one is enough for all clusters of a vault.
    if isinstance(known, dict) and _documents.properties(known).get("type") == "BuiltInRole":
        return known
    return _tried(lambda: arm.get(path, _AUTHORIZATION_VERSION))
