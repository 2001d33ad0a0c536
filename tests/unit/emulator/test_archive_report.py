# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster shows of a validation: when its time moves, and how the state of an update goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from emulated import CLUSTER, IDENTITIES, MANAGER, VAULT, Emulated
from tenant import VAULT as TENANT_VAULT
from tenant import WRITER, Tenant

import nexus_platform
from moments import precise, to_second
from state import Document

STEP = "Validate Azure prerequisites"
SETTINGS: Document = {
    "vaultUri": "https://kv-one.vault.azure.emulator/",
    "associatedIdentity": {"identityType": "SystemAssignedIdentity"},
}
USE = {"properties": {"secretArchiveSettings": SETTINGS}}
HOUR = 3600


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


def with_identity(azure: Emulated) -> str:
    """Give the cluster a system assigned identity; its principal."""
    update(azure, {"identity": {"type": "SystemAssigned"}})
    return str(azure.get(CLUSTER)["identity"]["principalId"])


def update(azure: Emulated, body: Any, **headers: str) -> Document:
    assert azure.arm("PATCH", CLUSTER, body, **headers).status == 202
    azure.finish()
    return azure.get(CLUSTER)


def condition(cluster: Document) -> Document:
    return next(item for item in cluster["properties"]["conditions"] if item["type"] == "AzureSecretArchiveReady")


def last_validated(cluster: Document) -> str:
    return str(json.loads(condition(cluster)["message"])["lastValidated"])


@pytest.mark.parametrize(
    "body",
    [USE, {"tags": {"a": "b"}}, {"identity": {"type": "SystemAssigned"}}],
    ids=["the-same-settings", "tags", "the-same-identity"],
)
@pytest.mark.parametrize("fraction", [0.0, 0.9999])
def test_each_settled_write_is_validated_anew(azure: Emulated, body: Document, fraction: float) -> None:
    azure.grant_writer(with_identity(azure))
    first = update(azure, USE)
    azure.now += 100 + fraction
    second = update(azure, body)
    assert last_validated(second) == to_second(azure.now) > last_validated(first)
    assert last_validated(second) >= second["systemData"]["lastModifiedAt"][:19]
    assert condition(second)["lastTransitionTime"] == condition(first)["lastTransitionTime"]


def test_a_clock_that_moves_meanwhile_makes_no_validation_older_than_its_write(tenant: Tenant) -> None:
    tenant.grant("c-own", WRITER, TENANT_VAULT)
    tenant.settings("c-own", SETTINGS["vaultUri"])
    tenant.world.clock = iter(tenant.now + 1 + number * 0.7 for number in range(1000)).__next__
    document = tenant.cluster("c-own")
    nexus_platform.cluster_changed(tenant.world, document)
    assert last_validated(document)[:19] == document["systemData"]["lastModifiedAt"][:19]


def test_reads_validate_nothing_for_twelve_hours(azure: Emulated) -> None:
    azure.world.settings.token_seconds = 24 * HOUR
    azure.grant_writer(with_identity(azure))
    first = update(azure, USE)
    azure.now += 12 * HOUR - 1
    assert azure.get(CLUSTER) == first
    azure.now += 1
    second = azure.get(CLUSTER)
    assert last_validated(second) == to_second(azure.now)
    assert second["systemData"]["lastModifiedAt"] == precise(azure.now)
    assert condition(second)["lastTransitionTime"] == condition(first)["lastTransitionTime"]


def test_a_failure_is_retried_with_each_look_and_shown_once(azure: Emulated) -> None:
    principal = with_identity(azure)
    failed = update(azure, USE)
    assert condition(failed)["status"] == "False"
    azure.now += 60
    assert azure.get(CLUSTER) == failed
    azure.grant_writer(principal)
    azure.now += 1
    passed = azure.get(CLUSTER)
    assert (condition(passed)["status"], last_validated(passed)) == ("True", to_second(azure.now))
    assert condition(passed)["lastTransitionTime"] == to_second(azure.now)


def states(cluster: Document) -> tuple[str, str]:
    """Status of the update and of its one step."""
    (action,) = cluster["properties"]["actionStates"]
    assert action["actionType"] == "Microsoft.NetworkCloud/clusters/write"
    (step,) = action["stepStates"]
    assert step["stepName"] == STEP
    assert ("endTime" in action, "endTime" in step) == (
        action["status"] != "InProgress",
        step["status"] != "InProgress",
    )
    return action["status"], step["status"]


