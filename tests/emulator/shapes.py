# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes of JSON documents: which members an api-version knows, and what it lets a client write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from arm import ArmError
from state import Document


@dataclass(frozen=True)
class Member:
    """One member of an object. `members` describes the object it holds, or each object of the list it holds."""

    since: str = ""
    """The first api-version with this member; versions sort as text."""
    required: bool = False
    read_only: bool = False
    secret: bool = False
    """Taken, but never kept or shown."""
    nullable: bool = False
    """A PATCH may send null to set it back; in a PUT null counts as nothing."""
    is_list: bool = False
    kind: str = "string"
    """JSON type of the value, or of each item of the list: string, integer, boolean, object, or `texts`, an object
    whose values are strings. A member with `members` is an object in any case."""
    values: tuple[str, ...] = ()
    members: Shape = field(default_factory=dict)


Shape = dict[str, Member]
TRACKED: Shape = {"location": Member(nullable=True), "tags": Member(kind="texts", nullable=True)}
"""What a client may write of any resource, beside its properties."""
_SURPLUS = "OBJECT_ADDITIONAL_PROPERTIES"


def shown(shape: Shape, document: Document, version: str) -> Document:
    """The document as this version shows it: members that it does not know are left out."""
    return {
        name: _shown_value(shape[name], value, version)
        for name, value in document.items()
        if _knows(shape, name, version)
    }


def kept(shape: Shape, document: Document) -> Document:
    """What a write keeps of its body: neither secrets nor read-only members (ARM has them ignored in a PUT)."""
    return {
        name: _each(shape[name], value, kept)
        for name, value in document.items()
        if not (shape[name].read_only or shape[name].secret)
    }


def server_side(shape: Shape, document: Document, version: str) -> Document:
    """What a PUT leaves alone: read-only members, and members that its version does not know."""
    return {name: value for name, value in document.items() if shape[name].read_only or shape[name].since > version}


def check(shape: Shape, body: Document, version: str) -> None:
    """Raises ArmError 400 for members that are unknown to this version, missing, or hold the wrong kind of value."""
    details = list(_problems(shape, body, version, "$"))
    if details:
        message = (
            "HTTP request payload failed validation against API specification with one or more errors. "
            "Please see details for more information."
        )
        raise ArmError(400, "HttpRequestPayloadAPISpecValidationFailed", message, details=details)


def check_known(shape: Shape, body: Document) -> None:
    """The same for providers that take no notice of members they do not know, in the words that ARM has for them."""
    for problem in _problems(shape, body, "", "$"):
        if problem["code"] != _SURPLUS:
            message = (
                "The request content was invalid and could not be deserialized: "
                f"'{problem['message']}. Path '{problem['target'].removeprefix('$.')}'.'"
            )
            raise ArmError(400, "InvalidRequestContent", message)


def _knows(shape: Shape, name: str, version: str) -> bool:
    return name in shape and shape[name].since <= version


def _shown_value(member: Member, value: Any, version: str) -> Any:
    return _each(member, value, lambda shape, document: shown(shape, document, version))


def _each(member: Member, value: Any, change: Any) -> Any:
    """Apply `change` to the object, or to each object of the list, that a member with a shape holds."""
    if not member.members or value is None:
        return value
    if isinstance(value, list):
        return [change(member.members, item) for item in value]
    return change(member.members, value)


def _problems(shape: Shape, body: Any, version: str, path: str) -> Iterator[Document]:
    if not isinstance(body, dict):
        yield _wrong_type("object", body, path)
        return
    for name, value in body.items():
        if not _knows(shape, name, version):
            yield _problem(_SURPLUS, f"{path}.{name}", f"Additional properties not allowed: {name}")
        elif not shape[name].read_only:
            yield from _value_problems(shape[name], value, version, f"{path}.{name}")
    for name, member in shape.items():
        if member.required and member.since <= version and name not in body:
            yield _problem("OBJECT_MISSING_REQUIRED_PROPERTY", path, f"Missing required property: {name}")


def _value_problems(member: Member, value: Any, version: str, path: str) -> Iterator[Document]:
    if value is None and member.nullable:
        return
    if not member.is_list:
        yield from _item_problems(member, value, version, path)
    elif not isinstance(value, list):
        yield _wrong_type("array", value, path)
    else:
        for at, item in enumerate(value):
            yield from _item_problems(member, item, version, f"{path}[{at}]")


def _item_problems(member: Member, value: Any, version: str, path: str) -> Iterator[Document]:
    kind = "object" if member.kind == "texts" else member.kind
    if member.members:
        yield from _problems(member.members, value, version, path)
    elif _kind(value) != kind:
        yield _wrong_type(kind, value, path)
    elif member.kind == "texts":
        for name, text in value.items():
            if not isinstance(text, str):
                yield _wrong_type("string", text, f"{path}.{name}")
    elif member.values and value not in member.values:
        yield _problem("ENUM_MISMATCH", path, f"No enum match for: {value!r}")


def _problem(code: str, target: str, message: str) -> Document:
    return {"code": code, "target": target, "message": message}


def _wrong_type(expected: str, value: Any, path: str) -> Document:
    return _problem("INVALID_TYPE", path, f"Expected type {expected} but found type {_kind(value)}")


def _kind(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return names.get(type(value), "null")
