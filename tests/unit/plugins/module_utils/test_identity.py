# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _identity
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.plugins.module_utils._identity import Wanted
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import key
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    GROUP,
    MANAGER,
    UAI_ONE,
    UAI_TWO,
    VAULT,
    as_azure_spells,
    guid,
    identity,
    merge_identity,
)

ONE, TWO = as_azure_spells(UAI_ONE), as_azure_spells(UAI_TWO)


@pytest.mark.parametrize(
    ("current", "want", "body"),
    [
        (None, Wanted(system=True), {"type": "SystemAssigned"}),
        ({"type": "None"}, Wanted(system=True), {"type": "SystemAssigned"}),
        (None, Wanted(add=[UAI_ONE]), {"type": "UserAssigned", "userAssignedIdentities": {UAI_ONE: {}}}),
        (
            identity(UAI_ONE),
            Wanted(system=True),
            {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {ONE: {}}},
        ),
        (
            identity(UAI_ONE),
            Wanted(add=[UAI_TWO]),
            {"type": "UserAssigned", "userAssignedIdentities": {ONE: {}, UAI_TWO: {}}},
        ),
        (
            identity(UAI_ONE, UAI_TWO),
            Wanted(drop=[UAI_ONE]),
            {"type": "UserAssigned", "userAssignedIdentities": {ONE: None, TWO: {}}},
        ),
        (
            identity(UAI_ONE, UAI_TWO, system=True),
            Wanted(drop=[UAI_TWO]),
            {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {ONE: {}, TWO: None}},
        ),
        (identity(UAI_ONE, system=True), Wanted(drop=[UAI_ONE]), {"type": "SystemAssigned"}),
        (
            identity(UAI_ONE, system=True),
            Wanted(system=False),
            {"type": "UserAssigned", "userAssignedIdentities": {ONE: {}}},
        ),
        (identity(UAI_ONE), Wanted(drop=[UAI_ONE]), {"type": "None"}),
        (identity(system=True), Wanted(system=False), {"type": "None"}),
        (
            identity(system=True),
            Wanted(system=False, add=[UAI_ONE]),
            {"type": "UserAssigned", "userAssignedIdentities": {UAI_ONE: {}}},
        ),
        # Nothing to do.
        (None, Wanted(system=False), None),
        (None, Wanted(drop=[UAI_ONE]), None),
        ({"type": "None"}, Wanted(system=False, drop=[UAI_ONE]), None),
        (identity(system=True), Wanted(system=True), None),
        ({"type": "systemAssigned"}, Wanted(system=True), None),
        (identity(UAI_ONE), Wanted(add=[UAI_ONE.upper()]), None),
        (identity(UAI_ONE, UAI_TWO, system=True), Wanted(system=True, add=[UAI_TWO]), None),
    ],
)
def test_plan(current: dict[str, Any] | None, want: Wanted, body: dict[str, Any] | None) -> None:
    assert _identity.plan(current, want) == body


IDS = [f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}" for name in "abcd"]
some_ids = st.lists(st.sampled_from(IDS), unique=True)
blocks = st.one_of(st.none(), st.builds(lambda ids, system: identity(*ids, system=system), some_ids, st.booleans()))


@st.composite
def wishes(draw: st.DrawFn) -> Wanted:
    """What either state can ask for, ids in any letter case."""
    ids = [draw(st.sampled_from([item, item.upper(), item.lower()])) for item in draw(some_ids)]
    if draw(st.booleans()):
        return Wanted(system=draw(st.sampled_from([None, True, False])), add=ids)
    return Wanted(system=draw(st.sampled_from([None, False])), drop=ids)


def held(block: dict[str, Any] | None) -> tuple[bool, set[str]]:
    full = _identity.report(block)
    return "SystemAssigned" in full["type"], {key(item["id"]) for item in full["user_assigned_identities"]}


@given(blocks, wishes())
def test_a_plan_reaches_what_is_wanted_and_nothing_else(current: dict[str, Any] | None, want: Wanted) -> None:
    body = _identity.plan(current, want)
    system, ids = held(current)
    expected = (
        system if want.system is None else want.system,
        (ids | {key(item) for item in want.add}) - {key(item) for item in want.drop},
    )
    assert (body is None) == (expected == (system, ids))
    if body is None:
        return
    after = merge_identity(current, body)
    assert held(after) == expected
    assert held(_identity.apply(current, body)) == expected
    assert _identity.plan(after, want) is None
    assert _identity.plan(_identity.apply(current, body), want) is None
    # Check mode shows the very summary that the real run then has.
    assert _identity.summary(_identity.apply(current, body)) == _identity.summary(after)


