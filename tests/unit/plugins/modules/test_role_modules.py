# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two modules that assign roles, on one engine."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._role_assignment import (
    KEY_VAULT_WRITER,
    MANAGED_IDENTITY_OPERATOR,
    assignment_name,
)
from ansible_collections.operator_nexus.credentials.plugins.modules import nexus_kv_role, nexus_uai_role
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    CLUSTER,
    GROUP,
    MANAGER,
    UAI_ONE,
    VAULT,
    FakeArm,
    FakeGraph,
    FakeRoles,
    FakeSession,
    NoSession,
    as_azure_spells,
    assignment,
    guid,
    vault,
)

WRITER, OPERATOR = KEY_VAULT_WRITER.guid, MANAGED_IDENTITY_OPERATOR.guid
ANNA, BERT = guid("anna"), guid("bert")
NOT_FOUND = {"status": 400, "code": "PrincipalNotFound"}


def kv_params(**given: Any) -> dict[str, Any]:
    return {
        "id": VAULT,
        "api_version": "2023-07-01",
        "wait_timeout": 60,
        "state": "present",
        "principals": None,
        "principal_ids": None,
        **given,
    }


def kv(session: FakeSession, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    return nexus_kv_role.run(kv_params(**given), session, check_mode)  # type: ignore[arg-type]


def session_with(*assignments: dict[str, Any], rbac: bool | None = True) -> FakeSession:
    return FakeSession(FakeArm(vault(rbac)), FakeRoles(*assignments))


def test_first_run_second_run_and_check_mode_agree() -> None:
    session = session_with()
    wish: dict[str, Any] = {
        "principals": [{"identity": MANAGER, "principal_id": ANNA}, {"identity": UAI_ONE, "principal_id": BERT}]
    }
    predicted = kv(session, check_mode=True, **wish)
    assert session.writes == []
    first = kv(session, **wish)
    second = kv(session, **wish)
    assert (predicted["changed"], first["changed"], second["changed"]) == (True, True, False)
    assert [method for method, _path in session.writes] == ["PUT", "PUT"]
    assert predicted["diff"] == first["diff"]
    assert first["diff"]["before"] == {"role_assignments": []}
    assert second["diff"]["before"] == first["diff"]["after"]
    assert predicted["role_assignment_ids"] == first["role_assignment_ids"] == second["role_assignment_ids"]
    assert first["role_assignments"] == second["role_assignments"]
    assert set(first["role_assignments"][0]) == set(predicted["role_assignments"][0])
    assert first["scope"] == VAULT
    assert first["vault_uri"] == "https://nexus-secrets.vault.azure.net/"


def test_check_mode_with_an_identity_that_is_not_there_yet() -> None:
    session = session_with()
    predicted = kv(session, check_mode=True, principals=[{"identity": MANAGER, "principal_id": None}])
    real = kv(session, principals=[{"identity": MANAGER, "principal_id": ANNA}])
    assert predicted["diff"] == real["diff"]
    assert predicted["changed"] is True
    assert [item["id"] for item in predicted["role_assignments"]] == [None]
    assert predicted["role_assignment_ids"] == []
    assert set(predicted) == set(real)


def test_an_assignment_under_another_name_is_found() -> None:
    session = session_with(assignment(as_azure_spells(VAULT), WRITER, ANNA, name=guid("made in the portal")))
    result = kv(session, principal_ids=[ANNA])
    assert result["changed"] is False
    assert result["role_assignments"][0]["inherited"] is False


def test_an_inherited_assignment_is_enough_and_stays() -> None:
    above = assignment(GROUP, WRITER, ANNA)
    session = session_with(above)
    result = kv(session, principal_ids=[ANNA])
    assert result["changed"] is False
    assert result["role_assignments"][0]["inherited"] is True
    assert result["role_assignments"][0]["scope"] == GROUP
    gone = kv(session, principal_ids=[ANNA], state="absent")
    assert gone["changed"] is False
    assert [item["id"] for item in gone["role_assignments"]] == [above["id"]]
    assert session.writes == []


def test_absent_takes_only_the_named_principal() -> None:
    session = session_with(
        assignment(VAULT, WRITER, ANNA), assignment(VAULT, WRITER, BERT), assignment(VAULT, OPERATOR, ANNA)
    )
    predicted = kv(session, check_mode=True, principal_ids=[ANNA], state="absent")
    assert session.writes == []
    first = kv(session, principal_ids=[ANNA], state="absent")
    assert predicted == first
    assert session.writes == [("DELETE", assignment(VAULT, WRITER, ANNA)["id"])]
    assert kv(session, principal_ids=[ANNA], state="absent")["changed"] is False


def test_somebody_made_the_same_assignment_meanwhile() -> None:
    session = session_with()

    def somebody() -> None:
        session.roles.assignments.append(assignment(VAULT, WRITER, ANNA, name=guid("somebody")))

    session.roles.before_create = [somebody]
    result = kv(session, principal_ids=[ANNA])
    assert result["changed"] is False
    assert result["role_assignments"][0]["name"] == guid("somebody")
    assert len(session.roles.assignments) == 1


def test_somebody_made_it_meanwhile_under_the_very_same_name() -> None:
    session = session_with()
    name = assignment_name(VAULT, ANNA, KEY_VAULT_WRITER)
    session.roles.before_create = [
        lambda: session.roles.assignments.append(assignment(VAULT, WRITER, ANNA, name=name)),
    ]
    result = kv(session, principal_ids=[ANNA])
    assert session.writes == [("PUT", name)]
    assert result["changed"] is False
    assert [item["name"] for item in result["role_assignments"]] == [name]


def test_a_new_principal_is_waited_for(pauses: list[float]) -> None:
    session = session_with()
    session.roles.before_create = [NexusError("does not exist", **NOT_FOUND) for _attempt in range(3)]  # type: ignore[arg-type]
    assert kv(session, principal_ids=[ANNA])["changed"] is True
    assert len(pauses) == 3
    assert pauses[0] < pauses[2]
    assert session.roles.said == ["role: begun (PrincipalNotFound)", "role: made after 0 s"]


def test_the_pauses_begin_anew_for_each_principal_and_are_random(
    pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda least, most: least)
    session = session_with()
    session.roles.before_create = [NexusError("does not exist", **NOT_FOUND) for _attempt in range(2)]  # type: ignore[arg-type]
    session.roles.before_create += [lambda: None]
    session.roles.before_create += [NexusError("does not exist", **NOT_FOUND) for _attempt in range(2)]  # type: ignore[arg-type]
    kv(session, principal_ids=[ANNA, BERT])
    assert pauses == [0.25, 0.375, 0.25, 0.375]


def test_a_principal_that_never_comes_is_azures_error(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    for run, session in ((kv, session_with()), (uai, uai_session({}))):
        begin = now[0]
        session.roles.before_create = [NexusError("does not exist", **NOT_FOUND) for _attempt in range(100)]  # type: ignore[arg-type]
        with pytest.raises(NexusError, match="PrincipalNotFound"):
            run(session, wait_timeout=60, **({"principal_ids": [ANNA]} if run is kv else {"principal_id": ANNA}))
        assert now[0] - begin == pytest.approx(60)


@pytest.mark.parametrize(("status", "code"), [(403, "AuthorizationFailed"), (400, "InvalidPrincipalId")])
def test_other_errors_are_not_tried_again(status: int, code: str) -> None:
    session = session_with()
    session.roles.before_create = [NexusError("no", status=status, code=code)]
    with pytest.raises(NexusError, match=code):
        kv(session, principal_ids=[ANNA])
    assert len(session.writes) == 1


@pytest.mark.parametrize("rbac", [False, None])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_vault_with_access_policies_is_refused(rbac: bool | None, check_mode: bool) -> None:
    session = session_with(rbac=rbac)
    with pytest.raises(NexusError) as caught:
        kv(session, check_mode, principal_ids=[ANNA])
    assert caught.value.code == "VaultUsesAccessPolicies"
    assert "--enable-rbac-authorization true" in str(caught.value)
    assert session.writes == []


def test_a_role_is_taken_from_a_vault_with_access_policies_too() -> None:
    """It has no effect there, so nobody misses it: cleaning up has to be possible."""
    session = session_with(assignment(VAULT, WRITER, ANNA), rbac=False)
    assert kv(session, principal_ids=[ANNA], state="absent")["changed"] is True
    assert session.roles.assignments == []


def test_a_vault_that_is_not_there() -> None:
    session = FakeSession(FakeArm())
    with pytest.raises(NexusError) as caught:
        kv(session, check_mode=True, principal_ids=[ANNA])
    assert caught.value.code == "ResourceNotFound"


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({}, "principals"),
        ({"principals": [], "principal_ids": []}, "principals"),
        ({"principals": [{"identity": MANAGER, "principal_id": ANNA}], "principal_ids": [ANNA]}, "principals"),
        ({"principals": [{"identity": MANAGER, "principal_id": None}]}, "principals"),
        ({"principals": [{"identity": MANAGER, "principal_id": ""}]}, "principals"),
        ({"principal_ids": ["anna"]}, "principal_ids"),
        ({"principal_ids": [ANNA], "id": CLUSTER}, "id"),
        ({"principal_ids": [ANNA], "name": "nexus-secrets"}, "name"),
        ({"principal_ids": [ANNA], "api_version": "new"}, "api_version"),
    ],
)
def test_bad_input_is_refused_before_anything_is_asked(given: dict[str, Any], option: str) -> None:
    with pytest.raises(BadInput) as caught:
        nexus_kv_role.run(kv_params(**given), NoSession(), False)  # type: ignore[arg-type]
    assert caught.value.target == option
    assert caught.value.remedy


