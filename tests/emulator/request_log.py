# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request log: what came in, with secrets taken out."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from state import Document, World

_SECRET_MEMBERS = {
    "password",
    "secret",
    "client_secret",
    "client_assertion",
    "assertion",
    "refresh_token",
    "access_token",
}
_HIDDEN = "***"
_READS_BY_POST = ("/directoryobjects/getbyids", "/checkaccess")


def entry(world: World, service: str, line: tuple[str, str, dict[str, str]], host: str) -> Document:
    """A new entry, appended to the log; `status`, `body` and `caller` come when they are known.

    `line` is the request's method, path and query. `service` is arm, entra, imds, metadata, graph or vault. `write` is
    false for what only reads by POST, tokens included.
    """
    method, path, query = line
    number = world.log[-1]["number"] + 1 if world.log else 1
    reads = method in ("GET", "HEAD") or service in ("entra", "imds") or path.lower().endswith(_READS_BY_POST)
    item: Document = {
        "number": number,
        "time": world.now(),
        "service": service,
        "host": host,
        "method": method,
        "path": path,
        "query": query,
        "api_version": query.get("api-version"),
        "write": not reads,
        "status": None,
        "body": None,
        "caller": None,
    }
    world.log.append(item)
    return item


def scrubbed(service: str, content_type: str, body: bytes) -> Any:
    """A request's body for the log: JSON or a form, without the values of secrets."""
    if not body:
        return None
    if content_type.startswith("application/x-www-form-urlencoded"):
        return _scrub(dict(parse_qsl(body.decode(errors="replace"))), service)
    try:
        return _scrub(json.loads(body), service)
    except ValueError:
        return f"{len(body)} bytes that are not JSON"


def _scrub(value: Any, service: str) -> Any:
    if isinstance(value, list):
        return [_scrub(item, service) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _HIDDEN if _is_secret(key, service) else _scrub(item, service) for key, item in value.items()}


def _is_secret(key: str, service: str) -> bool:
    return key.lower() in _SECRET_MEMBERS or (service == "vault" and key == "value")
