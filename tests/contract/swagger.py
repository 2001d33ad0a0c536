# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks requests and answers against the published contracts (swagger 2.0), strictly: no unknown member passes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

Node = dict[str, Any]

FILES = {
    "microsoft.networkcloud": "networkcloud-{version}.json",
    "microsoft.keyvault": "{version}-keyvault.json",
    "microsoft.managedidentity": "{version}-ManagedIdentity.json",
    "microsoft.authorization": "{version}-authorization-RoleAssignmentsCalls.json",
}

COMMON = {
    "types.json": "v5-types.json",
    "managedidentity.json": "v5-managedidentity.json",
    "common-types.json": "2022-04-01-common-types.json",
    "common.json": "v5-types.json",
}
"""Files that the contracts refer to -> the file of this folder with those types (older versions are alike)."""
ALIASES = {"CloudError": "ErrorResponse", "SystemData": "systemData"}
"""What Key Vault's own common types call them -> the name in the common types of all."""


class Contracts:
    """The contract files of a folder; parsed and translated when first needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents: dict[str, Node] = {}
        self.checkers: dict[str, Draft202012Validator] = {}

    def problems(
        self, method: str, path: str, version: str, request: Any, status: int, answer: Any
    ) -> list[str] | None:
        """What is wrong with one exchange, each problem one line. None: no contract file speaks about it.

        An `answer` of None (none, or one that nobody kept) is not looked at.
        """
        name = self._file_for(path, version)
        if not name:
            return None
        operation, listed = self._operation(name, method.lower(), path)
        if operation is None:
            return None
        if answer and "/operationStatuses/" in path and answer.get("properties", 0) is None:
            # Recorded in every finished operation, though the contract does not allow null here.
            answer = {key: value for key, value in answer.items() if key != "properties"}
        answer = published(answer)
        found = list(self._request_problems(name, operation, request))
        if listed:
            schema = operation["responses"]["200"]["schema"]
            for index, item in enumerate((answer or {"value": []})["value"]):
                found += self._check(name, schema, item, f"answer.value[{index}]")
            return found
        return found + list(self._answer_problems(name, operation, status, answer))

    def _file_for(self, path: str, version: str) -> str:
        provider = path.lower().rpartition("/providers/")[2].partition("/")[0]
        name = FILES.get(provider, "").format(version=version)
        return name if name and (self.folder / name).is_file() else ""

    def _operation(self, name: str, method: str, path: str) -> tuple[Node | None, bool]:
        """The operation of this path; True for a list of which the contract has only the single resource."""
        paths = self._document(name)["paths"]
        if re.search(r"(?i)/operationStatuses/", path):
            schema = {"schema": {"$ref": "#/definitions/OperationStatusResult"}}
            return {"responses": {"200": schema, "202": schema}}, False
        for template, operations in paths.items():
            if method in operations and _matches(template, path):
                return operations[method], False
        wanted = _after_provider(path) + "/any"
        for template, operations in paths.items():
            if method == "get" and method in operations and _matches(_after_provider(template), wanted):
                return operations[method], True
        return None, False

    def _request_problems(self, name: str, operation: Node, request: Any) -> Iterator[str]:
        bodies = [self._resolve(name, p)[1] for p in operation.get("parameters", [])]
        schemas = [body["schema"] for body in bodies if body.get("in") == "body"]
        if schemas and request is not None:
            yield from self._check(name, schemas[0], request, "request", writing=True)
        elif request is not None:
            yield "request: a body where the contract has none"

    def _answer_problems(self, name: str, operation: Node, status: int, answer: Any) -> Iterator[str]:
        responses = operation["responses"]
        if str(status) not in responses and (status < 400 or "default" not in responses):
            yield f"status {status}: the contract has {sorted(responses)}"
            return
        schema = responses.get(str(status), responses.get("default", {})).get("schema")
        if schema and answer is not None:
            yield from self._check(name, schema, answer, "answer")

    def _check(self, name: str, schema: Node, value: Any, where: str, writing: bool = False) -> Iterator[str]:
        key = json.dumps([name, schema, writing], sort_keys=True)
        if key not in self.checkers:
            definitions: Node = {}
            root = self._translate(name, schema, writing, definitions)
            self.checkers[key] = Draft202012Validator({**root, "$defs": definitions})
        for error in self.checkers[key].iter_errors(value):
            place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
            yield f"{where}{place}: {error.message[:300]}"

    def _document(self, name: str) -> Node:
        if name not in self.documents:
            self.documents[name] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        return self.documents[name]

    def _resolve(self, name: str, node: Node) -> tuple[str, Node]:
        """Follow `$ref`, also into other files: COMMON says where in this folder they are."""
        while "$ref" in node:
            file, _hash, pointer = node["$ref"].partition("#")
            if file:
                name = COMMON[Path(file).name]
            node = self._document(name)
            for step in pointer.strip("/").split("/"):
                node = node[ALIASES.get(step, step)]
        return name, node

    def _translate(self, name: str, node: Node, writing: bool, definitions: Node) -> Node:
        """A swagger schema as JSON schema. A referenced one goes into `definitions`: some refer to themselves."""
        if "$ref" not in node:
            return self._nullable(node, self._translate_plain(name, node, writing, definitions))
        file, target = self._resolve(name, node)
        key = re.sub(r"\W", "_", file + node["$ref"].partition("#")[2])
        if key not in definitions:
            definitions[key] = {}
            definitions[key] = self._translate_plain(file, target, writing, definitions)
        return self._nullable({**target, **node}, {"$ref": f"#/$defs/{key}"})

    def _nullable(self, node: Node, schema: Node) -> Node:
        return {"anyOf": [schema, {"type": "null"}]} if node.get("x-nullable") else schema

    def _translate_plain(self, name: str, node: Node, writing: bool, definitions: Node) -> Node:
        if node.get("type") == "array":
            return {"type": "array", "items": self._translate(name, node["items"], writing, definitions)}
        if "enum" in node:
            return {"enum": _spellings(node["enum"], writing)}
        if "properties" in node or "allOf" in node:
            return self._translate_object(name, node, writing, definitions)
        extra = node.get("additionalProperties")
        if isinstance(extra, dict):
            values = self._translate(name, extra, writing, definitions)
            return {"type": "object", "additionalProperties": values}
        if node.get("type") in ("string", "integer", "number", "boolean"):
            return {key: node[key] for key in ("type", "pattern") if key in node}
        return {"type": "object"} if node.get("type") == "object" else {}

    def _translate_object(self, name: str, node: Node, writing: bool, definitions: Node) -> Node:
        members: Node = {}
        required: set[str] = set()
        for file, part in self._parts(name, node):
            required |= set(part.get("required", []))
            for key, member in part.get("properties", {}).items():
                hidden = _read_only(member) if writing else _write_only(self._resolve(file, member)[1] | member)
                if hidden:
                    required.discard(key)
                    continue
                members[key] = self._translate(file, member, writing, definitions)
        return {
            "type": "object",
            "properties": members,
            "required": sorted(required & set(members)),
            "additionalProperties": False,
        }

    def _parts(self, name: str, node: Node) -> Iterator[tuple[str, Node]]:
        """The object and what it inherits from."""
        for parent in node.get("allOf", []):
            file, target = self._resolve(name, parent)
            yield from self._parts(file, target)
        yield name, node


def published(document: Any) -> Any:
    """An answer less what real Azure sends and no contract allows: see the comments."""
    if not isinstance(document, dict):
        return document
    if isinstance(document.get("value"), list):
        return document | {"value": [published(item) for item in document["value"]]}
    properties = document.get("properties")
    if not isinstance(properties, dict):
        return document
    # Microsoft's pages tell users to read a cluster's `conditions`; it is in no version's contract (section 1.2).
    kept = {name: value for name, value in properties.items() if name != "conditions"}
    if str(document.get("type")).startswith("Microsoft.Authorization/"):
        # Microsoft.Authorization writes null for what is not set.
        kept = {name: value for name, value in kept.items() if value is not None}
    return document | {"properties": kept}


def _after_provider(path: str) -> str:
    return path.rpartition("/providers/")[2]


def _matches(template: str, path: str) -> bool:
    def pattern(part: str) -> str:
        if not part.startswith("{"):
            return re.escape(part)
        if part == "{roleAssignmentId}":
            return ".+/roleAssignments/[^/]+"
        return ".+" if part == "{scope}" else "[^/]+"

    parts = re.split(r"(\{[^}]+\})", template)
    return bool(re.fullmatch("(?i)" + "".join(map(pattern, parts)), path))


def _read_only(member: Node) -> bool:
    return bool(member.get("readOnly"))


def _write_only(member: Node) -> bool:
    """Passwords are required in a PUT and never come back (contract section 1.3)."""
    return bool(member.get("x-ms-secret")) or member.get("format") == "password" or _lacks_read(member)


def _lacks_read(member: Node) -> bool:
    return "x-ms-mutability" in member and "read" not in member["x-ms-mutability"]


def _spellings(values: list[str], writing: bool) -> list[str]:
    """Answers write both identity kinds with a blank that the contract does not have (contract fact 6)."""
    if writing:
        return values
    return values + [value.replace(",", ", ") for value in values if "," in value]
