# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""House rules that no linter knows: metadata that must agree, the archive's contents, licence heads."""

from __future__ import annotations

import ast
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

import collection_archive

CHECKOUT = Path(__file__).resolve().parents[3]
MODULES = sorted(path.stem for path in (CHECKOUT / "plugins/modules").glob("*.py"))
SOURCES = sorted(path for folder in ("plugins", "tests") for path in (CHECKOUT / folder).rglob("*.py"))
HEAD = """\
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""
SHEBANG = "#!/usr/bin/python\n"
FRAGMENTS = "operator_nexus.credentials._attributes"
# galaxy.yml itself becomes MANIFEST.json.
IN_THE_ARCHIVE = {
    *("CHANGELOG.md", "CHANGELOG.rst", "CONTRIBUTING.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md"),
    *("changelogs", "docs", "meta", "playbooks", "plugins", "requirements.txt", "roles"),
}


def load(path: str) -> Any:
    return yaml.safe_load((CHECKOUT / path).read_text())


def requirements(path: str) -> dict[str, str]:
    """Package -> version bound, `>=1.15` or `==1.15.*`, without packages that have a condition."""
    lines = (CHECKOUT / path).read_text().splitlines()
    return dict(re.findall(r"^([\w-]+)([=<>].+)$", "\n".join(line for line in lines if ";" not in line), re.MULTILINE))


def documentation(module: str) -> Any:
    """A module's DOCUMENTATION as its file has it, fragments not filled in."""
    tree = ast.parse((CHECKOUT / "plugins/modules" / f"{module}.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION":
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{module} has no DOCUMENTATION")


def test_requirements_say_the_same_everywhere() -> None:
    wanted = requirements("requirements.txt")
    assert wanted
    assert requirements("meta/ee-requirements.txt") == wanted
    oldest = requirements("tests/requirements-oldest.txt")
    fragment = (CHECKOUT / "plugins/doc_fragments/_attributes.py").read_text()
    for package, bound in wanted.items():
        version = bound.removeprefix(">=")
        assert oldest[package] == f"=={version}.*", "the oldest version that is tested is the lower bound"
        assert f"  - {package} >= {version}\n" in fragment


def test_every_module_is_in_the_action_group() -> None:
    groups = load("meta/runtime.yml")["action_groups"]
    assert groups["nexus"] == MODULES
    assert groups["azure"] == [{"metadata": {"extend_group": ["nexus", "azure.azcollection.all"]}}]


@pytest.mark.parametrize("module", MODULES)
def test_module_documents_its_action_groups(module: str) -> None:
    used = [name for name in documentation(module)["extends_documentation_fragment"] if name.startswith(FRAGMENTS)]
    assert used == [f"{FRAGMENTS}.info" if module.endswith("_info") else FRAGMENTS]


def test_attribute_fragments_name_both_action_groups() -> None:
    from ansible_collections.operator_nexus.credentials.plugins.doc_fragments._attributes import ModuleDocFragment

    for text in (ModuleDocFragment.DOCUMENTATION, ModuleDocFragment.INFO):
        groups = yaml.safe_load(text)["attributes"]["action_group"]["membership"]
        assert groups == [f"operator_nexus.credentials.{name}" for name in ("nexus", "azure")]


def test_archive_holds_only_what_users_need(tmp_path: Path) -> None:
    with tarfile.open(collection_archive.build(tmp_path)) as contents:
        names = [Path(name) for name in contents.getnames()]
    assert {name.parts[0] for name in names} <= IN_THE_ARCHIVE
    assert {"LICENSE", "README.md", "meta", "playbooks", "plugins", "roles"} <= {name.parts[0] for name in names}
    assert not [name for name in names if {"__pycache__", "fragments"} & set(name.parts)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_source_has_its_licence_head(path: Path) -> None:
    head = SHEBANG + HEAD if path.parent.name == "modules" and path.parent.parent.name == "plugins" else HEAD
    if path.is_relative_to(CHECKOUT / "tests"):
        head = HEAD
    assert path.read_text().startswith(head)
