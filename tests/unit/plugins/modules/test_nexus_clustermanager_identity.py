# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import key
from ansible_collections.operator_nexus.credentials.plugins.modules import nexus_clustermanager_identity
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    MANAGER,
    UAI_ONE,
    UAI_TWO,
    VAULT,
    FakeArm,
    FakeSession,
    NoSession,
    as_azure_spells,
    guid,
    identity,
    manager,
)


def params(**given: Any) -> dict[str, Any]:
    return {
        "id": MANAGER,
        "api_version": "2025-09-01",
        "wait": True,
        "wait_timeout": 60,
        "state": "present",
        "system_assigned": None,
        "user_assigned": None,
        **given,
    }


def run(arm: FakeArm, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    return nexus_clustermanager_identity.run(params(**given), FakeSession(arm), check_mode)  # type: ignore[arg-type]


def names(result: dict[str, Any]) -> set[str]:
    return {key(item["id"]) for item in result["identity"]["user_assigned_identities"]}


def test_first_run_second_run_and_check_mode_agree() -> None:
    arm = FakeArm(manager(None))
    predicted = run(arm, check_mode=True, system_assigned=True)
    assert arm.writes == []
    first = run(arm, system_assigned=True)
    second = run(arm, system_assigned=True)

    assert (predicted["changed"], first["changed"], second["changed"]) == (True, True, False)
    assert arm.writes == [("PATCH", MANAGER)]
    assert predicted["diff"] == first["diff"]
    assert second["diff"]["before"] == second["diff"]["after"] == first["diff"]["after"]
    assert set(predicted) == set(first) == set(second)
    assert set(predicted["identity"]) == set(first["identity"])

    assert predicted["principals"] == [{"identity": MANAGER, "principal_id": None}]
    assert predicted["principal_id"] is None
    assert predicted["principal_ids"] == []
    assert first["principals"] == second["principals"] == [{"identity": MANAGER, "principal_id": guid("system")}]
    assert first["principal_id"] == guid("system")


def test_adding_a_system_assigned_identity_keeps_the_user_assigned_ones() -> None:
    arm = FakeArm(manager(identity(UAI_ONE, UAI_TWO)))
    result = run(arm, system_assigned=True)
    assert names(result) == {key(UAI_ONE), key(UAI_TWO)}
    assert result["identity"]["type"] == "SystemAssigned,UserAssigned"
    # A role must not reach identities that the task did not name.
    assert result["principal_ids"] == [guid("system")]


def test_removing_one_of_two_leaves_the_other() -> None:
    arm = FakeArm(manager(identity(UAI_ONE, UAI_TWO, system=True)))
    result = run(arm, state="absent", user_assigned=[UAI_ONE.upper()])
    assert names(result) == {key(UAI_TWO)}
    assert result["identity"]["principal_id"] == guid("system")
    assert result["principals"] == []
    assert run(arm, state="absent", user_assigned=[UAI_ONE])["changed"] is False


def test_removing_the_last_one() -> None:
    arm = FakeArm(manager(identity(UAI_ONE)))
    assert run(arm, state="absent", user_assigned=[UAI_ONE])["identity"]["type"] == "None"
    assert arm.bodies == [{"identity": {"type": "None"}}]


def test_the_only_named_user_assigned_identity_gives_the_principal_id() -> None:
    arm = FakeArm(manager(identity(UAI_TWO, system=True)))
    result = run(arm, user_assigned=[UAI_ONE])
    assert result["principal_id"] == guid(UAI_ONE)
    assert run(arm, user_assigned=[UAI_ONE, UAI_TWO])["principal_id"] is None
    assert run(arm, user_assigned=[UAI_ONE, UAI_TWO], system_assigned=True)["principal_id"] == guid("system")


def test_a_lost_race_is_planned_again_and_loses_nobodys_identity() -> None:
    def somebody_adds_two(document: dict[str, Any]) -> None:
        document["identity"] = identity(UAI_TWO)

    arm = FakeArm(manager(None))
    arm.before_patch = [somebody_adds_two]
    result = run(arm, user_assigned=[UAI_ONE])
    assert names(result) == {key(UAI_ONE), key(UAI_TWO)}
    assert len(arm.writes) == 2


def test_a_race_that_somebody_won_with_the_same_wish_is_no_change() -> None:
    def somebody_does_it(document: dict[str, Any]) -> None:
        document["identity"] = identity(UAI_ONE)

    arm = FakeArm(manager(None))
    arm.before_patch = [somebody_does_it]
    assert run(arm, user_assigned=[UAI_ONE])["changed"] is False


def test_the_given_api_version_and_time_limit_count() -> None:
    arm = FakeArm(manager(None))
    run(arm, api_version="2025-02-01", wait_timeout=77, system_assigned=True)
    assert arm.versions == {"2025-02-01"}
    assert [round(limit) for limit in arm.limits] == [77]


def test_no_etag_no_if_match() -> None:
    """Api-versions before 2025-02-01 have none."""
    arm = FakeArm(manager(None), etags=False)
    assert run(arm, api_version="2024-07-01", system_assigned=True)["changed"] is True


def busy() -> NexusError:
    return NexusError("another operation is in progress", status=409, code="AnotherOperationInProgress")


def test_a_conflict_is_waited_out(pauses: list[float]) -> None:
    arm = FakeArm(manager(None))
    arm.before_patch = [busy(), busy()]
    assert run(arm, system_assigned=True)["changed"] is True
    assert len(pauses) == 2


def test_a_conflict_that_does_not_end_is_reported_as_azure_said_it(pauses: list[float]) -> None:
    arm = FakeArm(manager(None))
    arm.before_patch = [busy() for _attempt in range(50)]
    with pytest.raises(NexusError, match="AnotherOperationInProgress"):
        run(arm, system_assigned=True)
    assert 0 < len(pauses) < 10


def test_a_conflict_without_wait_is_an_error_at_once(pauses: list[float]) -> None:
    arm = FakeArm(manager(None))
    arm.before_patch = [busy()]
    with pytest.raises(NexusError, match="AnotherOperationInProgress"):
        run(arm, system_assigned=True, wait=False)
    assert pauses == []


@pytest.mark.parametrize(
    "error",
    [
        NexusError("locked", status=409, code="ScopeLocked"),
        NexusError("no", status=403, code="AuthorizationFailed"),
        NexusError("no", status=400, code="InvalidIdentityValues"),
    ],
)
def test_other_refusals_are_not_tried_again(error: NexusError) -> None:
    arm = FakeArm(manager(None))
    arm.before_patch = [error]
    with pytest.raises(NexusError) as caught:
        run(arm, system_assigned=True)
    assert caught.value is error
    assert len(arm.writes) == 1


def test_an_operation_that_is_going_on_is_waited_for_first() -> None:
    document = manager(None)
    document["properties"]["provisioningState"] = "Updating"
    arm = FakeArm(document)
    assert run(arm, system_assigned=True)["changed"] is True
    assert len(arm.writes) == 1


def test_check_mode_does_not_wait_for_an_operation(pauses: list[float]) -> None:
    document = manager(None)
    document["properties"]["provisioningState"] = "Updating"
    arm = FakeArm(document)
    assert run(arm, check_mode=True, system_assigned=True)["provisioning_state"] == "Updating"
    assert pauses == []


def test_principal_ids_that_come_late_are_waited_for() -> None:
    def without_ids(document: dict[str, Any]) -> dict[str, Any]:
        document["identity"]["userAssignedIdentities"] = {as_azure_spells(UAI_ONE): {}}
        return document

    arm = FakeArm(manager(None))
    arm.answer_patch = without_ids
    assert run(arm, user_assigned=[UAI_ONE])["principal_id"] == guid(UAI_ONE)


@pytest.mark.parametrize(("wait_timeout", "waited"), [(0, 0), (60, 60), (1800, 300)])
def test_principal_ids_that_never_come_are_an_error(
    wait_timeout: int, waited: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    block = identity(UAI_TWO)
    block["userAssignedIdentities"][UAI_ONE] = {}
    with pytest.raises(NexusError) as caught:
        run(FakeArm(manager(block)), user_assigned=[UAI_ONE, UAI_TWO], wait_timeout=wait_timeout)
    assert caught.value.code == "NotReady"
    assert now[0] == pytest.approx(waited)
    assert f"after {waited} s" in caught.value.message
    assert UAI_ONE in caught.value.message
    assert UAI_TWO not in caught.value.message


def user_assigned(resource_id: str) -> dict[str, Any]:
    """The identity as its own resource."""
    told = {"principalId": guid(resource_id), "clientId": guid("client" + resource_id), "tenantId": guid("tenant")}
    return {"id": resource_id, "name": resource_id.rpartition("/")[2], "properties": told}


def test_check_mode_knows_the_ids_of_a_user_assigned_identity_to_attach() -> None:
    arm = FakeArm(manager(identity(UAI_TWO)), user_assigned(UAI_ONE))
    predicted = run(arm, check_mode=True, user_assigned=[UAI_ONE])
    assert arm.writes == []
    assert predicted == run(arm, user_assigned=[UAI_ONE])
    assert predicted["principals"] == [{"identity": UAI_ONE, "principal_id": guid(UAI_ONE)}]


def test_a_real_run_asks_nobody_but_the_cluster_manager() -> None:
    block = {"type": "UserAssigned", "userAssignedIdentities": {UAI_ONE: {}}}
    arm = FakeArm(manager(block), user_assigned(UAI_ONE))
    result = run(arm, user_assigned=[UAI_ONE], wait=False)
    assert arm.log == [("GET", MANAGER)]
    assert result["principals"] == [{"identity": UAI_ONE, "principal_id": None}]


def test_check_mode_asks_only_for_ids_that_nobody_told() -> None:
    arm = FakeArm(manager(identity(UAI_ONE)))
    predicted = run(arm, check_mode=True, system_assigned=True, user_assigned=[UAI_ONE])
    assert arm.log == [("GET", MANAGER)]
    assert [item["principal_id"] for item in predicted["principals"]] == [None, guid(UAI_ONE)]


class Refusing(FakeArm):
    """Gives `error` for every resource but the cluster manager."""

    error: NexusError

    def get(self, resource_id: str, api_version: str) -> dict[str, Any] | None:
        if resource_id != MANAGER:
            assert api_version == "2023-01-31"
            raise self.error
        return super().get(resource_id, api_version)


def test_check_mode_does_without_identities_that_may_not_be_read() -> None:
    arm = Refusing(manager(None))
    arm.error = NexusError("no", status=403, code="AuthorizationFailed")
    predicted = run(arm, check_mode=True, user_assigned=[UAI_ONE])
    assert predicted["principals"] == [{"identity": UAI_ONE, "principal_id": None}]
    assert predicted["diff"] == run(FakeArm(manager(None)), user_assigned=[UAI_ONE])["diff"]


def test_check_mode_fails_for_an_identity_that_is_not_there() -> None:
    no_subscription = Refusing(manager(None))
    no_subscription.error = NexusError("no", status=404, code="SubscriptionNotFound")
    for arm in (FakeArm(manager(None)), no_subscription):
        with pytest.raises(NexusError) as caught:
            run(arm, check_mode=True, user_assigned=[UAI_ONE])
        assert (caught.value.target, caught.value.failure["resource_id"]) == ("user_assigned", UAI_ONE)
        assert "user_assigned" in caught.value.remedy


def test_other_errors_of_the_identity_are_errors() -> None:
    arm = Refusing(manager(None))
    arm.error = NexusError("down", status=503, code="ServerBusy")
    with pytest.raises(NexusError) as caught:
        run(arm, check_mode=True, user_assigned=[UAI_ONE])
    assert caught.value is arm.error


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("state", ["Failed", "Canceled"])
def test_a_failed_operation_behind_the_wanted_settings_is_a_warning(state: str, check_mode: bool) -> None:
    document = manager(identity(system=True))
    document["properties"].update(provisioningState=state, detailedStatusMessage="No capacity.")
    result = run(FakeArm(document), check_mode, system_assigned=True)
    assert result["warnings"] == [
        f"the last operation on {MANAGER} ended as {state}: No capacity; its settings may not be in effect"
    ]
    # A change is made anew, and its own end counts.
    assert run(FakeArm(document), check_mode, system_assigned=False)["warnings"] == []
    assert run(FakeArm(manager(identity(system=True))), check_mode, system_assigned=True)["warnings"] == []


def test_a_change_that_azure_swallows_is_an_error() -> None:
    def unchanged(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "identity": {"type": "None"}}

    arm = FakeArm(manager(None))
    arm.answer_patch = unchanged
    with pytest.raises(NexusError) as caught:
        run(arm, system_assigned=True)
    assert caught.value.code == "NotApplied"
    assert "SystemAssigned" in str(caught.value)


def test_a_manager_that_is_not_there() -> None:
    for check_mode in (False, True):
        with pytest.raises(NexusError) as caught:
            run(FakeArm(), check_mode, system_assigned=True)
        assert caught.value.code == "ResourceNotFound"
        assert MANAGER in str(caught.value)
    assert caught.value.target == "id"
    assert "resource_group" in caught.value.remedy


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"id": "manager-east", "system_assigned": True}, "id"),
        ({"id": VAULT, "system_assigned": True}, "id"),
        ({"name": "manager-east", "system_assigned": True}, "name"),
        ({"id": None, "name": "manager-east", "system_assigned": True}, "resource_group"),
        ({"id": None, "system_assigned": True}, "id"),
        ({"user_assigned": [VAULT]}, "user_assigned"),
        ({"api_version": "2023-07-01", "system_assigned": True}, "api_version"),
        ({}, "system_assigned"),
    ],
)
def test_bad_input_is_refused_before_anything_is_asked(given: dict[str, Any], option: str) -> None:
    with pytest.raises(BadInput) as caught:
        nexus_clustermanager_identity.run(params(**given), NoSession(), False)  # type: ignore[arg-type]
    assert caught.value.target == option
    assert caught.value.remedy
    assert "\n" not in str(caught.value)