@given(blocks, wishes())
def test_kept_identities_keep_their_principal_ids(current: dict[str, Any] | None, want: Wanted) -> None:
    body = _identity.plan(current, want)
    if body is None:
        return
    before = {item["id"]: item for item in _identity.report(current)["user_assigned_identities"]}
    after = _identity.report(_identity.apply(current, body))
    for item in after["user_assigned_identities"]:
        assert item == before.get(item["id"], {"id": item["id"], "principal_id": None, "client_id": None})
    if "SystemAssigned" in after["type"] and held(current)[0]:
        assert after["principal_id"] == guid("system")


def test_apply_finds_held_identities_in_any_spelling() -> None:
    sent = {"type": "UserAssigned", "userAssignedIdentities": {UAI_ONE.upper(): {}, UAI_TWO: None}}
    after = _identity.apply(identity(UAI_ONE, UAI_TWO), sent)
    assert after["userAssignedIdentities"] == {
        UAI_ONE.upper(): {"principalId": guid(UAI_ONE), "clientId": guid("client" + UAI_ONE)}
    }


def test_fill_adds_ids_to_what_is_there_only() -> None:
    ids = {UAI_ONE: {"principalId": "p"}, UAI_TWO: {"principalId": "q"}}
    block = {"type": "UserAssigned", "userAssignedIdentities": {ONE: {}}}
    assert _identity.fill(block, ids) == {
        "type": "UserAssigned",
        "userAssignedIdentities": {ONE: {"principalId": "p"}},
    }
    assert _identity.fill(None, ids) is None
    assert _identity.fill({"type": "None"}, ids) == {"type": "None"}


def params(**given: Any) -> dict[str, Any]:
    return {"state": "present", "system_assigned": None, "user_assigned": None, **given}


@pytest.mark.parametrize(
    ("given", "want"),
    [
        (params(system_assigned=True), Wanted(system=True)),
        (params(system_assigned=False), Wanted(system=False)),
        (params(user_assigned=[UAI_ONE, UAI_ONE.lower(), ONE]), Wanted(add=[ONE.replace("resourceg", "resourceG")])),
        (params(state="absent", system_assigned=True), Wanted(system=False)),
        (params(state="absent", system_assigned=False, user_assigned=[UAI_ONE]), Wanted(drop=[UAI_ONE])),
        (params(state="absent", user_assigned=[UAI_TWO]), Wanted(drop=[UAI_TWO])),
    ],
)
def test_wanted(given: dict[str, Any], want: Wanted) -> None:
    assert _identity.wanted(given) == want


@pytest.mark.parametrize(
    ("given", "option"),
    [
        (params(), "system_assigned"),
        (params(user_assigned=[]), "system_assigned"),
        (params(state="absent"), "state"),
        (params(state="absent", system_assigned=False), "state"),
        (params(user_assigned=["one"]), "user_assigned"),
        (params(user_assigned=[UAI_ONE, VAULT]), "user_assigned"),
    ],
)
def test_wanted_refuses_what_names_nothing(given: dict[str, Any], option: str) -> None:
    with pytest.raises(BadInput) as caught:
        _identity.wanted(given)
    assert caught.value.target == option
    assert caught.value.remedy


def test_report_of_a_real_answer() -> None:
    assert _identity.report(identity(UAI_TWO, UAI_ONE, system=True)) == {
        "type": "SystemAssigned,UserAssigned",
        "principal_id": guid("system"),
        "tenant_id": guid("tenant"),
        "user_assigned_identities": [
            {"id": UAI_ONE, "principal_id": guid(UAI_ONE), "client_id": guid("client" + UAI_ONE)},
            {"id": UAI_TWO, "principal_id": guid(UAI_TWO), "client_id": guid("client" + UAI_TWO)},
        ],
    }


@pytest.mark.parametrize("block", [None, {"type": "None"}, {"type": "None", "userAssignedIdentities": None}])
def test_report_of_no_identity(block: dict[str, Any] | None) -> None:
    empty: dict[str, Any] = {"type": "None", "principal_id": None, "tenant_id": None, "user_assigned_identities": []}
    assert _identity.report(block) == empty


