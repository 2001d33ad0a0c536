# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts that documents of several resource types share."""

from __future__ import annotations

import re
from typing import NoReturn

from arm import ArmError, Call
from moments import precise
from state import Document, World

PLATFORM_APPLICATION = "319f651f-7ddb-4fc6-9857-7aef9250bd05"
"""The application as which the Nexus resource provider itself writes (recorded in systemData)."""


def stamp(world: World, by: str = PLATFORM_APPLICATION, kind: str = "Application") -> Document:
    """systemData of something that is made now."""
    now = world.now()
    return {
        "createdBy": by,
        "createdByType": kind,
        "createdAt": now,
        "lastModifiedBy": by,
        "lastModifiedByType": kind,
        "lastModifiedAt": now,
    }


def touched(call: Call, document: Document) -> Document:
    """systemData of a resource that the caller changes now."""
    kind = "User" if call.caller.get("kind") == "User" else "Application"
    by = call.caller.get("userPrincipalName") or call.caller.get("appId", "")
    changed = stamp(call.world, by, kind)
    made = {member: value for member, value in document["systemData"].items() if member.startswith("created")}
    return changed | made


def touched_by_platform(document: Document, moment: float) -> None:
    """The Nexus resource provider has written a resource by itself."""
    document["systemData"] |= {
        "lastModifiedBy": PLATFORM_APPLICATION,
        "lastModifiedByType": "Application",
        "lastModifiedAt": precise(moment),
    }


def existing(call: Call) -> Document:
    """The resource that the call names. Raises ArmError 404 where there is none."""
    return call.world.find(call.resource_id) or resource_not_found(call.resource_id, call.resource_group)


def resource_not_found(resource_id: str, group: str) -> NoReturn:
    shown = re.split("(?i)/providers/", resource_id)[-1]
    text = (
        f"The Resource '{shown}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )
    raise ArmError(404, "ResourceNotFound", text)
