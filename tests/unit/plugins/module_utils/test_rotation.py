# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _rotation
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import VAULT, VAULT_URI, cluster

NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("status", "deployed"),
    [
        ("PendingDeployment", False),
        ("Deploying", False),
        ("Running", True),
        ("Updating", True),
        ("Degraded", True),
        ("Failed", True),
        (None, True),
    ],
)
def test_is_deployed(status: str | None, deployed: bool) -> None:
    assert _rotation.is_deployed({"properties": {"detailedStatus": status}}) is deployed


def test_a_bare_document_is_fine_everywhere() -> None:
    bare: list[dict[str, Any]] = [{}, {"properties": None, "systemData": None}, {"properties": {"conditions": None}}]
    for document in bare:
        assert _rotation.is_deployed(document) is True
        assert _rotation.last_modified(document) is None
        assert _rotation.validated(document) is None
        assert _rotation.refusal(document) is None
        assert _rotation.rotated([document], VAULT) is None


def test_last_modified() -> None:
    assert _rotation.last_modified({"systemData": {"lastModifiedAt": "2026-01-31T12:00:00.1234567Z"}}) == NOON


def condition(status: Any, message: Any = None, kind: str = "AzureSecretArchiveReady", **more: Any) -> dict[str, Any]:
    text = message if message is None or isinstance(message, str) else json.dumps(message)
    return {"type": kind, "status": status, "lastTransitionTime": "2026-01-31T11:00:00Z", "message": text, **more}


def with_conditions(*conditions: Any) -> dict[str, Any]:
    document = cluster()
    document["properties"]["conditions"] = list(conditions)
    return document


AT_NOON = {"schemaVersion": "v1", "lastValidated": "2026-01-31T12:00:00Z"}
AN_HOUR_BEFORE = NOON - timedelta(hours=1)
ALL_PREREQUISITES = "AzurePrerequisitesReady"


@pytest.mark.parametrize(
    ("conditions", "moment"),
    [
        ([condition("True", AT_NOON)], NOON),
        ([condition("true", AT_NOON)], NOON),
        ([condition(True, AT_NOON)], NOON),
        # The message may be plain text, or anything else.
        ([condition("True", "Key vault validated.")], AN_HOUR_BEFORE),
        ([condition("True", {"schemaVersion": "v1"})], AN_HOUR_BEFORE),
        ([condition("True", ["v1"])], AN_HOUR_BEFORE),
        ([condition("True", {"lastValidated": "lately"})], AN_HOUR_BEFORE),
        ([condition("True")], AN_HOUR_BEFORE),
        ([{"type": "AzureSecretArchiveReady", "status": "True"}], None),
        ([condition("False", AT_NOON)], None),
        ([condition("Unknown", AT_NOON)], None),
        ([condition(None, AT_NOON)], None),
        # The one about everything counts only where there is none about the vault.
        ([condition("True", AT_NOON, ALL_PREREQUISITES)], NOON),
        ([condition("True", AT_NOON, ALL_PREREQUISITES), condition("False")], None),
        ([condition("False", kind=ALL_PREREQUISITES), condition("True", AT_NOON)], NOON),
        ([condition("Unknown"), condition("True", AT_NOON, ALL_PREREQUISITES)], None),
        ([condition("True", AT_NOON, "AzureLogAnalyticsReady")], None),
        (["True", None, condition("True", AT_NOON)], NOON),
        ([], None),
    ],
)
def test_validated(conditions: list[Any], moment: datetime | None) -> None:
    assert _rotation.validated(with_conditions(*conditions)) == moment


DENIED = {"code": "KeyVaultAccessDenied", "message": "No.", "remediation": "Assign the role."}
NOTHING = {"code": "", "message": "", "remediation": ""}


@pytest.mark.parametrize(
    ("conditions", "refusal"),
    [
        ([condition("False", {"errors": [DENIED, {"code": "Other"}]})], DENIED),
        ([condition("False", {"errors": [{"code": "KeyVaultNotFound"}]})], {**NOTHING, "code": "KeyVaultNotFound"}),
        ([condition("False", {"errors": [{**DENIED, "remediation": None}]})], {**DENIED, "remediation": ""}),
        ([condition("False", {"errors": DENIED})], DENIED),
        ([condition("False", {"errors": ["denied"]})], {**NOTHING, "message": "denied"}),
        ([condition("False", {"errors": "denied"})], {**NOTHING, "message": "denied"}),
        ([condition("False", "Key vault is not reachable.")], {**NOTHING, "message": "Key vault is not reachable."}),
        ([condition("False", {"errors": []})], {**NOTHING, "message": '{"errors": []}'}),
        ([condition(False)], NOTHING),
        ([condition("False", {"errors": [DENIED]}, ALL_PREREQUISITES)], DENIED),
        # What else the customer provides is not our concern.
        ([condition("True"), condition("False", {"errors": [DENIED]}, ALL_PREREQUISITES)], None),
        ([condition("True", {"errors": [DENIED]})], None),
        ([condition("Unknown", {"errors": [DENIED]})], None),
        ([], None),
    ],
)
def test_refusal(conditions: list[Any], refusal: dict[str, str] | None) -> None:
    assert _rotation.refusal(with_conditions(*conditions)) == refusal


STEP = "Validate Azure prerequisites"


