# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long-running operations: their records, their polling URLs, their end.

Nothing runs in the background. An operation has an end time; `settle` carries out what is due, and is called before
each request is handled, so the world never shows an operation that should have ended.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from arm import ArmError, Call, answer, handles
from state import Document, World

LOG = logging.getLogger("emulator")
STATUS_TYPE = "Microsoft.NetworkCloud/locations/operationStatuses"
_KEY = secrets.token_bytes(32)
"""Signs polling URLs, as ARM does: only the URL that was handed out polls."""
_TICKS_AT_EPOCH = 621_355_968_000_000_000
RECORDED_SECONDS = {
    ("clustermanagers", "create"): 930.0,
    ("clustermanagers", "update"): 350.0,
    ("clustermanagers", "delete"): 690.0,
    ("clusters", "create"): 195.0,
    ("clusters", "update"): 195.0,
    ("clusters", "patch"): 5.0,
    ("clusters", "delete"): 285.0,
    ("baremetalmachines", "patch"): 5.0,
    ("storageappliances", "patch"): 5.0,
}
"""(type, kind) -> how long it took in the recordings."""


@dataclass(frozen=True)
class Ends:
    """What the end of an operation changes: `failure` is told in words what has gone wrong."""

    success: Callable[[], None]
    failure: Callable[[str], None]


def start(call: Call, resource: Document, kind: str, ends: Ends) -> Document:
    """Begin an operation on `resource`. `kind` is a word of RECORDED_SECONDS.

    A record that gets an `error` (`{code, message}`) before its end ends as Failed.
    """
    world, now = call.world, call.world.clock()
    digest = hashlib.sha256(resource["id"].lower().encode()).hexdigest().upper()
    name = f"{uuid.uuid4()}*{digest}"
    record: Document = {
        "name": name,
        "id": f"/subscriptions/{call.subscription_id}/providers/Microsoft.NetworkCloud/locations/"
        f"{resource['location'].upper()}/operationStatuses/{name}",
        "resourceId": resource["id"],
        "kind": kind,
        "status": "Deleting" if kind == "delete" else "Accepted",
        "startTime": world.now(),
        "endsAt": now + _seconds(world, call.types[0].lower(), kind),
        "ends": ends,
    }
    if world.settings.fail_operations:
        world.settings.fail_operations -= 1
        record["error"] = {"code": "EmulatorFailsOperations", "message": f"The emulator is set to fail this {kind}."}
    world.operations[name] = record
    return record


def running(world: World, resource_id: str) -> Document | None:
    """The operation that goes on for this resource, if any."""
    for record in world.operations.values():
        if "endTime" not in record and record["resourceId"].lower() == resource_id.lower():
            return record
    return None


def settle(world: World) -> None:
    """End the operations that are due, in the order of their end times."""
    due = [
        record for record in world.operations.values() if "endTime" not in record and record["endsAt"] <= world.clock()
    ]
    for record in sorted(due, key=lambda item: item["endsAt"]):
        _end(world, record)


def polling_headers(call: Call, record: Document, *, location: bool, lower: bool = False) -> dict[str, str]:
    """Azure-AsyncOperation, and Location where asked for. `lower`: the region as polls of a deletion write it."""
    headers = {"Azure-AsyncOperation": _url(call, record, lower, 0)}
    if location:
        headers["Location"] = _url(call, record, lower, 156_160)
    return headers


@handles(STATUS_TYPE, "resource", "GET")
def operation_status(call: Call) -> Response:
    record = call.world.operations.get(call.names[-1])
    if record is None:
        raise ArmError(404, "NotFound", f"The operation '{call.names[-1]}' could not be found.")
    expected = _signature(record["name"], call.api_version, call.query.get("t", ""))
    if any(not hmac.compare_digest(call.query.get(key, ""), value) for key, value in expected.items()):
        raise ArmError(
            401, "InvalidAuthenticationToken", "The signature of the polling URL is missing or does not fit it."
        )
    document = {key: record[key] for key in ("id", "name", "resourceId", "status", "startTime")}
    if "endTime" in record:
        if record["kind"] not in ("create", "delete"):  # those two were recorded without
            document["endTime"] = record["endTime"]
        if "error" in record:
            document["error"] = record["error"]
        document["properties"] = None
        return answer(document, headers={"ETag": _etag(document)})
    if record["kind"] != "delete":
        return answer(document, headers={"ETag": _etag(document)})
    return answer(document, 202, {"ETag": _etag(document)} | polling_headers(call, record, location=True, lower=True))


def _seconds(world: World, resource_type: str, kind: str) -> float:
    if world.settings.pace == "recorded":
        return RECORDED_SECONDS[(resource_type, kind)]
    return world.settings.operation_seconds


def _end(world: World, record: Document) -> None:
    record["endTime"] = world.now()
    if "error" not in record:
        _carry_out(record)
    if "error" not in record:
        record["status"] = "Succeeded"
        return
    record["status"] = "Failed"
    record["ends"].failure(record["error"]["message"])


def _carry_out(record: Document) -> None:
    """An end that the emulator cannot bring about fails its own operation, not the request that happens to be on."""
    try:
        record["ends"].success()
    except Exception:
        LOG.exception("the operation on %s has failed", record["resourceId"])
        record["error"] = {"code": "InternalServerError", "message": "The emulator has failed."}


def _url(call: Call, record: Document, lower: bool, later: int) -> str:
    path = record["id"]
    if lower:
        head, marker, tail = path.partition("/locations/")
        region, slash, rest = tail.partition("/")
        path = head + marker + region.lower() + slash + rest
    ticks = str(_TICKS_AT_EPOCH + int(call.world.clock() * 10_000_000) + later)
    signature = "&".join(f"{key}={value}" for key, value in _signature(record["name"], call.api_version, ticks).items())
    return f"{call.base_url}{path}?api-version={call.api_version}&t={ticks}&{signature}"


def _signature(name: str, api_version: str, ticks: str) -> dict[str, str]:
    """`c`, `s` and `h` for one URL: opaque words, as ARM's certificate, signature and hash are to clients."""
    signed = "\n".join((name, api_version, ticks)).encode()
    words = {key: hmac.digest(_KEY, key.encode() + signed, "sha512") for key in ("c", "s", "h")}
    return {key: base64.urlsafe_b64encode(word).decode().rstrip("=") for key, word in words.items()}


def _etag(document: Document) -> str:
    word = hashlib.sha256(document["name"].encode() + document["status"].encode()).hexdigest()
    return f'"{word[:8]}-0000-1000-0000-{word[8:16]}0000"'
