# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small plays of a site's own, written to a folder and run there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from e2e_ansible import Core, Run
from e2e_cloud import Cloud

COLLECTION = "operator_nexus.credentials"
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
# what a machine needs to reach the emulator at all, whoever logs in
NETWORK = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")

# all that AWX's built-in credential "Microsoft Azure Resource Manager" sets for a service principal
AWX_INJECTS = (
    "AZURE_SUBSCRIPTION_ID",
    "AZURE_CLIENT_ID",
    "AZURE_TENANT",
    "AZURE_SECRET",
    "AZURE_CLOUD_ENVIRONMENT",
)


def write_play(folder: Path, tasks: list[dict[str, Any]], hosts: tuple[str, ...] = ("site",), **play: Any) -> Path:
    """Write `site.yml` and `inventory.yml` (JSON is YAML too) with these tasks for these local hosts."""
    folder.mkdir(parents=True, exist_ok=True)
    inventory = {"all": {"hosts": {host: {} for host in hosts}, "vars": LOCAL}}
    (folder / "inventory.yml").write_text(json.dumps(inventory))
    document = [{"name": "Site", "hosts": "all", "gather_facts": False, **play, "tasks": tasks}]
    (folder / "site.yml").write_text(json.dumps(document, indent=1))
    return folder / "site.yml"


def run_tasks(
    core: Core,
    home: Path,
    variables: Mapping[str, str],
    tasks: list[dict[str, Any]],
    *arguments: str,
    **play: Any,
) -> Run:
    """Run these tasks in a play of their own."""
    # not inside the home: what we wrote there ourselves must not count as left behind
    site = write_play(home.parent / f"{home.name}.site", tasks, **play)
    return core.play(home, variables, str(site), "-i", str(site.parent / "inventory.yml"), *arguments)


def task(module: str, label: str = "", /, **options: Any) -> dict[str, Any]:
    return {"name": label or module, f"{COLLECTION}.{module}": options}


def network(cloud: Cloud) -> dict[str, str]:
    """The environment without any credential."""
    return {name: cloud.env[name] for name in NETWORK if name in cloud.env}


def credential_options(cloud: Cloud) -> dict[str, str]:
    """The same credential as the environment's, as module options."""
    return {
        "subscription_id": cloud.env["AZURE_SUBSCRIPTION_ID"],
        "client_id": cloud.env["AZURE_CLIENT_ID"],
        "tenant": cloud.env["AZURE_TENANT"],
        "secret": cloud.env["AZURE_SECRET"],
        "cloud_environment": cloud.env["AZURE_CLOUD_ENVIRONMENT"],
    }


def procedure(cloud: Cloud, cluster: str = "cluster-oslo", vault: str = "kv-nexus-prod") -> list[dict[str, Any]]:
    """The whole procedure for one cluster, module by module, with a system assigned identity."""
    found = next(one for one in cloud.clusters() if one["name"] == cluster)
    vault_id = cloud.vaults()[vault]["id"]
    manager = task("nexus_clustermanager_identity", id=found["properties"]["clusterManagerId"], system_assigned=True)
    return [
        manager | {"register": "manager"},
        task("nexus_kv_role", id=vault_id, principals="{{ manager.principals }}"),
        task("nexus_cluster_secret_archive", id=found["id"], key_vault_id=vault_id),
        task("nexus_cluster_info", id=found["id"]),
        task("nexus_clustermanager_info", id=found["properties"]["clusterManagerId"]),
    ]
