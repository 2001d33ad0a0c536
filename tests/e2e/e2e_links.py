# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which method a fleet's clusters are linked, who may write, and what the platform has done: in names of resources.

A system assigned identity goes by the name of its cluster or cluster manager, which must differ from all others.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e_ansible import Core, Run, Running, wait_until
from e2e_cloud import NEXUS_APP, OPERATOR_ROLE, WRITER_ROLE, Cloud
from e2e_plays import COLLECTION

ENABLE = f"{COLLECTION}.customer_key_vault"
DISABLE = f"{COLLECTION}.disable_customer_key_vault"
MIGRATE = f"{COLLECTION}.migrate_to_cluster_identity"

GROUP, VAULT = "nexus-prod", "kv-nexus"
WRITER = "Operator Nexus Key Vault Writer Service Role (Preview)"
OPERATOR = "Managed Identity Operator"
NEXUS = "AFOI-NC-MGMT-PME-PROD"

Document = dict[str, Any]


@dataclass
class Setup:
    """What the playbooks care about, and nothing else.

    `links`: cluster -> of `manager: VAULT` and `cluster: VAULT by IDENTITY` those that it has. `identities`: cluster or
    manager -> its identities. `roles`: `IDENTITY writes to VAULT` and `Nexus uses IDENTITY`, sorted; what is assigned
    twice is there twice.
    """

    links: dict[str, list[str]]
    identities: dict[str, list[str]]
    roles: list[str]

    @classmethod
    def of(cls, cloud: Cloud) -> Setup:
        clusters, managers = cloud.clusters(), list(cloud.managers().values())
        vaults = {vault["id"].lower(): name for name, vault in cloud.vaults().items()}
        return cls(
            {one["name"]: _links(one["properties"], vaults) for one in clusters},
            {one["name"]: _identities(one) for one in (*clusters, *managers)},
            _roles(cloud, vaults),
        )


@dataclass
class Step:
    """One run of a playbook, and what it made of the fleet."""

    run: Run
    writes: list[str]
    setup: Setup


@dataclass
class Site:
    """One ansible-core, one fleet and its inventory."""

    core: Core
    cloud: Cloud
    inventory: Path
    homes: Iterator[Path]

    def step(self, playbook: str, *arguments: str) -> Step:
        """Run a playbook with --diff. The emulator refuses writes in check mode."""
        before = self.cloud.control("GET", "settings")
        if "--check" in arguments:
            self.cloud.settings(refuse_writes=True)
        seen = self.cloud.mark()
        run = self.core.play(next(self.homes), self.cloud.env, *self._command(playbook, *arguments))
        writes = self.cloud.writes(since=seen)
        self.cloud.settings(refuse_writes=before["refuse_writes"])
        return Step(run, writes, Setup.of(self.cloud))

    def kill_at(self, member: str, playbook: str, *arguments: str) -> None:
        """Run a playbook, and kill it during the operation that a PATCH of a cluster with this member has begun."""
        with self._started(playbook, *arguments):
            cluster = wait_until(f"the write of {member}", lambda: self._patched(member))
        state = self.cloud.arm(cluster)["properties"]["provisioningState"]
        assert state != "Succeeded", "killed too late: the operation is over"

    def kill_when_it_says(self, words: str, playbook: str, *arguments: str) -> None:
        with self._started(playbook, *arguments) as running:
            wait_until(words, lambda: words in (running.home / "out.txt").read_text())

    @contextlib.contextmanager
    def _started(self, playbook: str, *arguments: str) -> Iterator[Running]:
        """A run that is killed at the end of the block. What it prints comes at once, as on a terminal."""
        variables = self.cloud.env | {"PYTHONUNBUFFERED": "1"}
        command = self._command(playbook, *arguments)
        running = self.core.start(self._home(), variables, "ansible-playbook", *command)
        try:
            yield running
        finally:
            running.kill()

    def _home(self) -> Path:
        return next(self.homes)

    def _command(self, playbook: str, *arguments: str) -> tuple[str, ...]:
        return (playbook, "-i", str(self.inventory), "--diff", *arguments)

    def _patched(self, member: str) -> str:
        """The path of the first cluster that was given this member, empty before that."""
        for entry in self.cloud.log(writes="true"):
            body = entry["body"] or {}
            members = {*body, *body.get("properties", {})} if entry["method"] == "PATCH" else set()
            if "/clusters/" in entry["path"] and member in members:
                return str(entry["path"])
        return ""


def names(cloud: Cloud) -> dict[str, str]:
    """Principal id -> name of the identity."""
    owners = [*cloud.clusters(), *cloud.managers().values()]
    system = {
        one["identity"]["principalId"]: one["name"] for one in owners if (one.get("identity") or {}).get("principalId")
    }
    return system | {one["properties"]["principalId"]: name for name, one in cloud.identities().items()}


