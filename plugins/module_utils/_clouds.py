# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a cloud's services are: known by name, or asked from the cloud's own metadata.

Private to this collection.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError

_METADATA_PATH = "/metadata/endpoints"
# One cloud as an object; the form that every cloud still serves is a list of clouds.
_OBJECT_VERSION = "2022-09-01"
_LIST_VERSION = "2019-05-01"

Fetch = Callable[[str], tuple[int, bytes]]
"""GET a URL without a token: status and body."""


@dataclass(frozen=True)
class Cloud:
    """Endpoints of one cloud, without a slash at the end; audiences are verbatim."""

    name: str
    resource_manager: str
    audience: str
    """Of tokens for the resource manager."""
    login: str
    graph: str
    """Microsoft Graph, empty where the cloud's metadata does not tell it."""
    graph_audience: str
    private: bool = False
    """Not one of Microsoft's public clouds, so Entra's instance discovery does not know it."""
    key_vaults: str = ""
    """The DNS suffix of key vaults without a dot before it, empty where the cloud's metadata does not tell it."""

    @property
    def arm_scope(self) -> str:
        return f"{self.audience}/.default"

    @property
    def graph_scope(self) -> str:
        return f"{self.graph_audience}/.default"

    @property
    def key_vault_scope(self) -> str:
        """Of tokens for what is in a vault. No metadata tell it; in every cloud of Microsoft it is this."""
        return f"https://{self.key_vaults}/.default"


def _public(name: str, resource_manager: str, audience: str, login: str, graph: str, key_vaults: str) -> Cloud:
    return Cloud(name, resource_manager, audience, login, graph, graph, key_vaults=key_vaults)


KNOWN = {
    cloud.name: cloud
    for cloud in (
        _public(
            "AzureCloud",
            "https://management.azure.com",
            "https://management.azure.com",
            "https://login.microsoftonline.com",
            "https://graph.microsoft.com",
            "vault.azure.net",
        ),
        _public(
            "AzureChinaCloud",
            "https://management.chinacloudapi.cn",
            "https://management.chinacloudapi.cn",
            "https://login.chinacloudapi.cn",
            "https://microsoftgraph.chinacloudapi.cn",
            "vault.azure.cn",
        ),
        _public(
            "AzureUSGovernment",
            "https://management.usgovcloudapi.net",
            "https://management.core.usgovcloudapi.net",
            "https://login.microsoftonline.us",
            "https://graph.microsoft.us",
            "vault.usgovcloudapi.net",
        ),
        _public(
            "AzureGermanCloud",
            "https://management.microsoftazure.de",
            "https://management.core.cloudapi.de",
            "https://login.microsoftonline.de",
            "https://graph.microsoft.de",
            "vault.microsoftazure.de",
        ),
    )
}


def check_name(environment: str, metadata_url: str) -> None:
    """Whether a cloud may be called so, as far as this can be told without a network. Raises BadInput."""
    if _is_url(environment):
        if urlsplit(environment).scheme != "https" or not urlsplit(environment).hostname:
            raise BadInput("cloud_environment", f"'{environment}' is not an https URL", "give https://HOST[:PORT]")
        return
    if environment not in KNOWN and not metadata_url:
        raise _unknown(environment, list(KNOWN))


def find(environment: str, metadata_url: str, fetch: Fetch) -> Cloud:
    """The cloud of this name or URL. Raises BadInput for an unknown name, NexusError when metadata is no use."""
    check_name(environment, metadata_url)
    if _is_url(environment):
        return _at(environment, fetch)
    if not metadata_url:
        return KNOWN[environment]
    listed = _documents(_get(metadata_url, fetch), metadata_url)
    found = [item for item in listed if item.get("name") == environment]
    if found:
        return _from_metadata(found[0], metadata_url)
    if environment in KNOWN:
        return KNOWN[environment]
    raise _unknown(environment, [*KNOWN, *(str(item.get("name")) for item in listed)])


def _at(url: str, fetch: Fetch) -> Cloud:
    """The cloud whose resource manager, or whose metadata document, is at this URL."""
    parts = urlsplit(url)
    base = f"{parts.scheme}://{parts.netloc}"
    listed = _documents(_get(url, fetch), url) if parts.query else _both_forms(base + _METADATA_PATH, fetch)
    # A list may name all clouds of a kind; the wanted one is at the address that was given.
    mine = [item for item in listed if str(item.get("resourceManager", "")).rstrip("/") == base]
    return _from_metadata((mine or listed)[0], url, base)


def _both_forms(url: str, fetch: Fetch) -> list[dict[str, Any]]:
    status, body = fetch(f"{url}?api-version={_OBJECT_VERSION}")
    if status == 200:
        return _documents(body, url)
    return _documents(_get(f"{url}?api-version={_LIST_VERSION}", fetch), url)


def _get(url: str, fetch: Fetch) -> bytes:
    status, body = fetch(url)
    if status == 200:
        return body
    raise _useless(url, f"HTTP {status}")


def _documents(body: bytes, url: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(body.decode("utf-8-sig"))
    except ValueError:
        raise _useless(url, "not JSON") from None
    listed = [item for item in (document if isinstance(document, list) else [document]) if isinstance(item, dict)]
    if not listed:
        raise _useless(url, "no cloud in it")
    return listed


def _from_metadata(document: dict[str, Any], url: str, base: str = "") -> Cloud:
    authentication = document.get("authentication") or {}
    login = str(authentication.get("loginEndpoint") or "").rstrip("/")
    audiences = authentication.get("audiences") or []
    manager = str(document.get("resourceManager") or base).rstrip("/")
    if not login or not audiences or not manager:
        raise _useless(url, "loginEndpoint, audiences or resourceManager are missing")
    graph = str(document.get("microsoftGraphResourceId") or "")
    name = str(document.get("name") or manager)
    same = KNOWN.get(name)
    private = same is None or same.login != login
    # Some lists of clouds write it with a dot before it.
    key_vaults = str((document.get("suffixes") or {}).get("keyVaultDns") or "").strip(".").lower()
    if same is not None and not private:
        key_vaults = key_vaults or same.key_vaults
    return Cloud(name, manager, str(audiences[0]), login, graph.rstrip("/"), graph, private, key_vaults)


def _is_url(text: str) -> bool:
    return "://" in text


def _unknown(name: str, names: list[str]) -> BadInput:
    known = ", ".join(dict.fromkeys(names))
    return BadInput("cloud_environment", f"no cloud is called '{name}'", f"use one of {known}, or a metadata URL")


def _useless(url: str, why: str) -> NexusError:
    return NexusError(
        f"the answer is no cloud metadata: {why}",
        code="CloudMetadataInvalid",
        target="cloud_environment",
        operation="read the cloud's metadata at",
        resource_id=url,
        remedy="set cloud_environment to a cloud's name or to the URL of its resource manager",
    )
