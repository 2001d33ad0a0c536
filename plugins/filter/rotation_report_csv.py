# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rotation_report_csv
short_description: A report of the credentials of a fleet as CSV
version_added: 1.0.0
description:
  - Makes a table of what M(operator_nexus.credentials.nexus_credential_rotation_info) returned, with a row for each
    credential, and one for a cluster of which none is listed. The first row has the names of the columns.
  - Each row also has what there is of its cluster, with numbers of credentials by status (C(status_...)) and by fault
    (C(fault_...)). These are the same in all rows of a cluster, so they must not be added up.
  - A text that a spreadsheet would take for a formula, since it begins with C(=), C(+), C(-) or C(@), gets a C(') in
    front.
author:
  - operator_nexus contributors (@operator-nexus)
extends_documentation_fragment:
  - operator_nexus.credentials._report
seealso:
  - module: operator_nexus.credentials.nexus_credential_rotation_info
  - plugin: operator_nexus.credentials.rotation_report_html
    plugin_type: filter
  - plugin: operator_nexus.credentials.rotation_report_json
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read the credentials of all clusters of the subscription
  operator_nexus.credentials.nexus_credential_rotation_info:
  register: fleet

- name: Write the table
  ansible.builtin.copy:
    content: "{{ fleet | operator_nexus.credentials.rotation_report_csv }}"
    dest: /srv/reports/nexus.csv
    mode: "0640"
"""

RETURN = r"""
_value:
  description: The table, in UTF-8, with commas, and C(\n) at the end of each line.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _report_csv, _report_filter


def rotation_report_csv(_input: Any) -> str:
    return _report_filter.run("rotation_report_csv", _report_csv.render, _input)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"rotation_report_csv": rotation_report_csv}
