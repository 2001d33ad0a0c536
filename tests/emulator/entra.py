# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Entra: discovery documents and the token endpoint."""

from __future__ import annotations

import base64
import hmac
import json
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import parse_qsl, unquote

from starlette.responses import JSONResponse, Response

import assertions
from arm import Call
from names import ARM_AUDIENCE, GRAPH_AUDIENCE, OWN_URL, VAULT_AUDIENCE, spellings
from state import Document, World
from tokens import access_token, public_jwk, sign

AZURE_CLI_CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""The public client that az and azure-identity's user name and password sign-in use; every tenant has it."""
_ALIASES = ("common", "organizations")
"""Tenant names that mean: the user's own."""
_AUDIENCES = {name for audience in (ARM_AUDIENCE, GRAPH_AUDIENCE, VAULT_AUDIENCE) for name in spellings(audience)}


class EntraError(Exception):
    """An error of the token endpoint: HTTP status, OAuth error, AADSTS number and text."""

    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        super().__init__(text)
        self.status, self.error, self.number, self.text = status, error, number, text


@dataclass
class TokenRequest:
    """A POST to the token endpoint; `authority` is its URL up to the tenant."""

    world: World
    base_url: str
    tenant: str
    endpoint: str
    form: dict[str, str]


def answer_entra(call: Call, body: bytes) -> Response | None:
    """Entra's answer, or None when the path is not one of its own. `body` is the form, unparsed."""
    try:
        return _route(call, body)
    except EntraError as error:
        return JSONResponse(error_document(error, call.base_url), error.status)


def error_document(error: EntraError, base_url: str) -> Document:
    moment = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    lines = (
        f"AADSTS{error.number}: {error.text}",
        f"Trace ID: {trace}",
        f"Correlation ID: {correlation}",
        f"Timestamp: {moment}",
    )
    return {
        "error": error.error,
        "error_description": "\r\n".join(lines),
        "error_codes": [error.number],
        "timestamp": moment,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"{base_url}/error?code={error.number}",
    }


def known_audience(resource: str) -> str:
    """The resource as the token will name it. Raises EntraError for one that this tenant does not know."""
    if resource not in _AUDIENCES and not OWN_URL.fullmatch(resource):
        text = (
            f"The resource principal named {resource} was not found in the tenant. This can happen if the application "
            "has not been installed by the administrator of the tenant or consented to by any user in the tenant."
        )
        raise EntraError(400, "invalid_resource", 500011, text)
    return resource


_OF_TENANT = re.compile(
    r"/(?P<tenant>[^/]+)(?:(?P<version>/v2\.0)?/(?P<discovery>\.well-known/openid-configuration)"
    r"|/discovery(?:/v2\.0)?/(?P<keys>keys)|/oauth2(?:/v2\.0)?/(?P<token>token))"
)


def _route(call: Call, body: bytes) -> Response | None:
    if call.path == "/common/discovery/instance":
        return JSONResponse(_instances(call.query, call.base_url))
    user = re.fullmatch(r"/common/userrealm/([^/]+)", call.path, re.IGNORECASE)
    if user:
        return JSONResponse(_realm(unquote(user[1])))
    found = _OF_TENANT.fullmatch(call.path)
    if not found:
        return None
    tenant = _known_tenant(call.world, found["tenant"], "invalid_request" if found["token"] else "invalid_tenant")
    if found["keys"]:
        return JSONResponse({"keys": [public_jwk()]})
    if found["discovery"]:
        return JSONResponse(_discovery(tenant, found["version"] or "", call.base_url))
    if call.method != "POST":
        text = f"The endpoint only accepts POST requests. Received a {call.method} request."
        raise EntraError(405, "invalid_request", 900561, text)
    form = dict(parse_qsl(body.decode(errors="replace")))
    request = TokenRequest(call.world, call.base_url, tenant, f"{call.base_url}{call.path}", form)
    return JSONResponse(_token(request))


def _known_tenant(world: World, name: str, error: str) -> str:
    if name in _ALIASES or name.lower() == world.tenant_id.lower():
        return name
    text = (
        f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant."
    )
    raise EntraError(400, error, 90002, text)


