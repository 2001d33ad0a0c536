# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed in the middle of a long-running operation, and the run after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from e2e_ansible import Core, wait_until
from e2e_cloud import Cloud
from e2e_fleet import EXAMPLE_INVENTORY, PLAYBOOK, assert_secrets_arrive, wanted_grants

OPERATION_SECONDS = 8.0


def test_kill_in_a_cluster_update_and_run_again(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    cloud.settings(operation_seconds=OPERATION_SECONDS)
    before = cloud.grants()
    arguments = (PLAYBOOK, "-i", str(EXAMPLE_INVENTORY), "--limit", "cluster-oslo")
    killed = core.start(next(homes), cloud.env, "ansible-playbook", *arguments)
    wait_until("the write of the cluster", lambda: _cluster_writes(cloud))
    killed.kill()
    assert _state(cloud, "cluster-oslo") != "Succeeded", "killed too late: the operation is over"

    seen = cloud.mark()
    again = core.play(next(homes), cloud.env, *arguments).assert_good()
    assert _state(cloud, "cluster-oslo") == "Succeeded", "did not wait for the earlier operation"
    assert again.changed == {"cluster-oslo": 0}, again.output
    assert cloud.writes(since=seen) == []
    assert_secrets_arrive(cloud, "kv-nexus-prod", ["cluster-oslo"])
    new = [grant for grant in cloud.grants() if grant not in before]
    assert sorted(new) == sorted(wanted_grants(cloud, cloud.vaults()["kv-nexus-prod"]["id"]))


def _cluster_writes(cloud: Cloud) -> list[str]:
    return [line for line in cloud.writes() if line.startswith("PATCH") and "/clusters/" in line.lower()]


def _state(cloud: Cloud, cluster: str) -> str:
    return next(str(one["properties"]["provisioningState"]) for one in cloud.clusters() if one["name"] == cluster)
