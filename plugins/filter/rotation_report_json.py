# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rotation_report_json
short_description: A report of the credentials of a fleet as JSON
version_added: 1.0.0
description:
  - Makes a JSON text of what M(operator_nexus.credentials.nexus_credential_rotation_info) returned, with the same
    members C(checked_at), C(status), C(summary), C(clusters) and C(vaults), the worst first. Clusters have
    C(resource_group) and C(subscription_id) on top.
  - Nothing else of the result gets into it.
author:
  - operator_nexus contributors (@operator-nexus)
extends_documentation_fragment:
  - operator_nexus.credentials._report
seealso:
  - module: operator_nexus.credentials.nexus_credential_rotation_info
  - plugin: operator_nexus.credentials.rotation_report_html
    plugin_type: filter
  - plugin: operator_nexus.credentials.rotation_report_csv
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read the credentials of all clusters of the subscription
  operator_nexus.credentials.nexus_credential_rotation_info:
  register: fleet

- name: Write it
  ansible.builtin.copy:
    # With the filter string, no ansible-core makes a dictionary of it again.
    content: "{{ fleet | operator_nexus.credentials.rotation_report_json | string }}"
    dest: /srv/reports/nexus.json
    mode: "0640"
"""

RETURN = r"""
_value:
  description: The JSON text, indented.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _report, _report_filter


def rotation_report_json(_input: Any) -> str:
    return _report_filter.run("rotation_report_json", _report.as_json, _input)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"rotation_report_json": rotation_report_json}
