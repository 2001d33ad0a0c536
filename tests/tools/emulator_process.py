# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator as a process of its own: its start and end, its environment file, tokens, and the control endpoint."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import requests

PROGRAM = Path(__file__).resolve().parents[1] / "emulator"
EXAMPLE_FLEET = PROGRAM / "fleet.example.yml"
ARM_SCOPE = "https://management.azure.emulator//.default"
"""ARM's audience ends with a slash, hence two."""

Kind = TypeVar("Kind", bound="EmulatorProcess")


@dataclass
class EmulatorProcess:
    """A running emulator. `env` are the variables that its environment file gives to any Azure client."""

    url: str
    env: dict[str, str]
    http: requests.Session = field(default_factory=requests.Session)
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # requests must not mix the developer's own proxies and certificates into this
        self.http.trust_env = False
        self.http.verify = self.env["REQUESTS_CA_BUNDLE"]

    @classmethod
    @contextlib.contextmanager
    def running(cls: type[Kind], folder: Path, fleet: Path = EXAMPLE_FLEET) -> Iterator[Kind]:
        """A fresh emulator over this fleet file; its files lie in `folder`. It is gone at the end of the block."""
        folder.mkdir(parents=True, exist_ok=True)
        env_file, errors = folder / "azure.env", folder / "emulator.txt"
        command = [sys.executable, str(PROGRAM), "--fleet", str(fleet), "--env-file", str(env_file)]
        with errors.open("w", encoding="utf-8") as stream:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True)
        try:
            url = _url_when_ready(process, errors)
            yield cls(url, read_environment(env_file))
        finally:
            process.terminate()
            process.wait(15)

    @property
    def subscription_id(self) -> str:
        return self.env["AZURE_SUBSCRIPTION_ID"]

    def control(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """The answer of the control endpoint."""
        url = f"{self.url}/emulator/{path}"
        answer = self.http.request(method, url, json=body, params=query, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def reset(self, **settings: Any) -> None:
        """Back to the fleet file, with an empty log; then these settings."""
        self.control("POST", "reset")
        self.tokens.clear()  # a setting may have made them short-lived
        if settings:
            self.settings(**settings)

    def settings(self, **settings: Any) -> None:
        self.control("PATCH", "settings", settings)

    def log(self, **query: str) -> list[dict[str, Any]]:
        """Requests since the reset, oldest first; `since` (a number) and `writes` ("true") select."""
        found: list[dict[str, Any]] = self.control("GET", "log", **query)["value"]
        return found

    def mark(self) -> int:
        """Number of the last request, for `log(since=...)` and `writes(...)`."""
        entries = self.log()
        return int(entries[-1]["number"]) if entries else 0

    def writes(self, since: int = 0) -> list[str]:
        """`METHOD path status` of every request that would change something, after this mark. Tokens do not."""
        found = self.log(since=str(since), writes="true")
        return [f"{entry['method']} {entry['path']} {entry['status']}" for entry in found]

    def token(self, scope: str) -> str:
        """A token of the caller that the environment file names."""
        if scope not in self.tokens:
            form = {
                "grant_type": "client_credentials",
                "client_id": self.env["AZURE_CLIENT_ID"],
                "client_secret": self.env["AZURE_SECRET"],
                "scope": scope,
            }
            answer = self.http.post(f"{self.url}/{self.env['AZURE_TENANT']}/oauth2/v2.0/token", data=form, timeout=30)
            answer.raise_for_status()
            self.tokens[scope] = answer.json()["access_token"]
        return self.tokens[scope]


def read_environment(path: Path) -> dict[str, str]:
    """The variables of a file of `export NAME=value` lines."""
    words = shlex.split(path.read_text(encoding="utf-8"), comments=True)
    return dict(word.split("=", 1) for word in words if "=" in word)


def _url_when_ready(process: subprocess.Popen[str], errors: Path) -> str:
    assert process.stdout is not None
    watchdog = threading.Timer(30, process.kill)  # a start that hangs ends the loop below
    watchdog.start()
    try:
        for line in process.stdout:
            if line.startswith("READY"):
                return line.split()[1]
    finally:
        watchdog.cancel()
    raise AssertionError(f"the emulator did not start: {errors.read_text(encoding='utf-8')}")
