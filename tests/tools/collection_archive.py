# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as a user gets it: an archive that ansible-galaxy builds and installs, in a plain environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def build(folder: Path) -> Path:
    """Build the archive into `folder`; its path."""
    _galaxy(folder, "build", str(CHECKOUT), "--output-path", str(folder))
    (archive,) = folder.glob("*.tar.gz")
    return archive


def install(folder: Path) -> None:
    """Build the archive and install it below `folder`, which then is one for ANSIBLE_COLLECTIONS_PATH."""
    _galaxy(folder, "install", str(build(folder)), "--no-deps", "-p", str(folder))


def _galaxy(home: Path, *arguments: str) -> None:
    """Raises RuntimeError with all that was printed when it fails."""
    command = [str(Path(sys.executable).parent / "ansible-galaxy"), "collection", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8"}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stdout)
