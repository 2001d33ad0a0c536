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
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fake_time import NOON, FakeTime
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    CLUSTER,
    GROUP,
    MANAGER,
    UAI_ONE,
    UAI_TWO,
    VAULT,
    VAULT_URI,
    FakeArm,
    FakeGraph,
    FakeRoles,
    FakeSession,
    NoSession,
    as_azure_spells,
    assignment,
    cluster,
    guid,
    identity,
    manager,
    settings,
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
        "keep_used": True,
        "leaving_clusters": [],
        "effective_seconds": 0,
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
    assert first["vault_uri"] == VAULT_URI
    assert "kept" not in first


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
        ({"principal_ids": [ANNA], "state": "absent", "leaving_clusters": ["cluster-1"]}, "leaving_clusters"),
        ({"principal_ids": [ANNA], "state": "absent", "leaving_clusters": [CLUSTER, MANAGER]}, "leaving_clusters"),
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
        "effective_seconds": 0,
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


ONE, TWO = guid(UAI_ONE), guid(UAI_TWO)
LINKED = {"keyVaultId": VAULT, "useKeyVault": "True"}
SECOND = CLUSTER.replace("cluster-1", "cluster-2")
LISTS = [f"{kind}s" for kind in ("cluster", "clusterManager")]


def fleet(*clusters: dict[str, Any], manager_has: dict[str, Any] | None = None) -> FakeSession:
    """These clusters and their manager; both user assigned identities hold the role."""
    roles = FakeRoles(assignment(VAULT, WRITER, ONE), assignment(VAULT, WRITER, TWO))
    return FakeSession(FakeArm(vault(), manager(manager_has), *clusters), roles)


def listed(session: FakeSession) -> list[str]:
    """The kinds of which the clusters and managers of a subscription were listed."""
    return [path.rpartition("/")[2] for _method, path in session.arm.log if "NetworkCloud" in path]


def own(identity_id: str, name: str = "cluster-1", **more: Any) -> dict[str, Any]:
    """A cluster that writes with a user assigned identity of its own."""
    return cluster(LINKED, name=name, settings=settings(identity_id, **more), block=identity(UAI_ONE, UAI_TWO))


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("clusters", "manager_has", "leaving", "used_by"),
    [
        # Another cluster of the same manager.
        ([cluster(LINKED), cluster(name="cluster-2")], identity(UAI_ONE), [], ["cluster-1"]),
        ([cluster(LINKED), cluster(LINKED, name="cluster-2")], identity(UAI_ONE, UAI_TWO), [CLUSTER], ["cluster-2"]),
        # A cluster whose own settings select the identity.
        ([own(UAI_ONE.upper())], None, [], ["cluster-1"]),
        ([own(UAI_TWO), own(UAI_ONE, "cluster-2")], identity(UAI_ONE), [], ["cluster-2"]),
        # Both.
        ([own(UAI_ONE), cluster(LINKED, name="cluster-2")], identity(UAI_ONE), [], ["cluster-1", "cluster-2"]),
        # Nobody.
        ([cluster()], identity(UAI_ONE), [], []),
        ([cluster({**LINKED, "useKeyVault": "False"})], identity(UAI_ONE), [], []),
        ([cluster({**LINKED, "keyVaultId": VAULT + "-2"})], identity(UAI_ONE), [], []),
        ([own(UAI_ONE, vault_uri="https://nexus-secrets-2.vault.azure.net/")], None, [], []),
        ([cluster(LINKED)], identity(UAI_TWO), [], []),
        ([cluster(LINKED)], identity(UAI_ONE), [CLUSTER], []),
        ([own(UAI_ONE), own(UAI_ONE, "cluster-2")], None, [as_azure_spells(CLUSTER).upper(), SECOND], []),
        # The manager of a cluster that writes by itself.
        ([own(UAI_TWO)], identity(UAI_ONE), [], []),
    ],
)
def test_a_role_that_a_cluster_is_written_with_is_kept(
    clusters: list[dict[str, Any]],
    manager_has: dict[str, Any] | None,
    leaving: list[str],
    used_by: list[str],
    check_mode: bool,
) -> None:
    session = fleet(*clusters, manager_has=manager_has)
    wish: dict[str, Any] = {"principal_ids": [ONE.upper()], "state": "absent", "leaving_clusters": leaving}
    result = kv(session, check_mode, **wish)
    assert result["changed"] is not bool(used_by)
    gone = [assignment(VAULT, WRITER, ONE)["id"]] if not used_by and not check_mode else []
    assert session.writes == [("DELETE", item) for item in gone]
    assert [item["principal_id"] for item in result["kept"]] == [ONE] * bool(used_by)
    assert [sorted(name.rpartition("/")[2] for name in item["clusters"]) for item in result["kept"]] == (
        [used_by] if used_by else []
    )
    assert [ONE in text and ", ".join(used_by) in text for text in result["warnings"]] == [True] * bool(used_by)
    assert [item["principal_id"] for item in result["role_assignments"]] == [ONE] * bool(used_by)
    assert (result["diff"]["before"] == result["diff"]["after"]) is bool(used_by)
    assert sorted(listed(session)) == sorted(LISTS)


