# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _secret_archive
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fakes import VAULT

OTHER = VAULT + "-2"


def block(vault_id: str, enabled: str) -> dict[str, Any]:
    return {"keyVaultId": vault_id, "useKeyVault": enabled}


@pytest.mark.parametrize(
    ("current", "enabled", "sent"),
    [
        (None, True, block(VAULT, "True")),
        ({}, True, block(VAULT, "True")),
        (block(OTHER, "True"), True, block(VAULT, "True")),
        (block("TestKeyVaultId", "True"), True, block(VAULT, "True")),
        (block(VAULT, "False"), True, block(VAULT, "True")),
        ({"keyVaultId": VAULT}, True, block(VAULT, "True")),
        (block(VAULT, "True"), False, block(VAULT, "False")),
        (block(VAULT, "True"), True, None),
        (block(VAULT.lower(), "true"), True, None),
        (block(VAULT.upper(), "True"), True, None),
        (block(VAULT.replace("/resourceGroups/", "/resourcegroups/"), "True"), True, None),
        (block(VAULT, "False"), False, None),
    ],
)
def test_plan_present(current: dict[str, Any] | None, enabled: bool, sent: dict[str, Any] | None) -> None:
    expected = {"properties": {"secretArchive": sent}} if sent else None
    assert _secret_archive.plan_present(current, VAULT, enabled) == expected


@pytest.mark.parametrize(
    ("current", "vault_id", "api_version", "sent"),
    [
        (block(VAULT, "True"), "", "2025-09-01", None),
        (block(VAULT, "False"), "", "2025-09-01", None),
        (block(VAULT, "True"), VAULT.lower(), "2024-07-01", None),
        (block(VAULT, "True"), "", "2026-05-01-preview", None),
        (block(VAULT, "True"), "", "2024-06-01-preview", block(VAULT, "False")),
        (block(VAULT, "True"), "", "2026-07-01", block(VAULT, "False")),
    ],
)
def test_plan_absent(current: dict[str, Any], vault_id: str, api_version: str, sent: dict[str, Any] | None) -> None:
    body = _secret_archive.plan_absent(current, vault_id, api_version)
    assert body == {"properties": {"secretArchive": sent}}
    assert _secret_archive.plan_absent(_secret_archive.apply(body), vault_id, api_version) is None


@pytest.mark.parametrize(
    ("current", "vault_id", "api_version"),
    [
        (None, "", "2025-09-01"),
        ({"useKeyVault": "False"}, "", "2025-09-01"),
        (block(OTHER, "True"), VAULT, "2025-09-01"),
        (block(VAULT, "False"), "", "2024-06-01-preview"),
        (block(VAULT, "False"), "", "2026-07-01"),
    ],
)
def test_nothing_to_unlink(current: dict[str, Any] | None, vault_id: str, api_version: str) -> None:
    assert _secret_archive.plan_absent(current, vault_id, api_version) is None


archives = st.one_of(
    st.none(),
    st.builds(block, st.sampled_from([VAULT, VAULT.upper(), OTHER]), st.sampled_from(["True", "False", "true"])),
)


@given(archives, st.sampled_from([VAULT, OTHER]), st.booleans())
def test_present_reaches_what_is_wanted(current: dict[str, Any] | None, vault_id: str, enabled: bool) -> None:
    body = _secret_archive.plan_present(current, vault_id, enabled)
    after = _secret_archive.apply(body) if body else current
    report = _secret_archive.report(after)
    assert report is not None
    assert report["use_key_vault"] is enabled
    assert report["key_vault_id"].lower() == vault_id.lower()
    assert _secret_archive.plan_present(after, vault_id, enabled) is None
