# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the role waits by default for a role to have effect: before a cluster that is written is written otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e_ansible import Core
from e2e_cloud import Cloud
from e2e_links import ENABLE, GROUP, write_inventory

VAULTS = ("kv-nexus", "kv-new")
OWN = {"identity": "system", "secret_archive_settings": {"vault": "kv-nexus", "identity": "system"}}
OLDER = {"secret_archive": "kv-nexus"}
WAIT = 600

# Name of the cluster -> what it has, options of the role ("kv-new" for that vault), and seconds.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "not-written": ({}, {}, 0),
    "as-before": (OWN, {}, 0),
    "other-vault": (OWN, {"key_vault_id": "kv-new"}, WAIT),
    "other-identity": (OWN, {"user_assigned_identity_ids": ["id-new"]}, WAIT),
    "own-identity": (OLDER, {"method": "cluster"}, WAIT),
    "stays-older": (OLDER, {}, 0),
    "stays-older-other-vault": (OLDER, {"key_vault_id": "kv-new"}, WAIT),
    "older-as-before": (OLDER, {"method": "cluster_manager"}, 0),
    "older-other-vault": (OLDER, {"method": "cluster_manager", "key_vault_id": "kv-new"}, WAIT),
    # The platform ignores this link, which is warned of, until the settings go: this is the first half of the way back.
    "older-beside-own": (OWN, {"method": "cluster_manager", "key_vault_id": "kv-new"}, WAIT),
    "as-told": (OWN, {"key_vault_id": "kv-new", "effective_seconds": 5}, 5),
}


@pytest.mark.newest_only
def test_a_cluster_that_is_written_waits_before_it_is_written_otherwise(
    core: Core, homes: Iterator[Path], tmp_path: Path
) -> None:
    small = {"resource_group": GROUP, "manager": "cm", "machines": 1, "storage_appliances": 0}
    fleet = {
        "vaults": [{"name": name, "resource_group": GROUP} for name in VAULTS],
        "identities": [{"name": "id-new", "resource_group": GROUP}],
        "managers": [{"name": "cm", "resource_group": GROUP, "identity": "system"}],
        "clusters": [{"name": name, **small, **has} for name, (has, _options, _seconds) in CASES.items()],
    }
    (tmp_path / "fleet.yml").write_text(json.dumps(fleet))
    with Cloud.running(tmp_path, tmp_path / "fleet.yml") as cloud:
        ids = {name: item["id"] for name, item in {**cloud.vaults(), **cloud.identities()}.items()}
        hosts = json.loads(json.dumps({name: options for name, (_has, options, _seconds) in CASES.items()}))
        for options in hosts.values():
            if "key_vault_id" in options:
                options["key_vault_id"] = ids[options["key_vault_id"]]
            if "user_assigned_identity_ids" in options:
                options["user_assigned_identity_ids"] = [ids["id-new"]]
        inventory = write_inventory(cloud, tmp_path / "inventory.yml", hosts)
        variables = {**cloud.env, "ANSIBLE_INJECT_INVOCATION": "1"}
        run = core.play(next(homes), variables, ENABLE, "-i", str(inventory), "--check")
        assert run.rc == 0, run.output
        assert not cloud.writes()
    waits = {}
    for event in run.results:
        arguments = event["result"].get("invocation", {}).get("module_args", {})
        if "effective_seconds" in arguments and "principals" in arguments:
            waits[event["host"]] = arguments["effective_seconds"]
    assert waits == {name: seconds for name, (_has, _options, seconds) in CASES.items()}
