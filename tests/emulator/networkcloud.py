# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.NetworkCloud: cluster managers, clusters, bare metal machines and storage appliances.

Documents are stored as the newest api-version shows them, without `etag`: that is computed from the content, so that
any change, the platform's too, makes a new one.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
import uuid

from starlette.responses import Response

import identity_block
import networkcloud_ends
import nexus_platform
import operations
import shapes
from api_versions import NETWORKCLOUD
from arm import ArmError, Call, answer, handles, page
from documents import existing, touched
from networkcloud_defaults import default_block, manager_id
from networkcloud_schema import ETAG_SINCE, PATCH_MODELS_SINCE, SHAPES, patch_shape
from state import Document

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,28}[a-zA-Z0-9]")
_MANAGERS = "Microsoft.NetworkCloud/clusterManagers"
_CLUSTERS = "Microsoft.NetworkCloud/clusters"
_MACHINES = "Microsoft.NetworkCloud/bareMetalMachines"
_APPLIANCES = "Microsoft.NetworkCloud/storageAppliances"
API_VERSIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((_MANAGERS, _CLUSTERS, _MACHINES, _APPLIANCES), NETWORKCLOUD),
    operations.STATUS_TYPE: NETWORKCLOUD,
}
_TRAFFIC = {"x-ms-providerhub-traffic": "True"}


def etag(document: Document) -> str:
    """The entity tag of a document's content, in the form that Azure gives it (quotes included)."""
    word = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    return f'"{word[:8]}-0000-1100-0000-{word[8:16]}0000"'


@handles(_MANAGERS, "resource", "GET")
@handles(_CLUSTERS, "resource", "GET")
@handles(_MACHINES, "resource", "GET")
@handles(_APPLIANCES, "resource", "GET")
def get(call: Call) -> Response:
    document = existing(call)
    return answer(_shown(call, document), headers=_TRAFFIC | {"ETag": etag(document)})


@handles(_MANAGERS, "collection", "GET")
@handles(_CLUSTERS, "collection", "GET")
@handles(_MACHINES, "collection", "GET")
@handles(_APPLIANCES, "collection", "GET")
def list_all(call: Call) -> Response:
    """Everything in the subscription or in the resource group that the path names."""
    items = call.world.of_type(call.resource_type, call.scope)
    response = page(call, [_shown(call, item) for item in items])
    if call.resource_group:  # the list of a subscription was recorded without
        response.headers.update(_TRAFFIC)
    return response


@handles(_MANAGERS, "resource", "PUT")
@handles(_CLUSTERS, "resource", "PUT")
def put(call: Call) -> Response:
    """201 with Azure-AsyncOperation, for an update as well."""
    if not _NAME.fullmatch(call.names[-1]):
        raise ArmError(
            400,
            "InvalidResourceName",
            f"Resource name '{call.names[-1]}' is invalid. It must match '^({_NAME.pattern})$'.",
        )
    body = call.body or {}
    if "location" not in body:
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    shapes.check(_shape(call), body, call.api_version)
    current = call.world.find(call.resource_id)
    _check_conditions(call, current)
    if current:
        _check_idle(call, current)
        _check_location(call, current, body)
    document = _put_document(call, body, current)
    call.world.store(document)
    record = _start_write(call, document, "update" if current else "create")
    response = answer(_echo(call, document), 201, _written(document))
    response.headers.update(operations.polling_headers(call, record, location=False))
    return response


@handles(_MANAGERS, "resource", "PATCH")
def patch_manager(call: Call) -> Response:
    """200 at once, with the whole resource."""
    document = _patch(call)
    networkcloud_ends.settle_patched_manager(call.world, document)
    return answer(_shown(call, document), headers=_written(document))


@handles(_CLUSTERS, "resource", "PATCH")
@handles(_MACHINES, "resource", "PATCH")
@handles(_APPLIANCES, "resource", "PATCH")
def patch(call: Call) -> Response:
    """202 with the body `null`; what changed is settled at the operation's end."""
    document = _patch(call)
    if "identity" not in (call.body or {}) and document.get("identity") == {"type": "None"}:
        del document["identity"]  # recorded: a PATCH that does not speak of identities drops the empty block
    document["properties"]["provisioningState"] = "Accepted"
    record = _start_write(call, document, "patch")
    headers = operations.polling_headers(call, record, location=True)
    return answer(None, 202, headers | _written(document))


