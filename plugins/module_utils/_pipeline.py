# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How requests travel: one pool of connections, and the policies that every client of a session gets.

Private to this collection.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import needs, read_json

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import HttpTransport

VERSION = "1.0.0"
"""Of the collection; a test holds it against galaxy.yml."""

# Seconds. azure-core's own 300 each, times its retries, would let a task hang for 20 minutes on a firewall that drops
# packets; ARM itself gives up on a request after about a minute.
_CONNECT_TIMEOUT = 15
_READ_TIMEOUT = 90

NO_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
"""The clients of Azure's libraries want one; calls that name a resource by its id do not use it."""

RETRY_PATCH = frozenset({"HEAD", "GET", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""For `retry_on_methods`: azure-core does not repeat a PATCH by itself, ours are merges that may be repeated."""


def make_transport(verify_certificates: bool) -> HttpTransport:
    """The connections of a session. HTTPS_PROXY, NO_PROXY and REQUESTS_CA_BUNDLE of the environment count."""
    with needs("azure-identity"):
        from azure.core.pipeline.transport import RequestsTransport
    # Without a handler Python prints what the libraries warn of, which the NexusError tells as well, to stderr.
    for name in ("azure", "msal"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    return RequestsTransport(
        connection_verify=verify_certificates, connection_timeout=_CONNECT_TIMEOUT, read_timeout=_READ_TIMEOUT
    )


def make_policies(credential: TokenCredential | None = None, scope: str = "") -> list[Any]:
    """New policies for one client (a policy belongs to one pipeline); a token of `scope` is added with a credential.

    azure-mgmt-core's own list also registers a resource provider when Azure says that it is not: a write that nobody
    asked for, so it is not in this one.
    """
    with needs("azure-core"):
        from azure.core.pipeline import policies
        from azure.core.pipeline.policies import SensitiveHeaderCleanupPolicy
    with needs("azure-mgmt-resource"):
        from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy, ARMHttpLoggingPolicy
    chain = [
        policies.RequestIdPolicy(),
        policies.HeadersPolicy(),
        policies.UserAgentPolicy(base_user_agent=f"ansible-operator_nexus.credentials/{VERSION}"),
        policies.ProxyPolicy(),
        policies.ContentDecodePolicy(),
        policies.RedirectPolicy(),
        policies.RetryPolicy(),
    ]
    if credential is not None:
        chain.append(ARMChallengeAuthenticationPolicy(credential, scope))
    # Shows neither headers nor query parameters that are not known to be harmless.
    return [*chain, SensitiveHeaderCleanupPolicy(), ARMHttpLoggingPolicy()]


def body_of(pipeline_response: Any, *_: Any) -> dict[str, Any] | None:
    """For `cls`: `json_object` of the answer, whatever the library made of it."""
    return json_object(pipeline_response.http_response)


def json_object(response: Any) -> dict[str, Any] | None:
    """The JSON object of an answer as it came; None for an empty body. Raises azure-core's DecodeError."""
    with needs("azure-core"):
        from azure.core.exceptions import DecodeError
    if not response.text().strip("\ufeff \r\n"):
        return None
    try:
        document = read_json(response)
    except ValueError:
        document = ""
    # A bare null says as little as no body.
    if document is not None and not isinstance(document, dict):
        raise DecodeError("the answer is no JSON object", response=response)
    return document


class Fetcher:
    """GETs without a token."""

    def __init__(self, transport: HttpTransport) -> None:
        self._transport = transport

    def __call__(self, url: str) -> tuple[int, bytes]:
        """Status and body of a GET. Raises azure-core's connection errors."""
        with needs("azure-identity"):
            from azure.core import PipelineClient
            from azure.core.rest import HttpRequest
        client = PipelineClient(url, policies=make_policies(), transport=self._transport)
        response = client.send_request(HttpRequest("GET", url))
        return response.status_code, response.content
