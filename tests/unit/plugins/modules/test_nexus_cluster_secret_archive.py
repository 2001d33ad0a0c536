# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One module for two methods: links by `secretArchive` first, then by `secretArchiveSettings`, then taking away."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.modules import nexus_cluster_secret_archive
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fake_time import FakeTime
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    CLUSTER,
    MANAGER,
    UAI_ONE,
    UAI_TWO,
    VAULT,
    VAULT_URI,
    FakeArm,
    FakeSession,
    NoSession,
    as_azure_spells,
    cluster,
    identity,
    settings,
    vault,
)

LINKED = {"keyVaultId": VAULT, "useKeyVault": "True"}
OTHER_URI = "https://nexus-secrets-2.vault.azure.net/"
SYSTEM, USER = "SystemAssignedIdentity", "UserAssignedIdentity"
# What tasks of the newer method say beside the vault.
AS_SYSTEM: dict[str, Any] = {"identity_type": SYSTEM}
AS_ONE: dict[str, Any] = {"identity_resource_id": UAI_ONE}
BY_URI: dict[str, Any] = {"key_vault_id": None, "vault_uri": VAULT_URI}


def params(**given: Any) -> dict[str, Any]:
    return {
        "id": CLUSTER,
        "api_version": "2025-09-01",
        "wait": True,
        "wait_timeout": 60,
        "state": "present",
        "method": None,
        "key_vault_id": VAULT,
        "vault_uri": None,
        "identity_type": None,
        "identity_resource_id": None,
        "add_identity": True,
        "use_key_vault": True,
        "check_vault": False,
        "prove": False,
        "prove_timeout": 900,
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
    assert first["secret_archive_settings"] is None
    assert "proof" not in first


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
        ({"api_version": "2023-07-01", "state": "absent"}, "api_version"),
        ({"api_version": "2024-07-01", "state": "absent", "method": "cluster"}, "api_version"),
        ({"api_version": "2024-07-01", "state": "absent", **BY_URI}, "api_version"),
        ({"api_version": "2024-07-01", **AS_SYSTEM}, "api_version"),
        ({"method": "cluster_manager", **AS_SYSTEM}, "identity_type"),
        ({"method": "cluster_manager", **AS_ONE}, "identity_resource_id"),
        ({"method": "cluster_manager", **BY_URI}, "vault_uri"),
        ({"method": "cluster_manager", **BY_URI, **AS_ONE}, "vault_uri"),
        ({"method": "cluster_manager", **BY_URI, "state": "absent"}, "vault_uri"),
        ({"vault_uri": VAULT_URI, **AS_SYSTEM}, "vault_uri"),
        ({"vault_uri": VAULT_URI, "state": "absent"}, "vault_uri"),
        ({"key_vault_id": None, "vault_uri": VAULT, **AS_SYSTEM}, "vault_uri"),
        ({"key_vault_id": None, "vault_uri": "http://nexus-secrets.vault.azure.net", "state": "absent"}, "vault_uri"),
        ({"key_vault_id": "nexus-secrets", **AS_SYSTEM}, "key_vault_id"),
        ({"key_vault_id": None, **AS_SYSTEM}, "key_vault_id"),
        ({"key_vault_id": None, "method": "cluster"}, "key_vault_id"),
        ({"key_vault_id": "nexus-secrets", "state": "absent"}, "key_vault_id"),
        ({"method": "cluster"}, "identity_type"),
        ({**BY_URI}, "identity_type"),
        ({"identity_type": USER}, "identity_resource_id"),
        ({"identity_type": USER, "identity_resource_id": ""}, "identity_resource_id"),
        ({"identity_type": SYSTEM, **AS_ONE}, "identity_resource_id"),
        ({"identity_resource_id": "one"}, "identity_resource_id"),
        ({"identity_resource_id": VAULT}, "identity_resource_id"),
        ({"use_key_vault": False, **AS_SYSTEM}, "use_key_vault"),
        ({"use_key_vault": False, "method": "cluster"}, "use_key_vault"),
        ({"check_vault": True, **BY_URI, **AS_SYSTEM}, "check_vault"),
    ],
)
def test_bad_input_is_refused_before_anything_is_asked(given: dict[str, Any], option: str) -> None:
    with pytest.raises(BadInput) as caught:
        nexus_cluster_secret_archive.run(params(**given), NoSession(), False)  # type: ignore[arg-type]
    assert caught.value.target == option
    assert caught.value.remedy


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_cluster_that_ignores_the_link_is_worth_a_warning(check_mode: bool) -> None:
    assert run(FakeArm(cluster()), check_mode)["warnings"] == []
    document = cluster(settings=settings(vault_uri=OTHER_URI), block=identity(UAI_ONE))
    result = run(FakeArm(document), check_mode)
    assert [CLUSTER in text and OTHER_URI in text for text in result["warnings"]] == [True]
    assert (result["method"], result["previous_method"]) == ("cluster", "cluster")
    assert run(FakeArm(document), check_mode, state="absent")["warnings"] == []
    # Settings alone do not make it ignore the link.
    del document["identity"]
    result = run(FakeArm(document), check_mode)
    assert (result["warnings"], result["method"]) == ([], "cluster_manager")


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


