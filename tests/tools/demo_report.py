# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See a report on a fleet in which some things are wrong: what `make demo-report` runs. It stays in build/report/."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from collection_archive import CHECKOUT, install
from demo import play, say
from emulator_process import EmulatorProcess

Document = dict[str, Any]

REPORT = CHECKOUT / "build" / "report"
GROUP, VAULT, OLD_VAULT = "nexus-prod", "kv-nexus-prod", "kv-before"
WRITER = "44f0a1a8-6fea-4b35-980a-8ff50c487c97"
"""The role Operator Nexus Key Vault Writer Service Role."""

# Name -> (days since the last rotation, the vault of that rotation, whether the platform can write now). Whose identity
# has lost its role stays as it is, since the platform rotates nothing then.
FLEET: dict[str, tuple[int, str | None, bool]] = {
    "cluster-oslo": (12, VAULT, True),
    "cluster-bergen": (31, VAULT, True),
    "cluster-rome": (55, VAULT, True),
    "cluster-leeds": (75, VAULT, False),
    "cluster-lyon": (100, VAULT, False),
    "cluster-madrid": (0, OLD_VAULT, False),
    # Linked to no vault.
    "cluster-porto": (20, None, False),
}


def fleet() -> Document:
    """A fleet file, with one cluster that was never touched on top: some of its credentials were never rotated."""
    return {
        "vaults": [{"name": name, "resource_group": GROUP} for name in (VAULT, OLD_VAULT)],
        "managers": [{"name": "cm-north", "resource_group": GROUP}],
        "clusters": [
            *(_cluster(name, *state) for name, state in FLEET.items()),
            {"name": "cluster-turin", "resource_group": GROUP, "manager": "cm-north", "storage_appliances": 0},
        ],
        "role_assignments": [
            {"principal": name, "role": WRITER, "scope": VAULT} for name, state in FLEET.items() if state[2]
        ],
    }


def _cluster(name: str, days_ago: int, vault: str | None, _writes: bool) -> Document:
    rotated = {"days_ago": days_ago, "vault": vault} if vault else {"days_ago": days_ago}
    cluster = {"name": name, "resource_group": GROUP, "manager": "cm-north", "rotated": rotated}
    if not vault:
        return cluster
    return {**cluster, "identity": "system", "secret_archive_settings": {"vault": VAULT, "identity": "system"}}


def demonstrate(folder: Path) -> None:
    say("Build the collection and install it with ansible-galaxy")
    install(folder)
    path = folder / "fleet.yml"
    path.write_text(json.dumps(fleet()), encoding="utf-8")
    with EmulatorProcess.running(folder / "emulator", path) as cloud:
        say(f"A stand-in for Azure listens on {cloud.url}. Report on all clusters of the subscription")
        options = {"fleet_report_directory": str(REPORT), "fleet_report_inventory_group": ""}
        play(folder, cloud, "fleet_report", "-e", json.dumps(options))
    say(f"Done; open {REPORT / 'nexus-credentials.html'}")


if __name__ == "__main__":
    (CHECKOUT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="demo-", dir=CHECKOUT / "build") as temporary:
        demonstrate(Path(temporary))
