# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many clusters share managers, a vault and identities; two jobs set them up at the same moment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e_ansible import Core
from e2e_cloud import Cloud
from e2e_fleet import PLAYBOOK, assert_secrets_arrive, assert_unchanged, wanted_grants

CLUSTERS = 9
GROUP = "nexus-fleet"


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Cloud]:
    """Nine clusters, dealt out to three managers; a write takes its time, so that others come in between."""
    content = {
        "vaults": [{"name": "kv-shared", "resource_group": GROUP}],
        "identities": [{"name": name, "resource_group": GROUP} for name in ("id-a", "id-b")],
        "generate": {"clusters": CLUSTERS, "managers": 3, "machines": 1, "resource_group": GROUP},
    }
    (tmp_path / "fleet.yml").write_text(json.dumps(content))
    with Cloud.running(tmp_path / "emulator", tmp_path / "fleet.yml") as cloud:
        # the strict reading of the documents: an identity that a write forgets is gone
        cloud.settings(unlisted_identities="remove", operation_seconds=2.0, principal_replication_seconds=1.0)
        yield cloud


def _inventory(cloud: Cloud, path: Path) -> Path:
    """cm-001 writes with its system assigned identity, cm-002 with id-a for one cluster and id-b for the others.

    Clusters of cm-003 write with identities of their own: id-a for one, id-b for the others.
    """
    identities = {name: one["id"] for name, one in cloud.identities().items()}
    hosts: dict[str, dict[str, Any]] = {}
    for number, cluster in enumerate(cloud.clusters()):
        manager = cluster["properties"]["clusterManagerId"].rpartition("/")[2]
        identity: dict[str, Any] = {
            "customer_key_vault_user_assigned_identity_ids": [identities["id-b" if number >= 3 else "id-a"]]
        }
        older: dict[str, Any] = {"customer_key_vault_method": "cluster_manager"}
        hosts[cluster["name"]] = {"cm-001": older, "cm-002": older | identity, "cm-003": identity}[manager]
    common = {
        "customer_key_vault_resource_group": GROUP,
        "customer_key_vault_key_vault_id": cloud.vaults()["kv-shared"]["id"],
    }
    path.write_text(json.dumps({"nexus_clusters": {"hosts": hosts, "vars": common}}))
    return path


@pytest.mark.newest_only
def test_two_jobs_at_once(core: Core, fleet: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    before = fleet.grants()
    command = ("ansible-playbook", PLAYBOOK, "-i", str(_inventory(fleet, tmp_path / "inventory.yml")), "--forks", "9")
    jobs = [core.start(next(homes), fleet.env, *command) for _job in range(2)]
    for job in jobs:
        job.wait().assert_good()

    managers = fleet.managers()
    assert managers["cm-001"]["identity"]["type"] == "SystemAssigned"
    kept = {key.rpartition("/")[2] for key in managers["cm-002"]["identity"]["userAssignedIdentities"]}
    assert kept == {"id-a", "id-b"}
    assert managers["cm-003"]["identity"] == {"type": "None"}
    own = [key.rpartition("/")[2] for one in fleet.clusters() for key in _user_assigned(one)]
    assert own == ["id-a", "id-b", "id-b"]
    new = [grant for grant in fleet.grants() if grant not in before]
    assert sorted(new) == sorted(wanted_grants(fleet, fleet.vaults()["kv-shared"]["id"]))
    assert_secrets_arrive(fleet, "kv-shared", [one["name"] for one in fleet.clusters()])

    seen = fleet.mark()
    assert_unchanged(core.run(next(homes), fleet.env, *command), hosts=CLUSTERS)
    assert fleet.writes(since=seen) == []


def _user_assigned(owner: dict[str, Any]) -> list[str]:
    return list((owner.get("identity") or {}).get("userAssignedIdentities") or {})


@pytest.mark.newest_only
def test_a_broken_cluster_does_not_stop_the_others(
    core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path
) -> None:
    """One cluster that is not there, one with a vault of access policies: the rest is set up all the same."""
    vaults = cloud.vaults()
    hosts: dict[str, dict[str, Any]] = {
        "cluster-gone": {},
        "cluster-rome": {"customer_key_vault_key_vault_id": vaults["kv-legacy"]["id"]},
        "cluster-oslo": {},
    }
    common = {
        "customer_key_vault_resource_group": "nexus-prod",
        "customer_key_vault_key_vault_id": vaults["kv-nexus-prod"]["id"],
    }
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(json.dumps({"nexus_clusters": {"hosts": hosts, "vars": common}}))
    run = core.play(next(homes), cloud.env, PLAYBOOK, "-i", str(inventory))
    run.assert_quiet()
    assert run.rc != 0, "a failed cluster must fail the job"
    assert {host: bool(numbers["failures"]) for host, numbers in run.stats.items()} == {
        "cluster-gone": True,
        "cluster-rome": True,
        "cluster-oslo": False,
    }
    assert_secrets_arrive(cloud, "kv-nexus-prod", ["cluster-oslo"])
    # The vault is looked at before anything is written: the cluster got no identity either.
    assert not any(name in line for line in cloud.writes() for name in ("/clusters/cluster-rome", "/cm-south"))
    end = run.output[run.output.rindex("TASK [") :]
    assert "cluster-gone" in end
    assert "kv-legacy" in end
