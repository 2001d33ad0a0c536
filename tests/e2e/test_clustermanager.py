# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a cluster manager: created once, changed without loss, taken up again after a kill, deleted."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e_ansible import Core, Run, wait_until
from e2e_cloud import NEXUS, Cloud
from e2e_plays import run_tasks, task, write_play

MODULE = "nexus_clustermanager"
GROUP = "nexus-prod"
NAME = "cm-west"
SOURCE = Path(__file__).resolve().parents[2] / f"plugins/modules/{MODULE}.py"
Homes = Iterator[Path]


def _id(cloud: Cloud, kind: str, name: str) -> str:
    return f"/subscriptions/{cloud.subscription_id}/resourceGroups/{GROUP}/providers/{kind}/{name}"


def _manager_id(cloud: Cloud, name: str = NAME) -> str:
    return _id(cloud, NEXUS.removeprefix("providers/") + "/clusterManagers", name)


def _controller_id(cloud: Cloud) -> str:
    return _id(cloud, "Microsoft.ManagedNetworkFabric/networkFabricControllers", "controller-west")


def _options(cloud: Cloud, **more: Any) -> dict[str, Any]:
    """Everything that the Azure CLI's `clustermanager create` of a site gives."""
    return {
        "name": NAME,
        "resource_group": GROUP,
        "location": "UK South",
        "fabric_controller_id": _controller_id(cloud),
        "analytics_workspace_id": _id(cloud, "Microsoft.OperationalInsights/workspaces", "logs"),
        "managed_resource_group_configuration": {"name": "cm-west-managed"},
        "availability_zones": [1, 2],
        "vm_size": "Standard_D8s_v5",
        "tags": {"costCenter": "42"},
        "system_assigned": True,
        **more,
    }


def _run(core: Core, cloud: Cloud, homes: Homes, options: dict[str, Any], *arguments: str) -> Run:
    return run_tasks(core, next(homes), cloud.env, [task(MODULE, "manager", **options)], "--diff", *arguments)


def _writes(cloud: Cloud, since: int = 0) -> list[str]:
    """`METHOD status` of each write to the cluster manager, or refused one."""
    lines = [line.split() for line in cloud.writes(since=since)]
    return [f"{method} {status}" for method, path, status in lines if path.lower().endswith(f"/{NAME}")]


def test_check_mode_creation_and_second_run(core: Core, cloud: Cloud, homes: Homes) -> None:
    options = _options(cloud)
    cloud.settings(refuse_writes=True)
    predicted = _run(core, cloud, homes, options, "--check").assert_good()
    assert cloud.writes() == []
    cloud.settings(refuse_writes=False)
    first = _run(core, cloud, homes, options).assert_good()
    seen = cloud.mark()
    second = _run(core, cloud, homes, options).assert_good()

    assert (predicted.changed, first.changed, second.changed) == ({"site": 1}, {"site": 1}, {"site": 0})
    assert predicted.diffs() == first.diffs()
    assert len(first.diffs()) == 1
    assert _writes(cloud) == ["PUT 201"]
    assert cloud.writes(since=seen) == []

    made = cloud.managers()[NAME]
    assert made["location"] == "uksouth"
    assert made["properties"]["availabilityZones"] == ["1", "2"]
    assert made["properties"]["provisioningState"] == "Succeeded"
    for run in (first, second):
        result = run.result("manager")
        assert result["id"] == made["id"]
        assert result["principal_id"] == made["identity"]["principalId"]
        assert result["cluster_manager"]["manager_extended_location"]["type"] == "CustomLocation"
        assert result["cluster_manager"]["vm_size"] == "Standard_D8s_v5"


