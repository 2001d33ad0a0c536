# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key Vault: vaults in ARM, secrets in the data plane."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tenant import SUBSCRIPTION, VAULT, VAULTS, Tenant

from names import LOGIN_URL, VAULT_AUDIENCE, VAULT_DOMAIN
from state import Document
from tokens import access_token
from vault_data import data_plane

OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
USER = "4633458b-17de-408a-b874-0445c86b69e6"
ORIGIN = f"https://kv-one.{VAULT_DOMAIN}"


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


def ask(
    tenant: Tenant,
    method: str,
    path: str,
    body: Any = None,
    *,
    vault: str = "kv-one",
    audience: str = VAULT_AUDIENCE,
    **query: str,
) -> tuple[int, Any]:
    token = access_token(tenant.world, tenant.principal("nexus-operator"), audience, "https://127.0.0.1:1")
    headers = {"authorization": f"Bearer {token}"}
    response = data_plane(tenant.world, vault, method, path, {"api-version": "7.6", **query}, headers, body)
    return response.status_code, json.loads(bytes(response.body))


def error(answer: tuple[int, Any]) -> tuple[int, str, str | None]:
    status, body = answer
    return status, body["error"]["code"], body["error"].get("innererror", {}).get("code")


def test_no_token_gets_the_challenge(tenant: Tenant) -> None:
    response = data_plane(tenant.world, "kv-one", "GET", "/secrets", {"api-version": "7.6"}, {}, None)
    assert response.status_code == 401
    expected = f'Bearer authorization="{LOGIN_URL}/{tenant.world.tenant_id}", resource="{VAULT_AUDIENCE}"'
    assert response.headers["WWW-Authenticate"] == expected


def test_a_token_for_another_audience_is_refused(tenant: Tenant) -> None:
    assert error(ask(tenant, "GET", "/secrets", audience="https://management.azure.emulator/"))[:2] == (
        401,
        "Unauthorized",
    )


def test_owner_of_the_subscription_is_not_enough(tenant: Tenant) -> None:
    for method, path, body in (
        ("GET", "/secrets", None),
        ("GET", "/secrets/a", None),
        ("PUT", "/secrets/a", {"value": "b"}),
    ):
        assert error(ask(tenant, method, path, body)) == (403, "Forbidden", "ForbiddenByRbac")
    assert not tenant.secrets()


def test_set_get_versions_delete(tenant: Tenant) -> None:
    tenant.grant("nexus-operator", OFFICER, VAULT)
    first = ask(tenant, "PUT", "/secrets/a", {"value": "one", "tags": {"t": "1"}, "contentType": "text/plain"})[1]
    second = ask(tenant, "PUT", "/secrets/a", {"value": "two"})[1]
    assert first["id"].startswith(f"{ORIGIN}/secrets/a/")
    assert ask(tenant, "GET", "/secrets/a") == (200, second)
    assert ask(tenant, "GET", first["id"].removeprefix(ORIGIN)) == (200, first)
    assert error(ask(tenant, "GET", "/secrets/a/0123")) == (404, "SecretNotFound", None)
    listed = ask(tenant, "GET", "/secrets/a/versions")[1]["value"]
    assert [item["id"] for item in listed] == [first["id"], second["id"]]
    (item,) = ask(tenant, "GET", "/secrets")[1]["value"]
    assert item["id"] == f"{ORIGIN}/secrets/a"
    assert not any("value" in entry for entry in (*listed, item))
    deleted = ask(tenant, "DELETE", "/secrets/a")[1]
    assert (deleted["recoveryId"], "value" in deleted) == (f"{ORIGIN}/deletedsecrets/a", False)
    assert error(ask(tenant, "GET", "/secrets/a")) == (404, "SecretNotFound", None)
    assert error(ask(tenant, "PUT", "/secrets/a", {"value": "three"})) == (
        409,
        "Conflict",
        "ObjectIsDeletedButRecoverable",
    )
    assert ask(tenant, "GET", "/secrets")[1]["value"] == []
    assert [entry["id"] for entry in ask(tenant, "GET", "/deletedsecrets")[1]["value"]] == [f"{ORIGIN}/secrets/a"]


def test_reading_is_not_writing(tenant: Tenant) -> None:
    tenant.grant("nexus-operator", USER, VAULT)
    assert ask(tenant, "GET", "/secrets") == (200, {"value": [], "nextLink": None})
    assert error(ask(tenant, "PUT", "/secrets/a", {"value": "b"})) == (403, "Forbidden", "ForbiddenByRbac")


def test_pages(tenant: Tenant) -> None:
    tenant.grant("nexus-operator", OFFICER, VAULT)
    for number in range(30):
        ask(tenant, "PUT", f"/secrets/s{number:02}", {"value": "x"})
    first = ask(tenant, "GET", "/secrets")[1]
    assert len(first["value"]) == 25
    assert f"{ORIGIN}:443/secrets?" in first["nextLink"]
    assert "$skiptoken=25" in first["nextLink"]
    last = ask(tenant, "GET", "/secrets", **{"$skiptoken": "25"})[1]
    assert (len(last["value"]), last["nextLink"]) == (5, None)
    assert len(ask(tenant, "GET", "/secrets", maxresults="2")[1]["value"]) == 2
    assert error(ask(tenant, "GET", "/secrets", maxresults="26"))[:2] == (400, "BadParameter")


def test_a_vault_with_access_policies_goes_by_them(tenant: Tenant) -> None:
    tenant.grant("nexus-operator", OFFICER, SUBSCRIPTION)
    assert ask(tenant, "GET", "/secrets", vault="kv-legacy")[0] == 200
    assert error(ask(tenant, "PUT", "/secrets/a", {"value": "b"}, vault="kv-legacy")) == (
        403,
        "Forbidden",
        "AccessDenied",
    )


