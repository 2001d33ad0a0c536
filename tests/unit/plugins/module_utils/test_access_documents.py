# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _access
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import GROUP, SUBSCRIPTION, VAULT, guid

SET = "Microsoft.KeyVault/vaults/secrets/setSecret/action"
ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
ANNA, BERT, TEAM = guid("anna"), guid("bert"), guid("team")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
SUB = f"/subscriptions/{SUBSCRIPTION}"

Document = dict[str, Any]


def permission(data: tuple[str, ...] = (), but: tuple[str, ...] = (), **more: Any) -> Document:
    return {"actions": [], "notActions": [], "dataActions": list(data), "notDataActions": list(but), **more}


def role(*permissions: Document) -> Document:
    return {"properties": {"permissions": list(permissions)}}


def assignment(scope: str = VAULT, made: datetime = NOW - timedelta(days=1), **more: Any) -> Document:
    written = made.strftime("%Y-%m-%dT%H:%M:%S.1234567Z")
    definition = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{guid('role').upper()}"
    properties = {"scope": scope, "roleDefinitionId": definition, "createdOn": written, "condition": None}
    return {"id": f"{scope}/assignment", "properties": {**properties, **more}}


@pytest.mark.parametrize(
    ("patterns", "refused", "wanted"),
    [
        ([SET], [], True),
        ([SET.upper()], [], True),
        (["*"], [], True),
        (["Microsoft.KeyVault/*"], [], True),
        (["Microsoft.KeyVault/vaults/secrets/*"], [], True),
        (["Microsoft.KeyVault/*/action"], [], True),
        (["Microsoft.KeyVault/vaults/*/setSecret/action"], [], True),
        (["Microsoft.KeyVault/vaults/secrets/*/setSecret/action"], [], True),
        (["Microsoft.KeyVault/vaults/secrets/set*"], [], True),
        (["Microsoft.KeyVault/vaults/secrets/getSecret/action"], [], False),
        (["Microsoft.KeyVault/vaults/secrets"], [], False),
        (["Microsoft.KeyVault/vaults/keys/*"], [], False),
        (["Microsoft.KeyVault.vaults/secrets/setSecret/action"], [], False),
        (["*/read"], [], False),
        ([], [], False),
        (["*"], [SET], False),
        (["*"], ["Microsoft.KeyVault/vaults/secrets/*"], False),
        (["*"], ["Microsoft.KeyVault/vaults/keys/*"], True),
    ],
)
def test_what_a_permission_has(patterns: list[str], refused: list[str], wanted: bool) -> None:
    data = permission(tuple(patterns), tuple(refused))
    control = {"actions": patterns, "notActions": refused}
    assert _access.allows([data], SET, data=True) is wanted
    assert _access.allows([data], SET, data=False) is False
    assert _access.allows([control], SET, data=False) is wanted
    assert _access.allows([control], SET, data=True) is False


def test_managed_identity_operator_comes_to_assign() -> None:
    built_in = {"actions": ["Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action"]}
    assert _access.allows([built_in], ASSIGN, data=False)


def test_another_permission_may_give_what_one_takes_out() -> None:
    assert _access.allows([permission(("*",), (SET,)), permission((SET,))], SET, data=True)


WORDS = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="./*()+[]"), max_size=20)


@given(WORDS, WORDS)
def test_a_star_stands_for_anything_and_all_else_for_itself(before: str, after: str) -> None:
    plain = before.replace("*", "") + after.replace("*", "")
    assert _access.allows([permission((plain,))], plain.upper(), data=True)
    assert _access.allows([permission((before.replace("*", "") + "*",))], plain, data=True)
    assert not _access.allows([permission((plain,))], plain + "x", data=True)
    assert not _access.allows([permission(("*",), (plain,))], plain, data=True)