def stored(arm: FakeArm) -> Any:
    """The settings that Azure holds."""
    return arm.resources[CLUSTER.lower()]["properties"].get("secretArchiveSettings")


def held(arm: FakeArm) -> dict[str, Any]:
    """The identity that it holds."""
    block: dict[str, Any] = arm.resources[CLUSTER.lower()].get("identity") or {}
    return block


def ids(arm: FakeArm) -> set[str]:
    return {item.lower() for item in held(arm).get("userAssignedIdentities") or {}}


@pytest.mark.parametrize("named", [{}, BY_URI], ids=["by its id", "by its uri"])
@pytest.mark.parametrize(
    ("before", "given", "bodies", "methods"),
    [
        # The identity, beside all that the cluster has, and the settings go in one PATCH.
        (
            cluster(block=identity(UAI_TWO, system=True)),
            AS_ONE,
            [
                {
                    "identity": {
                        "type": "SystemAssigned,UserAssigned",
                        "userAssignedIdentities": {as_azure_spells(UAI_TWO): {}, UAI_ONE: {}},
                    },
                    "properties": {"secretArchiveSettings": settings(UAI_ONE)},
                }
            ],
            (None, "cluster"),
        ),
        (
            cluster(LINKED),
            {"identity_resource_id": as_azure_spells(UAI_ONE), "identity_type": USER},
            [
                {
                    "identity": {"type": "UserAssigned", "userAssignedIdentities": {UAI_ONE: {}}},
                    "properties": {"secretArchiveSettings": settings(UAI_ONE)},
                }
            ],
            ("cluster_manager", "cluster"),
        ),
        # Only what is missing.
        (
            cluster(LINKED, block=identity(UAI_ONE)),
            AS_ONE,
            [{"properties": {"secretArchiveSettings": settings(UAI_ONE)}}],
            ("cluster_manager", "cluster"),
        ),
        (
            cluster(settings=settings(UAI_ONE), block=identity(UAI_TWO)),
            AS_ONE,
            [
                {
                    "identity": {
                        "type": "UserAssigned",
                        "userAssignedIdentities": {as_azure_spells(UAI_TWO): {}, UAI_ONE: {}},
                    }
                }
            ],
            ("cluster", "cluster"),
        ),
        (
            cluster(block=identity(system=True)),
            AS_SYSTEM,
            [{"properties": {"secretArchiveSettings": settings()}}],
            (None, "cluster"),
        ),
        # From one kind of identity to the other, and to another vault.
        (
            cluster(settings=settings(as_azure_spells(UAI_ONE), OTHER_URI), block=identity(UAI_ONE, system=True)),
            AS_SYSTEM,
            [
                {
                    "properties": {
                        "secretArchiveSettings": {
                            "vaultUri": VAULT_URI,
                            "associatedIdentity": {"identityType": SYSTEM, "userAssignedIdentityResourceId": None},
                        }
                    }
                }
            ],
            ("cluster", "cluster"),
        ),
        (
            cluster(settings=settings(), block=identity(UAI_ONE, system=True)),
            AS_ONE,
            [{"properties": {"secretArchiveSettings": settings(UAI_ONE)}}],
            ("cluster", "cluster"),
        ),
        (
            cluster(settings=settings(UAI_ONE), block=identity(UAI_ONE, UAI_TWO)),
            {"identity_resource_id": UAI_TWO},
            [{"properties": {"secretArchiveSettings": settings(UAI_TWO)}}],
            ("cluster", "cluster"),
        ),
    ],
)
def test_settings_first_run_second_run_and_check_mode_agree(
    before: dict[str, Any],
    given: dict[str, Any],
    bodies: list[dict[str, Any]],
    methods: tuple[str, str],
    named: dict[str, Any],
) -> None:
    arm = FakeArm(before, vault())
    kept = ids(arm) | {"system"} if "principalId" in held(arm) else ids(arm)
    predicted = run(arm, check_mode=True, **given, **named)
    assert arm.writes == []
    first = run(arm, **given, **named)
    second = run(arm, **given, **named)
    assert (predicted["changed"], first["changed"], second["changed"]) == (True, True, False)
    assert arm.bodies == bodies
    assert predicted == first
    assert second["diff"]["before"] == second["diff"]["after"] == first["diff"]["after"]
    assert (first["previous_method"], first["method"]) == methods
    assert (second["previous_method"], second["method"]) == (methods[1], methods[1])
    assert (first["redirected"], second["redirected"]) == (methods[0] is not None and "properties" in bodies[0], False)

    wanted_id = UAI_TWO if given.get("identity_resource_id") == UAI_TWO else UAI_ONE
    assert first["secret_archive_settings"] == {
        "vault_uri": VAULT_URI,
        "identity_type": SYSTEM if given is AS_SYSTEM else USER,
        "identity_resource_id": None if given is AS_SYSTEM else wanted_id,
    }
    # Azure holds no id beside the system assigned identity, and no identity has been lost.
    assert stored(arm) == settings("" if given is AS_SYSTEM else wanted_id)
    assert kept - {"system"} <= ids(arm)
    assert ("system" in kept) is ("principalId" in held(arm))
    assert first["warnings"] == predicted["warnings"] == second["warnings"] == []
    assert first["secret_archive"] == second["secret_archive"], "the older link stays"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (AS_SYSTEM, {"secret_archive_settings"}),
        (AS_ONE, {"secret_archive_settings", "identity"}),
        ({}, {"secret_archive"}),
        ({"state": "absent"}, {"secret_archive", "secret_archive_settings"}),
        ({"state": "absent", "method": "cluster"}, {"secret_archive_settings"}),
        ({"state": "absent", "method": "cluster_manager"}, {"secret_archive"}),
    ],
)
def test_a_diff_shows_what_the_task_is_about(given: dict[str, Any], shown: set[str]) -> None:
    document = cluster({**LINKED, "keyVaultId": VAULT + "-2"}, settings=settings(), block=identity(system=True))
    diff = run(FakeArm(document, vault()), check_mode=True, **given)["diff"]
    assert set(diff["before"]) == set(diff["after"]) == shown


