# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graph, user assigned identities, subscriptions: what clients look up on their way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tenant import IDENTITY, NEXUS, SUBSCRIPTION, Tenant

import graph

NEXUS_APP = "3365d4ea-bb16-4bc9-86dd-f2c8cf6f1f56"


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


def directory(tenant: Tenant, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
    caller = tenant.principal("nexus-operator")
    method = "POST" if body else "GET"
    response = graph.handle(tenant.world, method, f"/v1.0{path}", query, {}, body, caller)
    return response.status_code, json.loads(bytes(response.body))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"appId eq '{NEXUS_APP}'", "AFOI-NC-MGMT-PME-PROD"),
        (f"appId eq '{NEXUS_APP.upper()}'", "AFOI-NC-MGMT-PME-PROD"),
        ("displayName eq 'AFOI-NC-RP-PME-PROD'", "AFOI-NC-RP-PME-PROD"),
        (f"servicePrincipalNames/any(c:c eq '{NEXUS_APP}')", "AFOI-NC-MGMT-PME-PROD"),
        ("startswith(displayName, 'id-o')", "id-one"),
        ("displayName eq 'nobody''s'", None),
    ],
)
def test_service_principals_are_found(tenant: Tenant, text: str, name: str | None) -> None:
    status, body = directory(tenant, "/servicePrincipals", **{"$filter": text})
    assert status == 200
    assert [item["displayName"] for item in body["value"]] == ([name] if name else [])


def test_one_service_principal(tenant: Tenant) -> None:
    status, found = directory(tenant, f"/servicePrincipals(appId='{NEXUS_APP}')")
    assert (status, found["servicePrincipalType"]) == (200, "Application")
    assert directory(tenant, f"/servicePrincipals/{found['id']}") == (200, found)
    (listed,) = directory(tenant, "/directoryObjects/getByIds", {"ids": [found["id"]], "types": ["servicePrincipal"]})[
        1
    ]["value"]
    assert (listed["@odata.type"], listed["id"]) == ("#microsoft.graph.servicePrincipal", found["id"])
    assert directory(tenant, "/directoryObjects/getByIds", {"ids": [found["id"]], "types": ["user"]})[1]["value"] == []
    assert directory(tenant, "/servicePrincipals/none")[1]["error"]["code"] == "Request_ResourceNotFound"


def test_a_managed_identity_shows_as_one(tenant: Tenant) -> None:
    for name in ("id-one", "cm-system"):
        object_id = tenant.principal(name)["objectId"]
        assert directory(tenant, f"/servicePrincipals/{object_id}")[1]["servicePrincipalType"] == "ManagedIdentity"


def test_without_rights_the_directory_is_closed(tenant: Tenant) -> None:
    tenant.principal("nexus-operator")["graph"] = False
    status, body = directory(tenant, "/servicePrincipals", **{"$filter": f"appId eq '{NEXUS_APP}'"})
    assert (status, body["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_a_filter_that_is_not_known(tenant: Tenant) -> None:
    assert (
        directory(tenant, "/servicePrincipals", **{"$filter": "tags eq 'a'"})[1]["error"]["code"]
        == "Request_UnsupportedQuery"
    )


def test_an_identity_comes_with_a_principal_and_goes_with_it(tenant: Tenant) -> None:
    path = IDENTITY.replace("id-one", "id-new")
    status, made = tenant.ask("PUT", path, {"location": "uksouth"})
    assert status == 201
    assert made["id"] == path.replace("/resourceGroups/", "/resourcegroups/")
    principal = tenant.principal("id-new")
    assert (principal["objectId"], principal["createdAt"]) == (made["properties"]["principalId"], tenant.now)
    assert tenant.ask("PUT", path, {"location": "uksouth", "tags": {"a": "b"}})[0] == 200
    assert tenant.ask("PATCH", path, {"tags": {"c": "d"}})[1] == {**made, "tags": {"c": "d"}}
    for method in ("PUT", "PATCH"):
        for wrong in ({"location": 7}, {"tags": "a"}, {"tags": {"a": None}}):
            status, answer = tenant.ask(method, path, {"location": "uksouth", **wrong})
            assert (status, answer["error"]["code"]) == (400, "InvalidRequestContent")
    assert tenant.ask("GET", path)[1]["tags"] == {"c": "d"}
    assert tenant.ask("DELETE", path) == (200, None)
    assert tenant.ask("DELETE", path) == (204, None)
    assert principal["objectId"] not in tenant.world.principals


def test_subscriptions_show_where_the_caller_has_a_role(tenant: Tenant) -> None:
    (shown,) = tenant.ask("GET", "/subscriptions")[1]["value"]
    assert (shown["id"], shown["tenantId"], shown["state"]) == (SUBSCRIPTION, tenant.world.tenant_id, "Enabled")
    tenant.world.assignments.clear()
    assert tenant.ask("GET", "/subscriptions")[1]["value"] == []


def test_resource_groups(tenant: Tenant) -> None:
    path = f"{SUBSCRIPTION}/resourceGroups/new"
    assert tenant.ask("HEAD", path)[0] == 404
    assert tenant.ask("PUT", path, {"location": {}})[1]["error"]["code"] == "InvalidRequestContent"
    assert tenant.ask("PUT", path, {"location": "ukwest"})[0] == 201
    assert tenant.ask("PUT", path, {"location": "ukwest"})[0] == 200
    assert tenant.ask("HEAD", path)[0] == 204
    names = [item["name"] for item in tenant.ask("GET", f"{SUBSCRIPTION}/resourcegroups")[1]["value"]]
    assert names[:2] == ["nexus", "security"]
    assert names[-1] == "new"


def test_generic_lists(tenant: Tenant) -> None:
    query = {"$filter": "resourceType eq 'microsoft.networkcloud/CLUSTERS'"}
    listed = tenant.ask("GET", f"{SUBSCRIPTION}/resources", **query)[1]["value"]
    assert [item["name"] for item in listed] == ["c-none", "c-system", "c-user", "c-own"]
    assert not any("properties" in item for item in listed)
    group = tenant.ask("GET", f"{NEXUS.split('/providers/', maxsplit=1)[0]}/resources")[1]["value"]
    assert {item["type"].lower() for item in group} == {
        "microsoft.managedidentity/userassignedidentities",
        "microsoft.networkcloud/clustermanagers",
        "microsoft.networkcloud/clusters",
    }
    assert tenant.ask("GET", f"{SUBSCRIPTION}/resources", **{"$filter": "tagName eq 'a'"})[0] == 400


@pytest.mark.parametrize("namespace", ["Microsoft.NetworkCloud", "microsoft.keyvault"])
def test_providers_are_registered(tenant: Tenant, namespace: str) -> None:
    status, body = tenant.ask("GET", f"{SUBSCRIPTION}/providers/{namespace}")
    assert (status, body["registrationState"]) == (200, "Registered")
    for kind in body["resourceTypes"]:
        assert kind["apiVersions"] == sorted(kind["apiVersions"], reverse=True)
    assert tenant.ask("POST", f"{SUBSCRIPTION}/providers/{namespace}/register") == (200, body)


def test_a_namespace_that_is_not_there(tenant: Tenant) -> None:
    assert tenant.ask("GET", f"{SUBSCRIPTION}/providers/Microsoft.None")[0] == 404
