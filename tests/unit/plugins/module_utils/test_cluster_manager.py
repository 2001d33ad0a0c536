# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans for a cluster manager: tables for each part, and what must hold for all of them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _cluster_manager, _identity
from ansible_collections.operator_nexus.credentials.plugins.module_utils._cluster_manager import Wanted
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import key
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    GROUP,
    MANAGED_GROUP,
    MANAGER,
    SUBSCRIPTION,
    UAI_ONE,
    UAI_TWO,
    guid,
    identity,
    manager,
    merge_identity,
)

Document = dict[str, Any]
CONTROLLER = f"{GROUP}/providers/Microsoft.ManagedNetworkFabric/networkFabricControllers/controller-east"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/logs"


def params(**given: Any) -> Document:
    options = (
        "location",
        "fabric_controller_id",
        "analytics_workspace_id",
        "managed_resource_group_configuration",
        "availability_zones",
        "vm_size",
        "tags",
        "system_assigned",
        "user_assigned",
    )
    return {**dict.fromkeys(options), "state": "present", "purge_tags": False, **given}


def wanted(**given: Any) -> Wanted:
    return _cluster_manager.wanted(params(**given))


def lived(**more: Any) -> Document:
    """A cluster manager as a GET shows it; `more` are properties."""
    document = manager(None)
    document["properties"].update(
        {
            "fabricControllerId": CONTROLLER,
            "analyticsWorkspaceId": "",
            MANAGED_GROUP: {"name": "nexus-managed", "location": "eastus"},
            "availabilityZones": ["1", "2", "3"],
            "managerExtendedLocation": {"name": "x", "type": "CustomLocation"},
            **more,
        }
    )
    return document


def failed(**more: Any) -> Document:
    """What a creation that has failed leaves."""
    document = lived(**{"provisioningState": "Failed", "detailedStatus": "ProvisioningFailed", **more})
    del document["properties"]["managerExtendedLocation"]
    return document


def test_an_empty_task_wants_nothing() -> None:
    assert wanted() == Wanted()
    blank = wanted(
        location="",
        fabric_controller_id="",
        analytics_workspace_id="",
        managed_resource_group_configuration={"name": "", "location": None},
        availability_zones=[],
        vm_size="",
        user_assigned=[],
    )
    assert blank == Wanted()


def test_a_full_creation() -> None:
    want = wanted(
        location="UK South",
        fabric_controller_id=CONTROLLER,
        analytics_workspace_id=WORKSPACE,
        managed_resource_group_configuration={"name": "nexus-managed", "location": "West Europe"},
        availability_zones=["2", "1"],
        vm_size="Standard_D8s_v5",
        tags={"costCenter": 42},
        system_assigned=True,
        user_assigned=[UAI_ONE],
    )
    assert _cluster_manager.creation(None, want) == {
        "location": "uksouth",
        "tags": {"costCenter": "42"},
        "identity": {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {UAI_ONE: {}}},
        "properties": {
            "fabricControllerId": CONTROLLER,
            "analyticsWorkspaceId": WORKSPACE,
            MANAGED_GROUP: {"name": "nexus-managed", "location": "westeurope"},
            "availabilityZones": ["2", "1"],
            "vmSize": "Standard_D8s_v5",
        },
    }


@pytest.mark.parametrize("system", [None, False])
def test_the_least_creation_says_nothing_of_what_is_not_asked_for(system: bool | None) -> None:
    want = wanted(location="uksouth", fabric_controller_id=CONTROLLER, system_assigned=system, tags={})
    body = _cluster_manager.creation(None, want)
    assert body == {"location": "uksouth", "properties": {"fabricControllerId": CONTROLLER}}


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"fabric_controller_id": CONTROLLER}, "location"),
        ({"location": "uksouth"}, "fabric_controller_id"),
    ],
)
def test_a_creation_needs(given: Document, option: str) -> None:
    with pytest.raises(BadInput) as caught:
        _cluster_manager.creation(None, wanted(**given))
    assert caught.value.target == option


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"fabric_controller_id": "controller-east"}, "fabric_controller_id"),
        ({"analytics_workspace_id": f"/subscriptions/{SUBSCRIPTION}"}, "analytics_workspace_id"),
        ({"managed_resource_group_configuration": {"name": "n" * 76}}, "managed_resource_group_configuration"),
        ({"tags": {"a": True}}, "tags"),
        ({"tags": {"a": None}}, "tags"),
        ({"tags": {"a": ["b"]}}, "tags"),
        ({"tags": {"env": "a", "Env": "b"}}, "tags"),
        ({"user_assigned": ["one"]}, "user_assigned"),
    ],
)
def test_bad_input(given: Document, option: str) -> None:
    with pytest.raises(BadInput) as caught:
        wanted(**given)
    assert caught.value.target == option
    assert caught.value.remedy


