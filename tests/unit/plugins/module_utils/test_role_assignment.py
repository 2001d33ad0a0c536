# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _role_assignment
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.plugins.module_utils._role_assignment import (
    KEY_VAULT_WRITER,
    MANAGED_IDENTITY_OPERATOR,
    Plan,
)
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    GROUP,
    MANAGER,
    SUBSCRIPTION,
    VAULT,
    assignment,
    guid,
)

WRITER, OPERATOR = KEY_VAULT_WRITER.guid, MANAGED_IDENTITY_OPERATOR.guid
ANNA, BERT = guid("anna"), guid("bert")


def who(principal_id: str | None, identity: str | None = None) -> dict[str, Any]:
    return {"identity": identity, "principal_id": principal_id}


def test_the_name_is_the_one_that_bicep_gives() -> None:
    # SHA-1 of namespace and "scope-principal-role", worked out by hand from RFC 9562.
    name = _role_assignment.assignment_name(VAULT, "11111111-1111-1111-1111-111111111111", KEY_VAULT_WRITER)
    assert name == "ebf92af8-4fea-578f-bf76-2184d4485a11"


SCOPES_ABOVE = [GROUP, f"/subscriptions/{SUBSCRIPTION}", "/providers/Microsoft.Management/managementGroups/root", "/"]


@pytest.mark.parametrize(
    ("found", "direct"),
    [
        (assignment(VAULT, WRITER, ANNA), True),
        (assignment(VAULT.upper(), WRITER.upper(), ANNA.upper()), True),
        (assignment(VAULT.replace("/resourceGroups/", "/resourcegroups/").lstrip("/"), WRITER, ANNA), True),
        *[(assignment(scope, WRITER, ANNA), False) for scope in SCOPES_ABOVE],
    ],
)
def test_what_counts_as_granted(found: dict[str, Any], direct: bool) -> None:
    assert _role_assignment.plan([found], VAULT, KEY_VAULT_WRITER, [who(ANNA)], "present") == Plan()
    assert _role_assignment.is_inherited(found, VAULT) is not direct
    # Only what lies exactly there is taken away.
    expected = Plan(delete=[found]) if direct else Plan()
    assert _role_assignment.plan([found], VAULT, KEY_VAULT_WRITER, [who(ANNA)], "absent") == expected


@pytest.mark.parametrize(
    "found",
    [
        assignment(VAULT, OPERATOR, ANNA),
        assignment(VAULT, WRITER, BERT),
        assignment(VAULT + "/secrets/one", WRITER, ANNA),
    ],
)
def test_what_does_not_count(found: dict[str, Any]) -> None:
    todo = _role_assignment.plan([found], VAULT, KEY_VAULT_WRITER, [who(ANNA)], "present")
    assert todo == Plan(create=[who(ANNA)])
    assert _role_assignment.plan([found], VAULT, KEY_VAULT_WRITER, [who(ANNA)], "absent") == Plan()


def test_a_condition_counts_and_is_reported() -> None:
    found = assignment(VAULT, WRITER, ANNA, condition="@Resource[x] StringEquals 'y'")
    assert _role_assignment.plan([found], VAULT, KEY_VAULT_WRITER, [who(ANNA)], "present") == Plan()
    entries = _role_assignment.report([found], VAULT, KEY_VAULT_WRITER, [who(ANNA)], Plan())
    assert [item["condition"] for item in entries] == ["@Resource[x] StringEquals 'y'"]


principal_ids = [guid(name) for name in "abcd"]
scopes = st.sampled_from([VAULT, VAULT.lower(), *SCOPES_ABOVE])
listed = st.lists(
    st.builds(assignment, scopes, st.sampled_from([WRITER, OPERATOR]), st.sampled_from(principal_ids)),
    unique_by=lambda item: item["id"].lower(),
)
wanted = st.lists(st.sampled_from(principal_ids).map(who), unique_by=lambda item: item["principal_id"])


@given(listed, wanted)
def test_present_grants_to_the_named_and_to_nobody_else(
    before: list[dict[str, Any]], principals: list[dict[str, Any]]
) -> None:
    todo = _role_assignment.plan(before, VAULT, KEY_VAULT_WRITER, principals, "present")
    after = _role_assignment.apply(before, VAULT, KEY_VAULT_WRITER, todo)
    assert _role_assignment.plan(after, VAULT, KEY_VAULT_WRITER, principals, "present") == Plan()
    assert [item for item in after if item in before] == before
    added = [item for item in after if item not in before]
    assert all(item["scope"] == VAULT and who(item["principal_id"]) in principals for item in added)
    assert all(item["role_definition_id"].endswith(WRITER) for item in added)


