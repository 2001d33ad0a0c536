# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which clusters are read with how many requests, what becomes of what is not shown, and how the result looks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import pytest
import yaml

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.modules import nexus_credential_rotation_info as module
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    CLUSTER,
    GROUP,
    SUBSCRIPTION,
    VAULT,
    VAULT_URI,
    FakeArm,
    FakeSession,
    NoSession,
    cluster,
    identity,
    settings,
)

Document = dict[str, Any]

NOW = datetime(2026, 3, 5, 6, tzinfo=timezone.utc)
ELSEWHERE = SUBSCRIPTION.replace("0001", "0002")
NEXUS = "providers/Microsoft.NetworkCloud"


class Arm(FakeArm):
    """Lists of machines and appliances too; what begins with one of the `refused` paths is not shown."""

    def __init__(self, *documents: Document) -> None:
        super().__init__(*documents)
        self.refused: dict[str, NexusError] = {}

    def get(self, resource_id: str, api_version: str) -> Document | None:
        self._check(resource_id)
        return super().get(resource_id, api_version)

    def list(self, path: str, api_version: str) -> Sequence[Document]:
        self._check(path)
        return self.list_resources(path, api_version)

    def _check(self, path: str) -> None:
        for refused, error in self.refused.items():
            if path.lower().startswith(refused.lower()):
                self.log.append(("GET", path))
                raise error

    @property
    def asked(self) -> Sequence[str]:
        return [path for _method, path in self.log]


class Vaults:
    """Vaults with versions of secrets, by vault, secret and version; `broken` are those that give an error."""

    def __init__(self, secrets: dict[tuple[str, str, str], Document], broken: dict[str, NexusError]) -> None:
        self.secrets = secrets
        self.broken = broken
        self.asked: list[tuple[str, str, str]] = []

    def uri_of(self, vault_id: str) -> str:
        return f"https://{vault_id.rpartition('/')[2]}.vault.azure.net/"

    def find_version(self, vault_uri: str, name: str, version: str) -> Document | None:
        self.asked.append((vault_uri, name, version))
        if vault_uri in self.broken:
            raise self.broken[vault_uri]
        return self.secrets.get((vault_uri, name, version))


class RotationSession(FakeSession):
    def __init__(self, arm: Arm, vaults: Vaults | None = None) -> None:
        super().__init__(arm)
        self.rotation_arm = arm
        if vaults is not None:
            self.vault_secrets = vaults


def credential(name: str = "BMC Credential", secret: str = "bmc", **members: Any) -> Document:
    return {
        "expirePeriodDays": 90,
        "lastRotationTime": "2026-02-23T06:00:00Z",
        "rotationPeriodDays": 60,
        "secretArchiveReference": {
            "keyVaultId": VAULT,
            "keyVaultUri": VAULT_URI,
            "secretName": secret,
            "secretVersion": "v1",
        },
        "secretType": name,
        **members,
    }


def device(
    owner: Document, name: str, *entries: Document, kind: str = "bareMetalMachines", **properties: Any
) -> Document:
    """One of a cluster, in its managed resource group."""
    group = owner["properties"]["managedResourceGroupConfiguration"]["name"]
    subscription = owner["id"].split("/")[2]
    told: Document = {"clusterId": owner["id"].lower(), **properties}
    if entries:
        told["secretRotationStatus"] = list(entries)
    return {
        "id": f"/subscriptions/{subscription}/resourceGroups/{group}/{NEXUS}/{kind}/{name}",
        "name": name,
        "properties": told,
    }


def linked(name: str = "cluster-1", subscription: str = SUBSCRIPTION, group: str = "nexus-east") -> Document:
    """A cluster that writes into the vault with an identity of its own."""
    found = cluster(name=name, settings=settings(), block=identity(system=True))
    found["id"] = f"/subscriptions/{subscription}/resourceGroups/{group}/{NEXUS}/clusters/{name}"
    found["properties"]["managedResourceGroupConfiguration"] = {"name": f"{name}-managed"}
    return found


