# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tasks run inside Ansible's worker: all but those that ask for what only a process of its own can give."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e_ansible import Core, Run
from e2e_cloud import Cloud
from e2e_plays import COLLECTION, credential_options, network, run_tasks, task
from e2e_ways import modules, other_interpreter, sign_ins

INFO = f"{COLLECTION}.nexus_cluster_info"

# Keywords of a task -> why it is an ordinary module; empty when it is none.
KEYWORDS: dict[str, tuple[dict[str, Any], str]] = {
    "plain": ({}, ""),
    "an environment without anything": ({"environment": {}}, ""),
    "an environment": ({"environment": {"SITE": "east"}}, "the environment sets SITE"),
    "async": ({"async": 60, "poll": 1}, "the task is async"),
    "become": ({"become": True, "become_method": "ansible.builtin.su"}, "it becomes another user"),
    "Ansible's own Python": ({"vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}}, ""),
    "any Python": ({"vars": {"ansible_python_interpreter": "auto_silent"}}, ""),
    "another Python": ({"vars": {"ansible_python_interpreter": "{{ wrapper }}"}}, "the interpreter is WRAPPER"),
    "another Python of the host that it is delegated to": ({"delegate_to": "jump"}, "the interpreter is WRAPPER"),
    "delegated to the controller": ({"delegate_to": "localhost"}, ""),
    "a time limit": ({"timeout": 120}, ""),
}


@pytest.fixture(scope="module")
def keywords(core: Core, shared_cloud: Cloud, homes: Iterator[Path], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All rows in one play, each answer with the clusters' names."""
    shared_cloud.reset()
    wrapper = other_interpreter(core, tmp_path_factory.mktemp("wrapper"))["ansible_python_interpreter"]
    jump = {"ansible_connection": "local", "ansible_python_interpreter": wrapper}
    tasks = [
        {"name": "jump", "ansible.builtin.add_host": {"name": "jump", **jump}},
        *(
            task("nexus_cluster_info", name, resource_group="nexus-prod") | more
            for name, (more, _why) in KEYWORDS.items()
        ),
    ]
    # A home that is not the user's own: Ansible looks for the job in the one and leaves it in the other.
    variables = shared_cloud.env | {"ANSIBLE_ASYNC_DIR": str(tmp_path_factory.mktemp("async"))}
    return run_tasks(core, next(homes), variables, tasks, "-vvv", vars={"wrapper": wrapper})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes root without a password")
def test_each_task_takes_its_way(keywords: Run) -> None:
    keywords.assert_good()
    taken = [(name, re.sub(r"/\S+/python-of-its-own", "WRAPPER", why)) for name, why in modules(keywords)]
    assert taken == [(INFO, why) for _more, why in KEYWORDS.values() if why]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes root without a password")
@pytest.mark.parametrize("name", KEYWORDS)
def test_each_way_gives_the_answer(keywords: Run, name: str) -> None:
    assert len(keywords.result(name)["clusters"]) == 3


@pytest.mark.parametrize("strategy", ["linear", "free", "ansible.builtin.host_pinned"])
def test_strategies(core: Core, cloud: Cloud, homes: Iterator[Path], strategy: str) -> None:
    """One sign-in for all hosts and tasks shows that all of them shared, which only tasks inside the worker do."""
    tasks = [task("nexus_cluster_info", f"look {number}", resource_group="nexus-prod") for number in range(2)]
    hosts = tuple(f"host{number}" for number in range(6))
    run = run_tasks(core, next(homes), cloud.env, tasks, "--forks", "6", hosts=hosts, strategy=strategy).assert_good()
    assert len([event for event in run.results if len(event["result"]["clusters"]) == 3]) == 12
    assert len(sign_ins(cloud)) == 1


def test_a_time_limit_ends_a_task_that_waits(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    cloud.settings(operation_seconds=60)
    oslo = next(one["id"] for one in cloud.clusters() if one["name"] == "cluster-oslo")
    vault = cloud.vaults()["kv-nexus-prod"]["id"]
    link = task("nexus_cluster_secret_archive", "link", id=oslo, key_vault_id=vault) | {"timeout": 3}
    run = run_tasks(core, next(homes), cloud.env, [link])
    assert run.rc != 0
    assert "Timed out after 3 " in run.output or "expected time frame (3)" in run.output, run.output


def test_a_module_that_runs_out_of_time_leaves_no_secret_behind(
    core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path
) -> None:
    """Ansible's packed module holds the options of the task."""
    cloud.settings(operation_seconds=60)
    oslo = next(one["id"] for one in cloud.clusters() if one["name"] == "cluster-oslo")
    options = credential_options(cloud) | {"id": oslo, "key_vault_id": cloud.vaults()["kv-nexus-prod"]["id"]}
    link = task("nexus_cluster_secret_archive", "link", **options) | {"timeout": 4, "environment": {"SITE": "east"}}
    variables = network(cloud) | {"ANSIBLE_REMOTE_TEMP": str(tmp_path / "remote")}
    run = run_tasks(core, next(homes), variables, [link], "-vvv")
    assert run.rc != 0
    assert len(modules(run)) == 1
    assert list((tmp_path / "remote").iterdir()) == []


def test_a_missing_library_is_told_by_the_task(core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    """The Python that runs Ansible has none of Azure's libraries: told as by the module, and nothing breaks before."""
    (tmp_path / "azure").mkdir()
    (tmp_path / "azure" / "__init__.py").write_text("raise ImportError('no libraries on this machine')\n")
    variables = cloud.env | {"PYTHONPATH": str(tmp_path)}
    look = task("nexus_cluster_info", resource_group="nexus-prod")
    result = run_tasks(core, next(homes), variables, [look]).result("nexus_cluster_info", event="failed")
    assert result["failure"]["code"] == "MissingLibrary"
    assert str(core.venv / "bin" / "python") in result["msg"]


def test_what_the_libraries_say_stays_out_of_output_and_log(
    core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path
) -> None:
    """urllib3 warns of certificates that nobody checks, and Azure's libraries log each request."""
    log = tmp_path / "ansible.log"
    look = task("nexus_cluster_info", resource_group="nexus-prod", cert_validation_mode="ignore")
    run_tasks(core, next(homes), cloud.env | {"ANSIBLE_LOG_PATH": str(log)}, [look]).assert_good()
    assert "nexus_cluster_info" in log.read_text()
    assert "azure.emulator" not in log.read_text()
    assert "Request URL" not in log.read_text()