def test_what_others_have_set_stays(core: Core, cloud: Cloud, homes: Homes) -> None:
    mine, theirs = (one["id"] for one in list(cloud.identities().values())[:2])
    options = _options(cloud, user_assigned=[mine])
    _run(core, cloud, homes, options).assert_good()
    # A tag of a policy, an identity of somebody with a portal. A PATCH takes tags as a whole.
    identity = {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {mine: {}, theirs: {}}}
    cloud.patch(_manager_id(cloud), {"tags": {"costCenter": "42", "policy": "on"}, "identity": identity})

    def now() -> tuple[set[str], dict[str, str]]:
        manager = cloud.managers()[NAME]
        assert manager["identity"]["principalId"]
        return {one.rpartition("/")[2].lower() for one in manager["identity"]["userAssignedIdentities"]}, manager[
            "tags"
        ]

    both = {one.rpartition("/")[2].lower() for one in (mine, theirs)}
    seen = cloud.mark()
    assert _run(core, cloud, homes, options).assert_good().changed == {"site": 0}
    assert cloud.writes(since=seen) == []
    update = {**options, "tags": {"costCenter": "43", "owner": "noc"}}
    assert _run(core, cloud, homes, update).assert_good().changed == {"site": 1}
    assert now() == (both, {"costCenter": "43", "policy": "on", "owner": "noc"})
    purge = {"id": _manager_id(cloud), "tags": {"owner": "noc"}, "purge_tags": True}
    assert _run(core, cloud, homes, purge).assert_good().changed == {"site": 1}
    assert now() == (both, {"owner": "noc"})
    assert _writes(cloud, since=seen) == ["PATCH 200"] * 2


def test_what_cannot_be_changed_is_an_error_before_any_write(core: Core, cloud: Cloud, homes: Homes) -> None:
    _run(core, cloud, homes, _options(cloud)).assert_good()
    seen = cloud.mark()
    other = _options(cloud, vm_size="Standard_D4_v2", location="west europe", tags={"new": "tag"})
    for arguments in ((), ("--check",)):
        run = _run(core, cloud, homes, other, *arguments)
        failure = run.result("manager", event="failed")
        assert failure["failure"]["target"] == "location, vm_size"
        for words in (
            "'uksouth' and cannot become 'westeurope'",
            "'Standard_D8s_v5' and cannot become 'Standard_D4_v2'",
        ):
            assert words in failure["msg"]
    assert cloud.writes(since=seen) == []
    # The same in other words.
    same = _options(cloud, fabric_controller_id=_controller_id(cloud).upper(), availability_zones=["2", "1"])
    assert _run(core, cloud, homes, same).assert_good().changed == {"site": 0}


def test_kill_in_the_creation_and_run_again(core: Core, cloud: Cloud, homes: Homes) -> None:
    cloud.settings(operation_seconds=6)
    home = next(homes)
    site = write_play(home.parent / f"{home.name}.site", [task(MODULE, "manager", **_options(cloud))])
    arguments = ("ansible-playbook", str(site), "-i", str(site.parent / "inventory.yml"))
    killed = core.start(home, cloud.env, *arguments)
    wait_until("the creation", lambda: _writes(cloud))
    killed.kill()
    assert cloud.managers()[NAME]["properties"]["provisioningState"] == "Accepted", "killed too late"

    seen = cloud.mark()
    again = _run(core, cloud, homes, _options(cloud)).assert_good()
    assert again.changed == {"site": 0}, again.output
    assert cloud.writes(since=seen) == []
    result = again.result("manager")
    assert result["provisioning_state"] == "Succeeded", "did not wait for the earlier operation"
    assert result["principal_id"] == cloud.managers()[NAME]["identity"]["principalId"]
    assert f"operation on clusterManagers/{NAME}: Succeeded after" in again.output


def test_two_hosts_create_it_at_once(core: Core, cloud: Cloud, homes: Homes) -> None:
    """One creation, and what either asks for."""
    cloud.settings(operation_seconds=2)
    # Ansible takes no template as the name of a member.
    options = _options(cloud, tags="{{ {inventory_hostname: 'here'} }}")
    run = run_tasks(
        core, next(homes), cloud.env, [task(MODULE, "manager", **options)], hosts=("left", "right")
    ).assert_good()
    assert run.changed == {"left": 1, "right": 1}
    assert cloud.managers()[NAME]["tags"] == {"left": "here", "right": "here"}
    assert _writes(cloud).count("PUT 201") == 1
    assert set(_writes(cloud)) <= {"PUT 201", "PUT 412", "PATCH 200", "PATCH 412"}


def test_deletion(core: Core, cloud: Cloud, homes: Homes) -> None:
    _run(core, cloud, homes, _options(cloud)).assert_good()
    gone = {"name": NAME, "resource_group": GROUP, "state": "absent"}
    seen = cloud.mark()
    cloud.settings(refuse_writes=True)
    predicted = _run(core, cloud, homes, gone, "--check").assert_good()
    assert cloud.writes(since=seen) == []
    cloud.settings(refuse_writes=False)
    first = _run(core, cloud, homes, gone).assert_good()
    assert NAME not in cloud.managers()
    second = _run(core, cloud, homes, gone).assert_good()
    assert (predicted.changed, first.changed, second.changed) == ({"site": 1}, {"site": 1}, {"site": 0})
    assert predicted.diffs() == first.diffs()
    assert _writes(cloud, since=seen) == ["DELETE 202"]
    assert first.result("manager")["cluster_manager"] is None


