# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Note when each task's result reached Ansible."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: bench_clock
type: notification
short_description: notes the time of each result for the benchmark
description:
  - Appends one JSON line per task result to the file that E(BENCH_CLOCK) names.
"""


class CallbackModule(CallbackBase):
    """One line per result: host, task, time (seconds since 1970)."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "bench_clock"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        now = time.time()
        # ansible-core 2.16 has only the names with an underscore, 2.19 and later prefer the ones without
        task, host = (result.task, result.host) if hasattr(result, "result") else (result._task, result._host)
        line = {"host": host.get_name(), "task": task.get_name(), "time": now}
        with Path(os.environ["BENCH_CLOCK"]).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
