# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went over the wire while an SDK worked, and whether its models and the published contracts agree with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import SansIOHTTPPolicy

from sdk_models import differences
from swagger import Contracts, published


@dataclass(frozen=True)
class Exchange:
    """One request and its answer; bodies are parsed JSON (None: none, or the literal null)."""

    method: str
    path: str
    version: str
    request: Any
    status: int
    headers: dict[str, str]
    answer: Any


class Recorder(SansIOHTTPPolicy):
    """An azure-core policy that keeps every exchange, polls and pages included."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def on_response(self, request: PipelineRequest, response: PipelineResponse) -> None:
        sent, received = request.http_request, response.http_response
        (getattr(received, "read", None) or received.body)()  # the newer SDKs stream: nothing is there before this
        url = urlsplit(sent.url)
        exchange = Exchange(
            method=sent.method,
            path=url.path,
            version=parse_qs(url.query).get("api-version", [""])[0],
            request=_parsed(getattr(sent, "body", None) or getattr(sent, "content", None)),
            status=received.status_code,
            headers={name.lower(): value for name, value in received.headers.items()},
            answer=_parsed(received.text()),
        )
        self.exchanges.append(exchange)

    def last(self, method: str) -> Exchange:
        return next(item for item in reversed(self.exchanges) if item.method == method)

    def assert_model(self, thing: Any) -> None:
        """The last GET, PUT or PATCH answer that carried `thing` has just the members of its model."""
        found = [raw for raw in self._documents() if _same_id(raw, thing)]
        assert found, f"no answer carried {type(thing).__name__} {getattr(thing, 'id', '')}"
        problems = differences(type(thing), published(found[-1]))
        assert not problems, "\n".join(problems)

    def _documents(self) -> list[Any]:
        """Every document that was answered, those of lists too."""
        answers = [item.answer for item in self.exchanges if isinstance(item.answer, dict) and item.status < 300]
        return [
            document for answer in answers for document in answer.get("value", [answer]) if isinstance(document, dict)
        ]

    def contract_problems(self, contracts: Contracts) -> list[str]:
        """Deviations from the published contracts, over everything recorded."""
        problems = []
        for item in self.exchanges:
            found = contracts.problems(item.method, item.path, item.version, item.request, item.status, item.answer)
            problems += [f"{item.method} {item.path} {item.version}: {line}" for line in found or []]
        return problems


def _parsed(text: Any) -> Any:
    if isinstance(text, bytes):
        text = text.decode()
    return json.loads(text) if isinstance(text, str) and text.strip().startswith(("{", "[")) else None


def _same_id(raw: dict[str, Any], thing: Any) -> bool:
    return str(raw.get("id", "")).lower() == str(thing.id).lower()
