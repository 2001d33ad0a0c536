# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _secret_archive_settings
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import (
    UAI_ONE,
    UAI_TWO,
    VAULT,
    VAULT_URI,
    as_azure_spells,
    settings,
)

OTHER_URI = "https://nexus-secrets-2.vault.azure.net/"
NO_SELECTION = {"vaultUri": VAULT_URI}
ID_BESIDE_SYSTEM: dict[str, Any] = {
    "vaultUri": VAULT_URI,
    "associatedIdentity": {"identityType": "SystemAssignedIdentity", "userAssignedIdentityResourceId": UAI_ONE},
}
SYSTEM_WITHOUT_ID: dict[str, Any] = {
    "vaultUri": VAULT_URI,
    "associatedIdentity": {"identityType": "SystemAssignedIdentity", "userAssignedIdentityResourceId": None},
}


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        (VAULT_URI, VAULT_URI),
        ("https://nexus-secrets.vault.azure.net", VAULT_URI),
        (" https://Nexus-Secrets.Vault.azure.net/\n", VAULT_URI),
        ("HTTPS://nexus-secrets.vault.azure.net/", VAULT_URI),
        ("https://abc.vault.usgovcloudapi.net", "https://abc.vault.usgovcloudapi.net/"),
        ("https://abc.vault.azure.cn/", "https://abc.vault.azure.cn/"),
        (f"https://{'a' * 24}.vault.azure.net", f"https://{'a' * 24}.vault.azure.net/"),
    ],
)
def test_uris(text: str, uri: str) -> None:
    assert _secret_archive_settings.check_uri(text, "vault_uri") == uri


