# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the Pythons of this machine that can hold a virtual environment, and print the best one.

    find_python.py newest    for the tools and the newest ansible-core
    find_python.py oldest    for the oldest supported ansible-core

Runs on any Python 3.8 or later, with nothing but the standard library: generic builtins and unions stand in annotations
only, which are not evaluated. Where no Python fits, the exit status is 1.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PREFERENCE: dict[str, list[tuple[int, int]]] = {
    # The newest ansible-core needs 3.12. On 3.11 and 3.10 pip finds the newest one that still runs there.
    "newest": [(3, 12), (3, 13), (3, 14), (3, 11), (3, 10)],
    # ansible-core 2.16 runs on 3.10 to 3.12. tests/requirements-oldest.txt says what takes its place on later ones.
    "oldest": [(3, 10), (3, 11), (3, 12), (3, 13), (3, 14)],
}

# A pyenv shim exists for every version that was ever installed and fails when that version is not selected, and some
# systems ship Python without ensurepip: only running it tells. The real path is wanted, not the shim's.
PROBE = "import ensurepip, ssl, sys, venv; print(sys.executable, *sys.version_info[:2])"


def probe(candidate: str) -> tuple[tuple[int, int], str] | None:
    """Version and real path of an interpreter, or None if it does not run or cannot make virtual environments."""
    try:
        done = subprocess.run(
            [candidate, "-c", PROBE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.fullmatch(r"(.+) (\d+) (\d+)", done.stdout.decode().strip())
    if done.returncode or not found:
        return None
    return (int(found[2]), int(found[3])), found[1]


def pyenv_versions() -> list[Path]:
    """The interpreters that pyenv installed, selected or not."""
    if not shutil.which("pyenv"):
        return []
    done = subprocess.run(["pyenv", "root"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    root = done.stdout.decode().strip()
    return sorted(Path(root, "versions").glob("3.*/bin/python3"), reverse=True) if root else []


def candidates() -> list[str]:
    """Every name worth a try, the caller's own Python first."""
    named = [f"python3.{minor}" for _major, minor in PREFERENCE["newest"]]
    on_path = [path for path in map(shutil.which, [*named, "python3"]) if path]
    return [sys.executable, *on_path, *map(str, pyenv_versions())]


def installed() -> dict[tuple[int, int], str]:
    """Version -> real path, one for each version, the first that was found."""
    found: dict[tuple[int, int], str] = {}
    for candidate in candidates():
        answer = probe(candidate)
        if answer:
            found.setdefault(*answer)
    return found


def choose(purpose: str, found: dict[tuple[int, int], str]) -> str | None:
    """The best interpreter for a purpose, or None when no supported one is there."""
    return next((found[version] for version in PREFERENCE[purpose] if version in found), None)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in PREFERENCE:
        print(__doc__, file=sys.stderr)
        return 2
    path = choose(arguments[0], installed())
    if not path:
        print("No Python 3.10 to 3.14 with ensurepip was found on PATH or in pyenv.", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    os.environ.pop("PYTHONHOME", None)
    sys.exit(main(sys.argv[1:]))
