# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for the real end of what Azure does in the background.

Private to this collection. The service gives no pace (no Retry-After was ever recorded) and takes from three seconds to
16 minutes: start quick, then slow down.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import NexusError, needs, read_json

if TYPE_CHECKING:
    from azure.mgmt.core.polling.arm_polling import ARMPolling

_FIRST_DELAY = 0.5
_GROWTH = 1.5
_LONGEST_DELAY = 15.0
_TERMINAL = ("succeeded", "failed", "canceled")


class Pace:
    """Delays between two looks, within a total limit (seconds). `clock` and `sleep` are for tests."""

    def __init__(
        self,
        limit: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limit = limit
        self._clock = clock
        self._sleep = sleep
        self._start = clock()
        self._next = _FIRST_DELAY

    @property
    def elapsed(self) -> float:
        return self._clock() - self._start

    def pause(self, asked: float | None = None) -> bool:
        """Sleep for what the server asked for, else a little longer each time; False when the time is used up."""
        left = self._limit - self.elapsed
        if left <= 0:
            return False
        delay = self._next if asked is None else asked
        self._next = min(self._next * _GROWTH, _LONGEST_DELAY)
        self._sleep(min(delay, left))
        return True


def provisioning_state(document: Any) -> str:
    """`properties.provisioningState`, empty when there is none."""
    properties = document.get("properties") if isinstance(document, Mapping) else None
    return str((properties or {}).get("provisioningState") or "")


def is_terminal(state: str) -> bool:
    """Whether nothing is going on; a resource without a state never has anything going on."""
    return not state or state.lower() in _TERMINAL


def settle(read: Callable[[], dict[str, Any] | None], resource_id: str, pace: Pace) -> dict[str, Any] | None:
    """Read until no operation is going on. Raises NexusError `OperationTimeout`."""
    document = read()
    while document is not None and not is_terminal(provisioning_state(document)):
        if not pace.pause():
            raise timed_out(resource_id, provisioning_state(document), pace, "")
        document = read()
    return document


def make_polling(resource_id: str, pace: Pace) -> ARMPolling:
    """azure-mgmt-core's polling at this pace. It raises NexusError for an operation that failed or is too slow."""
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
            # `timeout` is 0 below, so this is Retry-After or nothing.
            if not pace.pause(self._extract_delay() or None):
                raise timed_out(resource_id, self.status(), pace, self._operation.get_polling_url())

        def run(self) -> None:
            try:
                super().run()
            except HttpResponseError as error:
                if error.response is None or error.response.status_code >= 400:
                    raise
                raise failed(resource_id, self.status(), _json(error.response)) from error

    algorithms = [AzureAsyncOperationPolling(), LocationPolling(), ResourceState(), StatusCheckPolling()]
    return Polling(timeout=0, lro_algorithms=algorithms)


def failed(resource_id: str, state: str, document: Any) -> NexusError:
    """The error of an operation that ended badly, in the words of its own status document."""
    error = document.get("error") if isinstance(document, Mapping) else None
    error = error if isinstance(error, Mapping) else {}
    code = str(error.get("code") or f"Operation{state}")
    return NexusError(
        str(error.get("message") or f"the operation ended as {state} and says no more"),
        code=code,
        target=str(error.get("target") or ""),
        details=list(error.get("details") or []),
        operation="finish the update of",
        resource_id=resource_id,
        remedy="look at the resource's activity log, mend the cause and run the task again",
    )


def timed_out(resource_id: str, state: str, pace: Pace, url: str) -> NexusError:
    """The error of an operation that is still going on. The URL's query is a signature and stays out."""
    where = f", it can be followed at {url.partition('?')[0]}" if url else ""
    return NexusError(
        f"the operation is still {state} after {pace.elapsed:.0f} s{where}",
        code="OperationTimeout",
        operation="wait for the end of the operation on",
        resource_id=resource_id,
        remedy="Azure goes on with it: run the task again, which waits for it and goes on, or raise wait_timeout",
    )


def _json(response: Any) -> Any:
    try:
        return read_json(response)
    except ValueError:
        return None
