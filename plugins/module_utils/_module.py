# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host a module's `run` in an AnsibleModule: arguments in, result or failure out.

Private to this collection. `plugin_utils/_in_process.py` is its other host; what they have in common is here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import MissingLibrary, NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session

Run = Callable[[dict[str, Any], Session, bool], dict[str, Any]]


def run_module(run: Run, spec: dict[str, Any]) -> None:
    """Parse arguments, call `run`, exit."""
    module = AnsibleModule(supports_check_mode=True, **spec)
    result = carry_out(run, module.params, Session, check_mode=module.check_mode, show_diff=module._diff)
    for text in result.pop("warnings", []):
        module.warn(text)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


def carry_out(
    run: Run,
    params: dict[str, Any],
    make_session: Callable[[dict[str, Any]], Session],
    *,
    check_mode: bool,
    show_diff: bool,
) -> dict[str, Any]:
    """The result of `run` as Ansible takes it; `failed`, `msg` and `failure` tell of an error.

    `warnings` are texts, absent when there are none.
    """
    try:
        result = run(params, make_session(params), check_mode)
    except NexusError as error:
        return {"failed": True, "msg": str(error), "failure": error.failure}
    except MissingLibrary as error:
        # Too old a library cannot be imported either: the reason tells which of the two it is.
        failure = NexusError(str(error), code="MissingLibrary", target=error.library).failure
        return {"failed": True, "msg": f"{missing_required_lib(error.library)} ({error})", "failure": failure}
    # Ansible shows whatever diff and warnings it is given: a diff is for those who asked for one.
    if not show_diff:
        result.pop("diff", None)
    if not result.get("warnings"):
        result.pop("warnings", None)
    return result
