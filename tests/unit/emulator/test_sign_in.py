# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in: token endpoint, discovery, metadata service, cloud metadata; and what ARM makes of tokens."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from emulated import CLIENT, HOST, IDENTITIES, MANAGER, TENANT, VERSION, Answer, Emulated

BASE = f"https://{HOST}"
TOKEN_URL = f"{BASE}/{TENANT}/oauth2/v2.0/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "operator")])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def sign_in(azure: Emulated, assertion: dict[str, Any], key: rsa.RSAPrivateKey = KEY) -> Answer:
    claims = {"exp": azure.now + 600, **assertion}
    signed = jwt.encode(claims, key, algorithm="RS256")
    return azure.token(client_secret="", client_assertion=signed, client_assertion_type=ASSERTION_TYPE)


def ask(azure: Emulated, token: str) -> Answer:
    return azure.send("GET", f"{MANAGER}?api-version={VERSION}", {"authorization": f"Bearer {token}"})


def test_token_is_signed_and_for_what_was_asked(azure: Emulated) -> None:
    answer = azure.token().json()
    keys = azure.send("GET", f"/{TENANT}/discovery/v2.0/keys").json()["keys"]
    header = jwt.get_unverified_header(answer["access_token"])
    key = next(jwt.PyJWK(item) for item in keys if item["kid"] == header["kid"])
    audience = "https://management.azure.emulator"
    claims = jwt.decode(answer["access_token"], key, ["RS256"], audience=audience, options={"verify_exp": False})
    assert (claims["tid"], claims["appid"], claims["exp"] - claims["iat"]) == (TENANT, CLIENT, 3600)
    assert azure.world.principals[claims["oid"]]["appId"] == CLIENT
    assert answer["expires_in"] == 3600


def test_double_slash_scope_names_the_audience_with_its_slash(azure: Emulated) -> None:
    token = azure.token("https://management.azure.emulator//.default").json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["aud"] == "https://management.azure.emulator/"
    assert ask(azure, token).status == 200


@pytest.mark.parametrize(
    ("form", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"client_id": "nobody"}, 400, "unauthorized_client", 700016),
        ({"tenant": "elsewhere"}, 400, "invalid_request", 90002),
        ({"scope": "https://example.com/.default"}, 400, "invalid_resource", 500011),
        ({"scope": "openid"}, 400, "invalid_scope", 90014),
        ({"grant_type": "magic"}, 400, "unsupported_grant_type", 70003),
        ({"grant_type": ""}, 400, "invalid_request", 900144),
    ],
)
def test_refused_sign_in(azure: Emulated, form: dict[str, str], status: int, error: str, number: int) -> None:
    answer = azure.token(**form)
    body = answer.json()
    assert (answer.status, body["error"], body["error_codes"]) == (status, error, [number])
    lines = body["error_description"].split("\r\n")
    assert lines[0].startswith(f"AADSTS{number}: ")
    assert [line.partition(":")[0] for line in lines[1:]] == ["Trace ID", "Correlation ID", "Timestamp"]
    assert body["correlation_id"] in lines[2]


def test_certificate(azure: Emulated) -> None:
    azure.world.applications[CLIENT]["certificate"] = certificate()
    claims = {"iss": CLIENT, "sub": CLIENT, "aud": TOKEN_URL}
    assert sign_in(azure, claims).status == 200
    assert sign_in(azure, claims, OTHER_KEY).json()["error_codes"] == [700027]
    assert sign_in(azure, claims | {"aud": "https://elsewhere"}).json()["error_codes"] == [700027]
    assert sign_in(azure, claims | {"exp": azure.now - 1}).json()["error_codes"] == [700024]


def test_certificate_that_is_not_registered(azure: Emulated) -> None:
    assert sign_in(azure, {"iss": CLIENT, "sub": CLIENT, "aud": TOKEN_URL}).json()["error_codes"] == [700027]


def test_federated_token(azure: Emulated) -> None:
    public = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    claims = {"iss": "https://ci.example", "sub": "job:main", "aud": "api://AzureADTokenExchange"}
    trust = {"issuer": claims["iss"], "subject": claims["sub"], "audience": claims["aud"]}
    azure.world.applications[CLIENT]["federated"] = [trust | {"publicKey": public.decode()}]
    assert sign_in(azure, claims).status == 200
    assert sign_in(azure, claims | {"sub": "job:other"}).json()["error_codes"] == [700213]
    assert sign_in(azure, claims, OTHER_KEY).json()["error_codes"] == [700027]


def test_user_and_password(azure: Emulated) -> None:
    user = azure.world.add_principal("Ada", "User")
    user |= {"userPrincipalName": "ada@nexus.example", "password": "pa55"}
    form = {
        "grant_type": "password",
        "client_id": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        "client_secret": "",
        "username": "ADA@nexus.example",
        "scope": "openid profile https://management.azure.emulator/.default",
    }
    answer = azure.token(**form, tenant="organizations", password="pa55").json()
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert claims["oid"] == user["objectId"]
    assert (
        jwt.decode(answer["id_token"], options={"verify_signature": False})["preferred_username"] == "ada@nexus.example"
    )
    assert azure.token(**form, password="wrong").json()["error_codes"] == [50126]
    assert azure.token(**form | {"username": "eve@nexus.example"}, password="x").json()["error_codes"] == [50034]


