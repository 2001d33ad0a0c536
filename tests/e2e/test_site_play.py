# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site's own play: credentials given once in `module_defaults`, none in the environment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from e2e_ansible import Core
from e2e_cloud import Cloud
from e2e_fleet import assert_secrets_arrive
from e2e_plays import COLLECTION, credential_options, network, procedure, run_tasks


def test_module_defaults_give_the_credentials(core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    """The group `azure`; `test_leaks.py` takes the group `nexus`."""
    tasks = procedure(cloud)
    (tmp_path / "vault.json").write_text(json.dumps({"credentials": credential_options(cloud)}))
    defaults = {"group/operator_nexus.credentials.azure": "{{ credentials }}"}
    extra = ("-e", f"@{tmp_path}/vault.json")

    first = run_tasks(core, next(homes), network(cloud), tasks, *extra, module_defaults=defaults).assert_good()
    assert first.changed == {"site": 3}
    assert_secrets_arrive(cloud, "kv-nexus-prod", ["cluster-oslo"])
    assert first.result("nexus_clustermanager_info")["cluster_managers"][0]["identity"]["type"] == "SystemAssigned"

    seen = cloud.mark()
    second = run_tasks(core, next(homes), network(cloud), tasks, *extra, module_defaults=defaults).assert_good()
    assert second.changed == {"site": 0}
    assert cloud.writes(since=seen) == []


def test_module_defaults_serve_the_role(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    """The subscription of module_defaults too, whatever the environment says."""
    defaults = {"group/operator_nexus.credentials.nexus": credential_options(cloud)}
    options = {
        "customer_key_vault_cluster_name": "cluster-oslo",
        "customer_key_vault_resource_group": "nexus-prod",
        "customer_key_vault_key_vault_id": cloud.vaults()["kv-nexus-prod"]["id"],
    }
    role = {
        "name": "role",
        "ansible.builtin.import_role": {"name": f"{COLLECTION}.customer_key_vault"},
        "vars": options,
    }
    misleading = network(cloud) | {"AZURE_SUBSCRIPTION_ID": "99999999-9999-4999-8999-999999999999"}
    run_tasks(core, next(homes), misleading, [role], module_defaults=defaults).assert_good()
    assert_secrets_arrive(cloud, "kv-nexus-prod", ["cluster-oslo"])


def test_module_defaults_serve_a_mixed_play(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    """A module outside the group must not get the credentials, with azure.azcollection absent."""
    defaults = {"group/operator_nexus.credentials.azure": credential_options(cloud)}
    other = {"name": "other", "ansible.builtin.debug": {"msg": "hello"}}
    tasks = [other, procedure(cloud)[3]]
    run = run_tasks(core, next(homes), network(cloud), tasks, module_defaults=defaults).assert_good()
    assert run.result("other")["msg"] == "hello"
    assert run.result("nexus_cluster_info")["clusters"][0]["name"] == "cluster-oslo"
