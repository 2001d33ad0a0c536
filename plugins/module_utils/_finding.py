# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check has found wrong, and what mends it. Pure.

Private to this collection. Where Microsoft's pages have a code for what the platform would say, a finding has that one:
the `KeyVault*` of its validation. The other codes are our own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import (
    PRINCIPAL_UNKNOWN,
    UNREGISTERED,
    NexusError,
)

ERROR, WARNING = "error", "warning"

_TASK = "- operator_nexus.credentials."

NOT_READABLE = "NotReadable"
"""Of a finding that tells what could not be seen, and so not be judged."""


@dataclass(frozen=True)
class Finding:
    """One thing that keeps the platform from writing (error), or may do so (warning).

    `remedy` is an Ansible task or a command of the Azure CLI, to be run as it stands but for words in angle brackets.
    """

    code: str
    severity: str
    check: str
    message: str
    resource_id: str
    remedy: str

    @property
    def mended_by(self) -> str | None:
        """The module of this collection whose task is the remedy, or its first line."""
        return self.remedy.removeprefix(_TASK).partition(":")[0] if self.remedy.startswith(_TASK) else None

    def doubted(self, why: str) -> Finding:
        """The same as a mere warning, and why it is no more than that."""
        return replace(self, severity=WARNING, message=f"{self.message} {why}")


def unreadable(check: str, what: str, error: NexusError, resource_id: str) -> Finding:
    """Something of a resource, or at it, that Azure did not show. `what` goes before the id."""
    told = f"{error.code}: {error.message}" if error.code else error.message
    text = f"{what} {resource_id} could not be read, so that this cannot be judged. {told}"
    remedy = f"az role assignment create --role Reader --assignee <who runs this> --scope {resource_id}"
    if error.code == UNREGISTERED:
        remedy = register(resource_id.split("/")[6], resource_id)
    elif error.code == PRINCIPAL_UNKNOWN:
        # One that was made just now. What a deleted identity leaves behind is told by other findings.
        remedy = "- ansible.builtin.pause: {minutes: 10}"
    return Finding(NOT_READABLE, WARNING, check, text, resource_id, remedy)


def task(module: str, /, **options: Any) -> str:
    """A task of this collection in one line of YAML."""
    return f"{_TASK}{module}: {json.dumps(options)}"


def register(namespace: str, resource_id: str) -> str:
    """The command that registers a resource provider in the subscription of a resource."""
    return f"az provider register --namespace {namespace} --subscription {subscription_of(resource_id)} --wait"


def subscription_of(resource_id: str) -> str:
    return resource_id.split("/")[2]


def named(resource_id: str) -> str:
    """How the Azure CLI names a resource, but for its resource group."""
    return f"--name {resource_id.rpartition('/')[2]} --subscription {subscription_of(resource_id)}"
