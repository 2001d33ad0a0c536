# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares an answer of the emulator with a recorded one: members, JSON types, and every value that is not made up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

HEADERS = ("azure-asyncoperation", "location", "etag", "retry-after", "content-type", "x-ms-providerhub-traffic")
"""Headers that clients act upon; their absence counts as much as their presence."""
COUNTERS = ("x-ms-ratelimit-remaining-subscription-writes",)
"""Headers whose value was another one in each recorded session: only their presence is compared."""

_MADE_UP = (
    (re.compile(r"https://[^/]+(?=/subscriptions/)"), "<host>"),
    (re.compile(r"(?<![0-9a-zA-Z])[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), "<guid>"),
    (re.compile(r"[0-9A-F]{64}"), "<hash>"),
    (re.compile(r"-HostedResources-[0-9A-F]{8}", re.IGNORECASE), "-HostedResources-<hash>"),
    (re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+Z$"), "<time>"),
    (re.compile(r"\bt=\d+"), "t=<ticks>"),
    (re.compile(r"\b([csh])=[^&]+"), r"\1=<signed>"),
    (re.compile(r"\bapi-version=[\w-]+"), "api-version=<version>"),
)
_ANY_VALUE = (
    # Who wrote: a user in the recordings, a service principal here.
    re.compile(r"\.systemData\.(created|lastModified)By(Type)?$"),
    # What Azure offered at the time of the recording.
    re.compile(r"\.(vmSize|supportExpiryDate|targetClusterVersion)$"),
)
_ANY_LENGTH = re.compile(r"\.clusterVersions$")


def generic(text: str) -> str:
    """The text with ids, times, signatures and the like replaced by words for them."""
    for pattern, word in _MADE_UP:
        text = pattern.sub(word, text)
    return text


def header_differences(recorded: dict[str, str], answered: dict[str, str]) -> Iterator[str]:
    """Both with lower-case names."""
    for name in HEADERS:
        expected, found = (
            None if value is None else generic(value) for value in (recorded.get(name), answered.get(name))
        )
        if expected != found:
            yield f"header {name}: recorded {expected}, here {found}"
    for name in COUNTERS:
        if (name in recorded) != (name in answered):
            yield f"header {name}: recorded {recorded.get(name)}, here {answered.get(name)}"


def body_differences(recorded: Any, answered: Any, values: bool = True, where: str = "$") -> Iterator[str]:
    """`values=False` compares members and types alone: for resources that a fleet describes in its own way."""
    if isinstance(recorded, dict) and isinstance(answered, dict):
        yield from _object_differences(recorded, answered, values, where)
    elif isinstance(recorded, list) and isinstance(answered, list):
        yield from _list_differences(recorded, answered, values, where)
    elif type(recorded) is not type(answered):
        yield f"{where}: recorded {_short(recorded)}, here {_short(answered)}"
    elif isinstance(recorded, str):
        if values and not any(rule.search(where) for rule in _ANY_VALUE) and generic(recorded) != generic(answered):
            yield f"{where}: recorded {recorded}, here {answered}"
    elif values and recorded != answered:
        yield f"{where}: recorded {recorded}, here {answered}"


def _object_differences(recorded: dict[str, Any], answered: dict[str, Any], values: bool, where: str) -> Iterator[str]:
    expected = {generic(key): value for key, value in recorded.items()}
    found = {generic(key): value for key, value in answered.items()}
    if "endTime" in found and "endTime" not in expected:
        del found["endTime"]  # some finished operations were recorded with, some without it
    if not values and where.endswith(".tags"):
        return
    for key in sorted(expected.keys() | found.keys()):
        if key not in found:
            yield f"{where}.{key}: recorded {_short(expected[key])}, missing here"
        elif key not in expected:
            yield f"{where}.{key}: not recorded, here {_short(found[key])}"
        else:
            yield from body_differences(expected[key], found[key], values, f"{where}.{key}")


def _list_differences(recorded: list[Any], answered: list[Any], values: bool, where: str) -> Iterator[str]:
    free = not values or bool(_ANY_LENGTH.search(where))
    if bool(recorded) != bool(answered) or (not free and len(recorded) != len(answered)):
        yield f"{where}: recorded {len(recorded)} items, here {len(answered)}"
    size = 1 if free else len(recorded)
    for index, (expected, found) in enumerate(zip(recorded[:size], answered[:size], strict=False)):
        yield from body_differences(expected, found, values, f"{where}[{index}]")


def _short(value: Any) -> str:
    return str(value)[:160]
