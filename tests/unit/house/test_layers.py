# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers: a file of the collection imports from its own layer or from one below, and loads no library early."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
PACKAGE = "ansible_collections.operator_nexus.credentials.plugins"
# From the bottom up. Every file of module_utils must be named here.
LAYERS = {
    "cloud": "_arm _clock _clouds _credentials _errors _graph _libraries _memory _operations _pipeline _progress "
    "_role_api _session _settings _shared_credential _store _vault_secrets",
    "domain": "_access _access_checks _api_version _cluster_manager _documents _finding _identity _link _method "
    "_readiness _readiness_facts _resource_id _role_assignment _rotation _rotation_status _secret_archive "
    "_secret_archive_settings _time _vault_checks _writers",
    "operation": "_attach _converge _find _grant _lifecycle _proof _readiness_survey _rotation_survey _usage _vault",
    "host": "_argspec _module",
}
RANK = {name: rank for rank, names in enumerate(LAYERS.values()) for name in names.split()}
# Of the cloud layer, the domain may know errors only: the rest does I/O.
DOMAIN_MAY_USE = {"_errors", *LAYERS["domain"].split()}
MODULE_UTILS = sorted((PLUGINS / "module_utils").glob("*.py"))


def imports(path: Path) -> set[str]:
    """The files of module_utils that this one imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(f"{PACKAGE}.module_utils"):
            continue
        own = (node.module or "").removeprefix(f"{PACKAGE}.module_utils").lstrip(".")
        found |= {own} if own else {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULE_UTILS, ids=lambda path: path.stem)
def test_imports_go_down(path: Path) -> None:
    used = imports(path)
    assert not {name for name in used if RANK[name] > RANK[path.stem]}
    if path.stem in LAYERS["domain"].split():
        assert used <= DOMAIN_MAY_USE


def test_every_file_has_a_layer() -> None:
    assert {path.stem for path in MODULE_UTILS} == set(RANK)


def test_importing_the_modules_loads_no_azure_library() -> None:
    """They take a second to load, which a task with bad input, or one on a cached document, must not pay."""
    names = [f"{PACKAGE}.modules.{path.stem}" for path in (PLUGINS / "modules").glob("*.py")]
    show = "print([name for name in sys.modules if name.split('.')[0] in ('azure', 'msal', 'requests')])"
    code = f"import sys, {', '.join(names)}; {show}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_module_has_its_action() -> None:
    """Named alike: only then do `module_defaults` and action groups mean the same with both, on every ansible-core."""
    modules = {path.stem for path in (PLUGINS / "modules").glob("*.py")}
    assert {path.stem for path in (PLUGINS / "action").glob("*.py")} == modules
    for name in modules:
        assert f"MODULE = {name}\n" in (PLUGINS / "action" / f"{name}.py").read_text()


def test_nothing_below_the_actions_knows_of_them() -> None:
    for path in [*MODULE_UTILS, *(PLUGINS / "modules").glob("*.py")]:
        assert "plugin_utils" not in "".join(line for line in path.read_text().splitlines() if "import" in line), path
