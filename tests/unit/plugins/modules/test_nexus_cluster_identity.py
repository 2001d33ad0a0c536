# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is special about clusters. The engine is that of nexus_clustermanager_identity, and is tested there."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.modules import nexus_cluster_identity
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    CLUSTER,
    MANAGER,
    UAI_ONE,
    UAI_TWO,
    VAULT,
    FakeArm,
    FakeSession,
    NoSession,
    as_azure_spells,
    cluster,
    guid,
    identity,
    settings,
)


def params(**given: Any) -> dict[str, Any]:
    return {
        "id": CLUSTER,
        "api_version": "2025-09-01",
        "wait": True,
        "wait_timeout": 60,
        "state": "present",
        "system_assigned": None,
        "user_assigned": None,
        **given,
    }


def run(arm: FakeArm, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    return nexus_cluster_identity.run(params(**given), FakeSession(arm), check_mode)  # type: ignore[arg-type]


def test_first_run_second_run_and_check_mode_agree() -> None:
    arm = FakeArm(cluster(settings=settings(UAI_ONE), block=identity(UAI_ONE)))
    predicted = run(arm, check_mode=True, system_assigned=True)
    assert arm.writes == []
    first = run(arm, system_assigned=True)
    second = run(arm, system_assigned=True)
    assert (predicted["changed"], first["changed"], second["changed"]) == (True, True, False)
    body = {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {as_azure_spells(UAI_ONE): {}}}
    assert arm.bodies == [{"identity": body}]
    assert predicted["diff"] == first["diff"]
    assert second["diff"]["before"] == second["diff"]["after"] == first["diff"]["after"]
    assert set(predicted) == set(first) == set(second)
    assert predicted["principals"] == [{"identity": CLUSTER, "principal_id": None}]
    assert first["principals"] == second["principals"] == [{"identity": CLUSTER, "principal_id": guid("system")}]
    assert (first["id"], first["provisioning_state"]) == (CLUSTER, "Succeeded")


def test_a_cluster_is_named_by_name_and_group() -> None:
    arm = FakeArm(cluster())
    assert run(arm, id=None, name="cluster-1", resource_group="nexus-east", user_assigned=[UAI_ONE])["id"] == CLUSTER
    assert arm.writes == [("PATCH", CLUSTER)]


def selecting(**blocks: Any) -> dict[str, Any]:
    """A cluster with all identities, whose properties these are too."""
    document = cluster(block=identity(UAI_ONE, UAI_TWO, system=True))
    document["properties"] |= blocks
    return document


ONE = settings(as_azure_spells(UAI_ONE))["associatedIdentity"]
SYSTEM = settings()["associatedIdentity"]
OVERRIDDEN = {"containerUrl": "https://a.blob/b", "overrides": [{"associatedIdentity": ONE}]}


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("document", "given", "named"),
    [
        (
            selecting(secretArchiveSettings=settings(UAI_ONE)),
            {"state": "absent", "user_assigned": [UAI_ONE.upper()]},
            ["secretArchiveSettings"],
        ),
        (
            selecting(commandOutputSettings=OVERRIDDEN),
            {"state": "absent", "user_assigned": [UAI_ONE, UAI_TWO]},
            ["commandOutputSettings"],
        ),
        (
            selecting(
                commandOutputSettings={"associatedIdentity": ONE}, analyticsOutputSettings={"associatedIdentity": ONE}
            ),
            {"state": "absent", "user_assigned": [UAI_ONE]},
            ["analyticsOutputSettings", "commandOutputSettings"],
        ),
        (
            selecting(secretArchiveSettings=settings()),
            {"state": "absent", "system_assigned": True},
            ["secretArchiveSettings"],
        ),
        (selecting(secretArchiveSettings=settings()), {"system_assigned": False}, ["secretArchiveSettings"]),
        (
            selecting(analyticsOutputSettings={"associatedIdentity": SYSTEM}),
            {"system_assigned": False, "user_assigned": [UAI_ONE]},
            ["analyticsOutputSettings"],
        ),
    ],
)
def test_an_identity_in_use_is_not_removed(
    document: dict[str, Any], given: dict[str, Any], named: list[str], check_mode: bool
) -> None:
    arm = FakeArm(document)
    with pytest.raises(NexusError) as caught:
        run(arm, check_mode, **given)
    assert (caught.value.code, caught.value.resource_id) == ("IdentityInUse", CLUSTER)
    assert " and ".join(named) in caught.value.message
    assert "nexus_cluster_secret_archive" in caught.value.remedy
    assert arm.writes == []