@pytest.mark.parametrize("vault", ["kv-trusted", "kv-closed"])
def test_the_firewall_is_in_front_of_the_roles(tenant: Tenant, vault: str) -> None:
    tenant.grant("nexus-operator", OFFICER, SUBSCRIPTION)
    assert error(ask(tenant, "GET", "/secrets", vault=vault)) == (403, "Forbidden", "ForbiddenByFirewall")


def test_no_such_vault(tenant: Tenant) -> None:
    assert ask(tenant, "GET", "/secrets", vault="kv-none")[0] == 404


def vault_body(**properties: Any) -> Document:
    return {
        "location": "uksouth",
        "properties": {"tenantId": "t", "sku": {"family": "A", "name": "standard"}, **properties},
    }


def test_vaults_in_arm(tenant: Tenant) -> None:
    status, made = tenant.ask("PUT", f"{VAULTS}/kv-new", vault_body(enableRbacAuthorization=True))
    assert (status, made["properties"]["vaultUri"]) == (201, f"https://kv-new.{VAULT_DOMAIN}/")
    assert tenant.ask("PUT", f"{VAULTS}/kv-new", vault_body())[0] == 200
    status, changed = tenant.ask(
        "PATCH", VAULT, {"tags": {"a": "b"}, "properties": {"enableRbacAuthorization": False, "vaultUri": "x"}}
    )
    assert (status, changed["tags"], changed["properties"]["enableRbacAuthorization"]) == (200, {"a": "b"}, False)
    assert changed["properties"]["vaultUri"] == f"{ORIGIN}/"
    assert tenant.ask("GET", VAULT.upper()) == (200, changed)
    listed = tenant.ask("GET", f"{SUBSCRIPTION}/providers/Microsoft.KeyVault/vaults")[1]["value"]
    fleet = ["kv-one", "kv-legacy", "kv-trusted", "kv-closed", "kv-perimeter"]
    assert [item["name"] for item in listed] == [*fleet, "kv-new"]
    assert tenant.ask("DELETE", f"{VAULTS}/kv-new") == (200, None)
    assert tenant.ask("GET", f"{VAULTS}/kv-new")[1]["error"]["code"] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("1kv", vault_body(), 400, "VaultNameNotValid"),
        ("kv-new", {}, 400, "BadRequest"),
        ("kv-new", vault_body(enablePurgeProtection=False), 400, "BadRequest"),
    ],
)
def test_vaults_that_are_refused(tenant: Tenant, name: str, body: Any, status: int, code: str) -> None:
    answer = tenant.ask("PUT", f"{VAULTS}/{name}", body)
    assert (answer[0], answer[1]["error"]["code"]) == (status, code)


def test_a_vault_name_is_taken_in_the_whole_cloud(tenant: Tenant) -> None:
    status, body = tenant.ask("PUT", VAULT.replace("/security/", "/nexus/"), vault_body())
    assert (status, body["error"]["code"]) == (409, "VaultAlreadyExists")


POLICY = {"tenantId": "t", "objectId": "o", "permissions": {"secrets": ["get"]}}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"location": ["uksouth"]}, "location"),
        ({"tags": {"a": 1}}, "tags.a"),
        ({"tags": ["a"]}, "tags"),
        ({"properties": []}, "properties"),
        ({"properties": {"sku": "standard"}}, "properties.sku"),
        ({"properties": {"enableRbacAuthorization": "true"}}, "properties.enableRbacAuthorization"),
        ({"properties": {"softDeleteRetentionInDays": "90"}}, "properties.softDeleteRetentionInDays"),
        ({"properties": {"publicNetworkAccess": False}}, "properties.publicNetworkAccess"),
        ({"properties": {"networkAcls": []}}, "properties.networkAcls"),
        ({"properties": {"networkAcls": {"defaultAction": "Perhaps"}}}, "properties.networkAcls.defaultAction"),
        ({"properties": {"accessPolicies": {}}}, "properties.accessPolicies"),
        ({"properties": {"accessPolicies": [{"tenantId": "t", "objectId": "o"}]}}, "properties.accessPolicies[0]"),
        (
            {"properties": {"accessPolicies": [POLICY | {"permissions": {"secrets": "all"}}]}},
            "properties.accessPolicies[0].permissions.secrets",
        ),
    ],
)
def test_a_wrong_type_is_refused_before_anything_changes(tenant: Tenant, method: str, body: Any, path: str) -> None:
    before = tenant.ask("GET", VAULT)
    sent = vault_body() | body
    if isinstance(body.get("properties"), dict):
        sent["properties"] = vault_body()["properties"] | body["properties"]
    status, answer = tenant.ask(method, VAULT, sent)
    assert (status, answer["error"]["code"]) == (400, "InvalidRequestContent")
    assert f"Path '{path}'." in answer["error"]["message"]
    assert tenant.ask("GET", VAULT) == before


def test_null_in_a_vault_counts_as_nothing(tenant: Tenant) -> None:
    before = tenant.ask("GET", VAULT)[1]
    status, after = tenant.ask("PATCH", VAULT, {"tags": None, "properties": {"networkAcls": None, "sku": None}})
    assert (status, after["properties"], after["tags"]) == (200, before["properties"], before["tags"])


def test_attributes_of_a_secret_are_an_object(tenant: Tenant) -> None:
    tenant.grant("nexus-operator", OFFICER, VAULT)
    answer = ask(tenant, "PUT", "/secrets/a", {"value": "b", "attributes": "enabled"})
    assert error(answer)[:2] == (400, "BadParameter")
    assert not tenant.secrets()
