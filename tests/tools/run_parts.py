# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run parts of the Makefile side by side, show each one's output at its end, and sum up.

    run_parts.py PART...

A part is a target of the Makefile; its whole output lies in build/logs/PART.log. What failed is shown in full, what
passed by its last lines. The very last line is in pytest's form. Exit status 1 if any part failed.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

LOGS = Path("build/logs")
LANES = 2
LAST_LINES = 8
PYTEST_CLOSING = re.compile(r"^=* ?(\d+ \w+(?:, \d+ \w+)*) in [\d.]+s", re.MULTILINE)

running: set[subprocess.Popen[bytes]] = set()


@dataclass
class Result:
    """How one part ended."""

    part: str
    passed: bool
    seconds: float
    output: str

    def tests(self) -> Counter[str]:
        """Outcome -> number, as pytest's closing line says. A part without such a line is one test."""
        closing = PYTEST_CLOSING.findall(self.output)
        outcomes = re.findall(r"(\d+) (\w+)", closing[-1]) if closing else []
        counted = Counter({outcome: int(number) for number, outcome in outcomes})
        explained = any(counted[outcome] for outcome in ("failed", "error", "errors"))
        if not closing or (not self.passed and not explained):
            counted["passed" if self.passed else "failed"] += 1
        return counted


def run(part: str) -> Result:
    """Run one part to its end."""
    log = LOGS / f"{part}.log"
    started = time.monotonic()
    with log.open("wb") as output:
        # A session of its own, so that whatever it started can be stopped with it.
        process = subprocess.Popen(
            ["make", "--no-print-directory", "--keep-going", part],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        running.add(process)
        status = process.wait()
        running.discard(process)
    return Result(part, status == 0, time.monotonic() - started, log.read_text(errors="replace"))


def show(result: Result) -> None:
    """Print the output of a finished part."""
    lines = result.output.rstrip().splitlines()
    hidden = max(0, len(lines) - LAST_LINES) if result.passed else 0
    print(f"\n######## {result.part}: {'ok' if result.passed else 'FAILED'} after {result.seconds:.0f} s")
    if hidden:
        print(f"[{hidden} lines before are in {LOGS / result.part}.log]")
    print("\n".join(lines[hidden:]), flush=True)


def summary(results: list[Result], seconds: float) -> str:
    """A table of the parts and a closing line for all of them."""
    tests = sum((result.tests() for result in results), Counter())
    rows = [f"{'part':<14}{'result':<9}{'seconds':>8}   tests"]
    for result in results:
        outcomes = ", ".join(f"{number} {outcome}" for outcome, number in result.tests().items() if number)
        rows.append(f"{result.part:<14}{'ok' if result.passed else 'FAILED':<9}{result.seconds:>8.0f}   {outcomes}")
    outcomes = ", ".join(f"{tests[outcome]} {outcome}" for outcome in sorted(tests) if tests[outcome])
    return "\n".join([*rows, f"===== {outcomes} in {seconds:.2f}s ====="])


def stop(_signal: int, _frame: FrameType | None) -> None:
    """End every part that still runs, and leave at once: an orderly end would first start those that wait."""
    for process in list(running):
        os.killpg(process.pid, signal.SIGTERM)
    os._exit(130)


def main(parts: list[str]) -> int:
    LOGS.mkdir(parents=True, exist_ok=True)
    # The parts are runs of make of their own, not children of the one that called us.
    os.environ.pop("MAKEFLAGS", None)
    os.environ["NO_COLOR"] = "1"
    started = time.monotonic()
    results: dict[str, Result] = {}
    with ThreadPoolExecutor(LANES) as lanes:
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)
        for future in as_completed([lanes.submit(run, part) for part in parts]):
            result = future.result()
            results[result.part] = result
            show(result)
    ordered = [results[part] for part in parts]
    print("\n" + summary(ordered, time.monotonic() - started))
    return 0 if all(result.passed for result in ordered) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
