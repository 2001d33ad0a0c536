# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-test runs in place of the get-pip script that it would download.

It gives a new virtual environment the pip that comes with Python, which then installs the versions that were asked for.
Both run as programs of their own: ensurepip changes the environment of its process so that pip no longer reads its
configuration file.
"""

from __future__ import annotations

import os
import subprocess
import sys

# For the get-pip script only; today's pip has neither seeds of its own nor these options.
NOT_FOR_PIP = {"--no-setuptools", "--no-wheel"}


def main(arguments: list[str]) -> int:
    subprocess.run([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL, check=True)
    # ansible-test marks the process in this variable; pip must not see it.
    environment = {name: value for name, value in os.environ.items() if name != "GET_PIP"}
    wanted = [argument for argument in arguments if argument not in NOT_FOR_PIP]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", *wanted]
    return subprocess.run(pip, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
