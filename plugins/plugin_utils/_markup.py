# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTML of texts that may be anything. Pure.

Private to this collection.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from typing import Any


class Markup(str):
    """A text that is HTML already. Any other is escaped on its way into an element."""

    __slots__ = ()


def tag(name: str, attributes: Mapping[str, Any] | None = None, *children: Any) -> Markup:
    """An element. Attributes that are None or False are left out, and True is one without a value."""
    head = "".join(_attribute(key, value) for key, value in (attributes or {}).items())
    if name in ("meta", "input"):
        return Markup(f"<{name}{head}>")
    return Markup(f"<{name}{head}>{join(*children)}</{name}>")


def join(*children: Any) -> Markup:
    return Markup("".join(child if isinstance(child, Markup) else _escape(child) for child in children))


def island(data: Any) -> Markup:
    """JSON for the inside of a script element, where nothing may look like a tag, a comment, or the end of a line."""
    text = json.dumps(data, separators=(",", ":"))  # all but ASCII is escaped
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)


def digest(text: str) -> str:
    """As a content security policy names a script or a style that it allows."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _attribute(key: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    return f" {key}" if value is True else f' {key}="{_escape(value)}"'


def _escape(value: Any) -> str:
    return "" if value is None else html.escape(str(value))
