# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible makes of marked texts, on whichever ansible-core runs the tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _trust

EVIL = ["{{ 7*7 }}", "{% if true %}49{% endif %}", "{# 49 #}", "#jinja2: variable_start_string:'[['\n[[ 7*7 ]]"]
HARMLESS = ["", "eastus", "/subscriptions/x", "}} 7 {", "50 %}", "# title"]


def evaluated(value: Any) -> Any:
    """A variable of this value, where a task uses it."""
    return Templar(DataLoader(), variables={"it": value}).template(_trust.template("{{ it }}"))


@pytest.mark.parametrize("text", EVIL + HARMLESS)
def test_data_stays_what_it_is(text: str) -> None:
    assert evaluated(_trust.data(text)) == text
    nested = {"tags": {text: [text]}, "count": 3, "on": True, "none": None}
    assert _trust.data(nested) == nested
    assert evaluated(_trust.data(nested)) == nested


@pytest.mark.parametrize("text", EVIL)
def test_what_was_composed_of_data_stays_data(text: str) -> None:
    assert evaluated(_trust.composed(_trust.data(text))) == text


def test_our_own_templates_are_evaluated() -> None:
    assert str(evaluated(_trust.template("{{ 7*7 }}"))) == "49"
