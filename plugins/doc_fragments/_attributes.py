# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes and requirements that modules share. Private to this collection."""

from __future__ import annotations


class ModuleDocFragment:
    # Modules that change something.
    DOCUMENTATION = r"""
requirements:
  - python >= 3.10
  - azure-core >= 1.28
  - azure-identity >= 1.15
  - azure-mgmt-resource >= 23.2
  - azure-mgmt-authorization >= 3.0
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - Check mode reads from Azure and writes nothing.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff
      mode.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates
      no change.
    support: full
  action_group:
    description: Use C(group/operator_nexus.credentials.nexus) or C(group/operator_nexus.credentials.azure) in
      C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - operator_nexus.credentials.nexus
      - operator_nexus.credentials.azure
"""

    # Modules that only read.
    INFO = r"""
requirements:
  - python >= 3.10
  - azure-core >= 1.28
  - azure-identity >= 1.15
  - azure-mgmt-resource >= 23.2
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - This module never changes anything.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff
      mode.
    support: N/A
    details:
      - This module never changes anything.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates
      no change.
    support: full
    details:
      - This module never changes anything.
  action_group:
    description: Use C(group/operator_nexus.credentials.nexus) or C(group/operator_nexus.credentials.azure) in
      C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - operator_nexus.credentials.nexus
      - operator_nexus.credentials.azure
"""
