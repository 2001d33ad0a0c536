# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends the requests of recorded sessions with real Azure to the emulator and compares the answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from likeness import body_differences, header_differences
from service import Service, until_done

Interaction = dict[str, Any]

RECORDINGS = {
    "test_clustermanager_scenario1": "2024-07-01",
    "test_clustermanager_scenario2": "2024-07-01",
    "test_clustermanager_scenario3": "2024-07-01",
    "test_clustermanager_identity_scenario1": "2024-10-01-preview",
    "test_cluster_scenario1": "2024-07-01",
    "test_cluster_scenario7": "2024-07-01",
    "test_bmm_crud_scenario1": "2024-07-01",
}
"""File -> the version that the service spoke then. Most files show a later one, put in afterwards (fact 10)."""
RECORDED_HOST = "https://management.azure.com"
RECORDED_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
PENDING = ("Accepted", "Deleting")


@dataclass
class Replay:
    """One recorded session, played to the emulator. `renames` turns recorded names into those that exist here."""

    service: Service
    version: str
    values: bool
    renames: dict[str, str]
    polls: dict[str, str] = field(default_factory=dict)
    """Recorded polling URL, without what ARM signs -> ours."""
    etags: dict[str, str] = field(default_factory=dict)
    """Recorded etag -> ours: what was the same there must be the same here."""

    def translated(self, text: str) -> str:
        for recorded, ours in self.renames.items():
            text = re.sub(re.escape(recorded), ours, text, flags=re.IGNORECASE)
        return text

    def play(self, interaction: Interaction) -> Iterator[str]:
        """Send one recorded request; yields what is different in the answer."""
        answer = self._send(interaction)
        if answer.status_code != interaction["status"]:
            yield f"status: recorded {interaction['status']}, here {answer.status_code} {answer.text[:300]}"
            return
        ours = {name.lower(): value for name, value in answer.headers.items()}
        for name in ("azure-asyncoperation", "location"):
            if name in interaction["headers"] and name in ours:
                self.polls[interaction["headers"][name].lower()] = ours[name]
        yield from header_differences(interaction["headers"], ours)
        recorded = json.loads(self.translated(json.dumps(interaction["body"])))
        yield from self._body(interaction, recorded, answer.json() if answer.content else None)
        yield from self._etag(interaction, ours)

    def _send(self, interaction: Interaction) -> requests.Response:
        if "/operationStatuses/" in interaction["url"]:
            return self._poll(interaction)
        path = self.translated(interaction["url"].removeprefix(RECORDED_HOST).partition("?")[0])
        body = interaction["request_body"]
        body = None if body is None else json.loads(self.translated(json.dumps(body)))
        return self.service.arm(interaction["method"], f"{path}?api-version={self.version}", body)

    def _poll(self, interaction: Interaction) -> requests.Response:
        """Identical polls are folded into one in the files; a finished operation is waited for."""
        url = self.polls[interaction["url"].lower()]
        if interaction["body"]["status"] not in PENDING:
            *_earlier, _last = until_done(self.service, url)
        return self.service.arm("GET", url)

    def _body(self, interaction: Interaction, recorded: Any, answered: Any) -> Iterator[str]:
        if "body_value_items_total" in interaction or (isinstance(recorded, dict) and "value" in recorded):
            yield from self._list(recorded, answered)
            return
        tags = recorded.get("tags", {}) if isinstance(recorded, dict) else {}
        if "nc:environment" in tags and "nc:environment" not in (answered.get("tags") or {}):
            del tags["nc:environment"]  # a policy of the recorded subscription adds it to a new resource
        yield from body_differences(recorded, answered, self.values)

    def _list(self, recorded: Any, answered: Any) -> Iterator[str]:
        """The recorded subscription had many more resources: the envelope and the resources of both are compared."""
        if answered.keys() - {"nextLink"} != recorded.keys() - {"nextLink"}:
            yield f"$: recorded {sorted(recorded)}, here {sorted(answered)}"
        ours = {item["id"].lower(): item for item in answered["value"]}
        for item in recorded["value"]:
            if item["id"].lower() in ours:
                yield from body_differences(item, ours[item["id"].lower()], self.values, f"$.value[{item['name']}]")

    def _etag(self, interaction: Interaction, ours: dict[str, str]) -> Iterator[str]:
        recorded = interaction["headers"].get("etag")
        if recorded and self.etags.setdefault(recorded, ours.get("etag", "")) != ours.get("etag"):
            yield f"etag: the recorded one was seen before, ours is a new one: {ours.get('etag')}"


