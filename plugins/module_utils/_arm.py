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
from collections.abc import Callable, Sequence
from functools import cached_property
from http import HTTPStatus
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
from ansible_collections.operator_nexus.credentials.plugins.module_utils._memory import Memory
from ansible_collections.operator_nexus.credentials.plugins.module_utils._pipeline import (
    NO_SUBSCRIPTION,
    RETRY_PATCH,
    body_of,
    make_policies,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._progress import (
    Progress,
    Say,
    name_of,
    say_nothing,
)

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import HttpTransport
    from azure.core.polling import NoPolling
    from azure.mgmt.core.polling.arm_polling import ARMPolling

Document = dict[str, Any]

# 404 is also how Azure says that what the path goes through is not there. Absence of the resource itself it calls
# ResourceNotFound, ResourceGroupNotFound, <Type>NotFound; a 404 without an error document comes from a proxy.
_NOT_ABSENCE = ("SubscriptionNotFound", "TenantNotFound", "ResourceTypeNotFound", "ResourceProviderNotFound")


# So many resources of a collection are read one by one before the rest of them is read as a list.
_FEW = 2
_REFUSED = -1


class Arm:
    """Reads and writes resources, and remembers what it has read. `clock` and `sleep` are for tests."""

    def __init__(
        self,
        cloud: Cloud,
        credential: TokenCredential,
        transport: HttpTransport,
        memory: Memory | None = None,
        say: Say = say_nothing,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._cloud = cloud
        self._credential = credential
        self._transport = transport
        self._memory = memory or Memory()
        self._say = say
        self._clock = clock
        self._sleep = sleep

    def prepare(self) -> Any:
        """Make the library's client now rather than with the first request."""
        return self._resources

    def get(self, resource_id: str, api_version: str) -> Document | None:
        """The resource, None when it does not exist. Raises NexusError for everything else, other 404s too."""
        asked = time.monotonic()
        try:
            with azure_errors("read", resource_id):
                document = self._read(_quoted(resource_id), {}, api_version, "read", resource_id)
        except NexusError as error:
            if _is_absence(error):
                self.forget(resource_id)
                return None
            raise
        self._memory.remember(document, asked, _subject(resource_id), api_version)
        return document

    def forget(self, resource_id: str) -> None:
        """Let no task of the run recall what was read of the resource up to now."""
        self._memory.forget(_subject(resource_id))

    def recall(self, resource_id: str, api_version: str, among: Sequence[str] = ()) -> Document | None:
        """The resource as a task of this run has read it lately, if tasks share what they read; else None.

        It may be out of date: it can prove that nothing needs doing, and nothing else. What nobody has read yet is read
        for all. With `among`, the paths of lists that the resource is in, the longest one first, single resources are
        left to whoever needs them, and a run that goes through many reads a list. Raises NexusError.
        """
        subject = _subject(resource_id)
        if not among:
            return self._memory.recall_or_read(lambda: self.get(resource_id, api_version), subject, api_version)
        self._memory.recall_or_read(lambda: self._read_neighbours(among, api_version), subject, api_version)
        document: Document | None = self._memory.recall(subject, api_version)
        return document

    def list_resources(self, path: str, api_version: str) -> list[Document]:
        """`list` for a collection whose items are whole resources."""
        asked = time.monotonic()
        items = self.list(path, api_version)
        for item in items:
            self._memory.remember(item, asked, _subject(str(item.get("id"))), api_version)
        return items

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
        with self._memory.writing(_subject(resource_id)), azure_errors("update", resource_id):
            poller = self._resources.begin_update_by_id(
                resource_id=_quoted(resource_id),
                api_version=api_version,
                parameters=json.dumps(body).encode(),
                headers={"If-Match": if_match} if if_match else {},
                cls=body_of,
                polling=self._polling("update", resource_id, wait, timeout),
                retry_on_methods=RETRY_PATCH,
            )
            document: Document | None = poller.result()
            return document

    def put(
        self,
        resource_id: str,
        body: Document,
        api_version: str,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
        wait: bool = True,
        timeout: float = 1800,
    ) -> Document | None:
        """Create the resource, or write it anew as a whole, and wait at most `timeout` seconds for the real end.

        With `if_none_match="*"` only the first of several creations gets through, the others end with status 412.
        Returns the resource as it is then; with `wait=False` as the answer to the write shows it. Raises NexusError,
        `OperationTimeout` or the operation's own code among others.
        """
        conditions = {"If-Match": if_match, "If-None-Match": if_none_match}
        with self._memory.writing(_subject(resource_id)), azure_errors("create", resource_id):
            poller = self._resources.begin_create_or_update_by_id(
                resource_id=_quoted(resource_id),
                api_version=api_version,
                parameters=json.dumps(body).encode(),
                headers={name: value for name, value in conditions.items() if value},
                cls=body_of,
                polling=self._polling("creation", resource_id, wait, timeout),
            )
            document: Document | None = poller.result()
            return document

    def delete(self, resource_id: str, api_version: str, *, wait: bool = True, timeout: float = 1800) -> bool:
        """Remove the resource and wait at most `timeout` seconds for the real end; False when there was none.

        Raises NexusError, `OperationTimeout` or the operation's own code among others.
        """
        with self._memory.writing(_subject(resource_id)), azure_errors("delete", resource_id):
            try:
                with azure_errors("delete", resource_id):
                    poller = self._resources.begin_delete_by_id(
                        resource_id=_quoted(resource_id),
                        api_version=api_version,
                        cls=body_of,
                        polling=self._polling("deletion", resource_id, wait, timeout),
                    )
            except NexusError as error:
                # Not even the resource group is there: Azure itself says 204 of a resource alone.
                if _is_absence(error):
                    return False
                raise
            poller.result()
            return _operations.first_status(poller) != HTTPStatus.NO_CONTENT

    def settle(self, resource_id: str, api_version: str, timeout: float) -> Document | None:
        """The resource when nothing is going on with it any more, None when it is gone. Raises NexusError."""
        progress = self.progress("operation on", resource_id)
        return _operations.settle(
            lambda: self.get(resource_id, api_version), resource_id, self._limit(timeout), progress
        )

    def progress(self, doing: str, resource_id: str) -> Progress:
        """Lines about something that goes on with a resource; `doing` stands before its name."""
        return Progress(self._say, f"{doing} {name_of(resource_id)}")

    @cached_property
    def _resources(self) -> Any:
        """The library's client, made for the first request only: a task that finds all it needs remembered has none."""
        with needs("azure-mgmt-resource"):
            from azure.mgmt.resource.resources import ResourceManagementClient
        client = ResourceManagementClient(
            self._credential,
            NO_SUBSCRIPTION,
            base_url=self._cloud.resource_manager,
            credential_scopes=[self._cloud.arm_scope],
            policies=make_policies(self._credential, self._cloud.arm_scope),
            transport=self._transport,
        )
        return client.resources

    def _read_neighbours(self, among: Sequence[str], api_version: str) -> None:
        """Count the resources that were not known, and at the third read the longest list that this login may read."""
        for path in among:
            if self._count_or_list(path, api_version):
                return

    def _count_or_list(self, path: str, api_version: str) -> bool:
        """False when the list at this path was refused, now or before."""
        counter = ("strangers", path.lower())
        with self._memory.locked(*counter, api_version):
            asked = time.monotonic()
            count = self._memory.recall(counter, api_version) or 0
            if count == _REFUSED:
                return False
            if count == _FEW:
                try:
                    self.list_resources(path, api_version)
                except NexusError:
                    # Whatever it is, who needs the resource itself will read that, and tell.
                    count = _REFUSED - 1
            if count <= _FEW:
                self._memory.remember(count + 1, asked, counter, api_version)
            return count >= 0

    def _read(self, path: str, params: dict[str, str], api_version: str, operation: str, resource_id: str) -> Document:
        version = params.get("api-version", api_version)
        document: Document | None = self._resources.get_by_id(
            resource_id=path, api_version=version, params=params, cls=body_of
        )
        if document is None:
            # Not absence, which Azure tells by a 404.
            raise no_json("empty", operation, resource_id)
        return document

    def _polling(self, doing: str, resource_id: str, wait: bool, timeout: float) -> ARMPolling | NoPolling[Any]:
        if not wait:
            return _operations.make_no_polling()
        progress = self.progress(f"{doing} of", resource_id)
        return _operations.make_polling(resource_id, self._limit(timeout), progress, doing)

    def _limit(self, timeout: float) -> Clock:
        return Clock(timeout, self._clock, self._sleep)


def _is_absence(error: NexusError) -> bool:
    return error.status == 404 and error.code.endswith("NotFound") and error.code not in _NOT_ABSENCE


def _subject(resource_id: str) -> tuple[str, str]:
    return "resource", resource_id.strip("/").lower()


def _quoted(path: str) -> str:
    """For a URL's path; `?`, `#`, `%` and braces of a name must not turn into something else."""
    return quote(path.lstrip("/"), safe="/-_.~!$&'()*+,;=:@")


def _raw_parameters(query: str) -> dict[str, str]:
    """Query parameters still quoted: azure-core puts them into the URL as they are."""
    return {key: value for key, _equals, value in (part.partition("=") for part in query.split("&")) if key}