@pytest.mark.parametrize(
    "given",
    [
        {"state": "absent", "user_assigned": [UAI_TWO]},
        {"state": "absent", "system_assigned": True},
        {"state": "absent", "system_assigned": True, "user_assigned": [UAI_TWO]},
        {"system_assigned": False, "user_assigned": [UAI_ONE]},
    ],
)
def test_an_identity_beside_the_one_in_use_is_removed(given: dict[str, Any]) -> None:
    document = selecting(secretArchiveSettings=settings(UAI_ONE), commandOutputSettings=OVERRIDDEN)
    arm = FakeArm(document)
    assert run(arm, **given)["changed"] is True
    assert as_azure_spells(UAI_ONE) in arm.resources[CLUSTER.lower()]["identity"]["userAssignedIdentities"]


def test_settings_that_select_what_the_cluster_lacks_keep_nothing_else_from_being_changed() -> None:
    document = cluster(settings=settings(), block=identity(UAI_ONE))
    assert run(FakeArm(document), system_assigned=False, user_assigned=[UAI_TWO])["changed"] is True
    assert run(FakeArm(document), state="absent", system_assigned=True, user_assigned=[UAI_ONE])["changed"] is True


def test_an_identity_that_somebody_begins_to_use_meanwhile_is_not_removed() -> None:
    def somebody_selects_it(document: dict[str, Any]) -> None:
        document["properties"]["secretArchiveSettings"] = settings(UAI_ONE)

    arm = FakeArm(selecting())
    arm.before_patch = [somebody_selects_it]
    with pytest.raises(NexusError, match="IdentityInUse"):
        run(arm, state="absent", user_assigned=[UAI_ONE])
    assert len(arm.writes) == 1


def test_without_wait_the_operation_has_only_begun() -> None:
    arm = FakeArm(cluster())
    arm.answer_patch = lambda document: None
    result = run(arm, wait=False, user_assigned=[UAI_ONE])
    assert (result["changed"], result["identity"]["type"]) == (True, "UserAssigned")


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"id": MANAGER, "system_assigned": True}, "id"),
        ({"id": "cluster-1", "system_assigned": True}, "id"),
        ({"id": None, "name": "cluster-1", "system_assigned": True}, "resource_group"),
        ({"user_assigned": [VAULT]}, "user_assigned"),
        # A cluster manager had an identity before its clusters.
        ({"api_version": "2023-12-01-preview", "system_assigned": True}, "api_version"),
        ({"api_version": "2024-03-01-preview", "system_assigned": True}, "api_version"),
        ({}, "system_assigned"),
        ({"state": "absent", "system_assigned": False}, "state"),
    ],
)
def test_bad_input_is_refused_before_anything_is_asked(given: dict[str, Any], option: str) -> None:
    with pytest.raises(BadInput) as caught:
        nexus_cluster_identity.run(params(**given), NoSession(), False)  # type: ignore[arg-type]
    assert caught.value.target == option
    assert caught.value.remedy


def test_the_first_version_that_knows_it() -> None:
    arm = FakeArm(cluster(), etags=False)
    assert run(arm, api_version="2024-05-01-preview", system_assigned=True)["changed"] is True
    assert arm.versions == {"2024-05-01-preview"}


def test_a_cluster_that_is_not_there() -> None:
    with pytest.raises(NexusError, match="there is no such cluster") as caught:
        run(FakeArm(), system_assigned=True)
    assert (caught.value.code, caught.value.target) == ("ResourceNotFound", "id")
