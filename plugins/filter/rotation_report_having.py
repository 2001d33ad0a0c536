# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rotation_report_having
short_description: The clusters of a fleet that have one of some statuses
version_added: 1.0.0
description:
  - Finds, in what M(operator_nexus.credentials.nexus_credential_rotation_info) returned, the clusters that have one of
    these statuses themselves, or credentials with one. A cluster's own status is only that of its worst credential.
  - The worst comes first. All credentials count, whatever the module's option C(detail) was.
author:
  - operator_nexus contributors (@operator-nexus)
positional: statuses
options:
  _input:
    description:
      - What M(operator_nexus.credentials.nexus_credential_rotation_info) returned.
    type: dict
    required: true
  statuses:
    description:
      - The statuses, as the module has them.
    type: list
    elements: str
    required: true
seealso:
  - module: operator_nexus.credentials.nexus_credential_rotation_info
"""

EXAMPLES = r"""
- name: Read the credentials of all clusters of the subscription
  operator_nexus.credentials.nexus_credential_rotation_info:
    detail: summary
  register: fleet

- name: Stop where credentials are overdue or lie in another vault
  ansible.builtin.assert:
    that: late == []
    fail_msg: "{{ late | map(attribute='name') | join(', ') }}"
  vars:
    late: "{{ fleet | operator_nexus.credentials.rotation_report_having(['overdue', 'expired', 'misplaced']) }}"
"""

RETURN = r"""
_value:
  description: The clusters, each with C(id), C(name), and which of these C(statuses) it has.
  type: list
  elements: dict
"""

from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _report


def rotation_report_having(_input: Any, statuses: Sequence[str]) -> list[dict[str, Any]]:
    try:
        return _report.having(_report.read(_input), statuses)
    except ValueError as error:
        raise AnsibleFilterError(f"operator_nexus.credentials.rotation_report_having: {error}") from None


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"rotation_report_having": rotation_report_having}
