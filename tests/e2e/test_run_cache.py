# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of one run share: sign-ins, and reads that prove that nothing needs doing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e_ansible import Core, wait_until
from e2e_cloud import Cloud
from e2e_fleet import EXAMPLE_INVENTORY, PLAYBOOK, assert_unchanged
from e2e_plays import run_tasks, task, write_play
from e2e_ways import arm_requests, sign_ins

GROUP = "nexus-fleet"
SIZES = (8, 32)


def _ids(cloud: Cloud) -> tuple[str, str, str]:
    """The cluster cluster-oslo, the vault kv-nexus-prod, and another vault."""
    oslo = next(one["id"] for one in cloud.clusters() if one["name"] == "cluster-oslo")
    vaults = cloud.vaults()
    return (
        oslo,
        vaults["kv-nexus-prod"]["id"],
        next(one["id"] for name, one in vaults.items() if name != "kv-nexus-prod"),
    )


def _linked_to(cloud: Cloud) -> str | None:
    oslo = next(one for one in cloud.clusters() if one["name"] == "cluster-oslo")
    return ((oslo["properties"].get("secretArchive") or {}).get("keyVaultId") or "").lower() or None


def test_the_playbook_signs_in_once_per_audience(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    """The first run, and a second with everything in place; cm-south needs Microsoft Graph."""
    for _run in range(2):
        seen = cloud.mark()
        core.play(next(homes), cloud.env, PLAYBOOK, "-i", str(EXAMPLE_INVENTORY), "--forks", "3").assert_good()
        assert sorted(sign_ins(cloud, since=seen)) == [
            "https://graph.azure.emulator//.default",
            "https://management.azure.emulator//.default",
        ]


def test_a_token_is_renewed_in_time(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    cloud.settings(token_seconds=3)
    looks = [task("nexus_cluster_info", f"look {number}", resource_group="nexus-prod") for number in range(2)]
    pause = {"name": "pause", "ansible.builtin.pause": {"seconds": 4}}
    run_tasks(core, next(homes), cloud.env, [looks[0], pause, looks[1]]).assert_good()
    assert len(sign_ins(cloud)) == 2


@pytest.fixture(scope="module")
def fleets(core: Core, tmp_path_factory: pytest.TempPathFactory, homes: Iterator[Path]) -> dict[int, list[str]]:
    """Number of clusters -> what a run asks Azure Resource Manager for when nothing needs doing."""
    asked = {}
    for size in SIZES:
        folder = tmp_path_factory.mktemp(f"fleet{size}")
        content = {
            "vaults": [{"name": "kv-shared", "resource_group": GROUP}],
            "generate": {"clusters": size, "managers": 4, "machines": 1, "resource_group": GROUP},
        }
        (folder / "fleet.yml").write_text(json.dumps(content))
        with Cloud.running(folder / "emulator", folder / "fleet.yml") as cloud:
            common = {
                "customer_key_vault_resource_group": GROUP,
                "customer_key_vault_key_vault_id": cloud.vaults()["kv-shared"]["id"],
            }
            hosts: dict[str, Any] = {one["name"]: {} for one in cloud.clusters()}
            (folder / "inventory.yml").write_text(json.dumps({"nexus_clusters": {"hosts": hosts, "vars": common}}))
            command = (PLAYBOOK, "-i", str(folder / "inventory.yml"), "--forks", "16")
            core.play(next(homes), cloud.env, *command).assert_good()
            seen = cloud.mark()
            assert_unchanged(core.play(next(homes), cloud.env, *command), hosts=size)
            asked[size] = arm_requests(cloud, since=seen)
    return asked


@pytest.mark.newest_only
def test_a_fleet_costs_lists_and_not_clusters(fleets: dict[int, list[str]]) -> None:
    """Two or three clusters and managers one by one, then the lists; the vault and its role assignments for all."""
    for asked in fleets.values():
        assert all(request.startswith("GET ") for request in asked)
        assert len(asked) <= 12, asked
        assert len([request for request in asked if request.endswith("/clusters")]) == 1


def test_a_change_by_somebody_else_is_seen_before_a_write(
    core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path
) -> None:
    """The run has read the cluster; then somebody else links it to the very vault that the next task wants."""
    oslo, vault, other = _ids(cloud)
    flags = [tmp_path / name for name in ("read", "changed")]
    tasks = [
        task("nexus_cluster_secret_archive", "read", id=oslo, key_vault_id=vault, state="absent"),
        {"name": "tell", "ansible.builtin.copy": {"content": "", "dest": str(flags[0]), "mode": "0600"}},
        {"name": "wait", "ansible.builtin.wait_for": {"path": str(flags[1]), "timeout": 60}},
        task("nexus_cluster_secret_archive", "link", id=oslo, key_vault_id=other),
        task("nexus_cluster_secret_archive", "link again", id=oslo, key_vault_id=vault),
    ]
    site = write_play(tmp_path / "site", tasks)
    home = next(homes)
    running = core.start(
        home, cloud.env, "ansible-playbook", str(site), "-i", str(site.parent / "inventory.yml"), "--diff"
    )
    wait_until("the run has read the cluster", flags[0].exists)
    cloud.patch(oslo, {"properties": {"secretArchive": {"keyVaultId": other, "useKeyVault": "True"}}})
    wait_until("the cluster is idle", lambda: cloud.arm(oslo)["properties"]["provisioningState"] == "Succeeded")
    seen = cloud.mark()
    flags[1].touch()
    run = running.wait().assert_good()
    assert run.result("link")["changed"] is False
    again = run.result("link again")
    assert again["diff"]["before"]["secret_archive"]["key_vault_id"].lower() == other.lower()
    # With the etag of the newest document: not even one attempt was refused.
    assert [line.rpartition(" ")[2] for line in cloud.writes(since=seen)] in (["200"], ["202"])
    assert _linked_to(cloud) == vault.lower()


def test_a_write_is_seen_by_the_tasks_after_it(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    """Also one by a task that shares nothing, because it is an ordinary module."""
    oslo, vault, _other = _ids(cloud)
    link = {"id": oslo, "key_vault_id": vault}
    tasks = [
        task("nexus_cluster_secret_archive", "link", **link),
        task("nexus_cluster_secret_archive", "unlink", **link, state="absent"),
        task("nexus_cluster_secret_archive", "link again", **link),
        task("nexus_cluster_secret_archive", "unlink as a module", **link, state="absent")
        | {"environment": {"A": "b"}},
        task("nexus_cluster_secret_archive", "link after the module", **link),
        task("nexus_cluster_secret_archive", "unlink, sharing nothing", **link, state="absent", run_cache_seconds=0),
        task("nexus_cluster_secret_archive", "link after that", **link),
        task(
            "nexus_cluster_secret_archive",
            "unlink by another version",
            **link,
            state="absent",
            method="cluster_manager",
            api_version="2024-07-01",
        ),
        task("nexus_cluster_secret_archive", "link by the first version", **link),
        task("nexus_cluster_secret_archive", "leave it", **link),
    ]
    run = run_tasks(core, next(homes), cloud.env, tasks).assert_good()
    assert [event["result"]["changed"] for event in run.results] == [True] * 9 + [False]
    assert _linked_to(cloud) == vault.lower()


@pytest.mark.parametrize("way", ["option", "variable"])
def test_sharing_can_be_turned_off(core: Core, cloud: Cloud, homes: Iterator[Path], way: str) -> None:
    oslo, vault, _other = _ids(cloud)
    option = {"run_cache_seconds": 0} if way == "option" else {}
    variables = {"OPERATOR_NEXUS_RUN_CACHE_SECONDS": "0"} if way == "variable" else {}
    link = task("nexus_cluster_secret_archive", "link", id=oslo, key_vault_id=vault, state="absent", **option)
    seen = cloud.mark()
    run_tasks(core, next(homes), cloud.env | variables, [link, link]).assert_good()
    assert len(sign_ins(cloud, since=seen)) == 2
    assert arm_requests(cloud, since=seen) == [f"GET {oslo}"] * 2


def test_what_was_shared_is_gone_after_the_run(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    home = next(homes)
    look = task("nexus_cluster_info", resource_group="nexus-prod")
    find = {"paths": str(home), "recurse": True, "hidden": True, "file_type": "any", "patterns": "operator_nexus-*"}
    show = {"name": "show", "ansible.builtin.find": find}
    run = run_tasks(core, home, cloud.env, [look, show]).assert_good()
    (folder,) = run.result("show")["files"]
    assert folder["mode"] == "0700"
    assert not Path(folder["path"]).exists()


@pytest.mark.newest_only
def test_what_a_killed_run_leaves_is_for_nobody(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    """`test_leaks.py` looks for secrets in it."""
    home = next(homes)
    running = core.start(home, cloud.env, "ansible-playbook", PLAYBOOK, "-i", str(EXAMPLE_INVENTORY))
    wait_until("the first write", cloud.writes)
    running.kill()
    (folder,) = home.rglob("operator_nexus-*")
    files = [path for path in folder.iterdir() if path.suffix == ""]
    assert files
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    for path in files:
        # Fernet's, and nothing that JSON or a token would show.
        assert path.read_bytes().startswith(b"gAAAA")