def test_the_vault_is_read_for_its_uri_and_only_for_that() -> None:
    """A vault with access policies has one, too; whether it will do is another question."""
    arm = FakeArm(cluster(block=identity(system=True)), vault(rbac=False))
    run(arm, **AS_SYSTEM)
    assert arm.log == [("GET", VAULT), ("GET", CLUSTER), ("PATCH", CLUSTER)]
    arm = FakeArm(cluster(block=identity(system=True)), vault())
    run(arm, **BY_URI, **AS_SYSTEM)
    assert arm.log == [("GET", CLUSTER), ("PATCH", CLUSTER)]


def test_the_older_method_needs_no_uri() -> None:
    unfinished = vault()
    del unfinished["properties"]["vaultUri"]
    assert run(FakeArm(cluster(), unfinished), check_vault=True)["changed"] is True


def test_the_uri_is_the_one_that_the_vault_tells() -> None:
    """Not one made of its name: each cloud has a domain of its own."""
    elsewhere = vault()
    elsewhere["properties"]["vaultUri"] = "https://Nexus-Secrets.vault.usgovcloudapi.net"
    arm = FakeArm(cluster(block=identity(system=True)), elsewhere)
    run(arm, **AS_SYSTEM)
    assert stored(arm)["vaultUri"] == "https://nexus-secrets.vault.usgovcloudapi.net/"


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("given", [AS_SYSTEM, AS_ONE])
def test_a_vault_that_is_not_there_has_no_uri(given: dict[str, Any], check_mode: bool) -> None:
    arm = FakeArm(cluster(block=identity(system=True)))
    with pytest.raises(NexusError) as caught:
        run(arm, check_mode, **given)
    assert caught.value.code == "ResourceNotFound"
    assert arm.writes == []


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_newer_method_checks_the_vault_when_asked(check_mode: bool) -> None:
    arm = FakeArm(cluster(block=identity(system=True)), vault(rbac=False))
    with pytest.raises(NexusError, match="VaultUsesAccessPolicies"):
        run(arm, check_mode, check_vault=True, **AS_SYSTEM)
    assert arm.writes == []


