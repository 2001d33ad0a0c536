# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ARM's front door: what a path means, who handles it, how errors look.

Resource providers register handlers with `@handles`; `front_door.py` authenticates, authorizes, logs and calls them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response

from state import Document, World


class ArmError(Exception):
    """An error answer: HTTP status and ARM's `{"error": {"code", "message", ...}}` envelope."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.headers: dict[str, str] = {}
        self.body: Document = {"error": {"code": code, "message": message, **more}}


@dataclass
class Call:
    """One ARM request, taken apart. Header names are lower-case; `body` is parsed JSON, or None when there is none.

    `scope` is what comes before the last `/providers/` (`""` is the tenant). Paths without a provider belong to
    Microsoft.Resources: `/subscriptions/S/resourceGroups/G` is the resource type
    `Microsoft.Resources/subscriptions/resourceGroups` with the names (S, G), `/tenants` the collection
    `Microsoft.Resources/tenants`; `/providers`, `/providers/NS` and `/subscriptions/S/providers[/NS[/register]]` are
    `Microsoft.Resources/providers[/register]` with the name NS.
    """

    world: World
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    base_url: str
    """`https://host:port`, without a slash at the end."""
    caller: Document = field(default_factory=dict)
    """The principal that the token was issued to (an entry of `World.principals`)."""
    scope: str = ""
    provider: str = ""
    types: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    subscription_id: str = ""
    resource_group: str = ""

    @property
    def api_version(self) -> str:
        return self.query.get("api-version", "")

    @property
    def resource_type(self) -> str:
        return "/".join((self.provider, *self.types))

    @property
    def shape(self) -> str:
        return "resource" if len(self.names) == len(self.types) else "collection"

    @property
    def resource_id(self) -> str:
        """The path without a slash at its end: the id of the resource as the client wrote it."""
        return self.path.rstrip("/")


Handler = Callable[[Call], Response]
HANDLERS: dict[tuple[str, str, str], Handler] = {}
"""(type in lower case, `resource` or `collection`, method) -> handler. A POST action counts as one more type."""


def handles(resource_type: str, shape: str, *methods: str) -> Callable[[Handler], Handler]:
    """Register a handler: `shape` is `resource` (type/name) or `collection` (type alone, or type/name/action)."""

    def register(handler: Handler) -> Handler:
        for method in methods:
            HANDLERS[(resource_type.lower(), shape, method)] = handler
        return handler

    return register


def dissect(call: Call) -> Call:
    """Fill in scope, provider, types and names from the path; key words in any case."""
    path = call.path.rstrip("/")
    found = re.match(r"(?i)^/subscriptions/([^/]+)(?:/resourcegroups/([^/]+))?", path)
    if found:
        call.subscription_id = found[1]
        call.resource_group = found[2] or ""
    listed = re.match(r"(?i)^((?:/subscriptions/[^/]+)?)/providers(?:/([^/]+)(/register)?)?$", path)
    if listed:
        call.scope, call.provider = listed[1], "Microsoft.Resources"
        call.types = ("providers", "register") if listed[3] else ("providers",)
        call.names = (listed[2],) if listed[2] else ()
        return call
    at = path.lower().rfind("/providers/")
    if at >= 0:
        provider, *parts = path[at + len("/providers/") :].split("/")
        call.scope, call.provider = path[:at], provider
    else:
        parts = path.lstrip("/").split("/")
        call.scope, call.provider = path, "Microsoft.Resources"
    call.types, call.names = tuple(parts[0::2]), tuple(parts[1::2])
    return call


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer; a body of None is the literal `null` that a 202 of Nexus carries."""
    return JSONResponse(body, status, headers, media_type="application/json; charset=utf-8")


def page(call: Call, items: list[Document]) -> Response:
    """One page of a list, with `nextLink` when there is more ($skipToken is the offset, $top the most on a page)."""
    size, token = call.world.settings.page_size, call.query.get("$skipToken", "0")
    top = call.query.get("$top", str(size))
    if not token.isdigit() or not top.isdigit() or top == "0":
        raise ArmError(400, "InvalidQueryParameter", f"$skipToken '{token}' or $top '{top}' is invalid.")
    start, size = int(token), min(size, int(top))
    body: Document = {"value": items[start : start + size]}
    if start + size < len(items):
        query = urlencode({**call.query, "$skipToken": str(start + size)}, safe="$")
        body["nextLink"] = f"{call.base_url}{call.path}?{query}"
    return answer(body)
