# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lists are read, and what their failures mean."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _fleet
from ansible_collections.operator_nexus.credentials.tests.unit.plugins import fakes

ONE, TWO = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
REFUSED = NexusError("no", status=403, code="AuthorizationFailed")
NO_GROUP = NexusError("no", status=404, code="ResourceGroupNotFound")
UNREGISTERED = NexusError("no", status=409, code="MissingSubscriptionRegistration")
NO_SUBSCRIPTION = NexusError("no", status=404, code="SubscriptionNotFound")
DISABLED = NexusError("no", status=409)
THROTTLED = NexusError("no", status=429, code="TooManyRequests")


class Arm(fakes.FakeArm):
    """`visible` are the subscriptions of the login, `failures` what happens at a place: `subscription[/group]`."""

    def __init__(self, visible: tuple[str, ...] = (ONE, TWO), **failures: NexusError) -> None:
        clusters = []
        for subscription in (ONE, TWO):
            document = fakes.cluster(name=f"in-{subscription[-1]}")
            clusters.append({**document, "id": document["id"].replace(fakes.SUBSCRIPTION, subscription)})
        super().__init__(*clusters)
        self.visible = visible
        self.failures = failures

    def list_resources(self, path: str, api_version: str) -> list[dict[str, Any]]:
        found = super().list_resources(path, api_version)
        subscription, group = path.split("/")[2], path.split("/")[4] if "resourceGroups" in path else ""
        failure = self.failures.get(f"s{subscription[-1]}") or self.failures.get(f"s{subscription[-1]}_{group}")
        if failure:
            raise failure
        return found

    def list(self, path: str, api_version: str) -> list[dict[str, Any]]:
        assert path == "/subscriptions"
        self.log.append(("GET", path))
        return [{"subscriptionId": item} for item in self.visible]


def search(*subscriptions: str, own: str = "", groups: tuple[str, ...] = ()) -> _fleet.Search:
    return _fleet.plan(subscriptions, own, groups, "2025-09-01")


def read(arm: Arm, wanted: _fleet.Search) -> tuple[list[str], dict[str, str]]:
    """The names of the clusters, and what was left out."""
    found, left_out = _fleet.read(arm, wanted)  # type: ignore[arg-type]
    return [item["name"] for item in found], left_out


@pytest.mark.parametrize(
    ("wanted", "names", "requests"),
    [
        (search(own=ONE), ["in-1"], 1),
        (search(TWO, own=ONE), ["in-2"], 1),
        (search(TWO, TWO.upper(), " ", ONE), ["in-2", "in-1"], 2),
        (search(), ["in-1", "in-2"], 3),
        (search("*", own=ONE), ["in-1", "in-2"], 3),
        (search(own=ONE, groups=("nexus-east", "NEXUS-EAST", "other")), ["in-1"], 2),
        (search("*", groups=("nexus-east",)), ["in-1", "in-2"], 3),
    ],
)
def test_where_it_looks(wanted: _fleet.Search, names: list[str], requests: int) -> None:
    arm = Arm()
    assert read(arm, wanted) == (names, {})
    assert len(arm.log) == requests


@pytest.mark.parametrize(
    ("option", "arguments"),
    [
        ("subscriptions", (["Production"], "", [], "2025-09-01")),
        ("subscriptions", (["*", ONE], "", [], "2025-09-01")),
        ("subscription_id", ([], "Production", [], "2025-09-01")),
        ("resource_groups", ([], ONE, ["/subscriptions/x"], "2025-09-01")),
        ("api_version", ([], ONE, [], "latest")),
    ],
)
def test_options_that_cannot_work(option: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(BadInput) as caught:
        _fleet.plan(*arguments)
    assert caught.value.target == option


def test_the_logins_own_subscription_is_not_looked_at_beside_others() -> None:
    assert search(TWO, own="Production").subscriptions == (TWO,)


@pytest.mark.parametrize("failure", [REFUSED, UNREGISTERED, NO_SUBSCRIPTION, THROTTLED])
def test_a_subscription_that_is_named_must_be_readable(failure: NexusError) -> None:
    for wanted in (search(ONE, TWO), search(own=TWO)):
        with pytest.raises(NexusError) as caught:
            read(Arm(s2=failure), wanted)
        assert caught.value is failure


@pytest.mark.parametrize("groups", [(), ("nexus-east",)])
@pytest.mark.parametrize(
    ("failure", "left_out"),
    [
        (REFUSED, {ONE: "AuthorizationFailed"}),
        (NO_SUBSCRIPTION, {ONE: "SubscriptionNotFound"}),
        (DISABLED, {ONE: "409"}),
        (UNREGISTERED, {}),
    ],
)
def test_one_that_is_only_in_sight_need_not_be(
    failure: NexusError, left_out: dict[str, str], groups: tuple[str, ...]
) -> None:
    assert read(Arm(s1=failure), search("*", groups=groups)) == (["in-2"], left_out)


def test_a_subscription_that_is_left_out_is_named_once() -> None:
    groups = ("nexus-east", "b", "c")
    names, left_out = read(Arm(s1_b=REFUSED, s1_c=REFUSED), search("*", groups=groups))
    assert (names, left_out) == (["in-1", "in-2"], {ONE: "AuthorizationFailed"})
    text = _fleet.warning(left_out)
    assert f"{ONE} (AuthorizationFailed)" in text and TWO not in text


@pytest.mark.parametrize(
    ("arm", "raised"),
    [
        (Arm(s1=THROTTLED), THROTTLED),
        (Arm(s1=UNREGISTERED, s2=REFUSED), REFUSED),
        (Arm(s1=UNREGISTERED, s2=UNREGISTERED), UNREGISTERED),
        (Arm(visible=(TWO,), s2=REFUSED), REFUSED),
    ],
)
def test_an_empty_inventory_is_not_the_sign_of_a_failure(arm: Arm, raised: NexusError) -> None:
    with pytest.raises(NexusError) as caught:
        read(arm, search())
    assert caught.value is raised


def test_no_subscription_in_sight() -> None:
    with pytest.raises(BadInput) as caught:
        read(Arm(visible=()), search())
    assert caught.value.target == "subscriptions"


@pytest.mark.parametrize("failure", [NO_GROUP, UNREGISTERED])
def test_a_group_may_be_in_any_of_the_subscriptions(failure: NexusError) -> None:
    for wanted in (search(ONE, TWO, groups=("nexus-east",)), search("*", groups=("nexus-east",))):
        assert read(Arm(s1=failure), wanted) == (["in-2"], {})


@pytest.mark.parametrize("wanted", [search(ONE, TWO, groups=("nexus-east", "typo")), search(own=ONE, groups=("typo",))])
def test_a_group_that_is_nowhere(wanted: _fleet.Search) -> None:
    with pytest.raises(BadInput, match="typo") as caught:
        read(Arm(s1_typo=NO_GROUP, s2_typo=NO_GROUP), wanted)
    assert caught.value.target == "resource_groups"


@pytest.mark.parametrize(
    ("arm", "raised"),
    [
        (Arm(s1=NO_GROUP, s2=REFUSED), REFUSED),
        # Who may not read a group is not told whether it is there.
        (Arm(s1=REFUSED), REFUSED),
        (Arm(s1=NO_SUBSCRIPTION), NO_SUBSCRIPTION),
        (Arm(s2=THROTTLED), THROTTLED),
    ],
)
def test_a_group_that_cannot_be_read(arm: Arm, raised: NexusError) -> None:
    with pytest.raises(NexusError) as caught:
        read(arm, search(ONE, TWO, groups=("nexus-east",)))
    assert caught.value is raised
