# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ARM resource ids: checking what a user typed, building ids from names, comparing ids.

Private to this collection. Azure treats ids case-insensitively and returns some of them in another case than they
were sent (`/resourcegroups/` in identity keys), so ids are compared through `key` and shown through `canonical`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput

CLUSTER_MANAGER = "Microsoft.NetworkCloud/clusterManagers"
CLUSTER = "Microsoft.NetworkCloud/clusters"
BARE_METAL_MACHINE = "Microsoft.NetworkCloud/bareMetalMachines"
STORAGE_APPLIANCE = "Microsoft.NetworkCloud/storageAppliances"
VAULT = "Microsoft.KeyVault/vaults"
USER_ASSIGNED_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"

LABELS = {
    CLUSTER_MANAGER: "cluster manager",
    CLUSTER: "cluster",
    BARE_METAL_MACHINE: "bare metal machine",
    STORAGE_APPLIANCE: "storage appliance",
    VAULT: "key vault",
    USER_ASSIGNED_IDENTITY: "user assigned identity",
}
_KINDS = {kind.lower(): kind for kind in LABELS}

_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# A name must not be able to change the path it is put into: no slash, no query, no "." or "..".
_SEGMENT = r"[\w.()-]*[\w()-]"
_ID = re.compile(
    rf"/?subscriptions/({_GUID})/resourceGroups/({_SEGMENT})/providers/({_SEGMENT}/{_SEGMENT})/({_SEGMENT})/?",
    re.IGNORECASE,
)
# Compiled here, in the parent of Ansible's workers, and not in each of these.
_ANY_GUID = re.compile(_GUID, re.IGNORECASE)
_ANY_SEGMENT = re.compile(_SEGMENT)


def is_guid(text: str) -> bool:
    return _ANY_GUID.fullmatch(text) is not None


def key(resource_id: str) -> str:
    """The form in which two ids or scopes of the same thing are equal; the tenant's root scope is `""`."""
    return resource_id.strip().strip("/").lower()


def canonical(resource_id: str) -> str:
    """The id as Azure's documentation writes it; the caller's text where it is no id of a kind known here."""
    found = _ID.fullmatch(resource_id.strip())
    if not found or found[3].lower() not in _KINDS:
        return resource_id
    return _join(found[1], found[2], _KINDS[found[3].lower()], found[4])


def check(text: str, kind: str, option: str) -> str:
    """The canonical form of an id that a user gave. Raises BadInput unless it names a resource of this kind."""
    found = _ID.fullmatch(text.strip())
    if not found:
        raise BadInput(option, f"'{text}' is not a resource id", f"give it as {_example(kind)}")
    if found[3].lower() != kind.lower():
        raise BadInput(option, f"'{text}' names a {found[3]}, not a {LABELS[kind]}", f"give it as {_example(kind)}")
    return _join(found[1], found[2], kind, found[4])


def address(params: Mapping[str, Any], kind: str, subscription: Callable[[], str]) -> str:
    """The id that `id`, or `name` and `resource_group`, mean.

    `subscription` is asked only for a name, since finding the default subscription may need the network.
    Raises BadInput when nothing, too much or something malformed is given.
    """
    given, name, group = params.get("id"), params.get("name"), params.get("resource_group")
    if given and name:
        raise BadInput("name", "id and name are both given", "name the resource in one way only: drop name or id")
    if given:
        return _with_group(check(given, kind, "id"), group)
    if name and not group:
        raise BadInput("resource_group", f"name is given without resource_group ('{name}')", "add resource_group")
    if not name:
        raise BadInput("id", f"no {LABELS[kind]} is named", "give id, or name and resource_group")
    if not _ANY_SEGMENT.fullmatch(name):
        raise BadInput("name", f"'{name}' is not the name of a {LABELS[kind]}", "give a full id as id, not as name")
    return f"{collection(kind, group, subscription)}/{name}"


def collection(kind: str, group: str | None, subscription: Callable[[], str]) -> str:
    """The path that lists the resources of a kind, in one resource group or in the whole subscription."""
    # Before the subscription is asked for, which may need the network.
    check_group(group or "", "resource_group")
    return collection_in(subscription(), kind, group)


def collection_in(subscription_id: str, kind: str, group: str | None = None) -> str:
    """`collection` in a subscription that is known. Raises BadInput."""
    check_group(group or "", "resource_group")
    if not is_guid(subscription_id):
        raise BadInput(
            "subscription_id", f"'{subscription_id}' is not a subscription id", "give the GUID, not the name"
        )
    within = f"/resourceGroups/{group}" if group else ""
    return f"/subscriptions/{subscription_id}{within}/providers/{kind}"


def check_group(name: str, option: str) -> None:
    """Raises BadInput for what is no name of a resource group; an empty one is none at all."""
    if name and not _ANY_SEGMENT.fullmatch(name):
        raise BadInput(option, f"'{name}' is not a resource group's name", "give the name, not an id")


def collections_of(resource_id: str) -> list[str]:
    """The paths of the lists that a resource (its canonical id) is in: its subscription's, its resource group's."""
    found = _ID.fullmatch(resource_id)
    if not found:
        return []
    subscription = f"/subscriptions/{found[1]}"
    return [f"{subscription}/providers/{found[3]}", f"{subscription}/resourceGroups/{found[2]}/providers/{found[3]}"]


def _with_group(resource_id: str, group: str | None) -> str:
    """Let a resource_group from module_defaults stand beside an id, as long as the two agree."""
    if group and f"/resourcegroups/{group.lower()}/" not in resource_id.lower():
        raise BadInput("resource_group", f"'{group}' is not the group in '{resource_id}'", "drop resource_group or id")
    return resource_id


def _join(subscription_id: str, group: str, kind: str, name: str) -> str:
    return f"/subscriptions/{subscription_id}/resourceGroups/{group}/providers/{kind}/{name}"


def _example(kind: str) -> str:
    return _join("<subscription id>", "<resource group>", kind, "<name>")
