# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.ManagedIdentity/userAssignedIdentities. Each one has a service principal in the directory."""

from __future__ import annotations

from starlette.responses import Response

from arm import ArmError, Call, answer, handles, page
from documents import existing
from shapes import TRACKED, check_known
from state import Document, World

TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"
API_VERSIONS: dict[str, tuple[str, ...]] = {
    TYPE: (
        "2015-08-31-preview",
        "2018-11-30",
        "2021-09-30-preview",
        "2022-01-31-preview",
        "2023-01-31",
        "2023-07-31-preview",
        "2024-11-30",
        "2025-01-31-preview",
        "2025-05-31-preview",
    ),
}


def identity_document(world: World, resource_id: str, location: str, tags: Document, principal: Document) -> Document:
    """An identity as a GET shows it: its id has `/resourcegroups/` in lower case, however it was written."""
    _subscriptions, subscription, _groups, group, *_provider, name = resource_id.strip("/").split("/")
    return {
        "location": location,
        "tags": tags,
        "id": f"/subscriptions/{subscription}/resourcegroups/{group}/providers/{TYPE}/{name}",
        "name": name,
        "type": TYPE,
        "properties": {
            "tenantId": world.tenant_id,
            "principalId": principal["objectId"],
            "clientId": principal["appId"],
        },
    }


@handles(TYPE, "resource", "GET")
def get_identity(call: Call) -> Response:
    return answer(existing(call))


@handles(TYPE, "collection", "GET")
def list_identities(call: Call) -> Response:
    return page(call, call.world.of_type(TYPE, call.scope))


@handles(TYPE, "resource", "PUT")
def put_identity(call: Call) -> Response:
    body = call.body if isinstance(call.body, dict) else {}
    check_known(TRACKED, body)
    if not body.get("location"):
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    kept = call.world.find(call.resource_id)
    if kept is not None:
        if body["location"].lower() != kept["location"].lower():
            text = (
                f"The resource '{kept['name']}' already exists in location '{kept['location']}' in resource "
                f"group '{call.resource_group}'. A resource with the same name cannot be created in location "
                f"'{body['location']}'."
            )
            raise ArmError(409, "InvalidResourceLocation", text)
        kept["tags"] = body.get("tags") or {}
        return answer(kept)
    principal = call.world.add_principal(call.names[-1])
    made = identity_document(call.world, call.resource_id, body["location"], body.get("tags") or {}, principal)
    return answer(call.world.store(made), 201)


@handles(TYPE, "resource", "PATCH")
def patch_identity(call: Call) -> Response:
    kept, body = existing(call), call.body if isinstance(call.body, dict) else {}
    check_known(TRACKED, body)
    if body.get("tags") is not None:
        kept["tags"] = body["tags"]
    return answer(kept)


@handles(TYPE, "resource", "DELETE")
def delete_identity(call: Call) -> Response:
    """The principal goes too; role assignments stay behind as orphans, which is what Azure does."""
    kept = call.world.resources.pop(call.resource_id.lower(), None)
    if kept is None:
        return Response(status_code=204)
    call.world.principals.pop(kept["properties"]["principalId"], None)
    return Response(status_code=200)
