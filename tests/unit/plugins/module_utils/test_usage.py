# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _usage
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    CLUSTER,
    MANAGER,
    SUBSCRIPTION,
    UAI_ONE,
    UAI_TWO,
    VAULT,
    FakeArm,
    cluster,
    guid,
    identity,
    manager,
    settings,
)

Document = dict[str, Any]

ON = {"keyVaultId": VAULT, "useKeyVault": "True"}
ELSEWHERE = "00000000-0000-0000-0000-000000000002"
SYSTEM, ONE, TWO = guid("system"), guid(UAI_ONE), guid(UAI_TWO)
SECOND = CLUSTER.replace("cluster-1", "cluster-2")


def users_of(arm: FakeArm, *leaving: str) -> dict[str, list[str]]:
    return _usage.users_of(arm, VAULT, leaving)  # type: ignore[arg-type]


def elsewhere(document: Document) -> Document:
    """The same in another subscription; what it refers to stays where it is."""
    return {**copy.deepcopy(document), "id": document["id"].replace(SUBSCRIPTION, ELSEWHERE)}


class Refusing(FakeArm):
    """Gives an error for what begins with one of these paths, in lower case."""

    refusals: dict[str, NexusError]

    def _check(self, path: str) -> None:
        for begin, error in self.refusals.items():
            if path.lower().startswith(begin.lower()):
                raise error

    def get(self, resource_id: str, api_version: str) -> Document | None:
        self._check(resource_id)
        return super().get(resource_id, api_version)

    def list_resources(self, path: str, api_version: str) -> list[Document]:
        self._check(path)
        return super().list_resources(path, api_version)


def refusing(refusals: dict[str, NexusError], *documents: Document) -> Refusing:
    arm = Refusing(*documents)
    arm.refusals = refusals
    return arm


def test_both_methods_and_every_cluster_count() -> None:
    arm = FakeArm(
        manager(identity(UAI_ONE, system=True)),
        cluster(ON),
        cluster(ON, name="cluster-2"),
        cluster(ON, name="cluster-3", settings=settings(UAI_TWO), block=identity(UAI_TWO)),
        cluster(name="cluster-4", settings=settings(UAI_ONE), block=identity(UAI_ONE, UAI_TWO)),
        cluster({**ON, "keyVaultId": VAULT + "-2"}, name="cluster-5"),
        cluster(name="cluster-6"),
    )
    names = {principal: [item[-1] for item in clusters] for principal, clusters in users_of(arm).items()}
    assert names == {SYSTEM: ["1", "2"], ONE: ["1", "2", "4"], TWO: ["3"]}
    assert arm.writes == []
    assert arm.versions == set(), "lists of clusters and managers tell all that there is to know"


def test_nothing_uses_the_vault() -> None:
    assert users_of(FakeArm(manager(identity(system=True)), cluster())) == {}
    assert users_of(FakeArm()) == {}


def test_clusters_that_are_leaving_do_not_count() -> None:
    arm = FakeArm(manager(identity(system=True)), cluster(ON), cluster(ON, name="cluster-2"))
    assert users_of(arm, CLUSTER.upper()) == {SYSTEM: [SECOND]}
    assert users_of(arm, CLUSTER, SECOND.lower() + "/") == {}
    assert users_of(arm, CLUSTER + "0") == {SYSTEM: [CLUSTER, SECOND]}


def test_principal_ids_are_given_in_lower_case() -> None:
    block = identity(system=True)
    block["principalId"] = SYSTEM.upper()
    assert users_of(FakeArm(cluster(settings=settings(), block=block))) == {SYSTEM: [CLUSTER]}


def test_every_subscription_in_sight_counts() -> None:
    """A cluster lies in one, its manager in another, and a cluster that writes with its own identity in a third."""
    third = "00000000-0000-0000-0000-000000000003"
    own = cluster(name="cluster-2", settings=settings(), block=identity(system=True))
    own["id"] = own["id"].replace(SUBSCRIPTION, third)
    arm = FakeArm(manager(identity(UAI_ONE)), elsewhere(cluster(ON)), own)
    assert users_of(arm) == {ONE: [elsewhere(cluster())["id"]], SYSTEM: [own["id"]]}
    assert arm.log.count(("GET", "/subscriptions")) == 1


def test_the_manager_is_found_in_any_spelling() -> None:
    document = cluster(ON)
    document["properties"]["clusterManagerId"] = MANAGER.upper() + "/"
    arm = FakeArm(manager(identity(UAI_ONE)), document)
    assert users_of(arm) == {ONE: [CLUSTER]}
    assert arm.versions == set()


class Nearsighted(FakeArm):
    """Lists nothing of the subscription `ELSEWHERE`."""

    def list(self, path: str, api_version: str) -> Any:
        return [item for item in super().list(path, api_version) if item["subscriptionId"] != ELSEWHERE]


def test_a_manager_where_nothing_is_listed_is_read_once() -> None:
    there = elsewhere(manager(identity(UAI_ONE)))
    documents = [cluster(ON), cluster(ON, name="cluster-2"), cluster(name="cluster-3")]
    for document in documents:
        document["properties"]["clusterManagerId"] = there["id"]
    arm = Nearsighted(there, *documents)
    assert users_of(arm) == {ONE: [CLUSTER, SECOND]}
    assert arm.log.count(("GET", there["id"])) == 1


def test_no_manager_is_read_for_a_cluster_that_needs_none() -> None:
    alone = cluster(ON, name="cluster-2", settings=settings(), block=identity(system=True))
    arm = FakeArm(alone, cluster(), cluster({**ON, "useKeyVault": "False"}, name="cluster-3"))
    assert users_of(arm) == {SYSTEM: [SECOND]}
    assert arm.versions == set()


@pytest.mark.parametrize("code", [None, "SubscriptionNotFound"])
def test_a_manager_that_is_gone_writes_nothing(code: str | None) -> None:
    refusals = {MANAGER: NexusError("gone", status=404, code=code)} if code else {}
    assert users_of(refusing(refusals, cluster(ON))) == {}


def test_a_cluster_that_tells_no_manager_is_nobodys() -> None:
    document = cluster(ON)
    del document["properties"]["clusterManagerId"]
    arm = FakeArm(manager(identity(UAI_ONE)), document)
    assert users_of(arm) == {}
    assert arm.versions == set()


def test_a_subscription_that_knows_nothing_of_nexus_has_no_clusters() -> None:
    unregistered = NexusError("not registered", status=409, code="MissingSubscriptionRegistration")
    other = elsewhere({"id": VAULT, "properties": {}})
    arm = refusing({f"/subscriptions/{ELSEWHERE}": unregistered}, manager(identity(UAI_ONE)), cluster(ON), other)
    assert users_of(arm) == {ONE: [CLUSTER]}


@pytest.mark.parametrize(
    "path",
    [
        f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.NetworkCloud/clusters",
        f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.NetworkCloud/clusterManagers",
        elsewhere(manager(None))["id"],
    ],
)
def test_what_may_not_be_read_is_an_error(path: str) -> None:
    """Else a role that is in use would be taken away."""
    document = cluster(ON)
    document["properties"]["clusterManagerId"] = elsewhere(manager(None))["id"]
    refused = NexusError("no", status=403, code="AuthorizationFailed")
    with pytest.raises(NexusError) as caught:
        users_of(refusing({path: refused}, document))
    assert caught.value is refused
