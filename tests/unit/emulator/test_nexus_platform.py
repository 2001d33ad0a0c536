# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform by the cluster manager's identity: when secrets arrive in the vault, what the cluster says if not."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tenant import IDENTITY, NEXUS, OPERATOR_ROLE, SUBSCRIPTION, VAULT, VAULTS, WRITER, Tenant

import archive_rotation
import nexus_platform
from state import Document

NEXUS_APP = "AFOI-NC-MGMT-PME-PROD"
DAY = 86_400
DEVICES = ("microsoft.networkcloud/baremetalmachines", "microsoft.networkcloud/storageappliances")


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


def usable(tenant: Tenant) -> Document:
    tenant.grant("cm-system", WRITER, VAULT)
    return tenant.link("c-system", "kv-one")


def references(tenant: Tenant, cluster: Document) -> list[Document]:
    found = []
    for kind in DEVICES:
        for device in tenant.world.of_type(kind):
            if device["properties"]["clusterId"] == cluster["id"]:
                found += [item.get("secretArchiveReference") for item in device["properties"]["secretRotationStatus"]]
    return found


def condition(cluster: Document) -> Document:
    kinds = {item["type"]: item for item in cluster["properties"]["conditions"]}
    assert set(kinds) == {"AzurePrerequisitesReady", "AzureSecretArchiveReady"}
    return dict(kinds["AzureSecretArchiveReady"])


Prepare = Callable[[Tenant], object]


@pytest.mark.parametrize(
    ("cluster", "vault", "prepare"),
    [
        ("c-system", "kv-one", lambda tenant: tenant.grant("cm-system", WRITER, VAULT)),
        ("c-system", "kv-one", lambda tenant: tenant.grant("cm-system", WRITER, SUBSCRIPTION)),
        ("c-system", "kv-trusted", lambda tenant: tenant.grant("cm-system", WRITER, f"{VAULTS}/kv-trusted")),
        (
            "c-user",
            "kv-one",
            lambda tenant: (tenant.grant("id-one", WRITER, VAULT), tenant.grant(NEXUS_APP, OPERATOR_ROLE, IDENTITY)),
        ),
    ],
    ids=["system", "inherited", "trusted-services", "user"],
)
def test_secrets_arrive(tenant: Tenant, cluster: str, vault: str, prepare: Prepare) -> None:
    prepare(tenant)
    document = tenant.link(cluster, vault)
    secrets, named = tenant.secrets(vault), references(tenant, document)
    assert len(secrets) == 7  # two machines with three credentials each, one storage appliance
    assert sorted(item["secretName"] for item in named) == sorted(secrets)
    for item in named:
        assert item["keyVaultId"] == f"{VAULTS}/{vault}"
        assert item["keyVaultUri"] == f"https://{vault}.vault.azure.emulator/"
        assert [version["id"].split("/")[-1] for version in secrets[item["secretName"]]] == [item["secretVersion"]]
    assert document["properties"]["detailedStatusMessage"] == "Cluster is up and running."
    assert condition(document)["status"] == "True"
    assert condition(document)["reason"] == "ValidationPassed"


@pytest.mark.parametrize(
    ("cluster", "vault", "prepare", "code", "words"),
    [
        ("c-none", "kv-one", lambda tenant: None, "KeyVaultIdentityMissing", "no managed identity"),
        ("c-system", "kv-gone", lambda tenant: None, "KeyVaultNotFound", "kv-gone"),
        ("c-system", "kv-legacy", lambda tenant: None, "KeyVaultAccessDenied", "access policies"),
        (
            "c-system",
            "kv-closed",
            lambda tenant: tenant.grant("cm-system", WRITER, f"{VAULTS}/kv-closed"),
            "KeyVaultAccessDenied",
            "network",
        ),
        ("c-system", "kv-one", lambda tenant: None, "KeyVaultAccessDenied", "may write secrets"),
        (
            "c-system",
            "kv-one",
            lambda tenant: tenant.grant("cm-system", WRITER, f"{VAULTS}/kv-trusted"),
            "KeyVaultAccessDenied",
            "may write secrets",
        ),
        (
            "c-user",
            "kv-one",
            lambda tenant: tenant.grant("id-one", WRITER, VAULT),
            "KeyVaultAccessDenied",
            "userAssignedIdentities/assign/action",
        ),
        (
            "c-user",
            "kv-one",
            lambda tenant: tenant.ask("DELETE", IDENTITY),
            "KeyVaultIdentityResourceIdInvalid",
            "was not found",
        ),
    ],
    ids=["identity", "vault", "policies", "network", "role", "role-elsewhere", "operator-role", "identity-deleted"],
)
def test_nothing_arrives_and_the_cluster_says_why(
    tenant: Tenant, *, cluster: str, vault: str, prepare: Prepare, code: str, words: str
) -> None:
    prepare(tenant)
    document = tenant.link(cluster, vault)
    assert not any(tenant.world.secrets.values())
    assert not any(references(tenant, document))
    assert code in document["properties"]["detailedStatusMessage"]
    assert words in document["properties"]["detailedStatusMessage"]
    shown = condition(document)
    assert (shown["status"], shown["reason"]) == ("False", "ValidationFailed")
    (error,) = json.loads(shown["message"])["errors"]
    assert error["code"] == code
    assert error["remediation"]