@given(listed, wanted)
def test_absent_takes_only_the_named_ones_at_exactly_the_scope(
    before: list[dict[str, Any]], principals: list[dict[str, Any]]
) -> None:
    todo = _role_assignment.plan(before, VAULT, KEY_VAULT_WRITER, principals, "absent")
    after = _role_assignment.apply(before, VAULT, KEY_VAULT_WRITER, todo)
    assert _role_assignment.plan(after, VAULT, KEY_VAULT_WRITER, principals, "absent") == Plan()
    gone = [item for item in before if item not in after]
    assert all(who(item["principal_id"]) in principals for item in gone)
    assert all(item["scope"].lower() == VAULT.lower() for item in gone)
    assert all(item["role_definition_id"].endswith(WRITER) for item in gone)


@given(listed, wanted, st.sets(st.sampled_from(principal_ids)))
def test_the_spared_lose_nothing_and_the_others_all_that_they_would(
    before: list[dict[str, Any]], principals: list[dict[str, Any]], spared: set[str]
) -> None:
    todo = _role_assignment.plan(before, VAULT, KEY_VAULT_WRITER, principals, "absent", spared)
    everything = _role_assignment.plan(before, VAULT, KEY_VAULT_WRITER, principals, "absent")
    assert todo == Plan(delete=[item for item in everything.delete if item["principal_id"] not in spared])
    assert _role_assignment.plan(before, VAULT, KEY_VAULT_WRITER, principals, "present", spared) == (
        _role_assignment.plan(before, VAULT, KEY_VAULT_WRITER, principals, "present")
    )


def test_who_is_spared_may_be_spelled_in_any_way() -> None:
    held = assignment(VAULT, WRITER, ANNA.upper())
    assert _role_assignment.plan([held], VAULT, KEY_VAULT_WRITER, [who(ANNA)], "absent", {ANNA}) == Plan()


def test_when_an_assignment_was_made_is_reported() -> None:
    found = {**assignment(VAULT, WRITER, ANNA), "created_on": "2026-01-31T12:00:00.1234567Z"}
    todo = _role_assignment.plan([found], VAULT, KEY_VAULT_WRITER, [who(ANNA), who(BERT)], "present")
    after = _role_assignment.apply([found], VAULT, KEY_VAULT_WRITER, todo)
    entries = _role_assignment.report(after, VAULT, KEY_VAULT_WRITER, [who(ANNA), who(BERT)], todo)
    assert [item["created_on"] for item in entries] == ["2026-01-31T12:00:00.1234567Z", None]


def test_a_diff_does_not_depend_on_knowing_the_principal_id() -> None:
    shown = []
    for principal_id in (None, ANNA):
        todo = _role_assignment.plan([], VAULT, KEY_VAULT_WRITER, [who(principal_id, MANAGER)], "present")
        after = _role_assignment.apply([], VAULT, KEY_VAULT_WRITER, todo)
        entries = _role_assignment.report(after, VAULT, KEY_VAULT_WRITER, [who(principal_id, MANAGER)], todo)
        shown.append(_role_assignment.summary(entries, VAULT))
    assert shown[0] == shown[1] == [{"role": KEY_VAULT_WRITER.name, "principal": MANAGER, "scope": VAULT}]


def test_principals_are_named_once_and_blank_texts_are_missing_ones() -> None:
    given = [
        who(ANNA, MANAGER),
        who(ANNA.upper(), MANAGER.lower()),
        {"identity": "", "principal_id": BERT},
        who("", VAULT),
    ]
    assert _role_assignment.principals("principals", given, must_know=False) == [
        who(ANNA.upper(), MANAGER.lower()),
        who(BERT),
        who(None, VAULT),
    ]


@pytest.mark.parametrize(
    "given",
    [[who("anna")], [who(None)], [{}], [who(None, MANAGER)], [who(ANNA), who("", MANAGER)]],
)
def test_principals_that_name_nobody_are_refused(given: list[dict[str, Any]]) -> None:
    with pytest.raises(BadInput) as caught:
        _role_assignment.principals("principals", given, must_know=True)
    assert caught.value.target == "principals"
    assert caught.value.remedy


def test_an_identity_that_was_made_anew_is_two_principals() -> None:
    given = [who(ANNA, MANAGER), who(BERT, MANAGER)]
    assert _role_assignment.principals("principals", given, must_know=True) == given


def test_the_role_is_looked_for_in_the_subscription_of_the_scope() -> None:
    definition = _role_assignment.role_definition_id(VAULT, KEY_VAULT_WRITER)
    assert definition == f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{WRITER}"