SYSTEM = {"identityType": "SystemAssignedIdentity"}


def selects(resource_id: str) -> dict[str, Any]:
    return {"identityType": "UserAssignedIdentity", "userAssignedIdentityResourceId": resource_id}


@pytest.mark.parametrize(
    ("block", "selected"),
    [
        ({"associatedIdentity": SYSTEM}, "SystemAssignedIdentity"),
        ({"associatedIdentity": {**SYSTEM, "userAssignedIdentityResourceId": UAI_ONE}}, "SystemAssignedIdentity"),
        ({"associatedIdentity": selects(UAI_ONE)}, UAI_ONE),
        ({"associatedIdentity": {"userAssignedIdentityResourceId": UAI_ONE}}, UAI_ONE),
        ({"associatedIdentity": {"identityType": "UserAssignedIdentity"}}, None),
        ({"associatedIdentity": selects("")}, None),
        ({"associatedIdentity": {}}, None),
        ({"associatedIdentity": None}, None),
        ({}, None),
        (None, None),
        ("SystemAssignedIdentity", None),
        ([], None),
    ],
)
def test_selection(block: Any, selected: str | None) -> None:
    assert _identity.selection(block) == selected


ALL = identity(UAI_ONE, UAI_TWO, system=True)
USED = {
    "provisioningState": "Succeeded",
    "conditions": [{"type": "AzureSecretArchiveReady"}],
    "analyticsOutputSettings": {"associatedIdentity": selects(ONE), "analyticsWorkspaceId": "x"},
    "commandOutputSettings": {
        "associatedIdentity": SYSTEM,
        "overrides": [{"commandOutputType": "a"}, {"associatedIdentity": selects(UAI_TWO.upper())}],
    },
    "secretArchiveSettings": {"vaultUri": "https://nexus-secrets.vault.azure.net/", "associatedIdentity": SYSTEM},
    "updateStrategy": None,
}


@pytest.mark.parametrize(
    ("current", "want", "users"),
    [
        (ALL, Wanted(drop=[UAI_ONE]), ["analyticsOutputSettings"]),
        (ALL, Wanted(drop=[UAI_TWO]), ["commandOutputSettings"]),
        (ALL, Wanted(system=False), ["commandOutputSettings", "secretArchiveSettings"]),
        (
            ALL,
            Wanted(system=False, drop=[UAI_TWO, UAI_ONE.lower()]),
            ["analyticsOutputSettings", "commandOutputSettings", "secretArchiveSettings"],
        ),
        # Nothing is removed.
        (ALL, Wanted(system=True, add=[UAI_ONE]), []),
        (ALL, Wanted(), []),
        # What is not there cannot be taken away, whatever has selected it.
        (identity(UAI_ONE, system=True), Wanted(drop=[UAI_TWO]), []),
        (identity(UAI_ONE, UAI_TWO), Wanted(system=False, add=[UAI_ONE]), []),
        (None, Wanted(system=False, drop=[UAI_ONE]), []),
    ],
)
def test_users_of_what_is_to_be_removed(current: dict[str, Any] | None, want: Wanted, users: list[str]) -> None:
    assert _identity.users(USED, current, want) == users
    assert _identity.users({}, current, want) == []


@pytest.mark.parametrize(
    ("block", "there"),
    [
        (identity(system=True), True),
        (identity(UAI_ONE, system=True), True),
        ({"type": "SystemAssigned,UserAssigned"}, True),
        ({"type": "systemassigned"}, True),
        (identity(UAI_ONE), False),
        ({"type": "None"}, False),
        ({"type": None}, False),
        ({}, False),
        (None, False),
    ],
)
def test_has_system(block: dict[str, Any] | None, there: bool) -> None:
    assert _identity.has_system(block) is there


def test_principals_are_those_that_the_task_named() -> None:
    both = identity(UAI_ONE, UAI_TWO, system=True)
    assert _identity.principals(both, Wanted(add=[UAI_ONE]), MANAGER) == [
        {"identity": UAI_ONE, "principal_id": guid(UAI_ONE)}
    ]
    assert _identity.principals(both, Wanted(system=True), MANAGER) == [
        {"identity": MANAGER, "principal_id": guid("system")}
    ]
    assert _identity.principals(both, Wanted(system=False), MANAGER) == []
