# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module of this collection inside Ansible's worker process, or as the ordinary module that it is.

Private to this collection. Ansible imports an action plugin once, in the parent of all workers: so are the libraries of
Azure then, and every worker has them from its birth.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.operator_nexus.credentials.plugins.module_utils._libraries import import_early
from ansible_collections.operator_nexus.credentials.plugins.module_utils._module import carry_out
from ansible_collections.operator_nexus.credentials.plugins.module_utils._progress import Say, say_nothing
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import Session
from ansible_collections.operator_nexus.credentials.plugins.plugin_utils._quiet import quiet_libraries
from ansible_collections.operator_nexus.credentials.plugins.plugin_utils._run_cache import RunCache

display = Display()


class NexusAction(ActionBase):
    """The action of one module, which a subclass names as `MODULE`."""

    MODULE: ModuleType

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        variables = task_vars or {}
        reason = self._needs_a_process(variables)
        if reason:
            display.vvv(f"{self._task.action} runs as an ordinary module: {reason}", host=_host(variables))
            return self._as_module(variables)
        result: dict[str, Any] = super().run(tmp, variables)
        return {**result, **self._in_process(variables)}

    def _needs_a_process(self, task_vars: dict[str, Any]) -> str:
        """What the task asks for that only a process of its own gives it; empty when there is nothing."""
        if self._connection.transport != "local":
            return f"the connection is {self._connection.transport}"
        if self._task.async_val:
            return "the task is async"
        if self._connection.become is not None:
            return "it becomes another user"
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        if environment:
            return f"the environment sets {', '.join(environment)}"
        interpreter = self._interpreter(task_vars)
        if interpreter.startswith("auto"):
            return "" if RUN_CACHE is not None else "the Python of Ansible lacks libraries that another one may have"
        return "" if is_this_python(interpreter) else f"the interpreter is {interpreter}"

    def _interpreter(self, task_vars: dict[str, Any]) -> str:
        """What the task's host is told to run modules with; `auto...` when nothing in particular."""
        if self._task.delegate_to:
            task_vars = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, {})
        configured = C.config.get_config_value("INTERPRETER_PYTHON", variables=task_vars)
        # The documentation says to write this, and it takes milliseconds to find out what a template means.
        if str(configured).replace(" ", "") == "{{ansible_playbook_python}}":
            return sys.executable
        return str(self._templar.template(configured)).strip()

    def _as_module(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        if RUN_CACHE is not None:
            # It shares nothing: from now to its end any document may change without our knowing.
            RUN_CACHE.distrust(time.monotonic() + self._task.async_val)
        normal = self._shared_loader_obj.action_loader.get(
            "ansible.legacy.normal",
            task=self._task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        try:
            result: dict[str, Any] = normal.run(task_vars=task_vars)
        finally:
            # Ansible only cleans up after us; its packed module holds the task's options, a secret perhaps.
            normal.cleanup()
            if RUN_CACHE is not None:
                RUN_CACHE.distrust(time.monotonic())
        return result

    def _in_process(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        """What the module would answer."""
        spec = self.MODULE.ARGUMENT_SPEC
        given = _plain(self._task.args)
        checked = ArgumentSpecValidator(**spec).validate(given)
        params: dict[str, Any] = {**given, **checked.validated_parameters}
        if checked.error_messages:
            unsupported = isinstance(checked.errors[0], UnsupportedError)
            prefix = f"Unsupported parameters for ({self._task.action}) module: " if unsupported else ""
            result: dict[str, Any] = {"failed": True, "msg": f"{prefix}{checked.errors.msg}"}
        else:
            with quiet_libraries():
                result = carry_out(
                    self.MODULE.run,
                    params,
                    lambda options: Session(options, store=RUN_CACHE, say=self._say(task_vars)),
                    check_mode=bool(self._task.check_mode),
                    show_diff=bool(self._task.diff),
                )
        if _shows_invocation(task_vars):
            result["invocation"] = {"module_args": params}
        return _without_secrets(result, params, spec["argument_spec"])

    def _say(self, task_vars: dict[str, Any]) -> Say:
        if self._task.no_log:
            return say_nothing
        return lambda line: display.display(f"[{_host(task_vars)}] {line}")


def _make_run_cache() -> RunCache | None:
    """Load the libraries, and make what the workers share. None where that fails: a task that needs it says why."""
    try:
        with quiet_libraries():
            return RunCache(Path(C.DEFAULT_LOCAL_TMP)) if import_early() else None
    except Exception as error:
        display.vvv(f"The libraries of Azure do not go together: {error!r}")
        return None


# Now, in the parent.
RUN_CACHE = _make_run_cache()


def is_this_python(interpreter: str) -> bool:
    """Whether the path, or the name, means the Python that runs us: the same program, seen from the same folder.

    From another folder the same program may be the Python of another virtual environment.
    """
    if interpreter == sys.executable:
        return True
    other, own = Path(shutil.which(interpreter) or interpreter), Path(sys.executable)
    return other.parent.resolve() == own.parent.resolve() and other.resolve() == own.resolve()


def _host(task_vars: dict[str, Any]) -> str:
    return str(task_vars.get("inventory_hostname", ""))


def _shows_invocation(task_vars: dict[str, Any]) -> bool:
    """Whether results tell the arguments. From ansible-core 2.21 on that is a setting; before, they always do."""
    try:
        return bool(C.config.get_config_value("INJECT_INVOCATION", variables=task_vars))
    except AnsibleError:
        return True


def _plain(value: Any) -> Any:
    """The value as a module gets it, of JSON's own types: no vaulted text, no text that is marked as a template."""
    if isinstance(value, dict):
        return {_plain(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return str.__str__(value) if isinstance(value, str) else str(value)


def _without_secrets(result: dict[str, Any], params: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    """The result with every secret option's value blotted out wherever it stands, as AnsibleModule does it."""
    secrets = {str(params[name]) for name, option in spec.items() if option.get("no_log") and params.get(name)}
    # Of a word like "true" as a password nothing but the password itself would be left.
    kept = {name: value for name, value in result.items() if value is None or isinstance(value, bool)}
    blotted: dict[str, Any] = remove_values(result, secrets)
    return {**blotted, **kept}