@pytest.mark.parametrize("block", [None, {"type": "None"}, identity(UAI_ONE)])
def test_a_system_assigned_identity_has_to_be_there_first(block: dict[str, Any] | None) -> None:
    """Nobody could have given the role to one that the link itself adds."""
    arm = FakeArm(cluster(LINKED, block=block), vault())
    with pytest.raises(NexusError) as caught:
        run(arm, **AS_SYSTEM)
    assert (caught.value.code, caught.value.target) == ("IdentityMissing", "identity_type")
    assert "nexus_cluster_identity" in caught.value.remedy
    assert arm.writes == []


@pytest.mark.parametrize("block", [None, {"type": "None"}, identity(UAI_ONE)])
def test_in_check_mode_an_earlier_task_may_be_about_to_add_it(block: dict[str, Any] | None) -> None:
    predicted = run(FakeArm(cluster(LINKED, block=block), vault()), check_mode=True, **AS_SYSTEM)
    arm = FakeArm(cluster(LINKED, block=identity(system=True)), vault())
    real = run(arm, **AS_SYSTEM)
    assert predicted == real
    assert (real["previous_method"], real["method"], real["redirected"]) == ("cluster_manager", "cluster", True)


@pytest.mark.parametrize("block", [None, identity(system=True), identity(UAI_TWO)])
def test_a_user_assigned_identity_has_to_be_there_first_when_the_task_must_not_add_it(
    block: dict[str, Any] | None,
) -> None:
    arm = FakeArm(cluster(LINKED, block=block), vault())
    with pytest.raises(NexusError) as caught:
        run(arm, **AS_ONE, add_identity=False)
    assert (caught.value.code, caught.value.target) == ("IdentityMissing", "identity_resource_id")
    assert UAI_ONE in str(caught.value)
    assert arm.writes == []


@pytest.mark.parametrize("block", [None, identity(system=True), identity(UAI_TWO)])
def test_in_check_mode_an_earlier_task_may_be_about_to_add_the_user_assigned_one(block: dict[str, Any] | None) -> None:
    predicted = run(FakeArm(cluster(LINKED, block=block), vault()), check_mode=True, **AS_ONE, add_identity=False)
    arm = FakeArm(cluster(LINKED, block=identity(UAI_ONE)), vault())
    real = run(arm, **AS_ONE, add_identity=False)
    for name in ("diff", "changed", "method", "secret_archive_settings", "warnings"):
        assert predicted[name] == real[name]
    assert ids(arm) == {UAI_ONE.lower()}


