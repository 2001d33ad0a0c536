# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same converged check with other tools: azure.azcollection, az, and plain requests."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bench_peer_plays as plays
from bench_fleet import BenchError, check_linked, check_untouched, cluster_ids, inventory, running_fleet
from bench_plays import PLAYS, plain_environment, play_arguments, run_play
from bench_rounds import count_requests
from bench_table import announce, finish, say
from bench_ways import BIN, Way
from collection_archive import CHECKOUT
from emulator_process import EmulatorProcess

ANSIBLE = CHECKOUT / ".venv-bench-peers/bin"
AZ = [str(CHECKOUT / ".venv-bench-az/bin/python"), "-m", "azure.cli"]
ONE_HOST = "nexus_clusters[0]"
PACKAGES = {ANSIBLE / "python": ("ansible", "ansible-core"), Path(AZ[0]): ("azure-cli",)}
"""Python -> what to name in the report."""

Peer = dict[str, Any]
"""{name, arguments: of ansible-playbook, program: that ansible-playbook}"""


def peer_rows(folder: Path, ours: Way, settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows as of bench_rounds, of a play `check` on a converged fleet: each peer in turn, and ours beside them."""
    clusters, place = settings["peers_clusters"], folder / "peers"
    with running_fleet(place, clusters) as cloud:
        hosts = inventory(cloud, clusters)
        steps = play_arguments(place, "steps", PLAYS["steps"], hosts)
        run_play(place, cloud, ours, steps, forks=settings["forks"])
        check_linked(cloud, clusters)
        # the libraries of az keep a cloud's addresses and az its login in this folder
        more = {"AZURE_CONFIG_DIR": str(place / "azure"), "AZURE_CORE_COLLECT_TELEMETRY": "no"}
        peers = [{"name": "in_process", "arguments": steps, "program": BIN / "ansible-playbook"}, *_peers(place, hosts)]
        say("other tools: sign in and warm up")
        _warm_up(place, cloud, peers, ours, more)
        for number in range(1, settings["peers_runs"] + 1):
            for peer in peers:
                row = {"play": "check", "run": "converged", "clusters": clusters, "way": peer["name"], "round": number}
                announce(row)
                mark = cloud.mark()
                measured = _run(place, cloud, peer, ours, peer["arguments"], settings["forks"], more)
                check_untouched(cloud, mark)
                counted = count_requests(cloud.log(since=str(mark)))
                row |= {**measured, **counted}
                finish(row)
                yield row


def describe_peers() -> dict[str, str]:
    """Package -> version, of what was installed for comparison."""
    found: dict[str, str] = {}
    for python, packages in PACKAGES.items():
        code = f"import importlib.metadata as m, json; print(json.dumps({{p: m.version(p) for p in {packages}}}))"
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
        found.update(json.loads(done.stdout))
    return found


def _peers(folder: Path, hosts: dict[str, Any]) -> list[Peer]:
    ansible, ours = ANSIBLE / "ansible-playbook", BIN / "ansible-playbook"
    table: list[tuple[str, list[dict[str, Any]], str, Path]] = [
        ("azcollection_hosts", plays.azcollection_hosts(), "nexus_clusters", ansible),
        ("azcollection_loop", plays.azcollection_loop(), ONE_HOST, ansible),
        ("uri_hosts", plays.uri_hosts(), "nexus_clusters", ours),
        ("az_hosts", plays.az_hosts(AZ), "nexus_clusters", ours),
        ("az_ids", plays.az_ids(AZ), ONE_HOST, ours),
    ]
    return [
        {"name": name, "arguments": play_arguments(folder, name, tasks, hosts, on), "program": program}
        for name, tasks, on, program in table
    ]


def _warm_up(folder: Path, cloud: EmulatorProcess, peers: list[Peer], ours: Way, more: dict[str, str]) -> None:
    """Sign az in, and let each tool compile its files and learn the cloud, which it does once and not in each run."""
    environment = {**plain_environment(folder / "home", Path(AZ[0]).parent), **cloud.env, **more}
    login = ["login", "--service-principal", "--username", cloud.env["AZURE_CLIENT_ID"]]
    login += ["--password", cloud.env["AZURE_SECRET"], "--tenant", cloud.env["AZURE_TENANT"]]
    cluster = next(iter(cluster_ids(cloud, 1).values()))
    for arguments in (login, plays.show(cluster)):
        done = subprocess.run([*AZ, *arguments], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError(f"az {arguments[0]}: {done.stderr}")
    for peer in peers:
        if peer["name"] == "azcollection_hosts":
            _run(folder, cloud, peer, ours, [*peer["arguments"], "--limit", ONE_HOST], 1, more)


def _run(
    folder: Path, cloud: EmulatorProcess, peer: Peer, ours: Way, arguments: list[str], forks: int, more: dict[str, str]
) -> dict[str, Any]:
    return run_play(folder, cloud, ours, arguments, forks=forks, program=peer["program"], variables=more)
