# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _proof
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._progress import Progress
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fake_time import FakeTime
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    CLUSTER,
    SUBSCRIPTION,
    VAULT,
    VAULT_URI,
    FakeArm,
    cluster,
    settings,
)

Document = dict[str, Any]

VERSION = "2025-09-01"
MANAGED = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/cluster-1-managed"
MACHINE = f"{MANAGED}/providers/Microsoft.NetworkCloud/bareMetalMachines/machine-1"
APPLIANCE = f"{MANAGED}/providers/Microsoft.NetworkCloud/storageAppliances/appliance-1"
DENIED = {"code": "KeyVaultAccessDenied", "message": "It may not write.", "remediation": "Assign the role"}


class Telling(FakeArm):
    """Keeps the lines that it would tell."""

    def __init__(self, *documents: Document) -> None:
        super().__init__(*documents)
        self.said: list[str] = []

    def progress(self, doing: str, resource_id: str) -> Progress:
        return Progress(self.said.append, "proof")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    return FakeTime(monkeypatch)


def written(time: str, **properties: Any) -> Document:
    """A cluster with settings, last written to at that time."""
    document = cluster(settings=settings())
    document["systemData"] = {"lastModifiedAt": time}
    document["properties"] |= {"managedResourceGroupConfiguration": {"name": "cluster-1-managed"}, **properties}
    return document


def passed(time: str) -> list[Document]:
    message = json.dumps({"schemaVersion": "v1", "lastValidated": time})
    return [{"type": "AzureSecretArchiveReady", "status": "True", "lastTransitionTime": time, "message": message}]


def failed(time: str, *errors: Document) -> list[Document]:
    message = json.dumps({"schemaVersion": "v1", "errors": list(errors)})
    return [{"type": "AzureSecretArchiveReady", "status": "False", "lastTransitionTime": time, "message": message}]


def device(device_id: str, time: str, cluster_id: str = CLUSTER, vault: str = VAULT) -> Document:
    entry = {"lastRotationTime": time, "secretArchiveReference": {"keyVaultId": vault}, "secretType": "BMC Credential"}
    return {"id": device_id, "properties": {"clusterId": cluster_id, "secretRotationStatus": [entry]}}


def prove(arm: FakeArm, vault: str = VAULT_URI, timeout: float = 900) -> tuple[Document, Document]:
    document = arm.get(CLUSTER, VERSION)
    assert document is not None
    arm.log.clear()
    return _proof.prove(arm, document, vault, VERSION, timeout)  # type: ignore[arg-type]


def sets(arm: FakeArm, **properties: Any) -> Callable[[], None]:
    return lambda: arm.resources[CLUSTER.lower()]["properties"].update(properties)


def test_what_the_platform_has_validated_since_the_last_write_is_proof_at_once(clock: FakeTime) -> None:
    arm = FakeArm(written(clock.text(-60.5), conditions=passed(clock.text(-60))))
    document, proof = prove(arm)
    assert proof == {"kind": "validated", "time": "2026-01-31T11:59:00Z"}
    assert (document["id"], arm.log, clock.now) == (CLUSTER, [], 0)


def test_within_one_second_nothing_is_too_early(clock: FakeTime) -> None:
    """Of the two times one has no decimals."""
    arm = FakeArm(written("2026-01-31T11:00:00.9999999Z", conditions=passed("2026-01-31T11:00:00Z")))
    assert prove(arm)[1]["kind"] == "validated"
    arm = FakeArm(written("2026-01-31T11:00:00.9999999Z"), device(MACHINE, "2026-01-31T11:00:00Z"))
    assert prove(arm)[1]["kind"] == "rotated"


def test_an_earlier_validation_is_none(clock: FakeTime) -> None:
    arm = Telling(written(clock.text(-60), conditions=passed(clock.text(-3600))))
    clock.at(100, sets(arm, conditions=passed(clock.text(99))))
    document, proof = prove(arm)
    assert proof == {"kind": "validated", "time": "2026-01-31T12:01:39Z"}
    assert document["properties"]["conditions"] == passed(clock.text(99)), "the cluster as it is now"
    assert 100 <= clock.now < 120
    assert arm.said[0] == "proof: begun (not validated yet)"
    assert arm.said[-1].startswith("proof: validated after 1 min")


