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
  - The worst comes first, and the same result gives the same text. A character that cannot be printed, such as the end
    of a line, or that turns the direction of the text, is shown as C(U+FFFD).
author:
  - operator_nexus contributors (@operator-nexus)
positional: title
options:
  _input:
    description:
      - What M(operator_nexus.credentials.nexus_credential_rotation_info) returned. Its option C(detail) decides which
        credentials are listed; all of them are counted.
    type: dict
    required: true
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

from ansible.errors import AnsibleFilterError

from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _report, _report_html

TITLE = "Credentials of Operator Nexus clusters"


def rotation_report_html(_input: Any, title: str = TITLE) -> str:
    try:
        return _report_html.render(_report.read(_input), title)
    except ValueError as error:
        raise AnsibleFilterError(f"operator_nexus.credentials.rotation_report_html: {error}") from None


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"rotation_report_html": rotation_report_html}
