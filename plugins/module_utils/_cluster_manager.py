# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster manager: what a task asks for, the PUT that creates it, the PATCH that changes it. Pure.

Private to this collection. A PATCH changes tags and identities, in all api-versions; all else is fixed by the creation.
A PUT takes away what it does not list, so that it is only for a manager that is not there or never came to life.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _identity
from ansible_collections.operator_nexus.credentials.plugins.module_utils._documents import properties, snake, snaked
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, NexusError

Document = dict[str, Any]

# The first api-version in which a cluster manager has an identity, and the first that takes If-None-Match.
IDENTITY_SINCE = "2023-12-01-preview"
CONDITIONS_SINCE = "2025-02-01"

_GROUP = "managedResourceGroupConfiguration"
# The properties that a creation may set. Their options have the same names in snake_case.
_PROPERTIES = ("fabricControllerId", "analyticsWorkspaceId", _GROUP, "availabilityZones", "vmSize")
_IDS = ("fabricControllerId", "analyticsWorkspaceId")
# What Azure says of the last operation; nothing of it is true of the next one.
_OF_THE_LAST_OPERATION = ("provisioningState", "detailedStatus", "detailedStatusMessage")

_NAME = re.compile(r"[a-zA-Z0-9][\w-]{0,28}[a-zA-Z0-9]", re.ASCII)
_LONGEST_GROUP_NAME = 75
_ID = re.compile(r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/[^/]+(?:/[^/]+/[^/]+)+/?", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """What a task asks for. Empty, or not among `properties` (by their ARM names): left alone, or to Azure."""

    identity: _identity.Wanted = field(default_factory=_identity.Wanted)
    location: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] | None = None
    purge_tags: bool = False


def wanted(params: Mapping[str, Any]) -> Wanted:
    """Read the options of a task with `state: present`. Raises BadInput."""
    names_identity = params["system_assigned"] is not None or params["user_assigned"]
    given = {name: params[snake(name)] for name in _PROPERTIES}
    for name in _IDS:
        _check_id(given[name], snake(name))
    given[_GROUP] = _group(given[_GROUP])
    return Wanted(
        identity=_identity.wanted(params) if names_identity else _identity.Wanted(),
        location=_plain(params["location"] or ""),
        properties={name: value for name, value in given.items() if value},
        tags=_tags(params["tags"]),
        purge_tags=params["purge_tags"],
    )


def check_name(manager_id: str, option: str) -> None:
    """Raises BadInput for a name that Azure would refuse; `option` is the one that gave it."""
    name = manager_id.rpartition("/")[2]
    if not _NAME.fullmatch(name):
        remedy = "take 2 to 30 letters, digits, '-' and '_', with a letter or digit at both ends"
        raise BadInput(option, f"'{name}' is no name for a cluster manager", remedy)


def never_lived(document: Document) -> bool:
    """Whether its creation has failed: without a custom location no cluster can have come to depend on it."""
    state = str(properties(document).get("provisioningState") or "").lower()
    return state in ("failed", "canceled") and not properties(document).get("managerExtendedLocation")


def creation(document: Document | None, want: Wanted) -> Document:
    """The body of the PUT: what a failed attempt has left in `document`, and above it what is asked for.

    Without an identity the member stays away: the type None, which the Azure CLI sends then, would take identities away
    where somebody else was quicker. Raises BadInput for what is missing, NexusError for a manager in another location.
    """
    held = document or {}
    elsewhere = differences(held, Wanted(location=want.location)) if held else {}
    if elsewhere:
        # Azure Resource Manager itself refuses that, however little there is of the resource.
        raise conflict(elsewhere, str(held.get("id")))
    # `kind` came with 2026-01-01-preview.
    body = {name: held[name] for name in ("location", "kind") if held.get(name)}
    body["location"] = body.get("location") or want.location
    body["properties"] = {name: properties(held)[name] for name in _PROPERTIES if name in properties(held)}
    body["properties"].update(want.properties)
    if _GROUP in want.properties:
        body["properties"][_GROUP] = {**(properties(held).get(_GROUP) or {}), **want.properties[_GROUP]}
    for option, value in (
        ("location", body["location"]),
        ("fabric_controller_id", body["properties"].get("fabricControllerId")),
    ):
        if not value:
            raise BadInput(option, "is needed to create a cluster manager, and there is none", f"give {option}")
    tags = plan_tags(held.get("tags"), want.tags, want.purge_tags)
    tags = held.get("tags") if tags is None else tags
    identity = _put_identity(held.get("identity"), want.identity)
    return {**body, **({"tags": tags} if tags else {}), **({"identity": identity} if identity else {})}


def created(document: Document | None, body: Document, manager_id: str) -> Document:
    """The document after that PUT, as far as anyone can know it beforehand."""
    held = document or {}
    kept = {name: value for name, value in properties(held).items() if name not in _OF_THE_LAST_OPERATION}
    after = {"id": manager_id, "name": manager_id.rpartition("/")[2], **held, "tags": {}, **body}
    after["properties"] = {**kept, **body["properties"]}
    if "identity" in body:
        after["identity"] = _identity.apply(held.get("identity"), body["identity"])
    return after


def plan(document: Document, want: Wanted) -> Document | None:
    """The PATCH body, or None when all is as wanted."""
    body: Document = {}
    identity = _identity.plan(document.get("identity"), want.identity)
    if identity:
        body["identity"] = identity
    tags = plan_tags(document.get("tags"), want.tags, want.purge_tags)
    if tags is not None:
        body["tags"] = tags
    fixed = differences(document, want)
    if fixed:
        # No PATCH can do it: `conflict` is to be raised instead. But it is not as wanted.
        body["properties"] = {option: asked for option, (_found, asked) in fixed.items()}
    return body or None


def apply(document: Document, body: Document) -> Document:
    """The document after this PATCH."""
    after = {**document, **({"tags": body["tags"]} if "tags" in body else {})}
    if "identity" in body:
        after["identity"] = _identity.apply(document.get("identity"), body["identity"])
    return after


def plan_tags(current: Mapping[str, str] | None, asked: Mapping[str, str] | None, purge: bool) -> dict[str, str] | None:
    """All tags that there are to be, for Azure replaces the map as a whole; None when nothing is to be done.

    The names of tags have no letter case for Azure, their values do.
    """
    held = dict(current or {})
    if asked is None:
        return None
    named = {name.lower() for name in asked}
    others = {} if purge else {name: value for name, value in held.items() if name.lower() not in named}
    after = {**others, **asked}
    return None if _lowered(after) == _lowered(held) else after


def differences(document: Document, want: Wanted) -> dict[str, tuple[Any, Any]]:
    """Option -> (what is there, what is asked for), of all that only a creation can set.

    What a manager that is just being created does not tell yet is no difference.
    """
    found = _facts(document.get("location"), properties(document))
    asked = _facts(want.location, want.properties)
    state = str(properties(document).get("provisioningState") or "").lower()
    is_new = state not in ("", "succeeded", "failed", "canceled")
    return {
        option: (found.get(option), value)
        for option, value in asked.items()
        if _form(value) != _form(found.get(option)) and not (is_new and not found.get(option))
    }


def conflict(found: Mapping[str, tuple[Any, Any]], manager_id: str) -> NexusError:
    """The error for `differences`."""
    words = {
        option: f"{option} is {_shown(there)} and cannot become {_shown(asked)}"
        for option, (there, asked) in found.items()
    }
    code = "NotChangeable"
    return NexusError(
        "; ".join(words.values()),
        code=code,
        target=", ".join(words),
        details=[{"code": code, "target": option, "message": text} for option, text in words.items()],
        operation="update the cluster manager",
        resource_id=manager_id,
        remedy="correct these options or leave them out: only the creation of a cluster manager sets them",
    )


def summary(document: Document) -> Document:
    """What a diff shows: all that the module manages; nothing of a manager that is not there."""
    if not document:
        return {}
    return {
        "location": document.get("location"),
        "tags": document.get("tags") or {},
        "identity": _identity.summary(document.get("identity")),
        **{snake(name): snaked(properties(document)[name]) for name in _PROPERTIES if name in properties(document)},
    }


def _put_identity(current: Document | None, want: _identity.Wanted) -> Document | None:
    """The identity block of a PUT: all that there is and all that is asked for; None where there is none."""
    patch = _identity.plan(current, want)
    after = _identity.report(_identity.apply(current, patch) if patch else current)
    listed: Document = {item["id"]: {} for item in after["user_assigned_identities"]}
    if after["type"] == "None" and not patch:
        return None
    return {"type": after["type"], **({"userAssignedIdentities": listed} if listed else {})}


def _facts(location: str | None, found: Mapping[str, Any]) -> dict[str, Any]:
    """Option -> value of what a creation sets, members of the resource group's configuration one by one."""
    facts = {snake(name): found.get(name) for name in _PROPERTIES if name != _GROUP}
    group = found.get(_GROUP) or {}
    facts |= {f"{snake(_GROUP)}.{member}": group.get(member) for member in ("name", "location")}
    return {option: value for option, value in {"location": location, **facts}.items() if value}


def _form(value: Any) -> Any:
    """The form in which two values of an option mean the same: for Azure none of them has a letter case."""
    if isinstance(value, list):
        return sorted({_plain(str(item)) for item in value})
    return _plain(str(value or "")).strip("/")


def _plain(text: str) -> str:
    """`UK South` is a way to write `uksouth`, which is how Azure tells locations."""
    return "".join(text.split()).lower()


def _shown(value: Any) -> str:
    if not value:
        return "not set"
    return ", ".join(map(str, value)) if isinstance(value, list) else f"'{value}'"


def _lowered(tags: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in tags.items()}


def _tags(given: Mapping[str, Any] | None) -> dict[str, str] | None:
    """The tags that a task asks for. A number is taken as it is written, other values are not: what would `true` be?"""
    if given is None:
        return None
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise BadInput("tags", f"the value of '{name}' is no text", "put it in quotes")
    tags = {str(name): str(value) for name, value in given.items()}
    if len(_lowered(tags)) < len(given):
        remedy = "keep one of them: for Azure they are the same"
        raise BadInput("tags", "the names of two tags differ in nothing but letter case", remedy)
    return tags


def _group(given: Mapping[str, Any] | None) -> Document:
    found = {member: value for member, value in (given or {}).items() if value}
    if len(found.get("name", "")) > _LONGEST_GROUP_NAME:
        remedy = f"take at most {_LONGEST_GROUP_NAME} characters"
        raise BadInput("managed_resource_group_configuration", f"the name '{found['name']}' is too long", remedy)
    if "location" in found:
        found["location"] = _plain(found["location"])
    return found


def _check_id(text: str | None, option: str) -> None:
    if text and not _ID.fullmatch(text):
        remedy = "give it as /subscriptions/<subscription id>/resourceGroups/<resource group>/providers/<type>/<name>"
        raise BadInput(option, f"'{text}' is not a resource id", remedy)
