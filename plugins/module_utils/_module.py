# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host a module's `run` in an AnsibleModule: arguments in, result or failure out. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import MissingLibrary, NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session

Run = Callable[[dict[str, Any], Session, bool], dict[str, Any]]


def run_module(run: Run, spec: dict[str, Any]) -> None:
    """Parse arguments, call `run`, exit. `run` may put texts under `warnings`; they become Ansible warnings."""
    module = AnsibleModule(supports_check_mode=True, **spec)
    try:
        result = run(module.params, Session(module.params), module.check_mode)
    except NexusError as error:
        module.fail_json(msg=str(error), failure=error.failure)
    except MissingLibrary as error:
        # Too old a library cannot be imported either: the reason tells which of the two it is.
        failure = NexusError(str(error), code="MissingLibrary", target=error.library).failure
        module.fail_json(msg=f"{missing_required_lib(error.library)} ({error})", failure=failure)
    for text in result.pop("warnings", []):
        module.warn(text)
    # Ansible shows whatever diff it is given: only those who asked for one get it.
    diff = result.pop("diff", None)
    if module._diff and diff is not None:
        result["diff"] = diff
    module.exit_json(**result)
