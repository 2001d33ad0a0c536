# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session: lazy, checked at once, one pool of connections and one credential for all its clients."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _pipeline, _session
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.module_utils.fake_azure import (
    Answer,
    FakeCredential,
    FakeTransport,
)

CHECKOUT = Path(__file__).resolve().parents[4]
OPTIONS = {"client_id": "c", "secret": "s", "tenant": "t"}
METADATA = {
    "name": "Private",
    "resourceManager": "https://arm.test/",
    "authentication": {"loginEndpoint": "https://login.test", "audiences": ["https://arm.test"]},
    "microsoftGraphResourceId": "https://graph.test",
}


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeTransport:
    """The only transport that sessions get; nobody's home."""
    transport = FakeTransport()
    monkeypatch.setattr(_session, "make_transport", lambda verify: transport)
    monkeypatch.setenv("HOME", str(tmp_path))
    return transport


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({}, "auth_source"),
        ({"client_id": "c", "tenant": "t"}, "secret"),
        ({"client_id": "c", "secret": "s"}, "tenant"),
        ({**OPTIONS, "cloud_environment": "Nowhere"}, "cloud_environment"),
        ({**OPTIONS, "cloud_environment": "http://arm.test"}, "cloud_environment"),
    ],
)
def test_bad_settings_are_found_at_once(options: dict[str, Any], option: str, wire: FakeTransport) -> None:
    with pytest.raises(BadInput) as caught:
        Session(options, {})
    assert caught.value.target == option


def test_nothing_happens_before_something_is_asked_for(wire: FakeTransport) -> None:
    session = Session({**OPTIONS, "cloud_environment": "https://arm.test", "subscription_id": "sub"}, {})
    assert session.subscription_id == "sub"
    assert wire.calls == []


