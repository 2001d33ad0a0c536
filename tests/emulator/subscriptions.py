# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies above the resources: tenants, subscriptions, resource groups, provider registrations, generic lists."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.responses import Response

import api_versions
from access import covers
from arm import ArmError, Call, answer, handles, page
from shapes import TRACKED, check_known
from state import Document

_RESOURCES = "Microsoft.Resources"
GROUP_TYPE = f"{_RESOURCES}/resourceGroups"
_VERSIONS = (
    "2015-11-01",
    "2016-06-01",
    "2017-05-10",
    "2018-05-01",
    "2018-06-01",
    "2019-05-01",
    "2019-05-10",
    "2019-06-01",
    "2019-07-01",
    "2019-10-01",
    "2019-11-01",
    "2020-01-01",
    "2020-06-01",
    "2020-10-01",
    "2021-01-01",
    "2021-04-01",
    "2022-09-01",
    "2022-12-01",
    "2023-07-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-03-01",
    "2025-04-01",
)
API_VERSIONS: dict[str, tuple[str, ...]] = {
    f"{_RESOURCES}/{kind}": _VERSIONS
    for kind in (
        "tenants",
        "providers",
        "providers/register",
        "subscriptions",
        "subscriptions/resources",
        "subscriptions/resourceGroups",
        "subscriptions/resourceGroups/resources",
    )
}


def group_document(subscription_id: str, name: str, location: str, tags: Document) -> Document:
    return {
        "id": f"/subscriptions/{subscription_id}/resourceGroups/{name}",
        "name": name,
        "type": GROUP_TYPE,
        "location": location,
        "tags": tags,
        "properties": {"provisioningState": "Succeeded"},
    }


def subscription_document(tenant_id: str, subscription_id: str, name: str) -> Document:
    return {
        "id": f"/subscriptions/{subscription_id}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription_id,
        "tenantId": tenant_id,
        "displayName": name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "EnterpriseAgreement_2014-09-01",
            "spendingLimit": "Off",
        },
    }


@handles(f"{_RESOURCES}/tenants", "collection", "GET")
def list_tenants(call: Call) -> Response:
    tenant = call.world.tenant_id
    document = {
        "id": f"/tenants/{tenant}",
        "tenantId": tenant,
        "countryCode": "GB",
        "displayName": "Nexus Emulator",
        "domains": ["nexus.azure.emulator"],
        "tenantCategory": "Home",
        "defaultDomain": "nexus.azure.emulator",
        "tenantType": "AAD",
    }
    return page(call, [document])


@handles(f"{_RESOURCES}/subscriptions", "collection", "GET")
def list_subscriptions(call: Call) -> Response:
    """The subscriptions in which the caller has any role, be it on a single resource."""
    return page(call, [item for item in call.world.subscriptions.values() if _sees(call, item["id"])])


@handles(f"{_RESOURCES}/subscriptions", "resource", "GET")
def get_subscription(call: Call) -> Response:
    return answer(_subscription(call))


@handles(f"{_RESOURCES}/subscriptions/resourceGroups", "collection", "GET")
def list_groups(call: Call) -> Response:
    return page(call, call.world.of_type(GROUP_TYPE, _subscription(call)["id"]))


@handles(f"{_RESOURCES}/subscriptions/resourceGroups", "resource", "GET")
def get_group(call: Call) -> Response:
    return answer(_group(call))


@handles(f"{_RESOURCES}/subscriptions/resourceGroups", "resource", "HEAD")
def has_group(call: Call) -> Response:
    return Response(status_code=204 if call.world.find(call.resource_id) else 404)


@handles(f"{_RESOURCES}/subscriptions/resourceGroups", "resource", "PUT")
def put_group(call: Call) -> Response:
    subscription = _subscription(call)["subscriptionId"]
    body = call.body if isinstance(call.body, dict) else {}
    check_known(TRACKED, body)
    if not body.get("location"):
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    known = call.world.find(call.resource_id)
    made = group_document(subscription, call.names[-1], body["location"], body.get("tags") or {})
    return answer(call.world.store(made), 200 if known else 201)


