# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Graph, as much as az and this collection ask of it: who is behind an id or a name."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from names import GRAPH_AUDIENCE
from state import Document, World

_CONTEXT = f"{GRAPH_AUDIENCE}v1.0/$metadata#"


class GraphError(Exception):
    """An error answer of Graph: HTTP status, code and text."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def handle(
    world: World,
    method: str,
    path: str,
    query: dict[str, str],
    headers: Mapping[str, str],
    body: Any,
    caller: Document,
) -> Response:
    """Answer one request. The caller's principal may carry `graph: False`: then the directory is closed to it."""
    try:
        return JSONResponse(
            _answer(world, method, re.sub(r"^/(v1\.0|beta)", "", path).rstrip("/"), query, body=body, caller=caller)
        )
    except GraphError as error:
        inner = {
            "date": world.now()[:19],
            "request-id": str(uuid.uuid4()),
            "client-request-id": headers.get("client-request-id", str(uuid.uuid4())),
        }
        document = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
        return JSONResponse(document, error.status)


def _answer(world: World, method: str, path: str, query: dict[str, str], *, body: Any, caller: Document) -> Document:
    if path == "/me" and method == "GET":
        return _me(caller)
    if not caller.get("graph", True):
        raise GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    if path == "/directoryObjects/getByIds" and method == "POST":
        return _by_ids(world, body)
    found = re.fullmatch(r"/(servicePrincipals|users)(?:/([^/]+)|\((\w+)='([^']+)'\))?", path)
    if not found or method != "GET":
        raise GraphError(400, "BadRequest", f"Resource not found for the segment '{path.strip('/').split('/')[0]}'.")
    kind = "User" if found[1] == "users" else "ServicePrincipal"
    pool = [item for item in world.principals.values() if item["kind"] == kind]
    if found[2]:
        names = ("objectId", "userPrincipalName") if kind == "User" else ("objectId",)
        return _single(
            world, [item for item in pool if found[2] in [item.get(name) for name in names]], found[2], query
        )
    if found[3]:
        key = "objectId" if found[3] == "id" else found[3]
        return _single(world, [item for item in pool if item.get(key) == found[4]], found[4], query)
    matching = [item for item in pool if _matcher(query.get("$filter", ""))(item)]
    shown = [_selected(_shown(world, item), query) for item in matching]
    top = query.get("$top", "")
    return {"@odata.context": f"{_CONTEXT}{found[1]}", "value": shown[: int(top)] if top.isdigit() else shown}


def _me(caller: Document) -> Document:
    if caller["kind"] != "User":
        raise GraphError(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    return {"@odata.context": f"{_CONTEXT}users/$entity", **_user(caller)}


def _by_ids(world: World, body: Any) -> Document:
    if not isinstance(body, dict) or not isinstance(body.get("ids"), list):
        raise GraphError(
            400, "Request_BadRequest", "Invalid value specified for property 'ids' of resource 'directoryObject'."
        )
    types = {kind.lower() for kind in body.get("types") or ("user", "group", "servicePrincipal", "directoryObject")}
    shown = []
    for principal in filter(None, (world.principals.get(object_id.lower()) for object_id in body["ids"])):
        kind = "user" if principal["kind"] == "User" else "servicePrincipal"
        if types & {kind.lower(), "directoryobject"}:
            shown.append({"@odata.type": f"#microsoft.graph.{kind}", **_shown(world, principal)})
    return {"@odata.context": f"{_CONTEXT}directoryObjects", "value": shown}


def _single(world: World, found: list[Document], name: str, query: dict[str, str]) -> Document:
    if not found:
        text = f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
        raise GraphError(404, "Request_ResourceNotFound", text)
    collection = "users" if found[0]["kind"] == "User" else "servicePrincipals"
    return {"@odata.context": f"{_CONTEXT}{collection}/$entity", **_selected(_shown(world, found[0]), query)}


def _matcher(text: str) -> Callable[[Document], bool]:
    """A predicate for a `$filter` of one clause, the forms that az and SDKs write."""
    if not text:
        return lambda _: True
    names = {"appid": "appId", "displayname": "displayName", "id": "objectId", "userprincipalname": "userPrincipalName"}
    found = re.fullmatch(r"(?i)\s*(\w+)\s+eq\s+'(.*)'\s*", text)
    if found and found[1].lower() in names:
        member, value = names[found[1].lower()], found[2].replace("''", "'").lower()
        return lambda item: str(item.get(member, "")).lower() == value
    found = re.fullmatch(r"(?i)\s*servicePrincipalNames/any\((\w+):\s*\1\s+eq\s+'(.*)'\)\s*", text)
    if found:
        name = found[2].lower()
        return lambda item: name in [known.lower() for known in _names(item)]
    found = re.fullmatch(r"(?i)\s*startswith\((displayName|userPrincipalName),\s*'(.*)'\)\s*", text)
    if found:
        member, start = names[found[1].lower()], found[2].lower()
        return lambda item: str(item.get(member, "")).lower().startswith(start)
    raise GraphError(400, "Request_UnsupportedQuery", f"Unsupported or invalid query filter clause specified: {text}")


def _names(principal: Document) -> list[str]:
    return [principal["appId"]]


def _shown(world: World, principal: Document) -> Document:
    return _user(principal) if principal["kind"] == "User" else _service_principal(world, principal)


def _user(principal: Document) -> Document:
    return {
        "id": principal["objectId"],
        "displayName": principal["displayName"],
        "userPrincipalName": principal.get("userPrincipalName"),
        "mail": None,
        "jobTitle": None,
    }


def _service_principal(world: World, principal: Document) -> Document:
    managed = _is_managed_identity(world, principal["objectId"])
    return {
        "id": principal["objectId"],
        "deletedDateTime": None,
        "accountEnabled": True,
        "alternativeNames": [],
        "appDisplayName": None if managed else principal["displayName"],
        "appId": principal["appId"],
        "appOwnerOrganizationId": None if managed else world.tenant_id,
        "displayName": principal["displayName"],
        "servicePrincipalNames": _names(principal),
        "servicePrincipalType": "ManagedIdentity" if managed else "Application",
        "tags": [],
    }


def _is_managed_identity(world: World, object_id: str) -> bool:
    if object_id in world.machine_identities:
        return True
    for resource in world.resources.values():
        if object_id in (
            resource.get("identity", {}).get("principalId"),
            resource.get("properties", {}).get("principalId"),
        ):
            return True
    return False


def _selected(document: Document, query: dict[str, str]) -> Document:
    chosen = [name for name in query.get("$select", "").split(",") if name]
    return {name: document[name] for name in chosen if name in document} if chosen else document
