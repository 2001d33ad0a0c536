# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control endpoint, `/emulator/...`: what a test sees and turns. No token; loopback only."""

from __future__ import annotations

import dataclasses
from typing import Any

from starlette.responses import JSONResponse, Response

import archive_history
import networkcloud
import networkcloud_ends
import nexus_platform
from state import Settings, World

_WORDS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_CHOICES = {
    "pace": ("short", "recorded"),
    "unlisted_identities": ("keep", "remove"),
    "cluster_operator_role": ("required", "not_required"),
}
_LEAST = {"page_size": 1, "token_seconds": 1}
"""The smallest value of a number that may not be 0."""
_MOST = 10**9
"""More seconds, or items, than anyone waits for."""


class ControlError(Exception):
    """Wrong use of the control endpoint: answered with status 400."""


def answer_control(world: World, method: str, name: str, query: dict[str, str], body: Any) -> Response:
    """`name` is the path below `/emulator/`. `reset` is answered by app.py, which owns the world."""
    try:
        return _route(world, method, name, query, body)
    except ControlError as error:
        return JSONResponse({"error": str(error)}, 400)


def change_settings(settings: Settings, changes: dict[str, Any]) -> None:
    """Set fields by name. Raises ControlError for an unknown name or a wrong value; then nothing is set."""
    checked = {name: _checked(settings, name, value) for name, value in changes.items()}
    for name, value in checked.items():
        setattr(settings, name, value)


def parse_setting(settings: Settings, text: str) -> tuple[str, Any]:
    """`KEY=VALUE` of the command line, the value in the type of the field."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ControlError(f"'{text}' is not KEY=VALUE")
    current = getattr(settings, name, None)
    if isinstance(current, bool):
        if value.lower() not in _WORDS:
            raise ControlError(f"the setting {name} takes true or false, not '{value}'")
        return name, _WORDS[value.lower()]
    if not isinstance(current, (int, float)):
        return name, value
    try:
        return name, type(current)(value)
    except ValueError as error:
        raise ControlError(f"the setting {name} takes a number, not '{value}'") from error


def _checked(settings: Settings, name: str, value: Any) -> Any:
    fields = {field.name for field in dataclasses.fields(settings)}
    if name not in fields:
        raise ControlError(f"there is no setting {name}; there are {', '.join(sorted(fields))}")
    kind = type(getattr(settings, name))
    number = isinstance(value, (int, float)) and not isinstance(value, bool)  # to Python a bool is an int
    if not (number if kind is float else isinstance(value, kind)) or (kind is int and not number):
        raise ControlError(f"the setting {name} takes {kind.__name__}, not {type(value).__name__}")
    if name in _CHOICES and value not in _CHOICES[name]:
        raise ControlError(f"the setting {name} takes one of {', '.join(_CHOICES[name])}")
    least = _LEAST.get(name, 0)
    if number and not least <= value <= _MOST:  # NaN is neither
        raise ControlError(f"the setting {name} takes a number from {least} to {_MOST}")
    return float(value) if kind is float else value


def _route(world: World, method: str, name: str, query: dict[str, str], body: Any) -> Response:
    if (method, name) == ("GET", "log"):
        return JSONResponse({"value": _log(world, query)})
    if (method, name) == ("DELETE", "log"):
        world.log.clear()
        return Response(status_code=204)
    if (method, name) == ("GET", "settings"):
        return JSONResponse(dataclasses.asdict(world.settings))
    if (method, name) == ("PATCH", "settings"):
        change_settings(world.settings, _object(body))
        return JSONResponse(dataclasses.asdict(world.settings))
    if (method, name) == ("GET", "resource"):
        return _resource(world, query.get("id", ""))
    if (method, name) == ("GET", "history"):
        return JSONResponse({"value": archive_history.events(world, _cluster(world, query.get("cluster", "")))})
    if (method, name) == ("POST", "rotate"):
        return _rotate(world, _object(body))
    return JSONResponse({"error": f"no {method} /emulator/{name}"}, 404)


def _log(world: World, query: dict[str, str]) -> list[dict[str, Any]]:
    """Entries after the number `since`; with `writes=true` only those that would change something."""
    since = query.get("since", "0")
    if not since.isdigit():
        raise ControlError("since takes the number of a log entry")
    entries = [item for item in world.log if item["number"] > int(since)]
    return [item for item in entries if item["write"]] if query.get("writes") == "true" else entries


def _resource(world: World, resource_id: str) -> Response:
    document = world.find(resource_id)
    if document is None:
        return JSONResponse({"error": f"no resource {resource_id}"}, 404)
    return JSONResponse(document | {"etag": networkcloud.etag(document)})


def _rotate(world: World, body: dict[str, Any]) -> Response:
    return JSONResponse(nexus_platform.rotate_now(world, _cluster(world, str(body.get("cluster")))))


def _cluster(world: World, cluster_id: str) -> dict[str, Any]:
    cluster = world.find(cluster_id)
    if cluster is None or networkcloud_ends.kind_of(cluster) != "clusters":
        raise ControlError("cluster takes the id of a cluster")
    return cluster


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ControlError("the body must be a JSON object")
    return body
