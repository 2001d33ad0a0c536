# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role assignments: who holds a role at a scope, what is missing, what to take away. Pure.

Private to this collection. An *assignment* is {id, name, scope, role_definition_id, principal_id, principal_type,
condition, created_on} as the cloud layer lists it. A *principal* is {identity, principal_id}: an object id, which is
None while only check mode has seen the identity, and the ARM id of the identity it belongs to, or None.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import is_guid, key

Assignment = dict[str, Any]
Principal = dict[str, Any]

# The namespace in which bicep's guid() makes its names, so that a template and this collection agree on them.
_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")


@dataclass(frozen=True)
class Role:
    """A built-in role: the same GUID in every tenant."""

    guid: str
    name: str


KEY_VAULT_WRITER = Role("44f0a1a8-6fea-4b35-980a-8ff50c487c97", "Operator Nexus Key Vault Writer Service Role")
MANAGED_IDENTITY_OPERATOR = Role("f1a07417-d97a-45cb-824c-7a7467783830", "Managed Identity Operator")

# AFOI-NC-MGMT-PME-PROD, the same in every tenant. It uses user assigned identities, to write as them.
NEXUS_APP_ID = "3365d4ea-bb16-4bc9-86dd-f2c8cf6f1f56"


@dataclass(frozen=True)
class Plan:
    create: list[Principal] = field(default_factory=list)
    delete: list[Assignment] = field(default_factory=list)


def principals(option: str, given: Sequence[Mapping[str, Any]], must_know: bool) -> list[Principal]:
    """What an option names, each principal once. Raises BadInput for a wrong id, or a missing one that `must_know`."""
    unique: dict[tuple[str, str], Principal] = {}
    for item in given:
        # A template that gives nothing arrives as an empty text on some releases of Ansible.
        who = {"identity": item.get("identity") or None, "principal_id": item.get("principal_id") or None}
        known = who["principal_id"]
        if known and not is_guid(known):
            raise BadInput(option, f"'{known}' is not an object id", "give the principal's object id, a GUID")
        if not known and not who["identity"]:
            raise BadInput(option, "an entry names no principal", "give its principal_id")
        if not known and must_know:
            raise BadInput(option, f"the principal id of {who['identity']} is missing", "add the identity first")
        unique[key(who["identity"] or ""), (known or "").lower()] = who
    return list(unique.values())


def assignment_name(scope: str, principal_id: str, role: Role) -> str:
    """The name that bicep's `guid(scope, principalId, roleGuid)` gives, the same in every run and on every host."""
    return str(uuid.uuid5(_NAMESPACE, f"{scope}-{principal_id}-{role.guid}"))


def role_definition_id(scope: str, role: Role) -> str:
    """The role's id in the subscription of a scope."""
    subscription = scope.split("/")[2]
    return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role.guid}"


def held(assignments: list[Assignment], scope: str, role: Role, principal_id: str | None) -> list[Assignment]:
    """The assignments that give this principal the role at the scope: made exactly there first, then inherited ones."""
    if not principal_id:
        return []
    matching = [
        item
        for item in assignments
        if item["principal_id"].lower() == principal_id.lower()
        and item["role_definition_id"].lower().endswith("/" + role.guid)
        and not key(item["scope"]).startswith(key(scope) + "/")
    ]
    return sorted(matching, key=lambda item: is_inherited(item, scope))


def is_inherited(assignment: Assignment, scope: str) -> bool:
    return key(assignment["scope"]) != key(scope)


def plan(
    assignments: list[Assignment],
    scope: str,
    role: Role,
    principals: list[Principal],
    state: str,
    spared: Collection[str] = (),
) -> Plan:
    """What to create or delete. An inherited assignment is enough for `present`, and out of reach for `absent`.

    `spared` are principal ids in lower case whose assignments are not deleted.
    """
    if state == "present":
        return Plan(create=[who for who in principals if not held(assignments, scope, role, who["principal_id"])])
    found = [item for who in principals for item in held(assignments, scope, role, who["principal_id"])]
    own = [item for item in found if not is_inherited(item, scope)]
    return Plan(delete=[item for item in own if item["principal_id"].lower() not in spared])


def apply(assignments: list[Assignment], scope: str, role: Role, todo: Plan) -> list[Assignment]:
    """The assignments as they will be. One for a principal that is not known yet has neither id nor name."""
    deleted = {key(item["id"]) for item in todo.delete}
    kept = [item for item in assignments if key(item["id"]) not in deleted]
    return kept + [_predicted(scope, role, who["principal_id"]) for who in todo.create if who["principal_id"]]


def report(
    assignments: list[Assignment], scope: str, role: Role, principals: list[Principal], todo: Plan
) -> list[dict[str, Any]]:
    """What modules return: one entry for each assignment that the principals hold, in the order of the principals.

    `todo` is a plan that was not carried out (check mode): it adds the entries of principals not known yet.
    """
    entries: list[dict[str, Any]] = []
    for who in principals:
        found = held(assignments, scope, role, who["principal_id"])
        if not found and who in todo.create:
            found = [_predicted(scope, role, None)]
        entries.extend(
            {
                "id": item["id"],
                "name": item["name"],
                "scope": item["scope"],
                "role": role.name,
                "role_definition_id": item["role_definition_id"],
                "principal_id": item["principal_id"],
                "principal_type": item["principal_type"],
                "identity": who["identity"],
                "inherited": is_inherited(item, scope),
                "condition": item["condition"],
                "created_on": item["created_on"],
            }
            for item in found
        )
    return entries


def summary(entries: list[dict[str, Any]], scope: str) -> list[dict[str, Any]]:
    """What a diff shows of `report`: a principal by its identity where given, since check mode may know no more."""
    return [
        {
            "role": item["role"],
            "principal": item["identity"] or item["principal_id"],
            "scope": item["scope"] if item["inherited"] else scope,
        }
        for item in entries
    ]


def _predicted(scope: str, role: Role, principal_id: str | None) -> Assignment:
    name = assignment_name(scope, principal_id, role) if principal_id else None
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}" if name else None,
        "name": name,
        "scope": scope,
        "role_definition_id": role_definition_id(scope, role),
        "principal_id": principal_id,
        "principal_type": "ServicePrincipal",
        "condition": None,
        "created_on": None,
    }
