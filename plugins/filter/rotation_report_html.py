# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rotation_report_html
short_description: A report of the credentials of a fleet as one HTML file
version_added: 1.0.0
description:
  - Makes a page of what M(operator_nexus.credentials.nexus_credential_rotation_info) returned. It shows how many
    clusters and credentials have which status, when credentials were rotated and are due, each cluster, and its
    credentials.
  - The page is one file that loads nothing, neither script nor style nor font. Its content security policy allows
    nothing else than the one script and the one style in it. It also serves without scripts, in the dark, on paper and
    on a narrow screen. On paper and without scripts it lists the credentials that are not in order.
  - No text of Azure becomes a part of the page's markup or script.
author:
  - operator_nexus contributors (@operator-nexus)
extends_documentation_fragment:
  - operator_nexus.credentials._report
positional: title
options:
  title:
    description:
      - The title of the page.
    type: str
    default: Credentials of Operator Nexus clusters
seealso:
  - module: operator_nexus.credentials.nexus_credential_rotation_info
  - plugin: operator_nexus.credentials.rotation_report_csv
    plugin_type: filter
  - plugin: operator_nexus.credentials.rotation_report_json
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read the credentials of all clusters of the subscription
  operator_nexus.credentials.nexus_credential_rotation_info:
  register: fleet

- name: Write the page
  ansible.builtin.copy:
    content: "{{ fleet | operator_nexus.credentials.rotation_report_html(title='Nexus in Europe') }}"
    dest: /srv/reports/nexus.html
    mode: "0640"
"""

RETURN = r"""
_value:
  description: The page.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _report_filter, _report_html

TITLE = "Credentials of Operator Nexus clusters"


def rotation_report_html(_input: Any, title: str = TITLE) -> str:
    return _report_filter.run("rotation_report_html", lambda report: _report_html.render(report, title), _input)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"rotation_report_html": rotation_report_html}
