# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a cloud is: by name, by URL, from both forms of metadata."""

from __future__ import annotations

import json
from typing import Any

import azure.core
import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._clouds import KNOWN, check_name, find
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError

METADATA: dict[str, Any] = {
    "name": "Private",
    "resourceManager": "https://arm.example:8443/",
    "authentication": {"loginEndpoint": "https://login.example/", "audiences": ["https://arm.audience/", "other"]},
    "microsoftGraphResourceId": "https://graph.example/",
}
OBJECT_URL = "https://arm.example:8443/metadata/endpoints?api-version=2022-09-01"
LIST_URL = "https://arm.example:8443/metadata/endpoints?api-version=2019-05-01"


class Pages:
    """Answers URLs from a dict; everything else is 404."""

    def __init__(self, pages: dict[str, Any]) -> None:
        self.pages = pages
        self.asked: list[str] = []

    def __call__(self, url: str) -> tuple[int, bytes]:
        self.asked.append(url)
        if url not in self.pages:
            return 404, b"{}"
        page = self.pages[url]
        return 200, page if isinstance(page, bytes) else json.dumps(page).encode()


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_name_asks_nobody(name: str) -> None:
    pages = Pages({})
    cloud = find(name, "", pages)
    assert (cloud.name, cloud.private, pages.asked) == (name, False, [])
    for url in (cloud.resource_manager, cloud.audience, cloud.login, cloud.graph):
        assert url.startswith("https://")
        assert not url.endswith("/")


@pytest.mark.skipif(not hasattr(azure.core, "AzureClouds"), reason="an azure-core that tells no clouds")
def test_known_clouds_agree_with_azure_core() -> None:
    from azure.core import AzureClouds
    from azure.mgmt.core.tools import get_arm_endpoints

    for setting in AzureClouds:
        name = {"AZURE_PUBLIC_CLOUD": "AzureCloud", "AZURE_CHINA_CLOUD": "AzureChinaCloud"}.get(
            setting.name, "AzureUSGovernment"
        )
        told = get_arm_endpoints(setting)
        assert told["resource_manager"].rstrip("/") == KNOWN[name].resource_manager
        assert told["credential_scopes"] == [KNOWN[name].arm_scope]


@pytest.mark.parametrize(
    "url",
    [
        "https://arm.example:8443",
        "https://arm.example:8443/",
        "https://arm.example:8443/metadata/endpoints",
        OBJECT_URL,
    ],
)
def test_an_url_leads_to_metadata(url: str) -> None:
    pages = Pages({OBJECT_URL: METADATA})
    cloud = find(url, "", pages)
    assert pages.asked == [OBJECT_URL]
    assert (cloud.name, cloud.private) == ("Private", True)
    assert (cloud.resource_manager, cloud.login) == ("https://arm.example:8443", "https://login.example")
    assert cloud.arm_scope == "https://arm.audience//.default"
    assert (cloud.graph, cloud.graph_scope) == ("https://graph.example", "https://graph.example//.default")


def test_metadata_may_begin_with_a_byte_order_mark() -> None:
    body = b"\xef\xbb\xbf" + json.dumps(METADATA).encode()
    assert find("https://arm.example:8443", "", Pages({OBJECT_URL: body})).name == "Private"


def test_the_older_form_is_a_list() -> None:
    other = {**METADATA, "name": "Other", "resourceManager": "https://other.example"}
    cloud = find("https://arm.example:8443", "", Pages({LIST_URL: [other, METADATA]}))
    assert cloud.name == "Private"


def test_a_list_without_addresses_means_the_one_that_was_asked() -> None:
    bare = {key: value for key, value in METADATA.items() if key in ("name", "authentication")}
    cloud = find("https://arm.example:8443", "", Pages({LIST_URL: [bare]}))
    assert (cloud.resource_manager, cloud.graph) == ("https://arm.example:8443", "")


def test_metadata_of_a_public_cloud_is_not_private() -> None:
    known = KNOWN["AzureCloud"]
    document = {
        "name": known.name,
        "resourceManager": known.resource_manager,
        "authentication": {"loginEndpoint": known.login + "/", "audiences": [known.audience]},
    }
    url = known.resource_manager + "/metadata/endpoints?api-version=2022-09-01"
    assert find(known.resource_manager, "", Pages({url: document})).private is False


def test_a_name_may_be_one_of_the_listed_clouds() -> None:
    pages = Pages({LIST_URL: [METADATA]})
    assert find("Private", LIST_URL, pages).login == "https://login.example"
    assert find("AzureCloud", LIST_URL, pages) == KNOWN["AzureCloud"]
    with pytest.raises(BadInput, match=r"AzureCloud, .*Private, or a metadata URL"):
        find("Nowhere", LIST_URL, pages)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"'Nowhere'.*AzureCloud, AzureChinaCloud, AzureUSGovernment, AzureGermanCloud"):
        check_name("Nowhere", "")


@pytest.mark.parametrize("url", ["http://arm.example", "ftp://x", "https://", "://x"])
def test_an_url_has_to_be_https(url: str) -> None:
    with pytest.raises(BadInput, match="https"):
        check_name(url, "")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"authentication": {"loginEndpoint": "https://l"}}'])
def test_useless_metadata_is_an_error(body: bytes) -> None:
    with pytest.raises(NexusError) as caught:
        find("https://arm.example:8443", "", Pages({OBJECT_URL: body}))
    assert caught.value.code == "CloudMetadataInvalid"
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, body == b"<html>")


def test_no_metadata_is_an_error() -> None:
    with pytest.raises(NexusError, match="HTTP 404"):
        find("https://arm.example:8443", "", Pages({}))


def test_a_cloud_with_a_public_name_but_a_login_of_its_own_is_private() -> None:
    pages = Pages({OBJECT_URL: {**METADATA, "name": "AzureCloud"}})
    assert find("https://arm.example:8443", "", pages).private is True


@pytest.mark.parametrize("name", KNOWN)
def test_known_clouds_tell_their_key_vaults(name: str) -> None:
    cloud = KNOWN[name]
    assert cloud.key_vaults.startswith("vault.")
    assert cloud.key_vault_scope == f"https://{cloud.key_vaults}/.default"


@pytest.mark.parametrize(
    ("suffixes", "key_vaults"),
    [
        ({"keyVaultDns": "vault.example"}, "vault.example"),
        # As lists of clouds for az have it.
        ({"keyVaultDns": ".Vault.Example"}, "vault.example"),
        ({"keyVaultDns": None}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_metadata_may_tell_the_key_vaults(suffixes: dict[str, Any] | None, key_vaults: str) -> None:
    pages = Pages({OBJECT_URL: {**METADATA, "suffixes": suffixes}})
    assert find("https://arm.example:8443", "", pages).key_vaults == key_vaults


@pytest.mark.parametrize(("login", "key_vaults"), [(KNOWN["AzureCloud"].login, "vault.azure.net"), ("https://x", "")])
def test_what_metadata_do_not_tell_of_a_public_cloud_is_known(login: str, key_vaults: str) -> None:
    authentication = {**METADATA["authentication"], "loginEndpoint": login}
    pages = Pages({OBJECT_URL: {**METADATA, "name": "AzureCloud", "authentication": authentication}})
    assert find("https://arm.example:8443", "", pages).key_vaults == key_vaults
