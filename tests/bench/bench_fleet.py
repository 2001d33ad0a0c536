# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet of a benchmark: its file, its inventory, and what must be true of it after a run."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emulator_process import EmulatorProcess

GROUP = "nexus-fleet"
VAULT = "kv-bench"
CLUSTERS_OF_A_MANAGER = 10


class BenchError(Exception):
    """A run that failed, or that did not do what it is timed for. The message is for people."""


@contextlib.contextmanager
def running_fleet(folder: Path, clusters: int) -> Iterator[EmulatorProcess]:
    """An emulator of its own with this many clusters, a manager for each ten, and one vault; `folder` is new."""
    folder.mkdir(parents=True)
    managers = max(1, clusters // CLUSTERS_OF_A_MANAGER)
    fleet = {
        "vaults": [{"name": VAULT, "resource_group": GROUP}],
        "generate": {"clusters": clusters, "managers": managers, "machines": 1, "resource_group": GROUP},
    }
    (folder / "fleet.yml").write_text(json.dumps(fleet))
    with EmulatorProcess.running(folder / "emulator", folder / "fleet.yml") as cloud:
        yield cloud


def cluster_ids(cloud: EmulatorProcess, clusters: int) -> dict[str, str]:
    """Name -> ARM id of every cluster."""
    names = [f"cluster-{number + 1:04}" for number in range(clusters)]
    return {name: f"{_group(cloud)}/Microsoft.NetworkCloud/clusters/{name}" for name in names}


def vault_id(cloud: EmulatorProcess) -> str:
    return f"{_group(cloud)}/Microsoft.KeyVault/vaults/{VAULT}"


def stored(cloud: EmulatorProcess, resource_id: str) -> dict[str, Any]:
    """The resource as the emulator has it. That is no request of the log."""
    document: dict[str, Any] = cloud.control("GET", "resource", id=resource_id)
    return document


def inventory(cloud: EmulatorProcess, clusters: int) -> dict[str, Any]:
    """One host for each cluster, with the variables of the bench's own plays and of the role."""
    hosts = {
        name: {"bench_cluster_id": id_, "bench_manager_id": stored(cloud, id_)["properties"]["clusterManagerId"]}
        for name, id_ in cluster_ids(cloud, clusters).items()
    }
    common = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "bench_key_vault_id": vault_id(cloud),
        "customer_key_vault_subscription_id": cloud.subscription_id,
        "customer_key_vault_resource_group": GROUP,
        "customer_key_vault_key_vault_id": vault_id(cloud),
    }
    return {"nexus_clusters": {"hosts": hosts, "vars": common}}


def check_linked(cloud: EmulatorProcess, clusters: int) -> None:
    """Raises BenchError unless every cluster is linked to the vault, by whichever method the play takes."""
    for name, id_ in cluster_ids(cloud, clusters).items():
        properties = stored(cloud, id_)["properties"]
        archive, settings = properties.get("secretArchive") or {}, properties.get("secretArchiveSettings") or {}
        by_manager = str(archive.get("keyVaultId")).lower() == vault_id(cloud).lower()
        by_cluster = str(settings.get("vaultUri")).startswith(f"https://{VAULT}.")
        if not by_manager and not by_cluster:
            raise BenchError(f"{name} is not linked to {VAULT}: {archive or settings}")


def check_untouched(cloud: EmulatorProcess, mark: int) -> None:
    """Raises BenchError if anything was written after this mark."""
    writes = cloud.writes(since=mark)
    if writes:
        raise BenchError("\n".join(["a run with nothing to do wrote:", *writes]))


def _group(cloud: EmulatorProcess) -> str:
    return f"/subscriptions/{cloud.subscription_id}/resourceGroups/{GROUP}/providers"