def pair(owner: Document) -> list[Document]:
    """A cluster with a machine and an appliance."""
    name = owner["name"]
    machine = device(owner, f"{name}-bmm", credential(), credential("Console", "console"))
    return [owner, machine, device(owner, f"{name}-sa", credential("Storage", "storage"), kind="storageAppliances")]


def fleet(count: int, subscription: str = SUBSCRIPTION, group: str = "nexus-east") -> list[Document]:
    return [part for number in range(count) for part in pair(linked(f"c{number}", subscription, group))]


def params(**given: Any) -> Document:
    return {
        "id": None,
        "name": None,
        "resource_group": None,
        "ids": None,
        "api_version": "2025-09-01",
        "expected_key_vault_id": None,
        "expected_vault_uri": None,
        "grace_days": 1,
        "check_secrets": False,
        "detail": "all",
        **given,
    }


def run(session: Any, **given: Any) -> Document:
    return module.run(params(**given), session, False, lambda: NOW)


def refusal(code: str = "AuthorizationFailed", status: int = 403) -> NexusError:
    return NexusError("it is not shown", status=status, code=code, operation="list", resource_id="/x")


def path(kind: str, group: str = "", subscription: str = SUBSCRIPTION) -> str:
    within = f"/resourceGroups/{group}" if group else ""
    return f"/subscriptions/{subscription}{within}/{NEXUS}/{kind}"


def test_one_cluster_in_order() -> None:
    session = RotationSession(Arm(*pair(linked())))
    result = run(session, id=CLUSTER.upper())
    assert (result["changed"], result["status"], result["checked_at"]) == (False, "ok", "2026-03-05T06:00:00Z")
    assert session.rotation_arm.asked == [
        CLUSTER.replace("cluster-1", "CLUSTER-1").replace("nexus-east", "NEXUS-EAST"),
        path("bareMetalMachines", "cluster-1-managed"),
        path("storageAppliances", "cluster-1-managed"),
    ]
    (found,) = result["clusters"]
    assert [(item["device_name"], item["device_kind"], item["credential"]) for item in found["credentials"]] == [
        ("cluster-1-bmm", "bare_metal_machine", "BMC Credential"),
        ("cluster-1-bmm", "bare_metal_machine", "Console"),
        ("cluster-1-sa", "storage_appliance", "Storage"),
    ]
    assert {item["cluster_name"] for item in found["credentials"]} == {"cluster-1"}
    assert {item["status"] for item in found["credentials"]} == {"ok"}
    assert (found["name"], found["location"], found["detailed_status"]) == ("cluster-1", "eastus", "Running")
    assert (found["status"], found["problem"], found["method"]) == ("ok", None, "cluster")
    assert found["expected_vault"] == {"key_vault_id": None, "key_vault_uri": VAULT_URI, "source": "link"}
    assert (found["summary"]["devices"], found["summary"]["credentials"]) == (2, 3)
    assert result["summary"] == {
        "clusters": 1,
        "clusters_by_status": {**dict.fromkeys(result["summary"]["clusters_by_status"], 0), "ok": 1},
        **found["summary"],
    }
    assert "vaults" not in result
    assert "secret" not in found["credentials"][0]


def names(result: Document) -> list[tuple[str, str, int]]:
    return [(item["name"], item["status"], item["summary"]["credentials"]) for item in result["clusters"]]


EAST, WEST = linked("east"), linked("west", group="nexus-west")


@pytest.mark.parametrize(
    ("given", "found", "requests"),
    [
        ({"name": "east", "resource_group": "nexus-east"}, ["east"], 3),
        ({"resource_group": "nexus-west"}, ["west"], 3),
        ({}, ["east", "west"], 5),
        ({"ids": [WEST["id"], EAST["id"].lower(), WEST["id"]]}, ["west", "east"], 6),
        ({"ids": []}, [], 0),
        ({"resource_group": "empty"}, [], 1),
    ],
)
def test_which_clusters(given: Document, found: list[str], requests: int) -> None:
    session = RotationSession(Arm(*pair(EAST), *pair(WEST)))
    result = run(session, **given)
    assert names(result) == [(name, "ok", 3) for name in found]
    assert result["status"] == ("ok" if found else "unknown")
    assert len(session.rotation_arm.log) == requests


