# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List, for every cluster of a subscription, the rotated credentials that lie in a customer's Key Vault.

It asks with Microsoft's own libraries and the variables of the emulator's environment file. Machines and storage
appliances say which secret version holds each credential, and the vault must hold that very version. Values are never
read. Exit status 1 if a cluster has no credential there, or the vault lacks one.
"""

from __future__ import annotations

import os
import sys
from typing import Any, NamedTuple

import requests
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.networkcloud import NetworkCloudMgmtClient


class Credential(NamedTuple):
    """One rotated credential, as its machine tells it."""

    cluster: str
    vault_id: str
    secret: str
    version: str


def last(resource_id: str) -> str:
    """The name at the end of an ARM id."""
    return resource_id.rpartition("/")[2]


def connect() -> dict[str, Any]:
    """What every management client takes: credential, subscription and where Azure Resource Manager is."""
    base_url = os.environ["AZURE_CLOUD_ENVIRONMENT"].rstrip("/")
    answer = requests.get(f"{base_url}/metadata/endpoints", params={"api-version": "2022-09-01"}, timeout=30)
    answer.raise_for_status()
    sign_in = answer.json()["authentication"]
    credential = ClientSecretCredential(
        os.environ["AZURE_TENANT"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_SECRET"],
        authority=sign_in["loginEndpoint"],
        disable_instance_discovery=True,
    )
    return {
        "credential": credential,
        "subscription_id": os.environ["AZURE_SUBSCRIPTION_ID"],
        "base_url": base_url,
        "credential_scopes": [sign_in["audiences"][0].rstrip("/") + "/.default"],
    }


def rotated(nexus: NetworkCloudMgmtClient) -> list[Credential]:
    """Every credential that the platform says it has put into a customer's vault."""
    machines = [*nexus.bare_metal_machines.list_by_subscription(), *nexus.storage_appliances.list_by_subscription()]
    return [
        Credential(
            last(machine.properties.cluster_id),
            status.secret_archive_reference.key_vault_id,
            status.secret_archive_reference.secret_name,
            status.secret_archive_reference.secret_version,
        )
        for machine in machines
        for status in machine.properties.secret_rotation_status or []
        if status.secret_archive_reference
    ]


def open_vaults(arm: dict[str, Any], vault_ids: set[str]) -> dict[str, SecretClient]:
    """Vault id -> client of that vault's own endpoint."""
    vaults = KeyVaultManagementClient(**arm).vaults
    return {
        vault_id: SecretClient(
            vaults.get(vault_id.split("/")[4], last(vault_id)).properties.vault_uri, arm["credential"]
        )
        for vault_id in vault_ids
    }


def versions(vault: SecretClient, secret: str) -> list[str]:
    """The versions of a secret that are in the vault."""
    return [str(found.version) for found in vault.list_properties_of_secret_versions(secret)]


def main() -> int:
    arm = connect()
    nexus = NetworkCloudMgmtClient(**arm)
    credentials = rotated(nexus)
    vaults = open_vaults(arm, {one.vault_id for one in credentials})
    faults: list[str] = []
    for cluster in sorted(cluster.name for cluster in nexus.clusters.list_by_subscription()):
        own = sorted(one for one in credentials if one.cluster == cluster)
        print(f"{cluster}: {len(own)} rotated credentials")
        if not own:
            faults.append(f"no credential of {cluster} is in a customer's vault")
        for one in own:
            print(f"  {last(one.vault_id)}/{one.secret}  version {one.version}")
            if one.version not in versions(vaults[one.vault_id], one.secret):
                faults.append(f"{last(one.vault_id)} does not hold {one.secret} {one.version}")
    print(*faults, sep="\n", file=sys.stderr, end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
