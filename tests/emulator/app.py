# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ASGI application: finds out by host and path which service is meant, and lets it answer on the event loop."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import graph
import nexus_platform
import operations
import request_log
from arm import ArmError, Call, answer
from control import answer_control
from entra import answer_entra
from front_door import answer_arm
from imds import answer_imds
from metadata import answer_metadata
from names import ARM_HOST, GRAPH_AUDIENCE, GRAPH_HOST, VAULT_DOMAIN, spellings
from state import Document, World
from tokens import verify
from vault_data import data_plane

LOG = logging.getLogger("emulator")
METHODS = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"]
LOOPBACK = ("127.0.0.1", "localhost")


class Emulator:
    """The world and how to make it anew."""

    def __init__(self, build: Callable[[], World]) -> None:
        self._build = build
        self.world = build()

    def reset(self) -> None:
        """Everything as at the start, the settings and the log too. Tokens stay good: ids come from the fleet."""
        self.world = self._build()


def make_app(emulator: Emulator) -> Starlette:
    async def handle(request: Request) -> Response:
        body = await request.body()
        return respond(emulator, request, body)

    return Starlette(routes=[Route("/{path:path}", handle, methods=METHODS)])


def respond(emulator: Emulator, request: Request, body: bytes) -> Response:
    """The answer to one request; everything that changes the world happens in here, without a pause."""
    host = request.headers.get("host", "")
    name = host.partition(":")[0].lower()
    path, query = request.url.path, dict(request.query_params)
    if name in LOOPBACK and path.startswith("/emulator/"):
        return _control(emulator, request, path, query, body)
    world, service = emulator.world, _service(name, path)
    item = request_log.entry(world, service, (request.method, path, query), host)
    headers = {key.lower(): value for key, value in request.headers.items()}
    call = Call(world, request.method, path, query, headers, None, f"https://{host}")
    try:
        _catch_up(world)
        item["body"] = request_log.scrubbed(service, headers.get("content-type", ""), body)
        call.body = None if service in ("entra", "imds") else _parsed(body)
        if item["write"]:
            _admit_write(world, f"{request.method} {path}")
        response = _answer(service, name, call, body)
    except ArmError as error:
        response = answer(error.body, error.status, error.headers)
    except Exception as error:
        response = _broken(error)
    item["status"], item["caller"] = response.status_code, call.caller.get("objectId")
    return response


def _control(emulator: Emulator, request: Request, path: str, query: dict[str, str], body: bytes) -> Response:
    if request.client is None or request.client.host != "127.0.0.1":
        return JSONResponse({"error": "the control endpoint is for this machine only"}, 403)
    name = path.removeprefix("/emulator/")
    if (request.method, name) == ("POST", "reset"):  # without a look at a world that may be broken
        emulator.reset()
        return Response(status_code=204)
    try:
        _catch_up(emulator.world)
        return answer_control(emulator.world, request.method, name, query, _parsed(body))
    except ArmError as error:
        return answer(error.body, 400)
    except Exception as error:
        return _broken(error)


def _catch_up(world: World) -> None:
    """Let happen what was due before this request."""
    operations.settle(world)
    nexus_platform.tick(world)


def _admit_write(world: World, what: str) -> None:
    """Raises 403 where the settings refuse writes, and let no more of them through."""
    settings = world.settings
    if not settings.refuse_writes:
        return
    if settings.writes_left == 0:
        raise ArmError(403, "EmulatorRefusesWrites", f"The emulator is set to refuse writes: {what}")
    settings.writes_left -= 1


def _broken(error: Exception) -> Response:
    """The emulator itself has failed: ARM's answer to the client, the details to stderr."""
    LOG.error("internal error", exc_info=error)
    message = f"The emulator has failed: {type(error).__name__}. Its standard error says where."
    return answer({"error": {"code": "InternalServerError", "message": message}}, 500)


def _service(name: str, path: str) -> str:
    if name == GRAPH_HOST:
        return "graph"
    if name.endswith("." + VAULT_DOMAIN):
        return "vault"
    if path == "/metadata/identity/oauth2/token":
        return "imds"
    if path == "/metadata/endpoints":
        return "metadata"
    first = path.lower().split("/")[1]
    return "arm" if name == ARM_HOST or first in ("subscriptions", "providers", "tenants") else "entra"


def _answer(service: str, name: str, call: Call, body: bytes) -> Response:
    world = call.world
    if service == "arm":
        return answer_arm(call)
    if service == "graph":
        return _answer_graph(call)
    if service == "vault":
        vault = name.removesuffix("." + VAULT_DOMAIN)
        return data_plane(world, vault, call.method, call.path, call.query, call.headers, call.body)
    if service == "imds":
        return answer_imds(world, call.query, call.headers, call.base_url)
    if service == "metadata":
        return answer_metadata(call.base_url, call.api_version)
    unknown: Document = {"error": {"code": "NotFound", "message": f"No such path: {call.path}"}}
    return answer_entra(call, body) or JSONResponse(unknown, 404)


def _answer_graph(call: Call) -> Response:
    call.caller = verify(call.world, call.headers, spellings(GRAPH_AUDIENCE))
    return graph.handle(call.world, call.method, call.path, call.query, call.headers, call.body, call.caller)


def _parsed(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError as error:
        message = "The request content was invalid and could not be deserialized: it is not JSON."
        raise ArmError(400, "InvalidRequestContent", message) from error
