# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See it work, without an Azure subscription: what `make demo` runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from collection_archive import CHECKOUT, install
from emulator_process import EmulatorProcess

BIN = Path(sys.executable).parent
COLLECTION = "operator_nexus.credentials"
INVENTORY = "ansible_collections/operator_nexus/credentials/playbooks/inventory/example.yml"


def say(text: str) -> None:
    print(f"\n### {text}", flush=True)


def play(folder: Path, cloud: EmulatorProcess, playbook: str = "customer_key_vault", *arguments: str) -> str:
    """Run an installed playbook over the example inventory; its output is the demonstration. Returns the output."""
    variables = {
        "ANSIBLE_COLLECTIONS_PATH": str(folder),
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
        "ANSIBLE_FORCE_COLOR": str(sys.stdout.isatty()),
    }
    command = [str(BIN / "ansible-playbook"), f"{COLLECTION}.{playbook}", "-i", str(folder / INVENTORY), *arguments]
    output = []
    with subprocess.Popen(
        command, cwd=folder, env={**os.environ, **cloud.env, **variables}, stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            output.append(line)
    if process.returncode:
        sys.exit("the playbook failed")
    return "".join(output)


def changes(output: str) -> int:
    """The sum of `changed` in a play recap. Raises ValueError where there is none."""
    counts = re.findall(r"\bchanged=(\d+)", output)
    if not counts:
        raise ValueError("there is no play recap")
    return sum(map(int, counts))


def demonstrate(folder: Path) -> None:
    say("Build the collection and install it with ansible-galaxy")
    install(folder)
    with EmulatorProcess.running(folder / "emulator") as cloud:
        say(
            f"A stand-in for Azure listens on {cloud.url}. First run: three clusters, one vault; two clusters "
            "write with identities of their own, the third with its cluster manager's (the older method)"
        )
        play(folder, cloud)
        mark = cloud.mark()
        say("Second run: nothing is left to do")
        changed = changes(play(folder, cloud))
        writes = cloud.writes(since=mark)
        if changed or writes:
            sys.exit("\n".join([f"the second run reports {changed} changes and wrote:", *writes]))
        print(f"The second run sent {cloud.mark() - mark} requests, and none of them was a write.")
        say("What the platform has rotated into the customer's Key Vault (names and versions, never values)")
        shown = subprocess.run(
            [sys.executable, Path(__file__).with_name("show_secrets.py")], env={**os.environ, **cloud.env}, check=False
        )
        if shown.returncode:
            sys.exit(shown.returncode)
    say("Done; the stand-in has stopped")


if __name__ == "__main__":
    (CHECKOUT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="demo-", dir=CHECKOUT / "build") as temporary:
        demonstrate(Path(temporary))