@pytest.mark.parametrize("version", ["", "/v2.0"])
def test_discovery(azure: Emulated, version: str) -> None:
    document = azure.send("GET", f"/{TENANT}{version}/.well-known/openid-configuration").json()
    assert document["token_endpoint"] == f"{BASE}/{TENANT}/oauth2{version}/token"
    assert azure.send("GET", document["jwks_uri"]).json()["keys"]
    unknown = azure.send("GET", f"/elsewhere{version}/.well-known/openid-configuration")
    assert (unknown.status, unknown.json()["error"]) == (400, "invalid_tenant")


def test_instance_discovery_leads_back_here(azure: Emulated) -> None:
    query = urlencode({"authorization_endpoint": f"{BASE}/{TENANT}/oauth2/v2.0/authorize", "api-version": "1.1"})
    document = azure.send("GET", f"/common/discovery/instance?{query}").json()
    assert document["tenant_discovery_endpoint"].startswith(f"{BASE}/{TENANT}/")
    assert document["metadata"][0]["aliases"] == [HOST]


def test_arm_refuses_bad_tokens(azure: Emulated) -> None:
    good = azure.token().json()["access_token"]
    bare = azure.send("GET", f"{MANAGER}?api-version={VERSION}")
    assert (bare.status, bare.code) == (401, "AuthenticationFailed")
    assert bare.headers["www-authenticate"].startswith("Bearer authorization_uri=")
    graph = azure.token("https://graph.azure.emulator/.default").json()["access_token"]
    assert "wrong audience" in ask(azure, graph).json()["error"]["message"]
    foreign = jwt.encode(jwt.decode(good, options={"verify_signature": False}), OTHER_KEY, algorithm="RS256")
    assert ask(azure, foreign).code == "InvalidAuthenticationToken"
    assert ask(azure, "rubbish").code == "InvalidAuthenticationToken"
    azure.now += 3600
    assert (ask(azure, good).status, ask(azure, good).code) == (401, "ExpiredAuthenticationToken")


def test_token_lifetime_is_a_setting(azure: Emulated) -> None:
    azure.world.settings.token_seconds = 5
    answer = azure.token().json()
    azure.now += 4
    assert (answer["expires_in"], ask(azure, answer["access_token"]).status) == (5, 200)
    azure.now += 1
    assert ask(azure, answer["access_token"]).status == 401


def machine_token(azure: Emulated, metadata: str = "true", **query: str) -> Answer:
    asked = {"api-version": "2018-02-01", "resource": "https://management.azure.emulator/"} | query
    return azure.send("GET", f"/metadata/identity/oauth2/token?{urlencode(asked)}", {"metadata": metadata})


def test_metadata_service(azure: Emulated) -> None:
    resource = azure.world.find(f"{IDENTITIES}/id-a")
    assert resource
    own, attached = azure.world.add_principal("machine"), resource["properties"]
    azure.world.machine_identities = [own["objectId"], attached["principalId"]]
    answer = machine_token(azure).json()
    assert (answer["client_id"], answer["expires_in"]) == (own["appId"], "3600")
    assert ask(azure, answer["access_token"]).code == "AuthorizationFailed"
    for query in (
        {"client_id": attached["clientId"]},
        {"msi_res_id": resource["id"]},
        {"object_id": attached["principalId"]},
    ):
        assert machine_token(azure, **query).json()["client_id"] == attached["clientId"]
    assert machine_token(azure, mi_res_id=resource["id"].upper()).json()["client_id"] == attached["clientId"]
    both = {"msi_res_id": resource["id"], "mi_res_id": resource["id"], "object_id": attached["principalId"]}
    assert machine_token(azure, **both).json()["client_id"] == attached["clientId"]
    for query in (
        {"client_id": CLIENT},
        {"msi_res_id": f"{IDENTITIES}/nobody"},
        {"mi_res_id": f"{IDENTITIES}/nobody"},
        {"mi_res_id": f"{IDENTITIES}/id-b"},
        {"mi_res_id": MANAGER},
        {"msi_res_id": resource["id"], "mi_res_id": f"{IDENTITIES}/id-b"},
        {"msi_res_id": resource["id"], "object_id": own["objectId"]},
    ):
        assert machine_token(azure, **query).json()["error_description"] == "Identity not found"
    assert machine_token(azure, metadata="").status == 400
    assert machine_token(azure, resource="https://example.com").json()["error"] == "invalid_resource"


def test_cloud_metadata_in_both_forms(azure: Emulated) -> None:
    (listed,) = azure.send("GET", "/metadata/endpoints?api-version=2019-05-01").json()
    single = azure.send("GET", "/metadata/endpoints?api-version=2022-09-01").json()
    assert listed == single
    assert single["authentication"]["audiences"][0] == "https://management.azure.emulator/"
    assert (single["resourceManager"], single["suffixes"]["keyVaultDns"]) == (f"{BASE}/", "vault.azure.emulator")
    assert azure.send("GET", "/metadata/endpoints").status == 400


def test_the_log_holds_neither_secrets_nor_tokens(azure: Emulated) -> None:
    token = azure.token().json()["access_token"]
    ask(azure, token)
    sign_in(azure, {"iss": CLIENT, "sub": CLIENT, "aud": TOKEN_URL})
    text = json.dumps(azure.world.log)
    assert "a secret of the operator" not in text
    assert token not in text
    assert "eyJ" not in text
