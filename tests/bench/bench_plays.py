# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plays that are timed, and the one way to run a play in a plain environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench_process import timed
from bench_ways import BIN, Way
from emulator_process import EmulatorProcess

COLLECTION = "operator_nexus.credentials"
MANAGER = {"id": "{{ bench_manager_id }}", "system_assigned": True}
ROLE = {"id": "{{ bench_key_vault_id }}", "principals": "{{ bench_identity.principals }}"}
ARCHIVE = {"id": "{{ bench_cluster_id }}", "key_vault_id": "{{ bench_key_vault_id }}"}


def task(action: str, options: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": action, action: options, **more}


STEPS = [
    task(f"{COLLECTION}.nexus_clustermanager_identity", MANAGER, register="bench_identity"),
    task(f"{COLLECTION}.nexus_kv_role", ROLE),
    task(f"{COLLECTION}.nexus_cluster_secret_archive", ARCHIVE),
]
"""What a play of one's own needs for one cluster: three tasks."""
PLAYS: dict[str, Any] = {
    "steps": STEPS,
    "role": f"{COLLECTION}.customer_key_vault",
    "archive": STEPS[-1:],
}
"""Play -> its tasks, or the name of a playbook of the collection."""


def play_arguments(
    folder: Path, name: str, tasks: Any, inventory: dict[str, Any], hosts: str = "nexus_clusters"
) -> list[str]:
    """Arguments of ansible-playbook for these tasks on these hosts of the inventory, or for the playbook `tasks`."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = folder / "inventory.yml"
    listed.write_text(json.dumps(inventory))
    if isinstance(tasks, str):
        return [tasks, "-i", str(listed)]
    book = folder / f"{name}.yml"
    book.write_text(json.dumps([{"name": name, "hosts": hosts, "gather_facts": False, "tasks": tasks}]))
    return [str(book), "-i", str(listed)]


def run_play(
    folder: Path,
    cloud: EmulatorProcess,
    way: Way,
    arguments: list[str],
    *,
    forks: int,
    watch: bool = False,
    program: Path = BIN / "ansible-playbook",
    variables: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Run ansible-playbook to its end, as a user of this collection would; what `timed` measured of it."""
    environment = {**plain_environment(folder / "home", program.parent), **cloud.env, **(variables or {})}
    environment["ANSIBLE_COLLECTIONS_PATH"] = str(way["collections"])
    command = [str(program), *arguments, "--forks", str(forks), *way["arguments"]]
    return timed(command, environment, folder, watch=watch)


def plain_environment(home: Path, programs: Path) -> dict[str, str]:
    """Nothing of the developer's: a PATH that begins with the folder `programs`, and a home."""
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    return {
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "LANG": "C.UTF-8",
        "ANSIBLE_NOCOLOR": "1",
    }
