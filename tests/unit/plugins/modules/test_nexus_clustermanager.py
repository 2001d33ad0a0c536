# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.modules import nexus_clustermanager
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    GROUP,
    MANAGED_GROUP,
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

Document = dict[str, Any]
CONTROLLER = f"{GROUP}/providers/Microsoft.ManagedNetworkFabric/networkFabricControllers/controller-east"
NEW: Document = {"location": "East US", "fabric_controller_id": CONTROLLER}


def params(**given: Any) -> Document:
    defaults = {
        "id": MANAGER,
        "api_version": "2025-09-01",
        "wait": True,
        "wait_timeout": 60,
        "state": "present",
        "purge_tags": False,
    }
    unset = dict.fromkeys(nexus_clustermanager.ARGUMENT_SPEC["argument_spec"])
    return {**unset, **defaults, **given}


def run(arm: FakeArm, check_mode: bool = False, **given: Any) -> Document:
    return nexus_clustermanager.run(params(**given), FakeSession(arm), check_mode)  # type: ignore[arg-type]


def there(state: str = "Succeeded", block: Document | None = None) -> Document:
    """A cluster manager that has come to life."""
    document = manager(block)
    document["properties"].update(
        {
            "provisioningState": state,
            "fabricControllerId": CONTROLLER,
            MANAGED_GROUP: {"name": "managed", "location": "eastus"},
            "availabilityZones": ["1", "2", "3"],
            "managerExtendedLocation": {"name": "manager-east-cl", "type": "CustomLocation"},
        }
    )
    return document


def stillborn(block: Document | None = None) -> Document:
    document = there("Failed", block)
    document["properties"]["detailedStatusMessage"] = "No capacity."
    del document["properties"]["managerExtendedLocation"]
    return document


def user_assigned(resource_id: str) -> Document:
    """The identity as its own resource."""
    told = {"principalId": guid(resource_id), "clientId": guid("client" + resource_id), "tenantId": guid("tenant")}
    return {"id": resource_id, "name": resource_id.rpartition("/")[2], "properties": told}


def test_created_in_check_mode_and_really_and_then_not_again() -> None:
    arm = FakeArm()
    given: Document = {**NEW, "system_assigned": True, "tags": {"costCenter": 42}, "vm_size": "Standard_D8s_v5"}
    predicted = run(arm, check_mode=True, **given)
    assert arm.writes == []
    first = run(arm, **given)
    second = run(arm, **given)

    assert (predicted["changed"], first["changed"], second["changed"]) == (True, True, False)
    assert arm.writes == [("PUT", MANAGER)]
    assert arm.conditions == [(None, "*")]
    assert arm.bodies == [
        {
            "location": "eastus",
            "tags": {"costCenter": "42"},
            "identity": {"type": "SystemAssigned"},
            "properties": {"fabricControllerId": CONTROLLER, "vmSize": "Standard_D8s_v5"},
        }
    ]
    assert predicted["diff"] == first["diff"]
    assert first["diff"] == {
        "before": {},
        "after": {
            "location": "eastus",
            "tags": {"costCenter": "42"},
            "identity": {"type": "SystemAssigned", "user_assigned_identities": []},
            "fabric_controller_id": CONTROLLER,
            "vm_size": "Standard_D8s_v5",
        },
    }
    assert second["diff"]["before"] == second["diff"]["after"]
    assert set(predicted) == set(first) == set(second)

    assert predicted["principals"] == [{"identity": MANAGER, "principal_id": None}]
    assert predicted["provisioning_state"] is None
    assert predicted["cluster_manager"]["vm_size"] == "Standard_D8s_v5"
    assert first["principal_id"] == second["principal_id"] == guid("system")
    assert first["cluster_manager"]["availability_zones"] == ["1", "2", "3"]
    assert first["cluster_manager"]["identity"] == first["identity"]
    assert first["provisioning_state"] == "Succeeded"


