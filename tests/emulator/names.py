# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names under which the emulated cloud is known. The `.emulator` hosts exist only behind the proxy (proxy.py)."""

from __future__ import annotations

import re

CLOUD_NAME = "AzureNexusEmulator"
DOMAIN = "azure.emulator"
ARM_HOST = f"management.{DOMAIN}"
GRAPH_HOST = f"graph.{DOMAIN}"
LOGIN_URL = f"https://login.{DOMAIN}"
"""A name of its own, because MSAL forgets the port of an authority when it signs in a user."""
VAULT_DOMAIN = f"vault.{DOMAIN}"

ARM_AUDIENCE = f"https://{ARM_HOST}/"
GRAPH_AUDIENCE = f"https://{GRAPH_HOST}/"
VAULT_AUDIENCE = f"https://{VAULT_DOMAIN}"
OWN_URL = re.compile(r"https://(127\.0\.0\.1|localhost):\d+/?")
"""ARM's own address, which it takes as its audience too: some clients ask for a token by it (azure.azcollection)."""


def vault_origin(name: str) -> str:
    """The data plane of the vault of this name, without a slash at the end."""
    return f"https://{name.lower()}.{VAULT_DOMAIN}"


def vault_named(uri: str) -> str | None:
    """The name of the vault that this URI leads to; None when it is not the URI of any vault of this cloud."""
    found = re.fullmatch(rf"https://([0-9a-z-]+)\.{re.escape(VAULT_DOMAIN)}/?", uri.lower())
    return found[1] if found else None


def spellings(audience: str) -> tuple[str, str]:
    """The audience with and without a slash at the end: Entra writes into the token what the client asked for."""
    bare = audience.rstrip("/")
    return bare + "/", bare
