# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Resource Manager: any resource as the JSON document that it is.

Private to this collection. Carried by azure-mgmt-resource's calls for resources by id, with raw JSON in and out: its
models know nothing of an `etag` and would drop a null that means "remove".
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from ansible_collections.operator_nexus.credentials.plugins.module_utils import _operations
from ansible_collections.operator_nexus.credentials.plugins.module_utils._clock import Clock
from ansible_collections.operator_nexus.credentials.plugins.module_utils._clouds import Cloud
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import (
    NexusError,
    azure_errors,
    needs,
    no_json,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._pipeline import (
    NO_SUBSCRIPTION,
    RETRY_PATCH,
    body_of,
    make_policies,
)

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import HttpTransport
    from azure.mgmt.core.polling.arm_polling import ARMPolling

Document = dict[str, Any]

# 404 is also how Azure says that what the path goes through is not there. Absence of the resource itself it calls
# ResourceNotFound, ResourceGroupNotFound, <Type>NotFound; a 404 without an error document comes from a proxy.
_NOT_ABSENCE = ("SubscriptionNotFound", "TenantNotFound", "ResourceTypeNotFound", "ResourceProviderNotFound")


class Arm:
    """Reads and writes resources. `clock` and `sleep` are for tests."""

    def __init__(
        self,
        cloud: Cloud,
        credential: TokenCredential,
        transport: HttpTransport,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        with needs("azure-mgmt-resource"):
            from azure.mgmt.resource.resources import ResourceManagementClient
        client = ResourceManagementClient(
            credential,
            NO_SUBSCRIPTION,
            base_url=cloud.resource_manager,
            credential_scopes=[cloud.arm_scope],
            policies=make_policies(credential, cloud.arm_scope),
            transport=transport,
        )
        self._resources = client.resources
        self._clock = clock
        self._sleep = sleep

    def get(self, resource_id: str, api_version: str) -> Document | None:
        """The resource, None when it does not exist. Raises NexusError for everything else, other 404s too."""
        try:
            with azure_errors("read", resource_id):
                return self._read(_quoted(resource_id), {}, api_version, "read", resource_id)
        except NexusError as error:
            if _is_absence(error):
                return None
            raise

    def list(self, path: str, api_version: str, query: dict[str, str] | None = None) -> list[Document]:
        """All items of a collection, over all pages. `query` holds further parameters of the first page, unquoted."""
        items: list[Document] = []
        next_path, params = _quoted(path), {key: quote(value, safe="") for key, value in (query or {}).items()}
        while True:
            with azure_errors("list", path):
                page = self._read(next_path, params, api_version, "list", path)
            items.extend(page.get("value") or [])
            if not page.get("nextLink"):
                return items
            # Path and parameters as they came, but never another host: it would be given the token.
            link = urlsplit(page["nextLink"])
            next_path, params = link.path, _raw_parameters(link.query)

    def patch(
        self,
        resource_id: str,
        body: Document,
        api_version: str,
        *,
        if_match: str | None = None,
        wait: bool = True,
        timeout: float = 1800,
    ) -> Document | None:
        """Merge `body` into the resource and wait at most `timeout` seconds for the real end.

        Returns the resource as it is then; with `wait=False` None when Azure goes on in the background. Raises
        NexusError, `OperationTimeout` or the operation's own code among others.
        """
        with azure_errors("update", resource_id):
            poller = self._resources.begin_update_by_id(
                resource_id=_quoted(resource_id),
                api_version=api_version,
                parameters=json.dumps(body).encode(),
                headers={"If-Match": if_match} if if_match else {},
                cls=body_of,
                polling=self._polling(resource_id, timeout) if wait else _operations.make_no_polling(),
                retry_on_methods=RETRY_PATCH,
            )
            document: Document | None = poller.result()
            return document

    def settle(self, resource_id: str, api_version: str, timeout: float) -> Document | None:
        """The resource when nothing is going on with it any more, None when it is gone. Raises NexusError."""
        return _operations.settle(lambda: self.get(resource_id, api_version), resource_id, self._limit(timeout))

    def _read(self, path: str, params: dict[str, str], api_version: str, operation: str, resource_id: str) -> Document:
        version = params.get("api-version", api_version)
        document: Document | None = self._resources.get_by_id(
            resource_id=path, api_version=version, params=params, cls=body_of
        )
        if document is None:
            # Not absence, which Azure tells by a 404.
            raise no_json("empty", operation, resource_id)
        return document

    def _polling(self, resource_id: str, timeout: float) -> ARMPolling:
        return _operations.make_polling(resource_id, self._limit(timeout))

    def _limit(self, timeout: float) -> Clock:
        return Clock(timeout, self._clock, self._sleep)


def _is_absence(error: NexusError) -> bool:
    return error.status == 404 and error.code.endswith("NotFound") and error.code not in _NOT_ABSENCE


def _quoted(path: str) -> str:
    """For a URL's path; `?`, `#`, `%` and braces of a name must not turn into something else."""
    return quote(path.lstrip("/"), safe="/-_.~!$&'()*+,;=:@")


def _raw_parameters(query: str) -> dict[str, str]:
    """Query parameters still quoted: azure-core puts them into the URL as they are."""
    return {key: value for key, _equals, value in (part.partition("=") for part in query.split("&")) if key}