def test_old_versions_have_no_conditions() -> None:
    arm = FakeArm(etags=False)
    assert run(arm, **NEW, api_version="2024-07-01")["changed"] is True
    assert arm.conditions == [(None, None)]
    assert arm.versions == {"2024-07-01"}


def test_a_creation_may_take_all_the_time_that_the_task_has() -> None:
    arm = FakeArm()
    run(arm, **NEW, wait_timeout=1234)
    assert [round(limit) for limit in arm.limits] == [1234]


def test_check_mode_knows_the_ids_of_a_user_assigned_identity() -> None:
    arm = FakeArm(user_assigned(UAI_ONE))
    predicted = run(arm, check_mode=True, **NEW, user_assigned=[UAI_ONE])
    assert predicted["principals"] == [{"identity": UAI_ONE, "principal_id": guid(UAI_ONE)}]
    assert predicted["cluster_manager"]["identity"] == predicted["identity"]
    first = run(arm, **NEW, user_assigned=[UAI_ONE])
    assert (first["principals"], first["identity"]) == (predicted["principals"], predicted["identity"])
    with pytest.raises(NexusError) as caught:
        run(FakeArm(), check_mode=True, **NEW, user_assigned=[UAI_ONE])
    assert caught.value.target == "user_assigned"


def test_principal_ids_that_come_after_the_creation_are_waited_for() -> None:
    def without_ids(document: Document) -> Document:
        document["identity"]["userAssignedIdentities"] = {as_azure_spells(UAI_ONE): {}}
        return document

    arm = FakeArm()
    arm.answer_put = without_ids
    assert run(arm, **NEW, user_assigned=[UAI_ONE])["principal_id"] == guid(UAI_ONE)
    assert arm.writes == [("PUT", MANAGER)]


def test_without_wait_a_creation_has_only_begun() -> None:
    arm = FakeArm()
    result = run(arm, **NEW, wait=False, system_assigned=True)
    assert (result["changed"], result["provisioning_state"]) == (True, "Accepted")
    assert result["principal_id"] == guid("system")
    assert arm.log == [("GET", MANAGER), ("PUT", MANAGER)]
    again = run(arm, **NEW, wait=False, system_assigned=True, vm_size="Standard_D8s_v5")
    assert (again["changed"], again["provisioning_state"]) == (False, "Accepted")


def test_an_answer_without_a_body_is_read_after() -> None:
    for wait in (True, False):
        arm = FakeArm()
        arm.answer_put = lambda document: None
        assert run(arm, **NEW, wait=wait)["cluster_manager"]["location"] == "eastus"


def test_a_tag_that_the_creation_brings_is_purged_too() -> None:
    arm = FakeArm()
    answer = arm.answer_put

    def with_tag(document: Document) -> Document | None:
        """As recorded, of a tag that nobody had asked for."""
        arm.resources[MANAGER.lower()]["tags"] = {**document.get("tags", {}), "nc:environment": "sandbox"}
        return answer({**document, "tags": arm.resources[MANAGER.lower()]["tags"]})

    arm.answer_put = with_tag
    result = run(arm, **NEW, tags={"a": "1"}, purge_tags=True)
    assert result["cluster_manager"]["tags"] == {"a": "1"}
    assert [method for method, _id in arm.writes] == ["PUT", "PATCH"]
    arm = FakeArm()
    arm.answer_put = with_tag
    assert result["changed"] is True
    assert run(arm, **NEW, tags={"a": "1"})["cluster_manager"]["tags"] == {"a": "1", "nc:environment": "sandbox"}
    assert run(arm, **NEW, tags={"a": "1"})["changed"] is False


def test_a_manager_that_is_there_is_never_put() -> None:
    arm = FakeArm(there(block=identity(UAI_TWO)), user_assigned(UAI_ONE))
    given: Document = {**NEW, "system_assigned": True, "user_assigned": [UAI_ONE], "tags": {"owner": "noc"}}
    predicted = run(arm, check_mode=True, **given)
    first = run(arm, **given)
    assert arm.writes == [("PATCH", MANAGER)]
    assert arm.bodies[0]["tags"] == {"costCenter": "42", "owner": "noc"}
    assert predicted["diff"] == first["diff"]
    assert [item["id"] for item in first["identity"]["user_assigned_identities"]] == [UAI_ONE, UAI_TWO]
    # A role must not reach an identity that the task did not name.
    assert [item["identity"] for item in first["principals"]] == [MANAGER, UAI_ONE]
    assert run(arm, **given)["changed"] is False


