# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One token for all tasks of a run. Private to this collection."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import needs
from ansible_collections.operator_nexus.credentials.plugins.module_utils._memory import Memory

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential

# azure-core asks for a new token this long before the end of the old one.
_EARLY_SECONDS = 300
# Of a short-lived token that would be all its life, so of those no more than this part.
_EARLY_PART = 0.2


class SharedCredential:
    """A credential that is built for the first token that the memory does not hold."""

    def __init__(self, build: Callable[[], TokenCredential], memory: Memory) -> None:
        self._build = build
        self._memory = memory

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """As in azure-core. Raises what the credential raises, and MissingLibrary."""
        with needs("azure-core"):
            from azure.core.credentials import AccessToken

        def ask() -> dict[str, Any]:
            asked = time.time()
            token = self._credential.get_token(*scopes, **options)
            return {"token": token.token, "expires_on": token.expires_on, "asked": asked}

        # A challenge for more (claims), or another tenant, is answered by a token that was not made before.
        plain = not options.get("claims") and not options.get("tenant_id")
        token = self._memory.once(("token", *scopes), ask, _is_fresh) if plain else ask()
        return AccessToken(token["token"], token["expires_on"])

    @cached_property
    def _credential(self) -> TokenCredential:
        return self._build()


def _is_fresh(token: dict[str, Any]) -> bool:
    early = min(_EARLY_SECONDS, (token["expires_on"] - token["asked"]) * _EARLY_PART)
    return bool(token["expires_on"] - time.time() > early)
