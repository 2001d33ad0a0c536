# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secret archive of a cluster: the key vault that the platform writes rotated credentials into. Pure.

Private to this collection. An *archive block* is `properties.secretArchive` of a cluster: {keyVaultId, useKeyVault},
where useKeyVault is the text "True" or "False", not a boolean.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import canonical, key

Block = dict[str, Any]

SINCE = "2023-10-01-preview"
# A null in a PATCH resets the block where the contract marks it as nullable: from 2024-07-01 on, and no longer in
# 2026-07-01. In the other versions the block can only be switched off.
NULLABLE_SINCE = "2024-07-01"
NULLABLE_BEFORE = "2026-07-01"


def plan_present(current: Block | None, vault_id: str, enabled: bool) -> Block | None:
    """The PATCH body that links the vault, or None when it is linked like that already."""
    before = report(current)
    if before and key(before["key_vault_id"]) == key(vault_id) and before["use_key_vault"] == enabled:
        return None
    return _body({"keyVaultId": vault_id, "useKeyVault": str(enabled)})


def plan_absent(current: Block | None, vault_id: str, api_version: str) -> Block | None:
    """The PATCH body that unlinks the vault, or None when there is nothing to unlink.

    With a `vault_id` only a link to that vault is taken away: another one was not named by the task.
    """
    before = report(current)
    if not before or (vault_id and key(before["key_vault_id"]) != key(vault_id)):
        return None
    if NULLABLE_SINCE <= api_version < NULLABLE_BEFORE:
        return _body(None)
    if not before["use_key_vault"]:
        return None
    return _body({"keyVaultId": before["key_vault_id"], "useKeyVault": "False"})


def apply(patch: Block) -> Block | None:
    """The archive block after this PATCH: it is replaced as a whole."""
    return patch["properties"]["secretArchive"]


def report(current: Block | None) -> dict[str, Any] | None:
    """The block as modules return it: {key_vault_id, use_key_vault (bool)}, or None when no vault is linked."""
    if not current or not current.get("keyVaultId"):
        return None
    return {
        "key_vault_id": canonical(current["keyVaultId"]),
        "use_key_vault": str(current.get("useKeyVault")).lower() == "true",
    }


def _body(archive: Block | None) -> Block:
    return {"properties": {"secretArchive": archive}}
