# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of identity: which one is taken, what is checked before any network, what azure-identity then does with it."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import trustme

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _credentials
from ansible_collections.operator_nexus.credentials.plugins.module_utils._clouds import KNOWN
from ansible_collections.operator_nexus.credentials.plugins.module_utils._credentials import (
    AzureCli,
    Certificate,
    ClientSecret,
    ManagedIdentity,
    Method,
    OidcToken,
    UserPassword,
    choose,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.plugins.module_utils._settings import Settings, resolve
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.module_utils.fake_azure import (
    CLOUD,
    Answer,
    FakeTransport,
)

APPLICATION = {"client_id": "client", "tenant": "tenant"}
DISCOVERY = {
    "token_endpoint": "https://login.test/tenant/oauth2/v2.0/token",
    "authorization_endpoint": "https://login.test/tenant/oauth2/v2.0/authorize",
    "issuer": "https://login.test/tenant/v2.0",
}
TOKEN = {"token_type": "Bearer", "expires_in": 3600, "access_token": "the-token"}


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    path = tmp_path / "cert.pem"
    rsa = trustme.KeyType.RSA
    trustme.CA(key_type=rsa).issue_cert("client", key_type=rsa).private_key_and_cert_chain_pem.write_to_path(path)
    return path


def settings(**options: Any) -> Settings:
    return resolve(options, {}, Path("/nowhere"))


def ask(method: Method, *answers: Answer) -> tuple[str, FakeTransport]:
    """A token from what the method builds."""
    method.validate()
    transport = FakeTransport(*(answers or (Answer(body=DISCOVERY), Answer(body=TOKEN))))
    return method.build(CLOUD, transport).get_token(CLOUD.arm_scope).token, transport


def form(transport: FakeTransport) -> dict[str, str]:
    """What the last request to the token endpoint said."""
    body = transport.requests[-1].body or ""
    text = body.decode() if isinstance(body, bytes) else body
    return {key: values[0] for key, values in parse_qs(text).items()}


@pytest.mark.parametrize(
    ("options", "method"),
    [
        ({"auth_source": "msi", "client_id": "c", "secret": "s"}, ManagedIdentity),
        ({**APPLICATION, "secret": "s"}, ClientSecret),
        ({**APPLICATION, "x509_certificate_path": "/p", "thumbprint": "t"}, Certificate),
        ({**APPLICATION, "oidc_token": "t"}, OidcToken),
        ({**APPLICATION, "oidc_token_file_path": "/p"}, OidcToken),
        ({"ad_user": "u", "password": "p"}, UserPassword),
        ({"client_id": "c", "ad_user": "u", "password": "p", "tenant": "t"}, UserPassword),
    ],
)
def test_the_settings_choose_the_method(options: dict[str, Any], method: type[Method]) -> None:
    assert isinstance(choose(settings(**options)), method)


def test_az_is_a_method() -> None:
    assert isinstance(choose({**settings(**APPLICATION, secret="s"), "source": "cli"}), AzureCli)


def test_a_token_file_comes_before_a_secret_and_that_before_a_certificate() -> None:
    environ = {
        "AZURE_CLIENT_ID": "c",
        "AZURE_TENANT": "t",
        "AZURE_SUBSCRIPTION_ID": "s",
        "AZURE_SECRET": "x",
        "AZURE_CLIENT_CERTIFICATE_PATH": "/p",
    }
    assert isinstance(choose(resolve({}, environ, Path("/nowhere"))), ClientSecret)
    environ["AZURE_FEDERATED_TOKEN_FILE"] = "/token"
    assert isinstance(choose(resolve({}, environ, Path("/nowhere"))), OidcToken)


def test_the_order_is_the_same_for_options() -> None:
    options = {**APPLICATION, "secret": "s", "x509_certificate_path": "/p"}
    assert isinstance(choose(settings(**options)), ClientSecret)
    assert isinstance(choose(settings(**options, oidc_token="t")), OidcToken)


def test_an_application_without_a_proof_is_refused() -> None:
    with pytest.raises(BadInput, match=r"secret: client_id client comes without a proof.*not mixed") as caught:
        choose(settings(**APPLICATION))
    assert caught.value.target == "secret"


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"client_id": "c", "secret": "s"}, "tenant"),
        ({"client_id": "c", "secret": "s", "tenant": "not a tenant"}, "tenant"),
        ({"ad_user": "u", "tenant": "t", "secret": "s"}, "client_id"),
        ({"ad_user": "u"}, "password"),
        ({"ad_user": "u", "password": "p", "tenant": "a/b"}, "tenant"),
        ({"client_id": "c", "oidc_token": "t"}, "tenant"),
        ({**APPLICATION, "oidc_token_file_path": "/no/such/file"}, "oidc_token_file_path"),
        ({**APPLICATION, "x509_certificate_path": "/no/such/file"}, "x509_certificate_path"),
    ],
)
def test_what_is_missing_or_wrong_is_named_before_any_network(options: dict[str, Any], option: str) -> None:
    with pytest.raises(BadInput) as caught:
        choose(settings(**options)).validate()
    assert caught.value.target == option
    assert caught.value.remedy


@pytest.mark.parametrize("drop", [b"PRIVATE KEY-----", b"CERTIFICATE-----"])
def test_a_pem_file_has_to_hold_both(drop: bytes, pem: Path) -> None:
    pem.write_bytes(pem.read_bytes().replace(drop, b"OTHER-----"))
    with pytest.raises(BadInput, match="lacks the certificate or its private key"):
        choose(settings(**APPLICATION, x509_certificate_path=str(pem))).validate()


