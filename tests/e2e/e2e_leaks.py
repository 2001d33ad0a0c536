# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search everything that a run printed and left behind for secrets."""

from __future__ import annotations

import re

from e2e_ansible import Run

TOKEN = re.compile(rb"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}")


def assert_nothing_leaks(run: Run, secret: str) -> None:
    files = [path for path in run.home.rglob("*") if path.is_file()]
    assert run.home / "out.txt" in files
    for path in files:
        content = path.read_bytes()
        assert secret.encode() not in content, f"the client secret is in {path}"
        assert not TOKEN.search(content), f"a token is in {path}"
