# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of one run of Ansible do together. Private to this collection."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  run_cache_seconds:
    description:
      - How old, in seconds, may be what another task of the same run has read, to prove that nothing needs doing. If
        it does not prove that, the task reads for itself before it plans a change.
      - Tasks of one run also share one sign-in, whatever its age is, until the token ends.
      - V(0) turns both off. Do that where the play changes the same resources by other means in between.
      - Without the option, the environment variable E(OPERATOR_NEXUS_RUN_CACHE_SECONDS) counts.
      - Has an effect only where the task runs inside Ansible's own process, see the attribute C(in_process).
    type: int
    default: 60
  progress:
    description:
      - Whether to print a line when an operation that takes long begins, while it goes on, and when it ends.
      - Without the option, the environment variable E(OPERATOR_NEXUS_PROGRESS) counts.
      - Has an effect only where the task runs inside Ansible's own process, see the attribute C(in_process).
      - A task with C(no_log) prints nothing.
    type: bool
    default: true
attributes:
  in_process:
    description: Runs inside the Ansible process that carries out the task, without a Python process of its own.
    support: partial
    details:
      - It does when the connection is local. With another connection, C(async), C(become), an C(environment) or another
        C(ansible_python_interpreter) than the Python of Ansible itself it runs as an ordinary module, with the same
        results.
      - Inside Ansible's process, the Azure libraries of the Python that runs Ansible are used.
  async:
    description: Supports being used with the C(async) keyword.
    support: full
    details:
      - As an ordinary module.
"""
