# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task gives the same result inside Ansible's worker as it gives as an ordinary module, key by key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from e2e_ansible import Core, Run
from e2e_cloud import Cloud
from e2e_plays import COLLECTION, run_tasks, task
from e2e_ways import comparable, modules, other_interpreter, sign_ins

Ids = dict[str, str]
Task = dict[str, Any]


@dataclass
class Row:
    """One task: module, options, and Ansible's keywords."""

    name: str
    module: str
    options: Callable[[Ids], dict[str, Any]]
    keywords: dict[str, Any] = field(default_factory=dict)


def new_manager(ids: Ids, **more: Any) -> dict[str, Any]:
    """A cluster manager beside the fleet's."""
    made = {"id": ids["manager"] + "-2", "location": "UK South", "fabric_controller_id": ids["manager"]}
    return {**made, "system_assigned": True, "tags": {"costCenter": 42}, **more}


def link(ids: Ids, **more: Any) -> dict[str, Any]:
    return {"id": ids["cluster"], "key_vault_id": ids["vault"], **more}


def own_link(ids: Ids, **more: Any) -> dict[str, Any]:
    """By the newer method, of a cluster that has nothing yet."""
    return {"id": ids["own"], "key_vault_id": ids["vault"], "identity_type": "SystemAssignedIdentity", **more}


def own_role(ids: Ids, **more: Any) -> dict[str, Any]:
    return {"id": ids["vault"], "principals": "{{ own.principals }}", **more}