def test_ids_of_any_type_and_depth() -> None:
    """In Microsoft's own recordings the fabric controller is a subnet."""
    subnet = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
    assert wanted(fabric_controller_id=subnet).properties == {"fabricControllerId": subnet}
    assert wanted(managed_resource_group_configuration={"name": "n" * 75}).properties


@pytest.mark.parametrize("name", ["ab", "manager-east", "A_1", "a" * 30])
def test_names(name: str) -> None:
    _cluster_manager.check_name(f"/x/{name}", "name")


@pytest.mark.parametrize("name", ["a", "a" * 31, "-ab", "ab-", "a.b", "a(b)", "ü-ü"])
def test_names_that_azure_refuses(name: str) -> None:
    with pytest.raises(BadInput) as caught:
        _cluster_manager.check_name(f"/x/{name}", "id")
    assert caught.value.target == "id"


@pytest.mark.parametrize(
    ("current", "asked", "purge", "sent"),
    [
        # Azure replaces the whole map: what is to stay is sent too.
        ({"nc:environment": "prod"}, {"a": "1"}, False, {"nc:environment": "prod", "a": "1"}),
        ({"nc:environment": "prod"}, {"a": "1"}, True, {"a": "1"}),
        ({"a": "1", "b": "2"}, {"a": "2"}, False, {"b": "2", "a": "2"}),
        (None, {"a": "1"}, False, {"a": "1"}),
        ({"a": "1"}, {}, True, {}),
        # The same name for Azure: both at once would be refused.
        ({"Env": "x"}, {"env": "y"}, False, {"env": "y"}),
        # Nothing to do.
        ({"Env": "x"}, {"env": "x"}, False, None),
        ({"Env": "x"}, {"env": "x"}, True, None),
        ({"a": "1", "b": "2"}, {"a": "1"}, False, None),
        ({"a": "1"}, {}, False, None),
        ({"a": "1"}, None, True, None),
        (None, {}, True, None),
    ],
)
def test_tags(current: dict[str, str] | None, asked: dict[str, str] | None, purge: bool, sent: Any) -> None:
    assert _cluster_manager.plan_tags(current, asked, purge) == sent


@pytest.mark.parametrize(
    "given",
    [
        {"location": "East US"},
        {"location": "EastUS"},
        {"fabric_controller_id": CONTROLLER.upper()},
        {"fabric_controller_id": CONTROLLER + "/"},
        {"managed_resource_group_configuration": {"name": "Nexus-Managed"}},
        {"managed_resource_group_configuration": {"location": "East US"}},
        {"availability_zones": ["3", "1", "2", "1"]},
        {"vm_size": "standard_d4_V2"},
    ],
)
def test_the_same_in_other_words(given: Document) -> None:
    assert _cluster_manager.plan(lived(), wanted(**given)) is None


@pytest.mark.parametrize(
    ("given", "option", "words"),
    [
        ({"location": "uksouth"}, "location", "'eastus' and cannot become 'uksouth'"),
        ({"fabric_controller_id": CONTROLLER + "2"}, "fabric_controller_id", CONTROLLER),
        ({"analytics_workspace_id": WORKSPACE}, "analytics_workspace_id", "not set and cannot become"),
        (
            {"managed_resource_group_configuration": {"name": "other", "location": "eastus"}},
            "managed_resource_group_configuration.name",
            "'nexus-managed' and cannot become 'other'",
        ),
        ({"availability_zones": ["1", "2"]}, "availability_zones", "1, 2, 3 and cannot become 1, 2"),
        ({"vm_size": "Standard_D8s_v5"}, "vm_size", "'Standard_D4_v2' and cannot become 'Standard_D8s_v5'"),
    ],
)
def test_what_only_a_creation_can_set(given: Document, option: str, words: str) -> None:
    found = _cluster_manager.differences(lived(), wanted(**given))
    assert list(found) == [option]
    error = _cluster_manager.conflict(found, MANAGER)
    assert (error.code, error.target) == ("NotChangeable", option)
    assert words in str(error)
    assert [item["target"] for item in error.failure["details"]] == [option]
    assert _cluster_manager.plan(lived(), wanted(**given)) is not None, "it is not as wanted"


