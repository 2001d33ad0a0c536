# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator, and the plain HTTP that these tests speak to it."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests

from emulator_process import ARM_SCOPE, EmulatorProcess

Connect = Callable[..., Any]
"""Makes an official SDK's management client of this class: the fixture `connect`."""
CHECKOUT = Path(__file__).resolve().parents[2]


class Service(EmulatorProcess):
    """A running emulator, asked by its caller in single ARM requests."""

    @property
    def caller_id(self) -> str:
        """Object id of the caller that the environment file names, as its token says."""
        payload = self.token(ARM_SCOPE).split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["oid"])

    def arm(self, method: str, url: str, body: Any = None, **headers: str) -> requests.Response:
        """One ARM request; `url` begins with a slash, or is a whole URL that an answer held (a poll, a page)."""
        url = url if url.startswith("https://") else self.url + url
        headers["Authorization"] = f"Bearer {self.token(ARM_SCOPE)}"
        return self.http.request(method, url, json=body, headers=headers, timeout=30, allow_redirects=False)


def contract_folder() -> Path | None:
    """The folder with the published contracts and recordings, where there is one."""
    places = [os.environ.get("NEXUS_CONTRACT", ""), str(CHECKOUT.parent / "shared" / "contract")]
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