def test_a_fleet_takes_three_lists_for_each_subscription() -> None:
    session = RotationSession(Arm(*fleet(300), *fleet(200, ELSEWHERE, "nexus-west")))
    ids = [key for key in session.rotation_arm.resources if "/clusters/" in key]
    result = run(session, ids=ids, detail="summary")
    assert result["summary"]["clusters_by_status"]["ok"] == 500
    assert result["summary"]["credentials"] == 1500
    kinds = ("clusters", "bareMetalMachines", "storageAppliances")
    assert sorted(session.rotation_arm.asked) == sorted(
        path(kind, subscription=subscription) for kind in kinds for subscription in (SUBSCRIPTION, ELSEWHERE)
    )


def test_a_subscription_takes_three_lists() -> None:
    session = RotationSession(Arm(*fleet(300)))
    assert run(session)["summary"]["clusters_by_status"]["ok"] == 300
    assert len(session.rotation_arm.log) == 3


def test_ids_keep_their_order_over_subscriptions() -> None:
    here, there = linked("here"), linked("there", ELSEWHERE)
    more = linked("more")
    session = RotationSession(Arm(*pair(here), *pair(there), *pair(more)))
    result = run(session, ids=[here["id"], there["id"], more["id"]])
    assert [item["name"] for item in result["clusters"]] == ["here", "there", "more"]


def test_no_device_of_another_cluster_is_taken() -> None:
    mine, other = linked(), linked("other")
    stray = device(mine, "stray", credential(), clusterId=other["id"])
    session = RotationSession(Arm(*pair(mine), *pair(other), stray))
    assert names(run(session, id=mine["id"])) == [("cluster-1", "ok", 3)]


@pytest.mark.parametrize("more", [0, 5])
def test_a_device_that_names_no_cluster_belongs_to_the_one_in_whose_group_it_lies(more: int) -> None:
    mine = linked()
    stray = device(mine, "stray", credential(), clusterId=None)
    session = RotationSession(Arm(*pair(mine), stray, *fleet(more)))
    shown = {item["name"]: item["summary"]["devices"] for item in run(session)["clusters"]}
    assert shown == {"cluster-1": 3, **{f"c{number}": 2 for number in range(more)}}


@pytest.mark.parametrize("more", [0, 5])
def test_a_device_that_tells_nothing_is_unknown(more: int) -> None:
    mine = linked()
    session = RotationSession(Arm(*pair(mine), device(mine, "mute"), *fleet(more)))
    found = next(item for item in run(session)["clusters"] if item["name"] == "cluster-1")
    (mute,) = [item for item in found["credentials"] if item["device_name"] == "mute"]
    assert (mute["status"], mute["credential"], found["status"]) == ("unknown", None, "unknown")
    assert found["summary"]["by_status"]["unknown"] == 1


def test_a_cluster_that_is_not_there_is_unknown() -> None:
    gone = CLUSTER.replace("cluster-1", "gone")
    result = run(RotationSession(Arm(*pair(linked()))), ids=[gone, CLUSTER])
    assert [(item["name"], item["status"]) for item in result["clusters"]] == [("gone", "unknown"), ("cluster-1", "ok")]
    assert result["clusters"][0]["problem"] == f"There is no cluster {gone}."
    assert result["clusters"][0].keys() == result["clusters"][1].keys()
    assert result["status"] == "unknown"


def test_one_that_a_list_leaves_out_is_read_by_itself() -> None:
    session = RotationSession(Arm(*fleet(5)))
    gone = CLUSTER.replace("cluster-1", "gone")
    ids = [item["id"] for item in fleet(5)[::3]]
    assert run(session, ids=[*ids, gone])["summary"]["clusters_by_status"]["unknown"] == 1
    assert session.rotation_arm.asked[:2] == [path("clusters"), gone]


def not_deployed(name: str, status: str = "PendingDeployment") -> Document:
    found = linked(name)
    found["properties"]["detailedStatus"] = status
    return found


