# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters as hosts: variables, names, groups."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import key
from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _hosts
from ansible_collections.operator_nexus.credentials.tests.unit.plugins import fakes

ONE, TWO = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"


def cluster_id(path: str) -> str:
    """From `subscription/group/name`."""
    subscription, group, name = path.split("/")
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.NetworkCloud/clusters/{name}"


def manager_id(path: str) -> str:
    return cluster_id(path).replace("/clusters/", "/clusterManagers/")


def cluster(path: str, manager: str | None = f"{ONE}/east/cm", **more: Any) -> _hosts.Cluster:
    document = fakes.cluster()
    document.update(id=cluster_id(path), name=path.split("/")[2])
    document["properties"].update(more, clusterManagerId=manager_id(manager) if manager else None)
    return _hosts.describe(document)


def names(*paths: str, **wished: str) -> list[str]:
    """The host names of these clusters, in their order."""
    clusters = [cluster(path) for path in paths]
    wanted = {key(cluster_id(path)): wished[path.split("/")[2]] for path in paths if path.split("/")[2] in wished}
    found = _hosts.host_names(clusters, wanted)
    return [found[key(item["id"])] for item in clusters]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([f"{ONE}/east/a", f"{ONE}/east/b"], ["a", "b"]),
        ([f"{ONE}/east/a", f"{ONE}/west/a", f"{ONE}/east/b"], ["a.east", "a.west", "b"]),
        ([f"{ONE}/east/a", f"{ONE}/west/A"], ["a.east", "A.west"]),
        ([f"{ONE}/east/a", f"{TWO}/east/a"], [f"a.east.{ONE}", f"a.east.{TWO}"]),
        ([f"{ONE}/east/a", f"{TWO}/east/a", f"{TWO}/west/a"], [f"a.east.{ONE}", f"a.east.{TWO}", "a.west"]),
        ([f"{ONE}/b_c/a", f"{ONE}/c/a_b", f"{ONE}/x/a", f"{ONE}/x/a_b"], ["a.b_c", "a_b.c", "a.x", "a_b.x"]),
        # What Ansible means something else by.
        ([f"{ONE}/east/all", f"{ONE}/east/localhost"], ["all.east", "localhost.east"]),
        ([f"{ONE}/east/nexus_clusters"], ["nexus_clusters.east"]),
    ],
)
def test_names_are_short_and_distinct(paths: list[str], expected: list[str]) -> None:
    for order in itertools.permutations(range(len(paths))):
        assert names(*(paths[at] for at in order)) == [expected[at] for at in order]


def test_a_wished_name_comes_first_where_it_is_the_only_one() -> None:
    paths = [f"{ONE}/east/{name}" for name in ("a", "b", "c", "d")]
    assert names(*paths, a="oslo", b="rome", c="rome") == ["oslo", "b", "c", "d"]


@pytest.mark.parametrize(
    ("wished", "name"),
    [
        ("{{ 7*7 }}", "___7_7___"),
        ("a:b,c[0]", "a_b_c_0_"),
        ("ålesund.no", "ålesund.no"),
        ("-e@x-y", "_e_x-y"),
    ],
)
def test_a_wished_name_is_harmless(wished: str, name: str) -> None:
    assert names(f"{ONE}/east/a", a=wished) == [name]


def test_a_name_is_not_that_of_a_group() -> None:
    clusters = [cluster(f"{ONE}/east/nexus_location_eastus")]
    groups = _hosts.groups(clusters, _hosts.GROUP_BY)
    assert list(_hosts.host_names(clusters, {}, groups).values()) == ["nexus_location_eastus.east"]


def test_variables() -> None:
    archive = {"keyVaultId": fakes.VAULT, "useKeyVault": "True"}
    document = {**fakes.cluster(archive), "tags": {"Site": "north"}, "etag": "x"}
    document["properties"]["actionStates"] = [{"message": "{}"}]
    document["id"] = document["id"].replace("/resourceGroups/", "/resourcegroups/")
    found = _hosts.variables(_hosts.describe(document))
    assert {name for name in found if not name.startswith("nexus_")} == {"customer_key_vault_cluster_id"}
    assert found["customer_key_vault_cluster_id"] == fakes.CLUSTER
    assert found["nexus_name"] == "cluster-1"
    assert found["nexus_tags"] == {"Site": "north"}
    assert found["nexus_subscription_id"] == fakes.SUBSCRIPTION
    assert found["nexus_resource_group"] == "nexus-east"
    assert found["nexus_cluster_manager_id"] == fakes.MANAGER
    assert found["nexus_cluster_manager_name"] == "manager-east"
    assert found["nexus_secret_archive"] == {"key_vault_id": fakes.VAULT, "use_key_vault": True}
    assert found["nexus_method"] == "cluster_manager"
    assert not [name for name in found if "rack_definition" in name or name in ("nexus_etag", "nexus_action_states")]


LINKED = {"secretArchive": {"keyVaultId": fakes.VAULT, "useKeyVault": "True"}}
SETTINGS = {"secretArchiveSettings": {"vaultUri": "https://v.vault.azure.net/"}}


