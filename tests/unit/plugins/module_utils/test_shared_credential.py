# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One token for all tasks of a run, as long as it is good."""

from __future__ import annotations

import time
from typing import Any

import pytest
from azure.core.credentials import AccessToken

from ansible_collections.operator_nexus.credentials.plugins.module_utils._memory import Memory
from ansible_collections.operator_nexus.credentials.plugins.module_utils._shared_credential import SharedCredential
from ansible_collections.operator_nexus.credentials.tests.unit.plugins.fake_store import FakeStore


class Issuer:
    """Gives numbered tokens that live for `lifetime` seconds, and counts them; builds the credential that asks it."""

    def __init__(self, lifetime: int = 3600) -> None:
        self.lifetime = lifetime
        self.asked: list[tuple[tuple[str, ...], dict[str, Any]]] = []
        self.built = 0

    def __call__(self) -> Issuer:
        self.built += 1
        return self

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        self.asked.append((scopes, options))
        return AccessToken(f"token {len(self.asked)}", int(time.time()) + self.lifetime)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    return clock


def test_the_second_task_neither_signs_in_nor_builds_a_credential(now: list[float]) -> None:
    store, issuer = FakeStore(), Issuer()
    tokens = [SharedCredential(issuer, Memory(store, (), 60)).get_token("arm") for _task in range(3)]
    assert {token.token for token in tokens} == {"token 1"}
    assert {token.expires_on for token in tokens} == {int(now[0]) + 3600}
    assert (issuer.built, len(issuer.asked)) == (1, 1)


def test_each_audience_has_its_own(now: list[float]) -> None:
    store, issuer = FakeStore(), Issuer()
    for scope in ("arm", "graph", "arm"):
        SharedCredential(issuer, Memory(store, (), 60)).get_token(scope)
    assert [scopes for scopes, _options in issuer.asked] == [("arm",), ("graph",)]


@pytest.mark.parametrize(
    ("lifetime", "age", "asked"),
    [(3600, 3299, 1), (3600, 3301, 2), (100, 79, 1), (100, 81, 2), (1, 2, 2)],
)
def test_a_token_is_renewed_before_its_end(lifetime: int, age: float, asked: int, now: list[float]) -> None:
    store, issuer = FakeStore(), Issuer(lifetime)
    SharedCredential(issuer, Memory(store, (), 60)).get_token("arm")
    now[0] += age
    SharedCredential(issuer, Memory(store, (), 60)).get_token("arm")
    assert len(issuer.asked) == asked


@pytest.mark.parametrize("options", [{"claims": "more"}, {"tenant_id": "other"}])
def test_a_challenge_is_answered_with_a_new_token(options: dict[str, str], now: list[float]) -> None:
    store, issuer = FakeStore(), Issuer()
    SharedCredential(issuer, Memory(store, (), 60)).get_token("arm")
    token = SharedCredential(issuer, Memory(store, (), 60)).get_token("arm", **options)
    assert token.token == "token 2"
    assert issuer.asked[-1] == (("arm",), options)


def test_without_a_memory_every_task_signs_in(now: list[float]) -> None:
    issuer = Issuer()
    for _task in range(2):
        SharedCredential(issuer, Memory()).get_token("arm")
    assert (issuer.built, len(issuer.asked)) == (2, 2)


def test_who_cannot_sign_in_leaves_nothing_behind(now: list[float]) -> None:
    store, issuer = FakeStore(), Issuer()

    def refuse() -> Any:
        raise ValueError("no")

    with pytest.raises(ValueError):
        SharedCredential(refuse, Memory(store, (), 60)).get_token("arm")
    assert store.held == set()
    assert SharedCredential(issuer, Memory(store, (), 60)).get_token("arm").token == "token 1"
