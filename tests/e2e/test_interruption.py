# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed in the middle of a long-running operation, and the run after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e_ansible import Core
from e2e_cloud import Cloud
from e2e_fleet import EXAMPLE_INVENTORY, PLAYBOOK, assert_secrets_arrive, wanted_grants
from e2e_links import Site

OPERATION_SECONDS = 5.0


@pytest.mark.newest_only
def test_kill_while_the_cluster_gets_its_identity(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    kill_and_run_again(core, cloud, homes, "identity", "changed vault role, vault link")


def test_kill_while_the_cluster_gets_its_link(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    kill_and_run_again(core, cloud, homes, "secretArchiveSettings", "already in place")


def kill_and_run_again(core: Core, cloud: Cloud, homes: Iterator[Path], member: str, left: str) -> None:
    """Kill a run in the PATCH with this member; `left` is what the summary of the next run says."""
    cloud.settings(operation_seconds=OPERATION_SECONDS)
    before = cloud.grants()
    site, limit = Site(core, cloud, EXAMPLE_INVENTORY, homes), ("--limit", "cluster-oslo")
    site.kill_at(member, PLAYBOOK, *limit)

    seen = cloud.mark()
    # The operation that goes on keeps its time.
    cloud.settings(operation_seconds=0.3)
    again = site.step(PLAYBOOK, *limit).run.assert_good()
    cluster = cloud.cluster("cluster-oslo")
    assert cluster["properties"]["provisioningState"] == "Succeeded", "did not wait for the earlier operation"
    (line,) = again.summary
    assert line.startswith(f"cluster-oslo: {left} (")
    written = cloud.log(since=str(seen), writes="true")
    assert [entry for entry in written if member in {*entry["body"], *entry["body"].get("properties", {})}] == []
    assert len(written) == sum(again.changed.values())
    assert_secrets_arrive(cloud, "kv-nexus-prod", ["cluster-oslo"])
    new = [grant for grant in cloud.grants() if grant not in before]
    assert sorted(new) == sorted(wanted_grants(cloud, cloud.vaults()["kv-nexus-prod"]["id"]))