def test_only_the_one_that_is_used_is_kept() -> None:
    session = fleet(own(UAI_ONE))
    wish: dict[str, Any] = {"principal_ids": [ONE, TWO], "state": "absent"}
    predicted = kv(session, check_mode=True, **wish)
    assert session.writes == []
    first = kv(session, **wish)
    assert predicted == first
    assert session.writes == [("DELETE", assignment(VAULT, WRITER, TWO)["id"])]
    assert first["changed"] is True
    assert first["kept"] == [{"principal_id": ONE, "clusters": [CLUSTER]}]
    second = kv(session, **wish)
    assert (second["changed"], second["kept"], second["warnings"]) == (False, first["kept"], first["warnings"])
    assert len(session.writes) == 1


def test_nobody_looks_at_clusters_where_that_is_not_wanted() -> None:
    session = fleet(own(UAI_ONE))
    result = kv(session, principal_ids=[ONE], state="absent", keep_used=False)
    assert (result["changed"], result["kept"], result["warnings"]) == (True, [], [])
    assert listed(session) == []


@pytest.mark.parametrize(
    "wish",
    [
        {"principal_ids": [ANNA], "state": "absent"},
        {"principals": [{"identity": MANAGER, "principal_id": ANNA}], "state": "absent"},
        {"principal_ids": [ONE]},
        {"principal_ids": [ANNA]},
    ],
    ids=["nothing to take away", "nothing of an identity", "it is there", "to be given"],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_nobody_looks_at_clusters_where_nothing_is_taken_away(wish: dict[str, Any], check_mode: bool) -> None:
    session = fleet(own(UAI_ONE))
    result = kv(session, check_mode, **wish)
    assert listed(session) == []
    assert result.get("kept") == ([] if wish.get("state") else None)


def test_an_inherited_role_is_not_said_to_be_kept() -> None:
    session = FakeSession(FakeArm(vault(), own(UAI_ONE)), FakeRoles(assignment(GROUP, WRITER, ONE)))
    result = kv(session, principal_ids=[ONE], state="absent")
    assert (result["changed"], result["kept"], result["warnings"]) == (False, [], [])
    assert len(result["role_assignments"]) == 1
    assert listed(session) == []


def test_what_the_run_remembers_shows_that_nothing_is_kept() -> None:
    session = session_with()
    remember(session)
    result = kv(session, principal_ids=[ANNA], state="absent")
    assert (session.arm.log, result["kept"]) == ([], [])
    session.arm.remembered = {}
    assert {**result, "warnings": []} == kv(session, principal_ids=[ANNA], state="absent")


def test_clusters_that_cannot_be_listed_are_an_error_before_anything_is_taken_away() -> None:
    class Refusing(FakeArm):
        def list_resources(self, path: str, api_version: str) -> list[dict[str, Any]]:
            raise NexusError("no", status=403, code="AuthorizationFailed")

    session = FakeSession(Refusing(vault()), FakeRoles(assignment(VAULT, WRITER, ONE)))
    for check_mode in (True, False):
        with pytest.raises(NexusError, match="AuthorizationFailed"):
            kv(session, check_mode, principal_ids=[ONE], state="absent")
    assert session.writes == []
    assert kv(session, principal_ids=[ONE], state="absent", keep_used=False)["changed"] is True


def made(created_on: str | None, scope: str = VAULT, principal_id: str = ANNA) -> dict[str, Any]:
    return {**assignment(scope, WRITER, principal_id), "created_on": created_on}


@pytest.mark.parametrize(
    ("assignments", "seconds", "waited"),
    [
        ([made("2026-01-31T11:58:20.1234567Z")], 600, 500),
        ([made("2026-01-31T11:58:20Z")], 100, 0),
        ([made("2026-01-31T11:58:20Z")], 101, 1),
        ([made("2025-01-31T12:00:00Z")], 600, 0),
        ([made(NOON)], 600, 600),
        ([made(NOON)], 0, 0),
        ([made(NOON)], -5, 0),
        # A clock that is ahead of this one does not lengthen it.
        ([made("2026-01-31T12:05:00Z")], 600, 600),
        # An age that is not told.
        ([made(None)], 600, 600),
        ([made("lately")], 600, 600),
        # The youngest of those that the task is about.
        ([made("2026-01-31T11:55:00Z"), made("2026-01-31T11:59:00Z", GROUP)], 600, 540),
        ([made("2026-01-31T11:50:00Z"), made(NOON, principal_id=BERT)], 600, 0),
    ],
)
def test_it_waits_until_the_assignments_are_old_enough(
    assignments: list[dict[str, Any]], seconds: int, waited: float, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeTime(monkeypatch)
    session = session_with(*assignments)
    result = kv(session, principal_ids=[ANNA], effective_seconds=seconds)
    assert clock.now == pytest.approx(waited)
    assert result == kv(session, principal_ids=[ANNA]), "waiting is all that it does"
    assert session.writes == []
    assert bool(session.roles.said) is bool(waited)


def test_a_new_assignment_is_waited_for_from_its_making_on(
    pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeTime(monkeypatch)
    session = session_with()
    result = kv(session, principal_ids=[ANNA], effective_seconds=600)
    assert result["changed"] is True
    assert result["role_assignments"][0]["created_on"] == NOON.replace("Z", ".0000000Z")
    assert clock.now == pytest.approx(600)
    assert session.roles.said[0] == "role: begun (takes effect within 600 s)"
    assert session.roles.said[-1] == "role: in effect after 10 min 0 s"
    # The next task of the run finds it old enough.
    kv(session, principal_ids=[ANNA], effective_seconds=600)
    assert clock.now == pytest.approx(600)


def test_what_the_run_remembers_tells_the_age(pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeTime(monkeypatch)
    session = session_with(made("2026-01-31T11:55:00Z"))
    remember(session)
    kv(session, principal_ids=[ANNA], effective_seconds=600)
    assert session.arm.log == []
    assert clock.now == pytest.approx(300)


@pytest.mark.parametrize(
    ("check_mode", "given"),
    [(True, {}), (True, {"principal_ids": [BERT]}), (False, {"state": "absent"}), (True, {"state": "absent"})],
)
def test_neither_check_mode_nor_taking_away_waits_for_effect(
    check_mode: bool, given: dict[str, Any], pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeTime(monkeypatch)
    kv(session_with(made(NOON)), check_mode, effective_seconds=600, **{"principal_ids": [ANNA], **given})
    assert clock.now == 0


def test_the_operator_role_is_waited_for_as_well(pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeTime(monkeypatch)
    session = uai_session({nexus_uai_role.NEXUS_APP_ID: ANNA})
    assert uai(session, True, effective_seconds=600)["changed"] is True
    assert clock.now == 0
    assert uai(session, effective_seconds=600)["changed"] is True
    assert clock.now == pytest.approx(600)
    # The next task of the run finds it old enough.
    assert uai(session, effective_seconds=600)["changed"] is False
    assert clock.now == pytest.approx(600)
    assert uai(session, state="absent", effective_seconds=6000)["changed"] is True
    assert clock.now == pytest.approx(600)