def uai_params(**given: Any) -> dict[str, Any]:
    return {
        "id": UAI_ONE,
        "api_version": "2023-01-31",
        "wait_timeout": 60,
        "state": "present",
        "principal_id": None,
        "app_id": nexus_uai_role.NEXUS_APP_ID,
        **given,
    }


def uai(session: FakeSession, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    return nexus_uai_role.run(uai_params(**given), session, check_mode)  # type: ignore[arg-type]


def uai_session(graph: dict[str, str]) -> FakeSession:
    document = {"id": as_azure_spells(UAI_ONE), "name": "one", "properties": {"principalId": guid(UAI_ONE)}}
    # The resource is asked for in one spelling and tells its id in another.
    return FakeSession(FakeArm(document), FakeRoles(), FakeGraph(graph))


def test_the_application_is_looked_up_and_gets_the_operator_role() -> None:
    session = uai_session({nexus_uai_role.NEXUS_APP_ID: ANNA})
    predicted = uai(session, check_mode=True)
    assert session.writes == []
    first = uai(session)
    assert predicted["diff"] == first["diff"]
    assert uai(session)["changed"] is False
    assert first["scope"] == UAI_ONE
    assert first["principal_id"] == ANNA
    assert first["role_assignments"][0]["role"] == "Managed Identity Operator"
    assert session.roles.assignments[0]["role_definition_id"].endswith(OPERATOR)
    assert uai(session, state="absent")["changed"] is True
    assert session.roles.assignments == []


def test_the_scope_is_spelled_as_azure_spells_it() -> None:
    """The names of assignments come from it: hosts that spell an id in two ways must not make two assignments."""
    assert (
        kv(session_with(), id=VAULT.replace("nexus-secrets", "Nexus-SECRETS"), principal_ids=[ANNA])["scope"] == VAULT
    )
    typed = UAI_ONE.replace("nexus-east", "NEXUS-East")
    assert uai(uai_session({}), id=typed, principal_id=ANNA)["scope"] == UAI_ONE


def test_the_application_may_be_another_one() -> None:
    other = guid("another application")
    session = uai_session({nexus_uai_role.NEXUS_APP_ID: ANNA, other: BERT})
    assert uai(session, app_id=other)["principal_id"] == BERT


def test_a_given_principal_id_needs_no_look_up() -> None:
    session = uai_session({})
    assert uai(session, principal_id=BERT)["principal_id"] == BERT


def test_an_application_that_the_tenant_does_not_know() -> None:
    session = uai_session({})
    with pytest.raises(NexusError) as caught:
        uai(session)
    assert caught.value.code == "ServicePrincipalNotFound"
    assert "az provider register" in str(caught.value)
    assert session.writes == []


@pytest.mark.parametrize("check_mode", [False, True])
def test_nothing_to_take_from_an_application_that_the_tenant_does_not_know(check_mode: bool) -> None:
    session = uai_session({})
    result = uai(session, check_mode, state="absent")
    assert (result["changed"], result["principal_id"], result["role_assignments"]) == (False, None, [])
    assert result["diff"]["before"] == result["diff"]["after"]
    assert session.writes == []


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"principal_id": "anna"}, "principal_id"),
        ({"app_id": "AFOI-NC-MGMT-PME-PROD"}, "app_id"),
        ({"id": VAULT}, "id"),
        ({"id": None, "name": "one"}, "resource_group"),
    ],
)
def test_bad_input_of_the_operator_role(given: dict[str, Any], option: str) -> None:
    with pytest.raises(BadInput) as caught:
        nexus_uai_role.run(uai_params(**given), NoSession(), False)  # type: ignore[arg-type]
    assert caught.value.target == option
    assert caught.value.remedy


