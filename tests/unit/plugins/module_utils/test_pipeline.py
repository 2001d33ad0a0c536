# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every client of a session shares."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import DecodeError
from azure.core.pipeline import policies

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import MissingLibrary
from ansible_collections.operator_nexus.credentials.plugins.module_utils._pipeline import json_object, make_policies


def test_an_azure_core_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(policies, "SensitiveHeaderCleanupPolicy")
    with pytest.raises(MissingLibrary) as caught:
        make_policies()
    assert caught.value.library == "azure-core >= 1.28"


@pytest.mark.parametrize(
    ("text", "found"), [('{"a": 1}', {"a": 1}), ('\ufeff{"a": 1}', {"a": 1}), ("", None), ("\ufeff\r\n", None)]
)
def test_a_body_is_an_object_or_empty(text: str, found: dict[str, Any] | None) -> None:
    assert json_object(SimpleNamespace(text=lambda: text)) == found


@pytest.mark.parametrize("text", ["<html>", "[]", '"text"', "1"])
def test_any_other_body_is_an_error(text: str) -> None:
    answer = SimpleNamespace(text=lambda: text, status_code=200, reason="OK", headers={}, content_type="")
    with pytest.raises(DecodeError):
        json_object(answer)