# In this order: each row meets what those before it have left.
ROWS = [
    Row("read a cluster", "nexus_cluster_info", lambda ids: {"id": ids["cluster"]}),
    Row("read all clusters of a group", "nexus_cluster_info", lambda ids: {"resource_group": "nexus-prod"}),
    Row("read a cluster that is not there", "nexus_cluster_info", lambda ids: {"id": ids["cluster"] + "x"}),
    Row("read a cluster manager", "nexus_clustermanager_info", lambda ids: {"id": ids["manager"]}),
    Row("what stands in the way", "nexus_archive_readiness_info",
        lambda ids: {"id": ids["cluster"], "key_vault_id": ids["vault"], "method": "cluster_manager"}),
    Row("what stands in the way of any vault", "nexus_archive_readiness_info", lambda ids: {"id": ids["cluster"]}),
    Row("whether it can write", "nexus_archive_readiness_info",
        lambda ids: {"id": ids["successor"], "identity_resource_id": ids["identity"], "operator_role": "no"}),
    Row("how the credentials of a cluster are", "nexus_credential_rotation_info", lambda ids: {"id": ids["cluster"]}),
    Row("how those of all are, in the vaults too", "nexus_credential_rotation_info",
        lambda ids: {"expected_key_vault_id": ids["vault"], "check_secrets": True, "detail": "problems"}),
    Row("how those of some are", "nexus_credential_rotation_info",
        lambda ids: {"ids": [ids["own"], ids["successor"]], "grace_days": "0", "detail": "summary"}),
    Row("how those of none are", "nexus_credential_rotation_info", lambda ids: {"ids": []}),
    Row("two vaults that are one", "nexus_credential_rotation_info",
        lambda ids: {"expected_key_vault_id": ids["vault"], "expected_vault_uri": "https://kv.vault.azure.net/"}),
    Row("predict an identity", "nexus_clustermanager_identity",
        lambda ids: {"id": ids["manager"], "system_assigned": True, "user_assigned": [ids["identity"]]},
        {"check_mode": True}),
    Row("add an identity", "nexus_clustermanager_identity",
        lambda ids: {"id": ids["manager"], "system_assigned": True, "user_assigned": [ids["identity"]]},
        {"register": "identity"}),
    Row("add it again", "nexus_clustermanager_identity",
        lambda ids: {"id": ids["manager"].upper(), "system_assigned": "yes", "user_assigned": ids["identity"]}),
    Row("let the platform use it", "nexus_uai_role", lambda ids: {"id": ids["identity"]}),
    Row("let the platform use it again", "nexus_uai_role", lambda ids: {"id": ids["identity"]}),
    Row("let it write", "nexus_kv_role", lambda ids: {"id": ids["vault"], "principals": "{{ identity.principals }}"}),
    Row("let it write without a diff", "nexus_kv_role",
        lambda ids: {"id": ids["vault"], "principals": "{{ identity.principals }}"}, {"diff": False}),
    Row("link", "nexus_cluster_secret_archive", link),
    Row("link again", "nexus_cluster_secret_archive", link),
    Row("link with a loop", "nexus_cluster_secret_archive",
        lambda ids: link(ids, use_key_vault="{{ item }}"), {"loop": [True, False, False]}),
    Row("link with a warning", "nexus_cluster_secret_archive",
        lambda ids: link(ids, id=ids["successor"])),
    Row("try until it is so", "nexus_cluster_info", lambda ids: {"id": ids["cluster"]},
        {"register": "seen", "until": "seen.clusters | length == 2", "retries": 2, "delay": 0}),
    Row("once for all", "nexus_cluster_info", lambda ids: {"id": ids["cluster"]}, {"run_once": True}),
    Row("in place of another host", "nexus_cluster_info",
        lambda ids: {"id": ids["cluster"]}, {"delegate_to": "localhost"}),
    Row("without a log", "nexus_cluster_info", lambda ids: {"id": ids["cluster"]}, {"no_log": True}),
    Row("an option of module_defaults", "nexus_kv_role",
        lambda ids: {"name": "kv-nexus-prod", "principals": "{{ identity.principals }}"}),
    Row("an option of module_defaults that the task has too", "nexus_kv_role",
        lambda ids: {"name": "kv-nexus-prod", "resource_group": "elsewhere", "principal_ids": [ids["principal"]]}),
    Row("an unknown option", "nexus_kv_role",
        lambda ids: {"id": ids["vault"], "principal": "x", "secret": "swordfish"}),
    Row("an option of another type", "nexus_cluster_secret_archive", lambda ids: link(ids, wait_timeout="long")),
    Row("a choice that there is not", "nexus_cluster_secret_archive", lambda ids: link(ids, state="gone")),
    Row("an unknown option in a list", "nexus_kv_role",
        lambda ids: {"id": ids["vault"], "principals": [{"identity": "x", "object_id": "y"}]}),
    Row("bad input", "nexus_kv_role", lambda ids: {"id": ids["vault"], "principal_ids": ["cm-north"]}),
    Row("braces that are no template", "nexus_cluster_info",
        lambda ids: {"name": "{{ braces.stdout }}", "resource_group": "nexus-prod"}, {"register": "braced"}),
    Row("an error of Azure's", "nexus_kv_role",
        lambda ids: {"id": ids["vault"] + "x", "principal_ids": [ids["principal"]]}),
    Row("a secret that is not taken", "nexus_cluster_info",
        lambda ids: {"id": ids["cluster"], "client_id": ids["client"], "tenant": ids["tenant"], "secret": "swordfish"}),
    Row("a secret that an error repeats", "nexus_cluster_info",
        lambda ids: {"id": "swordfish", "client_id": ids["client"], "tenant": ids["tenant"], "secret": "swordfish"}),
    Row("no wait", "nexus_cluster_secret_archive",
        lambda ids: {"id": ids["cluster"], "state": "absent", "wait": False}),
    Row("take the role away", "nexus_kv_role",
        lambda ids: {"id": ids["vault"], "principals": "{{ identity.principals }}", "state": "absent"}),
    Row("the link is gone, or going", "nexus_cluster_secret_archive",
        lambda ids: {"id": ids["cluster"], "state": "absent"}),
    Row("predict a cluster's own identity", "nexus_cluster_identity",
        lambda ids: {"id": ids["own"], "system_assigned": True, "user_assigned": [ids["identity"]]},
        {"check_mode": True}),
    Row("give a cluster its own identity", "nexus_cluster_identity",
        lambda ids: {"id": ids["own"], "system_assigned": True}, {"register": "own"}),
    Row("let it write once the role has effect", "nexus_kv_role", lambda ids: own_role(ids, effective_seconds=1)),
    Row("link by the newer method", "nexus_cluster_secret_archive", own_link),
    Row("prove it", "nexus_cluster_secret_archive", lambda ids: own_link(ids, prove=True, prove_timeout=60)),
    Row("link to another vault by its URI, without proof", "nexus_cluster_secret_archive",
        lambda ids: own_link(ids, key_vault_id=None, vault_uri="https://kv-other.vault.azure.emulator/", prove=True,
                             prove_timeout=0)),
    Row("an identity that must not be added", "nexus_cluster_secret_archive",
        lambda ids: own_link(ids, identity_type=None, identity_resource_id=ids["identity"], add_identity=False)),
    Row("link with a user assigned identity, which is added", "nexus_cluster_secret_archive",
        lambda ids: own_link(ids, identity_type="UserAssignedIdentity", identity_resource_id=ids["identity"].upper())),
    Row("remove an identity that is used", "nexus_cluster_identity",
        lambda ids: {"id": ids["own"], "user_assigned": [ids["identity"]], "state": "absent"}),
    Row("keep a role that is used", "nexus_kv_role", lambda ids: {
        "id": ids["vault"], "principal_ids": [ids["principal"]], "state": "absent"}),
    Row("foretell that it goes with its last cluster", "nexus_kv_role", lambda ids: {
        "id": ids["vault"], "principal_ids": [ids["principal"]], "state": "absent", "leaving_clusters": [ids["own"]]},
        {"check_mode": True}),
    Row("take it away all the same", "nexus_kv_role", lambda ids: {
        "id": ids["vault"], "principal_ids": [ids["principal"]], "state": "absent", "keep_used": False}),
    Row("link by both methods", "nexus_cluster_secret_archive",
        lambda ids: {"id": ids["own"], "key_vault_id": ids["vault"], "method": "cluster_manager"}),
    Row("take one link away", "nexus_cluster_secret_archive",
        lambda ids: {"id": ids["own"], "method": "cluster", "state": "absent"}),
    Row("take any link away", "nexus_cluster_secret_archive", lambda ids: {"id": ids["own"], "state": "absent"}),
    Row("a switch that the method has not", "nexus_cluster_secret_archive",
        lambda ids: own_link(ids, use_key_vault=False)),
    Row("predict a cluster manager", "nexus_clustermanager", new_manager, {"check_mode": True}),
    Row("create a cluster manager", "nexus_clustermanager", new_manager),
    Row("create it again", "nexus_clustermanager",
        lambda ids: new_manager(ids, availability_zones=[3, 2, 1], purge_tags="yes")),
    Row("make another one of it", "nexus_clustermanager",
        lambda ids: new_manager(ids, location="eastus", managed_resource_group_configuration={"name": "other"})),
    Row("a member that there is not", "nexus_clustermanager",
        lambda ids: new_manager(ids, managed_resource_group_configuration={"nam": "other"})),
    Row("delete a cluster manager", "nexus_clustermanager", lambda ids: new_manager(ids, state="absent")),
    Row("delete it again", "nexus_clustermanager", lambda ids: new_manager(ids, state="absent")),
]  # fmt: skip