def test_an_update_tells_of_its_validation(azure: Emulated) -> None:
    azure.grant_writer(with_identity(azure))
    azure.arm("PATCH", CLUSTER, USE, x_ms_correlation_request_id="mine")
    begun = azure.now
    assert states(azure.get(CLUSTER)) == ("InProgress", "InProgress")
    azure.now += 5
    cluster = azure.get(CLUSTER)
    assert states(cluster) == ("Completed", "Completed")
    (action,) = cluster["properties"]["actionStates"]
    assert action["correlationId"] == "mine"
    assert (action["startTime"], action["endTime"]) == (to_second(begun), to_second(azure.now))
    again = azure.arm("PATCH", CLUSTER, {"tags": {}})
    azure.finish()
    (latest,) = azure.get(CLUSTER)["properties"]["actionStates"]
    assert latest["correlationId"] == again.headers["x-ms-correlation-request-id"]
    for version, shown in (("2025-02-01", False), ("2025-07-01-preview", True)):
        assert ("actionStates" in azure.get(CLUSTER, version)["properties"]) is shown


@pytest.mark.parametrize(("seconds", "ended"), [(599, "Completed"), (600, "Failed")])
def test_an_update_waits_ten_minutes_for_its_validation(azure: Emulated, seconds: int, ended: str) -> None:
    principal = with_identity(azure)
    azure.arm("PATCH", CLUSTER, USE)
    begun = azure.now
    azure.finish()
    cluster = azure.get(CLUSTER)
    assert cluster["properties"]["provisioningState"] == "Succeeded"
    assert states(cluster) == ("InProgress", "Failed")
    assert "KeyVaultAccessDenied" in cluster["properties"]["actionStates"][0]["stepStates"][0]["message"]
    azure.now = begun + seconds
    azure.get(CLUSTER)
    azure.grant_writer(principal)
    assert states(azure.get(CLUSTER)) == (ended, ended)
    assert condition(azure.get(CLUSTER))["status"] == "True"


def test_an_update_that_fails_comes_to_no_validation(azure: Emulated) -> None:
    azure.grant_writer(with_identity(azure))
    validated = last_validated(update(azure, USE))
    azure.now += 100
    azure.control("PATCH", "settings", {"fail_operations": 1})
    cluster = update(azure, {"tags": {}})
    assert states(cluster) == ("Failed", "Failed")
    assert last_validated(cluster) == validated


def test_the_platform_waits_for_the_end_of_a_write(azure: Emulated) -> None:
    """It has failed so far and looks at the cluster with each request; what is written would let it through."""
    selected = {"identityType": "UserAssignedIdentity", "userAssignedIdentityResourceId": f"{IDENTITIES}/id-a"}
    azure.world.settings.cluster_operator_role = "not_required"
    azure.grant_writer(azure.get(f"{IDENTITIES}/id-a", "2023-01-31")["properties"]["principalId"])
    both = {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {f"{IDENTITIES}/id-a": {}}}
    update(azure, USE | {"identity": both})
    azure.arm("PATCH", CLUSTER, {"properties": {"secretArchiveSettings": {"associatedIdentity": selected}}})
    assert condition(azure.get(CLUSTER))["status"] == "False"
    azure.finish()
    assert condition(azure.get(CLUSTER))["status"] == "True"


def test_a_deletion_silences_the_platform(azure: Emulated) -> None:
    """Until it fails; an update that waits for its validation goes on waiting then."""
    with_identity(azure)
    update(azure, USE)
    azure.control("PATCH", "settings", {"fail_operations": 1})
    azure.arm("DELETE", CLUSTER)
    shown = azure.get(CLUSTER)["properties"]
    assert shown["detailedStatusMessage"] == "Cluster is in the process of being deleted."
    azure.finish()
    after = azure.get(CLUSTER)
    assert "KeyVaultAccessDenied" in after["properties"]["detailedStatusMessage"]
    assert states(after) == ("InProgress", "Failed")


def test_without_an_archive_an_update_tells_nothing(azure: Emulated) -> None:
    assert "actionStates" not in update(azure, {"tags": {}})["properties"]
    with_identity(azure)
    assert states(update(azure, USE)) == ("InProgress", "Failed")
    unlinked = update(azure, {"properties": {"secretArchiveSettings": None}})
    assert not {"actionStates", "conditions"} & unlinked["properties"].keys()


def test_a_manager_that_changes_is_no_update_of_its_cluster(azure: Emulated) -> None:
    link = {"secretArchive": {"keyVaultId": VAULT, "useKeyVault": "True"}}
    azure.arm("PATCH", MANAGER, {"identity": {"type": "SystemAssigned"}})
    azure.grant_writer(azure.get(MANAGER)["identity"]["principalId"])
    before = update(azure, {"properties": link})["properties"]["actionStates"]
    azure.arm("PATCH", MANAGER, {"identity": {"type": "None"}})
    after = azure.get(CLUSTER)["properties"]
    assert after["actionStates"] == before
    assert "KeyVaultIdentityMissing" in after["detailedStatusMessage"]
