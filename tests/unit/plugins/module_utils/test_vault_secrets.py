# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a vault tells of a secret: never its value, and never to a host that is no vault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._vault_secrets import VaultSecrets
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.module_utils.fake_azure import (
    CLOUD,
    Answer,
    FakeCredential,
    FakeTransport,
)

HERE = replace(CLOUD, key_vaults="vault.test")
URI = "https://nexus-secrets.vault.test/"
VERSIONS = "GET https://nexus-secrets.vault.test/secrets/bmc/versions?"
REFUSED = {"error": {"code": "Forbidden", "message": "Not authorized.", "innererror": {"code": "ForbiddenByRbac"}}}
GONE = {"error": {"code": "SecretNotFound", "message": "It was not found."}}


def page(*versions: str, link: str | None = None) -> Answer:
    """A page of a list of versions."""
    items = [{"id": f"{URI}secrets/bmc/{name}", "attributes": {"enabled": True, "created": 1}} for name in versions]
    return Answer(body={"value": items, "nextLink": link})


def find(transport: FakeTransport, version: str, uri: str = URI, name: str = "bmc") -> dict[str, Any] | None:
    return VaultSecrets(HERE, FakeCredential(), transport).find_version(uri, name, version)


def test_a_version_is_looked_for_in_the_list_of_versions_with_a_token_for_vaults() -> None:
    credential, transport = FakeCredential(), FakeTransport(page("one", "two"))
    found = VaultSecrets(HERE, credential, transport).find_version(URI, "bmc", "TWO")
    assert found == {"enabled": True, "created": 1}
    assert transport.calls == [f"{VERSIONS}api-version=7.4"]
    assert credential.scopes == ["https://vault.test/.default"]


@pytest.mark.parametrize("uri", [URI, URI.rstrip("/"), URI.upper(), "https://nexus-secrets.vault.test:443/"])
def test_spellings_of_an_address(uri: str) -> None:
    transport = FakeTransport(page("one"))
    assert find(transport, "one", uri) is not None
    assert transport.calls == [f"{VERSIONS}api-version=7.4"]


def test_later_pages_are_read_until_it_is_found() -> None:
    link = f"{URI}secrets/bmc/versions?api-version=7.4&$skiptoken=AB%3D"
    # A page may be empty though another one follows.
    transport = FakeTransport(page("one", link=link), page(link=link), page("two", link=link))
    assert find(transport, "two") is not None
    following = f"{VERSIONS}api-version=7.4&$skiptoken=AB%3D"
    assert transport.calls == [f"{VERSIONS}api-version=7.4", following, following]


def test_a_link_leads_to_no_other_host_and_to_no_value() -> None:
    transport = FakeTransport(page(link="https://evil.test/secrets/bmc/one?api-version=7.4&x=1"), page())
    assert find(transport, "one") is None
    assert transport.calls[1] == f"{VERSIONS}api-version=7.4&x=1"


@pytest.mark.parametrize("answer", [page(), page("one"), Answer(404, GONE)])
def test_none_when_there_is_no_such_version(answer: Answer) -> None:
    assert find(FakeTransport(answer), "two") is None


@pytest.mark.parametrize("name", ["", "a/b", "..", "a?b", "a b", "x" * 128])
def test_a_name_that_no_secret_has_is_not_asked_for(name: str) -> None:
    transport = FakeTransport()
    assert find(transport, "one", name=name) is None
    assert transport.calls == []


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.test/",
        "https://nexus-secrets.vault.test.evil.test/",
        "https://evil.test/nexus-secrets.vault.test/",
        "https://nexus-secrets.vault.test@evil.test/",
        "https://nexus-secrets.vault.test:8443/",
        "https://nexus-secretsXvault.test/",
        "https://vault.test/",
        "https://a.b.vault.test/",
        "http://nexus-secrets.vault.test/",
        "nexus-secrets.vault.test",
        "",
    ],
)
def test_no_token_goes_to_a_foreign_host(uri: str) -> None:
    credential, transport = FakeCredential(), FakeTransport()
    with pytest.raises(NexusError, match="given no token") as caught:
        VaultSecrets(HERE, credential, transport).find_version(uri, "bmc", "one")
    assert (caught.value.code, credential.scopes, transport.calls) == ("ForeignVault", [], [])


def test_a_cloud_that_does_not_tell_its_vaults_has_none() -> None:
    vaults = VaultSecrets(CLOUD, FakeCredential(), FakeTransport())
    assert vaults.uri_of("/subscriptions/s/vaults/kv") == ""
    for uri in (URI, "https://nexus-secrets./"):
        with pytest.raises(NexusError, match="not told by its metadata"):
            vaults.find_version(uri, "bmc", "one")


def test_the_address_of_a_vault_with_an_id() -> None:
    vaults = VaultSecrets(HERE, FakeCredential(), FakeTransport())
    assert vaults.uri_of("/subscriptions/s/providers/Microsoft.KeyVault/vaults/Nexus-Secrets") == URI


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(403, REFUSED), "Forbidden"),
        (Answer(404, {"error": {"code": "VaultNotFound", "message": "There is none."}}), "VaultNotFound"),
        (Answer(404, b"<html>", {"Content-Type": "text/html"}), "Http404"),
        (Answer(200, b"<html>", {"Content-Type": "text/html"}), "NotJson"),
        (Answer(200, b""), "NotJson"),
    ],
)
def test_what_is_no_answer_is_an_error(answer: Answer, code: str) -> None:
    with pytest.raises(NexusError) as caught:
        find(FakeTransport(answer), "one")
    assert caught.value.code == code
    assert URI in str(caught.value)


def test_a_challenge_does_not_send_the_token_elsewhere() -> None:
    challenge = {"WWW-Authenticate": 'Bearer authorization="https://evil.test/t", resource="https://evil.test"'}
    credential, transport = FakeCredential(), FakeTransport(Answer(401, {"error": {"code": "Unauthorized"}}, challenge))
    with pytest.raises(NexusError, match="Unauthorized"):
        VaultSecrets(HERE, credential, transport).find_version(URI, "bmc", "one")
    assert credential.scopes == ["https://vault.test/.default"]


def test_a_redirection_takes_no_token_along() -> None:
    transport = FakeTransport(Answer(307, b"", {"Location": "https://evil.test/secrets"}), page())
    find(transport, "one")
    assert "Authorization" in transport.requests[0].headers
    assert "Authorization" not in transport.requests[1].headers
