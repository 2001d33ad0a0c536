# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What "it works" means for a fleet: everything a test compares against the emulator's state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from e2e_ansible import Run, wait_until
from e2e_cloud import NEXUS_APP, OPERATOR_ROLE, WRITER_ROLE, Cloud
from emulator_process import EXAMPLE_FLEET

PLAYBOOK = "operator_nexus.credentials.customer_key_vault"
CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLE_INVENTORY = CHECKOUT / "playbooks/inventory"

# beside the example's own identity, which its inventory uses
SPARE_IDENTITIES = ("id-one", "id-two")

Grant = tuple[str, str, str]


def write_fleet(path: Path, more: dict[str, Any]) -> Path:
    """The emulator's example fleet with two spare identities and with what `more` adds to its parts."""
    fleet = yaml.safe_load(EXAMPLE_FLEET.read_text())
    fleet["identities"] += [{"name": name, "resource_group": "nexus-prod"} for name in SPARE_IDENTITIES]
    for part, added in more.items():
        fleet[part] = fleet.get(part, {}) | added
    path.write_text(json.dumps(fleet))
    return path


def wanted_grants(cloud: Cloud, vault_id: str) -> set[Grant]:
    """What the procedure grants, read from the identities of clusters and managers as they are now."""
    nexus = cloud.service_principal(NEXUS_APP)
    grants: set[Grant] = set()
    for owner in (*cloud.clusters(), *cloud.managers().values()):
        identity = owner.get("identity") or {}
        if identity.get("principalId"):
            grants.add((WRITER_ROLE, identity["principalId"], vault_id.lower()))
        for identity_id, ids in (identity.get("userAssignedIdentities") or {}).items():
            grants.add((WRITER_ROLE, ids["principalId"], vault_id.lower()))
            grants.add((OPERATOR_ROLE, nexus, identity_id.lower()))
    return grants


def assert_secrets_arrive(cloud: Cloud, vault: str, clusters: list[str]) -> None:
    """Every cluster has at least one rotated secret in the vault; the names are the platform's, so search in them."""

    def missing() -> list[str]:
        names = cloud.secrets(vault)
        return [cluster for cluster in clusters if not any(cluster.lower() in name.lower() for name in names)]

    wait_until(f"secrets of {clusters} in {vault}", lambda: not missing(), timeout=20)


def assert_unchanged(run: Run, hosts: int) -> None:
    """Every host was there and nothing changed on any."""
    run.assert_good()
    assert len(run.changed) == hosts, run.output
    assert not any(run.changed.values()), run.output
