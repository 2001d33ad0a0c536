# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small world with a clock in the test's hand, and a client that speaks to it without a network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from starlette.requests import Request

import fleet
from app import Emulator, respond
from state import Document, World

HOST = "127.0.0.1:4433"

TENANT = "22222222-2222-4222-8222-222222222222"
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
CLIENT = "33333333-3333-4333-8333-333333333333"
SECRET = "a secret of the operator"
ARM_SCOPE = "https://management.azure.emulator/.default"
NEXUS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.NetworkCloud"
MANAGER = f"{NEXUS}/clusterManagers/cm-one"
CLUSTER = f"{NEXUS}/clusters/cluster-one"
IDENTITIES = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
)
VAULT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-one"
WRITER = "44f0a1a8-6fea-4b35-980a-8ff50c487c97"
VERSION = "2025-09-01"
FLEET = f"""
tenant: {TENANT}
location: uksouth
subscriptions: [{{id: {SUBSCRIPTION}, name: test}}]
resource_groups: [rg]
operator: {{name: operator, client_id: {CLIENT}, secret: {SECRET}, roles: [Owner]}}
vaults: [{{name: kv-one, resource_group: rg}}]
identities: [{{name: id-a, resource_group: rg}}, {{name: id-b, resource_group: rg}}]
managers: [{{name: cm-one, resource_group: rg}}]
clusters: [{{name: cluster-one, resource_group: rg, manager: cm-one, machines: 2, storage_appliances: 1}}]
"""


@dataclass(frozen=True)
class Answer:
    """`headers` by lower-case name."""

    status: int
    headers: dict[str, str]
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        """The code of an ARM error."""
        return str(self.json()["error"]["code"])


class Emulated:
    """The emulator in this process. `now` is its clock (epoch seconds)."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0
        self.emulator = Emulator(self._build)
        self._token = ""

    @property
    def world(self) -> World:
        return self.emulator.world

    def send(self, method: str, url: str, headers: dict[str, str] | None = None, content: bytes = b"") -> Answer:
        """One request. `url` is a path with its query, or a whole URL, whose host then is the Host header."""
        parts = urlsplit(url)
        sent = {"host": parts.netloc or HOST, **{name.lower(): value for name, value in (headers or {}).items()}}
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(parts.path),
            "query_string": parts.query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 50000),
        }
        response = respond(self.emulator, Request(scope), content)
        return Answer(response.status_code, dict(response.headers), bytes(response.body))

    def token(self, scope: str = ARM_SCOPE, tenant: str = TENANT, **more: str) -> Answer:
        form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET, "scope": scope}
        content = urlencode({key: value for key, value in (form | more).items() if value}).encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return self.send("POST", f"/{tenant}/oauth2/v2.0/token", headers, content)

    def arm(self, method: str, path: str, body: Any = None, version: str = VERSION, **headers: str) -> Answer:
        """One request to ARM as the operator. A `path` that has a query is sent as it is."""
        self._token = self._token or self.token().json()["access_token"]
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"authorization": f"Bearer {self._token}", "content-type": "application/json"} | sent
        url = path if "?" in path else f"{path}?api-version={version}"
        return self.send(method, url, sent, b"" if body is None else json.dumps(body).encode())

    def get(self, path: str, version: str = VERSION) -> Document:
        answer = self.arm("GET", path, version=version)
        assert answer.status == 200, answer.content
        return dict(answer.json())

    def control(self, method: str, path: str, body: Any = None) -> Answer:
        return self.send(method, f"/emulator/{path}", None, b"" if body is None else json.dumps(body).encode())

    def grant_writer(self, principal: str) -> None:
        """Let this principal write secrets into the vault."""
        path = f"{VAULT}/providers/Microsoft.Authorization/roleAssignments/{principal}"
        role = f"/providers/Microsoft.Authorization/roleDefinitions/{WRITER}"
        properties = {"roleDefinitionId": role, "principalId": principal}
        assert self.arm("PUT", path, {"properties": properties}, "2022-04-01").status == 201

    def finish(self) -> None:
        """Let the clock pass the end of every operation."""
        self.now += self.world.settings.operation_seconds

    def _build(self) -> World:
        world = World(tenant_id="", clock=lambda: self.now)
        fleet.load_text(FLEET, world)
        return world
