# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything the emulator knows, in one place: plain dicts, changed only from the event loop."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moments import precise

Document = dict[str, Any]


@dataclass
class Settings:
    """What a test may turn, at start or through the control endpoint. Times are seconds."""

    operation_seconds: float = 0.3
    """Length of a long-running operation when `pace` is short."""
    pace: str = "short"
    """`short`, or `recorded`: each kind of operation takes as long as it did in the recordings."""
    page_size: int = 100
    """Items per page of an ARM list."""
    token_seconds: int = 3600
    principal_replication_seconds: float = 0.0
    """How long a new principal is unknown to role assignments (400 PrincipalNotFound)."""
    role_effect_seconds: float = 0.0
    """How long a new role assignment grants nothing."""
    rotation_seconds: float = 0.0
    """How long after an archive becomes usable the platform waits before it rotates."""
    unlisted_identities: str = "keep"
    """What a PATCH does to user assigned identities it does not list: `keep` (merge patch) or `remove`."""
    cluster_operator_role: str = "required"
    """Whether AFOI-NC-MGMT-PME-PROD must be Managed Identity Operator of a cluster's own user assigned identity:
    `required` or `not_required`."""
    refuse_writes: bool = False
    """Answer every write, of whatever service, with an error: a check mode run must not notice."""
    writes_left: int = 0
    """How many writes `refuse_writes` still lets through; it counts down. A run is interrupted after so many."""
    fail_operations: int = 0
    """How many of the next long-running operations end as Failed; it counts down."""


@dataclass
class World:
    """The state of one emulated tenant.

    `resources` holds every ARM resource, stored as the newest api-version shows it, keyed by lower-cased id.
    `assignments` holds role assignments keyed by lower-cased id, `denials` deny assignments in the same way, `roles`
    custom roles by GUID. `unregistered` holds what is not registered: (subscription, namespace), both in lower case.
    `principals` maps object id to
    {objectId, kind ("ServicePrincipal" or "User"), displayName, appId, createdAt (epoch seconds)}; a user who may
    sign in has userPrincipalName and password too. `applications` maps client id to {secret, objectId} and, where the
    fleet gives them, certificate (PEM) and federated ([{issuer, subject, audience, publicKey (PEM)}]).
    `machine_identities` lists the object ids that the metadata service (IMDS) hands out tokens for; the first is the
    machine's own. `secrets` maps a vault's lower-cased id to {secret name: [version documents, oldest first]}.
    `operations` maps operation name to its record (operations.py). `rotations` maps a cluster's lower-cased id to what
    the platform keeps in mind about its archive (nexus_platform.py), `history` to what it has done for the cluster
    (archive_history.py). `log` is the request log, oldest first.
    """

    tenant_id: str
    subscriptions: dict[str, Document] = field(default_factory=dict)
    resources: dict[str, Document] = field(default_factory=dict)
    assignments: dict[str, Document] = field(default_factory=dict)
    denials: dict[str, Document] = field(default_factory=dict)
    roles: dict[str, Document] = field(default_factory=dict)
    unregistered: set[tuple[str, str]] = field(default_factory=set)
    principals: dict[str, Document] = field(default_factory=dict)
    applications: dict[str, Document] = field(default_factory=dict)
    machine_identities: list[str] = field(default_factory=list)
    secrets: dict[str, dict[str, list[Document]]] = field(default_factory=dict)
    operations: dict[str, Document] = field(default_factory=dict)
    rotations: dict[str, Document] = field(default_factory=dict)
    history: dict[str, list[Document]] = field(default_factory=dict)
    log: list[Document] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)
    clock: Callable[[], float] = time.time

    def find(self, resource_id: str) -> Document | None:
        return self.resources.get(resource_id.lower())

    def store(self, document: Document) -> Document:
        self.resources[document["id"].lower()] = document
        return document

    def of_type(self, resource_type: str, scope: str = "") -> list[Document]:
        """Resources of this ARM type (`Microsoft.KeyVault/vaults`) that lie below the scope, in the order of making."""
        kind, above = resource_type.lower(), f"{scope}/".lower()
        return [item for key, item in self.resources.items() if item["type"].lower() == kind and key.startswith(above)]

    def add_principal(self, display_name: str, kind: str = "ServicePrincipal", app_id: str | None = None) -> Document:
        """Make a directory object: the service principal of an application or of a managed identity, or a user."""
        principal: Document = {
            "objectId": str(uuid.uuid4()),
            "kind": kind,
            "displayName": display_name,
            "appId": app_id or str(uuid.uuid4()),
            "createdAt": self.clock(),
        }
        self.principals[principal["objectId"]] = principal
        return principal

    def now(self) -> str:
        """The time as ARM writes it, seven decimals."""
        return precise(self.clock())