def told(cloud: Cloud, cluster: str) -> list[str]:
    """The platform's history of a cluster, each event as `EVENT by METHOD as IDENTITY`, with the code of a refusal."""
    known = names(cloud)
    return [
        " ".join(
            [event["event"], *([event["code"]] if "code" in event else []), "by", event["method"]]
            + (["as", known.get(event["identity"], "somebody")] if event["identity"] else [])
        )
        for event in cloud.history(cluster)
    ]


def written(writes: list[str]) -> list[str]:
    """Of `cloud.writes()` those that were let through, sorted: `PATCH clusters/NAME`, `PUT roleAssignments`."""
    found = []
    for line in writes:
        method, path, status = line.split()
        kind, name = path.split("/")[-2:]
        if status < "300":
            found.append(f"{method} {kind}" if kind == "roleAssignments" else f"{method} {kind}/{name}")
    return sorted(found)


def rotate(cloud: Cloud, cluster: str) -> str:
    """Have the platform rotate all of a cluster's credentials now: `METHOD as IDENTITY`. Fails when it cannot."""
    before = cloud.versions(VAULT, cluster)
    done = cloud.control("POST", "rotate", {"cluster": cloud.cluster(cluster)["id"]})
    assert done["error"] is None, done
    after = cloud.versions(VAULT, cluster)
    assert before < after, "what was rotated before is still there, beside what was rotated now"
    assert len(after - before) == done["rotated"] > 0
    return told(cloud, cluster)[-1].removeprefix("rotated by ")


def write_fleet(path: Path, managers: dict[str, str], clusters: dict[str, str], identities: tuple[str, ...]) -> Path:
    """Cluster managers with their identity (`system`, a user assigned one, or none), and clusters with their manager.

    Where the manager has an identity all is in place for the older method, roles and link. An identity whose name ends
    with `ready` may write to the vault, whoever is to have it.
    """
    content: Document = {
        "vaults": [{"name": VAULT, "resource_group": GROUP}],
        "identities": [{"name": name, "resource_group": GROUP} for name in identities],
        "managers": [],
        "clusters": [],
        "role_assignments": [],
    }
    for name, identity in managers.items():
        user = {"identity": "user", "user_assigned": [identity]} if identity in identities else {}
        content["managers"].append({"name": name, "resource_group": GROUP, "identity": identity or "none", **user})
        if user:
            content["role_assignments"].append({"principal": NEXUS, "role": OPERATOR, "scope": identity})
        if identity:
            writer = identity if user else name
            content["role_assignments"].append({"principal": writer, "role": WRITER, "scope": VAULT})
    ready = [name for name in identities if name.endswith("ready")]
    content["role_assignments"] += [{"principal": name, "role": WRITER, "scope": VAULT} for name in ready]
    for name, manager in clusters.items():
        link = {"secret_archive": VAULT} if managers[manager] else {}
        small = {"machines": 1, "storage_appliances": 0}
        content["clusters"].append({"name": name, "resource_group": GROUP, "manager": manager, **small, **link})
    path.write_text(json.dumps(content))
    return path


def write_inventory(cloud: Cloud, path: Path, hosts: dict[str, Document], **common: Any) -> Path:
    """Clusters with variables of the role without their prefix, and those that all have in common."""
    shared = {"resource_group": GROUP, "key_vault_id": cloud.vaults()[VAULT]["id"], **common}
    inventory = {"hosts": {name: _variables(options) for name, options in hosts.items()}, "vars": _variables(shared)}
    path.write_text(json.dumps({"nexus_clusters": inventory}))
    return path


def _variables(options: Document) -> Document:
    return {f"customer_key_vault_{name}": value for name, value in options.items()}


def _links(properties: Document, vaults: dict[str, str]) -> list[str]:
    found, settings = [], properties.get("secretArchiveSettings") or {}
    archive = properties.get("secretArchive") or {}
    if archive.get("keyVaultId"):
        unused = "" if archive["useKeyVault"] == "True" else " (not used)"
        found.append(f"manager: {vaults[archive['keyVaultId'].lower()]}{unused}")
    if settings.get("vaultUri"):
        selected = settings["associatedIdentity"]
        user = selected.get("userAssignedIdentityResourceId", "").rpartition("/")[2]
        assert selected["identityType"] == ("UserAssignedIdentity" if user else "SystemAssignedIdentity")
        found.append(f"cluster: {settings['vaultUri'].split('/')[2].partition('.')[0]} by {user or 'its own'}")
    return found


def _identities(owner: Document) -> list[str]:
    block = owner.get("identity") or {}
    system = ["system"] if block.get("principalId") else []
    return system + sorted(key.rpartition("/")[2] for key in block.get("userAssignedIdentities") or {})


def _roles(cloud: Cloud, vaults: dict[str, str]) -> list[str]:
    known, nexus = names(cloud), cloud.service_principal(NEXUS_APP)
    found = []
    for role, principal, scope in cloud.grants():
        if role == WRITER_ROLE:
            found.append(f"{known[principal]} writes to {vaults[scope]}")
        elif role == OPERATOR_ROLE:
            found.append(f"{'Nexus' if principal == nexus else 'somebody'} uses {scope.rpartition('/')[2]}")
    return sorted(found)
