# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Graph: who an application is in this tenant.

Private to this collection.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from ansible_collections.operator_nexus.credentials.plugins.module_utils._clouds import Cloud
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import (
    NexusError,
    azure_errors,
    needs,
    no_json,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._memory import Memory
from ansible_collections.operator_nexus.credentials.plugins.module_utils._pipeline import json_object, make_policies

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import HttpTransport


class Graph:
    """Looks principals up."""

    def __init__(
        self, cloud: Cloud, credential: TokenCredential, transport: HttpTransport, memory: Memory | None = None
    ) -> None:
        self._cloud = cloud
        self._credential = credential
        self._transport = transport
        self._memory = memory or Memory()

    def service_principal_id(self, app_id: str) -> str | None:
        """Object id of an application's service principal in this tenant, None when it has none. Raises NexusError."""
        operation = "look up the service principal of application"
        if not self._cloud.graph:
            raise NexusError(
                f"the metadata of the cloud {self._cloud.name} names no Microsoft Graph",
                code="GraphUnknown",
                operation=operation,
                resource_id=app_id,
                remedy="give the object id of the service principal as principal_id",
            )
        with needs("azure-identity"):
            from azure.core import PipelineClient
            from azure.core.rest import HttpRequest
        policies = make_policies(self._credential, self._cloud.graph_scope)
        client = PipelineClient(self._cloud.graph, policies=policies, transport=self._transport)
        condition = quote(f"appId eq '{app_id}'")
        url = f"{self._cloud.graph}/v1.0/servicePrincipals?$filter={condition}&$select=id,appId"
        request, asked = HttpRequest("GET", url), time.monotonic()
        with azure_errors(operation, app_id):
            response = client.send_request(request)
            response.raise_for_status()
            document = json_object(response)
        if document is None:
            raise no_json("empty", operation, app_id, response)
        found = document.get("value") or []
        if not found:
            return None
        principal_id = str(found[0]["id"])
        self._memory.remember(principal_id, asked, ("service principal", app_id))
        return principal_id

    def recall_service_principal_id(self, app_id: str) -> str | None:
        """`service_principal_id` as a task of this run has read it lately, if tasks share what they read; else None."""
        subject = ("service principal", app_id)
        found: str | None = self._memory.recall_or_read(lambda: self.service_principal_id(app_id), subject)
        return found
