# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.modules import nexus_cluster_secret_archive
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    CLUSTER,
    MANAGER,
    VAULT,
    FakeArm,
    FakeSession,
    NoSession,
    cluster,
    vault,
)

LINKED = {"keyVaultId": VAULT, "useKeyVault": "True"}


def params(**given: Any) -> dict[str, Any]:
    return {
        "id": CLUSTER,
        "api_version": "2025-09-01",
        "wait": True,
        "wait_timeout": 60,
        "state": "present",
        "key_vault_id": VAULT,
        "use_key_vault": True,
        "check_vault": False,
        **given,
    }


def run(arm: FakeArm, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    return nexus_cluster_secret_archive.run(params(**given), FakeSession(arm), check_mode)  # type: ignore[arg-type]


def test_a_failed_operation_behind_the_wanted_link_is_a_warning() -> None:
    document = cluster(LINKED)
    document["properties"].update(provisioningState="Failed", detailedStatusMessage="")
    assert run(FakeArm(document))["warnings"] == [
        f"the last operation on {CLUSTER} ended as Failed; its settings may not be in effect"
    ]
    assert run(FakeArm(cluster(LINKED)))["warnings"] == []


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        (None, {}, LINKED),
        (LINKED, {"use_key_vault": False}, {"keyVaultId": VAULT, "useKeyVault": "False"}),
        (LINKED, {"state": "absent", "key_vault_id": None}, None),
        (LINKED, {"state": "absent"}, None),
        (
            LINKED,
            {"state": "absent", "key_vault_id": None, "api_version": "2024-06-01-preview"},
            {"keyVaultId": VAULT, "useKeyVault": "False"},
        ),
    ],
)
def test_first_run_second_run_and_check_mode_agree(
    before: dict[str, Any] | None, given: dict[str, Any], after: dict[str, Any] | None
) -> None:
    arm = FakeArm(cluster(before))
    predicted = run(arm, check_mode=True, **given)
    assert arm.writes == []
    first = run(arm, **given)
    second = run(arm, **given)
    assert (predicted["changed"], first["changed"], second["changed"]) == (True, True, False)
    assert arm.bodies == [{"properties": {"secretArchive": after}}]
    assert predicted == first
    assert first["secret_archive"] == second["secret_archive"] == first["diff"]["after"]["secret_archive"]
    assert first["cluster_manager_id"] == MANAGER


def test_the_given_api_version_and_time_limit_count() -> None:
    arm = FakeArm(cluster())
    run(arm, api_version="2025-02-01", wait_timeout=77)
    assert arm.versions == {"2025-02-01"}
    assert [round(limit) for limit in arm.limits] == [77]


def test_another_vault_is_not_unlinked() -> None:
    arm = FakeArm(cluster({**LINKED, "keyVaultId": VAULT + "-2"}))
    assert run(arm, state="absent")["changed"] is False
    assert arm.writes == []


def test_without_wait_the_operation_has_only_begun() -> None:
    arm = FakeArm(cluster())
    result = run(arm, wait=False)
    assert result["changed"] is True
    assert result["provisioning_state"] == "Updating"
    assert result["secret_archive"] == {"key_vault_id": VAULT, "use_key_vault": True}


def test_two_hosts_that_link_the_same_cluster() -> None:
    def somebody_links(document: dict[str, Any]) -> None:
        document["properties"]["secretArchive"] = dict(LINKED)
        document["properties"]["provisioningState"] = "Updating"

    arm = FakeArm(cluster())
    arm.before_patch = [somebody_links]
    assert run(arm)["changed"] is False
    assert len(arm.writes) == 1


def test_an_operation_that_failed_is_reported() -> None:
    arm = FakeArm(cluster())
    arm.before_patch = [NexusError("quota", code="OperationFailed")]
    with pytest.raises(NexusError, match="OperationFailed"):
        run(arm)


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"key_vault_id": None}, "key_vault_id"),
        ({"key_vault_id": ""}, "key_vault_id"),
        ({"key_vault_id": "nexus-secrets"}, "key_vault_id"),
        ({"key_vault_id": CLUSTER}, "key_vault_id"),
        ({"id": VAULT}, "id"),
        ({"name": "cluster-1"}, "name"),
        ({"api_version": "2023-07-01"}, "api_version"),
    ],
)
def test_bad_input_is_refused_before_anything_is_asked(given: dict[str, Any], option: str) -> None:
    with pytest.raises(BadInput) as caught:
        nexus_cluster_secret_archive.run(params(**given), NoSession(), False)  # type: ignore[arg-type]
    assert caught.value.target == option
    assert caught.value.remedy


def test_a_cluster_that_ignores_the_link_is_worth_a_warning() -> None:
    document = cluster()
    assert run(FakeArm(document), check_mode=True)["warnings"] == []
    document["properties"]["secretArchiveSettings"] = {"vaultUri": "https://other.vault.azure.net/"}
    warnings = run(FakeArm(document))["warnings"]
    assert [CLUSTER in text and "https://other.vault.azure.net/" in text for text in warnings] == [True]
    assert run(FakeArm(document), state="absent")["warnings"] == []


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("vaults", "code"), [([], "ResourceNotFound"), ([vault(rbac=False)], "VaultUsesAccessPolicies")]
)
def test_a_vault_that_will_not_do_is_an_error_before_the_write(
    vaults: list[dict[str, Any]], code: str, check_mode: bool
) -> None:
    arm = FakeArm(cluster(), *vaults)
    with pytest.raises(NexusError) as caught:
        run(arm, check_mode, check_vault=True)
    assert caught.value.code == code
    assert VAULT in str(caught.value)
    assert arm.writes == []


def test_the_vault_is_looked_at_only_when_asked_for() -> None:
    cases: list[dict[str, Any]] = [{}, {"check_vault": True, "state": "absent"}]
    for given in cases:
        arm = FakeArm(cluster(LINKED))
        run(arm, **given)
        assert ("GET", VAULT) not in arm.log
    arm = FakeArm(cluster(), vault())
    assert run(arm, check_vault=True)["changed"] is True
    assert arm.log[0] == ("GET", VAULT)


@pytest.mark.parametrize(
    ("known_cluster", "known_vault", "asked"),
    [
        (cluster(LINKED), vault(), []),
        (cluster(), vault(), [VAULT, CLUSTER]),
        (cluster(LINKED), vault(rbac=False), [VAULT, CLUSTER]),
    ],
    ids=["all is well", "the cluster has something to do", "the vault was none that would do"],
)
def test_what_the_run_has_read_proves_only_that_nothing_needs_doing(
    known_cluster: dict[str, Any], known_vault: dict[str, Any], asked: list[str]
) -> None:
    arm = FakeArm(cluster(LINKED), vault())
    arm.remembered = {CLUSTER.lower(): known_cluster, VAULT.lower(): known_vault}
    result = run(arm, check_vault=True)
    assert (result["changed"], result["secret_archive"]["key_vault_id"]) == (False, VAULT)
    assert [resource_id for _method, resource_id in arm.log] == asked
