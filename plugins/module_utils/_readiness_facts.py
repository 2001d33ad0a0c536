# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that was read to tell whether the platform could write a cluster's credentials into a vault. Pure.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _documents, _method
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError
from ansible_collections.operator_nexus.credentials.plugins.module_utils._finding import Finding
from ansible_collections.operator_nexus.credentials.plugins.module_utils._writers import (
    Document,
    Listed,
    Question,
    Read,
    Writer,
)

NAMESPACE = "Microsoft.NetworkCloud"


@dataclass(frozen=True)
class Facts:
    """All that was read. `cluster` is None where its subscription does not know the resource provider.

    `vault_id` is empty where no vault is known. `linked` is what the cluster calls the vault, where that had to be
    found by it: a URI, or an id that is none. `tenant_id` is the tenant of the cluster's subscription, for identities
    that do not tell theirs. `roles` are definitions as `_access` takes them, `nexus_principal` is the object id of the
    platform's application, None for one that the tenant does not have.
    """

    asked: Question
    cluster_id: str
    now: datetime
    provider: Read
    cluster: Document | None = None
    method: str = _method.CLUSTER
    vault_id: str = ""
    linked: str = ""
    vault: Read = None
    writers: list[Writer] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    tenant_id: str | None = None
    denials: Listed = None
    roles: Mapping[str, Document | None] = field(default_factory=dict)
    nexus_principal: str | NexusError | None = None

    @property
    def vault_uri(self) -> str | None:
        own = _documents.properties(self.known_vault or {}).get("vaultUri")
        return own or (self.linked if self.method == _method.CLUSTER else None) or None

    @property
    def known_vault(self) -> Document | None:
        return self.vault if isinstance(self.vault, dict) else None


def needs_operator_role(asked: Question, method: str, writer: Writer) -> bool:
    """Whether the platform's application has to be let use the identity. Microsoft's pages agree on managers only."""
    return bool(writer.identity_id) and (method == _method.CLUSTER_MANAGER or asked.operator_role is not False)
