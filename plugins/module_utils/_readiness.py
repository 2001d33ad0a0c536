# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the platform could write a cluster's credentials into a vault: from what was read to findings. Pure.

Private to this collection. Each check gives findings, or None where there is nothing that it could judge. What of the
identity is checked is checked for each one that the platform may take.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _access_checks,
    _documents,
    _identity,
    _method,
    _rotation,
    _secret_archive_settings,
    _vault_checks,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._finding import (
    ERROR,
    NOT_READABLE,
    WARNING,
    Finding,
    named,
    register,
    subscription_of,
    task,
    unreadable,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._readiness_facts import NAMESPACE, Facts
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import key
from ansible_collections.operator_nexus.credentials.plugins.module_utils._writers import (
    CHECK as IDENTITY_CHECK,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._writers import (
    Writer,
    ask_again,
    attach,
)

_NOT_RUNNING = ("Deleting", "Disconnected", "Failed")
_NO_CONNECTION = ("Disconnected", "Timeout")


def judge(facts: Facts) -> dict[str, Any]:
    """{ready, findings, checks}, in the order of CHECKS.

    `ready` is False with an error, None where something is not certain, else True. A check is `failed`, `unknown`
    (something could not be read), `warned`, `passed` or `skipped`.
    """
    found = {name: check(facts) for name, check in CHECKS.items()}
    for name, findings in _of_writers(facts).items():
        if findings is not None:
            found[name] = [*(found.get(name) or []), *findings]
    names = (*CHECKS, *WRITER_CHECKS)
    checks = {name: _status(found.get(name)) for name in dict.fromkeys(names)}
    ready: bool | None = True
    if {"warned", "unknown"} & set(checks.values()):
        ready = None
    if "failed" in checks.values():
        ready = False
    return {
        "ready": ready,
        # Of two identities the same may be told, such as that nothing of the vault's roles is shown.
        "findings": list(dict.fromkeys(item for name in checks for item in found.get(name) or [])),
        "checks": checks,
    }


def _status(findings: list[Finding] | None) -> str:
    if findings is None:
        return "skipped"
    if any(item.severity == ERROR for item in findings):
        return "failed"
    if any(item.code == NOT_READABLE for item in findings):
        return "unknown"
    return "warned" if any(item.severity == WARNING for item in findings) else "passed"


def _of_writers(facts: Facts) -> dict[str, list[Finding] | None]:
    """The checks of all identities together. With one that may write, what is wrong with others is a mere warning."""
    each = [{name: check(facts, writer) for name, check in WRITER_CHECKS.items()} for writer in facts.writers]
    able = [not any(item.severity == ERROR for part in one.values() for item in part or []) for one in each]
    together: dict[str, list[Finding] | None] = dict.fromkeys(WRITER_CHECKS)
    for one, is_able in zip(each, able, strict=True):
        for name, findings in one.items():
            if findings is None:
                continue
            why = "Nothing is known to keep another identity from it; which one the platform takes is not documented."
            shown = findings if is_able or not any(able) else [item.doubted(why) for item in findings]
            together[name] = [*(together[name] or []), *shown]
    return together


def _check_provider(facts: Facts) -> list[Finding] | None:
    told = facts.provider.get("registrationState") if isinstance(facts.provider, dict) else None
    if facts.cluster is not None and str(told or "Registered").lower() == "registered":
        # Told or not: a provider cannot be unregistered while there is a resource of it.
        return []
    state = "NotRegistered" if not told or told.lower() == "registered" else str(told)
    subscription = subscription_of(facts.cluster_id)
    text = f"The resource provider {NAMESPACE} is {state} in the subscription {subscription} of {facts.cluster_id}."
    remedy = register(NAMESPACE, facts.cluster_id)
    code, severity = "ResourceProviderNotRegistered", ERROR
    if state.lower() == "registering":
        code, severity = "ResourceProviderRegistering", WARNING
    return [Finding(code, severity, "resource_provider", text, f"/subscriptions/{subscription}", remedy)]


def _check_cluster(facts: Facts) -> list[Finding] | None:
    if facts.cluster is None:
        return None
    properties = _documents.properties(facts.cluster)
    status, connection = properties.get("detailedStatus"), properties.get("clusterConnectionStatus")
    name = f"--ids {facts.cluster_id}"
    if not _rotation.is_deployed(facts.cluster):
        text = f"{facts.cluster_id} is not deployed ({status}): nothing rotates its credentials yet."
        remedy = f"az networkcloud cluster {'show' if status == 'Deploying' else 'deploy'} {name}"
        return [Finding("ClusterNotDeployed", WARNING, "cluster", text, facts.cluster_id, remedy)]
    if status in _NOT_RUNNING or connection in _NO_CONNECTION:
        text = f"{facts.cluster_id} is {status or 'in no known state'}, its connection is {connection or 'not told'}: "
        text += "the platform may not reach it."
        remedy = f"az networkcloud cluster show {name}"
        return [Finding("ClusterNotRunning", WARNING, "cluster", text, facts.cluster_id, remedy)]
    return []


def _check_method(facts: Facts) -> list[Finding] | None:
    """Whether a link by this method would count."""
    if facts.cluster is None:
        return None
    if facts.method == _method.CLUSTER or _method.in_use(facts.cluster) != _method.CLUSTER:
        return []
    text = (
        f"{facts.cluster_id} has secretArchiveSettings and an identity of its own. The platform writes with these, and "
        "ignores a link by the method cluster_manager for as long as it has them."
    )
    remedy = task("nexus_cluster_secret_archive", id=facts.cluster_id, method=_method.CLUSTER, state="absent")
    return [Finding("LinkIgnored", ERROR, "method", text, facts.cluster_id, remedy)]


def _check_selection(facts: Facts) -> list[Finding] | None:
    """What is wrong with the choice of an identity. The identities themselves are looked at by `_check_identity`."""
    found = [*facts.problems, *_other_selection(facts)]
    return found or None


def _other_selection(facts: Facts) -> list[Finding]:
    """Settings that name this vault, and another identity than the one that was asked about."""
    settings = _documents.properties(facts.cluster or {}).get("secretArchiveSettings") or {}
    selected, asked = _identity.selection(settings), facts.asked.identity
    is_linked = _secret_archive_settings.names_vault(settings.get("vaultUri"), facts.vault_id)
    if facts.method != _method.CLUSTER or not asked or not selected or not is_linked or key(selected) == key(asked):
        return []
    text = (
        f"The secretArchiveSettings of {facts.cluster_id} name this vault and select another identity, {selected}. "
        f"The platform writes with that one, not with {asked}."
    )
    options = {"id": facts.cluster_id, "key_vault_id": facts.vault_id, **_identity.choosing(asked)}
    remedy = task("nexus_cluster_secret_archive", **options)
    return [Finding("IdentityNotSelected", WARNING, IDENTITY_CHECK, text, facts.cluster_id, remedy)]


def _check_identity(facts: Facts, writer: Writer) -> list[Finding] | None:
    """Whether there is such an identity, and the cluster, or its manager, has it."""
    where = writer.identity_id or writer.holder_id
    if writer.identity_id and not writer.exists:
        text = f"There is no user assigned identity {writer.identity_id}."
        remedy = f"az identity create {named(writer.identity_id)} --resource-group {writer.identity_id.split('/')[4]}"
        return [Finding("KeyVaultIdentityResourceIdInvalid", ERROR, IDENTITY_CHECK, text, where, remedy)]
    found = [] if writer.is_attached else [_not_attached(facts, writer)]
    if isinstance(writer.resource, NexusError):
        return [*found, unreadable(IDENTITY_CHECK, "The user assigned identity", writer.resource, where)]
    if writer.was_replaced:
        text = (
            f"{writer.holder_id} knows {writer.label} by the principal {writer.principal_id}, the identity itself has "
            f"{writer.principal}: it was deleted and made anew. The platform may still act as the former."
        )
        return [*found, Finding("IdentityReplaced", WARNING, IDENTITY_CHECK, text, where, _attach_anew(facts, writer))]
    if writer.is_attached and not writer.principal:
        text = f"Azure tells no principal id of {writer.label}, so that nothing can be said of its roles."
        remedy = ask_again(facts.asked, facts.cluster_id)
        return [*found, Finding(NOT_READABLE, WARNING, IDENTITY_CHECK, text, where, remedy)]
    return found


def _attach_anew(facts: Facts, writer: Writer) -> str:
    """The tasks that take an identity away and give it again; where it is in use, the link goes meanwhile."""
    steps = [
        attach(facts.cluster_id, facts.method, writer, state="absent"),
        attach(facts.cluster_id, facts.method, writer),
    ]
    if facts.cluster is not None and _method.in_use(facts.cluster) == facts.method:
        away = task("nexus_cluster_secret_archive", id=facts.cluster_id, method=facts.method, state="absent")
        steps = [away, *steps, _vault_checks.link(facts, facts.vault_id)]
    return "\n".join(steps)


def _not_attached(facts: Facts, writer: Writer) -> Finding:
    holder = facts.cluster if facts.method == _method.CLUSTER else None
    # The platform's validation does not look at the id of a cluster that has no identity at all.
    bare = holder is not None and _identity.report(holder.get("identity"))["type"] == "None"
    code = "KeyVaultIdentityResourceIdInvalid" if writer.identity_id and not bare else "KeyVaultIdentityMissing"
    text = f"{writer.holder_id} does not have {writer.label}."
    if not writer.identity_id:
        text = f"{writer.holder_id} has no system assigned identity."
    remedy = attach(facts.cluster_id, facts.method, writer)
    return Finding(code, ERROR, IDENTITY_CHECK, text, writer.holder_id, remedy)


CHECKS: dict[str, Callable[[Facts], list[Finding] | None]] = {
    "resource_provider": _check_provider,
    "cluster": _check_cluster,
    "method": _check_method,
    IDENTITY_CHECK: _check_selection,
    "vault": _vault_checks.check_vault,
    "vault_permission_model": _vault_checks.check_permission_model,
    "vault_network": _vault_checks.check_network,
}
WRITER_CHECKS: dict[str, Callable[[Facts, Writer], list[Finding] | None]] = {
    IDENTITY_CHECK: _check_identity,
    "vault_tenant": _access_checks.check_tenant,
    "vault_role": _access_checks.check_role,
    "deny_assignments": _access_checks.check_denials,
    "operator_role": _access_checks.check_operator,
}
