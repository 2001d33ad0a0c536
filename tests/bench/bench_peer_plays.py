# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The converged check of every cluster, as other tools do it: read the manager, its role at the vault, the cluster.

Each fails where it does not see the identity, the role or the link, so that no play is quick by reading nothing.
"""

from __future__ import annotations

from typing import Any

from bench_plays import task

VERSION = "2025-09-01"
"""Of Microsoft.NetworkCloud."""
ROLE_VERSION = "2022-04-01"
ROLE = "44f0a1a8-6fea-4b35-980a-8ff50c487c97"
READ = "azure.azcollection.azure_rm_resource_info"
ASSIGNED = "azure.azcollection.azure_rm_roleassignment_info"
EACH = {"loop": "{{ groups.nexus_clusters }}"}
NO_ROLE = f"'{ROLE}' not in (bench_read | string)"
NO_LINK = "bench_key_vault_id not in (bench_read | string)"


def azcollection_hosts() -> list[dict[str, Any]]:
    """Three modules of azure.azcollection on each host, which is one cluster."""
    role = {"scope": "{{ bench_key_vault_id }}", "assignee": "{{ bench_manager.response[0].identity.principalId }}"}
    return [
        task(READ, {"url": "{{ bench_manager_id }}", "api_version": VERSION}, register="bench_manager"),
        task(ASSIGNED, role, register="bench_read", failed_when=NO_ROLE),
        task(
            READ, {"url": "{{ bench_cluster_id }}", "api_version": VERSION}, register="bench_read", failed_when=NO_LINK
        ),
    ]


def azcollection_loop() -> list[dict[str, Any]]:
    """The same modules in a loop over the clusters, on one host."""
    again = {"loop": "{{ bench_managers.results }}", "loop_control": {"label": ""}}
    role = {"scope": "{{ bench_key_vault_id }}", "assignee": "{{ item.response[0].identity.principalId }}"}
    manager = {"url": "{{ hostvars[item].bench_manager_id }}", "api_version": VERSION}
    cluster = {"url": "{{ hostvars[item].bench_cluster_id }}", "api_version": VERSION}
    return [
        task(READ, manager, register="bench_managers", **EACH),
        task(ASSIGNED, role, register="bench_read", failed_when=NO_ROLE, **again),
        task(READ, cluster, register="bench_read", failed_when=NO_LINK, **EACH),
    ]


def uri_hosts() -> list[dict[str, Any]]:
    """Plain requests on each host, with one token for all of them."""
    environment = {name: f"{{{{ lookup('env', '{name}') }}}}" for name in ("NEXUS_EMULATOR_URL", "AZURE_TENANT")}
    url = environment["NEXUS_EMULATOR_URL"]
    form = {
        "grant_type": "client_credentials",
        "client_id": "{{ lookup('env', 'AZURE_CLIENT_ID') }}",
        "client_secret": "{{ lookup('env', 'AZURE_SECRET') }}",
        "scope": "https://management.azure.emulator//.default",
    }
    token = {"method": "POST", "body_format": "form-urlencoded", "body": form}
    token["url"] = f"{url}/{environment['AZURE_TENANT']}/oauth2/v2.0/token"
    headers = {"Authorization": "Bearer {{ bench_token.json.access_token }}"}

    def get(path: str, version: str, register: str = "bench_read", **more: Any) -> dict[str, Any]:
        options = {"url": f"{url}{path}api-version={version}", "headers": headers}
        return task("ansible.builtin.uri", options, register=register, **more)

    assigned = "{{ bench_key_vault_id }}/providers/Microsoft.Authorization/roleAssignments"
    wanted = "$filter=principalId%20eq%20'{{ bench_manager.json.identity.principalId }}'"
    return [
        task("ansible.builtin.uri", token, register="bench_token", run_once=True, no_log=True),
        get("{{ bench_manager_id }}?", VERSION, "bench_manager"),
        get(f"{assigned}?{wanted}&", ROLE_VERSION, failed_when=NO_ROLE),
        get("{{ bench_cluster_id }}?", VERSION, failed_when=NO_LINK),
    ]


def az_hosts(az: list[str]) -> list[dict[str, Any]]:
    """One command of az for each step and host. `az` is the command's beginning."""
    role = ["role", "assignment", "list", "--scope", "{{ bench_key_vault_id }}"]
    principal = "{{ (bench_manager.stdout | from_json).identity.principalId }}"
    return [
        _command({"argv": [*az, *show("{{ bench_manager_id }}")]}, register="bench_manager"),
        _command({"argv": [*az, *role, "--assignee-object-id", principal]}, failed_when=NO_ROLE),
        _command({"argv": [*az, *show("{{ bench_cluster_id }}")]}, failed_when=NO_LINK),
    ]


def az_ids(az: list[str]) -> list[dict[str, Any]]:
    """All resources in one process of az and all roles at the vault in another: the least that az can do."""
    every = "groups.nexus_clusters | map('extract', hostvars, '{}')"
    managers, clusters = every.format("bench_manager_id"), every.format("bench_cluster_id")
    ids = f"{{{{ {managers} | unique + {clusters} | list }}}}"
    read = {"argv": f"{{{{ {[*az, *show('')[:-1]]} + bench_ids }}}}"}
    role = [*az, "role", "assignment", "list", "--scope", "{{ bench_key_vault_id }}", "--fill-principal-name", "false"]
    unlinked = "bench_read.stdout.count(bench_key_vault_id) < groups.nexus_clusters | length"
    return [
        _command(read, vars={"bench_ids": ids}, failed_when=unlinked),
        _command({"argv": role}, failed_when=NO_ROLE),
    ]


def show(resource_id: str) -> list[str]:
    """Arguments of az that read a resource."""
    return ["resource", "show", "--api-version", VERSION, "--ids", resource_id]


def _command(options: dict[str, Any], register: str = "bench_read", **more: Any) -> dict[str, Any]:
    return task("ansible.builtin.command", options, register=register, changed_when=False, **more)
