# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One process from start to end: how long, how much CPU, how much memory."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

from bench_fleet import BenchError
from bench_memory import watching

LAST_LINES = 40


def timed(command: list[str], environment: dict[str, str], folder: Path, *, watch: bool = False) -> dict[str, Any]:
    """Run a command in `folder`: {wall_s, cpu_s}, and `memory` (see bench_memory) where it is watched.

    CPU is user and system time of the process and of all below it. Raises BenchError when it fails.
    """
    output = folder / "output.txt"
    with output.open("wb") as stream:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT
        )
        try:
            with watching(process.pid, watch) as memory:
                # Popen's own wait would not tell what the process and its reaped descendants used
                _pid, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if process.returncode is None:  # interrupted
                process.terminate()
                process.wait()
    if process.returncode:
        raise BenchError(f"exit status {process.returncode} of {' '.join(command)}\n{_tail(output)}")
    measured = {"wall_s": round(wall, 3), "cpu_s": round(usage.ru_utime + usage.ru_stime, 3)}
    return {**measured, "memory": memory} if watch else measured


def _tail(path: Path) -> str:
    lines = path.read_text(errors="replace").splitlines()
    return "\n".join(lines[-LAST_LINES:])
