# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure without a network: azure-core's own transport over prepared answers, which remembers what was asked."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from ansible_collections.operator_nexus.credentials.plugins.module_utils._clouds import Cloud

CLOUD = Cloud(
    "Test",
    "https://arm.test",
    "https://arm.test/",
    "https://login.test",
    "https://graph.test",
    "https://graph.test/",
    private=True,
)


@dataclass
class Answer:
    """An HTTP answer; `body` is sent as JSON unless it is bytes. `raises` breaks the connection instead."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raises: Exception | None = None


class FakeTransport(RequestsTransport):
    """Gives the answers in their order and keeps the requests."""

    def __init__(self, *answers: Answer) -> None:
        self.wire = _Wire(list(answers))
        self.slept: list[float] = []
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", self.wire)
        super().__init__(session=session, session_owner=False)

    @property
    def requests(self) -> list[requests.PreparedRequest]:
        return self.wire.requests

    @property
    def calls(self) -> list[str]:
        """`METHOD url` of each request."""
        return [f"{request.method} {request.url}" for request in self.wire.requests]

    def sleep(self, duration: float) -> None:
        self.slept.append(duration)


class _Wire(BaseAdapter):
    def __init__(self, answers: list[Answer]) -> None:
        super().__init__()
        self.answers = answers
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.requests.append(request)
        assert self.answers, f"one request too many: {request.method} {request.url}"
        answer = self.answers.pop(0)
        if answer.raises:
            raise answer.raises
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        headers = {"Content-Type": "application/json", **answer.headers}
        response = requests.Response()
        response.request = request
        response.url = request.url or ""
        response.status_code = answer.status
        response.reason = HTTPStatus(answer.status).phrase
        response.headers.update(headers)
        response.raw = HTTPResponse(io.BytesIO(body), headers, answer.status, preload_content=False)
        return response

    def close(self) -> None:
        pass


class FakeCredential:
    """Gives a token at once and keeps the scopes it was asked for."""

    def __init__(self) -> None:
        self.scopes: list[str] = []

    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        self.scopes.extend(scopes)
        return AccessToken("fake-token", 4102444800)


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