@pytest.mark.parametrize("use", ["False", None])
def test_a_link_that_is_not_enabled_does_nothing(tenant: Tenant, use: str | None) -> None:
    tenant.grant("cm-system", WRITER, VAULT)
    document = tenant.link("c-system", "kv-one", use or "False")
    if use is None:
        del document["properties"]["secretArchive"]
    nexus_platform.cluster_changed(tenant.world, document)
    assert not tenant.secrets()
    assert "conditions" not in document["properties"]


def test_what_was_missing_may_come_later(tenant: Tenant) -> None:
    document = tenant.link("c-system", "kv-one")
    assert not tenant.secrets()
    tenant.world.settings.role_effect_seconds = 300
    tenant.grant("cm-system", WRITER, VAULT)
    tenant.wait(299)
    assert not tenant.secrets()
    tenant.wait(1)
    assert len(tenant.secrets()) == 7
    assert condition(document)["status"] == "True"


def test_the_platform_takes_its_time(tenant: Tenant) -> None:
    tenant.world.settings.rotation_seconds = 60
    usable(tenant)
    tenant.wait(59)
    assert not tenant.secrets()
    tenant.wait(1)
    assert len(tenant.secrets()) == 7


def test_the_platform_takes_its_time_for_each_vault(tenant: Tenant) -> None:
    tenant.world.settings.rotation_seconds = 60
    usable(tenant)
    tenant.grant("cm-system", WRITER, f"{VAULTS}/kv-trusted")
    tenant.now += 50
    tenant.link("c-system", "kv-trusted")
    tenant.now += 59
    nexus_platform.tick(tenant.world)
    assert not tenant.secrets("kv-trusted")
    tenant.now += 1
    nexus_platform.tick(tenant.world)
    assert len(tenant.secrets("kv-trusted")) == 7


def test_another_write_does_not_make_the_platform_wait_anew(tenant: Tenant) -> None:
    tenant.world.settings.rotation_seconds = 60
    document = usable(tenant)
    tenant.now += 50
    nexus_platform.cluster_changed(tenant.world, document)
    tenant.now += 10
    nexus_platform.tick(tenant.world)
    assert len(tenant.secrets()) == 7


def test_a_link_that_is_being_written_waits_for_the_end_of_the_write(tenant: Tenant) -> None:
    document = tenant.link("c-system", "kv-one")  # without the role: looked at in each tick
    tenant.grant("cm-system", WRITER, f"{VAULTS}/kv-trusted")
    document["properties"]["secretArchive"]["keyVaultId"] = f"{VAULTS}/kv-trusted"
    nexus_platform.tick(tenant.world)
    assert not tenant.secrets("kv-trusted")
    document["properties"]["secretArchive"]["useKeyVault"] = "False"
    nexus_platform.tick(tenant.world)
    nexus_platform.cluster_changed(tenant.world, document)
    assert "conditions" not in document["properties"]


