# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible makes of marked texts, on whichever ansible-core runs the tests."""

from __future__ import annotations

from typing import Any

import ansible.template
import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _trust

PLAIN = ["eastus", "/subscriptions/x", "cluster-1", "Nexus_prod.2"]
TEMPLATES = ["{{ 7*7 }}", "{% if true %}49{% endif %}", "{# 49 #}", "#jinja2: variable_start_string:'[['\n[[ 7*7 ]]"]
OTHERS = ["", "}} 7 {", "50 %}", "# title", "West US 2", "-rf", "(a)", "å"]
# A text without a brace, and a filter that makes one of it.
HIDDEN = {
    r'"\x7b\x7b 7*7 }}"': "from_yaml",
    r'"\u007b\u007b 7*7 }}"': "from_json",
    "%7B%7B 7*7 }}": "urldecode",
    "(( 7*7 }}": "replace('(', '{')",
    "[[ 7*7 }}": r"regex_replace('\[', '{')",
    "e3sgNyo3IH19": "b64decode",
}


def evaluated(value: Any, expression: str = "it") -> Any:
    """A variable of this value, where a task uses it."""
    templar = Templar(DataLoader(), variables={"it": value})
    return templar.template(_trust.template(f"{{{{ {expression} }}}}"))


@pytest.mark.parametrize("mark", [_trust.data, _trust.name])
@pytest.mark.parametrize("text", [*PLAIN, *TEMPLATES, *OTHERS, *HIDDEN])
def test_data_stays_what_it_is(mark: Any, text: str) -> None:
    assert evaluated(mark(text)) == text
    nested = {"tags": {text: [text]}, "count": 3, "on": True, "none": None}
    assert mark(nested) == nested
    assert evaluated(mark(nested)) == nested


@pytest.mark.parametrize(("text", "made_by"), HIDDEN.items())
def test_what_a_filter_makes_of_data_stays_data(text: str, made_by: str) -> None:
    """In a task, and in a fact or a composed variable that a task uses later."""
    for value, expression in ((_trust.data(text), "it"), (_trust.data({"tag": text}), "it.tag")):
        once = evaluated(value, f"{expression} | {made_by}")
        assert once == "{{ 7*7 }}"
        assert evaluated(once) == "{{ 7*7 }}"


def test_the_names_of_tags_are_data_too() -> None:
    once = evaluated(_trust.data({"%7B%7B 7*7 }}": "tag"}), "it.keys() | first | urldecode")
    assert evaluated(once) == "{{ 7*7 }}"


def trusted(text: Any) -> bool:
    """Whether it goes without a mark, before ansible-core 2.19, or with one, from then on."""
    marked = type(text).__name__ != "str"
    return marked if type(_trust.template("x")).__name__ != "str" else not marked


def test_only_the_plainest_names_are_shown_as_ordinary_texts() -> None:
    assert [text for text in [*PLAIN, *TEMPLATES, *OTHERS] if trusted(_trust.name(text))] == PLAIN
    assert not [text for text in PLAIN if trusted(_trust.data(text))]
    assert not trusted(_trust.name({"a": PLAIN[0]})["a"])


@pytest.mark.skipif(not hasattr(ansible.template, "trust_as_template"), reason="no text is trusted or not")
@pytest.mark.parametrize("made_by", ["b64decode", "replace('e3sgNyo3IH19', '{{ 7*7 }}')", "from_yaml | b64decode"])
def test_trust_in_a_name_is_not_handed_on_to_what_is_made_of_it(made_by: str) -> None:
    """Since ansible-core 2.19. Before, the plugin's notes warn of it."""
    assert evaluated(evaluated(_trust.name("e3sgNyo3IH19"), f"it | {made_by}")) == "{{ 7*7 }}"


def test_our_own_templates_are_evaluated() -> None:
    assert str(evaluated(_trust.template("{{ 7*7 }}"))) == "49"
