# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator as a process, and what a test asks it: state, request log, settings."""

from __future__ import annotations

import contextlib
import select
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

EMULATOR = Path(__file__).resolve().parents[1] / "emulator"
NEXUS = "providers/Microsoft.NetworkCloud"
NEXUS_VERSION = "2025-09-01"
WRITER_ROLE = "44f0a1a8-6fea-4b35-980a-8ff50c487c97"
OPERATOR_ROLE = "f1a07417-d97a-45cb-824c-7a7467783830"
NEXUS_APP = "3365d4ea-bb16-4bc9-86dd-f2c8cf6f1f56"


@dataclass
class Cloud:
    """A running emulator. `env` are the variables that its environment file gives to any Azure client."""

    url: str
    env: dict[str, str]
    process: subprocess.Popen[str]
    _http: requests.Session = field(default_factory=requests.Session)
    _tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # requests must not mix the developer's own proxies and certificates into this
        self._http.trust_env = False
        self._http.verify = self.env["REQUESTS_CA_BUNDLE"]
        self._proxies = {"https": self.env["HTTPS_PROXY"]}

    @property
    def subscription_id(self) -> str:
        return self.env["AZURE_SUBSCRIPTION_ID"]

    # the control endpoint

    def control(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = self._http.request(method, f"{self.url}/emulator/{path}", json=body, timeout=30, **more)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def reset(self, **settings: Any) -> None:
        """Back to the fleet file, with an empty log; then these settings."""
        self.control("POST", "reset")
        self._tokens.clear()
        if settings:
            self.settings(**settings)

    def settings(self, **settings: Any) -> None:
        self.control("PATCH", "settings", settings)

    def log(self, **query: str) -> list[dict[str, Any]]:
        """Requests since the reset, oldest first; `since` (a number) and `writes` ("true") select."""
        found: list[dict[str, Any]] = self.control("GET", "log", params=query)["value"]
        return found

    def mark(self) -> int:
        """Number of the last request, for `writes(since=...)`."""
        entries = self.log()
        return int(entries[-1]["number"]) if entries else 0

    def writes(self, since: int = 0) -> list[str]:
        """`METHOD path status` of every request that would change something, after this mark. Tokens do not."""
        found = self.log(since=str(since), writes="true")
        return [f"{entry['method']} {entry['path']} {entry['status']}" for entry in found]

    # what an administrator sees

    def token(self, scope: str) -> str:
        if scope not in self._tokens:
            answer = self._http.post(
                f"{self.url}/{self.env['AZURE_TENANT']}/oauth2/v2.0/token",
                data={
                    "grant_type": "client_credentials",
                    "client_id": self.env["AZURE_CLIENT_ID"],
                    "client_secret": self.env["AZURE_SECRET"],
                    "scope": scope,
                },
                timeout=30,
            )
            answer.raise_for_status()
            self._tokens[scope] = answer.json()["access_token"]
        return self._tokens[scope]

    def _ask(self, method: str, url: str, scope: str, **more: Any) -> Any:
        proxies = {} if url.startswith(self.url) else self._proxies
        headers = {"Authorization": f"Bearer {self.token(scope)}"}
        answer = self._http.request(method, url, headers=headers, proxies=proxies, timeout=30, **more)
        assert answer.status_code < 400, f"{method} {url}: {answer.status_code} {answer.text}"
        return answer.json()

    def arm(self, path: str, version: str = NEXUS_VERSION) -> Any:
        """The resource at this path, or all items of the list there."""
        scope = f"{self.arm_audience}/.default"
        url = f"{self.url}/{path.lstrip('/')}"
        body = self._ask("GET", url, scope, params={"api-version": version})
        if "value" not in body:
            return body
        items = list(body["value"])
        while body.get("nextLink"):
            body = self._ask("GET", body["nextLink"], scope)
            items += body["value"]
        return items

    @property
    def arm_audience(self) -> str:
        return "https://management.azure.emulator"

    def patch(self, path: str, body: dict[str, Any], version: str = NEXUS_VERSION) -> Any:
        """Write as an administrator would; this lands in the log too."""
        url = f"{self.url}/{path.lstrip('/')}"
        return self._ask("PATCH", url, f"{self.arm_audience}/.default", params={"api-version": version}, json=body)

    def clusters(self) -> list[dict[str, Any]]:
        return list(self.arm(f"subscriptions/{self.subscription_id}/{NEXUS}/clusters"))

    def managers(self) -> dict[str, dict[str, Any]]:
        """Name -> cluster manager."""
        found = self.arm(f"subscriptions/{self.subscription_id}/{NEXUS}/clusterManagers")
        return {manager["name"]: manager for manager in found}

    def vaults(self) -> dict[str, dict[str, Any]]:
        found = self.arm(f"subscriptions/{self.subscription_id}/providers/Microsoft.KeyVault/vaults", "2023-07-01")
        return {vault["name"]: vault for vault in found}

    def identities(self) -> dict[str, dict[str, Any]]:
        """Name -> user assigned identity."""
        found = self.arm(
            f"subscriptions/{self.subscription_id}/providers/Microsoft.ManagedIdentity/userAssignedIdentities",
            "2023-01-31",
        )
        return {identity["name"]: identity for identity in found}

    def grants(self) -> list[tuple[str, str, str]]:
        """(role guid, principal id, scope) of every role assignment in the subscription, sorted; ids in lower case."""
        found = self.arm(
            f"subscriptions/{self.subscription_id}/providers/Microsoft.Authorization/roleAssignments", "2022-04-01"
        )
        properties = [item["properties"] for item in found]
        return sorted(
            (one["roleDefinitionId"].rpartition("/")[2].lower(), one["principalId"], one["scope"].lower())
            for one in properties
        )

    def secrets(self, vault: str) -> list[str]:
        """Names of the secrets in this vault, asked at its own address."""
        url: str | None = f"https://{vault}.vault.azure.emulator/secrets?api-version=7.4"
        names: list[str] = []
        while url:
            body = self._ask("GET", url, "https://vault.azure.emulator/.default")
            names += [item["id"].rstrip("/").split("/")[-1] for item in body["value"]]
            url = body.get("nextLink")
        return names

    def service_principal(self, app_id: str) -> str:
        """Object id of this application's service principal."""
        url = f"https://graph.azure.emulator/v1.0/servicePrincipals?$filter=appId eq '{app_id}'"
        body = self._ask("GET", url, "https://graph.azure.emulator/.default")
        return str(body["value"][0]["id"])


@contextlib.contextmanager
def emulator(folder: Path, fleet: Path | None = None) -> Iterator[Cloud]:
    """A fresh emulator process that is gone at the end of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    env_file = folder / "azure.env"
    command = [sys.executable, str(EMULATOR), "--env-file", str(env_file)]
    if fleet:
        command += ["--fleet", str(fleet)]
    with (folder / "emulator.txt").open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        ready = _ready_line(process, folder / "emulator.txt")
        url = next(word for word in ready.split() if word.startswith("https://")).rstrip("/")
        yield Cloud(url, read_env_file(env_file), process)
    finally:
        process.terminate()
        process.wait(15)


def _ready_line(process: subprocess.Popen[str], errors: Path) -> str:
    assert process.stdout is not None
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        if not select.select([process.stdout], [], [], 0.2)[0]:
            continue
        line = process.stdout.readline()
        if line.startswith("READY"):
            return line
    raise AssertionError(f"the emulator is not ready: {errors.read_text()}")


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a file of `export NAME=value` lines."""
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        for word in shlex.split(line, comments=True):
            name, equals, value = word.partition("=")
            if equals:
                found[name] = value
    return found