def sorted_out(*items: Document, roles: dict[str, Document | None] | None = None) -> dict[str, int]:
    known = {guid("role"): role(permission((SET,)))} if roles is None else roles
    found = _access.access(items, known, SET, VAULT, data=True, now=NOW)
    return {name: len(value) for name, value in vars(found).items() if value}


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        (assignment(), "sure"),
        (assignment(GROUP.upper()), "sure"),
        (assignment(SUB), "sure"),
        (assignment("/"), "sure"),
        (assignment("/providers/Microsoft.Management/managementGroups/all"), "sure"),
        (assignment(made=NOW - timedelta(minutes=10)), "sure"),
        (assignment(createdOn=None), "sure"),
        (assignment(made=NOW - timedelta(minutes=9, seconds=59)), "new"),
        (assignment(condition="@Resource[...] StringEquals 'x'"), "conditional"),
        # On a single secret: no other one can be written.
        (assignment(f"{VAULT}/secrets/one"), None),
        (assignment(VAULT + "-2"), "sure"),
    ],
)
def test_how_sure_an_assignment_is(item: Document, kind: str | None) -> None:
    """What the list holds applies at the scope; all that is left out here is what lies below it."""
    assert sorted_out(item) == ({kind: 1} if kind else {})


def test_a_role_that_does_not_allow_it_or_is_gone_or_is_not_shown() -> None:
    assert sorted_out(assignment(), roles={guid("role"): role(permission(("*/read",)))}) == {}
    assert sorted_out(assignment(), roles={guid("role"): None}) == {}
    assert sorted_out(assignment(), roles={}) == {"unread": 1}


def deny(*principals: Document, scope: str = VAULT, **more: Any) -> Document:
    properties = {
        "denyAssignmentName": "stack",
        "permissions": [permission(("*",))],
        "scope": scope,
        "principals": list(principals),
        "excludePrincipals": [],
        "doNotApplyToChildScopes": False,
    }
    return {"id": f"{scope}/deny", "properties": {**properties, **more}}


def who(object_id: str, kind: str | None = "ServicePrincipal") -> Document:
    return {"id": object_id, **({"type": kind} if kind else {})}


ALL = who(_access.EVERYONE, "SystemDefined")


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        (deny(ALL), "sure"),
        (deny(who(ANNA.upper())), "sure"),
        (deny(who(ANNA), scope=GROUP), "sure"),
        (deny(ALL, scope="/providers/Microsoft.Management/managementGroups/all"), "sure"),
        (deny(who(BERT)), None),
        (deny(who(TEAM, "Group")), "possible"),
        (deny(who(TEAM, None)), "possible"),
        (deny(ALL, excludePrincipals=[who(ANNA)]), None),
        (deny(ALL, excludePrincipals=[who(BERT)]), "sure"),
        (deny(ALL, excludePrincipals=[who(TEAM, "Group")]), "possible"),
        (deny(ALL, excludePrincipals=[who(TEAM, "Group"), who(ANNA)]), None),
        (deny(ALL, permissions=[{"actions": ["*"], "notActions": ["*/read"]}]), None),
        (deny(ALL, permissions=[permission(("*",), (SET,))]), None),
        (deny(ALL, condition="..."), "possible"),
        (deny(ALL, permissions=[permission(("*",), condition="...")]), "possible"),
        (deny(ALL, permissions=[permission(("*",), condition="..."), permission((SET,))]), "sure"),
        (deny(ALL, scope=GROUP, doNotApplyToChildScopes=True), None),
        (deny(ALL, scope=VAULT.upper(), doNotApplyToChildScopes=True), "sure"),
        (deny(ALL, scope=f"{VAULT}/secrets/one"), None),
        ({"id": "x"}, None),
    ],
)
def test_whom_a_deny_assignment_is_about(item: Document, kind: str | None) -> None:
    found = vars(_access.denial([item], ANNA, SET, VAULT, data=True))
    assert {name: len(value) for name, value in found.items() if value} == ({kind: 1} if kind else {})