def test_a_file_that_is_no_certificate_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\x00\x01")
    method = choose(settings(**APPLICATION, x509_certificate_path=str(tmp_path / "x")))
    with pytest.raises(BadInput, match="no usable certificate"):
        method.build(CLOUD, FakeTransport())


def test_a_secret_becomes_a_token_at_the_clouds_own_authority() -> None:
    token, transport = ask(choose(settings(**APPLICATION, secret="s")))
    assert token == "the-token"
    assert transport.calls == [
        "GET https://login.test/tenant/v2.0/.well-known/openid-configuration",
        "POST https://login.test/tenant/oauth2/v2.0/token",
    ]
    assert form(transport)["client_secret"] == "s"
    assert CLOUD.arm_scope in form(transport)["scope"].split()


@pytest.mark.parametrize(("given", "private", "off"), [(None, True, True), (None, False, False), (False, True, False)])
def test_instance_discovery_is_off_for_private_clouds(given: bool | None, private: bool, off: bool) -> None:
    method = choose(settings(**APPLICATION, secret="s", disable_instance_discovery=given))
    entra = method._entra(replace(CLOUD, private=private), FakeTransport())
    assert entra["disable_instance_discovery"] is off


def test_public_clouds_bring_their_authority() -> None:
    method = choose(settings(**APPLICATION, secret="s"))
    for cloud in KNOWN.values():
        assert method._entra(cloud, FakeTransport())["authority"] == cloud.login


def test_a_certificate_signs(pem: Path) -> None:
    token, transport = ask(choose(settings(**APPLICATION, x509_certificate_path=str(pem))))
    assert token == "the-token"
    assert form(transport)["client_assertion"].count(".") == 2


def test_an_oidc_token_is_the_assertion() -> None:
    _token, transport = ask(choose(settings(**APPLICATION, oidc_token="outside")), Answer(body=TOKEN))
    assert form(transport)["client_assertion"] == "outside"


def test_a_token_file_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("first\n")
    method = choose(settings(**APPLICATION, oidc_token_file_path=str(path)))
    _token, transport = ask(method, Answer(body=TOKEN))
    assert form(transport)["client_assertion"] == "first"
    path.write_text("second\n")
    _token, transport = ask(method, Answer(body=TOKEN))
    assert form(transport)["client_assertion"] == "second"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_user_signs_in_with_azs_client_in_any_organization() -> None:
    realm = Answer(body={"account_type": "Managed"})
    az = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
    claims = {"aud": az, "iss": DISCOVERY["issuer"], "exp": 4102444800, "sub": "x", "preferred_username": "u"}
    id_token = f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()}.x"
    answers = (Answer(body=DISCOVERY), realm, Answer(body={**TOKEN, "id_token": id_token, "scope": CLOUD.arm_scope}))
    token, transport = ask(choose(settings(ad_user="u@example.com", password="p")), *answers)
    assert token == "the-token"
    assert transport.calls[0].startswith("GET https://login.test/organizations/")
    assert {key: form(transport)[key] for key in ("client_id", "username", "password", "grant_type")} == {
        "client_id": az,
        "username": "u@example.com",
        "password": "p",
        "grant_type": "password",
    }


def test_ad_fs_is_asked_at_its_own_address() -> None:
    method = choose(settings(**APPLICATION, secret="s", adfs_authority_url="https://adfs.test/adfs"))
    answers = (Answer(body={**DISCOVERY, "token_endpoint": "https://adfs.test/adfs/oauth2/token"}), Answer(body=TOKEN))
    _token, transport = ask(method, *answers)
    assert transport.calls == [
        "GET https://adfs.test/adfs/.well-known/openid-configuration",
        "POST https://adfs.test/adfs/oauth2/token",
    ]


def test_az_is_called_for_the_wanted_tenant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"accessToken": "from-az", "expires_on": 4102444800, "expiresOn": "2100-01-01 00:00:00.000000"}
    az = tmp_path / "az"
    az.write_text(f"#!/bin/sh\necho \"$@\" > {tmp_path}/asked\ncat <<'END'\n{json.dumps(answer)}\nEND\n")
    az.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    method = AzureCli({**settings(**APPLICATION, secret="s"), "source": "cli", "tenant": "guest"})
    assert method.build(CLOUD, FakeTransport()).get_token(CLOUD.arm_scope).token == "from-az"
    asked = (tmp_path / "asked").read_text()
    assert "--resource https://arm.test/" in asked
    assert "--tenant guest" in asked


def test_every_method_has_a_name_of_its_own() -> None:
    names = [method.NAME for method in _credentials.METHODS]
    assert len(set(names)) == len(names) == 6


def test_a_managed_identity_is_asked_for_by_its_client_id(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr("azure.identity.ManagedIdentityCredential", lambda **given: asked.append(given))
    for options in ({}, {"client_id": "mine"}):
        choose(settings(auth_source="msi", **options)).build(CLOUD, FakeTransport())
    assert asked == [{"client_id": None}, {"client_id": "mine"}]


def test_az_gets_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr("azure.identity.AzureCliCredential", lambda **given: asked.append(given))
    AzureCli({**settings(**APPLICATION, secret="s"), "source": "cli"}).build(CLOUD, FakeTransport())
    assert [given["process_timeout"] for given in asked] == [60]


def test_a_user_may_sign_in_through_an_application_of_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr("azure.identity.UsernamePasswordCredential", lambda **given: asked.append(given))
    choose(settings(ad_user="u", password="p", **APPLICATION)).build(CLOUD, FakeTransport())
    assert [(given["client_id"], given["tenant_id"]) for given in asked] == [("client", "tenant")]
