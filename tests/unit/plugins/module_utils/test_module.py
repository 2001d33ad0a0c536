# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible gets to see of a `run`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _module
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import (
    BadInput,
    MissingLibrary,
    NexusError,
)


class Ended(Exception):
    """The module has left, with this as its answer."""

    def __init__(self, **answer: Any) -> None:
        super().__init__()
        self.answer = answer


class FakeModule:
    """Stands in for AnsibleModule; `shows_diff` is what --diff sets."""

    shows_diff = False

    def __init__(self, **spec: Any) -> None:
        assert spec["supports_check_mode"] is True
        self.params = {"id": "x"}
        self.check_mode = True
        self._diff = self.shows_diff
        self.warned: list[str] = []

    def warn(self, text: str) -> None:
        self.warned.append(text)

    def exit_json(self, **answer: Any) -> NoReturn:
        raise Ended(**answer, warned=self.warned)

    def fail_json(self, **answer: Any) -> NoReturn:
        raise Ended(**answer)


@pytest.fixture(autouse=True)
def fake_module(monkeypatch: pytest.MonkeyPatch) -> type[FakeModule]:
    class Module(FakeModule):
        pass

    monkeypatch.setattr(_module, "AnsibleModule", Module)
    monkeypatch.setattr(_module, "Session", lambda params: ("session of", params))
    return Module


def answer(run: Callable[[Any, Any, bool], dict[str, Any]]) -> dict[str, Any]:
    with pytest.raises(Ended) as ended:
        _module.run_module(run, {"argument_spec": {}})
    return ended.value.answer


def test_run_gets_parameters_session_and_check_mode() -> None:
    def run(params: Any, session: Any, check_mode: bool) -> dict[str, Any]:
        assert (params, session, check_mode) == ({"id": "x"}, ("session of", {"id": "x"}), True)
        return {"changed": False}

    assert answer(run) == {"changed": False, "warned": []}


@pytest.mark.parametrize("shows_diff", [True, False])
def test_a_diff_is_for_who_asked(fake_module: type[FakeModule], shows_diff: bool) -> None:
    fake_module.shows_diff = shows_diff
    diff = {"before": {"a": 1}, "after": {"a": 2}}
    result = answer(lambda *given: {"changed": True, "diff": diff, "warnings": ["look"]})
    assert result == {"changed": True, "warned": ["look"], **({"diff": diff} if shows_diff else {})}


@pytest.mark.parametrize(
    "error", [NexusError("no", code="AuthorizationFailed", operation="read"), BadInput("id", "bad")]
)
def test_an_error_is_one_line_and_its_parts(error: NexusError) -> None:
    def run(*given: Any) -> dict[str, Any]:
        raise error

    assert answer(run) == {"failed": True, "msg": str(error), "failure": error.failure}


def test_a_missing_library_is_named_with_the_interpreter() -> None:
    def run(*given: Any) -> dict[str, Any]:
        raise MissingLibrary("azure-identity", ModuleNotFoundError("No module named 'azure'", name="azure"))

    result = answer(run)
    assert result["failed"] is True
    assert "azure-identity >= " in result["msg"]
    assert "No module named 'azure'" in result["msg"]
    assert sys.executable in result["msg"]
    assert (result["failure"]["code"], result["failure"]["target"]) == ("MissingLibrary", "azure-identity >= 1.15")


def test_a_mistake_of_our_own_is_not_dressed_up() -> None:
    def run(*given: Any) -> dict[str, Any]:
        raise KeyError("oops")

    with pytest.raises(KeyError):
        _module.run_module(run, {"argument_spec": {}})
