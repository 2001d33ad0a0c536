# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secret archive settings of a cluster: the vault and the cluster's own identity that writes into it. Pure.

Private to this collection. A *settings block* is `properties.secretArchiveSettings` of a cluster: {vaultUri,
associatedIdentity {identityType, userAssignedIdentityResourceId}}.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _identity
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import canonical, key

Block = dict[str, Any]

SINCE = "2024-10-01-preview"
# Before this version a null in a PATCH takes the settings away, or the id in them. From it on no null is documented.
NULLABLE_BEFORE = "2026-07-01"

_URI = re.compile(r"https://([a-z][0-9a-z-]{1,22}[0-9a-z])(\.[0-9a-z-]+)+/?", re.IGNORECASE)


def check_uri(text: str, option: str) -> str:
    """The vault's URI as Azure writes it, in lower case and with a slash at its end. Raises BadInput."""
    if not _URI.fullmatch(text.strip()):
        raise BadInput(option, f"'{text}' is not the URI of a key vault", "give one like https://name.vault.azure.net/")
    return f"{uri_key(text)}/"


def plan_present(current: Block | None, vault_uri: str, identity_id: str, api_version: str) -> Block | None:
    """The block to PATCH, or None when it is in place. Without `identity_id` the system assigned identity is meant."""
    wanted = _block(vault_uri, identity_id)
    if keys(current) == keys(wanted):
        return None
    selected = (current or {}).get("associatedIdentity") or {}
    if selected.get("userAssignedIdentityResourceId") and not identity_id and api_version < NULLABLE_BEFORE:
        # A PATCH may merge all the way down. Beside the system assigned identity the id has no meaning, but misleads.
        wanted["associatedIdentity"]["userAssignedIdentityResourceId"] = None
    return wanted


def plan_absent(current: Block | None, vault_uri: str = "", vault_id: str = "") -> bool:
    """Whether there are settings to take away. With one of the vaults given, only settings with that vault are."""
    before = report(current)
    if not before:
        return False
    if vault_uri:
        return uri_key(before["vault_uri"]) == uri_key(vault_uri)
    return not vault_id or names_vault(before["vault_uri"], vault_id)


def report(current: Block | None) -> dict[str, Any] | None:
    """The block as modules return it: {vault_uri, identity_type, identity_resource_id}; None without a vault."""
    if not current or not current.get("vaultUri"):
        return None
    selected = current.get("associatedIdentity") or {}
    # Beside a system assigned identity an id has no meaning. Azure may keep one there, see `plan_present`.
    is_system = selected.get("identityType") == _identity.SYSTEM_ASSIGNED
    identity_id = None if is_system else selected.get("userAssignedIdentityResourceId")
    return {
        "vault_uri": current["vaultUri"],
        "identity_type": selected.get("identityType"),
        "identity_resource_id": canonical(identity_id) if identity_id else None,
    }


def keys(current: Block | None) -> tuple[str, ...]:
    """Vault, kind of identity and its id in the form in which equal ones are equal; empty without settings."""
    settings = report(current)
    if settings is None:
        return ()
    return uri_key(settings["vault_uri"]), str(settings["identity_type"]), key(settings["identity_resource_id"] or "")


def names_vault(vault_uri: str | None, vault_id: str) -> bool:
    """Whether this is the URI of that vault. The name of a vault is taken in the whole cloud, and begins its URI."""
    found = _URI.fullmatch((vault_uri or "").strip())
    return found is not None and found[1].lower() == key(vault_id).rpartition("/")[2]


def _block(vault_uri: str, identity_id: str) -> Block:
    selected: Block = {"identityType": _identity.SYSTEM_ASSIGNED}
    if identity_id:
        selected = {"identityType": _identity.USER_ASSIGNED, "userAssignedIdentityResourceId": identity_id}
    return {"vaultUri": vault_uri, "associatedIdentity": selected}


def uri_key(vault_uri: str) -> str:
    """The form in which two URIs of the same vault are equal."""
    return vault_uri.strip().rstrip("/").lower()
