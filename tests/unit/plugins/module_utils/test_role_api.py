# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role assignments over azure-mgmt-authorization, whichever version is installed."""

from __future__ import annotations

import json

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._role_api import RoleApi
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.module_utils.fake_azure import (
    CLOUD,
    Answer,
    FakeCredential,
    FakeTransport,
)

SCOPE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Test/things/t"
NAME = "11111111-2222-3333-4444-555555555555"
LIST = f"https://arm.test{SCOPE}/providers/Microsoft.Authorization/roleAssignments"
ID = f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/{NAME}"
DOCUMENT = {
    "id": ID,
    "name": NAME,
    "type": "Microsoft.Authorization/roleAssignments",
    "properties": {
        "scope": SCOPE,
        "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/r",
        "principalId": "p",
        "principalType": "ServicePrincipal",
        "createdOn": "2026-01-31T12:00:00.0000000Z",
    },
}
ASSIGNMENT = {
    "id": ID,
    "name": NAME,
    "scope": SCOPE,
    "role_definition_id": "/providers/Microsoft.Authorization/roleDefinitions/r",
    "principal_id": "p",
    "principal_type": "ServicePrincipal",
    "condition": None,
    "created_on": "2026-01-31T12:00:00.0000000Z",
}


def make(*answers: Answer) -> tuple[RoleApi, FakeTransport]:
    transport, credential = FakeTransport(*answers), FakeCredential()
    return RoleApi(Arm(CLOUD, credential, transport), CLOUD, credential, transport), transport


def refused(status: int, code: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": "words"}})


def test_list_asks_for_the_scope_and_above_over_all_pages() -> None:
    link = f"{LIST}?api-version=2022-04-01&%24filter=atScope()&%24skipToken=a%2B%3D"
    roles, transport = make(Answer(body={"value": [DOCUMENT], "nextLink": link}), Answer(body={"value": [DOCUMENT]}))
    assert roles.list_at(SCOPE) == [ASSIGNMENT, ASSIGNMENT]
    assert transport.calls[0] in (
        f"GET {LIST}?{first}&{second}"
        for first, second in (
            ("$filter=atScope%28%29", "api-version=2022-04-01"),
            ("api-version=2022-04-01", "$filter=atScope%28%29"),
        )
    )
    assert "%24skipToken=a%2B%3D" in transport.calls[1]


@pytest.mark.parametrize(("status", "is_new"), [(200, False), (201, True)])
def test_create_says_what_kind_of_principal_it_is_and_whether_it_was_first(status: int, is_new: bool) -> None:
    roles, transport = make(Answer(status, DOCUMENT))
    definition = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/r"
    assert roles.create(SCOPE, NAME, definition, "p") == (ASSIGNMENT, is_new)
    assert transport.calls == [f"PUT https://arm.test{ID}?api-version=2022-04-01"]
    assert json.loads(transport.requests[0].body or "") == {
        "properties": {"roleDefinitionId": definition, "principalId": "p", "principalType": "ServicePrincipal"}
    }


@pytest.mark.parametrize(("status", "code"), [(409, "RoleAssignmentExists"), (400, "PrincipalNotFound")])
def test_create_tells_why_not(status: int, code: str) -> None:
    roles, _transport = make(refused(status, code))
    with pytest.raises(NexusError) as caught:
        roles.create(SCOPE, NAME, "r", "p")
    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.resource_id == SCOPE


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
@pytest.mark.parametrize("body", [b"<html>", b""])
def test_create_that_somebody_else_answers(body: bytes, kind: str) -> None:
    roles, _transport = make(Answer(200, body, {"Content-Type": kind}))
    with pytest.raises(NexusError) as caught:
        roles.create(SCOPE, NAME, "r", "p")
    assert (caught.value.code, caught.value.resource_id) == ("NotJson", SCOPE)


@pytest.mark.parametrize("answer", [Answer(200, DOCUMENT), Answer(200, b""), Answer(204, b"")])
def test_delete_of_what_is_there_or_gone(answer: Answer) -> None:
    roles, transport = make(answer)
    roles.delete(ID)
    assert transport.calls == [f"DELETE https://arm.test{ID}?api-version=2022-04-01"]


def test_delete_that_is_refused_is_an_error() -> None:
    roles, _transport = make(refused(403, "AuthorizationFailed"))
    with pytest.raises(NexusError, match="Could not delete the role assignment"):
        roles.delete(ID)


def test_list_tells_of_conditions() -> None:
    properties = {**DOCUMENT["properties"], "condition": "@Resource[x] StringEquals 'y'"}  # type: ignore[dict-item]
    roles, _transport = make(Answer(body={"value": [{**DOCUMENT, "properties": properties}]}))
    assert [item["condition"] for item in roles.list_at(SCOPE)] == ["@Resource[x] StringEquals 'y'"]
