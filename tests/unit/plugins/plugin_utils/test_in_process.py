# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small parts of running inside the worker; the whole of it is tested end to end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.plugin_utils import _in_process

PACKAGE = "ansible_collections.operator_nexus.credentials.plugins"


class Text(str):
    """A text with something more to it, as Ansible's are."""


class Number(int):
    pass


class Vaulted:
    def __str__(self) -> str:
        return "decrypted"


def test_values_become_jsons_own() -> None:
    given = {Text("name"): [Text("a"), Number(1), 1.5, True, None, Vaulted(), (Text("b"),)]}
    plain = _in_process._plain(given)
    assert plain == {"name": ["a", 1, 1.5, True, None, "decrypted", ["b"]]}
    assert [type(item) for item in (*plain, *plain["name"][:4])] == [str, str, int, float, bool]


@pytest.mark.parametrize("secret", ["swordfish", "12345"])
def test_a_secret_is_blotted_out_wherever_it_stands(secret: str) -> None:
    spec = {"secret": {"no_log": True}, "password": {"no_log": True}, "id": {}}
    params = {"secret": secret, "password": None, "id": "x"}
    result = {"msg": f"Bearer {secret} is wrong", "invocation": {"module_args": params}, "changed": False, "x": None}
    shown = _in_process._without_secrets(result, params, spec)
    assert secret not in str(shown)
    assert shown["invocation"]["module_args"]["id"] == "x"
    assert (shown["changed"], shown["x"]) == (False, None)


def other_python(tmp_path: Path, name: str) -> str:
    """The same program, as another virtual environment shows it."""
    (tmp_path / name).symlink_to(Path(sys.executable).resolve())
    return str(tmp_path / name)


def test_this_python_is_known_under_its_other_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Path(other_python(tmp_path, "python3"))
    monkeypatch.setattr(sys, "executable", str(own))
    other_python(tmp_path, "python3.99")
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in (str(own), str(tmp_path / "python3.99"), str(tmp_path / "link" / "python3"), "python3"):
        assert _in_process.is_this_python(name), name


def test_another_python_is_another(tmp_path: Path) -> None:
    assert not _in_process.is_this_python(other_python(tmp_path, "python3"))
    assert not _in_process.is_this_python(str(tmp_path / "missing"))
    assert not _in_process.is_this_python("/usr/bin/env python3")


def run_python(code: str) -> str:
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_parent_imports_all_libraries_and_opens_nothing() -> None:
    """Whatever the first task of a worker imports after that, it is none of Azure's."""
    code = f"""
import os, sys, threading
from {PACKAGE}.action import nexus_kv_role
from {PACKAGE}.plugin_utils import _in_process
sockets = [link for link in map(lambda fd: os.path.realpath(f"/proc/self/fd/{{fd}}"), os.listdir("/proc/self/fd"))
           if "socket" in link]
assert threading.active_count() == 1, threading.enumerate()
assert not sockets, sockets
assert _in_process.RUN_CACHE is not None
before = set(sys.modules)
from {PACKAGE}.module_utils import _session
session = _session.Session({{"client_id": "c", "secret": "s", "tenant": "t"}}, {{}})
session.arm.prepare(), session.roles.prepare(), session.graph
session._method.build(session._cloud, session._transport)
print(sorted(name for name in set(sys.modules) - before if name.split(".")[0] in ("azure", "msal", "requests")))
"""
    assert run_python(code) == "[]"


def test_without_the_libraries_the_action_is_there_all_the_same() -> None:
    code = f"""
import sys
sys.modules["azure.identity"] = None
from {PACKAGE}.plugin_utils import _in_process
print(_in_process.RUN_CACHE)
"""
    assert run_python(code) == "None"