def test_settings_whose_identity_somebody_has_removed_are_worth_a_warning() -> None:
    arm = FakeArm(cluster(settings=settings()), vault())
    result = run(arm, **AS_SYSTEM)
    assert (result["changed"], result["method"]) == (False, None)
    assert ["nexus_cluster_identity" in text and CLUSTER in text for text in result["warnings"]] == [True]
    assert run(arm, check_mode=True, **AS_SYSTEM)["warnings"] == []


def test_an_identity_that_somebody_adds_meanwhile_is_not_lost() -> None:
    def somebody_adds_two(document: dict[str, Any]) -> None:
        document["identity"] = identity(UAI_TWO, system=True)

    arm = FakeArm(cluster(), vault())
    arm.before_patch = [somebody_adds_two]
    assert run(arm, **AS_ONE)["changed"] is True
    assert ids(arm) == {UAI_ONE.lower(), UAI_TWO.lower()}
    assert "principalId" in held(arm)


def test_a_system_assigned_identity_that_somebody_removes_meanwhile_is_missed() -> None:
    arm = FakeArm(cluster(block=identity(system=True)), vault())
    arm.before_patch = [lambda document: document.pop("identity") and None]
    with pytest.raises(NexusError, match="IdentityMissing"):
        run(arm, **AS_SYSTEM)
    assert len(arm.writes) == 1
    assert stored(arm) is None


def test_settings_without_wait_have_only_begun() -> None:
    arm = FakeArm(cluster(LINKED), vault())
    result = run(arm, wait=False, **AS_ONE)
    assert (result["changed"], result["method"], result["provisioning_state"]) == (True, "cluster", "Updating")
    assert result["secret_archive_settings"]["vault_uri"] == VAULT_URI


IN_PLACE = cluster(settings=settings(UAI_ONE), block=identity(UAI_ONE))


@pytest.mark.parametrize(
    ("known_cluster", "known_vault", "more", "asked"),
    [
        (IN_PLACE, vault(), {}, []),
        (IN_PLACE, vault(), {"check_vault": True}, []),
        (IN_PLACE, vault(rbac=False), {}, []),
        (IN_PLACE, vault(), BY_URI, []),
        # Everything else is looked up.
        (IN_PLACE, vault(rbac=False), {"check_vault": True}, [VAULT, CLUSTER]),
        (IN_PLACE, None, {}, [VAULT, CLUSTER]),
        (None, vault(), {}, [VAULT, CLUSTER]),
        (cluster(settings=settings(UAI_ONE)), vault(), {}, [VAULT, CLUSTER]),
        (cluster(block=identity(UAI_ONE)), vault(), {}, [VAULT, CLUSTER]),
        (cluster(settings=settings(UAI_ONE, OTHER_URI), block=identity(UAI_ONE)), vault(), BY_URI, [CLUSTER]),
    ],
)
def test_what_the_run_has_read_proves_only_that_the_settings_are_in_place(
    known_cluster: dict[str, Any] | None, known_vault: dict[str, Any] | None, more: dict[str, Any], asked: list[str]
) -> None:
    arm = FakeArm(IN_PLACE, vault())
    known = {CLUSTER.lower(): known_cluster, VAULT.lower(): known_vault}
    arm.remembered = {name: document for name, document in known.items() if document}
    result = run(arm, **AS_ONE, **more)
    assert (result["changed"], result["secret_archive_settings"]["identity_resource_id"]) == (False, UAI_ONE)
    assert [resource_id for _method, resource_id in arm.log] == asked


def test_a_vault_that_the_run_remembers_with_another_uri_proves_nothing() -> None:
    moved = vault()
    moved["properties"]["vaultUri"] = OTHER_URI
    arm = FakeArm(IN_PLACE, vault())
    arm.remembered = {CLUSTER.lower(): IN_PLACE, VAULT.lower(): moved}
    assert run(arm, **AS_ONE)["changed"] is False
    assert arm.writes == []


