# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key vaults that Operator Nexus can write to: they exist, and roles decide who may write.

Private to this collection.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._converge import fetch
from ansible_collections.operator_nexus.credentials.plugins.module_utils._documents import properties
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError

Document = dict[str, Any]


def fetch_vault(arm: Arm, vault_id: str, api_version: str) -> Document:
    """Read a vault that has to exist. Raises NexusError."""
    return fetch(arm, vault_id, "key vault", api_version)


def uses_roles(vault: Document) -> bool:
    """Whether Azure role-based access control decides who may do what with its secrets."""
    return bool(properties(vault).get("enableRbacAuthorization"))


def require_roles(vault: Document, vault_id: str, option: str) -> None:
    """Raises NexusError for a vault with access policies; `option` is the one that names the vault."""
    if uses_roles(vault):
        return
    raise NexusError(
        "the key vault uses access policies, on which a role has no effect",
        code="VaultUsesAccessPolicies",
        target=option,
        operation="check the permission model of the key vault",
        resource_id=vault_id,
        remedy="give the vault's present users roles and switch it to Azure role-based access control "
        f"(az keyvault update --enable-rbac-authorization true), or give another vault as {option}",
    )
