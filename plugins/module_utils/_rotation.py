# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the platform tells of its validation of a vault and of the credentials it has rotated into it. Pure.

Private to this collection. A cluster may have `conditions`, which stand in no published schema, only in Microsoft's
instructions: anything of them may be missing, and their message is JSON on one page and plain text on another. A
machine or storage appliance is a *device*; its `secretRotationStatus` tells of the last success, credential by
credential.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import (
    _documents,
    _secret_archive_settings,
    _time,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import key

Document = dict[str, Any]

# The first is about the vault alone, the second about everything that the customer provides.
_CONDITIONS = ("AzureSecretArchiveReady", "AzurePrerequisitesReady")
_STEP = "Validate Azure prerequisites"
_ERROR = ("code", "message", "remediation")
_LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Verdict:
    """What a validation of the vault has ended with, and when; `error` {code, message, remediation} if it failed."""

    passed: bool
    time: datetime | None
    error: dict[str, str] = field(default_factory=dict)


def is_deployed(cluster: Document) -> bool:
    """Whether there is a platform to validate and rotate: before its deployment a cluster has none."""
    return _documents.properties(cluster).get("detailedStatus") not in ("PendingDeployment", "Deploying")


def managed_group(cluster: Document) -> str:
    """The name of the resource group in which the cluster's devices lie, empty when it tells none."""
    return str((_documents.properties(cluster).get("managedResourceGroupConfiguration") or {}).get("name") or "")


def last_modified(document: Document) -> datetime | None:
    """When the resource was written last, by whomever."""
    return _time.moment((document.get("systemData") or {}).get("lastModifiedAt"))


def validated(cluster: Document) -> datetime | None:
    """When the platform last found that it can write to the vault; None when it has not, or cannot any more."""
    verdict = _verdict(cluster)
    return verdict.time if verdict is not None and verdict.passed else None


def refusal(cluster: Document) -> dict[str, str] | None:
    """Why the platform cannot write to the vault: {code, message, remediation}, of which any may be empty."""
    verdict = _verdict(cluster)
    return None if verdict is None or verdict.passed else verdict.error


def rotated(devices: Sequence[Document], vault: str) -> datetime | None:
    """When a credential of these devices was last rotated into the vault, which is given by its ARM id or its URI."""
    times = [
        _time.moment(entry.get("lastRotationTime"))
        for device in devices
        for entry in _documents.properties(device).get("secretRotationStatus") or []
        if _lies_in(entry.get("secretArchiveReference") or {}, vault)
    ]
    return max((time for time in times if time is not None), default=None)


def _lies_in(reference: Document, vault: str) -> bool:
    vault_id, vault_uri = reference.get("keyVaultId") or "", reference.get("keyVaultUri") or ""
    if vault.startswith("/"):
        return key(vault_id) == key(vault)
    # Before 2025-07-01-preview a reference tells no URI.
    return _secret_archive_settings.uri_key(vault_uri) == _secret_archive_settings.uri_key(vault) or (
        bool(vault_id) and _secret_archive_settings.names_vault(vault, vault_id)
    )


def _verdict(cluster: Document) -> Verdict | None:
    """The latest that is told: a condition, or where these are missing or older, a step of the last action."""
    told = [item for item in (_condition_verdict(cluster), _step_verdict(cluster)) if item is not None]
    # Of two at the same time the condition counts: it says more.
    return max(told, key=lambda item: item.time or _LONG_AGO, default=None)


def _condition_verdict(cluster: Document) -> Verdict | None:
    conditions = _documents.properties(cluster).get("conditions") or []
    by_type = {item.get("type"): item for item in conditions if isinstance(item, dict)}
    condition = next((by_type[name] for name in _CONDITIONS if name in by_type), {})
    status = str(condition.get("status")).lower()
    if status not in ("true", "false"):
        return None
    message, since = _message(condition), _time.moment(condition.get("lastTransitionTime"))
    if status == "true":
        return Verdict(True, _time.moment(message.get("lastValidated")) or since)
    told = message.get("errors") or condition.get("message") or ""
    first = told[0] if isinstance(told, list) else told
    error = first if isinstance(first, dict) else {"message": first}
    return Verdict(False, since, {name: str(error.get(name) or "") for name in _ERROR})


def _step_verdict(cluster: Document) -> Verdict | None:
    """From `actionStates` (2025-07-01-preview and later), which hold the last action of each type."""
    actions = _documents.properties(cluster).get("actionStates") or []
    steps = [step for action in actions for step in action.get("stepStates") or [] if step.get("stepName") == _STEP]
    ended = [step for step in steps if step.get("status") in ("Completed", "Failed")]
    last = max(ended, key=lambda step: _time.moment(step.get("endTime")) or _LONG_AGO, default=None)
    if last is None:
        return None
    error = {**dict.fromkeys(_ERROR, ""), "message": str(last.get("message") or "")}
    return Verdict(last["status"] == "Completed", _time.moment(last.get("endTime")), error)


def _message(condition: Document) -> Document:
    try:
        message = json.loads(condition.get("message") or "")
    except (TypeError, ValueError):
        return {}
    return message if isinstance(message, dict) else {}