@pytest.mark.parametrize("more", [0, 5])
def test_a_cluster_without_machines_is_unknown_and_one_that_is_not_deployed_is_not(more: int) -> None:
    """A list leaves out silently what is not shown, so that there are no machines rather than an error."""
    empty, half = linked("empty"), linked("half")
    appliance = device(half, "half-sa", credential(), kind="storageAppliances")
    arm = Arm(empty, half, appliance, not_deployed("pending"), *fleet(more))
    shown = {item["name"]: item for item in run(RotationSession(arm))["clusters"]}
    assert {name: shown[name]["status"] for name in ("empty", "half", "pending")} == {
        "empty": "unknown",
        "half": "unknown",
        "pending": "not_deployed",
    }
    assert [name for name, item in shown.items() if item["problem"]] == ["empty", "half"]
    for name in ("empty", "half"):
        assert shown[name]["problem"].startswith("Azure shows no bare metal machine of this cluster")
    assert shown["half"]["summary"]["by_status"]["ok"] == 1


def test_a_machine_that_names_another_cluster_leaves_its_own_without_one() -> None:
    mine = linked()
    stray = device(mine, "stray", credential(), clusterId=linked("gone")["id"])
    (found,) = run(RotationSession(Arm(mine, stray)), id=CLUSTER)["clusters"]
    assert (found["status"], found["credentials"]) == ("unknown", [])
    assert "clusterId" in found["problem"]


@pytest.mark.parametrize("status", ["PendingDeployment", "Deploying"])
def test_machines_that_tell_nothing_yet_are_no_fault_before_the_deployment(status: str) -> None:
    new = not_deployed("new", status)
    result = run(RotationSession(Arm(new, device(new, "mute"))))
    (found,) = result["clusters"]
    assert (found["status"], found["credentials"], result["summary"]["by_fault"]["unknown"]) == ("not_deployed", [], 0)
    # Once one of them tells something, the others should.
    told = Arm(new, device(new, "mute"), device(new, "talks", credential()))
    assert names(run(RotationSession(told))) == [("new", "unknown", 2)]


@pytest.mark.parametrize("kind", ["clusters", "bareMetalMachines"])
def test_what_a_list_has_twice_is_there_once(kind: str) -> None:
    class Moving(Arm):
        """What changes while a list is read may stand on two of its pages."""

        def list_resources(self, path: str, api_version: str) -> Any:
            found = super().list_resources(path, api_version)
            return [*found, {**found[0], "id": found[0]["id"].upper()}] if path.endswith(kind) else found

    assert names(run(RotationSession(Moving(*pair(linked()))))) == [("cluster-1", "ok", 3)]


# Of one cluster, or of one group.
ANSWERS = [
    refusal(),
    refusal("SubscriptionNotFound", 404),
    refusal("Conflict", 409),
    refusal("TooManyRequests", 429),
    refusal("InternalServerError", 500),
    refusal("GatewayTimeout", 504),
]
# No other cluster would go better.
ENDS = [refusal("ConnectionFailed", 0), refusal("AADSTS7000215", 401), refusal("NotJson", 200)]


@pytest.mark.parametrize("error", ANSWERS)
def test_a_cluster_that_is_not_shown_is_unknown(error: NexusError) -> None:
    arm = Arm(*pair(linked()))
    arm.refused[CLUSTER] = error
    (found,) = run(RotationSession(arm), id=CLUSTER)["clusters"]
    assert (found["status"], found["summary"]["credentials"], found["method"]) == ("unknown", 0, None)
    assert error.code in found["problem"]


@pytest.mark.parametrize("error", ANSWERS)
def test_machines_that_are_not_shown_make_a_cluster_unknown(error: NexusError) -> None:
    arm = Arm(*pair(linked()))
    arm.refused[path("bareMetalMachines", "cluster-1-managed")] = error
    (found,) = run(RotationSession(arm), id=CLUSTER)["clusters"]
    assert (found["status"], found["summary"]["by_status"]["ok"]) == ("unknown", 1)
    assert error.code in found["problem"]