def test_all_that_differs_is_named_at_once() -> None:
    found = _cluster_manager.differences(lived(), wanted(location="uksouth", vm_size="Standard_D8s_v5"))
    error = _cluster_manager.conflict(found, MANAGER)
    assert error.target == "location, vm_size"
    assert "uksouth" in str(error) and "Standard_D8s_v5" in str(error)


@pytest.mark.parametrize("state", ["Accepted", "Provisioning"])
def test_what_a_new_manager_does_not_tell_yet_is_no_difference(state: str) -> None:
    document = lived(provisioningState=state)
    del document["properties"]["vmSize"]
    assert _cluster_manager.differences(document, wanted(vm_size="Standard_D8s_v5")) == {}
    assert set(_cluster_manager.differences(document, wanted(location="uksouth"))) == {"location"}
    document["properties"]["provisioningState"] = "Succeeded"
    assert set(_cluster_manager.differences(document, wanted(vm_size="Standard_D8s_v5"))) == {"vm_size"}


@pytest.mark.parametrize(
    ("document", "is_so"),
    [
        (failed(), True),
        (failed(provisioningState="Canceled"), True),
        (failed(provisioningState="Accepted"), False),
        (failed(provisioningState="Succeeded"), False),
        (lived(provisioningState="Failed"), False),
        ({}, False),
    ],
)
def test_never_lived(document: Document, is_so: bool) -> None:
    assert _cluster_manager.never_lived(document) is is_so


def test_a_creation_anew_keeps_what_there_is() -> None:
    document = failed()
    document.update(kind="Nexus", identity=identity(UAI_ONE, system=True), etag="e", systemData={})
    want = wanted(vm_size="Standard_D8s_v5", tags={"a": "1"}, user_assigned=[UAI_TWO])
    body = _cluster_manager.creation(document, want)
    assert body == {
        "location": "eastus",
        "kind": "Nexus",
        "tags": {"costCenter": "42", "a": "1"},
        "identity": {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {UAI_ONE: {}, UAI_TWO: {}}},
        "properties": {
            "fabricControllerId": CONTROLLER,
            "analyticsWorkspaceId": "",
            MANAGED_GROUP: {"name": "nexus-managed", "location": "eastus"},
            "availabilityZones": ["1", "2", "3"],
            "vmSize": "Standard_D8s_v5",
        },
    }
    after = _cluster_manager.created(document, body, MANAGER)
    assert after["identity"]["principalId"] == guid("system")
    assert not {"provisioningState", "detailedStatus"} & set(after["properties"])


