# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for the real end of what Azure does in the background.

Private to this collection. The service gives no pace (no Retry-After was ever recorded) and takes from three seconds to
16 minutes: start quick, then slow down, as `Clock` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._clock import Clock
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import (
    NexusError,
    correlation_id,
    needs,
    read_json,
)
from ansible_collections.operator_nexus.credentials.plugins.module_utils._pipeline import body_of
from ansible_collections.operator_nexus.credentials.plugins.module_utils._progress import Progress

if TYPE_CHECKING:
    from azure.core.polling import NoPolling
    from azure.mgmt.core.polling.arm_polling import ARMPolling

_TERMINAL = ("succeeded", "failed", "canceled")


def provisioning_state(document: Any) -> str:
    """`properties.provisioningState`, empty when there is none."""
    properties = document.get("properties") if isinstance(document, Mapping) else None
    return str((properties or {}).get("provisioningState") or "")


def is_terminal(state: str) -> bool:
    """Whether nothing is going on; a resource without a state never has anything going on."""
    return not state or state.lower() in _TERMINAL


def settle(
    read: Callable[[], dict[str, Any] | None], resource_id: str, clock: Clock, progress: Progress
) -> dict[str, Any] | None:
    """Read until no operation is going on. Raises NexusError `OperationTimeout`."""
    document = read()
    while document is not None and not is_terminal(provisioning_state(document)):
        progress.waiting(provisioning_state(document), clock.elapsed)
        if not clock.pause():
            raise timed_out(resource_id, provisioning_state(document), clock, "")
        document = read()
    progress.ended(provisioning_state(document), clock.elapsed)
    return document


def make_polling(resource_id: str, clock: Clock, progress: Progress, doing: str = "update") -> ARMPolling:
    """azure-mgmt-core's polling, paced by the clock. Raises NexusError for an operation that failed or is too slow.

    `doing` is a noun for what the operation does.
    """
    with needs("azure-mgmt-resource"):
        from azure.core.exceptions import HttpResponseError
        from azure.core.polling.base_polling import LocationPolling, StatusCheckPolling
        from azure.mgmt.core.polling.arm_polling import ARMPolling, AzureAsyncOperationPolling, BodyContentPolling

    class ResourceState(BodyContentPolling):
        """A write that was answered at once is done, whatever earlier failure the resource's state still tells of."""

        def set_initial_status(self, pipeline_response: Any) -> str:
            status = str(super().set_initial_status(pipeline_response))
            return "Succeeded" if is_terminal(status) else status

    class Polling(ARMPolling):
        """The pace and the words for a bad end are ours, the rest is azure-mgmt-core's."""

        def _delay(self) -> None:
            progress.waiting(self.status(), clock.elapsed)
            # `timeout` is 0 below, so this is Retry-After or nothing.
            if not clock.pause(self._extract_delay() or None):
                raise timed_out(resource_id, self.status(), clock, self._operation.get_polling_url())

        def run(self) -> None:
            try:
                super().run()
            except HttpResponseError as error:
                document = _json(error.response)
                # An answer that tells no state ends nothing: that is an error of its own.
                if error.response is None or error.response.status_code >= 400 or not isinstance(document, Mapping):
                    raise
                raise failed(resource_id, self.status(), document, correlation_id(error.response), doing) from None
            finally:
                if is_terminal(self.status()):
                    progress.ended(self.status(), clock.elapsed)

    algorithms = [AzureAsyncOperationPolling(), LocationPolling(), ResourceState(), StatusCheckPolling()]
    return Polling(timeout=0, lro_algorithms=algorithms)


def make_no_polling() -> NoPolling[Any]:
    """The answer to the write itself is the result: azure-core's own has the library read a model out of no body."""
    with needs("azure-mgmt-resource"):
        from azure.core.polling import NoPolling

    class FirstAnswer(NoPolling[Any]):
        def resource(self) -> Any:
            return body_of(self._initial_response)

    return FirstAnswer()


def first_status(poller: Any) -> int:
    """The HTTP status of the answer to the write itself. The poller has one of the two methods above."""
    return int(poller.polling_method()._initial_response.http_response.status_code)


def failed(resource_id: str, state: str, document: Mapping[str, Any], correlation: str, doing: str) -> NexusError:
    """The error of an operation that ended badly, in the words of its own status document."""
    error = document.get("error")
    error = error if isinstance(error, Mapping) else {}
    code = str(error.get("code") or f"Operation{state}")
    return NexusError(
        str(error.get("message") or f"the operation ended as {state} and says no more"),
        code=code,
        target=str(error.get("target") or ""),
        details=list(error.get("details") or []),
        correlation_id=correlation,
        operation=f"finish the {doing} of",
        resource_id=resource_id,
        remedy="look at the resource's activity log, mend the cause and run the task again",
    )


def timed_out(resource_id: str, state: str, clock: Clock, url: str) -> NexusError:
    """The error of an operation that is still going on. The URL's query is a signature and stays out."""
    where = f", it can be followed at {url.partition('?')[0]}" if url else ""
    return NexusError(
        f"the operation is still {state} after {clock.elapsed:.0f} s{where}",
        code="OperationTimeout",
        operation="wait for the end of the operation on",
        resource_id=resource_id,
        remedy="Azure goes on with it: run the task again, which waits for it and goes on, or raise wait_timeout",
    )


def _json(response: Any) -> Any:
    try:
        return None if response is None else read_json(response)
    except ValueError:
        return None
