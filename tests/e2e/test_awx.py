# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX: ansible-runner, and only the variables that its built-in Azure Resource Manager credential injects."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e_ansible import Core, Run
from e2e_cloud import Cloud
from e2e_fleet import EXAMPLE_INVENTORY, PLAYBOOK, assert_secrets_arrive, assert_unchanged
from e2e_plays import AWX_INJECTS, network


def runner(core: Core, cloud: Cloud, home: Path, extra_vars: dict[str, Any], *more: str) -> Run:
    """One job. The project has one playbook, as an AWX project that uses a collection has."""
    data = home / "job"
    (data / "project").mkdir(parents=True)
    (data / "env").mkdir()
    (data / "project" / "site.yml").write_text(f"- import_playbook: {PLAYBOOK}\n")
    (data / "env" / "extravars").write_text(json.dumps(extra_vars))
    variables = {name: cloud.env[name] for name in AWX_INJECTS} | network(cloud)
    command = ("-m", "ansible_runner", "run", str(data), "-p", "site.yml", "--inventory", str(EXAMPLE_INVENTORY), *more)
    return core.run(home, variables, sys.executable, *command)


def events(run: Run) -> list[dict[str, Any]]:
    """The job's events as AWX stores them."""
    found = [json.loads(path.read_text()) for path in run.home.glob("job/artifacts/*/job_events/*.json")]
    assert found, run.output
    return found


@pytest.fixture(scope="module")
def jobs(core: Core, shared_cloud: Cloud, homes: Iterator[Path]) -> tuple[Run, Run, list[str]]:
    """A job over the inventory in two batches, one with a survey for a cluster that it has set up, the latter's writes.

    A survey's textarea is one text, an empty answer an empty text, and a number or a boolean may come as text as well.
    """
    shared_cloud.reset()
    first = runner(core, shared_cloud, next(homes), {"customer_key_vault_serial": [1, 10]})
    seen = shared_cloud.mark()
    answers = {
        "customer_key_vault_user_assigned_identity_ids": shared_cloud.identities()["id-nexus-south"]["id"] + "\n",
        "customer_key_vault_method": "",
        "customer_key_vault_cluster_manager_id": "",
        "customer_key_vault_system_assigned_identity": "false",
        "customer_key_vault_operator_role": "true",
        "customer_key_vault_use_key_vault": "true",
        "customer_key_vault_effective_seconds": "0",
        "customer_key_vault_prove": "true",
        "customer_key_vault_wait_timeout": "600",
    }
    second = runner(core, shared_cloud, next(homes), answers, "--limit", "cluster-rome")
    return first, second, shared_cloud.writes(since=seen)


def test_the_first_job_brings_the_secrets(shared_cloud: Cloud, jobs: tuple[Run, Run, list[str]]) -> None:
    first, _second, _writes = jobs
    first.assert_good()
    assert_secrets_arrive(shared_cloud, "kv-nexus-prod", ["cluster-oslo", "cluster-bergen", "cluster-rome"])


def test_each_batch_sums_up_the_clusters_so_far(jobs: tuple[Run, Run, list[str]]) -> None:
    found = [event["event_data"] for event in events(jobs[0]) if event["event"] == "runner_on_ok"]
    summaries = [data["res"]["msg"] for data in found if data["task"] == "Summary of all clusters"]
    named = sorted([line.partition(":")[0] for line in lines] for lines in summaries)
    assert named == [["cluster-oslo"], ["cluster-oslo", "cluster-bergen", "cluster-rome"]]


def test_a_survey_says_the_same_in_texts(jobs: tuple[Run, Run, list[str]]) -> None:
    _first, second, writes = jobs
    assert_unchanged(second, hosts=1)
    assert writes == []


def test_the_jobs_output_shows_how_operations_go_on(jobs: tuple[Run, Run, list[str]]) -> None:
    """In events of their own, beside those of the tasks."""
    in_order = sorted(events(jobs[0]), key=lambda event: event["counter"])
    shown = [line for event in in_order for line in event["stdout"].splitlines()]
    # By the newer method a cluster is updated twice, since it gets an identity of its own.
    for name, updates in {"cluster-oslo": 2, "cluster-bergen": 2, "cluster-rome": 1}.items():
        mine = [line for line in shown if line.startswith(f"[{name}] update of clusters/{name}: ")]
        assert len([line for line in mine if line.endswith("begun (Accepted)")]) == updates, shown
        assert len([line for line in mine if "Succeeded after" in line]) == updates
        assert mine[0].endswith("begun (Accepted)")
        assert "Succeeded after" in mine[-1]


def test_the_stored_events_hold_no_secret(shared_cloud: Cloud, jobs: tuple[Run, Run, list[str]]) -> None:
    for run in jobs[:2]:
        assert shared_cloud.env["AZURE_SECRET"] not in json.dumps(events(run))