@pytest.mark.parametrize("vault", [VAULT, VAULT_URI])
@pytest.mark.parametrize("device_id", [MACHINE, APPLIANCE])
def test_a_credential_that_was_rotated_into_the_vault_is_proof(clock: FakeTime, vault: str, device_id: str) -> None:
    arm = FakeArm(written(clock.text(-60)), device(device_id, clock.text(-30), CLUSTER.upper()))
    assert prove(arm, vault)[1] == {"kind": "rotated", "time": "2026-01-31T11:59:30Z"}
    assert arm.versions == {VERSION}


def test_a_rotation_while_it_waits(clock: FakeTime) -> None:
    arm = FakeArm(written(clock.text(-60)), device(MACHINE, clock.text(-3600)))
    entry = arm.resources[MACHINE.lower()]["properties"]["secretRotationStatus"][0]
    clock.at(40, lambda: entry.update(lastRotationTime=clock.text(40)))
    assert prove(arm)[1] == {"kind": "rotated", "time": "2026-01-31T12:00:40Z"}


@pytest.mark.parametrize(
    "other",
    [
        device(MACHINE, "2026-01-31T11:58:00Z"),
        device(MACHINE, "2026-01-31T11:59:30Z", CLUSTER + "0"),
        device(MACHINE, "2026-01-31T11:59:30Z", vault=VAULT + "-2"),
        device(MACHINE.replace("cluster-1-managed", "elsewhere"), "2026-01-31T11:59:30Z"),
        {"id": MACHINE, "properties": {}},
    ],
    ids=["before the write", "of another cluster", "into another vault", "not of this group", "without a status"],
)
def test_what_is_no_proof(clock: FakeTime, other: Document) -> None:
    arm = FakeArm(written(clock.text(-60)), other)
    with pytest.raises(NexusError) as caught:
        prove(arm, timeout=30)
    assert caught.value.code == "NotProven"
    assert clock.now == pytest.approx(30)


def test_a_validation_beside_old_rotations(clock: FakeTime) -> None:
    arm = FakeArm(written(clock.text(-60), conditions=passed(clock.text(-30))), device(MACHINE, clock.text(-10)))
    assert prove(arm)[1]["kind"] == "validated"
    assert arm.log == [], "devices are looked at only without it"


def test_a_refusal_is_waited_out_and_then_told_with_the_platforms_own_code(clock: FakeTime) -> None:
    arm = Telling(written(clock.text(-60), conditions=failed(clock.text(-30), DENIED)))
    with pytest.raises(NexusError) as caught:
        prove(arm, timeout=900)
    error = caught.value
    assert clock.now == pytest.approx(900)
    assert (error.code, error.target) == ("KeyVaultAccessDenied", "prove")
    assert "It may not write, and in 900 s" in str(error)
    assert error.remedy.startswith("Assign the role; ")
    assert "prove_timeout" in error.remedy
    assert error.failure["resource_id"] == CLUSTER
    assert arm.said[0] == "proof: begun (KeyVaultAccessDenied)"


def test_a_refusal_that_ends(clock: FakeTime) -> None:
    """A new role takes its time; the platform tries again about every two minutes."""
    arm = FakeArm(written(clock.text(-60), conditions=failed(clock.text(-30), DENIED)))
    clock.at(300, sets(arm, conditions=passed(clock.text(299))))
    assert prove(arm)[1]["kind"] == "validated"


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        ({"message": "Not reachable."}, "NotProven", "cannot write to the vault: Not reachable, and"),
        ({"code": "KeyVaultNotFound"}, "KeyVaultNotFound", "the platform has not validated the vault, and"),
        ({"code": "KeyVaultNotFound", "message": "Gone"}, "KeyVaultNotFound", "Gone, and"),
    ],
)
def test_a_refusal_that_tells_less(clock: FakeTime, error: Document, code: str, words: str) -> None:
    with pytest.raises(NexusError) as caught:
        prove(FakeArm(written(clock.text(-60), conditions=failed(clock.text(-30), error))), timeout=10)
    assert caught.value.code == code
    assert words in caught.value.message
    assert "conditions of the cluster" in caught.value.remedy


