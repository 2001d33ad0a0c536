# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.plugins.modules import nexus_cluster_info, nexus_clustermanager_info
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    CLUSTER,
    GROUP,
    MANAGER,
    VAULT,
    FakeArm,
    FakeSession,
    NoSession,
    cluster,
    identity,
    manager,
)


def params(**given: Any) -> dict[str, Any]:
    return {"id": None, "name": None, "resource_group": None, "api_version": "2025-09-01", **given}


def fleet() -> FakeSession:
    elsewhere = cluster(name="cluster-2")
    elsewhere["id"] = elsewhere["id"].replace("nexus-east", "nexus-west")
    return FakeSession(FakeArm(cluster(), elsewhere, manager(identity(system=True))))


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"id": CLUSTER.upper()}, ["cluster-1"]),
        ({"name": "cluster-1", "resource_group": "nexus-east"}, ["cluster-1"]),
        ({"name": "cluster-9", "resource_group": "nexus-east"}, []),
        ({"resource_group": "nexus-west"}, ["cluster-2"]),
        ({"resource_group": "empty"}, []),
        ({}, ["cluster-1", "cluster-2"]),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_which_clusters(given: dict[str, Any], names: list[str], check_mode: bool) -> None:
    session = fleet()
    result = nexus_cluster_info.run(params(**given), session, check_mode)  # type: ignore[arg-type]
    assert [item["name"] for item in result["clusters"]] == names
    assert result["changed"] is False
    assert len(session.arm.log) == 1


def test_cluster_managers() -> None:
    result = nexus_clustermanager_info.run(params(), fleet(), False)  # type: ignore[arg-type]
    assert [item["id"] for item in result["cluster_managers"]] == [MANAGER]
    assert result["cluster_managers"][0]["identity"]["type"] == "SystemAssigned"


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"id": VAULT}, "id"),
        ({"name": "cluster-1"}, "resource_group"),
        ({"id": CLUSTER, "name": "cluster-1"}, "name"),
        ({"resource_group": GROUP}, "resource_group"),
        ({"api_version": "x"}, "api_version"),
    ],
)
def test_bad_input(given: dict[str, Any], option: str) -> None:
    with pytest.raises(BadInput) as caught:
        nexus_cluster_info.run(params(**given), NoSession(), False)  # type: ignore[arg-type]
    assert caught.value.target == option
