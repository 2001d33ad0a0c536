# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a cluster's credentials go: into which vault, and by which of the two methods."""

from __future__ import annotations

from dataclasses import dataclass

from identity_block import kinds
from state import Document

CLUSTER_MANAGER = "cluster_manager"
"""`secretArchive`, written with an identity of the cluster's manager."""
CLUSTER = "cluster"
"""Its successor: `secretArchiveSettings`, written with an identity of the cluster itself."""


@dataclass(frozen=True)
class Archive:
    """`vault` is what the cluster writes of it: an id with the first method, a URI, maybe none, with the second."""

    method: str
    vault: str

    @property
    def key(self) -> str:
        """The same for all spellings of one archive."""
        return f"{self.method} {self.vault.rstrip('/').lower()}"


def archive_of(cluster: Document) -> Archive | None:
    """The archive in use. None when there is none, or one that is linked and not enabled.

    With a vault's URI in `secretArchiveSettings` and any identity of its own a cluster has the successor, and the
    platform ignores the link and the cluster manager's identity (contract 0.1). Without either of the two an enabled
    link stays in use; without a link, too, the settings are what the platform tries.
    """
    properties = cluster["properties"]
    settings = properties.get("secretArchiveSettings") or {}
    uri = settings.get("vaultUri") or ""
    if uri and kinds(cluster.get("identity")):
        return Archive(CLUSTER, uri)
    link = properties.get("secretArchive") or {}
    if link.get("useKeyVault") == "True" and link.get("keyVaultId"):
        return Archive(CLUSTER_MANAGER, link["keyVaultId"])
    return Archive(CLUSTER, uri) if settings else None