@handles(f"{_RESOURCES}/subscriptions/resources", "collection", "GET")
def list_resources(call: Call) -> Response:
    return page(call, list(_generic(call, _subscription(call)["id"])))


@handles(f"{_RESOURCES}/subscriptions/resourceGroups/resources", "collection", "GET")
def list_group_resources(call: Call) -> Response:
    return page(call, list(_generic(call, _group(call)["id"])))


@handles(f"{_RESOURCES}/providers", "collection", "GET")
def list_providers(call: Call) -> Response:
    namespaces = sorted({kind.split("/")[0] for kind in api_versions.KNOWN})
    return page(call, [_provider(call, namespace) for namespace in namespaces])


@handles(f"{_RESOURCES}/providers", "resource", "GET")
def get_provider(call: Call) -> Response:
    return answer(_provider(call, call.names[-1]))


@handles(f"{_RESOURCES}/providers/register", "collection", "POST")
def register_provider(call: Call) -> Response:
    """It is registered at once; Azure takes a minute."""
    call.world.unregistered.discard((call.subscription_id.lower(), call.names[-1].lower()))
    return answer(_provider(call, call.names[-1]))


def _sees(call: Call, subscription_id: str) -> bool:
    own = call.caller["objectId"].lower()
    for item in call.world.assignments.values():
        properties = item["properties"]
        if properties["principalId"].lower() != own:
            continue
        if covers(properties["scope"], subscription_id) or covers(subscription_id, properties["scope"]):
            return True
    return False


def _subscription(call: Call) -> Document:
    """Front door has seen to it that it exists, as for `_group`."""
    return call.world.subscriptions[call.subscription_id.lower()]


def _group(call: Call) -> Document:
    return call.world.resources[f"/subscriptions/{call.subscription_id}/resourceGroups/{call.resource_group}".lower()]


def _generic(call: Call, scope: str) -> Iterable[Document]:
    """Resources as the generic list shows them: without properties."""
    wanted = _filter(call.query.get("$filter", ""))
    for resource in call.world.resources.values():
        if resource["type"] == GROUP_TYPE or not resource["id"].lower().startswith(scope.lower() + "/"):
            continue
        if all(resource[member].lower() == value for member, value in wanted.items()):
            members = ("id", "name", "type", "location", "tags", "identity", "extendedLocation")
            yield {member: resource[member] for member in members if member in resource}


def _filter(text: str) -> dict[str, str]:
    """What `resourceType eq '...' and name eq '...'` asks of a resource's `type` and `name`, in lower case."""
    members = {"resourcetype": "type", "name": "name"}
    wanted = {}
    for clause in re.split(r"(?i)\s+and\s+", text.strip()) if text.strip() else []:
        found = re.fullmatch(r"(?i)(resourceType|name)\s+eq\s+'([^']+)'", clause)
        if not found:
            raise ArmError(
                400, "InvalidFilterInQueryString", f"Invalid $filter '{text}' specified in the query string."
            )
        wanted[members[found[1].lower()]] = found[2].lower()
    return wanted


def _provider(call: Call, namespace: str) -> Document:
    """A namespace: its types and their api-versions, newest first (az picks the version from here)."""
    types = {
        kind: versions
        for kind, versions in api_versions.KNOWN.items()
        if kind.lower().startswith(namespace.lower() + "/")
    }
    if not types:
        raise ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")
    proper = next(iter(types)).split("/")[0]
    locations = sorted({item["location"] for item in call.world.resources.values() if "location" in item})
    scope = f"/subscriptions/{call.subscription_id}" if call.subscription_id else ""
    is_unknown = (call.subscription_id.lower(), namespace.lower()) in call.world.unregistered
    return {
        "id": f"{scope}/providers/{proper}",
        "namespace": proper,
        "resourceTypes": [
            {
                "resourceType": kind.split("/", 1)[1],
                "locations": locations,
                "apiVersions": sorted(versions, reverse=True),
                "capabilities": "None",
            }
            for kind, versions in types.items()
        ],
        "registrationState": "NotRegistered" if is_unknown else "Registered",
        "registrationPolicy": "RegistrationRequired",
    }