def test_an_error_of_one_cluster_leaves_the_others_as_they_are() -> None:
    arm = Arm(*pair(linked("one")), *pair(linked("two")), *pair(linked("three")))
    one, two = linked("one")["id"], linked("two")["id"]
    arm.refused[one] = refusal("InternalServerError", 500)
    arm.refused[path("storageAppliances", "two-managed")] = refusal("Conflict", 409)
    result = run(RotationSession(arm), ids=[one, two, linked("three")["id"]])
    assert names(result) == [("one", "unknown", 0), ("two", "unknown", 2), ("three", "ok", 3)]


@pytest.mark.parametrize("refused", [CLUSTER, path("storageAppliances", "cluster-1-managed")])
@pytest.mark.parametrize("error", ENDS)
def test_what_is_about_all_clusters_ends_it(refused: str, error: NexusError) -> None:
    arm = Arm(*pair(linked()))
    arm.refused[refused] = error
    with pytest.raises(NexusError) as caught:
        run(RotationSession(arm), id=CLUSTER)
    assert caught.value is error


@pytest.mark.parametrize(("status", "detailed"), [("not_deployed", "PendingDeployment"), ("unknown", "Running")])
def test_a_managed_group_that_is_not_there(status: str, detailed: str) -> None:
    """It comes with the deployment."""
    new = linked()
    new["properties"]["detailedStatus"] = detailed
    arm = Arm(new)
    arm.refused["/subscriptions/" + SUBSCRIPTION + "/resourceGroups/cluster-1-managed"] = refusal(
        "ResourceGroupNotFound", 404
    )
    assert names(run(RotationSession(arm), id=CLUSTER)) == [("cluster-1", status, 0)]


def test_a_cluster_that_tells_no_managed_group() -> None:
    bare = linked()
    del bare["properties"]["managedResourceGroupConfiguration"]
    (found,) = run(RotationSession(Arm(bare)), id=CLUSTER)["clusters"]
    assert found["status"] == "unknown"
    # Once, not for machines and for appliances.
    assert found["problem"] == "It does not tell its managed resource group, in which its devices lie."


def test_lists_of_the_subscription_that_are_refused_are_read_group_by_group() -> None:
    arm = Arm(*fleet(5))
    for kind in ("clusters", "bareMetalMachines", "storageAppliances"):
        arm.refused[path(kind)] = refusal()
    arm.refused[path("storageAppliances", "c4-managed")] = refusal()
    result = run(RotationSession(arm), ids=[item["id"] for item in fleet(5)[::3]])
    assert names(result) == [*((f"c{number}", "ok", 3) for number in range(4)), ("c4", "unknown", 2)]


@pytest.mark.parametrize("refused", ["clusters", "bareMetalMachines"])
@pytest.mark.parametrize("error", [refusal("TooManyRequests", 429), *ENDS])
def test_other_errors_of_lists_of_all_end_it(refused: str, error: NexusError) -> None:
    arm = Arm(*fleet(5))
    arm.refused[path(refused)] = error
    with pytest.raises(NexusError) as caught:
        run(RotationSession(arm), ids=[item["id"] for item in fleet(5)[::3]])
    assert caught.value is error


@pytest.mark.parametrize(
    ("given", "status", "vault"),
    [
        ({"expected_key_vault_id": VAULT.upper()}, "ok", VAULT.upper().replace("/SUBSCRIPTIONS/", "/subscriptions/")),
        ({"expected_key_vault_id": VAULT.replace("nexus-secrets", "other")}, "misplaced", None),
        ({"expected_vault_uri": "https://NEXUS-secrets.vault.azure.net"}, "ok", VAULT_URI),
        ({"expected_vault_uri": "https://other.vault.azure.net/"}, "misplaced", None),
        # An older version does not tell the link, so the vault has to be given.
        ({"api_version": "2024-07-01"}, "unknown", None),
        ({"api_version": "2024-07-01", "expected_vault_uri": VAULT_URI}, "ok", VAULT_URI),
        ({"api_version": "2024-03-01-preview"}, "unknown", None),
    ],
)
def test_the_expected_vault(given: Document, status: str, vault: str | None) -> None:
    (found,) = run(RotationSession(Arm(*pair(linked()))), id=CLUSTER, **given)["clusters"]
    assert found["status"] == status
    shown = found["expected_vault"]
    assert shown["source"] == ("option" if any(name.startswith("expected") for name in given) else None)
    if vault:
        assert (shown["key_vault_id"] or shown["key_vault_uri"]).lower() == vault.lower()


