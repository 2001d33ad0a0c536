# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts of tests/tools that decide something."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import find_python
import run_parts

EVERY = {(3, minor): f"python3.{minor}" for minor in range(9, 16)}


@pytest.mark.parametrize(
    ("purpose", "there", "chosen"),
    [
        ("newest", [9, 10, 11, 12, 13, 14], "python3.12"),
        ("newest", [10, 11, 13, 14], "python3.13"),
        ("newest", [9, 10, 11], "python3.11"),
        ("oldest", [9, 10, 11, 12], "python3.10"),
        ("oldest", [11, 12, 13], "python3.11"),
        ("oldest", [13], "python3.13"),
        ("oldest", [9, 15], None),
    ],
)
def test_choice_of_python(purpose: str, there: list[int], chosen: str | None) -> None:
    assert find_python.choose(purpose, {(3, minor): EVERY[3, minor] for minor in there}) == chosen


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], str]:
    """Write an executable shell script and return its path."""

    def write(body: str) -> str:
        path = tmp_path / "python3.12"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return str(path)

    return write


def test_probe_knows_this_python() -> None:
    assert find_python.probe(sys.executable) == (sys.version_info[:2], sys.executable)


def test_probe_refuses_what_does_not_run(script: Callable[[str], str], tmp_path: Path) -> None:
    assert find_python.probe(script("echo 'python3.12: command not found' >&2; exit 127")) is None
    assert find_python.probe(script("echo hello")) is None
    assert find_python.probe(str(tmp_path / "absent")) is None


@pytest.mark.parametrize(
    ("passed", "output", "counted"),
    [
        (True, "...\n12 passed in 3.40s", {"passed": 12}),
        (
            True,
            "x\n===== 7 passed, 2 skipped, 1 warning in 61.02s (0:01:01) =====\n",
            {"passed": 7, "skipped": 2, "warning": 1},
        ),
        (False, "=== 1 failed, 3 passed in 2.00s ===\nmake: *** [unit] Error 1", {"failed": 1, "passed": 3}),
        (False, "=== 3 passed, 2 errors in 2.00s ===", {"passed": 3, "errors": 2}),
        (False, "=== 3 passed in 2.00s ===\nmake: *** [unit] Error 3", {"passed": 3, "failed": 1}),
        (True, "All checks passed!", {"passed": 1}),
        (False, "Found 3 errors in 2 files", {"failed": 1}),
    ],
)
def test_tests_of_a_part(passed: bool, output: str, counted: dict[str, int]) -> None:
    assert +run_parts.Result("part", passed, 1.0, output).tests() == counted


def test_summary_ends_as_pytest_does() -> None:
    results = [
        run_parts.Result("unit", True, 3.0, "=== 12 passed, 1 skipped in 3.40s ==="),
        run_parts.Result("lint", False, 2.0, "Found 3 errors"),
    ]
    lines = run_parts.summary(results, 4.5).splitlines()
    assert lines[-1] == "===== 1 failed, 12 passed, 1 skipped in 4.50s ====="
    assert [line.split()[:3] for line in lines[1:-1]] == [["unit", "ok", "3"], ["lint", "FAILED", "2"]]
