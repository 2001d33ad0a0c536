# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which archive a cluster has: the successor once it is whole, until then the link."""

from __future__ import annotations

import pytest

from archive import CLUSTER, CLUSTER_MANAGER, Archive, archive_of
from names import vault_named
from state import Document

LINK = {"keyVaultId": "/Vault", "useKeyVault": "True"}
PAUSED = {"keyVaultId": "/Vault", "useKeyVault": "False"}
SETTINGS = {"vaultUri": "https://kv/", "associatedIdentity": {"identityType": "SystemAssignedIdentity"}}
WITHOUT_URI = {"associatedIdentity": {"identityType": "SystemAssignedIdentity"}}
SYSTEM = {"type": "SystemAssigned", "principalId": "p"}
USER = {"type": "UserAssigned", "userAssignedIdentities": {"/id": {}}}
NONE = {"type": "None"}
SUCCESSOR = Archive(CLUSTER, "https://kv/")
PREDECESSOR = Archive(CLUSTER_MANAGER, "/Vault")


@pytest.mark.parametrize(
    ("settings", "identity", "link", "expected"),
    [
        (None, None, None, None),
        (None, None, LINK, PREDECESSOR),
        (None, SYSTEM, LINK, PREDECESSOR),
        (None, None, PAUSED, None),
        (None, SYSTEM, PAUSED, None),
        (SETTINGS, SYSTEM, None, SUCCESSOR),
        (SETTINGS, SYSTEM, LINK, SUCCESSOR),
        (SETTINGS, USER, LINK, SUCCESSOR),  # of its own, though not the one that is selected
        (SETTINGS, NONE, LINK, PREDECESSOR),
        (SETTINGS, None, LINK, PREDECESSOR),
        (SETTINGS, None, PAUSED, SUCCESSOR),
        (SETTINGS, NONE, None, SUCCESSOR),
        (WITHOUT_URI, SYSTEM, LINK, PREDECESSOR),
        (WITHOUT_URI, SYSTEM, None, Archive(CLUSTER, "")),
        ({}, SYSTEM, LINK, PREDECESSOR),
        ({}, SYSTEM, None, None),
    ],
)
def test_archive_in_use(
    settings: Document | None, identity: Document | None, link: Document | None, expected: Archive | None
) -> None:
    properties = {"secretArchiveSettings": settings, "secretArchive": link}
    assert archive_of({"properties": properties, "identity": identity}) == expected


def test_spellings_of_one_archive() -> None:
    assert Archive(CLUSTER, "https://KV").key == SUCCESSOR.key
    assert Archive(CLUSTER_MANAGER, "/VAULT").key == PREDECESSOR.key
    assert Archive(CLUSTER_MANAGER, "https://kv/").key != SUCCESSOR.key


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("https://kv-one.vault.azure.emulator/", "kv-one"),
        ("https://kv-one.vault.azure.emulator", "kv-one"),
        ("HTTPS://KV-One.Vault.Azure.Emulator/", "kv-one"),
        ("http://kv-one.vault.azure.emulator/", None),
        ("https://kv-one.vault.azure.net/", None),
        ("https://kv-one.vault.azure.emulator/secrets", None),
        ("https://kv-one.vault.azure.emulator//", None),
        ("https://a.b.vault.azure.emulator/", None),
        ("https://vault.azure.emulator/", None),
        ("kv-one.vault.azure.emulator", None),
        ("/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv-one", None),
    ],
)
def test_uri_of_a_vault(uri: str, name: str | None) -> None:
    assert vault_named(uri) == name
