# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait for the platform's own word that a cluster's credentials reach the vault.

Private to this collection. That a link is set proves nothing: Azure takes any. Proof is what has happened since the
cluster was last written to: the platform has validated the vault, or has rotated a credential into it.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _documents,
    _resource_id,
    _rotation,
    _time,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._clock import Clock
from ansible_collections.operator_nexus.credentials.plugins.module_utils._converge import fetch, is_settled
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError

Document = dict[str, Any]
Proof = dict[str, Any]

NO_PROOF: Proof = {"kind": None, "time": None}


def prove(arm: Arm, cluster: Document, vault: str, api_version: str, timeout: float) -> tuple[Document, Proof]:
    """Wait for proof. Gives the cluster as it was read last, and {kind, time}: `validated` or `rotated`, and when.

    `vault` is the vault's ARM id or its URI, `timeout` is in seconds. A cluster that is not deployed has nothing to
    prove: its kind is None. Raises NexusError, with the platform's own code where it has refused the vault.
    """
    since: datetime | None = None
    clock = Clock(timeout)
    progress = arm.progress("proof that credentials of", cluster["id"])
    while _rotation.is_deployed(cluster):
        # While an operation goes on, what there is may be proof of what was before it.
        if since is None and is_settled(cluster):
            # Of who wrote last, and what, the document tells nothing. Counting from the last write is never too early.
            since = _rotation.last_modified(cluster) or datetime.now(timezone.utc).replace(microsecond=0)
        found = evidence(arm, cluster, vault, api_version, since) if since else None
        if found is not None:
            progress.ended(str(found["kind"]), clock.elapsed)
            return cluster, found
        refusal = _rotation.refusal(cluster) or {}
        progress.waiting(refusal.get("code") or "not validated yet", clock.elapsed)
        if not clock.pause():
            raise _unproven(cluster, refusal, clock.elapsed)
        cluster = fetch(arm, cluster["id"], "cluster", api_version)
    return cluster, NO_PROOF


def evidence(arm: Arm, cluster: Document, vault: str, api_version: str, since: datetime) -> Proof | None:
    """The proof that there is now, None when there is none from `since` on."""
    time = _rotation.validated(cluster)
    if time is not None and time >= since:
        return {"kind": "validated", "time": _time.text(time)}
    time = _rotation.rotated(devices(arm, cluster, api_version), vault)
    if time is not None and time >= since:
        return {"kind": "rotated", "time": _time.text(time)}
    return None


def devices(arm: Arm, cluster: Document, api_version: str) -> list[Document]:
    """The machines and storage appliances of a cluster, which lie in its managed resource group. Raises NexusError.

    Whoever may write to the cluster need not be allowed to read that group. Then there are none to be seen.
    """
    group = _rotation.managed_group(cluster)
    if not group:
        return []
    own = _resource_id.key(cluster["id"])
    found: list[Document] = []
    for kind in (_resource_id.BARE_METAL_MACHINE, _resource_id.STORAGE_APPLIANCE):
        path = _resource_id.collection_in(cluster["id"].split("/")[2], kind, group)
        try:
            # Not `list_resources`: nobody recalls the machines, and each look would put them into the run's memory.
            found += arm.list(path, api_version)
        except NexusError as error:
            if not error.is_refusal:
                raise
    return [item for item in found if _resource_id.key(_documents.properties(item).get("clusterId") or "") == own]


def _unproven(cluster: Document, refusal: dict[str, str], elapsed: float) -> NexusError:
    code, message = refusal.get("code") or "NotProven", refusal.get("message", "").rstrip(".")
    seen = (
        f"the platform cannot write to the vault: {message}" if message else "the platform has not validated the vault"
    )
    return NexusError(
        f"{seen}, and in {elapsed:.0f} s no credential was seen to be rotated into it",
        code=code,
        target="prove",
        operation="prove that credentials of",
        resource_id=cluster["id"],
        remedy=f"{refusal.get('remediation') or 'look at the conditions of the cluster in the portal'}; then run the "
        "task again, or raise prove_timeout (a new role may take ten minutes, a storage appliance rotates once a day)",
    )