def remember(session: FakeSession, *, rbac: bool = True) -> None:
    """What Azure holds now, some task of the run has read already; the vault perhaps in another state."""
    session.arm.remembered = {**session.arm.resources, VAULT.lower(): vault(rbac)}
    session.roles.remembered = session.roles.list_at(VAULT)
    session.graph.remembered = dict(session.graph.principals)
    session.roles.lists = 0


def test_what_the_run_has_read_proves_that_the_role_is_held() -> None:
    session = session_with(assignment(VAULT, WRITER, ANNA))
    remember(session)
    known = kv(session, principal_ids=[ANNA])
    assert (session.arm.log, session.roles.lists) == ([], 0)
    session.arm.remembered = {}
    assert known == kv(session, principal_ids=[ANNA]), "the same answer as from Azure"
    assert session.roles.lists == 1


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("rbac", [True, False])
def test_a_role_that_the_run_has_not_seen_is_looked_for_in_azure(rbac: bool, check_mode: bool) -> None:
    """Somebody has assigned it, or has moved the vault to roles, since the run read them."""
    session = session_with()
    remember(session, rbac=rbac)
    session.roles.assignments = [assignment(VAULT, WRITER, ANNA)]
    assert kv(session, check_mode, principal_ids=[ANNA])["changed"] is False
    assert (session.arm.log, session.roles.lists, session.writes) == ([("GET", VAULT)], 1, [])


