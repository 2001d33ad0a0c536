# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`ansible-doc` shows every module, filter and role, and the inventory plugin, without a warning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from e2e_ansible import Core
from e2e_plays import COLLECTION

CHECKOUT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in (CHECKOUT / "plugins/modules").glob("nexus_*.py"))
FILTERS = sorted(path.stem for path in (CHECKOUT / "plugins/filter").glob("*.py") if path.stem != "__init__")
ROLES = sorted(path.name for path in (CHECKOUT / "roles").iterdir())


def test_every_module(core: Core, homes: Iterator[Path]) -> None:
    names = [f"{COLLECTION}.{module}" for module in MODULES]
    run = core.run(next(homes), {}, "ansible-doc", "--json", *names).assert_good()
    documented = json.loads(run.output)
    for name in names:
        assert documented[name]["doc"]["short_description"]
        assert documented[name]["examples"]
        assert documented[name]["return"]
    text = core.run(next(homes), {}, "ansible-doc", *names).assert_good()
    assert all(module.upper() in text.output.upper() for module in MODULES)


def test_every_role(core: Core, homes: Iterator[Path]) -> None:
    for role in ROLES:
        run = core.run(next(homes), {}, "ansible-doc", "-t", "role", f"{COLLECTION}.{role}").assert_good()
        options = (CHECKOUT / "roles" / role / "defaults/main.yml").read_text().splitlines()
        names = [line.partition(":")[0] for line in options if line.startswith(role)]
        assert names
        assert [name for name in names if name not in run.output] == []


def test_every_filter(core: Core, homes: Iterator[Path]) -> None:
    names = [f"{COLLECTION}.{name}" for name in FILTERS]
    run = core.run(next(homes), {}, "ansible-doc", "-t", "filter", "--json", *names).assert_good()
    documented = json.loads(run.output)
    for name in names:
        assert documented[name]["doc"]["short_description"]
        assert documented[name]["examples"]


def test_the_inventory_plugin(core: Core, homes: Iterator[Path]) -> None:
    name = f"{COLLECTION}.nexus"
    run = core.run(next(homes), {}, "ansible-doc", "-t", "inventory", "--json", name).assert_good()
    documented = json.loads(run.output)[name]
    # Its own options, those of the modules' sign-in, those of every inventory plugin.
    assert {"cluster_managers", "client_id", "keyed_groups", "cache_plugin"} < documented["doc"]["options"].keys()
    assert documented["examples"]


def test_the_list_names_each_module(core: Core, homes: Iterator[Path]) -> None:
    run = core.run(next(homes), {}, "ansible-doc", "--list", COLLECTION).assert_good()
    assert [line.split()[0].rpartition(".")[2] for line in run.output.splitlines() if line.strip()] == MODULES