def action(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"actionType": "Microsoft.NetworkCloud/clusters/write", "status": "InProgress", "stepStates": list(steps)}


def step(status: str, time: str | None, name: str = STEP, message: str = "No.") -> dict[str, Any]:
    found = {"stepName": name, "status": status, "startTime": "2026-01-31T01:00:00Z", "message": message}
    return found if time is None else {**found, "endTime": f"2026-01-31T{time}Z"}


OF_STEP = {**NOTHING, "message": "No."}


@pytest.mark.parametrize(
    ("actions", "conditions", "moment", "refusal"),
    [
        ([action(step("Completed", "12:00:00"))], [], NOON, None),
        ([action(step("Failed", "12:00:00"))], [], None, OF_STEP),
        ([action(step("InProgress", None))], [], None, None),
        ([action(step("Completed", "12:00:00", "Deploy"), step("Failed", "12:00:00", "Deploy"))], [], None, None),
        ([action(), {"actionType": "other"}, {"stepStates": None}], [], None, None),
        # The last of them counts, and those without a time are the oldest.
        ([action(step("Failed", "11:00:00")), action(step("Completed", "12:00:00"))], [], NOON, None),
        ([action(step("Completed", "12:00:00")), action(step("Failed", "12:00:01"))], [], None, OF_STEP),
        ([action(step("Failed", None)), action(step("Completed", "12:00:00"))], [], NOON, None),
        ([action(step("Completed", None))], [], None, None),
        # Of step and condition the later one, and at the same time the condition, which says more.
        ([action(step("Failed", "11:59:59"))], [condition("True", AT_NOON)], NOON, None),
        ([action(step("Failed", "12:00:00"))], [condition("True", AT_NOON)], NOON, None),
        ([action(step("Failed", "12:00:01"))], [condition("True", AT_NOON)], None, OF_STEP),
        ([action(step("Completed", "12:00:00"))], [condition("False", {"errors": [DENIED]})], NOON, None),
        ([action(step("Completed", "10:59:59"))], [condition("False", {"errors": [DENIED]})], None, DENIED),
        ([action(step("Failed", "11:00:00"))], [condition("False", {"errors": [DENIED]})], None, DENIED),
        ([action(step("Completed", "12:00:00"))], [condition("Unknown")], NOON, None),
        ([action(step("Failed", "12:00:00"))], [{"type": "AzureSecretArchiveReady", "status": "True"}], None, OF_STEP),
    ],
)
def test_the_last_action_tells_where_no_condition_does(
    actions: list[Any], conditions: list[Any], moment: datetime | None, refusal: dict[str, str] | None
) -> None:
    document = with_conditions(*conditions)
    document["properties"]["actionStates"] = actions
    assert _rotation.validated(document) == moment
    assert _rotation.refusal(document) == refusal


def device(*entries: Any) -> dict[str, Any]:
    return {"properties": {"secretRotationStatus": list(entries)}}


def entry(time: str | None, **reference: str) -> dict[str, Any]:
    found: dict[str, Any] = {"secretType": "BMC Credential", "rotationPeriodDays": 60}
    if time:
        found["lastRotationTime"] = f"2026-01-31T{time}Z"
    if reference:
        found["secretArchiveReference"] = {"secretName": "one", "secretVersion": "1", **reference}
    return found


OTHER = VAULT + "-2"
OTHER_URI = "https://nexus-secrets-2.vault.azure.net/"


@pytest.mark.parametrize(
    ("devices", "by_id", "by_uri"),
    [
        ([device(entry("12:00:00", keyVaultId=VAULT, keyVaultUri=VAULT_URI))], True, True),
        # Api-versions before 2025-07-01-preview tell no URI.
        ([device(entry("12:00:00", keyVaultId=VAULT))], True, True),
        ([device(entry("12:00:00", keyVaultId=VAULT.upper().replace("NEXUS-EAST", "ELSEWHERE")))], False, True),
        ([device(entry("12:00:00", keyVaultId=VAULT.lower()))], True, True),
        ([device(entry("12:00:00", keyVaultUri=VAULT_URI.upper().rstrip("/")))], False, True),
        ([device(entry("12:00:00", keyVaultId=OTHER, keyVaultUri=OTHER_URI))], False, False),
        # Not in a vault of the customer, or never rotated.
        ([device(entry("12:00:00"))], False, False),
        ([device(entry(None, keyVaultId=VAULT, keyVaultUri=VAULT_URI))], False, False),
        ([device({"secretType": "BMC Credential"})], False, False),
        ([device(), {"properties": {"secretRotationStatus": None}}], False, False),
        ([], False, False),
        # The last one of all that count.
        (
            [
                device(entry(None, keyVaultId=VAULT), entry("09:00:00", keyVaultId=VAULT)),
                device(entry("11:00:00", keyVaultId=VAULT), entry("13:00:00", keyVaultId=OTHER), entry("14:00:00")),
                device(entry("12:00:00.1234567", keyVaultId=VAULT)),
                device(entry("10:00:00", keyVaultId=VAULT)),
            ],
            True,
            True,
        ),
    ],
)
def test_rotated(devices: list[dict[str, Any]], by_id: bool, by_uri: bool) -> None:
    assert _rotation.rotated(devices, VAULT) == (NOON if by_id else None)
    assert _rotation.rotated(devices, VAULT_URI) == (NOON if by_uri else None)
