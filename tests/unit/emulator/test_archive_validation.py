# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform by the cluster's own identity: which one it writes as, and what keeps it from that."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tenant import (
    IDENTITIES,
    IDENTITY,
    NEXUS,
    OPERATOR_ROLE,
    READER,
    SUBSCRIPTION,
    VAULT,
    VAULTS,
    WRITER,
    Tenant,
    selected,
    uri_of,
)

import nexus_platform
from archive_validation import network_allows
from state import Document

NEXUS_APP = "AFOI-NC-MGMT-PME-PROD"
URI = uri_of("kv-one")
Prepare = Callable[[Tenant], object]


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


def condition(cluster: Document) -> Document:
    kinds = {item["type"]: item for item in cluster["properties"]["conditions"]}
    return dict(kinds["AzureSecretArchiveReady"])


def borrow(tenant: Tenant) -> None:
    tenant.grant(NEXUS_APP, OPERATOR_ROLE, IDENTITY)


def grant_everyone_else(tenant: Tenant) -> None:
    """The cluster's other identities and its manager's may write; id-one, which is selected, may not."""
    for name in ("c-own", "id-two", "cm-system"):
        tenant.grant(name, WRITER, VAULT)
    borrow(tenant)


def not_required(tenant: Tenant) -> None:
    tenant.world.settings.cluster_operator_role = "not_required"
    tenant.grant("id-one", WRITER, VAULT)


def both(tenant: Tenant) -> None:
    tenant.grant("id-one", WRITER, VAULT)
    borrow(tenant)


@pytest.mark.parametrize(
    ("uri", "identity", "prepare"),
    [
        (URI, "system", lambda tenant: tenant.grant("c-own", WRITER, VAULT)),
        (URI.rstrip("/"), "system", lambda tenant: tenant.grant("c-own", WRITER, VAULT)),
        (URI.upper(), "system", lambda tenant: tenant.grant("c-own", WRITER, VAULT)),
        (URI, "system", lambda tenant: tenant.grant("c-own", WRITER, SUBSCRIPTION)),
        (uri_of("kv-trusted"), "system", lambda tenant: tenant.grant("c-own", WRITER, f"{VAULTS}/kv-trusted")),
        (URI, IDENTITY, both),
        (URI, IDENTITY.upper(), both),
        (URI, IDENTITY, not_required),
    ],
    ids=["system", "no-slash", "upper-case", "inherited", "trusted", "user", "user-upper-case", "role-not-required"],
)
def test_secrets_arrive(tenant: Tenant, uri: str, identity: str, prepare: Prepare) -> None:
    prepare(tenant)
    document = tenant.settings("c-own", uri, identity)
    vault = uri.lower().removeprefix("https://").partition(".")[0]
    assert len(tenant.secrets(vault)) == 7
    assert condition(document)["status"] == "True"
    assert document["properties"]["detailedStatusMessage"] == "Cluster is up and running."
    (device, *_others) = tenant.world.of_type("microsoft.networkcloud/storageappliances")[-1:]
    reference = device["properties"]["secretRotationStatus"][0]["secretArchiveReference"]
    assert (reference["keyVaultId"], reference["keyVaultUri"]) == (f"{VAULTS}/{vault}", uri_of(vault))


def test_a_vault_of_another_subscription_is_found() -> None:
    other = "99999999-9999-4999-8999-999999999999"
    tenant = Tenant(f"""
        subscriptions: [{{id: 11111111-1111-4111-8111-111111111111}}, {{id: {other}}}]
        resource_groups: [{{name: far, subscription: {other}}}]
        vaults: [{{name: kv-far, resource_group: far}}]
        managers: [{{name: cm, resource_group: nexus}}]
        clusters:
          - {{name: c, resource_group: nexus, manager: cm, identity: system,
              secret_archive_settings: {{vault: kv-far, identity: system}}}}
        role_assignments: [{{principal: c, role: {WRITER}, scope: kv-far}}]
    """)
    tenant.wait(0)
    (kept,) = tenant.world.secrets.values()
    assert len(kept) == 7


@pytest.mark.parametrize(
    ("uri", "identity", "prepare", "code", "words"),
    [
        ("", "system", None, "KeyVaultUriMissing", "no key vault"),
        ("https://kv-one.vault.azure.net/", "system", None, "KeyVaultUriInvalid", "vault.azure.net"),
        (VAULT, "system", None, "KeyVaultUriInvalid", "https://{vault}.vault.azure.emulator/"),
        (uri_of("kv-gone"), "system", None, "KeyVaultNotFound", "kv-gone"),
        (URI, None, None, "KeyVaultIdentityMissing", "select no identity"),
        (URI, f"{IDENTITIES}/id-gone", None, "KeyVaultIdentityResourceIdInvalid", "id-gone"),
        (URI, "nonsense", None, "KeyVaultIdentityResourceIdInvalid", "nonsense"),
        (
            URI,
            IDENTITY,
            lambda tenant: tenant.ask("DELETE", IDENTITY),
            "KeyVaultIdentityResourceIdInvalid",
            "does not exist",
        ),
        (uri_of("kv-legacy"), "system", None, "KeyVaultAccessDenied", "access policies"),
        (uri_of("kv-closed"), "system", None, "KeyVaultAccessDenied", "trusted Microsoft services"),
        (uri_of("kv-perimeter"), "system", None, "KeyVaultAccessDenied", "network security perimeter"),
        (URI, "system", None, "KeyVaultAccessDenied", "system assigned identity, which is selected"),
        (URI, IDENTITY, borrow, "KeyVaultAccessDenied", "id-one', which is selected"),
        (URI, IDENTITY, grant_everyone_else, "KeyVaultAccessDenied", "id-one', which is selected"),
        (
            URI,
            "system",
            lambda tenant: tenant.grant("c-own", READER, VAULT),
            "KeyVaultAccessDenied",
            "may not write secrets",
        ),
        (
            URI,
            IDENTITY,
            lambda tenant: tenant.grant("id-one", WRITER, VAULT),
            "KeyVaultAccessDenied",
            "userAssignedIdentities/assign/action",
        ),
    ],
    ids=[
        *("uri", "uri-of-another-cloud", "id-for-uri", "vault", "nothing-selected", "not-attached", "malformed-id"),
        *("identity-deleted", "policies", "network", "perimeter", "role-of-system", "role-of-user", "others-only"),
        *("another-role", "operator-role"),
    ],
)
def test_nothing_arrives_and_the_cluster_says_why(
    tenant: Tenant, *, uri: str, identity: str | None, prepare: Prepare | None, code: str, words: str
) -> None:
    if prepare:
        prepare(tenant)
    document = tenant.settings("c-own", uri, identity)
    refused(tenant, document, code, words)


