# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure takes its time: principals that are not known yet, roles that are not effective yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e_ansible import Core
from e2e_cloud import Cloud
from e2e_fleet import assert_secrets_arrive
from e2e_plays import procedure, run_tasks


def test_a_principal_that_is_not_replicated_yet(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    cloud.settings(principal_replication_seconds=5)
    run = run_tasks(core, next(homes), cloud.env, procedure(cloud)).assert_good()
    assert run.changed == {"site": 3}
    puts = [line for line in cloud.writes() if line.startswith("PUT") and "/roleassignments/" in line.lower()]
    assert [line.rpartition(" ")[2] for line in puts[:-1]] == ["400"] * (len(puts) - 1)
    assert len(puts) > 1
    assert puts[-1].endswith(" 201")
    assert len({line.rpartition(" ")[0] for line in puts}) == 1, "one name for one assignment, at every attempt"
    assert_secrets_arrive(cloud, "kv-nexus-prod", ["cluster-oslo"])


@pytest.mark.newest_only
def test_a_role_that_is_not_effective_yet(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    """The platform starts by itself when the role is effective; our run does not have to be there."""
    cloud.settings(role_effect_seconds=12)
    run_tasks(core, next(homes), cloud.env, procedure(cloud)).assert_good()
    assert not [name for name in cloud.secrets("kv-nexus-prod") if "cluster-oslo" in name]
    assert_secrets_arrive(cloud, "kv-nexus-prod", ["cluster-oslo"])
