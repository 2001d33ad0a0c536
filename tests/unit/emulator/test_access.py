# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure RBAC's decision."""

from __future__ import annotations

from typing import Any

import pytest
from tenant import NEXUS, OPERATOR_ROLE, READER, SUBSCRIPTION, VAULT, WRITER, Tenant

from access import allowed, covers, grants
from role_definitions import find_role, role_named

SET_SECRET = "Microsoft.KeyVault/vaults/secrets/setSecret/action"
ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"


@pytest.mark.parametrize(
    ("role", "action", "data", "granted"),
    [
        ("Owner", "Microsoft.Authorization/roleAssignments/write", False, True),
        ("Owner", SET_SECRET, True, False),
        ("Contributor", "Microsoft.NetworkCloud/clusters/write", False, True),
        ("Contributor", "Microsoft.Authorization/roleAssignments/write", False, False),
        ("Contributor", "microsoft.authorization/ROLEASSIGNMENTS/delete", False, False),
        ("Contributor", "Microsoft.Authorization/roleAssignments/read", False, True),
        ("Reader", "Microsoft.NetworkCloud/clusters/read", False, True),
        ("Reader", "Microsoft.NetworkCloud/clusters/write", False, False),
        ("Reader", "Microsoft.NetworkCloud/clusters/readMore", False, False),
        # A wildcard segment may be empty: Key Vault Reader reads the vault itself too.
        ("Key Vault Reader", "Microsoft.KeyVault/vaults/read", False, True),
        ("Key Vault Reader", "Microsoft.KeyVault/vaults/secrets/readMetadata/action", True, True),
        ("Key Vault Reader", "Microsoft.KeyVault/vaults/secrets/getSecret/action", True, False),
        ("Managed Identity Operator", ASSIGN, False, True),
        ("Managed Identity Operator", "Microsoft.ManagedIdentity/userAssignedIdentities/write", False, False),
        ("Operator Nexus Key Vault Writer Service Role (Preview)", SET_SECRET, True, True),
        ("Operator Nexus Key Vault Writer Service Role (Preview)", SET_SECRET, False, False),
        ("Operator Nexus Key Vault Writer Service Role (Preview)", SET_SECRET.replace("set", "get"), True, False),
    ],
)
def test_what_a_role_grants(role: str, action: str, data: bool, granted: bool) -> None:
    definition = role_named(role)
    assert definition is not None
    assert grants(definition, action, data) is granted


@pytest.mark.parametrize(
    ("upper", "lower", "expected"),
    [
        ("/", VAULT, True),
        (SUBSCRIPTION, VAULT, True),
        (VAULT.upper(), VAULT, True),
        (VAULT, f"{VAULT}/secrets/a", True),
        (VAULT, f"{VAULT}2", False),
        (VAULT, SUBSCRIPTION, False),
        (f"{SUBSCRIPTION}/resourceGroups/sec", VAULT, False),
    ],
)
def test_scopes(upper: str, lower: str, expected: bool) -> None:
    assert covers(upper, lower) is expected


def test_a_role_counts_at_its_scope_and_below_for_its_principal_only() -> None:
    tenant = Tenant()
    tenant.grant("id-one", READER, f"{SUBSCRIPTION}/resourceGroups/nexus")
    me, other = tenant.principal("id-one")["objectId"], tenant.principal("cm-system")["objectId"]
    read = "Microsoft.NetworkCloud/clusters/read"
    assert allowed(
        tenant.world, me.upper(), read, f"{NEXUS}/clusters/c-none".replace("resourceGroups", "RESOURCEGROUPS")
    )
    assert not allowed(tenant.world, other, read, f"{NEXUS}/clusters/c-none")
    assert not allowed(tenant.world, me, read, VAULT)


def test_roles_add_up() -> None:
    tenant = Tenant()
    tenant.grant("id-one", WRITER, VAULT)
    me = tenant.principal("id-one")["objectId"]
    read = "Microsoft.KeyVault/vaults/secrets/getSecret/action"
    assert not allowed(tenant.world, me, read, VAULT, data=True)
    tenant.grant("id-one", "4633458b-17de-408a-b874-0445c86b69e6", VAULT)
    assert allowed(tenant.world, me, read, f"{VAULT}/secrets/a", data=True)
    assert allowed(tenant.world, me, SET_SECRET, VAULT, data=True)


def test_a_new_role_takes_effect_after_a_while() -> None:
    tenant = Tenant()
    tenant.world.settings.role_effect_seconds = 300
    tenant.grant("id-one", WRITER, VAULT)
    me = tenant.principal("id-one")["objectId"]
    tenant.now += 299
    assert not allowed(tenant.world, me, SET_SECRET, VAULT, data=True)
    tenant.now += 1
    assert allowed(tenant.world, me, SET_SECRET, VAULT, data=True)


@pytest.mark.parametrize(
    "role_id",
    [
        OPERATOR_ROLE,
        OPERATOR_ROLE.upper(),
        f"/providers/Microsoft.Authorization/roleDefinitions/{OPERATOR_ROLE}",
        f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{OPERATOR_ROLE}/",
    ],
)
def test_a_role_is_known_by_the_guid_in_its_id(role_id: str) -> None:
    role = find_role(role_id)
    assert role is not None
    assert role["properties"]["roleName"] == "Managed Identity Operator"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("roleName eq 'Reader'", ["Reader"]),
        ("roleName eq 'Nobody''s'", []),
        ("atScopeAndBelow() and type eq 'BuiltInRole' and roleName eq 'owner'", ["Owner"]),
    ],
)
def test_role_definitions_are_listed_by_name(text: str, names: list[str]) -> None:
    query: dict[str, Any] = {"$filter": text}
    path = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    status, body = Tenant().ask("GET", path, **query)
    assert (status, [item["properties"]["roleName"] for item in body["value"]]) == (200, names)
    assert all(item["id"].startswith(f"{path}/") for item in body["value"])
