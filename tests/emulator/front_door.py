# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every ARM request passes before a resource provider sees it, in ARM's order and words."""

from __future__ import annotations

import uuid

from starlette.responses import Response

import access
import api_versions
import identity_block
from arm import HANDLERS, ArmError, Call, answer, dissect
from names import ARM_AUDIENCE, spellings
from providers import provide
from state import Document
from tokens import verify

LOCATION = "uksouth"
"""The region in messages about no resource in particular."""
_CORRELATION = "x-ms-correlation-request-id"
_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_UNGUARDED = {
    "microsoft.resources/subscriptions:collection",
    "microsoft.resources/tenants:collection",
    # ARM lets a poll through by the signature in its URL: whoever may write one resource may follow the operation.
    "microsoft.networkcloud/locations/operationstatuses:resource",
}


def answer_arm(call: Call) -> Response:
    """ARM's answer, errors included. Fills in the parts of `call`, the caller and a missing correlation id too."""
    call.headers.setdefault(_CORRELATION, str(uuid.uuid4()))
    try:
        response = _admitted(call)
    except ArmError as error:
        response = answer(error.body, error.status, error.headers)
    response.headers.update(_common_headers(call))
    return response


def _admitted(call: Call) -> Response:
    call.caller = verify(call.world, call.headers, (*spellings(ARM_AUDIENCE), *spellings(call.base_url)))
    dissect(call)
    _check_subscription(call)
    _check_type(call)
    _check_registration(call)
    api_versions.check(call.resource_type, call.api_version, LOCATION)
    _check_access(call)
    _check_resource_group(call)
    if call.method in ("PUT", "PATCH"):
        _check_body(call)
    return provide(call)


def _check_subscription(call: Call) -> None:
    known = {name.lower() for name in call.world.subscriptions}
    if call.subscription_id and call.subscription_id.lower() not in known:
        raise ArmError(404, "SubscriptionNotFound", f"The subscription '{call.subscription_id}' could not be found.")


def _check_type(call: Call) -> None:
    resource_type = call.resource_type.lower()
    if (resource_type, call.shape, call.method) in HANDLERS:
        return
    if any((key[0], key[1]) == (resource_type, call.shape) for key in HANDLERS):
        raise ArmError(
            405, "HttpMethodNotAllowed", f"The requested resource does not support http method '{call.method}'."
        )
    if not any(key[0].startswith(call.provider.lower() + "/") for key in HANDLERS):
        raise ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{call.provider}' is invalid.")
    message = (
        f"The resource type '{'/'.join(call.types)}' could not be found in the namespace '{call.provider}' "
        f"for api version '{call.api_version}'."
    )
    raise ArmError(404, "InvalidResourceType", message)


def _check_registration(call: Call) -> None:
    """A subscription knows the resource providers that it is registered for, and no resources of others."""
    if (call.subscription_id.lower(), call.provider.lower()) not in call.world.unregistered:
        return
    code, namespace = "MissingSubscriptionRegistration", _namespace(call.provider)
    message = (
        f"The subscription is not registered to use namespace '{namespace}'. "
        "See https://aka.ms/rps-not-found for how to register subscriptions."
    )
    raise ArmError(409, code, message, details=[{"code": code, "target": namespace, "message": message}])


def _namespace(provider: str) -> str:
    """A known namespace as its provider spells it."""
    return next(kind.split("/")[0] for kind in api_versions.KNOWN if kind.lower().startswith(f"{provider}/".lower()))


def _check_access(call: Call) -> None:
    resource_type = call.resource_type.lower()
    if f"{resource_type}:{call.shape}" in _UNGUARDED or resource_type.startswith("microsoft.resources/providers"):
        return
    if resource_type == "microsoft.authorization/roledefinitions" and not call.scope:
        return  # everyone reads the built-in roles at the tenant's root
    action = f"{call.resource_type}/{_VERBS.get(call.method, 'action')}"
    # A list asks for the right at the place that is listed, everything else at the resource itself.
    listing = call.shape == "collection" and call.method in _VERBS
    scope = (call.scope if listing else call.resource_id) or "/"
    require(call, action, scope)


