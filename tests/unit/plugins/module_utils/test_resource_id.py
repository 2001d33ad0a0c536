# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _resource_id
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    CLUSTER,
    GROUP,
    MANAGER,
    SUBSCRIPTION,
    UAI_ONE,
    VAULT,
)


def subscription() -> str:
    return SUBSCRIPTION


@pytest.mark.parametrize(
    "text",
    [
        MANAGER,
        MANAGER.upper(),
        MANAGER.replace("/resourceGroups/", "/resourcegroups/"),
        MANAGER + "/",
        MANAGER.lstrip("/"),
        f"  {MANAGER} ",
    ],
)
def test_an_id_is_taken_in_any_spelling(text: str) -> None:
    found = _resource_id.check(text, _resource_id.CLUSTER_MANAGER, "id")
    assert _resource_id.key(found) == _resource_id.key(MANAGER)
    assert "/resourceGroups/" in found
    assert "/providers/Microsoft.NetworkCloud/clusterManagers/" in found


@pytest.mark.parametrize(
    "text",
    [
        "manager-east",
        "",
        GROUP,
        MANAGER + "/extra",
        MANAGER + "?api-version=2025-09-01",
        MANAGER.replace(SUBSCRIPTION, "my subscription"),
        MANAGER.replace(SUBSCRIPTION, SUBSCRIPTION[:-1]),
        MANAGER.replace("nexus-east", ".."),
        MANAGER.replace("/providers/", "/provider/"),
        MANAGER.replace("manager-east", "<name>"),
        MANAGER.replace("manager-east", "{{ name }}"),
        MANAGER.replace("manager-east", "a/../b"),
        MANAGER + "\n",
    ],
)
def test_what_is_no_id_is_refused_in_one_line_with_the_form_to_use(text: str) -> None:
    if text.endswith("\n"):
        # A blank at the end is forgiven, inside it is not.
        text = text.replace("manager-east", "manager\neast")
    with pytest.raises(BadInput) as caught:
        _resource_id.check(text, _resource_id.CLUSTER_MANAGER, "id")
    assert caught.value.target == "id"
    assert "\n" not in str(caught.value)
    assert "/providers/Microsoft.NetworkCloud/clusterManagers/<name>" in str(caught.value)


def test_an_id_of_another_type_is_refused_by_both_names() -> None:
    with pytest.raises(BadInput, match=r"Microsoft\.KeyVault/vaults, not a cluster manager"):
        _resource_id.check(VAULT, _resource_id.CLUSTER_MANAGER, "id")


def test_name_and_group_make_an_id_in_the_default_subscription() -> None:
    params = {"name": "manager-east", "resource_group": "nexus-east"}
    assert _resource_id.address(params, _resource_id.CLUSTER_MANAGER, subscription) == MANAGER


def test_an_id_does_not_ask_for_the_default_subscription() -> None:
    def ask() -> str:
        raise AssertionError("asked")

    assert _resource_id.address({"id": CLUSTER, "name": ""}, _resource_id.CLUSTER, ask) == CLUSTER


def test_a_group_from_module_defaults_may_stand_beside_an_id_in_it() -> None:
    params = {"id": CLUSTER, "resource_group": "NEXUS-EAST"}
    assert _resource_id.address(params, _resource_id.CLUSTER, subscription) == CLUSTER


@pytest.mark.parametrize(
    ("params", "option"),
    [
        ({}, "id"),
        ({"id": "", "name": "", "resource_group": ""}, "id"),
        ({"resource_group": "nexus-east"}, "id"),
        ({"name": "cluster-1"}, "resource_group"),
        ({"id": CLUSTER, "name": "cluster-1"}, "name"),
        ({"id": CLUSTER, "resource_group": "elsewhere"}, "resource_group"),
        ({"id": CLUSTER, "resource_group": "east"}, "resource_group"),
        ({"name": "a/b", "resource_group": "nexus-east"}, "name"),
        ({"name": CLUSTER, "resource_group": "nexus-east"}, "name"),
        ({"name": "cluster-1", "resource_group": "nexus/east"}, "resource_group"),
        ({"name": "cluster-1", "resource_group": ".."}, "resource_group"),
    ],
)
def test_a_bad_address_names_the_option(params: dict[str, str], option: str) -> None:
    with pytest.raises(BadInput) as caught:
        _resource_id.address(params, _resource_id.CLUSTER, subscription)
    assert caught.value.target == option
    assert caught.value.remedy


def test_a_subscription_given_by_name_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        _resource_id.collection(_resource_id.CLUSTER, None, lambda: "Production")
    assert caught.value.target == "subscription_id"


def test_collections() -> None:
    kind = "providers/Microsoft.NetworkCloud/clusters"
    assert _resource_id.collection(_resource_id.CLUSTER, None, subscription) == f"/subscriptions/{SUBSCRIPTION}/{kind}"
    assert _resource_id.collection(_resource_id.CLUSTER, "nexus-east", subscription) == f"{GROUP}/{kind}"


@pytest.mark.parametrize("odd", ["TestKeyVaultId", "", "/", "/providers/Microsoft.Management/managementGroups/root"])
def test_canonical_leaves_what_it_does_not_know(odd: str) -> None:
    assert _resource_id.canonical(odd) == odd


def test_canonical_is_the_documented_spelling() -> None:
    assert (
        _resource_id.canonical(UAI_ONE.replace("resourceGroups", "resourcegroups").replace("Microsoft", "microsoft"))
        == UAI_ONE
    )