def _instances(query: dict[str, str], base_url: str) -> Document:
    host = base_url.removeprefix("https://")
    tenant = query.get("authorization_endpoint", f"{base_url}/common/").removeprefix(f"{base_url}/").split("/")[0]
    return {
        "tenant_discovery_endpoint": f"{base_url}/{tenant}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }


def _realm(user: str) -> Document:
    return {
        "ver": "1.0",
        "account_type": "Managed",
        "domain_name": user.rpartition("@")[2],
        "cloud_instance_name": "emulator",
        "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    }


def _discovery(tenant: str, version: str, base_url: str) -> Document:
    """`version` is `/v2.0` or empty."""
    authority = f"{base_url}/{tenant}"
    return {
        "token_endpoint": f"{authority}/oauth2{version}/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "jwks_uri": f"{authority}/discovery{version}/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{authority}{version}" if version else f"{authority}/",
        "authorization_endpoint": f"{authority}/oauth2{version}/authorize",
        "device_authorization_endpoint": f"{authority}/oauth2{version}/devicecode",
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "ver"],
        "tenant_region_scope": None,
        "cloud_instance_name": "emulator",
        "cloud_graph_host_name": GRAPH_AUDIENCE.removeprefix("https://").rstrip("/"),
        "msgraph_host": GRAPH_AUDIENCE.removeprefix("https://").rstrip("/"),
    }


def _token(request: TokenRequest) -> Document:
    grant = request.form.get("grant_type", "")
    if grant == "client_credentials":
        return _for_application(request)
    if grant == "password":
        return _for_user(request)
    if not grant:
        raise EntraError(
            400, "invalid_request", 900144, "The request body must contain the following parameter: 'grant_type'."
        )
    raise EntraError(400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant}'.")


def _audience(form: dict[str, str]) -> str:
    """v1 names a `resource`, v2 a scope `<resource>/.default` among OpenID's own scopes."""
    if "resource" in form:
        return known_audience(form["resource"])
    for scope in form.get("scope", "").split():
        if scope not in ("openid", "profile", "email", "offline_access"):
            return known_audience(scope.rpartition("/")[0])
    raise EntraError(400, "invalid_scope", 90014, "The required field 'scope' is missing from the credential.")


def _for_application(request: TokenRequest) -> Document:
    client_id = request.form.get("client_id", "")
    application = request.world.applications.get(client_id)
    if application is None:
        text = (
            f"Application with identifier '{client_id}' was not found in the directory '{request.tenant}'. This can "
            "happen if the application has not been installed by the administrator of the tenant or consented to by "
            "any user in the tenant. You may have sent your authentication request to the wrong tenant."
        )
        raise EntraError(400, "unauthorized_client", 700016, text)
    if "client_assertion" in request.form:
        _check_assertion(request, client_id, application)
    else:
        _check_secret(request, client_id, application)
    principal = request.world.principals[application["objectId"]]
    token = access_token(request.world, principal, _audience(request.form), request.base_url)
    return _bearer(request.world, token)


def _check_secret(request: TokenRequest, client_id: str, application: Document) -> None:
    given = request.form.get("client_secret", "")
    if not given:
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise EntraError(401, "invalid_client", 7000218, text)
    if not hmac.compare_digest(given.encode(), (application.get("secret") or "").encode()):
        text = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{client_id}'."
        )
        raise EntraError(401, "invalid_client", 7000215, text)


def _check_assertion(request: TokenRequest, client_id: str, application: Document) -> None:
    problem = assertions.check(
        request.form["client_assertion"], client_id, application, request.endpoint, request.world.clock()
    )
    if problem:
        raise EntraError(401, "invalid_client", problem[0], problem[1])


def _for_user(request: TokenRequest) -> Document:
    world, form = request.world, request.form
    client_id = form.get("client_id", "")
    if client_id != AZURE_CLI_CLIENT and client_id not in world.applications:
        raise EntraError(
            400, "unauthorized_client", 700016, f"Application with identifier '{client_id}' was not found."
        )
    name = form.get("username", "")
    users = [item for item in world.principals.values() if item.get("userPrincipalName", "").lower() == name.lower()]
    if not name or not users:
        text = f"The user account {name} does not exist in the {world.tenant_id} directory."
        raise EntraError(400, "invalid_grant", 50034, text)
    user = users[0]
    if not hmac.compare_digest(form.get("password", "").encode(), user["password"].encode()):
        text = "Error validating credentials due to invalid username or password."
        raise EntraError(400, "invalid_grant", 50126, text)
    token = access_token(
        world,
        user | {"appId": client_id},
        _audience(form),
        request.base_url,
        upn=name,
        unique_name=name,
        scp="user_impersonation",
    )
    return _bearer(world, token) | _account(request, user, client_id)


def _account(request: TokenRequest, user: Document, client_id: str) -> Document:
    """What MSAL reads the account from."""
    world, now = request.world, int(request.world.clock())
    identity = {
        "aud": client_id,
        "iss": f"{request.base_url}/{world.tenant_id}/v2.0",
        "iat": now,
        "nbf": now,
        "exp": now + world.settings.token_seconds,
        "name": user["displayName"],
        "preferred_username": user["userPrincipalName"],
        "oid": user["objectId"],
        "sub": user["objectId"],
        "tid": world.tenant_id,
        "ver": "2.0",
    }
    client = json.dumps({"uid": user["objectId"], "utid": world.tenant_id}).encode()
    return {
        "scope": request.form.get("scope", ""),
        "id_token": sign(identity),
        "client_info": base64.urlsafe_b64encode(client).decode().rstrip("="),
    }


def _bearer(world: World, token: str) -> Document:
    seconds = world.settings.token_seconds
    return {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token}
