# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what every task answered to a file of JSON lines, beside Ansible's normal output, which stays as it is."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: e2e_recorder
type: notification
short_description: records task results for the end-to-end tests
description:
  - Appends one JSON line per task result to the file that E(E2E_EVENTS) names.
"""


class CallbackModule(CallbackBase):
    """One line per result: event, host, task, action, result."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "e2e_recorder"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, line: dict[str, Any]) -> None:
        with Path(os.environ["E2E_EVENTS"]).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, default=str) + "\n")

    def _record(self, event: str, result: Any) -> None:
        # ansible-core 2.16 has only the names with an underscore, 2.19 and later prefer the ones without
        public = hasattr(result, "result")
        task, host = (result.task, result.host) if public else (result._task, result._host)
        self._write(
            {
                "event": event,
                "host": host.get_name(),
                "task": task.get_name().rpartition(" : ")[2],  # without the role's name
                "action": str(task.action),
                "result": dict(result.result if public else result._result),
            }
        )

    def v2_runner_on_ok(self, result: Any) -> None:
        self._record("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._record("failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._record("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._record("unreachable", result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._write({"event": "stats", "hosts": {host: stats.summarize(host) for host in stats.processed}})