@pytest.mark.parametrize(("grace", "status"), [(0, "overdue"), (2, "ok")])
def test_grace(grace: int, status: str) -> None:
    mine = linked()
    late = device(mine, "late", credential(lastRotationTime="2026-01-03T06:00:00Z"))
    assert names(run(RotationSession(Arm(mine, late)), grace_days=grace)) == [("cluster-1", status, 1)]


@pytest.mark.parametrize(("detail", "shown"), [("all", 3), ("problems", 1), ("summary", 0)])
def test_detail(detail: str, shown: int) -> None:
    mine = linked()
    mixed = device(mine, "mixed", credential(), credential(lastRotationTime="2025-01-03T06:00:00Z"), credential())
    result = run(RotationSession(Arm(mine, mixed)), detail=detail)
    (found,) = result["clusters"]
    assert len(found["credentials"]) == shown
    assert (found["status"], result["status"]) == ("expired", "expired")
    assert found["summary"]["credentials"] == result["summary"]["credentials"] == 3
    assert found["summary"]["by_status"]["expired"] == 1


HELD: dict[tuple[str, str, str], Document] = {
    (VAULT_URI, "bmc", "v1"): {"enabled": True, "exp": 1_800_000_000, "created": 1},
    (VAULT_URI, "console", "v1"): {"enabled": False},
}


def test_secrets_are_looked_for() -> None:
    vaults = Vaults(HELD, {})
    result = run(RotationSession(Arm(*pair(linked())), vaults), check_secrets=True)
    (found,) = result["clusters"]
    assert [(item["credential"], item["status"], item["secret"]) for item in found["credentials"]] == [
        ("BMC Credential", "ok", {"found": True, "enabled": True, "expires": "2027-01-15T08:00:00Z", "problem": None}),
        ("Console", "secret_unusable", {"found": True, "enabled": False, "expires": None, "problem": None}),
        ("Storage", "secret_unusable", {"found": False, "enabled": None, "expires": None, "problem": None}),
    ]
    assert result["vaults"] == [{"key_vault_uri": VAULT_URI, "problem": None}]
    assert len(vaults.asked) == 3


def test_a_vault_that_tells_nothing_is_asked_once() -> None:
    broken = NexusError("you may not", status=403, code="Forbidden", operation="list", resource_id=VAULT_URI)
    elsewhere = linked("elsewhere")
    # Without a URI, as before 2025-07-01-preview.
    other = {"keyVaultId": VAULT.replace("nexus-secrets", "other"), "secretName": "x", "secretVersion": "v1"}
    machine = device(elsewhere, "machine", credential(secretArchiveReference=other))
    held = {("https://other.vault.azure.net/", "x", "v1"): {"enabled": True}}
    vaults = Vaults(held, {VAULT_URI: broken})
    session = RotationSession(Arm(*pair(linked()), elsewhere, machine), vaults)
    result = run(session, check_secrets=True)
    assert names(result) == [("cluster-1", "unknown", 3), ("elsewhere", "misplaced", 1)]
    assert {item["secret"]["problem"] for item in result["clusters"][0]["credentials"]} == {"Forbidden"}
    assert result["clusters"][1]["credentials"][0]["secret"]["found"] is True
    assert len(vaults.asked) == 2
    assert [(item["key_vault_uri"], bool(item["problem"])) for item in result["vaults"]] == [
        (VAULT_URI, True),
        ("https://other.vault.azure.net/", False),
    ]
    assert "Forbidden" in result["vaults"][0]["problem"]