@pytest.mark.parametrize(
    "text",
    [
        VAULT,
        "nexus-secrets",
        "nexus-secrets.vault.azure.net",
        "http://nexus-secrets.vault.azure.net/",
        "https://nexus-secrets/",
        "https://nexus-secrets.vault.azure.net/secrets/one",
        "https://nexus-secrets.vault.azure.net//",
        "https://nexus-secrets.vault.azure.net:443/",
        "https://me@nexus-secrets.vault.azure.net/",
        "https://nexus-secrets.vault.azure.net/?a=b",
        "https://nexus_secrets.vault.azure.net/",
        "https://ab.vault.azure.net/",
        f"https://{'a' * 25}.vault.azure.net/",
        "https://1nexus.vault.azure.net/",
        "https://nexus-.vault.azure.net/",
        "https://nexus.vault..net/",
    ],
)
def test_what_is_no_uri_of_a_vault(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        _secret_archive_settings.check_uri(text, "vault_uri")
    assert caught.value.target == "vault_uri"
    assert "https://" in caught.value.remedy


@pytest.mark.parametrize(
    ("current", "identity_id", "block"),
    [
        (None, "", settings()),
        ({}, "", settings()),
        (None, UAI_ONE, settings(UAI_ONE)),
        (settings(vault_uri=OTHER_URI), "", settings()),
        (settings(UAI_ONE, OTHER_URI), UAI_ONE, settings(UAI_ONE)),
        (settings(UAI_TWO), UAI_ONE, settings(UAI_ONE)),
        (settings(), UAI_ONE, settings(UAI_ONE)),
        (NO_SELECTION, UAI_ONE, settings(UAI_ONE)),
        (NO_SELECTION, "", settings()),
        ({**NO_SELECTION, "associatedIdentity": {"identityType": "UserAssignedIdentity"}}, UAI_ONE, settings(UAI_ONE)),
        # The id must not stand beside the system assigned identity, and would with a PATCH that merges.
        (settings(UAI_ONE), "", SYSTEM_WITHOUT_ID),
        ({**ID_BESIDE_SYSTEM, "vaultUri": OTHER_URI}, "", SYSTEM_WITHOUT_ID),
        ({"associatedIdentity": settings(UAI_ONE)["associatedIdentity"]}, "", SYSTEM_WITHOUT_ID),
        # Nothing to do.
        (settings(), "", None),
        (settings(vault_uri=VAULT_URI.rstrip("/")), "", None),
        (settings(vault_uri=VAULT_URI.upper()), "", None),
        (settings(UAI_ONE), UAI_ONE, None),
        (settings(as_azure_spells(UAI_ONE)), UAI_ONE.upper(), None),
        (SYSTEM_WITHOUT_ID, "", None),
        (ID_BESIDE_SYSTEM, "", None),
    ],
)
def test_plan_present(current: dict[str, Any] | None, identity_id: str, block: dict[str, Any] | None) -> None:
    assert _secret_archive_settings.plan_present(current, VAULT_URI, identity_id, "2025-09-01") == block


def test_the_newest_api_version_takes_no_null() -> None:
    current = {"vaultUri": VAULT_URI, "associatedIdentity": {"userAssignedIdentityResourceId": UAI_ONE}}
    sent = _secret_archive_settings.plan_present(current, VAULT_URI, "", "2026-07-01")
    assert sent == {"vaultUri": VAULT_URI, "associatedIdentity": {"identityType": "SystemAssignedIdentity"}}


@pytest.mark.parametrize(
    ("current", "vault", "takes_away"),
    [
        (settings(), {}, True),
        (settings(UAI_ONE), {}, True),
        (NO_SELECTION, {}, True),
        (settings(), {"vault_uri": VAULT_URI}, True),
        (settings(vault_uri=VAULT_URI.upper().rstrip("/")), {"vault_uri": VAULT_URI}, True),
        (settings(), {"vault_id": VAULT}, True),
        (settings(vault_uri=VAULT_URI.upper()), {"vault_id": VAULT.lower()}, True),
        (None, {}, False),
        ({}, {}, False),
        ({"associatedIdentity": {}}, {}, False),
        (settings(vault_uri=OTHER_URI), {"vault_uri": VAULT_URI}, False),
        (settings(vault_uri=OTHER_URI), {"vault_id": VAULT}, False),
        (settings(vault_uri="nexus-secrets"), {"vault_id": VAULT}, False),
    ],
)
def test_plan_absent(current: dict[str, Any] | None, vault: dict[str, str], takes_away: bool) -> None:
    assert _secret_archive_settings.plan_absent(current, **vault) is takes_away


@pytest.mark.parametrize(
    ("current", "identity_type", "identity_id"),
    [
        (settings(), "SystemAssignedIdentity", None),
        (settings(as_azure_spells(UAI_ONE)), "UserAssignedIdentity", UAI_ONE),
        (SYSTEM_WITHOUT_ID, "SystemAssignedIdentity", None),
        (NO_SELECTION, None, None),
        ({**NO_SELECTION, "associatedIdentity": None}, None, None),
    ],
)
def test_report(current: dict[str, Any], identity_type: str | None, identity_id: str | None) -> None:
    assert _secret_archive_settings.report(current) == {
        "vault_uri": VAULT_URI,
        "identity_type": identity_type,
        "identity_resource_id": identity_id,
    }


@pytest.mark.parametrize("current", [None, {}, {"vaultUri": ""}, {"vaultUri": None}, {"associatedIdentity": {}}])
def test_report_of_no_settings(current: dict[str, Any] | None) -> None:
    assert _secret_archive_settings.report(current) is None


@pytest.mark.parametrize(
    ("uri", "vault_id", "named"),
    [
        (VAULT_URI, VAULT, True),
        (VAULT_URI.upper(), VAULT.lower(), True),
        (VAULT_URI.rstrip("/"), VAULT.upper() + "/", True),
        # A vault's name is taken in the whole cloud, so the group says nothing.
        (VAULT_URI, VAULT.replace("nexus-east", "elsewhere"), True),
        (OTHER_URI, VAULT, False),
        (VAULT_URI, VAULT + "-2", False),
        ("https://vault.azure.net/nexus-secrets", VAULT, False),
        ("", VAULT, False),
        (None, VAULT, False),
        (VAULT_URI, "", False),
    ],
)
def test_names_vault(uri: str | None, vault_id: str, named: bool) -> None:
    assert _secret_archive_settings.names_vault(uri, vault_id) is named