DEFAULTS = {f"{COLLECTION}.nexus_kv_role": {"resource_group": "security-prod"}}


@dataclass
class Outcome:
    inside: Run
    outside: Run
    tokens: list[str]


@pytest.fixture(scope="module")
def outcome(
    core: Core, shared_cloud: Cloud, homes: Iterator[Path], tmp_path_factory: pytest.TempPathFactory
) -> Outcome:
    """All rows twice over the same untouched fleet."""
    cloud = shared_cloud
    wrapper = other_interpreter(core, tmp_path_factory.mktemp("wrapper"))
    runs = []
    for way in ({}, wrapper):
        cloud.reset()
        ids = _ids(cloud)
        settings = {
            "vaultUri": "https://kv-other.vault.azure.emulator/",
            "associatedIdentity": {"identityType": "SystemAssignedIdentity"},
        }
        wanted = {"identity": {"type": "SystemAssigned"}, "properties": {"secretArchiveSettings": settings}}
        cloud.patch(ids["successor"], wanted)
        seen = cloud.mark()
        tasks = [
            {
                "name": "braces",
                "ansible.builtin.command": "echo '{% raw %}{{ 6 * 7 }}{% endraw %}'",
                "register": "braces",
            },
            *(task(row.module, row.name, **row.options(ids)) | {"ignore_errors": True} | row.keywords for row in ROWS),
            {"name": "show", "ansible.builtin.debug": {"msg": "{{ braced.msg }}"}},
        ]
        variables = cloud.env | {"ANSIBLE_INJECT_INVOCATION": "1"}
        play = {"module_defaults": DEFAULTS, "vars": way}
        run = run_tasks(core, next(homes), variables, tasks, "-vvv", "--diff", **play)
        runs.append(run)
        if not way:
            tokens = sign_ins(cloud, since=seen)
    return Outcome(runs[0], runs[1], tokens)