def test_a_task_that_names_only_the_manager_changes_nothing() -> None:
    arm = FakeArm(there(block=identity(UAI_TWO, system=True)))
    result = run(arm)
    assert (result["changed"], result["principals"], arm.writes) == (False, [], [])
    assert result["identity"]["type"] == "SystemAssigned,UserAssigned"


def test_a_system_assigned_identity_can_be_taken_away() -> None:
    arm = FakeArm(there(block=identity(UAI_TWO, system=True)))
    assert run(arm, system_assigned=False)["identity"]["type"] == "UserAssigned"


def test_tags_are_purged_when_told() -> None:
    arm = FakeArm(there())
    assert run(arm, tags={"a": "1"}, purge_tags=True)["cluster_manager"]["tags"] == {"a": "1"}
    assert arm.bodies == [{"tags": {"a": "1"}}]


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_only_a_creation_can_set_is_an_error_before_any_write(check_mode: bool) -> None:
    arm = FakeArm(there())
    with pytest.raises(NexusError) as caught:
        run(arm, check_mode, location="uksouth", vm_size="Standard_D8s_v5", system_assigned=True, tags={"a": "1"})
    assert arm.writes == []
    assert (caught.value.code, caught.value.target) == ("NotChangeable", "location, vm_size")
    for word in ("eastus", "uksouth", "Standard_D4_v2", "Standard_D8s_v5", MANAGER):
        assert word in str(caught.value)


def test_it_is_told_before_a_running_operation_is_waited_for() -> None:
    arm = FakeArm(there("Updating"))
    with pytest.raises(NexusError, match="NotChangeable"):
        run(arm, location="uksouth")
    assert arm.log == [("GET", MANAGER)]


def test_another_tasks_read_proves_that_nothing_needs_doing_and_nothing_else() -> None:
    arm = FakeArm(there())
    arm.remembered[MANAGER.lower()] = there()
    assert run(arm, **NEW, tags={"costCenter": "42"})["changed"] is False
    assert arm.log == []
    # What it differs in may have been mended since.
    arm.remembered[MANAGER.lower()] = {**there(), "location": "uksouth"}
    assert run(arm, **NEW)["changed"] is False
    assert arm.log == [("GET", MANAGER)]
    assert run(FakeArm(), **NEW)["changed"] is True


def test_a_creation_that_goes_on_is_waited_for() -> None:
    document = there("Accepted")
    arm = FakeArm(document)
    result = run(arm, **NEW, vm_size="Standard_D4_v2")
    assert (result["changed"], result["provisioning_state"], arm.writes) == (False, "Succeeded", [])


def test_a_creation_that_goes_on_is_not_waited_for_in_check_mode(pauses: list[float]) -> None:
    arm = FakeArm(there("Accepted"))
    assert run(arm, check_mode=True, **NEW)["provisioning_state"] == "Accepted"
    assert pauses == []


def test_who_comes_second_goes_on_with_what_is_there() -> None:
    def somebody_creates_it() -> None:
        arm.resources[MANAGER.lower()] = {**there("Accepted", identity(UAI_TWO)), "etag": "theirs"}

    arm = FakeArm()
    arm.before_put = [somebody_creates_it]
    result = run(arm, **NEW, user_assigned=[UAI_ONE])
    assert [method for method, _id in arm.writes] == ["PUT", "PATCH"]
    assert [item["id"] for item in result["identity"]["user_assigned_identities"]] == [UAI_ONE, UAI_TWO]
    assert result["diff"]["before"]["identity"]["user_assigned_identities"] == [UAI_TWO]

    arm = FakeArm()
    arm.before_put = [somebody_creates_it]
    assert run(arm, **NEW)["changed"] is False


