# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the clusters of many subscriptions as lists: as many requests as there are pages, however many clusters.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _api_version
from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import (
    UNREGISTERED,
    BadInput,
    NexusError,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import (
    CLUSTER,
    check_group,
    collection_in,
    is_guid,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._session import visible_subscriptions

Document = dict[str, Any]

EVERY = "*"
_NO_GROUP = "ResourceGroupNotFound"


@dataclass(frozen=True)
class Search:
    """Where to look: no subscription means all that the login sees, no resource group the whole of each."""

    subscriptions: tuple[str, ...]
    resource_groups: tuple[str, ...]
    api_version: str


def plan(subscriptions: Sequence[str], own: str, resource_groups: Sequence[str], api_version: str) -> Search:
    """What the options mean; `own` is the subscription of the login, empty when it has none. Raises BadInput."""
    named = _distinct(subscriptions)
    for text in named:
        if text != EVERY and not is_guid(text):
            raise BadInput("subscriptions", f"'{text}' is not a subscription id", "give the GUID, not the name")
    if EVERY in named and len(named) > 1:
        raise BadInput("subscriptions", f"'{EVERY}' stands beside ids", "give either")
    if not named and own:
        if not is_guid(own):
            raise BadInput("subscription_id", f"'{own}' is not a subscription id", "give the GUID, not the name")
        named = (own,)
    groups = _distinct(resource_groups)
    for text in groups:
        check_group(text, "resource_groups")
    return Search(() if EVERY in named else named, groups, _api_version.check(api_version))


def read(arm: Arm, search: Search, warn: Callable[[str], None]) -> list[Document]:
    """The ARM documents of the clusters. Raises NexusError rather than leave out what was asked for by name."""
    subscriptions = search.subscriptions or _visible(arm)
    if not search.resource_groups:
        return _of_subscriptions(arm, search, subscriptions, warn)
    found: list[Document] = []
    for group in search.resource_groups:
        found += _of_group(arm, search, subscriptions, group)
    return found


def _visible(arm: Arm) -> tuple[str, ...]:
    """Every subscription in which the login has a role, be it on a single resource."""
    found = _distinct(visible_subscriptions(arm))
    if not found:
        remedy = "check tenant and cloud_environment, and that the identity has a role somewhere"
        raise BadInput("subscriptions", "none is named, and the identity that signed in sees none", remedy)
    return found


def _of_subscriptions(
    arm: Arm, search: Search, subscriptions: Sequence[str], warn: Callable[[str], None]
) -> list[Document]:
    found: list[Document] = []
    failed: dict[str, NexusError] = {}
    for subscription in subscriptions:
        try:
            found += arm.list_resources(collection_in(subscription, CLUSTER), search.api_version)
        except NexusError as error:
            # One that nobody named may be in sight for other reasons than clusters.
            if search.subscriptions or not (_is_refusal(error) or error.code == UNREGISTERED):
                raise
            failed[subscription] = error
    refused = [subscription for subscription, error in failed.items() if _is_refusal(error)]
    if len(failed) == len(subscriptions):
        raise failed[(refused or list(failed))[0]]
    if refused:
        warn(
            "Left out are the clusters of these subscriptions, in which the identity that signed in may not list them: "
            f"{', '.join(refused)}. Name the subscriptions to search in the option subscriptions."
        )
    return found


def _of_group(arm: Arm, search: Search, subscriptions: Sequence[str], group: str) -> list[Document]:
    """The clusters of this resource group, in those of the subscriptions that have it: at least one must."""
    found: list[Document] = []
    failed: list[NexusError] = []
    for subscription in subscriptions:
        try:
            found += arm.list_resources(collection_in(subscription, CLUSTER, group), search.api_version)
        except NexusError as error:
            # Who may not read a resource group is not told whether it is there.
            if not _is_refusal(error) and error.code not in (_NO_GROUP, UNREGISTERED):
                raise
            failed.append(error)
    if len(failed) < len(subscriptions):
        return found
    refused = [error for error in failed if error.code != _NO_GROUP]
    if refused:
        raise refused[0]
    remedy = "correct the name, or name its subscription in subscriptions"
    raise BadInput("resource_groups", f"'{group}' is in none of the subscriptions {', '.join(subscriptions)}", remedy)


def _is_refusal(error: NexusError) -> bool:
    return error.status == HTTPStatus.FORBIDDEN


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """Without empty ones and repetitions; case does not count, the first spelling stays."""
    found: dict[str, str] = {}
    for text in texts:
        if text.strip():
            found.setdefault(text.strip().lower(), text.strip())
    return tuple(found.values())
