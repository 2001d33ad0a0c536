# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the platform has rotated into which vault, as `nexus_credential_rotation_info` tells it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e_ansible import Core, Run
from e2e_cloud import NEXUS, Cloud
from e2e_leaks import assert_nothing_leaks
from e2e_links import WRITER
from e2e_plays import COLLECTION, run_tasks, task
from e2e_ways import modules, other_interpreter

Document = dict[str, Any]

MODULE = "nexus_credential_rotation_info"
GROUP, VAULT = "nexus-prod", "kv-nexus-prod"
PERIODS = {
    "BMC Credential": 60,
    "Bare Metal Machine Identity - console": 60,
    "Storage Appliance User": 1,
    "local-path-provisioner volume passphrase": 60,
}
# Every path under which a value could be had: a secret, or a version of one.
VALUE = re.compile(r"/(secrets|deletedsecrets)/[^/]+(/(?!versions$)[^/]+)?/?")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One cluster by each method, and one that is not linked. Nothing is rotated before a fleet is touched."""
    folder = tmp_path_factory.mktemp("rotation")
    fleet: Document = {
        "vaults": [{"name": VAULT, "resource_group": GROUP}, {"name": "kv-other", "resource_group": GROUP}],
        "operator": {"name": "reporter", "roles": ["Reader", "Key Vault Reader"]},
        "roles": [
            {
                "name": "Key Vault Reader",
                "actions": ["Microsoft.KeyVault/vaults/read"],
                "data_actions": ["Microsoft.KeyVault/vaults/secrets/readMetadata/action"],
            }
        ],
        "managers": [{"name": "cm", "resource_group": GROUP, "identity": "system"}],
        "clusters": [
            {"name": "by-manager", "resource_group": GROUP, "manager": "cm", "secret_archive": VAULT},
            {
                "name": "by-cluster",
                "resource_group": GROUP,
                "manager": "cm",
                "identity": "system",
                "secret_archive_settings": {"vault": VAULT, "identity": "system"},
            },
            {"name": "unlinked", "resource_group": GROUP, "manager": "cm"},
        ],
        "role_assignments": [{"principal": name, "role": WRITER, "scope": VAULT} for name in ("cm", "by-cluster")],
    }
    path = folder / "fleet.yml"
    path.write_text(json.dumps(fleet))
    with Cloud.running(folder, path) as running:
        yield running


def tell(core: Core, home: Path, cloud: Cloud, **options: Any) -> tuple[Document, Run, list[Document]]:
    """The module's result, the run, and what was asked in it."""
    seen = cloud.mark()
    run = run_tasks(core, home, cloud.env, [task(MODULE, "Tell", **options)]).assert_good()
    return run.result("Tell"), run, cloud.log(since=str(seen))


