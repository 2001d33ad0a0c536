# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key Vault's secrets data plane, `https://<vault>.vault.azure.emulator`: list, get, set, delete, with real errors."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response

from access import allowed, denying
from arm import ArmError
from names import LOGIN_URL, VAULT_AUDIENCE, spellings, vault_origin
from state import Document, World
from tokens import verify

VAULT_TYPE = "Microsoft.KeyVault/vaults"
_DATA = f"{VAULT_TYPE}/secrets"
_PAGE = 25
"""Key Vault's page size, which `maxresults` may only make smaller."""
_DAY = 86_400


@dataclass
class SecretCall:
    """One request to a vault, past authentication. `name` and `version` are empty where the path has none."""

    world: World
    vault: Document
    query: dict[str, str]
    body: Any
    caller: Document
    name: str = ""
    version: str = ""

    @property
    def kept(self) -> dict[str, list[Document]]:
        return self.world.secrets.setdefault(self.vault["id"].lower(), {})


class VaultError(Exception):
    """An error answer in Key Vault's form: code and message, and the inner code that says what exactly."""

    def __init__(self, status: int, code: str, message: str, inner: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.inner = status, code, message, inner

    @property
    def body(self) -> Document:
        inner = {"innererror": {"code": self.inner}} if self.inner else {}
        return {"error": {"code": self.code, "message": self.message, **inner}}


def data_plane(
    world: World,
    vault_name: str,
    method: str,
    path: str,
    query: dict[str, str],
    headers: Mapping[str, str],
    body: Any,
) -> Response:
    """Answer one request to a vault. `body` is the parsed JSON or None; header names are in lower case."""
    challenge = f'Bearer authorization="{LOGIN_URL}/{world.tenant_id}", resource="{VAULT_AUDIENCE}"'
    try:
        caller = _caller(world, headers)
        vault = find_vault(world, vault_name)
        if vault is None:
            raise VaultError(404, "VaultNotFound", f"The vault '{vault_name}' was not found.")
        _check_issuer(world, vault)
        if "api-version" not in query:
            raise VaultError(400, "BadParameter", "(type=error) api-version must be specified")
        return _route(SecretCall(world, vault, query, body, caller), method, path)
    except VaultError as error:
        extra = {"WWW-Authenticate": challenge} if error.status == 401 else None
        return JSONResponse(error.body, error.status, extra)


def find_vault(world: World, name: str) -> Document | None:
    return next((vault for vault in world.of_type(VAULT_TYPE) if vault["name"].lower() == name.lower()), None)


def put_secret(world: World, vault: Document, name: str, value: str, **more: Any) -> Document:
    """Add a version to a secret, as a caller that was found to be entitled to. Returns the version's document."""
    now, version = int(world.clock()), uuid.uuid4().hex
    retention = vault["properties"].get("softDeleteRetentionInDays", 90)
    purge_protected = vault["properties"].get("enablePurgeProtection", False)
    attributes = {
        "enabled": True,
        "created": now,
        "updated": now,
        "recoveryLevel": "Recoverable" if purge_protected else "Recoverable+Purgeable",
        "recoverableDays": retention,
    }
    document = {
        "value": value,
        "id": f"{vault_origin(vault['name'])}/secrets/{name}/{version}",
        **more,
        "attributes": attributes | more.get("attributes", {}),
    }
    world.secrets.setdefault(vault["id"].lower(), {}).setdefault(name, []).append(document)
    return document


def _caller(world: World, headers: Mapping[str, str]) -> Document:
    if not headers.get("authorization"):
        raise VaultError(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")
    try:
        return verify(world, headers, spellings(VAULT_AUDIENCE))
    except ArmError as error:
        raise VaultError(401, "Unauthorized", f"AKV10022: {error}") from error


def _check_issuer(world: World, vault: Document) -> None:
    """A vault takes tokens of the tenant that it names, whichever tenant its subscription is in."""
    expected = vault["properties"]["tenantId"]
    if expected.lower() != world.tenant_id.lower():
        issuer = "https://sts.windows.net"
        text = f"Expected one of {issuer}/{expected}/, found {issuer}/{world.tenant_id}/."
        raise VaultError(401, "Unauthorized", f"AKV10032: Invalid issuer. {text}")


Action = Callable[[SecretCall], Response]


def _route(call: SecretCall, method: str, path: str) -> Response:
    for pattern, verbs in _ROUTES:
        found = re.fullmatch(pattern, path.rstrip("/"))
        if not found:
            continue
        if method not in verbs:
            raise VaultError(405, "MethodNotAllowed", f"The HTTP method '{method}' is not allowed here.")
        call.name, call.version = ([*found.groups(), "", ""])[:2]
        permission, run = verbs[method]
        authorize(call, permission)
        return run(call)
    raise VaultError(404, "NotFound", "The requested resource was not found.")


def authorize(call: SecretCall, permission: str) -> None:
    """Check network and access. `permission` is the access policy's word; RBAC has data actions for the same."""
    props, place = call.vault["properties"], f"{call.vault['name']};location={call.vault['location']}"
    caller = f"appid={call.caller['appId']};oid={call.caller['objectId']};iss=https://sts.windows.net/{call.world.tenant_id}/"
    if props.get("publicNetworkAccess", "Enabled").lower() != "enabled":
        text = (
            "Public network access is disabled and request is not from a trusted service "
            "nor via an approved private link."
        )
        raise VaultError(403, "Forbidden", f"{text}\r\nCaller: {caller}\r\nVault: {place}", "ForbiddenByConnection")
    if props.get("networkAcls", {}).get("defaultAction", "Allow") == "Deny":
        text = "Client address is not authorized and caller is not a trusted service.\r\nClient address: 127.0.0.1"
        raise VaultError(403, "Forbidden", f"{text}\r\nCaller: {caller}\r\nVault: {place}", "ForbiddenByFirewall")
    if not props.get("enableRbacAuthorization"):
        if permission in _policy(call.vault, call.caller["objectId"]):
            return
        text = (
            f"The user, group or application '{caller}' does not have secrets {permission} permission on key vault "
            f"'{place}'."
        )
        raise VaultError(403, "Forbidden", text, "AccessDenied")
    resource = f"{call.vault['id']}/secrets/{call.name}".rstrip("/")
    action = f"{_DATA}/{_DATA_ACTIONS[permission]}"
    if allowed(call.world, call.caller["objectId"], action, resource, data=True):
        return
    denial = denying(call.world, call.caller["objectId"], action, resource, data=True)
    reason = "Assignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\n"
    if denial is not None:  # how Key Vault puts this is not known
        reason = f"DenyAssignmentId: '{denial['id']}'\r\n"
    text = (
        "Caller is not authorized to perform action on resource.\r\n"
        "If role assignments, deny assignments or role definitions were changed recently, please observe propagation "
        f"time.\r\nCaller: {caller}\r\nAction: '{action}'\r\nResource: '{resource.lower()}'\r\n"
        f"{reason}Vault: {place}\r\n"
    )
    raise VaultError(403, "Forbidden", text, "ForbiddenByRbac")


_DATA_ACTIONS = {
    "list": "readMetadata/action",
    "get": "getSecret/action",
    "set": "setSecret/action",
    "delete": "delete",
}


def _policy(vault: Document, object_id: str) -> set[str]:
    granted: set[str] = set()
    for entry in vault["properties"].get("accessPolicies", []):
        if entry["objectId"].lower() == object_id.lower():
            granted.update(word.lower() for word in entry["permissions"].get("secrets", []))
    return _DATA_ACTIONS.keys() | granted if "all" in granted else granted


def _list_secrets(call: SecretCall) -> Response:
    live = {name: versions[-1] for name, versions in sorted(call.kept.items()) if "deletedDate" not in versions[-1]}
    return _page(call, "/secrets", [_item(version, with_version=False) for version in live.values()])


def _list_versions(call: SecretCall) -> Response:
    return _page(call, f"/secrets/{call.name}/versions", [_item(version) for version in _versions(call)])


def _get_secret(call: SecretCall) -> Response:
    versions = _versions(call)
    if call.version:
        versions = [version for version in versions if version["id"].endswith(f"/{call.version}")]
    if not versions:
        raise _not_found(f"{call.name}/{call.version}")
    if not versions[-1]["attributes"]["enabled"]:
        text = "Operation get is not allowed on a disabled secret."
        raise VaultError(403, "Forbidden", text, "SecretDisabled")
    return JSONResponse(versions[-1])


def _set_secret(call: SecretCall) -> Response:
    if not re.fullmatch(r"[0-9a-zA-Z-]{1,127}", call.name):
        raise VaultError(400, "BadParameter", f"The request URI contains an invalid name: {call.name}")
    attributes = call.body.get("attributes") or {} if isinstance(call.body, dict) else None
    if not isinstance(attributes, dict) or not isinstance(call.body.get("value"), str):
        raise VaultError(400, "BadParameter", "Property  has invalid value\r\n")
    if call.kept.get(call.name) and "deletedDate" in call.kept[call.name][-1]:
        text = f"Secret {call.name} is currently in a deleted but recoverable state, and its name cannot be reused."
        raise VaultError(409, "Conflict", text, "ObjectIsDeletedButRecoverable")
    more = {member: call.body[member] for member in ("contentType", "tags", "attributes") if call.body.get(member)}
    return JSONResponse(put_secret(call.world, call.vault, call.name, call.body["value"], **more))


def _delete_secret(call: SecretCall) -> Response:
    """Soft delete: the versions stay, marked, until they are purged."""
    now = int(call.world.clock())
    for version in _versions(call):
        version["deletedDate"] = now
        version["scheduledPurgeDate"] = now + version["attributes"]["recoverableDays"] * _DAY
        version["recoveryId"] = f"{vault_origin(call.vault['name'])}/deletedsecrets/{call.name}"
    return _get_deleted(call)


def _get_deleted(call: SecretCall) -> Response:
    versions = call.kept.get(call.name, [])
    if not versions or "deletedDate" not in versions[-1]:
        raise _not_found(call.name)
    return JSONResponse({member: value for member, value in versions[-1].items() if member != "value"})


def _list_deleted(call: SecretCall) -> Response:
    gone = [versions[-1] for _name, versions in sorted(call.kept.items()) if "deletedDate" in versions[-1]]
    return _page(call, "/deletedsecrets", [_item(version, with_version=False) for version in gone])


_ROUTES: tuple[tuple[str, dict[str, tuple[str, Action]]], ...] = (
    (r"/secrets", {"GET": ("list", _list_secrets)}),
    (r"/secrets/([^/]+)/versions", {"GET": ("list", _list_versions)}),
    (
        r"/secrets/([^/]+)",
        {"GET": ("get", _get_secret), "PUT": ("set", _set_secret), "DELETE": ("delete", _delete_secret)},
    ),
    (r"/secrets/([^/]+)/([^/]+)", {"GET": ("get", _get_secret)}),
    (r"/deletedsecrets", {"GET": ("list", _list_deleted)}),
    (r"/deletedsecrets/([^/]+)", {"GET": ("get", _get_deleted)}),
)


def _versions(call: SecretCall) -> list[Document]:
    versions = call.kept.get(call.name, [])
    if not versions or "deletedDate" in versions[-1]:
        raise _not_found(call.name)
    return versions


def _not_found(name: str) -> VaultError:
    text = (
        f"A secret with (name/id) {name.rstrip('/')} was not found in this key vault. "
        "If you recently deleted this secret you may be able to recover it using the correct recovery command."
    )
    return VaultError(404, "SecretNotFound", text)


def _item(version: Document, with_version: bool = True) -> Document:
    """A version as lists show it: everything but the value."""
    shown = {member: value for member, value in version.items() if member != "value"}
    if not with_version:
        shown["id"] = version["id"].rsplit("/", 1)[0]
    return shown


def _page(call: SecretCall, path: str, items: list[Document]) -> Response:
    asked, token = call.query.get("maxresults", str(_PAGE)), call.query.get("$skiptoken", "0")
    if not asked.isdigit() or not 1 <= int(asked) <= _PAGE or not token.isdigit():
        raise VaultError(
            400, "BadParameter", f"invalid value found for maxresults: {asked}; it must be from 1 to {_PAGE}"
        )
    start, size = int(token), int(asked)
    next_link = None
    if start + size < len(items):
        query = urlencode({**call.query, "maxresults": size, "$skiptoken": start + size}, safe="$")
        next_link = f"{vault_origin(call.vault['name'])}:443{path}?{query}"
    return JSONResponse({"value": items[start : start + size], "nextLink": next_link})
