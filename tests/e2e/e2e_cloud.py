# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator, and what an administrator sees of the cloud that it plays."""

from __future__ import annotations

from typing import Any

from emulator_process import ARM_SCOPE, EmulatorProcess

NEXUS = "providers/Microsoft.NetworkCloud"
NEXUS_VERSION = "2025-09-01"
WRITER_ROLE = "44f0a1a8-6fea-4b35-980a-8ff50c487c97"
OPERATOR_ROLE = "f1a07417-d97a-45cb-824c-7a7467783830"
NEXUS_APP = "3365d4ea-bb16-4bc9-86dd-f2c8cf6f1f56"


class Cloud(EmulatorProcess):
    """A running emulator, looked at by an administrator."""

    def _ask(self, method: str, url: str, scope: str, **more: Any) -> Any:
        proxies = {} if url.startswith(self.url) else {"https": self.env["HTTPS_PROXY"]}
        headers = {"Authorization": f"Bearer {self.token(scope)}"}
        answer = self.http.request(method, url, headers=headers, proxies=proxies, timeout=30, **more)
        assert answer.status_code < 400, f"{method} {url}: {answer.status_code} {answer.text}"
        return answer.json()

    def arm(self, path: str, version: str = NEXUS_VERSION) -> Any:
        """The resource at this path, or all items of the list there."""
        url = f"{self.url}/{path.lstrip('/')}"
        body = self._ask("GET", url, ARM_SCOPE, params={"api-version": version})
        if "value" not in body:
            return body
        items = list(body["value"])
        while body.get("nextLink"):
            body = self._ask("GET", body["nextLink"], ARM_SCOPE)
            items += body["value"]
        return items

    def patch(self, path: str, body: dict[str, Any], version: str = NEXUS_VERSION) -> Any:
        """Write as an administrator would; this lands in the log too."""
        url = f"{self.url}/{path.lstrip('/')}"
        return self._ask("PATCH", url, ARM_SCOPE, params={"api-version": version}, json=body)

    def clusters(self) -> list[dict[str, Any]]:
        return list(self.arm(f"subscriptions/{self.subscription_id}/{NEXUS}/clusters"))

    def cluster(self, name: str) -> dict[str, Any]:
        return next(one for one in self.clusters() if one["name"] == name)

    def history(self, cluster: str) -> list[dict[str, Any]]:
        """What the platform has done for the cluster of this name, oldest first."""
        found: list[dict[str, Any]] = self.control("GET", "history", cluster=self.cluster(cluster)["id"])["value"]
        return found

    def managers(self) -> dict[str, dict[str, Any]]:
        """Name -> cluster manager."""
        found = self.arm(f"subscriptions/{self.subscription_id}/{NEXUS}/clusterManagers")
        return {manager["name"]: manager for manager in found}

    def vaults(self) -> dict[str, dict[str, Any]]:
        found = self.arm(f"subscriptions/{self.subscription_id}/providers/Microsoft.KeyVault/vaults", "2023-07-01")
        return {vault["name"]: vault for vault in found}

    def identities(self) -> dict[str, dict[str, Any]]:
        """Name -> user assigned identity."""
        found = self.arm(
            f"subscriptions/{self.subscription_id}/providers/Microsoft.ManagedIdentity/userAssignedIdentities",
            "2023-01-31",
        )
        return {identity["name"]: identity for identity in found}

    def grants(self) -> list[tuple[str, str, str]]:
        """(role guid, principal id, scope) of every role assignment in the subscription, sorted; ids in lower case."""
        found = self.arm(
            f"subscriptions/{self.subscription_id}/providers/Microsoft.Authorization/roleAssignments", "2022-04-01"
        )
        properties = [item["properties"] for item in found]
        return sorted(
            (one["roleDefinitionId"].rpartition("/")[2].lower(), one["principalId"], one["scope"].lower())
            for one in properties
        )

    def secrets(self, vault: str) -> list[str]:
        """Names of the secrets in this vault, asked at its own address."""
        return self._vault_names(vault, "secrets")

    def versions(self, vault: str, cluster: str) -> set[str]:
        """`secret/version` of all that this vault holds for the cluster of this name."""
        names = [name for name in self.secrets(vault) if f"-{cluster}-" in name]
        return {
            f"{name}/{version}" for name in names for version in self._vault_names(vault, f"secrets/{name}/versions")
        }

    def _vault_names(self, vault: str, path: str) -> list[str]:
        """The last part of the id of each item on all pages of a vault's list."""
        url: str | None = f"https://{vault}.vault.azure.emulator/{path}?api-version=7.4"
        names: list[str] = []
        while url:
            body = self._ask("GET", url, "https://vault.azure.emulator/.default")
            names += [item["id"].rstrip("/").split("/")[-1] for item in body["value"]]
            url = body.get("nextLink")
        return names

    def service_principal(self, app_id: str) -> str:
        """Object id of this application's service principal."""
        url = f"https://graph.azure.emulator/v1.0/servicePrincipals?$filter=appId eq '{app_id}'"
        body = self._ask("GET", url, "https://graph.azure.emulator/.default")
        return str(body["value"][0]["id"])