def test_rotated_credentials_are_in_order(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    """With a role that can read no value: neither the module nor anything else needs one."""
    cloud.reset()
    result, run, asked = tell(core, next(homes), cloud, check_secrets=True)
    shown = {item["name"]: item for item in result["clusters"]}
    for name, method in (("by-manager", "cluster_manager"), ("by-cluster", "cluster")):
        cluster = shown[name]
        assert (cluster["status"], cluster["method"], cluster["problem"]) == ("ok", method, None)
        # Two machines with three credentials, one storage appliance.
        assert (cluster["summary"]["devices"], cluster["summary"]["by_status"]["ok"]) == (3, 7)
        assert cluster["expected_vault"]["source"] == "link"
        for one in cluster["credentials"]:
            assert (one["overdue"], one["expired"], one["in_expected_vault"]) == (False, False, True)
            assert one["rotation_period_days"] == PERIODS[one["credential"]]
            assert one["archived_in"]["key_vault_uri"] == f"https://{VAULT}.vault.azure.emulator/"
            assert one["secret"] == {"found": True, "enabled": True, "expires": None, "problem": None}
        versions = {"{secret_name}/{secret_version}".format(**one["archived_in"]) for one in cluster["credentials"]}
        assert versions == {
            entry["secretArchiveReference"]["secretName"] + "/" + entry["secretArchiveReference"]["secretVersion"]
            for kind in ("bareMetalMachines", "storageAppliances")
            for device in cloud.arm(f"subscriptions/{cloud.subscription_id}/{NEXUS}/{kind}")
            if device["properties"]["clusterId"] == cluster["id"]
            for entry in device["properties"]["secretRotationStatus"]
        }
    assert result["vaults"] == [{"key_vault_uri": f"https://{VAULT}.vault.azure.emulator/", "problem": None}]
    credentials = [one for item in result["clusters"] for one in item["credentials"] if one["status"] == "ok"]
    # As the option `detail` documents it.
    assert 700 < len(json.dumps(credentials)) / len(credentials) < 1500
    assert_no_value_was_asked_for(asked)
    assert len([entry for entry in asked if entry["service"] == "vault"]) == len(credentials) == 14
    assert_nothing_leaks(run, cloud.env["AZURE_SECRET"])


def test_unlinked_credentials_are_archived_nowhere(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    cloud.reset()
    result, _run, _asked = tell(core, next(homes), cloud, name="unlinked", resource_group=GROUP)
    (cluster,) = result["clusters"]
    assert (cluster["method"], cluster["expected_vault"]["source"]) == (None, None)
    found = {one["credential"]: one for one in cluster["credentials"]}
    assert {name: one["status"] for name, one in found.items()} == {
        "BMC Credential": "never_rotated",
        "Bare Metal Machine Identity - console": "not_archived",
        "local-path-provisioner volume passphrase": "not_archived",
        # To be rotated each day, and thirty days old.
        "Storage Appliance User": "overdue",
    }
    assert (result["status"], result["summary"]["by_status"]["ok"]) == ("overdue", 0)
    assert all(set(one["archived_in"].values()) == {None} for one in found.values())
    assert {one["in_expected_vault"] for one in found.values()} == {None}


def test_credentials_in_another_vault_than_ours_are_misplaced(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    cloud.reset()
    ids = [cloud.cluster(name)["id"] for name in ("by-manager", "by-cluster")]
    other = cloud.vaults()["kv-other"]["id"]
    result, _run, _asked = tell(core, next(homes), cloud, ids=ids, expected_key_vault_id=other, detail="problems")
    assert [item["id"] for item in result["clusters"]] == ids
    assert (result["status"], result["summary"]["by_status"]["misplaced"]) == ("misplaced", 14)
    assert {one["message"] for item in result["clusters"] for one in item["credentials"]} == {
        f"it lies in another vault than {other}"
    }


@pytest.mark.newest_only
def test_in_check_mode_and_as_an_ordinary_module_it_tells_the_same(
    core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path
) -> None:
    cloud.reset(refuse_writes=True)
    options = {"name": "by-cluster", "resource_group": GROUP, "check_secrets": True}
    apart = {**task(MODULE, "Apart", **options), "vars": other_interpreter(core, tmp_path)}
    tasks = [task(MODULE, "Inside", **options), apart]
    run = run_tasks(core, next(homes), cloud.env, tasks, "-vvv").assert_good()
    assert [module for module, _why in modules(run)] == [f"{COLLECTION}.{MODULE}"]
    check = run_tasks(core, next(homes), cloud.env, tasks[:1], "--check").assert_good()
    results = [run.result("Inside"), run.result("Apart"), check.result("Inside")]
    assert results[0]["status"] == "ok"
    assert all(item["clusters"] == results[0]["clusters"] for item in results[1:])
    assert not cloud.writes()


@pytest.mark.newest_only
def test_a_play_fails_when_anything_is_overdue(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    cloud.reset()
    tasks = [
        {**task(MODULE, "Tell", detail="summary"), "register": "fleet"},
        {"name": "Stop", "ansible.builtin.assert": {"that": "fleet.summary.by_fault.overdue == 0"}},
    ]
    run = run_tasks(core, next(homes), cloud.env, tasks)
    assert run.rc != 0
    assert run.result("Stop", event="failed")["assertion"] == "fleet.summary.by_fault.overdue == 0"


@pytest.mark.newest_only
def test_what_a_vault_does_not_show_is_unknown(core: Core, cloud: Cloud, homes: Iterator[Path], tmp_path: Path) -> None:
    """An owner of all resources has no data actions."""
    fleet = {
        "operator": {"name": "owner", "roles": ["Owner"]},
        "vaults": [{"name": VAULT, "resource_group": GROUP}, {"name": "kv-far", "resource_group": GROUP}],
        "managers": [{"name": "cm", "resource_group": GROUP, "identity": "system"}],
        "clusters": [
            {"name": name, "resource_group": GROUP, "manager": "cm", "machines": 1, "secret_archive": vault}
            for name, vault in (("near", VAULT), ("far", "kv-far"))
        ],
        "role_assignments": [{"principal": "cm", "role": WRITER, "scope": name} for name in (VAULT, "kv-far")],
    }
    path = tmp_path / "fleet.yml"
    path.write_text(json.dumps(fleet))
    with Cloud.running(tmp_path / "closed", path) as closed:
        result, run, asked = tell(core, next(homes), closed, check_secrets=True)
    assert (result["status"], result["summary"]["by_status"]["unknown"]) == ("unknown", 8)
    assert len(result["vaults"]) == 2
    for vault in result["vaults"]:
        assert "Forbidden: Caller is not authorized to perform action" in vault["problem"]
    secrets = [one["secret"] for item in result["clusters"] for one in item["credentials"]]
    assert secrets == [{"found": None, "enabled": None, "expires": None, "problem": "Forbidden"}] * 8
    # Each vault is asked once.
    assert len([entry for entry in asked if entry["service"] == "vault"]) == 2
    assert_nothing_leaks(run, closed.env["AZURE_SECRET"])


@pytest.mark.newest_only
def test_a_fleet_takes_pages_not_clusters(core: Core, homes: Iterator[Path], tmp_path: Path) -> None:
    """300 clusters with 900 machines and appliances, which are not linked."""
    path = tmp_path / "fleet.yml"
    path.write_text(json.dumps({"generate": {"clusters": 300, "managers": 3}}))
    with Cloud.running(tmp_path / "fleet", path) as fleet:
        ids = [item["id"] for item in fleet.clusters()]
        for options in ({}, {"ids": ids}, {"resource_group": "nexus-fleet"}):
            result, _run, asked = tell(core, next(homes), fleet, detail="summary", **options)
            assert (result["summary"]["clusters"], result["summary"]["devices"]) == (300, 900)
            assert result["summary"]["credentials"] == 300 * 7
            assert result["summary"]["clusters_by_status"]["overdue"] == 300
            read = [entry["path"].rpartition("/")[2] for entry in asked if entry["service"] == "arm"]
            pages = {"clusters": 3, "bareMetalMachines": 6, "storageAppliances": 3}
            assert {kind: read.count(kind) for kind in set(read)} == pages


def assert_no_value_was_asked_for(asked: list[Document]) -> None:
    paths = [entry["path"] for entry in asked if entry["service"] == "vault"]
    assert paths
    assert not [path for path in paths if VALUE.fullmatch(path)]
    assert all(path.endswith("/versions") for path in paths)
    assert {entry["method"] for entry in asked if entry["service"] == "vault"} == {"GET"}