def test_a_creation_anew_takes_away_only_what_is_told() -> None:
    document = failed()
    document["identity"] = identity(UAI_ONE, system=True)
    body = _cluster_manager.creation(document, wanted(system_assigned=False))
    assert body["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {UAI_ONE: {}}}
    document["identity"] = identity(system=True)
    assert _cluster_manager.creation(document, wanted(system_assigned=False))["identity"] == {"type": "None"}
    document["identity"] = {"type": "None"}
    assert "identity" not in _cluster_manager.creation(document, wanted())
    body = _cluster_manager.creation(document, wanted(managed_resource_group_configuration={"name": "other"}))
    assert body["properties"][MANAGED_GROUP] == {"name": "other", "location": "eastus"}


def test_not_even_a_failed_creation_moves() -> None:
    with pytest.raises(NexusError) as caught:
        _cluster_manager.creation(failed(), wanted(location="uksouth", vm_size="Standard_D8s_v5"))
    assert (caught.value.code, caught.value.target) == ("NotChangeable", "location")


def test_a_diff_shows_what_the_module_manages() -> None:
    document = lived()
    document["identity"] = identity(UAI_ONE)
    assert _cluster_manager.summary(document) == {
        "location": "eastus",
        "tags": {"costCenter": "42"},
        "identity": {"type": "UserAssigned", "user_assigned_identities": [UAI_ONE]},
        "fabric_controller_id": CONTROLLER,
        "analytics_workspace_id": "",
        "managed_resource_group_configuration": {"name": "nexus-managed", "location": "eastus"},
        "availability_zones": ["1", "2", "3"],
        "vm_size": "Standard_D4_v2",
    }
    assert _cluster_manager.summary({}) == {}


IDS = [UAI_ONE, UAI_TWO]
some_ids = st.lists(st.sampled_from(IDS), unique=True)
some_tags = st.dictionaries(st.sampled_from(["env", "Env", "owner"]), st.sampled_from(["x", "y", ""]), max_size=2)
one_case = some_tags.filter(lambda tags: len({name.lower() for name in tags}) == len(tags))


@st.composite
def wishes(draw: st.DrawFn) -> Wanted:
    """What a task with `state: present` can ask for, apart from what a manager that lives would refuse."""
    properties: Document = {"fabricControllerId": CONTROLLER}
    if draw(st.booleans()):
        properties["vmSize"] = draw(st.sampled_from(["Standard_D4_v2", "STANDARD_D4_V2"]))
    ids = [draw(st.sampled_from([item, item.upper()])) for item in draw(some_ids)]
    return Wanted(
        identity=_identity.Wanted(system=draw(st.sampled_from([None, True, False])), add=ids),
        location="eastus",
        properties=properties,
        tags=draw(st.none() | one_case),
        purge_tags=draw(st.booleans()),
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    document = draw(st.sampled_from([lived(), failed()]))
    document = copy.deepcopy(document)
    document["tags"] = draw(one_case)
    if draw(st.booleans()):
        document["identity"] = identity(*draw(some_ids), system=draw(st.booleans()))
    return document


def held(document: Document) -> tuple[bool, set[str], dict[str, str]]:
    """What somebody would miss: the system assigned identity, the user assigned ones, the tags."""
    full = _identity.report(document.get("identity"))
    ids = {key(item["id"]) for item in full["user_assigned_identities"]}
    return "SystemAssigned" in full["type"], ids, {name.lower(): v for name, v in (document.get("tags") or {}).items()}


def assert_nothing_is_lost(before: Document, after: Document, want: Wanted) -> None:
    system, ids, tags = held(before)
    has_system, has_ids, has_tags = held(after)
    assert has_system == (system if want.identity.system is None else want.identity.system)
    assert has_ids == ids | {key(item) for item in want.identity.add}
    asked = {name.lower(): value for name, value in (want.tags or {}).items()}
    kept = {} if want.purge_tags and want.tags is not None else tags
    assert has_tags == {**kept, **asked}


@given(documents(), wishes())
def test_a_patch_reaches_what_is_wanted_and_nothing_else(document: Document, want: Wanted) -> None:
    body = _cluster_manager.plan(document, want)
    after = _cluster_manager.apply(document, body or {})
    assert_nothing_is_lost(document, after, want)
    assert _cluster_manager.plan(after, want) is None
    assert (body is None) == (held(after) == held(document))
    assert body is None or set(body) <= {"identity", "tags"}


@given(st.none() | documents(), wishes())
def test_a_creation_reaches_what_is_wanted_and_loses_nothing(document: Document | None, want: Wanted) -> None:
    body = _cluster_manager.creation(document, want)
    predicted = _cluster_manager.created(document, body, MANAGER)
    assert_nothing_is_lost(document or {}, predicted, want)
    assert _cluster_manager.plan(predicted, want) is None
    # What Azure makes of the PUT: what the body does not list is gone.
    stored = {
        **body,
        "identity": merge_identity((document or {}).get("identity"), body.get("identity") or {"type": "None"}),
    }
    assert_nothing_is_lost(document or {}, stored, want)
    assert _cluster_manager.summary(stored) == _cluster_manager.summary(predicted)
    # Sent once more it would be the same, but that there is no identity left to be taken away.
    again = {name: value for name, value in body.items() if value != {"type": "None"}}
    assert _cluster_manager.creation(predicted, want) == again
