# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which texts of an inventory Ansible may take for templates, and which it never must.

Private to this collection. Before ansible-core 2.19 every text is a template unless it is marked as unsafe; since then
none is unless it is marked as trusted. A text without any brace is no harmless one: filters such as from_yaml or
urldecode make braces of other characters, and what they return may be a template again. So nothing from elsewhere goes
without a mark, or with trust, but names of the plainest kind: `ansible-inventory --list`, and so AWX, shows each text
that is unsafe or not trusted as `{"__ansible_unsafe": ...}`.
"""

from __future__ import annotations

import re
from typing import Any

try:
    from ansible.template import trust_as_template
except ImportError:
    trust_as_template = None

# Ids, names, locations and states as Azure has them: no brace, no quote, no escape. What base64 makes of one is never
# trusted; before ansible-core 2.19 it is an ordinary text, which the plugin's notes say.
_PLAIN = re.compile(r"[A-Za-z0-9/][A-Za-z0-9/._-]*")


def template(text: str) -> Any:
    """A text of our own that is to be evaluated."""
    return text if trust_as_template is None else trust_as_template(text)


def data(value: Any) -> Any:
    """A JSON value from elsewhere: nothing in it is ever evaluated."""
    if trust_as_template is not None:
        return value
    from ansible.utils.unsafe_proxy import wrap_var

    return wrap_var(value)


def name(value: Any) -> Any:
    """The same for a name or an id, which is shown as an ordinary text where it is one."""
    return template(value) if isinstance(value, str) and _PLAIN.fullmatch(value) else data(value)
