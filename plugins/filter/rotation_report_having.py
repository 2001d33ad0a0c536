# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rotation_report_having
short_description: The clusters of a fleet that have one of some statuses or faults
version_added: 1.0.0
description:
  - Finds, in what M(operator_nexus.credentials.nexus_credential_rotation_info) returned, the clusters that have one of
    these statuses themselves, or credentials with such a fault, be it their worst or not. A credential that is overdue
    stays so when it has expired, too.
  - A cluster that tells a C(problem) is V(unknown), whatever else it is. Not all of it was read.
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
      - The statuses and faults, as the module has them.
      - V(problems) stands for all of them but V(ok) and V(not_deployed).
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

- name: Stop where credentials are overdue or lie in another vault, where not all was read, or where there is no cluster
  ansible.builtin.assert:
    that:
      - bad == []
      - fleet.summary.clusters > 0
    fail_msg: "{{ bad | map(attribute='name') | join(', ') }}"
  vars:
    bad: "{{ fleet | operator_nexus.credentials.rotation_report_having(wanted) }}"
    wanted: [expired, overdue, misplaced, unknown]
"""

RETURN = r"""
_value:
  description: The clusters, each with C(id), C(name), and as C(statuses) which of those it has.
  type: list
  elements: dict
"""

from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _report, _report_filter


def rotation_report_having(_input: Any, statuses: Sequence[str]) -> list[dict[str, Any]]:
    return _report_filter.run("rotation_report_having", lambda report: _report.having(report, statuses), _input)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"rotation_report_having": rotation_report_having}
