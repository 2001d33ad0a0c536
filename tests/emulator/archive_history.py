# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the platform has done for each cluster, oldest first: for tests, through the control endpoint alone."""

from __future__ import annotations

from archive_validation import Validation
from moments import precise
from state import Document, World


def add_validation(world: World, cluster: Document, validation: Validation, moment: float, *, repeated: bool) -> None:
    """`repeated`: it was retried of itself, which is no news while it fails in the same way."""
    if validation.obstacle is None:
        _add(world, cluster, _event("validated", validation, moment))
        return
    event = _event("refused", validation, moment) | {"code": validation.obstacle.code}
    before = events(world, cluster)
    if not (repeated and before and before[-1] | {"time": event["time"]} == event):
        _add(world, cluster, event)


def add_rotation(world: World, cluster: Document, validation: Validation, moment: float, count: int) -> None:
    if count:
        _add(world, cluster, _event("rotated", validation, moment) | {"count": count})


def events(world: World, cluster: Document) -> list[Document]:
    return world.history.get(cluster["id"].lower(), [])


def _event(name: str, validation: Validation, moment: float) -> Document:
    vault = validation.vault["name"] if validation.vault else validation.archive.vault
    return {
        "time": precise(moment),
        "event": name,
        "method": validation.archive.method,
        "vault": vault,
        "identity": validation.principal,
    }


def _add(world: World, cluster: Document, event: Document) -> None:
    world.history.setdefault(cluster["id"].lower(), []).append(event)