@pytest.mark.parametrize(
    ("given", "sent", "method"),
    [
        ({"key_vault_id": None}, {"secretArchive": None, "secretArchiveSettings": None}, None),
        ({}, {"secretArchive": None, "secretArchiveSettings": None}, None),
        ({"method": "cluster_manager"}, {"secretArchive": None}, "cluster"),
        # The platform goes back to what is left.
        ({"method": "cluster"}, {"secretArchiveSettings": None}, "cluster_manager"),
        ({"method": "cluster", "key_vault_id": None}, {"secretArchiveSettings": None}, "cluster_manager"),
        (BY_URI, {"secretArchiveSettings": None}, "cluster_manager"),
        ({**BY_URI, "method": "cluster"}, {"secretArchiveSettings": None}, "cluster_manager"),
        (
            {"method": "cluster_manager", "api_version": "2026-07-01"},
            {"secretArchive": {"keyVaultId": VAULT, "useKeyVault": "False"}},
            "cluster",
        ),
        (
            {"method": "cluster_manager", "api_version": "2024-06-01-preview"},
            {"secretArchive": {"keyVaultId": VAULT, "useKeyVault": "False"}},
            "cluster",
        ),
        # These have no meaning here.
        ({"check_vault": True, "key_vault_id": None}, {"secretArchive": None, "secretArchiveSettings": None}, None),
        (
            {"check_vault": True, "prove": True, "use_key_vault": False, "identity_type": USER},
            {"secretArchive": None, "secretArchiveSettings": None},
            None,
        ),
    ],
)
def test_taking_away_first_run_second_run_and_check_mode_agree(
    given: dict[str, Any], sent: dict[str, Any], method: str | None
) -> None:
    arm = FakeArm(cluster(LINKED, settings=settings(), block=identity(UAI_ONE, system=True)))
    predicted = run(arm, check_mode=True, state="absent", **given)
    assert arm.writes == []
    first = run(arm, state="absent", **given)
    second = run(arm, state="absent", **given)
    assert (predicted["changed"], first["changed"], second["changed"]) == (True, True, False)
    assert arm.bodies == [{"properties": sent}]
    assert predicted == first
    assert second["diff"]["before"] == second["diff"]["after"] == first["diff"]["after"]
    assert (first["previous_method"], first["method"], second["method"]) == ("cluster", method, method)
    assert ids(arm) == {UAI_ONE.lower()}, "identities stay"
    assert ("GET", VAULT) not in arm.log
    assert "proof" not in first


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"method": "cluster"},
        {"method": "cluster_manager"},
        BY_URI,
        {"api_version": "2026-07-01"},
        {"api_version": "2026-07-01", "method": "cluster"},
    ],
)
def test_other_vaults_are_not_taken_away(given: dict[str, Any]) -> None:
    other = cluster({**LINKED, "keyVaultId": VAULT + "-2"}, settings=settings(vault_uri=OTHER_URI))
    for arm in (FakeArm(other), FakeArm(cluster())):
        assert run(arm, state="absent", **given)["changed"] is False
        assert arm.writes == []


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("given", [{}, {"key_vault_id": None}, {"method": "cluster"}, BY_URI])
def test_a_version_that_cannot_take_settings_away_is_refused_before_the_write(
    given: dict[str, Any], check_mode: bool
) -> None:
    arm = FakeArm(cluster(LINKED, settings=settings()))
    with pytest.raises(BadInput) as caught:
        run(arm, check_mode, state="absent", api_version="2026-07-01", **given)
    assert caught.value.target == "api_version"
    assert caught.value.remedy
    assert arm.writes == []


def test_such_a_version_sets_them_and_switches_off_an_older_link() -> None:
    arm = FakeArm(cluster(LINKED, block=identity(system=True)), vault())
    assert run(arm, api_version="2026-07-01", **AS_SYSTEM)["changed"] is True
    arm = FakeArm(cluster(LINKED))
    result = run(arm, api_version="2026-07-01", state="absent")
    assert (result["changed"], result["method"]) == (True, None)
    assert arm.bodies == [{"properties": {"secretArchive": {**LINKED, "useKeyVault": "False"}}}]


