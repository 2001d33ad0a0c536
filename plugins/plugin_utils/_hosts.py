# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters as hosts of an inventory: their variables, names and groups. Pure.

Private to this collection. A *cluster* here is what `describe` makes of a document; clusters are told apart by the
`key` of their ids.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _documents, _method, _resource_id
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.plugins.module_utils._resource_id import CLUSTER_MANAGER, key

Cluster = dict[str, Any]

PREFIX = "nexus_"
"""Of variables and groups. Without it `name`, `tags` and others would be names that Ansible has for itself."""

ALL = "nexus_clusters"
"""The group of all clusters, which is also the playbook's default."""

GROUP_BY = ("cluster_manager", "detailed_status", "location", "method")

_NO_METHOD = "none"
_METHODS = (_method.CLUSTER, _method.CLUSTER_MANAGER, _NO_METHOD)

NAMES = frozenset(
    {
        "customer_key_vault_cluster_id",
        "nexus_cluster_manager_id",
        "nexus_cluster_manager_name",
        "nexus_detailed_status",
        "nexus_id",
        "nexus_location",
        "nexus_method",
        "nexus_name",
        "nexus_provisioning_state",
        "nexus_resource_group",
        "nexus_subscription_id",
    }
)
"""The variables that are ids, names, locations and states. In all others people may write what they like."""

# What goes on with a cluster rather than what it is: out of date at once, and much to store for a controller.
_PASSING = ("action_states", "conditions", "etag")
# Names that mean something else to Ansible.
_TAKEN = ("all", "ungrouped", "localhost", ALL)


@dataclass
class Group:
    variables: dict[str, Any] = field(default_factory=dict)
    clusters: list[str] = field(default_factory=list)
    """Their keys."""


def describe(document: dict[str, Any]) -> Cluster:
    """A cluster as nexus_cluster_info returns it, without _PASSING, and what only its id and its links tell."""
    cluster = {name: value for name, value in _documents.cluster(document).items() if name not in _PASSING}
    parts = str(document["id"]).strip("/").split("/")
    manager_id = cluster["cluster_manager_id"]
    return {
        **cluster,
        "subscription_id": parts[1],
        "resource_group": parts[3],
        "cluster_manager_name": manager_id.rstrip("/").rpartition("/")[2] if manager_id else None,
        "method": _method.in_use(document) or _NO_METHOD,
    }


def check_managers(texts: Iterable[str]) -> dict[str, str]:
    """Names in lower case and keys of ids of cluster managers -> as they were given. Raises BadInput."""
    return {_check_manager(text.strip()): text.strip() for text in texts if text.strip()}


def under(managers: Mapping[str, str], clusters: Iterable[Cluster]) -> list[Cluster]:
    """The clusters of these managers (see `check_managers`), all when none is named, in the order of their ids.

    Raises BadInput for a manager that has none.
    """
    in_order = sorted(clusters, key=lambda cluster: key(cluster["id"]))
    if not managers:
        return in_order
    names = {cluster["id"]: _names_of_manager(cluster) for cluster in in_order}
    missing = [managers[name] for name in sorted(set(managers).difference(*names.values()))]
    if missing:
        remedy = "correct it, or look in other subscriptions and resource_groups"
        message = f"no cluster that was found has the manager {' or '.join(missing)}. {_those_of(in_order)}"
        raise BadInput("cluster_managers", message, remedy)
    return [cluster for cluster in in_order if names[cluster["id"]] & set(managers)]


def _names_of_manager(cluster: Cluster) -> set[str]:
    manager_id = cluster["cluster_manager_id"]
    return {key(manager_id), cluster["cluster_manager_name"].lower()} if manager_id else set()


def _those_of(clusters: Iterable[Cluster]) -> str:
    """A sentence on the managers that there are. Five ids are enough to see what is meant."""
    found = {key(cluster["cluster_manager_id"]): cluster for cluster in clusters if cluster["cluster_manager_id"]}
    if not found:
        return "None has a manager"
    shown = [_resource_id.canonical(cluster["cluster_manager_id"]) for cluster in found.values()]
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return f"The managers that they have are {', '.join(shown[:5])}{more}"


def variables(cluster: Cluster) -> dict[str, Any]:
    """What a host knows of its cluster, and what the role customer_key_vault takes as it is."""
    known = {f"{PREFIX}{name}": value for name, value in cluster.items()}
    return {**known, "customer_key_vault_cluster_id": _resource_id.canonical(cluster["id"])}


