# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity block: merge, replace, settle, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from emulated import CLUSTER, IDENTITIES, MANAGER, Emulated

import identity_block
from arm import ArmError

A, B = f"{IDENTITIES}/id-a", f"{IDENTITIES}/id-b"


def assign(azure: Emulated, identity: Any, method: str = "PATCH") -> dict[str, Any]:
    body = {"identity": identity}
    if method == "PUT":
        body |= {"location": "uksouth", "properties": {"fabricControllerId": "/fabric"}}
    answer = azure.arm(method, MANAGER, body)
    assert answer.status in (200, 201), answer.content
    azure.finish()
    return dict(azure.get(MANAGER)["identity"])


def user_assigned(*ids: str, **more: Any) -> dict[str, Any]:
    return {"type": "UserAssigned", "userAssignedIdentities": {name: {} for name in ids}, **more}


def names(identity: dict[str, Any]) -> list[str]:
    return sorted(key.rpartition("/")[2] for key in identity.get("userAssignedIdentities", {}))


def test_system_assigned_identity_is_a_principal_of_the_directory(azure: Emulated) -> None:
    identity = assign(azure, {"type": "SystemAssigned"})
    assert identity["type"] == "SystemAssigned"
    assert azure.world.principals[identity["principalId"]]["displayName"] == "cm-one"
    assert assign(azure, {"type": "SystemAssigned"}) == identity


def test_dropping_the_system_assigned_identity_removes_its_principal(azure: Emulated) -> None:
    first = assign(azure, {"type": "SystemAssigned"})
    assert assign(azure, {"type": "None"}) == {"type": "None"}
    assert first["principalId"] not in azure.world.principals
    assert assign(azure, {"type": "SystemAssigned"})["principalId"] != first["principalId"]


def test_settled_user_assigned_identity_has_lower_case_group_and_ids(azure: Emulated) -> None:
    identity = assign(azure, user_assigned(A))
    resource = azure.world.find(A)
    assert resource
    key = A.replace("/resourceGroups/", "/resourcegroups/")
    ids = {name: resource["properties"][name] for name in ("clientId", "principalId")}
    assert identity == {"type": "UserAssigned", "userAssignedIdentities": {key: ids}}


def test_both_kinds_come_back_with_a_blank_in_the_type(azure: Emulated) -> None:
    identity = assign(azure, user_assigned(A, type="SystemAssigned,UserAssigned"))
    assert identity["type"] == "SystemAssigned, UserAssigned"
    assert assign(azure, {"type": identity["type"]}) == identity


def test_patch_merges_and_null_removes(azure: Emulated) -> None:
    assign(azure, user_assigned(A))
    assert names(assign(azure, user_assigned(B))) == ["id-a", "id-b"]
    swapped = {"type": "UserAssigned", "userAssignedIdentities": {A.lower(): None}}
    assert names(assign(azure, swapped)) == ["id-b"]


def test_unlisted_identities_go_when_the_setting_says_so(azure: Emulated) -> None:
    azure.world.settings.unlisted_identities = "remove"
    assign(azure, user_assigned(A))
    assert names(assign(azure, user_assigned(B))) == ["id-b"]


def test_put_replaces_what_it_lists_and_keeps_the_block_that_it_does_not_name(azure: Emulated) -> None:
    assign(azure, user_assigned(A))
    assert names(assign(azure, user_assigned(B), "PUT")) == ["id-b"]
    body = {"location": "uksouth", "properties": {"fabricControllerId": "/fabric"}}
    assert azure.arm("PUT", MANAGER, body).status == 201
    azure.finish()
    assert names(azure.get(MANAGER)["identity"]) == ["id-b"]


@pytest.mark.parametrize(("kind", "left"), [("SystemAssigned", []), ("UserAssigned", ["id-a"])])
def test_switching_the_type_drops_the_other_kind(azure: Emulated, kind: str, left: list[str]) -> None:
    assign(azure, user_assigned(A, type="SystemAssigned,UserAssigned"))
    identity = assign(azure, {"type": kind})
    assert (identity["type"], names(identity)) == (kind, left)
    assert ("principalId" in identity) == (kind == "SystemAssigned")


@pytest.mark.parametrize(
    ("identity", "code"),
    [
        (user_assigned(f"{IDENTITIES}/nobody"), "FailedIdentityOperation"),
        ({"type": "UserAssigned"}, "FailedIdentityOperation"),
        (user_assigned(A, type="SystemAssigned"), "FailedIdentityOperation"),
        ({"type": "UserAssigned", "userAssignedIdentities": {A: {"clientId": "x"}}}, "InvalidIdentityValues"),
        ({"type": "UserAssigned", "userAssignedIdentities": [A]}, "InvalidRequestContent"),
        ({"type": "Both"}, "HttpRequestPayloadAPISpecValidationFailed"),
        ({"userAssignedIdentities": {A: {}}}, "HttpRequestPayloadAPISpecValidationFailed"),
    ],
)
def test_refused(azure: Emulated, identity: Any, code: str) -> None:
    before = azure.get(MANAGER)
    answer = azure.arm("PATCH", MANAGER, {"identity": identity})
    assert (answer.status, answer.code) == (400, code)
    assert azure.get(MANAGER) == before


def test_what_was_read_cannot_be_sent_back(azure: Emulated) -> None:
    identity = assign(azure, user_assigned(A))
    with pytest.raises(ArmError) as refused:
        identity_block.check_values(identity)
    assert refused.value.body["error"]["code"] == "InvalidIdentityValues"


def test_an_old_cluster_without_identity_shows_no_member(azure: Emulated) -> None:
    assert "identity" not in azure.get(CLUSTER)
