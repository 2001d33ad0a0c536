# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The managed identity endpoint of a machine (IMDS)."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from entra import EntraError, known_audience
from state import Document, World
from tokens import access_token

_IDS = {"client_id": "appId", "object_id": "objectId"}
_RESOURCE_IDS = ("msi_res_id", "mi_res_id")
"""The machine service's own word and the one of the services that took after it: clients send either."""


def answer_imds(world: World, query: dict[str, str], headers: dict[str, str], base_url: str) -> Response:
    """A token for the machine's own identity, or for the one that the query names by client, object or resource id."""
    if headers.get("metadata", "").lower() != "true":
        return _bad("Required metadata header not specified")
    if "resource" not in query:
        return _bad("Required audience parameter not specified")
    principal = _identity(world, query)
    if principal is None:
        return _bad("Identity not found")
    try:
        audience = known_audience(query["resource"])
    except EntraError as error:
        return _bad(f"AADSTS{error.number}: {error.text}", error.error)
    seconds, now = world.settings.token_seconds, int(world.clock())
    body = {
        "access_token": access_token(world, principal, audience, base_url),
        "client_id": principal["appId"],
        "expires_in": str(seconds),
        "expires_on": str(now + seconds),
        "ext_expires_in": str(seconds),
        "not_before": str(now),
        "resource": audience,
        "token_type": "Bearer",
    }
    return JSONResponse(body)


def _identity(world: World, query: dict[str, str]) -> Document | None:
    machine = [world.principals[object_id] for object_id in world.machine_identities if object_id in world.principals]
    named = [(key, query[name]) for name, key in _IDS.items() if query.get(name)]
    for name in _RESOURCE_IDS:
        if query.get(name):
            named.append(("objectId", _principal_id(world, query[name])))
    fitting = [item for item in machine if all(item[key] == value for key, value in named)]
    return fitting[0] if fitting else None


def _principal_id(world: World, resource_id: str) -> str:
    """The principal of a user assigned identity; empty, which fits none, for what is not there or is another thing."""
    resource = world.find(resource_id) or {"properties": {}}
    return str(resource["properties"].get("principalId", ""))


def _bad(text: str, error: str = "invalid_request") -> Response:
    return JSONResponse({"error": error, "error_description": text}, 400)