def test_a_role_that_somebody_took_away_is_not_missed_by_who_has_to_take_it_away() -> None:
    session = session_with(assignment(VAULT, WRITER, ANNA))
    remember(session)
    session.roles.assignments = []
    assert kv(session, principal_ids=[ANNA], state="absent")["changed"] is False
    assert session.writes == []


def test_what_the_run_has_read_proves_that_there_is_nothing_to_take_away() -> None:
    session = session_with(rbac=False)
    remember(session, rbac=False)
    assert kv(session, principal_ids=[ANNA], state="absent")["changed"] is False
    assert (session.arm.log, session.roles.lists) == ([], 0)


def test_what_the_run_has_read_proves_that_the_operator_role_is_held() -> None:
    session = uai_session({nexus_uai_role.NEXUS_APP_ID: ANNA})
    session.roles.assignments = [assignment(UAI_ONE, OPERATOR, ANNA)]
    remember(session)
    known = uai(session)
    assert (session.arm.log, session.roles.lists) == ([], 0)
    session.arm.remembered, session.graph.remembered = {}, {}
    assert known == uai(session)


def test_an_operator_role_that_the_run_has_not_seen_is_assigned_by_what_azure_says() -> None:
    session = uai_session({nexus_uai_role.NEXUS_APP_ID: BERT})
    remember(session)
    session.graph.remembered = {nexus_uai_role.NEXUS_APP_ID: ANNA}
    assert uai(session)["principal_id"] == BERT
    assert len(session.writes) == 1