@pytest.mark.parametrize("reference", [None, {}, {"keyVaultId": VAULT}, {"secretName": "x", "secretVersion": "v1"}])
def test_where_no_secret_is_told_none_is_asked_for(reference: Document | None) -> None:
    mine, vaults = linked(), Vaults({}, {})
    machine = device(mine, "machine", credential(secretArchiveReference=reference))
    mute = device(mine, "mute")
    result = run(RotationSession(Arm(mine, machine, mute), vaults), check_secrets=True)
    assert (vaults.asked, result["vaults"]) == ([], [])
    for item in result["clusters"][0]["credentials"]:
        assert item["secret"] == {"found": None, "enabled": None, "expires": None, "problem": None}
        assert item["status"] in ("not_archived", "unknown")


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"id": VAULT}, "id"),
        ({"ids": [CLUSTER, VAULT]}, "ids"),
        ({"ids": [CLUSTER], "id": CLUSTER}, "id"),
        ({"ids": [], "name": "cluster-1", "resource_group": "nexus-east"}, "name"),
        ({"ids": [CLUSTER], "resource_group": "nexus-west"}, "resource_group"),
        ({"name": "cluster-1"}, "resource_group"),
        ({"id": CLUSTER, "name": "cluster-1"}, "name"),
        ({"resource_group": GROUP}, "resource_group"),
        ({"api_version": "x"}, "api_version"),
        ({"api_version": "2023-12-01-preview"}, "api_version"),
        ({"expected_key_vault_id": CLUSTER}, "expected_key_vault_id"),
        ({"expected_vault_uri": "http://x"}, "expected_vault_uri"),
        ({"expected_key_vault_id": VAULT, "expected_vault_uri": VAULT_URI}, "expected_vault_uri"),
        ({"grace_days": -1}, "grace_days"),
        ({"grace_days": 10**12}, "grace_days"),
    ],
)
def test_bad_input(given: Document, option: str) -> None:
    with pytest.raises(BadInput) as caught:
        run(NoSession(), **given)
    assert caught.value.target == option


def test_a_version_that_tells_nothing_of_rotations_is_refused_with_the_one_that_does() -> None:
    with pytest.raises(BadInput, match="Give 2024-03-01-preview or a later one"):
        run(NoSession(), api_version="2023-07-01")


def test_the_group_of_module_defaults_may_stand_beside_ids() -> None:
    session = RotationSession(Arm(*pair(linked())))
    assert names(run(session, ids=[CLUSTER], resource_group="NEXUS-east")) == [("cluster-1", "ok", 3)]


def test_a_secret_that_never_ends_is_found() -> None:
    """A time beyond the calendar is none."""
    held = {(VAULT_URI, name, "v1"): {"enabled": True, "exp": 253402300800} for name in ("bmc", "console", "storage")}
    (found,) = run(RotationSession(Arm(*pair(linked())), Vaults(held, {})), check_secrets=True)["clusters"]
    assert (found["status"], {item["secret"]["expires"] for item in found["credentials"]}) == ("ok", {None})


def test_the_result_is_as_documented() -> None:
    """Each member that there is, and no other."""
    documented = yaml.safe_load(module.RETURN)
    session = RotationSession(Arm(*pair(linked())), Vaults(HELD, {}))
    result = json.loads(json.dumps(run(session, check_secrets=True)))
    assert set(documented) - {"failure"} == set(result) - {"changed"}
    _assert_documented(result, documented)
    for name in ("summary", "clusters", "vaults"):
        _assert_same_members(result[name], documented[name]["sample"])


def _assert_documented(shown: Document, contains: Document) -> None:
    for name, value in shown.items():
        inner = contains.get(name, {}).get("contains")
        if inner and name != "summary":
            first = value[0] if isinstance(value, list) else value
            assert set(first) == set(inner), name
            _assert_documented(first, inner)


def _assert_same_members(shown: Any, sample: Any) -> None:
    if isinstance(sample, list) and isinstance(sample[0], dict):
        _assert_same_members(shown[0], sample[0])
    elif isinstance(sample, dict):
        assert list(shown) == list(sample)
        for name, value in sample.items():
            _assert_same_members(shown[name], value)
