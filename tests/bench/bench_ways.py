# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which one play is run: in the Ansible worker, as modules, and with plugins that do nothing."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from collection_archive import install

BIN = Path(sys.executable).parent
COLLECTION = "ansible_collections/operator_nexus/credentials"
NOTHING = Path(__file__).with_name("noop_action.py")

Way = dict[str, Any]
"""{name, collections: folder for ANSIBLE_COLLECTIONS_PATH, arguments: of ansible-playbook}"""


def make_ways(folder: Path) -> dict[str, Way]:
    """Build and install the collection below `folder`; name -> way, in the order in which they take turns."""
    installed, emptied = folder / "installed", folder / "floor"
    installed.mkdir(parents=True)
    install(installed)
    shutil.copytree(installed / "ansible_collections", emptied / "ansible_collections")
    _empty(emptied / COLLECTION)
    # An extra variable, for the role's playbook sets the interpreter itself, and an inventory cannot overrule a play.
    asked_for = json.dumps({"ansible_python_interpreter": str(_other_interpreter(folder / "other"))})
    ways: list[Way] = [
        {"name": "in_process", "collections": installed, "arguments": []},
        {"name": "floor", "collections": emptied, "arguments": []},
        {"name": "modules", "collections": installed, "arguments": ["-e", asked_for]},
    ]
    return {way["name"]: way for way in ways}


def _other_interpreter(folder: Path) -> Path:
    """The same Python under another name: an interpreter that somebody asked for on purpose."""
    folder.mkdir()
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    script.chmod(0o755)
    return script


def _empty(collection: Path) -> None:
    """Let every module's task do nothing, in an installed collection."""
    runtime = collection / "meta/runtime.yml"
    routes = yaml.safe_load(runtime.read_text())
    routes.get("plugin_routing", {}).pop("action", None)  # a redirect would go past the files below
    runtime.write_text(yaml.safe_dump(routes))
    actions = collection / "plugins/action"
    actions.mkdir(exist_ok=True)
    for module in (collection / "plugins/modules").glob("*.py"):
        shutil.copy(NOTHING, actions / module.name)