def test_a_change_of_the_cluster_managers_identity_is_validated_at_once(tenant: Tenant) -> None:
    document = usable(tenant)
    manager = tenant.world.find(f"{NEXUS}/clusterManagers/cm-system")
    assert manager
    kept = manager["identity"]
    manager["identity"] = {"type": "None"}
    nexus_platform.manager_changed(tenant.world, manager)
    assert "KeyVaultIdentityMissing" in document["properties"]["detailedStatusMessage"]
    assert condition(document)["status"] == "False"
    manager["identity"] = kept
    nexus_platform.manager_changed(tenant.world, manager)
    assert document["properties"]["detailedStatusMessage"] == "Cluster is up and running."
    assert condition(document)["status"] == "True"


def test_a_cluster_that_cannot_be_handled_does_not_stop_the_rest(
    tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    tenant.grant("id-one", WRITER, VAULT)
    tenant.link("c-system", "kv-one")
    tenant.link("c-user", "kv-one")
    tenant.grant(NEXUS_APP, OPERATOR_ROLE, IDENTITY)
    tenant.cluster("c-system")["properties"]["conditions"] = [{"broken": True}]
    nexus_platform.tick(tenant.world)
    assert len(tenant.secrets()) == 7
    assert "c-system" in caplog.text
    caplog.clear()
    nexus_platform.tick(tenant.world)
    assert not caplog.text


def test_credentials_are_rotated_once_and_then_by_schedule(tenant: Tenant) -> None:
    usable(tenant)

    def versions() -> list[int]:
        return sorted(len(item) for item in tenant.secrets().values())

    for _tick in range(3):
        nexus_platform.tick(tenant.world)
    assert versions() == [1] * 7
    tenant.wait(DAY)  # storage appliances rotate each day
    assert versions() == [1] * 6 + [2]
    tenant.wait(59 * DAY)
    assert versions() == [2] * 6 + [3]


def test_another_vault_gets_everything_anew(tenant: Tenant) -> None:
    usable(tenant)
    tenant.grant("cm-system", WRITER, f"{VAULTS}/kv-trusted")
    document = tenant.link("c-system", "kv-trusted")
    assert len(tenant.secrets("kv-trusted")) == 7
    assert {item["keyVaultId"] for item in references(tenant, document)} == {f"{VAULTS}/kv-trusted"}


def test_rotation_stops_when_the_role_is_taken_away(tenant: Tenant) -> None:
    document = usable(tenant)
    assignment = next(item for item in tenant.world.assignments.values() if item["properties"]["scope"] == VAULT)
    tenant.ask("DELETE", assignment["id"])
    tenant.wait(DAY)
    assert {len(item) for item in tenant.secrets().values()} == {1}
    assert "KeyVaultAccessDenied" in document["properties"]["detailedStatusMessage"]


def test_rotation_on_request(tenant: Tenant) -> None:
    document = usable(tenant)
    assert nexus_platform.rotate_now(tenant.world, document) == {"rotated": 7, "error": None}
    assert {len(item) for item in tenant.secrets().values()} == {2}
    values = {version["value"] for item in tenant.secrets().values() for version in item}
    assert len(values) == 14
    shown = json.dumps(list(tenant.world.resources.values()))
    assert not [value for value in values if value in shown]


def test_rotation_on_request_needs_a_usable_link(tenant: Tenant) -> None:
    document = tenant.cluster("c-system")
    assert nexus_platform.rotate_now(tenant.world, document)["error"]["code"] == "KeyVaultUriMissing"
    tenant.link("c-system", "kv-legacy")
    assert nexus_platform.rotate_now(tenant.world, document)["error"]["code"] == "KeyVaultAccessDenied"


def test_unlinking_clears_what_the_cluster_says(tenant: Tenant) -> None:
    document = tenant.link("c-system", "kv-legacy")
    tenant.link("c-system", "kv-legacy", use="False")
    assert document["properties"]["detailedStatusMessage"] == "Cluster is up and running."
    assert "conditions" not in document["properties"]
    assert not tenant.world.rotations


def test_names_of_secrets_fit_a_vault(tenant: Tenant) -> None:
    document = tenant.cluster("c-system")
    document["id"] = document["id"].replace("/nexus/", f"/{'rg_(very).long' * 6}/")
    device = tenant.world.of_type("microsoft.networkcloud/storageappliances")[0]
    name = archive_rotation.secret_name(document, device, "Storage Appliance User")
    assert len(name) == 127
    assert name.replace("-", "").isalnum()
    assert "storageappliance-credential-manager-" in name
