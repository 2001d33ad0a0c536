# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attach managed identities to a resource, or detach them, and tell their principal ids.

Private to this collection. The shared engine of the identity modules.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _api_version, _identity, _resource_id
from ansible_collections.operator_nexus.credentials.plugins.module_utils._converge import Aim, converge, not_there
from ansible_collections.operator_nexus.credentials.plugins.module_utils._documents import properties
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session


def attach(params: dict[str, Any], session: Session, check_mode: bool, *, kind: str, since: str) -> dict[str, Any]:
    """Reach `state` for the identities that the task names; the result is what the modules return.

    `kind` is the ARM type of the resource, `since` the first api-version in which such a resource has an identity.
    Raises NexusError.
    """
    label = _resource_id.LABELS[kind]
    want = _identity.wanted(params)
    version = _api_version.check(params["api_version"], since, f"the identity of a {label}")
    resource_id = _resource_id.address(params, kind, lambda: session.subscription_id)

    def plan(document: dict[str, Any]) -> dict[str, Any] | None:
        patch = _identity.plan(document.get("identity"), want)
        return {"identity": patch} if patch else None

    def apply(document: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        return {**document, "identity": _identity.apply(document.get("identity"), body["identity"])}

    def precondition(document: dict[str, Any]) -> None:
        users = _identity.users(properties(document), document.get("identity"), want)
        if users:
            raise _in_use(resource_id, label, users)

    outcome = converge(
        session.arm,
        Aim(
            resource_id=resource_id,
            label=label,
            api_version=version,
            plan=plan,
            apply=apply,
            missing=lambda document: missing_ids(document, want, resource_id),
            precondition=precondition,
            wait=params["wait"],
            timeout=params["wait_timeout"],
        ),
        check_mode,
    )
    document = fill_in(session, outcome.document, want, resource_id) if check_mode else outcome.document
    return {
        "warnings": outcome.warnings,
        "changed": outcome.changed,
        "diff": {
            "before": {"identity": _identity.summary(outcome.before.get("identity"))},
            "after": {"identity": _identity.summary(outcome.after.get("identity"))},
        },
        "id": resource_id,
        **tell(document, want, resource_id),
        "provisioning_state": properties(document).get("provisioningState"),
    }


def missing_ids(document: dict[str, Any], want: _identity.Wanted, resource_id: str) -> list[str]:
    """What Azure has yet to tell of the identities that the task named; for `Aim.missing`."""
    return [f"principal id of {item}" for item in _without_id(document, want, resource_id)]


def fill_in(session: Session, document: dict[str, Any], want: _identity.Wanted, resource_id: str) -> dict[str, Any]:
    """The document that check mode predicts, with the ids that nobody has told yet.

    What Azure would tell of user assigned identities once they are attached, they tell of themselves.
    """
    ids = {item: _ids_of(session, item) for item in _without_id(document, want, resource_id) if item != resource_id}
    return {**document, "identity": _identity.fill(document.get("identity"), ids)}


def tell(document: dict[str, Any], want: _identity.Wanted, resource_id: str) -> dict[str, Any]:
    """What modules return of a resource's identities, and of those that the task named."""
    principals = _identity.principals(document.get("identity"), want, resource_id)
    # The system assigned identity comes first in the list; several user assigned ones have no single principal id.
    single = principals[0]["principal_id"] if principals and (want.system or len(principals) == 1) else None
    return {
        "identity": _identity.report(document.get("identity")),
        "principal_id": single,
        "principal_ids": [item["principal_id"] for item in principals if item["principal_id"]],
        "principals": principals,
    }


def _without_id(document: dict[str, Any], want: _identity.Wanted, resource_id: str) -> list[str]:
    named = _identity.principals(document.get("identity"), want, resource_id)
    return [str(item["identity"]) for item in named if not item["principal_id"]]


def _ids_of(session: Session, identity_id: str) -> dict[str, Any]:
    """{principalId, clientId} of a user assigned identity; empty when the login may attach but not read it.

    Raises NexusError when there is none of this id: attaching it would fail as well.
    """
    try:
        identity = session.arm.get(identity_id, _api_version.MANAGED_IDENTITY)
    except NexusError as error:
        if error.status == 403:
            return {}
        if error.status != 404:
            raise
        # Not even the subscription is there.
        identity = None
    if identity is None:
        remedy = "correct user_assigned, or create the identity first"
        raise not_there("user assigned identity", identity_id, "user_assigned", remedy)
    told = properties(identity)
    return {name: told[name] for name in ("principalId", "clientId") if told.get(name)}


def _in_use(resource_id: str, label: str, users: list[str]) -> NexusError:
    return NexusError(
        f"the {label} still uses an identity that is to be removed, in {' and '.join(users)}",
        code="IdentityInUse",
        target="user_assigned",
        operation="remove an identity of",
        resource_id=resource_id,
        remedy="let these settings use another identity, or take them away (nexus_cluster_secret_archive, state: "
        "absent, for secretArchiveSettings), and run the task again",
    )
