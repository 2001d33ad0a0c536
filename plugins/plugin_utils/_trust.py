# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of an inventory that Ansible may take for templates, and those that it never must.

Private to this collection. Before ansible-core 2.19 every text is a template unless it is marked as unsafe; since then
none is unless it is marked as trusted. What is unsafe, or is not trusted, stands as `{"__ansible_unsafe": ...}` in the
output of `ansible-inventory --list`, and so in the variables that AWX shows. So texts that cannot be a template at all
are left as they were before 2.19, and are trusted from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

try:
    from ansible.template import trust_as_template
except ImportError:
    trust_as_template = None


def template(text: str) -> Any:
    """A text of our own that is to be evaluated."""
    return _mark_trusted(text)


def data(value: Any) -> Any:
    """A JSON value from elsewhere: nothing in it is ever evaluated."""
    return _each_text(value, lambda text: _mark_trusted(text) if _is_harmless(text) else _mark_unsafe(text))


def composed(value: Any) -> Any:
    """What a template of the user gave, marked only as far as it does not change what it means."""
    return _each_text(value, lambda text: _mark_trusted(text) if _is_harmless(text) else text)


def _mark_trusted(text: str) -> Any:
    # Without the mark that it may have for the company it was in.
    plain = str.__str__(text)
    return plain if trust_as_template is None else trust_as_template(plain)


def _mark_unsafe(text: str) -> Any:
    if trust_as_template is not None:
        return text
    from ansible.utils.unsafe_proxy import wrap_var

    return wrap_var(text)


def _is_harmless(text: str) -> bool:
    """Every beginning of a template has a brace, unless the text's first line says otherwise.

    A brace alone counts: two texts may be put together.
    """
    return "{" not in text and not text.startswith("#jinja2:")


def _each_text(value: Any, mark: Callable[[str], Any]) -> Any:
    if isinstance(value, str):
        return mark(value)
    if isinstance(value, dict):
        return {name: _each_text(item, mark) for name, item in value.items()}
    if isinstance(value, list):
        return [_each_text(item, mark) for item in value]
    return value