def refused(tenant: Tenant, document: Document, code: str, words: str) -> None:
    assert not any(tenant.world.secrets.values())
    shown = condition(document)
    assert (shown["status"], shown["reason"]) == ("False", "ValidationFailed")
    (error,) = json.loads(shown["message"])["errors"]
    assert error["code"] == code
    assert words in error["message"] + error["remediation"]
    assert f"{code}: {error['message']}" in document["properties"]["detailedStatusMessage"]


@pytest.mark.parametrize(
    ("choice", "identity", "code"),
    [
        (selected("system"), None, "KeyVaultIdentityMissing"),
        (selected("system"), {"type": "None"}, "KeyVaultIdentityMissing"),
        (selected(IDENTITY), None, "KeyVaultIdentityMissing"),
        (None, {"type": "SystemAssigned", "principalId": "p"}, "KeyVaultIdentityMissing"),
        (selected("system"), {"type": "UserAssigned", "userAssignedIdentities": {}}, "KeyVaultIdentityMissing"),
        ({"userAssignedIdentityResourceId": IDENTITY}, {"type": "SystemAssigned"}, "KeyVaultIdentityTypeInvalid"),
        ({"identityType": "Both"}, {"type": "SystemAssigned"}, "KeyVaultIdentityTypeInvalid"),
        (
            {"identityType": "UserAssignedIdentity"},
            {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
            "KeyVaultIdentityResourceIdMissing",
        ),
        (selected(IDENTITY), {"type": "SystemAssigned", "principalId": "p"}, "KeyVaultIdentityResourceIdInvalid"),
    ],
)
def test_the_identity_that_is_selected(
    tenant: Tenant, choice: Document | None, identity: Document | None, code: str
) -> None:
    document = tenant.cluster("c-own")
    document["properties"]["secretArchiveSettings"] = {"vaultUri": URI, "associatedIdentity": choice}
    document["identity"] = identity
    nexus_platform.cluster_changed(tenant.world, document)
    refused(tenant, document, code, "")


def test_the_successor_puts_an_end_to_the_link(tenant: Tenant) -> None:
    """The link could be used; settings that cannot be used count all the same, and the manager does not matter."""
    tenant.grant("cm-system", WRITER, VAULT)
    document = tenant.link("c-own", "kv-one")
    assert condition(document)["status"] == "True"
    tenant.settings("c-own", uri_of("kv-trusted"))
    assert "KeyVaultAccessDenied" in document["properties"]["detailedStatusMessage"]
    tenant.wait(86_400)
    assert {len(item) for item in tenant.secrets().values()} == {1}
    tenant.grant("c-own", WRITER, f"{VAULTS}/kv-trusted")
    tenant.wait(0)
    assert len(tenant.secrets("kv-trusted")) == 7
    manager = tenant.world.find(f"{NEXUS}/clusterManagers/cm-system")
    assert manager
    manager["identity"] = {"type": "None"}
    before = json.dumps(document)
    tenant.now += 100
    nexus_platform.manager_changed(tenant.world, manager)
    assert json.dumps(document) == before


def test_settings_without_an_identity_leave_the_link_in_use(tenant: Tenant) -> None:
    tenant.grant("cm-system", WRITER, VAULT)
    document = tenant.link("c-system", "kv-one")
    tenant.settings("c-system", uri_of("kv-trusted"))
    assert condition(document)["status"] == "True"
    tenant.wait(86_400)
    assert sorted(len(item) for item in tenant.secrets().values()) == [1] * 6 + [2]
    tenant.link("c-system", "kv-one", use="False")
    assert "KeyVaultIdentityMissing" in document["properties"]["detailedStatusMessage"]


def test_moving_to_the_successor_in_the_same_vault_rotates_nothing_anew(tenant: Tenant) -> None:
    tenant.grant("cm-system", WRITER, VAULT)
    tenant.link("c-own", "kv-one")
    tenant.grant("c-own", WRITER, VAULT)
    document = tenant.settings("c-own", URI)
    assert {len(item) for item in tenant.secrets().values()} == {1}
    assert nexus_platform.rotate_now(tenant.world, document) == {"rotated": 7, "error": None}
    del document["properties"]["secretArchiveSettings"]
    nexus_platform.cluster_changed(tenant.world, document)
    assert condition(document)["status"] == "True"  # the link again


@pytest.mark.parametrize(
    ("network", "allowed"),
    [("kv-one", True), ("kv-trusted", True), ("kv-closed", False), ("kv-perimeter", False)],
)
def test_networks(tenant: Tenant, network: str, allowed: bool) -> None:
    vault = tenant.world.find(f"{VAULTS}/{network}")
    assert vault
    assert network_allows(vault) is allowed
