# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input: one line that names the option and the remedy, and no write. All rows run in one play."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from e2e_ansible import Core, Run
from e2e_cloud import Cloud
from e2e_plays import AWX_INJECTS, network, run_tasks, task

FAILURE = {"code", "message", "target", "details", "correlation_id", "operation", "resource_id"}
HOSTS = ("left", "right")
Ids = dict[str, str]


@dataclass
class Row:
    """One task that must fail. The message holds each of `says`."""

    name: str
    module: str
    options: Callable[[Ids], dict[str, Any]]
    says: tuple[str, ...]
    environment: dict[str, str | None] = field(default_factory=dict)
    """Variables that differ from the good ones; None takes a variable away."""


ROWS = [
    Row("malformed cluster id", "nexus_cluster_secret_archive",
        lambda ids: {"id": "/subscriptions/oops/clusters", "key_vault_id": ids["vault"]},
        ("id", "/subscriptions/oops/clusters", "Microsoft.NetworkCloud/clusters")),
    Row("malformed vault id", "nexus_cluster_secret_archive",
        lambda ids: {"id": ids["cluster"], "key_vault_id": "https://kv-nexus-prod.vault.azure.net/"},
        ("key_vault_id", "Microsoft.KeyVault/vaults")),
    Row("a cluster as cluster manager", "nexus_clustermanager_identity",
        lambda ids: {"id": ids["cluster"], "system_assigned": True},
        ("id", "Microsoft.NetworkCloud/clusterManagers")),
    Row("a vault as user assigned identity", "nexus_clustermanager_identity",
        lambda ids: {"id": ids["manager"], "user_assigned": [ids["vault"]]},
        ("user_assigned", "Microsoft.ManagedIdentity/userAssignedIdentities")),
    Row("a cluster as vault", "nexus_kv_role",
        lambda ids: {"id": ids["cluster"], "principal_ids": [ids["principal"]]},
        ("id", "Microsoft.KeyVault/vaults")),
    Row("a vault as identity", "nexus_uai_role",
        lambda ids: {"id": ids["vault"]},
        ("id", "Microsoft.ManagedIdentity/userAssignedIdentities")),
    Row("both id and name", "nexus_cluster_secret_archive",
        lambda ids: {"id": ids["cluster"], "name": "cluster-oslo", "key_vault_id": ids["vault"]},
        ("id", "name")),
    Row("name without resource group", "nexus_cluster_secret_archive",
        lambda ids: {"name": "cluster-oslo", "key_vault_id": ids["vault"]},
        ("name", "resource_group")),
    Row("a vault with access policies", "nexus_kv_role",
        lambda ids: {"id": ids["legacy"], "principal_ids": [ids["principal"]]},
        ("kv-legacy", "Azure role-based access control")),
    Row("a vault that is not there", "nexus_kv_role",
        lambda ids: {"id": ids["vault"] + "x", "principal_ids": [ids["principal"]]},
        ("kv-nexus-prodx", "Correct id, or name, resource_group", "create it first")),
    Row("no principal", "nexus_kv_role",
        lambda ids: {"id": ids["vault"], "principal_ids": []},
        ("principal",)),
    Row("a principal without its id", "nexus_kv_role",
        lambda ids: {"id": ids["vault"], "principals": [{"identity": ids["manager"], "principal_id": None}]},
        ("principal",)),
    Row("a principal that is no object id", "nexus_kv_role",
        lambda ids: {"id": ids["vault"], "principal_ids": ["cm-north"]},
        ("principal_ids", "cm-north")),
    Row("nothing named to remove", "nexus_clustermanager_identity",
        lambda ids: {"id": ids["manager"], "state": "absent"},
        ("system_assigned", "user_assigned")),
    Row("an application that is not in the tenant", "nexus_uai_role",
        lambda ids: {"id": ids["identity"], "app_id": "99999999-9999-4999-8999-999999999999"},
        ("99999999-9999-4999-8999-999999999999", "principal_id")),
    Row("unknown cloud", "nexus_cluster_info",
        lambda ids: {"id": ids["cluster"], "cloud_environment": "AzureMoonCloud"},
        ("cloud_environment", "AzureMoonCloud", "AzureCloud")),
    Row("no credentials", "nexus_cluster_info",
        lambda ids: {"id": ids["cluster"]},
        ("auth_source", "AZURE_CLIENT_ID"),
        environment={"AZURE_CLIENT_ID": None, "AZURE_SECRET": None, "AZURE_TENANT": None}),
    Row("a client id without a secret", "nexus_cluster_info",
        lambda ids: {"id": ids["cluster"]},
        ("secret",), environment={"AZURE_SECRET": None}),
    Row("wrong secret", "nexus_cluster_secret_archive",
        lambda ids: {"id": ids["cluster"], "key_vault_id": ids["vault"]},
        ("AADSTS7000215", "AZURE_SECRET"), environment={"AZURE_SECRET": "wrong"}),
    Row("unknown tenant", "nexus_cluster_info",
        lambda ids: {"id": ids["cluster"]},
        ("AZURE_TENANT", "99999999-9999-4999-8999-999999999999"),
        environment={"AZURE_TENANT": "99999999-9999-4999-8999-999999999999"}),
    Row("no subscription", "nexus_cluster_secret_archive",
        lambda ids: {"name": "cluster-oslo", "resource_group": "nexus-prod", "key_vault_id": ids["vault"]},
        ("subscription_id",), environment={"AZURE_SUBSCRIPTION_ID": None}),
    Row("a cluster that is not there", "nexus_cluster_secret_archive",
        lambda ids: {"id": ids["cluster"] + "x", "key_vault_id": ids["vault"]},
        ("cluster-oslox", "Correct id, or name, resource_group", "create it first")),
    Row("an api-version without the property", "nexus_cluster_secret_archive",
        lambda ids: {"id": ids["cluster"], "key_vault_id": ids["vault"], "api_version": "2023-07-01"},
        ("api_version", "2023-10-01-preview")),
]  # fmt: skip


