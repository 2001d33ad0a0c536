# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filters on the result of nexus_credential_rotation_info have in common.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ansible.errors import AnsibleFilterError

from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _report

T = TypeVar("T")


def run(name: str, make: Callable[[_report.Document], T], result: Any) -> T:
    """What the filter `name` makes of the report of a result. Raises AnsibleFilterError for what cannot be."""
    try:
        return make(_report.read(result))
    except ValueError as error:
        raise AnsibleFilterError(f"operator_nexus.credentials.{name}: {error}") from None
