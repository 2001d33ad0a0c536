# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody stares at a silent screen: lines about operations that take long, and many of these at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e_ansible import Core
from e2e_cloud import Cloud
from e2e_fleet import EXAMPLE_INVENTORY, PLAYBOOK
from e2e_plays import run_tasks, task

CLUSTERS = ("cluster-oslo", "cluster-bergen", "cluster-rome")


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if "] update of clusters/" in line]


def test_each_clusters_operation_is_told(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    cloud.settings(operation_seconds=12)
    # With one update for each cluster.
    arguments = ("-i", str(EXAMPLE_INVENTORY), "-e", "customer_key_vault_method=cluster_manager")
    run = core.play(next(homes), cloud.env, PLAYBOOK, *arguments).assert_good()
    for name in CLUSTERS:
        mine = [line for line in _lines(run.output) if line.startswith(f"[{name}] update of clusters/{name}: ")]
        words = [line.partition(f"clusters/{name}: ")[2] for line in mine]
        assert words[0] == "begun (Accepted)"
        assert [text for text in words if text.endswith(" so far")]
        assert words[-1].startswith("Succeeded after 1")
    # All of them had begun before the first one ended: the waiting is shared.
    order = ["begun" in line for line in _lines(run.output) if "begun" in line or " after " in line]
    assert order == [True] * 3 + [False] * 3


@pytest.mark.parametrize("way", ["option", "variable", "no_log", "check mode"])
def test_silence(core: Core, cloud: Cloud, homes: Iterator[Path], way: str) -> None:
    cloud.settings(operation_seconds=1)
    oslo = next(one["id"] for one in cloud.clusters() if one["name"] == "cluster-oslo")
    options = {"progress": False} if way == "option" else {}
    link = task(
        "nexus_cluster_secret_archive", "link", id=oslo, key_vault_id=cloud.vaults()["kv-nexus-prod"]["id"], **options
    )
    keywords = {"no_log": True} if way == "no_log" else {}
    variables = {"OPERATOR_NEXUS_PROGRESS": "false"} if way == "variable" else {}
    arguments = ("--check",) if way == "check mode" else ()
    run = run_tasks(core, next(homes), cloud.env | variables, [link | keywords], *arguments).assert_good()
    assert run.changed == {"site": 1}
    assert _lines(run.output) == []


@pytest.mark.newest_only
def test_somebody_elses_operation_is_told_too(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    cloud.settings(operation_seconds=4)
    oslo = next(one["id"] for one in cloud.clusters() if one["name"] == "cluster-oslo")
    vault = cloud.vaults()["kv-nexus-prod"]["id"]
    cloud.patch(oslo, {"properties": {"secretArchive": {"keyVaultId": vault, "useKeyVault": "False"}}})
    link = task("nexus_cluster_secret_archive", "link", id=oslo, key_vault_id=vault, use_key_vault=False)
    run = run_tasks(core, next(homes), cloud.env, [link]).assert_good()
    assert run.changed == {"site": 0}
    assert "[site] operation on clusters/cluster-oslo: begun (" in run.output
    assert "[site] operation on clusters/cluster-oslo: Succeeded after " in run.output
