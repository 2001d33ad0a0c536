# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for Azure to finish. Private to this collection."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait until Azure has really finished the change, and to wait for an operation that is still going on
        before beginning.
      - If V(false), a change that takes long has only begun when the module returns, and a resource that is busy is an
        error.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds to wait at most, all in all.
    type: int
    default: 1800
"""