def _ids(cloud: Cloud) -> Ids:
    clusters = {one["name"]: one for one in cloud.clusters()}
    identity = next(iter(cloud.identities().values()))
    return {
        "cluster": clusters["cluster-oslo"]["id"],
        "own": clusters["cluster-bergen"]["id"],
        "successor": clusters["cluster-rome"]["id"],
        "manager": clusters["cluster-oslo"]["properties"]["clusterManagerId"],
        "vault": cloud.vaults()["kv-nexus-prod"]["id"],
        "identity": identity["id"],
        "principal": identity["properties"]["principalId"],
        "client": cloud.env["AZURE_CLIENT_ID"],
        "tenant": cloud.env["AZURE_TENANT"],
    }


def _of(run: Run, name: str) -> list[dict[str, Any]]:
    return [event for event in run.results if event["task"] == name]


def test_each_run_took_its_way(outcome: Outcome) -> None:
    assert modules(outcome.inside) == []
    assert {name for name, _reason in modules(outcome.outside)} == {f"{COLLECTION}.{row.module}" for row in ROWS}
    assert len(modules(outcome.outside)) >= len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name.replace(" ", "-"))
def test_the_result_is_the_same(outcome: Outcome, row: Row) -> None:
    inside, outside = (_of(run, row.name) for run in (outcome.inside, outcome.outside))
    assert len(inside) == 1
    assert comparable(inside) == comparable(outside)


def test_the_table_has_what_it_speaks_of(outcome: Outcome) -> None:
    """Changes, failures, warnings, differences and arguments are all among the results that were compared."""
    results = [event["result"] for event in outcome.inside.results]
    assert sum(bool(result.get("changed")) for result in results) >= 7
    assert sum(event["event"] == "failed" for event in outcome.inside.results) >= 9
    assert any(result.get("warnings") for result in results)
    assert sum(bool(result.get("diff")) for result in results) >= 8
    assert all("invocation" in result for result in results if "clusters" in result)


def test_a_text_with_braces_is_a_text(outcome: Outcome) -> None:
    for run in (outcome.inside, outcome.outside):
        assert "{{ 6 * 7 }}" in run.result("show")["msg"]


def test_no_secret_is_shown(outcome: Outcome) -> None:
    for run in (outcome.inside, outcome.outside):
        assert "swordfish" not in run.output
        assert "swordfish" not in (run.home / "events.jsonl").read_text()


def test_one_sign_in_for_all_tasks_of_a_login(outcome: Outcome) -> None:
    """Two audiences, and the attempt with the wrong secret."""
    arm = [scope for scope in outcome.tokens if "management" in scope]
    graph = [scope for scope in outcome.tokens if "graph" in scope]
    assert (len(arm), len(graph)) == (2, 1)