@handles(_MANAGERS, "resource", "DELETE")
@handles(_CLUSTERS, "resource", "DELETE")
def delete(call: Call) -> Response:
    current = call.world.find(call.resource_id)
    _check_conditions(call, current)
    if current is None:
        return Response(status_code=204)
    _check_idle(call, current)
    _check_unused(call, current)
    record = _start_deletion(call, current)
    headers = operations.polling_headers(call, record, location=True)
    return answer(None, 202, headers | _written(current))


@handles(_MACHINES, "resource", "PUT", "DELETE")
@handles(_APPLIANCES, "resource", "PUT", "DELETE")
def refuse(call: Call) -> Response:
    """Machines and appliances come and go with their cluster; Azure refuses every customer's request."""
    message = (
        f"The life cycle of '{call.resource_type}' is managed by the system: customer initiated requests are rejected."
    )
    raise ArmError(400, "OperationNotAllowed", message)


def _shape(call: Call) -> shapes.Shape:
    return SHAPES[call.types[0].lower()]


def _shown(call: Call, document: Document) -> Document:
    whole = document | {"etag": etag(document), "type": document["type"].lower()}
    return shapes.shown(_shape(call), whole, call.api_version)


def _echo(call: Call, document: Document) -> Document:
    """The answer to a PUT: recorded without what ties the resource to others, for an update as well."""
    shown = _shown(call, document)
    for name in ("clusterManagerId", "managerExtendedLocation"):
        shown["properties"].pop(name, None)
    return shown


def _written(document: Document) -> dict[str, str]:
    """Headers of a write's answer, as recorded."""
    return _TRAFFIC | {"ETag": etag(document), "mise-correlation-id": str(uuid.uuid4())}


def _check_conditions(call: Call, current: Document | None) -> None:
    """If-Match and If-None-Match; versions before 2025-02-01 do not look at them."""
    if call.api_version < ETAG_SINCE:
        return
    tag = etag(current) if current else None
    wanted, unwanted = call.headers.get("if-match"), call.headers.get("if-none-match")
    matched = wanted is None or (tag is not None and wanted in ("*", tag))
    clashes = unwanted is not None and tag is not None and unwanted in ("*", tag)
    if matched and not clashes:
        return
    message = f"The condition of the request is not met: the current etag of '{call.resource_id}' is {tag or 'none'}."
    raise ArmError(412, "PreconditionFailed", message)


def _check_idle(call: Call, current: Document) -> None:
    record = operations.running(call.world, current["id"])
    if record:
        message = (
            f"The operation cannot be performed on '{current['id']}', because another operation is in progress "
            f"(status '{record['status']}'). Retry after it has ended."
        )
        raise ArmError(409, "Conflict", message)


def _check_unused(call: Call, current: Document) -> None:
    """Documented for cluster managers: not while clusters refer to it. In which words is not known."""
    own = current["id"].lower()
    clusters = [
        cluster["id"]
        for cluster in call.world.of_type(_CLUSTERS)
        if cluster["properties"].get("clusterManagerId", "").lower() == own
    ]
    if clusters:
        message = f"The cluster manager '{current['id']}' cannot be deleted while clusters refer to it: "
        raise ArmError(409, "CannotDeleteResource", message + ", ".join(clusters))


def _start_write(call: Call, document: Document, kind: str) -> Document:
    """Begin the operation that a write is answered with; the document shows the write already."""
    world = call.world
    if kind != "create" and networkcloud_ends.kind_of(document) == "clusters":
        nexus_platform.update_begins(world, document, call.headers.get("x-ms-correlation-request-id"))
    ends = operations.Ends(
        success=lambda: networkcloud_ends.settle(world, document),
        failure=lambda message: networkcloud_ends.fail(world, document, kind, message),
    )
    return operations.start(call, document, kind, ends)


def _start_deletion(call: Call, document: Document) -> Document:
    world, before = call.world, networkcloud_ends.show_deletion(document)

    def failure(message: str) -> None:
        document["properties"].update(before)
        networkcloud_ends.fail(world, document, "delete", message)

    ends = operations.Ends(success=lambda: networkcloud_ends.remove(world, document), failure=failure)
    return operations.start(call, document, "delete", ends)


