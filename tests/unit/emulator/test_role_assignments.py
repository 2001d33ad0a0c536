# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Authorization/roleAssignments: what is answered, and every refusal of contract section 6.2."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tenant import IDENTITY, NEXUS, OWNER, READER, SUBSCRIPTION, VAULT, WRITER, Tenant

NAME = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
OTHER = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
NOBODY = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


def assignments(scope: str) -> str:
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments"


def body(tenant: Tenant, principal: str = "id-one", role: str = WRITER, **more: Any) -> dict[str, Any]:
    role_id = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    found = [item["objectId"] for item in tenant.world.principals.values() if item["displayName"] == principal]
    properties = {"roleDefinitionId": role_id, "principalId": (found or [principal])[0], **more}
    return {"properties": {"principalType": "ServicePrincipal", **properties}}


def put(tenant: Tenant, sent: Any, name: str = NAME, scope: str = VAULT) -> tuple[int, Any]:
    return tenant.ask("PUT", f"{assignments(scope)}/{name}", sent)


def test_create_read_repeat_delete(tenant: Tenant) -> None:
    status, made = put(tenant, body(tenant), NAME.upper())
    assert status == 201
    assert (made["name"], made["id"]) == (NAME, f"{assignments(VAULT)}/{NAME}")
    assert made["properties"]["scope"] == VAULT
    assert made["properties"]["createdBy"] == tenant.principal("nexus-operator")["objectId"]
    assert tenant.ask("GET", made["id"].upper()) == (200, made)
    assert put(tenant, body(tenant)) == (200, made)
    assert tenant.ask("DELETE", made["id"]) == (200, made)
    assert tenant.ask("DELETE", made["id"]) == (204, None)
    assert tenant.ask("GET", made["id"])[1]["error"]["code"] == "RoleAssignmentNotFound"


def test_the_same_under_another_name_exists(tenant: Tenant) -> None:
    put(tenant, body(tenant))
    sent = body(tenant)
    sent["properties"]["roleDefinitionId"] = f"/providers/Microsoft.Authorization/roleDefinitions/{WRITER.upper()}"
    status, answer = put(tenant, sent, OTHER, VAULT.upper())
    assert (status, answer["error"]["code"]) == (409, "RoleAssignmentExists")
    assert answer["error"]["message"].endswith(f"existing role assignment is {NAME.replace('-', '')}.")
    assert put(tenant, body(tenant), OTHER, SUBSCRIPTION)[0] == 201


@pytest.mark.parametrize(
    ("principal", "role", "scope"),
    [("cm-system", WRITER, VAULT), ("id-one", READER, VAULT), ("id-one", WRITER, SUBSCRIPTION)],
)
def test_a_name_that_is_taken_cannot_mean_something_else(tenant: Tenant, principal: str, role: str, scope: str) -> None:
    put(tenant, body(tenant))
    status, answer = put(tenant, body(tenant, principal, role), NAME, scope)
    assert (status, answer["error"]["code"]) == (400, "RoleAssignmentUpdateNotPermitted")
    assert len(tenant.ask("GET", assignments(VAULT), **{"$filter": "principalId eq '" + NOBODY + "'"})[1]["value"]) == 0


@pytest.mark.parametrize("principal_type", ["ServicePrincipal", None])
def test_a_new_principal_is_unknown_for_a_while(tenant: Tenant, principal_type: str | None) -> None:
    tenant.world.settings.principal_replication_seconds = 30
    principal = tenant.world.add_principal("new")
    sent = body(tenant, "new", principalType=principal_type)
    tenant.now += 29
    status, answer = put(tenant, sent)
    assert (status, answer["error"]["code"]) == (400, "PrincipalNotFound")
    bare, directory = principal["objectId"].replace("-", ""), tenant.world.tenant_id
    assert f"Principal {bare} does not exist in the directory {directory}." in answer["error"]["message"]
    tenant.now += 1
    assert put(tenant, sent)[0] == 201
    assert put(tenant, body(tenant), OTHER)[0] == 201  # the fleet's own principals have been there for long


@pytest.mark.parametrize(
    ("scope", "name", "change", "status", "code"),
    [
        (VAULT, "abc", {}, 400, "InvalidRoleAssignmentId"),
        (VAULT, NAME, {"principalId": "abc"}, 400, "InvalidPrincipalId"),
        (VAULT, NAME, {"principalId": NOBODY}, 400, "PrincipalNotFound"),
        (VAULT, NAME, {"roleDefinitionId": NOBODY}, 400, "RoleDefinitionDoesNotExist"),
        (VAULT, NAME, {"roleDefinitionId": "Owner"}, 400, "InvalidRoleDefinitionId"),
        (VAULT, NAME, {"principalType": "User"}, 400, "UnmatchedPrincipalType"),
        (f"{VAULT}x", NAME, {}, 404, "ResourceNotFound"),
        (VAULT, NAME, {"principalType": 1}, 400, "InvalidRequestContent"),
        (VAULT, NAME, {"description": ["a"]}, 400, "InvalidRequestContent"),
    ],
)
def test_refusals(tenant: Tenant, scope: str, name: str, change: dict[str, Any], status: int, code: str) -> None:
    before = dict(tenant.world.assignments)
    answer = put(tenant, body(tenant, **change), name, scope)
    assert (answer[0], answer[1]["error"]["code"]) == (status, code)
    assert tenant.world.assignments == before


@pytest.mark.parametrize("sent", [None, {}, {"properties": {"principalId": NOBODY}}])
def test_a_body_without_the_needed_members_is_refused(tenant: Tenant, sent: Any) -> None:
    assert put(tenant, sent)[1]["error"]["code"] == "BadRequestFormat"


def test_lists(tenant: Tenant) -> None:
    group = f"{SUBSCRIPTION}/resourceGroups/security"
    names = {scope: tenant.grant("id-one", READER, scope)["name"] for scope in (SUBSCRIPTION, group, VAULT)}
    tenant.grant("id-one", READER, f"{NEXUS}/clusters/c-none")
    tenant.grant("cm-system", WRITER, VAULT)
    mine = f"principalId eq '{tenant.principal('id-one')['objectId'].upper()}'"

    def listed(scope: str, text: str = "") -> list[str]:
        status, answer = tenant.ask("GET", assignments(scope), **({"$filter": text} if text else {}))
        assert status == 200
        return [item["name"] for item in answer["value"]]

    assert set(listed(VAULT, f"atScope() and {mine}")) == set(names.values())
    assert set(listed(group, mine)) == set(names.values())
    assert set(listed(group, f"atScope() and {mine}")) == {names[SUBSCRIPTION], names[group]}
    assert listed(IDENTITY, mine.replace("principalId eq ", "assignedTo(") + ")") == [names[SUBSCRIPTION]]
    assert len(listed(SUBSCRIPTION)) == len(tenant.world.assignments)
    assert len(listed(VAULT, "atScope()")) == 5  # the operator is Owner of the subscription
    assert tenant.ask("GET", assignments(VAULT), **{"$filter": "scope eq 'a'"})[0] == 400


def test_a_filter_goes_on_to_the_next_page(tenant: Tenant) -> None:
    tenant.world.settings.page_size = 1
    tenant.grant("id-one", READER, VAULT)
    first = tenant.ask("GET", assignments(VAULT), **{"$filter": "atScope()"})[1]
    assert [item["properties"]["roleDefinitionId"].split("/")[-1] for item in first["value"]] == [OWNER]
    query = dict(parse_qsl(urlsplit(first["nextLink"]).query))
    assert query == {"api-version": "2022-04-01", "$filter": "atScope()", "$skipToken": "1"}
