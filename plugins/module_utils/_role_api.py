# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role assignments: list, create, delete.

Private to this collection.
"""

from __future__ import annotations

import json
import time
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._arm import Arm
from ansible_collections.operator_nexus.credentials.plugins.module_utils._clouds import Cloud
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import azure_errors, needs, no_json
from ansible_collections.operator_nexus.credentials.plugins.module_utils._memory import Memory
from ansible_collections.operator_nexus.credentials.plugins.module_utils._pipeline import (
    NO_SUBSCRIPTION,
    body_of,
    make_policies,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._progress import Progress

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import HttpTransport

Assignment = dict[str, Any]

_API_VERSION = "2022-04-01"


class RoleApi:
    """Role assignments at any scope."""

    def __init__(
        self,
        arm: Arm,
        cloud: Cloud,
        credential: TokenCredential,
        transport: HttpTransport,
        memory: Memory | None = None,
    ) -> None:
        self._arm = arm
        self._cloud = cloud
        self._credential = credential
        self._transport = transport
        self._memory = memory or Memory()

    def prepare(self) -> Any:
        """Make the library's client now rather than with the first write."""
        return self._assignments

    def list_at(self, scope: str) -> list[Assignment]:
        """The assignments at the scope and above it.

        Dicts of id, name, scope, role_definition_id, principal_id, principal_type, condition, created_on (Azure's
        text of the time). Raises NexusError.
        """
        # azure-mgmt-authorization 3 takes the next page's token apart and cannot put it together again.
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments"
        asked = time.monotonic()
        found = [_assignment(item) for item in self._arm.list(path, _API_VERSION, {"$filter": "atScope()"})]
        self._memory.remember(found, asked, _subject(scope))
        return found

    def recall_at(self, scope: str) -> list[Assignment] | None:
        """`list_at` as a task of this run has read it lately, if tasks share what they read; else None.

        Good for what `Arm.recall` is good for. Raises NexusError.
        """
        found: list[Assignment] | None = self._memory.recall_or_read(lambda: self.list_at(scope), _subject(scope))
        return found

    def create(self, scope: str, name: str, role_definition_id: str, principal_id: str) -> tuple[Assignment, bool]:
        """Assign the role to a service principal (which every managed identity is).

        Gives the assignment, and whether it is new: another host may just have made the very same one. Raises
        NexusError; among its codes are RoleAssignmentExists and, for a while after the principal was made,
        PrincipalNotFound.
        """
        body = {
            "properties": {
                "roleDefinitionId": role_definition_id,
                "principalId": principal_id,
                # Told outright, Azure does not look the principal up in a directory that may not know it yet.
                "principalType": "ServicePrincipal",
            }
        }
        operation = "create a role assignment at"
        with self._memory.writing(_subject(scope)), azure_errors(operation, scope):
            content = json.dumps(body).encode()
            document, status = self._assignments.create(scope.lstrip("/"), name, content, cls=_body_and_status)
        if document is None:
            raise no_json("empty", operation, scope)
        return _assignment(document), status == HTTPStatus.CREATED

    def progress(self, scope: str) -> Progress:
        """Lines about an assignment at this scope that has to wait."""
        return self._arm.progress("role assignment at", scope)

    def delete(self, assignment_id: str) -> None:
        """Remove an assignment; one that is gone already is fine. Raises NexusError."""
        scope = assignment_id.lower().partition("/providers/microsoft.authorization/")[0]
        with self._memory.writing(_subject(scope)), azure_errors("delete the role assignment", assignment_id):
            self._assignments.delete_by_id(assignment_id.lstrip("/"))

    @cached_property
    def _assignments(self) -> Any:
        """The library's client, made for the first write only: a run that changes nothing never imports it."""
        with needs("azure-mgmt-authorization"):
            from azure.mgmt.authorization import AuthorizationManagementClient
        client = AuthorizationManagementClient(
            self._credential,
            NO_SUBSCRIPTION,
            api_version=_API_VERSION,
            base_url=self._cloud.resource_manager,
            credential_scopes=[self._cloud.arm_scope],
            policies=make_policies(self._credential, self._cloud.arm_scope),
            transport=self._transport,
        )
        return client.role_assignments


def _subject(scope: str) -> tuple[str, str]:
    return "role assignments", scope.strip("/").lower()


def _assignment(document: dict[str, Any]) -> Assignment:
    properties = document.get("properties") or {}
    return {
        "id": document.get("id"),
        "name": document.get("name"),
        "scope": properties.get("scope"),
        "role_definition_id": properties.get("roleDefinitionId"),
        "principal_id": properties.get("principalId"),
        "principal_type": properties.get("principalType"),
        "condition": properties.get("condition"),
        "created_on": properties.get("createdOn"),
    }


def _body_and_status(pipeline_response: Any, *_: Any) -> tuple[dict[str, Any] | None, int]:
    return body_of(pipeline_response), pipeline_response.http_response.status_code