@dataclass
class Outcome:
    run: Run
    writes: list[str]


@pytest.fixture(scope="module")
def outcome(core: Core, shared_cloud: Cloud, homes: Iterator[Path]) -> Outcome:
    """Every row once; two hosts share the rows so that both processors have work."""
    cloud = shared_cloud
    cloud.reset()
    cluster = next(one for one in cloud.clusters() if one["name"] == "cluster-oslo")
    identity = next(iter(cloud.identities().values()))
    vaults = cloud.vaults()
    ids = {
        "cluster": cluster["id"],
        "manager": cluster["properties"]["clusterManagerId"],
        "vault": vaults["kv-nexus-prod"]["id"],
        "legacy": vaults["kv-legacy"]["id"],
        "identity": identity["id"],
        "principal": identity["properties"]["principalId"],
    }
    credentials = {name: cloud.env[name] for name in AWX_INJECTS}
    tasks = [
        task(row.module, row.name, **row.options(ids))
        | {
            "ignore_errors": True,
            "environment": {
                name: value for name, value in (credentials | row.environment).items() if value is not None
            },
            "when": f"inventory_hostname == '{HOSTS[number % 2]}'",
        }
        for number, row in enumerate(ROWS)
    ]
    run = run_tasks(core, next(homes), network(cloud), tasks, hosts=HOSTS, strategy="free")
    return Outcome(run, cloud.writes())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name.replace(" ", "-"))
def test_the_message_names_option_and_remedy(outcome: Outcome, row: Row) -> None:
    result = outcome.run.result(row.name, event="failed")
    message = result["msg"]
    assert "\n" not in message.strip(), message
    for words in row.says:
        assert words in message, message
    assert set(result["failure"]) == FAILURE
    assert result["failure"]["code"]
    assert not result["changed"]


def test_nothing_is_written(outcome: Outcome) -> None:
    outcome.run.assert_quiet()
    assert outcome.writes == []


def test_no_stack_trace_reaches_the_user(outcome: Outcome) -> None:
    assert "Traceback" not in outcome.run.output