@pytest.mark.parametrize(
    ("given", "warns"),
    [
        ({"api_version": "2024-07-01"}, True),
        ({"api_version": "2024-07-01", "method": "cluster_manager"}, False),
        ({"api_version": "2024-10-01-preview"}, False),
        ({}, False),
    ],
)
def test_settings_that_the_version_does_not_show_are_worth_a_warning(given: dict[str, Any], warns: bool) -> None:
    result = run(FakeArm(cluster(LINKED)), state="absent", **given)
    assert result["changed"] is True
    assert ["2024-07-01" in text for text in result["warnings"]] == [True] * warns


class Platform(FakeArm):
    """Knows when a resource was last written to; `passes` and `refuses` are what its validation ends with."""

    def __init__(self, clock: FakeTime, *documents: dict[str, Any]) -> None:
        super().__init__(*documents)
        self.clock = clock
        self.resources[CLUSTER.lower()]["systemData"] = {"lastModifiedAt": clock.text(-3600)}

    def patch(self, resource_id: str, *args: Any, **more: Any) -> dict[str, Any] | None:
        answer = super().patch(resource_id, *args, **more)
        self.resources[resource_id.lower()]["systemData"] = {"lastModifiedAt": self.clock.text(self.clock.now)}
        return answer

    def passes(self, second: float) -> None:
        self._condition("True", {"lastValidated": self.clock.text(second)})

    def refuses(self, code: str) -> None:
        self._condition("False", {"errors": [{"code": code, "message": "No.", "remediation": "Assign the role."}]})

    def rotates(self, second: float) -> None:
        group = f"{CLUSTER.partition('/resourceGroups/')[0]}/resourceGroups/managed"
        reference = {"keyVaultId": VAULT, "keyVaultUri": VAULT_URI}
        entry = {"lastRotationTime": self.clock.text(second), "secretArchiveReference": reference}
        device_id = f"{group}/providers/Microsoft.NetworkCloud/bareMetalMachines/machine-1"
        found = {"id": device_id, "properties": {"clusterId": CLUSTER, "secretRotationStatus": [entry]}}
        self.resources[device_id.lower()] = found
        self._own["managedResourceGroupConfiguration"] = {"name": "managed"}

    def _condition(self, status: str, message: dict[str, Any]) -> None:
        kind = "AzureSecretArchiveReady"
        self._own["conditions"] = [{"type": kind, "status": status, "message": json.dumps(message)}]

    @property
    def _own(self) -> dict[str, Any]:
        found: dict[str, Any] = self.resources[CLUSTER.lower()]["properties"]
        return found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> FakeTime:
    return FakeTime(monkeypatch)


@pytest.mark.parametrize("given", [AS_ONE, {**BY_URI, **AS_ONE}, {}])
def test_a_link_is_proven_by_what_comes_after_it(clock: FakeTime, given: dict[str, Any]) -> None:
    arm = Platform(clock, cluster(), vault())
    arm.passes(-1800)
    clock.at(130, lambda: arm.passes(125))
    first = run(arm, prove=True, **given)
    assert first["proof"] == {"kind": "validated", "time": "2026-01-31T12:02:05Z"}
    assert (first["changed"], first["warnings"]) == (True, [])
    assert 130 <= clock.now < 145
    begin = clock.now
    second = run(arm, prove=True, **given)
    assert (second["changed"], second["proof"], clock.now) == (False, first["proof"], begin)


@pytest.mark.parametrize("given", [AS_ONE, {**BY_URI, **AS_ONE}, {}])
def test_a_link_is_proven_by_a_rotation(clock: FakeTime, given: dict[str, Any]) -> None:
    arm = Platform(clock, cluster(), vault())
    clock.at(100, lambda: arm.rotates(95))
    assert run(arm, prove=True, **given)["proof"] == {"kind": "rotated", "time": "2026-01-31T12:01:35Z"}