def test_the_environment_is_the_default(wire: FakeTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_SUBSCRIPTION_ID", "from-environ")
    assert Session(OPTIONS).subscription_id == "from-environ"


def test_one_sign_in_serves_one_client_and_the_metadata_are_read_once(wire: FakeTransport) -> None:
    endpoint = "https://login.test/t/oauth2/v2.0/token"
    discovery = {"token_endpoint": endpoint, "authorization_endpoint": endpoint, "issuer": "https://login.test/t/v2.0"}
    token = Answer(body={"token_type": "Bearer", "expires_in": 3600, "access_token": "tok"})
    page = Answer(body={"value": []})
    # A token for ARM serves both the resources and the role assignments, Graph wants its own.
    wire.wire.answers += [Answer(body=METADATA), Answer(body=discovery), token, page, page, token, page]
    session = Session({**OPTIONS, "cloud_environment": "https://arm.test"}, {})
    session.arm.list("/subscriptions", "2022-12-01")
    session.roles.list_at("/subscriptions/s")
    session.graph.service_principal_id("app")
    assert [call.partition("?")[0] for call in wire.calls] == [
        "GET https://arm.test/metadata/endpoints",
        "GET https://login.test/t/v2.0/.well-known/openid-configuration",
        f"POST {endpoint}",
        "GET https://arm.test/subscriptions",
        "GET https://arm.test/subscriptions/s/providers/Microsoft.Authorization/roleAssignments",
        f"POST {endpoint}",
        "GET https://graph.test/v1.0/servicePrincipals",
    ]
    assert wire.requests[3].headers["Authorization"] == "Bearer tok"


def test_a_vault_is_asked_with_a_token_of_its_own_for_vaults_of_the_cloud_only(
    wire: FakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = FakeCredential()
    session = Session({**OPTIONS, "cloud_environment": "https://arm.test"}, {})
    monkeypatch.setattr(session._method, "build", lambda cloud, transport: credential)
    wire.wire.answers += [
        Answer(body={**METADATA, "suffixes": {"keyVaultDns": "vault.test"}}),
        Answer(body={"value": [], "nextLink": None}),
    ]
    assert session.vault_secrets.find_version("https://kv.vault.test/", "name", "1") is None
    with pytest.raises(NexusError, match="given no token"):
        session.vault_secrets.find_version("https://kv.vault.azure.net/", "name", "1")
    assert credential.scopes == ["https://vault.test/.default"]
    assert len(wire.calls) == 2


def test_a_managed_identity_without_a_subscription_takes_the_first_it_sees(
    wire: FakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session({"auth_source": "msi"}, {})
    monkeypatch.setattr(session._method, "build", lambda cloud, transport: FakeCredential())
    wire.wire.answers.append(Answer(body={"value": [{"subscriptionId": "first"}, {"subscriptionId": "second"}]}))
    assert (session.subscription_id, session.subscription_id) == ("first", "first")
    assert len(wire.calls) == 1


def test_no_subscription_is_bad_input(wire: FakeTransport) -> None:
    with pytest.raises(BadInput, match="AZURE_SUBSCRIPTION_ID") as caught:
        _subscription = Session(OPTIONS, {}).subscription_id
    assert caught.value.target == "subscription_id"


def test_metadata_that_cannot_be_read_name_their_address(wire: FakeTransport) -> None:
    wire.wire.answers += [Answer(404, {}), Answer(404, {})]
    with pytest.raises(NexusError, match=r"Could not read the cloud's metadata at https://arm\.test"):
        _arm = Session({**OPTIONS, "cloud_environment": "https://arm.test"}, {}).arm


def test_nothing_logged_holds_a_token_or_a_signature(wire: FakeTransport, caplog: pytest.LogCaptureFixture) -> None:
    session = Session({"auth_source": "msi"}, {})
    session.__dict__["_credential"] = FakeCredential()
    link = "https://arm.test/subscriptions?api-version=1&sig=SIGNATURE"
    page = Answer(body={"value": [], "nextLink": link}, headers={"Azure-AsyncOperation": "https://a?s=SIGNATURE"})
    wire.wire.answers += [page, Answer(body={"value": []})]
    with caplog.at_level(logging.DEBUG):
        session.arm.list("/subscriptions", "2022-12-01")
    assert "Request URL" in caplog.text
    assert "fake-token" not in caplog.text
    assert "SIGNATURE" not in caplog.text


@pytest.mark.parametrize("verify", [True, False])
def test_the_transport_validates_certificates_unless_told(verify: bool) -> None:
    config = _pipeline.make_transport(verify).connection_config
    assert (config.verify, config.timeout, config.read_timeout) == (verify, 15, 90)


def test_the_user_agent_takes_what_the_environment_adds(wire: FakeTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_HTTP_USER_AGENT", "site-tag")
    session = Session({"auth_source": "msi"}, {})
    session.__dict__["_credential"] = FakeCredential()
    wire.wire.answers.append(Answer(body={"value": []}))
    session.arm.list("/subscriptions", "2022-12-01")
    assert wire.requests[0].headers["User-Agent"].endswith(" site-tag")


def test_the_version_is_the_collections() -> None:
    """A built collection has MANIFEST.json instead of galaxy.yml."""
    galaxy, manifest = CHECKOUT / "galaxy.yml", CHECKOUT / "MANIFEST.json"
    if galaxy.is_file():
        version = yaml.safe_load(galaxy.read_text())["version"]
    else:
        version = json.loads(manifest.read_text())["collection_info"]["version"]
    assert version == _pipeline.VERSION


@pytest.mark.parametrize(("mode", "verify"), [(None, True), ("validate", True), ("ignore", False)])
def test_the_option_decides_whether_certificates_are_validated(
    mode: str | None, verify: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bool] = []

    def make(verify_certificates: bool) -> FakeTransport:
        made.append(verify_certificates)
        return FakeTransport()

    monkeypatch.setattr(_session, "make_transport", make)
    _arm = Session({**OPTIONS, "cert_validation_mode": mode}, {}).arm
    assert made == [verify]