def groups(clusters: Sequence[Cluster], group_by: Collection[str]) -> dict[str, Group]:
    """The groups by these criteria (some of GROUP_BY), by their names."""
    found: dict[str, Group] = {}
    if "cluster_manager" in group_by:
        found |= _by_manager(clusters)
    if "location" in group_by:
        _add(found, clusters, "location", lambda text: text)
    if "method" in group_by:
        # Empty ones too: to Ansible, a play for a group that does not exist is a mistake.
        found |= {_group_name("method", method): Group() for method in _METHODS}
        _add(found, clusters, "method", lambda text: text)
    if "detailed_status" in group_by:
        _add(found, clusters, "detailed_status", _documents.snake)
    return found


def host_names(
    clusters: Sequence[Cluster], wished: Mapping[str, str], group_names: Iterable[str] = ()
) -> dict[str, str]:
    """Key -> host name, the same whatever else is on the same page. `wished` are names that come first, by key."""
    choices = {}
    for cluster in clusters:
        own = [cluster["name"], cluster["resource_group"], cluster["subscription_id"]]
        first = wished.get(key(cluster["id"])) or own[0]
        # No name of a cluster has a dot: nothing that is put together here is ambiguous.
        choices[key(cluster["id"])] = [_host_name(name) for name in (first, own[0], ".".join(own[:2]), ".".join(own))]
    return _distinct(choices, {*_TAKEN, *group_names})


def _by_manager(clusters: Sequence[Cluster]) -> dict[str, Group]:
    choices: dict[str, list[str]] = {}
    members: dict[str, Group] = {}
    for cluster in clusters:
        manager_id = cluster["cluster_manager_id"]
        if not manager_id:
            continue
        if key(manager_id) not in members:
            shown = _resource_id.canonical(manager_id)
            parts = shown.strip("/").split("/")
            own = [cluster["cluster_manager_name"], *parts[3:4], *parts[1:2]]
            choices[key(manager_id)] = [_group_name("cluster_manager", "_".join(own[:length])) for length in (1, 2, 3)]
            members[key(manager_id)] = Group({f"{PREFIX}cluster_manager_id": shown})
        members[key(manager_id)].clusters.append(key(cluster["id"]))
    return {name: members[manager] for manager, name in _distinct(choices, ()).items()}


def _add(found: dict[str, Group], clusters: Sequence[Cluster], criterion: str, shown: Any) -> None:
    for cluster in clusters:
        if cluster[criterion]:
            name = _group_name(criterion, shown(cluster[criterion]))
            found.setdefault(name, Group()).clusters.append(key(cluster["id"]))


def _distinct(choices: Mapping[str, Sequence[str]], taken: Collection[str]) -> dict[str, str]:
    """Thing -> the first of its names that nothing else has in this place; case does not count.

    All things that share a name go on to their next ones, so that no order decides. The lists are equally long.
    """
    chosen: dict[str, str] = {}
    used = {name.lower() for name in taken}
    waiting = sorted(choices)
    for place in range(max(map(len, choices.values()), default=0)):
        names = {thing: choices[thing][place] for thing in waiting}
        count = Counter(name.lower() for name in names.values())
        fine = {thing: name for thing, name in names.items() if count[name.lower()] == 1 and name.lower() not in used}
        chosen |= fine
        used |= {name.lower() for name in fine.values()}
        waiting = [thing for thing in waiting if thing not in fine]
    # What only differed in characters that no name may have.
    for number, thing in enumerate(waiting, 1):
        chosen[thing] = f"{choices[thing][-1]}_{number}"
    return chosen


def _host_name(text: str) -> str:
    """Without what means something in a host pattern or to Jinja, or begins an option of a command."""
    return re.sub(r"^-|[^\w.-]", "_", text)


def _group_name(criterion: str, text: str) -> str:
    return re.sub(r"\W", "_", f"{PREFIX}{criterion}_{text}".lower())


def _check_manager(text: str) -> str:
    if "/" in text:
        return key(_resource_id.check(text, CLUSTER_MANAGER, "cluster_managers"))
    if not re.fullmatch(r"[\w-]+", text):
        raise BadInput("cluster_managers", f"'{text}' is not the name of a cluster manager", "give a name or a full id")
    return text.lower()
