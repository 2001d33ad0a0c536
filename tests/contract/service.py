# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator as a process of its own, and the plain HTTP that these tests speak to it."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

EMULATOR = Path(__file__).resolve().parents[1] / "emulator"
ARM_SCOPE = "https://management.azure.emulator//.default"
VAULT_SCOPE = "https://vault.azure.emulator/.default"


@dataclass
class Service:
    """A running emulator: its URL and the variables of its environment file."""

    url: str
    env: dict[str, str]
    http: requests.Session = field(default_factory=requests.Session)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def subscription_id(self) -> str:
        return self.env["AZURE_SUBSCRIPTION_ID"]

    @property
    def caller_id(self) -> str:
        """Object id of the caller that the environment file names, as its token says."""
        payload = self.token(ARM_SCOPE).split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["oid"])

    def reset(self, **settings: Any) -> None:
        """Back to the fleet file with an empty log, then these settings."""
        self.control("POST", "reset")
        if settings:
            self.control("PATCH", "settings", settings)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, f"{self.url}/emulator/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def arm(self, method: str, url: str, body: Any = None, **headers: str) -> requests.Response:
        """One ARM request; `url` begins with a slash, or is a whole URL that an answer held (a poll, a page)."""
        url = url if url.startswith("https://") else self.url + url
        headers["Authorization"] = f"Bearer {self.token(ARM_SCOPE)}"
        return self.http.request(method, url, json=body, headers=headers, timeout=30, allow_redirects=False)

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


@contextlib.contextmanager
def running(folder: Path, fleet: Path) -> Iterator[Service]:
    """A fresh emulator over this fleet file; it is gone at the end of the block."""
    env_file, errors = folder / "azure.env", folder / "emulator.txt"
    command = [sys.executable, str(EMULATOR), "--fleet", str(fleet), "--env-file", str(env_file)]
    with errors.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True)
    try:
        url = _url_when_ready(process, errors)
        env = read_environment(env_file)
        service = Service(url, env)
        service.http.trust_env = False
        service.http.verify = env["REQUESTS_CA_BUNDLE"]
        yield service
    finally:
        process.terminate()
        process.wait(15)


def _url_when_ready(process: subprocess.Popen[str], errors: Path) -> str:
    assert process.stdout is not None
    watchdog = threading.Timer(30, process.kill)  # a start that hangs ends the read below
    watchdog.start()
    try:
        for line in process.stdout:
            if line.startswith("READY"):
                return next(word for word in line.split() if word.startswith("https://")).rstrip("/")
    finally:
        watchdog.cancel()
    raise AssertionError(f"the emulator did not start: {errors.read_text(encoding='utf-8')}")


def read_environment(path: Path) -> dict[str, str]:
    """The variables of a file of `export NAME=value` lines."""
    words = shlex.split(path.read_text(encoding="utf-8"), comments=True)
    return dict(word.split("=", 1) for word in words if "=" in word)


def contract_folder() -> Path | None:
    """The folder with the published contracts and recordings, where there is one."""
    places = [os.environ.get("NEXUS_CONTRACT", ""), str(EMULATOR.parents[1].parent / "shared" / "contract")]
    return next((Path(place) for place in places if place and (Path(place) / "specs").is_dir()), None)


def until_done(service: Service, poll: str, seconds: float = 15) -> Iterator[tuple[int, dict[str, Any]]]:
    """Poll an operation to its end: (HTTP status, document) of every answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = service.arm("GET", poll)
        document = answer.json()
        yield answer.status_code, document
        if document.get("status") not in ("Accepted", "Deleting", "InProgress"):
            return
        time.sleep(0.05)
    raise AssertionError(f"the operation did not end in {seconds} s: {poll}")