@pytest.mark.parametrize("given", [AS_ONE, {}])
def test_a_link_that_the_platform_refuses_is_an_error_in_its_own_words(clock: FakeTime, given: dict[str, Any]) -> None:
    arm = Platform(clock, cluster(), vault())
    arm.refuses("KeyVaultAccessDenied")
    with pytest.raises(NexusError) as caught:
        run(arm, prove=True, prove_timeout=300, **given)
    assert (caught.value.code, caught.value.target) == ("KeyVaultAccessDenied", "prove")
    assert clock.now == pytest.approx(300)
    assert len(arm.writes) == 1, "the link stays"


def test_time_for_the_write_does_not_shorten_the_proof(clock: FakeTime) -> None:
    arm = Platform(clock, cluster(), vault())
    clock.at(50, lambda: arm.passes(50))
    assert run(arm, prove=True, prove_timeout=60, wait_timeout=1, **AS_ONE)["proof"]["kind"] == "validated"


def test_what_the_run_remembers_is_no_proof(clock: FakeTime) -> None:
    arm = Platform(clock, IN_PLACE, vault())
    arm.passes(-10)
    arm.remembered = {**arm.resources, CLUSTER.lower(): IN_PLACE}
    assert run(arm, prove=True, **AS_ONE)["proof"] == {"kind": "validated", "time": "2026-01-31T11:59:50Z"}
    assert arm.log == [("GET", CLUSTER)]


@pytest.mark.parametrize(
    ("document", "given"),
    [
        (cluster(), AS_ONE),
        (cluster(), {}),
        (IN_PLACE, AS_ONE),
    ],
)
def test_a_cluster_that_is_not_deployed_proves_nothing(
    clock: FakeTime, document: dict[str, Any], given: dict[str, Any]
) -> None:
    arm = Platform(clock, document, vault())
    arm.resources[CLUSTER.lower()]["properties"]["detailedStatus"] = "PendingDeployment"
    result = run(arm, prove=True, **given)
    assert result["proof"] == {"kind": None, "time": None}
    assert [CLUSTER in text and "deployed" in text for text in result["warnings"]] == [True]
    assert clock.now == 0


@pytest.mark.parametrize(
    ("document", "given"),
    [
        (cluster(), {"use_key_vault": False}),
        (cluster(settings=settings(vault_uri=OTHER_URI), block=identity(UAI_ONE)), {}),
    ],
    ids=["switched off", "ignored"],
)
def test_a_link_that_is_not_in_use_proves_nothing(
    clock: FakeTime, document: dict[str, Any], given: dict[str, Any]
) -> None:
    arm = Platform(clock, document, vault())
    arm.passes(10)
    result = run(arm, prove=True, **given)
    assert result["proof"] == {"kind": None, "time": None}
    assert "does not use it" in result["warnings"][-1]
    assert clock.now == 0


def test_check_mode_proves_nothing(clock: FakeTime) -> None:
    arm = Platform(clock, cluster(), vault())
    predicted = run(arm, check_mode=True, prove=True, **AS_ONE)
    assert "proof" not in predicted
    assert (clock.now, predicted["warnings"]) == (0, [])


def test_without_wait_the_proof_waits_for_the_operation(clock: FakeTime) -> None:
    """What the platform had found of the link before says nothing of the one that is being written."""
    arm = Platform(clock, cluster(settings=settings(UAI_ONE, OTHER_URI), block=identity(UAI_ONE)), vault())
    arm.passes(-1800)
    clock.at(20, lambda: arm.resources[CLUSTER.lower()]["properties"].update(provisioningState="Succeeded"))
    clock.at(60, lambda: arm.passes(60))
    result = run(arm, wait=False, prove=True, **AS_ONE)
    assert result["proof"] == {"kind": "validated", "time": "2026-01-31T12:01:00Z"}
    assert result["provisioning_state"] == "Succeeded"