def test_kill_in_the_deletion_and_run_again(core: Core, cloud: Cloud, homes: Homes) -> None:
    _run(core, cloud, homes, _options(cloud)).assert_good()
    cloud.settings(operation_seconds=6)
    home = next(homes)
    gone = {"name": NAME, "resource_group": GROUP, "state": "absent"}
    site = write_play(home.parent / f"{home.name}.site", [task(MODULE, "manager", **gone)])
    arguments = ("ansible-playbook", str(site), "-i", str(site.parent / "inventory.yml"))
    killed = core.start(home, cloud.env, *arguments)
    wait_until("the deletion", lambda: "DELETE 202" in _writes(cloud))
    killed.kill()
    assert NAME in cloud.managers(), "killed too late"
    assert _run(core, cloud, homes, gone).assert_good().changed == {"site": 0}
    assert NAME not in cloud.managers()
    assert _writes(cloud).count("DELETE 202") == 1


def test_a_creation_that_failed_is_begun_anew(core: Core, cloud: Cloud, homes: Homes) -> None:
    cloud.settings(fail_operations=1)
    failed = _run(core, cloud, homes, _options(cloud)).result("manager", event="failed")
    assert failed["msg"].startswith(f"Could not finish the creation of {_manager_id(cloud)}: EmulatorFailsOperations")
    principal = cloud.managers()[NAME]["identity"]["principalId"]
    cloud.patch(_manager_id(cloud), {"tags": {"costCenter": "42", "policy": "on"}})

    seen = cloud.mark()
    options = _options(cloud, vm_size="Standard_D4_v2")
    predicted = _run(core, cloud, homes, options, "--check")
    assert cloud.writes(since=seen) == []
    again = _run(core, cloud, homes, options)
    assert (predicted.changed, again.changed) == ({"site": 1}, {"site": 1})
    assert predicted.diffs() == again.diffs()
    assert _writes(cloud, since=seen) == ["PUT 201"]
    assert "it is begun anew" in again.result("manager")["warnings"][0]
    made = cloud.managers()[NAME]
    assert (made["identity"]["principalId"], made["properties"]["vmSize"]) == (principal, "Standard_D4_v2")
    assert made["tags"] == {"costCenter": "42", "policy": "on"}
    assert _run(core, cloud, homes, options).assert_good().changed == {"site": 0}


def test_a_manager_with_clusters_is_not_deleted(core: Core, cloud: Cloud, homes: Homes) -> None:
    gone = {"id": cloud.managers()["cm-north"]["id"], "state": "absent"}
    failed = _run(core, cloud, homes, gone).result("manager", event="failed")
    assert "cluster-oslo" in failed["msg"]
    assert [line.split()[0] for line in cloud.writes()] == ["DELETE"]


@pytest.mark.newest_only
def test_the_examples_run(core: Core, cloud: Cloud, homes: Homes) -> None:
    """As they stand in the documentation, in the resource group that there is."""
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(SOURCE.read_text()).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "EXAMPLES"
    }
    text = values["EXAMPLES"].replace("resource_group: nexus-east", f"resource_group: {GROUP}")
    tasks = yaml.safe_load(text.replace("resource_group: nexus-west", f"resource_group: {GROUP}"))
    variables = {
        "fabric_controller_id": _controller_id(cloud),
        "analytics_workspace_id": _id(cloud, "Microsoft.OperationalInsights/workspaces", "logs"),
        "rotation_identity_id": next(iter(cloud.identities().values()))["id"],
        "key_vault_id": cloud.vaults()["kv-nexus-prod"]["id"],
        "cluster_manager_id": _manager_id(cloud, "manager-east"),
    }
    run = run_tasks(core, next(homes), cloud.env, tasks, vars=variables).assert_good()
    assert [event["result"]["changed"] for event in run.results] == [True] * len(tasks)
    assert cloud.managers()["manager-east"]["tags"] == {"environment": "production"}
    assert "manager-west" not in cloud.managers()