def test_without_time_there_is_one_look(clock: FakeTime) -> None:
    arm = FakeArm(written(clock.text(-60)))
    with pytest.raises(NexusError, match="NotProven"):
        prove(arm, timeout=0)
    assert clock.now == 0
    assert prove(FakeArm(written(clock.text(-60), conditions=passed(clock.text(-30)))), timeout=0)[1]["kind"]


@pytest.mark.parametrize("status", ["PendingDeployment", "Deploying"])
def test_a_cluster_that_is_not_deployed_has_nothing_to_prove(clock: FakeTime, status: str) -> None:
    conditions = passed(clock.text(-30))
    arm = FakeArm(written(clock.text(-60), detailedStatus=status, conditions=conditions))
    assert prove(arm)[1] == {"kind": None, "time": None}
    assert (arm.log, clock.now) == ([], 0)


def test_a_cluster_that_is_gone_meanwhile(clock: FakeTime) -> None:
    arm = FakeArm(written(clock.text(-60)))
    clock.at(10, arm.resources.clear)
    with pytest.raises(NexusError, match="ResourceNotFound"):
        prove(arm)


def test_a_later_write_of_the_platforms_own_does_not_move_the_goal(clock: FakeTime) -> None:
    """It writes what it has found: were that counted, the proof would always be older."""
    arm = FakeArm(written(clock.text(-60)))

    def validates() -> None:
        document = arm.resources[CLUSTER.lower()]
        document["properties"]["conditions"] = passed(clock.text(49))
        document["systemData"]["lastModifiedAt"] = clock.text(51)

    clock.at(50, validates)
    assert prove(arm)[1] == {"kind": "validated", "time": "2026-01-31T12:00:49Z"}


def test_what_was_true_before_an_operation_that_goes_on_is_no_proof(clock: FakeTime) -> None:
    """A write that nobody waits for has begun, and does not show: time and conditions are still those of before."""
    arm = FakeArm(
        written(clock.text(-3600), conditions=passed(clock.text(-1800)), provisioningState="Updating"),
        device(MACHINE, clock.text(-1000)),
    )

    def ends() -> None:
        document = arm.resources[CLUSTER.lower()]
        document["properties"]["provisioningState"] = "Succeeded"
        document["systemData"]["lastModifiedAt"] = clock.text(20)

    clock.at(20, ends)
    clock.at(120, sets(arm, conditions=passed(clock.text(119))))
    assert prove(arm)[1] == {"kind": "validated", "time": "2026-01-31T12:01:59Z"}


def test_a_document_that_tells_no_time_counts_as_written_now(clock: FakeTime) -> None:
    document = written("", conditions=passed("2001-01-01T00:00:00Z"))
    del document["systemData"]
    with pytest.raises(NexusError, match="NotProven"):
        prove(FakeArm(document), timeout=5)
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    document["properties"]["conditions"] = passed(now.replace(now[:4], "2999"))
    assert prove(FakeArm(document))[1]["kind"] == "validated"


class Refusing(FakeArm):
    """Gives this error for every list."""

    error: NexusError

    def list_resources(self, path: str, api_version: str) -> list[Document]:
        raise self.error


@pytest.mark.parametrize(("status", "code"), [(403, "AuthorizationFailed"), (404, "ResourceGroupNotFound")])
def test_devices_that_may_not_be_seen_do_not_keep_a_validation_from_being_proof(
    clock: FakeTime, status: int, code: str
) -> None:
    """They lie in a resource group of the platform's own."""
    arm = Refusing(written(clock.text(-60)))
    arm.error = NexusError("no", status=status, code=code)
    clock.at(30, sets(arm, conditions=passed(clock.text(29))))
    assert prove(arm)[1]["kind"] == "validated"


def test_other_errors_of_a_list_are_errors(clock: FakeTime) -> None:
    arm = Refusing(written(clock.text(-60)))
    arm.error = NexusError("down", status=503, code="ServerBusy")
    with pytest.raises(NexusError) as caught:
        prove(arm)
    assert caught.value is arm.error


@pytest.mark.parametrize("group", [None, {}, {"location": "eastus"}])
def test_a_cluster_without_a_managed_group_has_no_devices(clock: FakeTime, group: Any) -> None:
    document = written(clock.text(-60), managedResourceGroupConfiguration=group)
    with pytest.raises(NexusError, match="NotProven"):
        prove(FakeArm(document, device(MACHINE, clock.text(-30))), timeout=5)
