# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data plane of key vaults, as far as it tells of secrets without their values.

Private to this collection. `GET /secrets/NAME/VERSION` would answer with the value, so nothing here asks for that.
"""

from __future__ import annotations

import re
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ansible_collections.operator_nexus.credentials.plugins.module_utils._clouds import Cloud
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import (
    NexusError,
    azure_errors,
    needs,
    no_json,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._pipeline import json_object, make_policies

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import HttpTransport

Document = dict[str, Any]

_VERSION = "7.4"
_OPERATION = "list the versions of a secret in"
# Key Vault takes no other names; such a one cannot lead to another path either.
_SECRET = re.compile(r"[0-9a-zA-Z-]{1,127}")


class VaultSecrets:
    """Tells whether vaults have secrets. No token ever goes to a host that is not a vault of the session's cloud."""

    def __init__(self, cloud: Cloud, credential: TokenCredential, transport: HttpTransport) -> None:
        self._cloud = cloud
        self._credential = credential
        self._transport = transport

    def uri_of(self, vault_id: str) -> str:
        """The URI of the vault with this ARM id, empty where the cloud does not tell how its vaults are called."""
        name = vault_id.rstrip("/").rpartition("/")[2].lower()
        return f"https://{name}.{self._cloud.key_vaults}/" if self._cloud.key_vaults else ""

    def find_version(self, vault_uri: str, name: str, version: str) -> Document | None:
        """The attributes of a version of a secret, as Key Vault has them; None when there is none. Raises NexusError.

        Needs the data action `Microsoft.KeyVault/vaults/secrets/readMetadata/action`, in access policies `list`.
        """
        origin = self._origin(vault_uri)
        if not _SECRET.fullmatch(name):
            return None
        query = f"api-version={_VERSION}"
        while query:
            page = self._page(f"{origin}/secrets/{name}/versions?{query}", vault_uri)
            for item in (page or {}).get("value") or []:
                if str(item.get("id")).rpartition("/")[2].lower() == version.lower():
                    return dict(item.get("attributes") or {})
            # They come 25 at a time and not in the order of time, so the wanted one may be on any page. Of the link
            # only the query is taken: neither another host nor another path is asked.
            query = urlsplit((page or {}).get("nextLink") or "").query
        return None

    def _page(self, url: str, vault_uri: str) -> Document | None:
        """None when there is no such secret. Azure was recorded to give an empty page then; a 404 says the same."""
        with needs("azure-core"):
            from azure.core.rest import HttpRequest
        try:
            with azure_errors(_OPERATION, vault_uri):
                response = self._client.send_request(HttpRequest("GET", url))
                response.raise_for_status()
                document = json_object(response)
        except NexusError as error:
            if error.status == HTTPStatus.NOT_FOUND and error.code == "SecretNotFound":
                return None
            raise
        if document is None:
            raise no_json("empty", _OPERATION, vault_uri, response)
        return document

    def _origin(self, vault_uri: str) -> str:
        """`https://HOST` of a vault of this cloud. Raises NexusError."""
        suffix = self._cloud.key_vaults
        found = re.fullmatch(rf"https://([0-9a-z-]+\.{re.escape(suffix)})(:443)?/?", vault_uri.strip().lower())
        if found and suffix:
            return f"https://{found[1]}"
        known = f"are called https://NAME.{suffix}/" if suffix else "are not told by its metadata"
        raise NexusError(
            f"this is not a vault of the cloud {self._cloud.name}, whose vaults {known}: it is given no token",
            code="ForeignVault",
            operation=_OPERATION,
            resource_id=vault_uri,
            remedy="check cloud_environment",
        )

    @cached_property
    def _client(self) -> Any:
        with needs("azure-core"):
            from azure.core import PipelineClient
        policies = make_policies(self._credential, self._cloud.key_vault_scope)
        return PipelineClient(f"https://{self._cloud.key_vaults}", policies=policies, transport=self._transport)
