# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkers of this folder do find what is wrong: on documents made for it, without an emulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from azure.mgmt.authorization.v2022_04_01.models import RoleAssignment
from azure.mgmt.networkcloud.models import ClusterManager

from likeness import body_differences, header_differences
from sdk_models import differences
from swagger import Contracts

MANAGER = {
    "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.NetworkCloud/clusterManagers/m",
    "location": "uksouth",
    "systemData": {"createdAt": "2026-01-01T00:00:00Z"},
    "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/id": {"clientId": "c", "principalId": "p"}}},
    "properties": {"fabricControllerId": "/f", "clusterVersions": [{"targetClusterVersion": "3.8.0"}]},
}
ASSIGNMENT = {
    "id": "/a",
    "properties": {"roleDefinitionId": "/r", "principalId": "p", "createdOn": "2026-01-01T00:00:00Z"},
}
CONTRACT = {
    "paths": {
        "/subscriptions/{s}/providers/Microsoft.NetworkCloud/things/{name}": {
            "put": {
                "parameters": [{"in": "body", "schema": {"$ref": "#/definitions/Thing"}}],
                "responses": {"200": {"schema": {"$ref": "#/definitions/Thing"}}},
            },
            "get": {"responses": {"200": {"schema": {"$ref": "#/definitions/Thing"}}}},
        }
    },
    "definitions": {
        "Base": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "readOnly": True}}},
        "Thing": {
            "type": "object",
            "allOf": [{"$ref": "#/definitions/Base"}],
            "required": ["password", "kind"],
            "properties": {
                "password": {"type": "string", "x-ms-secret": True},
                "kind": {"type": "string", "enum": ["A", "A,B"]},
                "note": {"type": "string", "x-nullable": True},
                "inner": {"$ref": "#/definitions/Thing"},
            },
        },
    },
}


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the member at this dotted path set, or removed where the value is `...`."""
    copy = json.loads(json.dumps(document))
    *above, last = path.split(".")
    place = copy
    for step in above:
        place = place[int(step) if step.isdigit() else step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return copy


@pytest.mark.parametrize(
    ("model", "document", "path", "value", "problem"),
    [
        (ClusterManager, MANAGER, "surplus", 1, "$.surplus: unknown to ClusterManager"),
        (ClusterManager, MANAGER, "location", ..., "$.location: missing, ClusterManager requires it"),
        (ClusterManager, MANAGER, "location", 7, "$.location: int where str belongs"),
        (ClusterManager, MANAGER, "systemData.createdAt", 7, "$.systemData.createdAt: int where datetime belongs"),
        (ClusterManager, MANAGER, "properties.fabricControllerId", None, "$.properties.fabricControllerId: null"),
        (ClusterManager, MANAGER, "properties.clusterVersions.0.x", 1, "$.properties.clusterVersions[0].x: unknown to"),
        (ClusterManager, MANAGER, "identity.userAssignedIdentities./id.x", 1, "[/id].x: unknown to"),
        (RoleAssignment, ASSIGNMENT, "properties.surplus", 1, "$.properties.surplus: unknown to RoleAssignment"),
        (RoleAssignment, ASSIGNMENT, "properties.principalId", 7, "$.properties.principalId: int where str belongs"),
    ],
)
def test_model_checker(model: type, document: dict[str, Any], path: str, value: Any, problem: str) -> None:
    assert differences(model, document) == []
    [found] = differences(model, changed(document, path, value))
    assert problem in found


@pytest.mark.parametrize(
    ("request_body", "answer", "problem"),
    [
        ({"kind": "A", "password": "x"}, {"id": "1", "kind": "A", "note": None}, ""),
        ({"kind": "A", "password": "x"}, {"id": "1", "kind": "A, B"}, ""),
        ({"kind": "A"}, {"id": "1", "kind": "A"}, "request: 'password' is a required property"),
        ({"kind": "A", "password": "x", "id": "1"}, {"id": "1", "kind": "A"}, "request: Additional properties"),
        ({"kind": "A", "password": "x"}, {"kind": "A"}, "answer: 'id' is a required property"),
        ({"kind": "A", "password": "x"}, {"id": "1", "kind": "C"}, "answer.kind: 'C' is not one of"),
        ({"kind": "A", "password": "x"}, {"id": "1", "kind": "A", "password": "x"}, "answer: Additional properties"),
        ({"kind": "A", "password": "x"}, {"id": "1", "kind": "A", "inner": {"id": "2"}}, "answer.inner: 'kind' is a"),
    ],
)
def test_contract_checker(tmp_path: Path, request_body: Any, answer: Any, problem: str) -> None:
    (tmp_path / "networkcloud-2024-07-01.json").write_text(json.dumps(CONTRACT), encoding="utf-8")
    contracts, path = Contracts(tmp_path), "/subscriptions/s/providers/Microsoft.NetworkCloud/things"
    found = contracts.problems("PUT", f"{path}/t", "2024-07-01", request_body, 200, answer)
    listed = contracts.problems("GET", path, "2024-07-01", None, 200, {"value": [answer]})
    if not problem:
        assert (found, listed) == ([], [])
        return
    assert found is not None
    assert [problem in line for line in found] == [True]
    assert bool(listed) == problem.startswith("answer")
    assert contracts.problems("GET", f"{path}/t", "1999-01-01", None, 200, answer) is None


@pytest.mark.parametrize(
    ("recorded", "answered", "count"),
    [
        ({"a": 1, "b": [{"c": "x"}]}, {"a": 1, "b": [{"c": "x"}]}, 0),
        ({"a": "d8e0fc2c-1e53-4d1c-a8ad-3ea7c2e2cbd1"}, {"a": "00e0fc2c-1e53-4d1c-a8ad-3ea7c2e2cbd1"}, 0),
        ({"a": "d8e0fc2c-1e53-4d1c-a8ad-3ea7c2e2cbd1"}, {"a": "not an id"}, 1),
        ({"a": 1}, {}, 1),
        ({}, {"a": 1}, 1),
        ({"a": None}, {"a": {}}, 1),
        ({"a": "1"}, {"a": 1}, 1),
        ({"a": ["x", "y"]}, {"a": ["x"]}, 1),
        ({"/resourcegroups/g": 1}, {"/resourceGroups/g": 1}, 2),
    ],
)
def test_likeness(recorded: Any, answered: Any, count: int) -> None:
    assert len(list(body_differences(recorded, answered))) == count


def test_likeness_of_headers() -> None:
    recorded = {
        "etag": '"4a002dd0-0000-1100-0000-67410a930000"',
        "location": "https://a/subscriptions/s/UKSOUTH?t=1&s=x",
    }
    same = {"etag": '"00002dd0-0000-1100-0000-67410a930000"', "location": "https://b/subscriptions/s/UKSOUTH?t=2&s=y"}
    assert list(header_differences(recorded, same)) == []
    other = {"etag": "4a002dd0", "location": same["location"].lower(), "retry-after": "1"}
    assert len(list(header_differences(recorded, other))) == 3


def test_likeness_of_counters_is_their_presence() -> None:
    writes = "x-ms-ratelimit-remaining-subscription-writes"
    assert list(header_differences({writes: "1199"}, {writes: "799"})) == []
    for recorded, answered in (({writes: "1199"}, {}), ({}, {writes: "799"})):
        [found] = header_differences(recorded, answered)
        assert writes in found
