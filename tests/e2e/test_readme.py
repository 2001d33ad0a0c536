# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README shows of `make demo` is what the demonstration prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from e2e_fleet import CHECKOUT


def without_trailing_blanks(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


def test_the_readme_shows_what_the_demonstration_prints(tmp_path: Path) -> None:
    shown = re.findall(r"^```text\n(TASK .*?)\n```$", (CHECKOUT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    program = [sys.executable, str(CHECKOUT / "tests/tools/demo.py")]
    environment = {**os.environ, "HOME": str(tmp_path), "ANSIBLE_HOME": str(tmp_path / "ansible")}
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = without_trailing_blanks(done.stdout).split("\n### Second run", 1)
    assert len(shown) == 2
    assert shown[0] in first, first
    assert shown[1] in second, second
