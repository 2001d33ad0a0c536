# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster shows of the validation of its archive: conditions, the status message, the state of its update."""

from __future__ import annotations

import json

from archive_validation import Obstacle, Validation
from documents import touched_by_platform
from moments import from_second, to_second
from state import Document

ACTION_SECONDS = 600
"""How long an action waits for its validation to pass before it counts as failed (documented)."""
_UPDATE = "Microsoft.NetworkCloud/clusters/write"
"""The actionType of an update, by the rule that it is the ARM action's name; only updateVersion's is documented."""
_STEP = "Validate Azure prerequisites"
_USUAL_MESSAGES = {"Running": "Cluster is up and running.", "PendingDeployment": "Cluster is pending deployment."}


def show(cluster: Document, validation: Validation, moment: float) -> None:
    """Show an outcome. A success is shown anew, with its time; a failure that lasts is not: it tells no time."""
    changed = _show_conditions(cluster, validation.obstacle, moment)
    advanced = _advance(cluster, validation.obstacle, moment)
    if changed or advanced:
        # The time is that of the validation, so that this write does not make it look older than itself.
        touched_by_platform(cluster, moment)


def clear(cluster: Document) -> None:
    """There is no archive any more."""
    for name in ("conditions", "actionStates"):
        cluster["properties"].pop(name, None)
    cluster["properties"]["detailedStatusMessage"] = _usual_message(cluster)


def update_begins(cluster: Document, correlation_id: str | None, moment: float) -> None:
    """An update whose end validates. Of each type of action the latest is shown."""
    running = {"status": "InProgress", "startTime": to_second(moment), "message": ""}
    action = {"actionType": _UPDATE, **running, "stepStates": [{"stepName": _STEP, **running}]}
    if correlation_id:
        action["correlationId"] = correlation_id
    cluster["properties"]["actionStates"] = [action]


def update_fails(cluster: Document, message: str, moment: float) -> None:
    """The operation has failed, so it has not come to a validation."""
    for action in _running(cluster):
        _end(action["stepStates"][0], "Failed", message, moment)
        _end(action, "Failed", message, moment)


def _show_conditions(cluster: Document, obstacle: Obstacle | None, moment: float) -> bool:
    properties, message = cluster["properties"], _usual_message(cluster)
    if obstacle:
        message += f" Credentials cannot be rotated: {_words(obstacle)}"
    status = "False" if obstacle else "True"
    # As documented, only a success tells when it was (contract 4).
    details: Document = {"errors": [vars(obstacle)]} if obstacle else {"lastValidated": to_second(moment)}
    text = json.dumps({"schemaVersion": "v1", **details})
    known = {item["type"]: item for item in properties.get("conditions", [])}.get("AzureSecretArchiveReady", {})
    if (known.get("status"), known.get("message"), properties.get("detailedStatusMessage")) == (status, text, message):
        return False
    condition = {
        "status": status,
        "lastTransitionTime": known["lastTransitionTime"] if known.get("status") == status else to_second(moment),
        "reason": "ValidationFailed" if obstacle else "ValidationPassed",
        "message": text,
    }
    kinds = ("AzurePrerequisitesReady", "AzureSecretArchiveReady")
    properties["conditions"] = [{"type": kind, **condition} for kind in kinds]
    properties["detailedStatusMessage"] = message
    return True


def _advance(cluster: Document, obstacle: Obstacle | None, moment: float) -> bool:
    """What the validation means for an update that waits for it. While that retries, only its step has failed."""
    changed = False
    for action in _running(cluster):
        step = action["stepStates"][0]
        if obstacle is None:
            _end(step, "Completed", "Azure prerequisites are validated.", moment)
            _end(action, "Completed", "The cluster is updated.", moment)
            changed = True
            continue
        if (step["status"], step["message"]) != ("Failed", _words(obstacle)):
            _end(step, "Failed", _words(obstacle), moment)
            changed = True
        if moment >= from_second(action["startTime"]) + ACTION_SECONDS:
            _end(action, "Failed", _words(obstacle), moment)
            changed = True
    return changed


def _running(cluster: Document) -> list[Document]:
    return [item for item in cluster["properties"].get("actionStates", []) if item["status"] == "InProgress"]


def _end(state: Document, status: str, message: str, moment: float) -> None:
    state |= {"status": status, "message": message, "endTime": to_second(moment)}


def _words(obstacle: Obstacle) -> str:
    return f"{obstacle.code}: {obstacle.message} {obstacle.remediation}"


def _usual_message(cluster: Document) -> str:
    return _USUAL_MESSAGES.get(cluster["properties"].get("detailedStatus", ""), "")