def _check_location(call: Call, current: Document, body: Document) -> None:
    if body["location"].replace(" ", "").lower() == current["location"]:
        return
    message = (
        f"The resource '{call.names[-1]}' already exists in location '{current['location']}' in resource group "
        f"'{call.resource_group}'. A resource with the same name cannot be created in location '{body['location']}'. "
        "Please select a new resource name."
    )
    raise ArmError(409, "InvalidResourceLocation", message)


def _put_document(call: Call, body: Document, current: Document | None) -> Document:
    """The resource as the 201 shows it: the body's echo, with what is computed at once."""
    shape, properties = _shape(call), _shape(call)["properties"].members
    before = current or {"id": call.resource_id, "name": call.names[-1], "type": call.resource_type.lower()}
    written = shapes.kept(shape, body)
    location = body["location"].replace(" ", "").lower()
    document: Document = {**shapes.server_side(shape, before, call.api_version), "location": location}
    document |= {name: written[name] for name in ("extendedLocation", "kind", "tags") if written.get(name)}
    document["systemData"] = _system_data(call, before.get("systemData"))
    left_alone = shapes.server_side(properties, before.get("properties", {}), call.api_version)
    given = _merged({}, written["properties"])
    group = _managed_group(call, location, given, before)
    document["properties"] = {**given, **left_alone, **group, "provisioningState": "Accepted"}
    if call.types[0].lower() == "clusters":
        document["properties"]["clusterManagerId"] = manager_id(call.world, document)
    identity = _merged_identity(call, before, replace=True)  # last, because it makes and removes principals
    if identity:
        document["identity"] = identity
    return document


def _managed_group(call: Call, location: str, written: Document, before: Document) -> Document:
    name = "managedResourceGroupConfiguration"
    if name in before.get("properties", {}):
        return {name: before["properties"][name]}  # fixed at creation
    mark = hashlib.sha256(call.resource_id.lower().encode()).hexdigest()[:8].upper()
    generated = f"{call.names[-1]}-HostedResources-{mark}"
    return {name: {"location": location, "name": generated, **(written.get(name) or {})}}


def _merged_identity(call: Call, before: Document, *, replace: bool) -> Document | None:
    """The identity after the write. A body without the member leaves it as it is."""
    wanted = (call.body or {}).get("identity")
    if wanted is None:
        return before.get("identity")
    return identity_block.merge(call.world, call.resource_id, before.get("identity"), wanted, replace=replace)


def _patch(call: Call) -> Document:
    """Check and merge a PATCH; the resource, changed but not settled."""
    body: Document = call.body or {}
    document = existing(call)
    shape = patch_shape(call.types[0].lower(), call.api_version)
    shapes.check(shape, body, call.api_version)
    _check_conditions(call, document)
    _check_idle(call, document)
    identity = _merged_identity(call, document, replace=False)
    if identity:
        document["identity"] = identity
    if "tags" in body:
        document["tags"] = dict(body["tags"] or {})
    for name, value in shapes.kept(shape, body).get("properties", {}).items():
        _patch_property(call, document["properties"], name, value)
    document["systemData"] = _system_data(call, document["systemData"])
    return document


def _patch_property(call: Call, properties: Document, name: str, value: object) -> None:
    """A block merges into what is there, a list replaces it, null sets it back to its default."""
    if value is None:
        properties.pop(name, None)
        properties.update(default_block(name))
    elif isinstance(value, dict):
        given = value if call.api_version >= PATCH_MODELS_SINCE else _with_defaults(name, value)
        properties[name] = _merged(properties.get(name), given)
    else:
        properties[name] = copy.deepcopy(value)


def _merged(before: object, given: Document) -> Document:
    """JSON merge patch: an object merges member by member, null takes a member away."""
    result = dict(before) if isinstance(before, dict) else {}
    for name, value in given.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _merged(result.get(name), value) if isinstance(value, dict) else copy.deepcopy(value)
    return result


def _with_defaults(name: str, value: Document) -> Document:
    """Before the PATCH models of 2026-07-01 the server fills in the model's default for a member that is not sent."""
    return {"useKeyVault": "False", **value} if name == "secretArchive" else value


def _system_data(call: Call, before: Document | None) -> Document:
    return touched(call, {"systemData": before or {}})
