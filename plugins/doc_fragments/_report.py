# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the forms of a report have in common. Private to this collection."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  _input:
    description:
      - What M(operator_nexus.credentials.nexus_credential_rotation_info) returned. Its option C(detail) decides which
        credentials are listed; all of them are counted.
    type: dict
    required: true
notes:
  - The worst comes first, and the same result gives the same text. A character that cannot be printed, such as the end
    of a line, or that turns the direction of the text, is shown as C(U+FFFD).
"""