def require(call: Call, action: str, scope: str) -> None:
    """Raises 403 in ARM's words unless the caller may do this there."""
    who = call.caller["objectId"]
    if access.granted(call.world, who, action, scope):
        denial = access.denying(call.world, who, action, scope)
        if denial is None:
            return
        raise _denied(call, action, scope, denial)
    message = (
        f"{_client(call)} does not have authorization to perform action '{action}' over scope '{scope}' or the scope "
        "is invalid. If access was recently granted, please refresh your credentials."
    )
    raise ArmError(403, "AuthorizationFailed", message)


def _denied(call: Call, action: str, scope: str, denial: Document) -> ArmError:
    bare = denial["name"].replace("-", "")
    message = (
        f"{_client(call)} has permission to perform action '{action}' on scope '{scope}'; however, the access is "
        f"denied because of the deny assignment with name '{denial['properties']['denyAssignmentName']}' and Id "
        f"'{bare}' at scope '{denial['properties']['scope']}'."
    )
    return ArmError(403, "DenyAssignmentAuthorizationFailed", message)


def _check_resource_group(call: Call) -> None:
    group_itself = call.resource_type.lower() == "microsoft.resources/subscriptions/resourcegroups"
    if not call.resource_group or (group_itself and call.method in ("PUT", "HEAD")):
        return
    group = f"/subscriptions/{call.subscription_id}/resourceGroups/{call.resource_group}"
    if not call.world.find(group):
        raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{call.resource_group}' could not be found.")


def _check_body(call: Call) -> None:
    if call.body is not None and not isinstance(call.body, dict):
        raise ArmError(
            400,
            "InvalidRequestContent",
            "The request content was invalid and could not be deserialized: an object is expected.",
        )
    identity = (call.body or {}).get("identity")
    if not isinstance(identity, dict):
        return
    identity_block.check_values(identity)
    for identity_id in identity_block.added(identity):
        _check_linked(call, identity_id)


def _check_linked(call: Call, identity_id: str) -> None:
    """Attaching a user assigned identity needs the right to assign it, on top of the right to write the resource."""
    action = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
    if access.allowed(call.world, call.caller["objectId"], action, identity_id):
        return
    message = (
        f"{_client(call)} has permission to perform action '{call.resource_type}/write' on scope '{call.resource_id}'; "
        f"however, it does not have permission to perform action(s) '{action}' on the linked scope(s) '{identity_id}' "
        "(respectively) or the linked scope(s) are invalid."
    )
    raise ArmError(403, "LinkedAuthorizationFailed", message)


def _client(call: Call) -> str:
    return f"The client '{call.caller['appId']}' with object id '{call.caller['objectId']}'"


def _common_headers(call: Call) -> dict[str, str]:
    request_id = str(uuid.uuid4())
    headers = {
        "x-ms-request-id": request_id,
        _CORRELATION: call.headers[_CORRELATION],
        "x-ms-routing-request-id": f"{LOCATION.upper()}:{call.world.now()}:{request_id}",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "cache-control": "no-cache",
        "pragma": "no-cache",
        "x-content-type-options": "nosniff",
    }
    if "x-ms-client-request-id" in call.headers:
        headers["x-ms-client-request-id"] = call.headers["x-ms-client-request-id"]
    prefix = "x-ms-ratelimit-remaining-subscription"
    if call.method in ("GET", "HEAD"):
        headers[f"{prefix}-global-reads"] = "16499"
    elif call.method == "DELETE":
        headers |= {f"{prefix}-deletes": "799", f"{prefix}-global-deletes": "11999"}
    else:
        headers |= {f"{prefix}-writes": "799", f"{prefix}-global-writes": "11999"}
    return headers
