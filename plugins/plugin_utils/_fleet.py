# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the clusters of many subscriptions as lists: as many requests as there are pages, however many clusters.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


def read(arm: Arm, search: Search) -> tuple[list[Document], dict[str, str]]:
    """The ARM documents of the clusters, and what was left out: subscription -> the code of Azure's answer.

    Only what nobody asked for by name is left out. Raises NexusError for the rest.
    """
    subscriptions = search.subscriptions or _visible(arm)
    found: list[Document] = []
    left_out: dict[str, str] = {}
    for group in search.resource_groups or ("",):
        failed: dict[str, NexusError] = {}
        for subscription in subscriptions:
            try:
                found += arm.list_resources(collection_in(subscription, CLUSTER, group), search.api_version)
            except NexusError as error:
                if not (_is_empty(error, search, group) or _may_be_left_out(error, search)):
                    raise
                failed[subscription] = error
        if len(failed) == len(subscriptions):
            raise _nothing(failed, group)
        for subscription, reason in failed.items():
            if not _is_empty(reason, search, group):
                left_out.setdefault(subscription, reason.code or str(reason.status))
    return found, left_out


def warning(left_out: Mapping[str, str]) -> str:
    """What to say of it."""
    shown = ", ".join(f"{subscription} ({code})" for subscription, code in left_out.items())
    return (
        f"Clusters are left out, since the identity that signed in could not list them in these subscriptions: {shown}."
        " Name the subscriptions to search in the option subscriptions."
    )


def _visible(arm: Arm) -> tuple[str, ...]:
    """Every subscription in which the login has a role, be it on a single resource."""
    found = _distinct(visible_subscriptions(arm))
    if not found:
        remedy = "check tenant and cloud_environment, and that the identity has a role somewhere"
        raise BadInput("subscriptions", "none is named, and the identity that signed in sees none", remedy)
    return found


def _is_empty(error: NexusError, search: Search, group: str) -> bool:
    """Whether there surely is no cluster, in a place that need not have any."""
    if error.code == UNREGISTERED:
        return bool(group) or not search.subscriptions
    return error.code == _NO_GROUP


def _may_be_left_out(error: NexusError, search: Search) -> bool:
    """Whether the answer is about this one subscription, which nobody named.

    It may be in sight for other reasons than clusters (403), disabled (409) or about to vanish (404).
    """
    about_it = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
    return not search.subscriptions and error.status in about_it


def _nothing(failed: Mapping[str, NexusError], group: str) -> NexusError:
    """What to raise when no subscription gave a list: the first refusal, if there is one."""
    errors = [error for error in failed.values() if error.code != _NO_GROUP]
    if errors:
        return next((error for error in errors if error.status == HTTPStatus.FORBIDDEN), errors[0])
    remedy = "correct the name, or name its subscription in subscriptions"
    return BadInput("resource_groups", f"'{group}' is in none of the subscriptions {', '.join(failed)}", remedy)


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """Without empty ones and repetitions; case does not count, the first spelling stays."""
    found: dict[str, str] = {}
    for text in texts:
        if text.strip():
            found.setdefault(text.strip().lower(), text.strip())
    return tuple(found.values())