def test_who_comes_second_may_be_told_by_a_conflict() -> None:
    """Before If-None-Match."""

    def somebody_creates_it() -> None:
        arm.resources[MANAGER.lower()] = there("Accepted")
        raise busy()

    arm = FakeArm()
    arm.before_put = [somebody_creates_it]
    assert run(arm, **NEW, api_version="2024-07-01")["changed"] is False


def busy(words: str = "another operation is in progress") -> NexusError:
    return NexusError(words, status=409, code="Conflict")


def minutes(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that only pauses move."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


@pytest.mark.parametrize("writes", ["before_put", "before_delete"])
def test_what_goes_on_unseen_is_waited_for(writes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a deletion that only the refusal tells of."""
    now = minutes(monkeypatch)
    arm = FakeArm() if writes == "before_put" else FakeArm(there())
    state = "present" if writes == "before_put" else "absent"
    setattr(arm, writes, [busy() for _attempt in range(60)])
    assert run(arm, **NEW, state=state, wait_timeout=1800)["changed"] is True
    assert 300 < now[0] < 1800


@pytest.mark.parametrize("writes", ["before_put", "before_delete"])
def test_it_is_waited_for_until_the_time_is_up(writes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = minutes(monkeypatch)
    arm = FakeArm() if writes == "before_put" else FakeArm(there())
    state = "present" if writes == "before_put" else "absent"
    setattr(arm, writes, [busy("it is being deleted") for _attempt in range(600)])
    with pytest.raises(NexusError, match="being deleted"):
        run(arm, **NEW, state=state, wait_timeout=600)
    assert now[0] == pytest.approx(600)


@pytest.mark.parametrize("writes", ["before_put", "before_delete"])
def test_other_refusals_are_waited_out_for_half_a_minute(writes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = minutes(monkeypatch)
    arm = FakeArm() if writes == "before_put" else FakeArm(there())
    state = "present" if writes == "before_put" else "absent"
    setattr(arm, writes, [busy("it has clusters") for _attempt in range(600)])
    with pytest.raises(NexusError, match="it has clusters"):
        run(arm, **NEW, state=state, wait_timeout=1800)
    assert 10 < now[0] < 40


@pytest.mark.parametrize("writes", ["before_put", "before_delete"])
@pytest.mark.parametrize(
    "error",
    [
        NexusError("locked", status=409, code="ScopeLocked"),
        NexusError("it has clusters", status=409, code="CannotDeleteResource"),
        NexusError("its group is being deleted", status=409, code="ResourceGroupBeingDeleted"),
        NexusError("not registered", status=409, code="MissingSubscriptionRegistration"),
        NexusError("no", status=403, code="AuthorizationFailed"),
        NexusError("no", status=400, code="InvalidResourceName"),
    ],
)
def test_other_errors_are_errors_at_once(writes: str, error: NexusError, pauses: list[float]) -> None:
    arm = FakeArm() if writes == "before_put" else FakeArm(there())
    setattr(arm, writes, [error])
    with pytest.raises(NexusError) as caught:
        run(arm, **NEW, state="present" if writes == "before_put" else "absent")
    assert caught.value is error
    assert pauses == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_conflict_without_wait_is_an_error_at_once(state: str, pauses: list[float]) -> None:
    arm = FakeArm() if state == "present" else FakeArm(there())
    arm.before_put, arm.before_delete = [busy()], [busy()]
    with pytest.raises(NexusError, match="another operation"):
        run(arm, **NEW, state=state, wait=False)
    assert pauses == []


@pytest.mark.parametrize("wait", [True, False])
def test_lost_races_without_end_are_an_error(wait: bool, pauses: list[float]) -> None:
    arm = FakeArm()
    arm.before_put = [NexusError("no", status=412, code="PreconditionFailed") for _attempt in range(100)]
    with pytest.raises(NexusError, match="PreconditionFailed"):
        run(arm, **NEW, wait=wait)
    assert len(pauses) == 9


def test_a_creation_that_failed_is_begun_anew_and_loses_nothing() -> None:
    arm = FakeArm(stillborn(identity(UAI_TWO, system=True)), user_assigned(UAI_ONE))
    etag = arm.resources[MANAGER.lower()]["etag"]
    given: Document = {"tags": {"owner": "noc"}, "user_assigned": [UAI_ONE], "vm_size": "Standard_D8s_v5"}
    predicted = run(arm, check_mode=True, **given)
    assert arm.writes == []
    first = run(arm, **given)
    assert arm.writes == [("PUT", MANAGER)]
    assert arm.conditions == [(etag, None)]
    assert arm.bodies[0]["tags"] == {"costCenter": "42", "owner": "noc"}
    assert arm.bodies[0]["properties"] == {
        "fabricControllerId": CONTROLLER,
        MANAGED_GROUP: {"name": "managed", "location": "eastus"},
        "availabilityZones": ["1", "2", "3"],
        "vmSize": "Standard_D8s_v5",
    }
    assert predicted["diff"] == first["diff"]
    assert predicted["warnings"] == first["warnings"]
    assert first["warnings"] == [
        f"an earlier creation of {MANAGER} ended as Failed: No capacity; it is begun anew",
    ]
    assert first["identity"]["principal_id"] == guid("system")
    assert [item["id"] for item in first["identity"]["user_assigned_identities"]] == [UAI_ONE, UAI_TWO]
    assert (predicted["provisioning_state"], first["provisioning_state"]) == (None, "Succeeded")
    second = run(arm, **given)
    assert (second["changed"], second["warnings"]) == (False, [])


def test_a_creation_that_ends_badly_while_it_is_waited_for_is_begun_anew() -> None:
    arm = FakeArm(stillborn())
    arm.resources[MANAGER.lower()]["properties"]["provisioningState"] = "Accepted"

    def settle(resource_id: str, api_version: str, timeout: float) -> Document | None:
        arm.resources[MANAGER.lower()]["properties"]["provisioningState"] = "Canceled"
        return arm.get(resource_id, api_version)

    arm.settle = settle  # type: ignore[method-assign]
    assert run(arm, **NEW)["changed"] is True
    assert arm.writes == [("PUT", MANAGER)]


def test_all_waiting_shares_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    now = minutes(monkeypatch)
    arm = FakeArm(stillborn())
    arm.resources[MANAGER.lower()]["properties"]["provisioningState"] = "Accepted"

    def settle(resource_id: str, api_version: str, timeout: float) -> Document | None:
        arm.limits.append(timeout)
        now[0] += 100
        arm.resources[MANAGER.lower()]["properties"]["provisioningState"] = "Failed"
        return arm.get(resource_id, api_version)

    def put_takes_long(document: Document) -> Document:
        now[0] += 200
        arm.resources[MANAGER.lower()]["tags"]["policy"] = "on"
        return {**document, "tags": {**document["tags"], "policy": "on"}}

    arm.settle = settle  # type: ignore[method-assign]
    arm.answer_put = put_takes_long
    run(arm, tags={"a": "1"}, purge_tags=True, wait_timeout=1000)
    assert [method for method, _id in arm.writes] == ["PUT", "PATCH"]
    assert arm.limits == [1000, 900, 700]


@pytest.mark.parametrize("check_mode", [True, False])
def test_another_failure_is_a_warning(check_mode: bool) -> None:
    arm = FakeArm(there("Failed"))
    result = run(arm, check_mode, **NEW)
    assert (result["changed"], arm.writes) == (False, [])
    assert result["warnings"] == [f"the last operation on {MANAGER} ended as Failed; its settings may not be in effect"]


def test_what_is_being_deleted_is_created_when_it_is_gone() -> None:
    assert run(FakeArm(there("Deleting")), check_mode=True, **NEW)["diff"]["before"] == {}
    arm = FakeArm(there("Deleting"))
    result = run(arm, **NEW)
    assert (result["changed"], arm.writes) == (True, [("PUT", MANAGER)])
    with pytest.raises(NexusError, match="BeingDeleted"):
        run(FakeArm(there("Deleting")), **NEW, wait=False)


NOTHING: Document = {
    "cluster_manager": None,
    "identity": None,
    "principal_id": None,
    "principal_ids": [],
    "principals": [],
    "provisioning_state": None,
}


@pytest.mark.parametrize("wait", [True, False])
def test_deleted_in_check_mode_and_really_and_then_not_again(wait: bool) -> None:
    arm = FakeArm(there(block=identity(UAI_ONE)))
    given: Document = {"state": "absent", "wait": wait}
    predicted = run(arm, check_mode=True, **given)
    assert arm.writes == []
    first = run(arm, **given)
    second = run(arm, **given)
    assert arm.writes == [("DELETE", MANAGER)]
    assert (predicted["changed"], first["changed"], second["changed"]) == (True, True, False)
    assert predicted == first
    assert first["diff"]["after"] == {}
    assert first["diff"]["before"]["identity"]["user_assigned_identities"] == [UAI_ONE]
    assert second["diff"] == {"before": {}, "after": {}}
    for result in (predicted, first, second):
        assert {name: result[name] for name in NOTHING} == NOTHING
        assert result["id"] == MANAGER
    assert set(first) == set(run(FakeArm(there())))


def test_options_that_describe_a_manager_do_not_hinder_its_end() -> None:
    arm = FakeArm(there())
    result = run(arm, state="absent", location="nowhere", tags={"a": True}, user_assigned=["x"], system_assigned=False)
    assert result["changed"] is True


def test_an_operation_is_waited_for_before_the_deletion() -> None:
    arm = FakeArm(there("Updating"))
    assert run(arm, state="absent")["changed"] is True
    assert arm.log[:2] == [("GET", MANAGER)] * 2
    arm = FakeArm(there("Deleting"))
    assert run(arm, state="absent")["changed"] is False
    assert arm.writes == []
    assert run(FakeArm(there("Deleting")), check_mode=True, state="absent")["changed"] is False


def test_somebody_else_may_delete_it_first() -> None:
    def somebody_deletes_it() -> None:
        arm.resources.clear()

    def while_we_are_refused() -> None:
        arm.resources.clear()
        raise busy()

    for action in (somebody_deletes_it, while_we_are_refused):
        arm = FakeArm(there())
        arm.before_delete = [action]
        assert run(arm, state="absent")["changed"] is False


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"id": "manager-east"}, "id"),
        ({"id": VAULT}, "id"),
        ({"name": "manager-east"}, "name"),
        ({"id": None}, "id"),
        ({"user_assigned": [VAULT]}, "user_assigned"),
        ({"fabric_controller_id": "controller"}, "fabric_controller_id"),
        ({"tags": {"a": True}}, "tags"),
        ({"api_version": "2023-07-01", "system_assigned": True}, "api_version"),
        ({"api_version": "new"}, "api_version"),
    ],
)
def test_bad_input_is_refused_before_anything_is_asked(given: Document, option: str) -> None:
    with pytest.raises(BadInput) as caught:
        nexus_clustermanager.run(params(**given), NoSession(), False)  # type: ignore[arg-type]
    assert caught.value.target == option
    assert caught.value.remedy


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"location": None}, "location"),
        ({"fabric_controller_id": None}, "fabric_controller_id"),
        ({"id": None, "name": "x", "resource_group": "nexus-east"}, "name"),
        ({"id": MANAGER + "." * 2 + "x"}, "id"),
    ],
)
def test_what_a_creation_lacks_is_told_before_it(given: Document, option: str, check_mode: bool) -> None:
    arm = FakeArm()
    with pytest.raises(BadInput) as caught:
        run(arm, check_mode, **{**NEW, **given})
    assert caught.value.target == option
    assert arm.writes == []


def test_without_identities_an_old_version_will_do() -> None:
    assert run(FakeArm(etags=False), **NEW, api_version="2023-07-01")["changed"] is True
