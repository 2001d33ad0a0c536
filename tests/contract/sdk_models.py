# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds a raw JSON answer beside the Azure SDK model that it was read into.

The SDKs are lenient: a member that a model does not know is kept aside, a missing one reads as None. So an answer that
"deserializes" proves little; this walk reports both, and JSON types that the model does not expect. It reads both kinds
of model that the SDKs have: fields declared as annotations, and the older `_attribute_map`.
"""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

WRITE_ONLY = ("password",)
"""The models call these required and readable; no answer of the service ever holds them (contract section 1.3)."""


@dataclass(frozen=True)
class Member:
    """One member of a model: its place in the JSON document, the Python type, whether it must be there."""

    path: tuple[str, ...]
    type: Any
    required: bool


def differences(model: Any, raw: Any, where: str = "$") -> list[str]:
    """What `raw` has that `model` does not know, what it lacks, and values of another JSON type. Empty: a match."""
    return list(_walk(model, raw, where))


def _walk(expected: Any, raw: Any, where: str) -> Iterator[str]:
    origin, arguments = typing.get_origin(expected), typing.get_args(expected)
    if origin in (typing.Union, types.UnionType):
        yield from _walk_union(arguments, raw, where)
    elif raw is None:
        yield f"{where}: null"
    elif origin is list:
        yield from _walk_list(arguments[0], raw, where)
    elif origin is dict:
        yield from _walk_map(arguments[1], raw, where)
    elif _is_model(expected):
        yield from _walk_model(expected, raw, where)
    elif not _fits(expected, raw):
        yield f"{where}: {type(raw).__name__} where {getattr(expected, '__name__', expected)} belongs"


def _walk_union(arguments: tuple[Any, ...], raw: Any, where: str) -> Iterator[str]:
    choices = [choice for choice in arguments if choice is not types.NoneType]
    if raw is None and len(choices) < len(arguments):
        return
    attempts = [list(_walk(choice, raw, where)) for choice in choices]
    yield from min(attempts, key=len)


def _walk_list(item: Any, raw: Any, where: str) -> Iterator[str]:
    if not isinstance(raw, list):
        yield f"{where}: {type(raw).__name__} where a list belongs"
        return
    for index, value in enumerate(raw):
        yield from _walk(item, value, f"{where}[{index}]")


def _walk_map(item: Any, raw: Any, where: str) -> Iterator[str]:
    if not isinstance(raw, dict):
        yield f"{where}: {type(raw).__name__} where an object belongs"
        return
    for key, value in raw.items():
        yield from _walk(item, value, f"{where}[{key}]")


def _walk_model(model: type, raw: Any, where: str) -> Iterator[str]:
    if not isinstance(raw, dict):
        yield f"{where}: {type(raw).__name__} where {model.__name__} belongs"
        return
    yield from _walk_members(model.__name__, _members(model), raw, where)


def _walk_members(name: str, members: list[Member], raw: dict[str, Any], where: str) -> Iterator[str]:
    """Members with a path of several steps (flattened by the older models) are walked one step at a time."""
    known: dict[str, list[Member]] = {}
    for member in members:
        known.setdefault(member.path[0], []).append(member)
    yield from (f"{where}.{key}: unknown to {name}" for key in raw if key not in known)
    for key, group in known.items():
        if key not in raw:
            yield from (f"{where}.{'.'.join(m.path)}: missing, {name} requires it" for m in group if m.required)
        elif len(group[0].path) == 1:
            yield from _walk(group[0].type, raw[key], f"{where}.{key}")
        else:
            inner = [Member(member.path[1:], member.type, member.required) for member in group]
            yield from _walk_members(name, inner, raw[key], f"{where}.{key}")


def _is_model(expected: Any) -> bool:
    return isinstance(expected, type) and (hasattr(expected, "_attribute_map") or hasattr(expected, "_deserialize"))


def _members(model: type) -> list[Member]:
    return _mapped_members(model) if hasattr(model, "_attribute_map") else _annotated_members(model)


def _annotated_members(model: Any) -> list[Member]:
    model.__new__(model)  # the field table of these models is made with the first instance
    module = sys.modules[model.__module__]
    package = sys.modules[model.__module__.rpartition(".")[0]]
    hints = typing.get_type_hints(model, vars(module), {"_models": package})
    members = []
    for attribute, field in model._attr_to_rest_field.items():
        hint = hints[attribute]
        if field._rest_name in WRITE_ONLY:
            continue
        optional = types.NoneType in typing.get_args(hint)
        if getattr(field, "_format", None) == "unix-timestamp":
            hint = int
        members.append(Member((field._rest_name,), hint | None if optional else hint, not optional))
    return members


def _mapped_members(model: Any) -> list[Member]:
    members = []
    for attribute, place in model._attribute_map.items():
        path = tuple(step.replace("\0", ".") for step in place["key"].replace("\\.", "\0").split("."))
        required = bool(model._validation.get(attribute, {}).get("required"))
        expected = _named_type(place["type"], sys.modules[model.__module__])
        members.append(Member(path, expected if required else expected | None, required))
    return members


def _named_type(name: str, module: Any) -> Any:
    """The type that a name of the older models means: `[Thing]`, `{Thing}`, `iso-8601`, `str`, a model's name."""
    if name.startswith("["):
        return list[_named_type(name[1:-1], module)]  # type: ignore[misc]
    if name.startswith("{"):
        return dict[str, _named_type(name[1:-1], module)]  # type: ignore[misc]
    simple: Mapping[str, Any] = {
        "str": str,
        "bool": bool,
        "int": int,
        "long": int,
        "float": float,
        "object": Any,
        "iso-8601": datetime,
        "rfc-1123": datetime,
        "unix-time": int,
        "duration": timedelta,
    }
    return simple[name] if name in simple else getattr(module, name, str)


def _fits(expected: Any, raw: Any) -> bool:
    if expected is Any or expected is object:
        return True
    if isinstance(raw, bool) or expected is bool:  # to Python a bool is an int, in JSON it is no number
        return isinstance(raw, bool) and expected is bool
    if expected is int:
        return isinstance(raw, int)
    if expected is float:
        return isinstance(raw, (int, float))
    textual = isinstance(expected, type) and issubclass(expected, (str, Enum, datetime, date, timedelta))
    return textual and isinstance(raw, str)
