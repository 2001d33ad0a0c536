# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End-to-end tests: real Ansible programs against the emulator as a process of its own.

`NEXUS_E2E_VENVS` names the virtual environments to test, with colons between; without it the one that runs pytest is
tested. Each must hold ansible-core and the collection's Python requirements. Tests of one file share runs, so give a
file to one worker: `pytest -n 2 --dist loadfile tests/e2e`.
"""

from __future__ import annotations

import functools
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import collection_archive
from e2e_ansible import Core
from e2e_cloud import Cloud
from e2e_fleet import write_fleet
from e2e_logins import Logins, make_logins


@functools.cache
def venvs() -> dict[str, Path]:
    """`newest` and `oldest` (and `coreN` between them) -> virtual environment."""
    folders = [Path(item) for item in os.environ.get("NEXUS_E2E_VENVS", sys.prefix).split(":") if item]
    code = "from ansible.release import __version__ as v; print(v)"

    def version(folder: Path) -> tuple[int, ...]:
        printed = subprocess.run([folder / "bin/python", "-c", code], capture_output=True, text=True, check=True)
        return tuple(int(part) for part in printed.stdout.split(".")[:2])

    newest_first = sorted(folders, key=version, reverse=True)
    names = ["newest", *(f"core{number}" for number in range(1, len(newest_first) - 1)), "oldest"]
    return dict(zip(names, newest_first, strict=False)) if len(newest_first) > 1 else {"newest": newest_first[0]}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "newest_only: gives nothing new on an older ansible-core")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "core" not in metafunc.fixturenames:
        return
    newest_only = any(mark.name == "newest_only" for mark in metafunc.definition.iter_markers())
    names = ["newest"] if newest_only else list(venvs())
    metafunc.parametrize("core", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def installed_collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the collection and install the archive, as a user gets it: the folder for ANSIBLE_COLLECTIONS_PATH."""
    folder = tmp_path_factory.mktemp("collection")
    collection_archive.install(folder)
    return folder


@pytest.fixture(scope="session")
def core(request: pytest.FixtureRequest, installed_collection: Path) -> Core:
    """One ansible-core with our collection."""
    return Core(request.param, venvs()[request.param], installed_collection)


@pytest.fixture(scope="session")
def logins(tmp_path_factory: pytest.TempPathFactory) -> Logins:
    """Other ways to log in than by a client secret, which the emulator of this worker knows."""
    return make_logins(tmp_path_factory.mktemp("logins"))


@pytest.fixture(scope="session")
def shared_cloud(tmp_path_factory: pytest.TempPathFactory, logins: Logins) -> Iterator[Cloud]:
    """This worker's emulator with the example fleet, in any state: whoever uses it resets it first."""
    folder = tmp_path_factory.mktemp("emulator")
    with Cloud.running(folder, write_fleet(folder / "fleet.yml", logins.fleet)) as running:
        yield running


@pytest.fixture
def cloud(shared_cloud: Cloud) -> Cloud:
    """The emulator with the untouched example fleet."""
    shared_cloud.reset()
    return shared_cloud


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders to live in, one for every run of an Ansible program: `next(homes)`."""
    base = tmp_path_factory.mktemp("homes")
    return (base / f"home{number}" for number in itertools.count(1))