@pytest.mark.parametrize(
    ("properties", "identity", "method"),
    [
        ({}, None, "none"),
        (LINKED, None, "cluster_manager"),
        ({"secretArchive": {"keyVaultId": fakes.VAULT, "useKeyVault": "False"}}, None, "none"),
        (SETTINGS, None, "none"),
        ({**LINKED, **SETTINGS}, None, "cluster_manager"),
        ({**LINKED, **SETTINGS}, fakes.identity(system=True), "cluster"),
        (SETTINGS, fakes.identity(fakes.UAI_ONE), "cluster"),
    ],
)
def test_method(properties: dict[str, Any], identity: dict[str, Any] | None, method: str) -> None:
    document = fakes.cluster()
    document["properties"] |= properties
    document["identity"] = identity
    assert _hosts.describe(document)["method"] == method


def members(found: dict[str, _hosts.Group]) -> dict[str, list[str]]:
    return {name: [item.rpartition("/")[2] for item in group.clusters] for name, group in found.items()}


def test_groups() -> None:
    clusters = [
        cluster(f"{ONE}/east/a", detailedStatus="PendingDeployment"),
        cluster(f"{ONE}/east/b", f"{ONE}/east/CM-2", **LINKED),
        cluster(f"{ONE}/east/c", None, detailedStatus=None),
    ]
    clusters[1]["location"] = "West US 2"
    assert members(_hosts.groups(clusters, _hosts.GROUP_BY)) == {
        "nexus_cluster_manager_cm": ["a"],
        "nexus_cluster_manager_cm_2": ["b"],
        "nexus_location_eastus": ["a", "c"],
        "nexus_location_west_us_2": ["b"],
        "nexus_method_none": ["a", "c"],
        "nexus_method_cluster": [],
        "nexus_method_cluster_manager": ["b"],
        "nexus_detailed_status_pending_deployment": ["a"],
        "nexus_detailed_status_running": ["b"],
    }
    methods = {"nexus_method_cluster", "nexus_method_cluster_manager", "nexus_method_none"}
    assert _hosts.groups(clusters, ["method"]).keys() == _hosts.groups([], ["method"]).keys() == methods
    assert _hosts.groups(clusters, []) == {}


@pytest.mark.parametrize(
    ("managers", "expected"),
    [
        ([f"{ONE}/east/cm", f"{ONE}/East/CM"], ["cm"]),
        ([f"{ONE}/east/cm", f"{ONE}/west/cm", f"{ONE}/west/other"], ["cm_east", "cm_west", "other"]),
        ([f"{ONE}/east/cm-1", f"{ONE}/west/cm_1"], ["cm_1_east", "cm_1_west"]),
        ([f"{ONE}/east/cm-1", f"{ONE}/east/cm_1"], [f"cm_1_east_{ONE}_1", f"cm_1_east_{ONE}_2"]),
        ([f"{ONE}/east/cm", f"{TWO}/east/cm"], [f"cm_east_{ONE}", f"cm_east_{TWO}"]),
    ],
)
def test_each_manager_has_one_group(managers: list[str], expected: list[str]) -> None:
    """Two managers share none, whatever they are called: their identities are their own."""
    clusters = [cluster(f"{ONE}/east/c{number}", manager) for number, manager in enumerate(managers)]
    for order in (clusters, clusters[::-1]):
        found = _hosts.groups(order, ["cluster_manager"])
        assert sorted(found) == [f"nexus_cluster_manager_{name}".replace("-", "_") for name in expected]
        ids = {key(group.variables["nexus_cluster_manager_id"]) for group in found.values()}
        assert ids == {key(manager_id(manager)) for manager in managers}


def test_the_clusters_of_some_managers() -> None:
    clusters = [
        cluster(f"{ONE}/east/c"),
        cluster(f"{ONE}/east/b", f"{ONE}/west/CM"),
        cluster(f"{ONE}/east/a", f"{ONE}/east/other"),
        cluster(f"{ONE}/east/d", None),
    ]

    def chosen(*texts: str) -> str:
        return "".join(item["name"] for item in _hosts.under(_hosts.check_managers(texts), clusters))

    assert chosen() == "abcd"
    assert chosen("Cm") == "bc"
    assert chosen(manager_id(f"{ONE}/EAST/cm")) == "c"
    assert chosen(manager_id(f"{ONE}/east/cm"), "other") == "ac"


def test_a_manager_without_a_cluster() -> None:
    """It is a mistake, most likely."""
    clusters = [cluster(f"{ONE}/east/c{number}", f"{ONE}/east/cm-{number}") for number in range(7)]
    for text in ("CM", manager_id(f"{ONE}/west/cm-1")):
        with pytest.raises(BadInput) as caught:
            _hosts.under(_hosts.check_managers([text, "cm-1"]), clusters)
        shown = str(caught.value)
        assert shown.startswith(
            f"cluster_managers: no cluster that was found has the manager {text}. The managers that"
        )
        assert manager_id(f"{ONE}/east/cm-4") + " and 2 more. Correct it" in shown
    for nothing in ([], [cluster(f"{ONE}/east/d", None)]):
        with pytest.raises(BadInput, match=r"has the manager Cm-1\. None has a manager\."):
            _hosts.under({"cm-1": "Cm-1"}, nothing)


@pytest.mark.parametrize("text", ["cm north", "/subscriptions/x", fakes.CLUSTER, "a,b"])
def test_no_manager(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        _hosts.check_managers([text])
    assert caught.value.target == "cluster_managers"