@pytest.mark.parametrize("name", RECORDINGS)
def test_answers_are_as_recorded(service: Service, recordings: Path, name: str) -> None:
    service.reset(operation_seconds=0.5)  # long enough for the first poll to find it pending, as recorded
    interactions: list[Interaction] = json.loads((recordings / f"{name}.json").read_text(encoding="utf-8"))
    machines = "_bmm_" in name
    renames = {RECORDED_SUBSCRIPTION: service.subscription_id}
    replay = Replay(service, RECORDINGS[name], not machines, renames)
    (seed_machine if machines else seed)(replay, interactions)
    problems = []
    for number, interaction in enumerate(interactions):
        problems += [f"{name}#{number} {interaction['method']}: {line}" for line in replay.play(interaction)]
    assert not problems, "\n".join(problems)


def seed(replay: Replay, interactions: list[Interaction]) -> None:
    """Make what the session found: resource groups, identities, the cluster's manager, the resource of a first GET."""
    text = replay.translated(json.dumps([[item["url"], item["request_body"]] for item in interactions]))
    for group in sorted(
        {found.lower(): found for found in re.findall(r"(?i)/resourceGroups/([^/\"?]+)", text)}.values()
    ):
        write(
            replay,
            f"/subscriptions/{replay.service.subscription_id}/resourceGroups/{group}",
            {"location": "uksouth"},
            "2021-04-01",
        )
    pattern = r"(?i)/subscriptions/[^/\"]+/resourceGroups/[^/\"]+/providers/Microsoft.ManagedIdentity/[^/\"]+/[^/\"]+"
    for identity in sorted(set(re.findall(pattern, text))):
        write(replay, identity, {"location": "uksouth"}, "2023-01-31")
    first_get = next((item for item in interactions if "/clusters/" in item["url"] and item["method"] == "GET"), None)
    if first_get:
        seed_manager_of(replay, first_get["body"])
    if interactions[0]["method"] == "GET":
        put = next(item for item in interactions if item["method"] == "PUT")
        write(
            replay,
            replay.translated(put["url"].removeprefix(RECORDED_HOST).partition("?")[0]),
            put["request_body"],
            replay.version,
        )


def seed_manager_of(replay: Replay, cluster: dict[str, Any]) -> None:
    """A cluster finds its manager by the custom location in the manager's managed resource group."""
    manager_id = replay.translated(cluster["properties"]["clusterManagerId"])
    group = cluster["extendedLocation"]["name"].split("/")[4]
    write(replay, manager_id.rpartition("/providers/")[0], {"location": "uksouth"}, "2021-04-01")
    properties = {"fabricControllerId": manager_id, "managedResourceGroupConfiguration": {"name": group}}
    write(replay, manager_id, {"location": "uksouth", "properties": properties}, replay.version)


def seed_machine(replay: Replay, interactions: list[Interaction]) -> None:
    """Machines come with a cluster; a machine of the fleet takes the recorded one's place."""
    subscription = f"/subscriptions/{replay.service.subscription_id}"
    path = f"{subscription}/providers/Microsoft.NetworkCloud/bareMetalMachines?api-version={replay.version}"
    machine = replay.service.arm("GET", path).json()["value"][0]
    recorded = interactions[0]["body"]
    replay.renames[recorded["id"].split("/")[4]] = machine["id"].split("/")[4]
    replay.renames[recorded["name"]] = machine["name"]
    change = {"tags": recorded["tags"], "properties": {"machineDetails": recorded["properties"]["machineDetails"]}}
    write(replay, machine["id"], change, replay.version, "PATCH")


def write(replay: Replay, path: str, body: dict[str, Any], version: str, method: str = "PUT") -> None:
    """Make or change something before the session begins, and wait until that is done."""
    body = json.loads(replay.translated(json.dumps(body)))
    answer = replay.service.arm(method, f"{path}?api-version={version}", body)
    assert answer.status_code in (200, 201, 202), f"{method} {path}: {answer.text}"
    if "Azure-AsyncOperation" in answer.headers:
        *_earlier, (_status, last) = until_done(replay.service, answer.headers["Azure-AsyncOperation"])
        assert last["status"] == "Succeeded", last
