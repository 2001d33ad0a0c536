# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a resource is named. Private to this collection."""

from __future__ import annotations


class ModuleDocFragment:
    # The address of the one resource that a module works on.
    DOCUMENTATION = r"""
options:
  id:
    description:
      - The full ARM id of the resource, in any letter case.
      - Give either O(id), or O(name) and O(resource_group).
    type: str
  name:
    description:
      - The name of the resource.
      - Needs O(resource_group), and looks in the subscription that O(subscription_id) or the credential gives.
    type: str
  resource_group:
    description:
      - The name of the resource group that the resource lies in.
    type: str
"""

    # The version of the Microsoft.NetworkCloud API.
    NETWORKCLOUD = r"""
options:
  api_version:
    description:
      - The version of the C(Microsoft.NetworkCloud) API to use.
    type: str
    default: "2025-09-01"
"""
