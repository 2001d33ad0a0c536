# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ways in which a task can run: inside Ansible's worker, and as an ordinary module."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from e2e_ansible import Core, Run
from e2e_cloud import Cloud

AS_MODULE = re.compile(r"(operator_nexus\.credentials\.\w+) runs as an ordinary module: (.+)")
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")


def other_interpreter(core: Core, folder: Path) -> dict[str, str]:
    """Variables that ask for the same Python by way of another program: so it is an ordinary module."""
    program = folder / "python-of-its-own"
    program.write_text(f'#!/bin/sh\nexec {core.venv}/bin/python "$@"\n')
    program.chmod(0o755)
    return {"ansible_python_interpreter": str(program)}


def modules(run: Run) -> list[tuple[str, str]]:
    """(module, reason) of each task of a run with -vvv that ran as an ordinary module."""
    return [(found[1], found[2]) for found in AS_MODULE.finditer(run.output)]


def sign_ins(cloud: Cloud, since: int = 0) -> list[str]:
    """The scope of each token that was asked for."""
    entries = cloud.log(since=str(since))
    return [
        entry["body"]["scope"] for entry in entries if entry["path"].endswith("/token") and entry["method"] == "POST"
    ]


def arm_requests(cloud: Cloud, since: int = 0) -> list[str]:
    """`METHOD path` of every request to Azure Resource Manager."""
    entries = cloud.log(since=str(since))
    return [f"{entry['method']} {entry['path']}" for entry in entries if entry["service"] == "arm"]


def comparable(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The results without times, and with GUIDs, which are new in each run, as numbers in the order of appearance."""
    numbers: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"GUID {len(numbers)}")

    texts = [json.dumps(result, sort_keys=True, default=str) for result in results]
    return [json.loads(TIME.sub("TIME", GUID.sub(number, text))) for text in texts]
