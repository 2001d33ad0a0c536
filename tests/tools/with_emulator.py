# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a command with the emulator beside it, and the variables that lead any Azure client there.

    with_emulator.py COMMAND...

The emulator holds the example fleet and is gone at the end. The exit status is the command's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from emulator_process import EmulatorProcess


def main(command: list[str]) -> int:
    # SIGTERM must end the block below, which stops the emulator.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as folder, EmulatorProcess.running(Path(folder)) as cloud:
        return subprocess.run(command, env={**os.environ, **cloud.env}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
