# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors: Azure's words, one line, a next step, and nothing secret."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseTimeoutError,
)
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import (
    BadInput,
    MissingLibrary,
    NexusError,
    azure_errors,
    from_azure,
    needs,
    scrub,
)

JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJhdWQiOiJodHRwczovL2FybSJ9.c2lnbmF0dXJl-_x"
ENTRA = (
    "Authentication failed: AADSTS7000215: Invalid client secret provided. Ensure it is the value.\r\n"
    "Trace ID: 11111111-0000-0000-0000-000000000000\r\nCorrelation ID: 22222222-0000-0000-0000-000000000000\r\n"
    "Timestamp: 2026-11-22 23:38:13Z"
)


def answer(status: int, text: str, **headers: str) -> Any:
    """What azure-core hands on of an answer."""
    return SimpleNamespace(status_code=status, reason="Reason", headers=headers, text=lambda: text, content_type="")


def http_error(status: int, text: str, **headers: str) -> HttpResponseError:
    return HttpResponseError(message="m", response=answer(status, text, **headers))


def test_one_line_says_all() -> None:
    error = NexusError(
        "No\r\nway.", code="Code", correlation_id="c", operation="read", resource_id="/x", remedy="do  this."
    )
    assert str(error) == "Could not read /x: Code: No way (correlation id c). Do this."


def test_a_bare_message_is_a_sentence() -> None:
    assert str(NexusError("nothing works")) == "nothing works."


def test_failure_is_complete() -> None:
    error = NexusError(
        "m", code="c", target="t", details=[{"code": "d"}], correlation_id="i", operation="o", resource_id="r"
    )
    assert error.failure == {
        "code": "c",
        "message": "m",
        "target": "t",
        "details": [{"code": "d"}],
        "correlation_id": "i",
        "operation": "o",
        "resource_id": "r",
    }


def test_bad_input_names_option_and_remedy() -> None:
    error = BadInput("name", "is empty", "give one")
    assert str(error) == "name: is empty. Give one."
    assert (error.code, error.target) == ("BadInput", "name")


@pytest.mark.parametrize(
    "text",
    [
        JWT,
        f"Authorization: Bearer {JWT}",
        "'Authorization': 'Bearer opaque-token-opaque-token'",
        "Authorization: Basic hush",
        "grant_type=x&client_secret=hush&scope=y",
        '{"access_token": "hush"}',
        "{'password': 'hush'}",
        "passwd=hush",
        "grant_type=x&client_assertion=hush",
        "assertion=hush&requested_token_use=on_behalf_of",
        '{"id_token": "hush", "refresh_token": "hush"}',
        "secret: hush",
        "https://a/operationStatuses/1?t=5&c=x&s=hush&sig=hush",
    ],
)
def test_secrets_are_scrubbed(text: str) -> None:
    clean = scrub(text)
    assert JWT not in clean
    assert "hush" not in clean
    assert "opaque" not in clean


def test_a_message_about_tokens_stays_readable() -> None:
    text = "Bearer token authentication is not permitted for non-TLS URLs. The client secret is wrong."
    assert scrub(text) == text
    assert scrub("Bearer sixteen-letters-") == "Bearer ***"


@given(st.text(), st.text())
def test_no_token_gets_through(before: str, after: str) -> None:
    error = NexusError(f"{before} {JWT} {after}", details=[{"message": [JWT]}], remedy=f"{before} {JWT}")
    assert "c2lnbmF0dXJl" not in str(error) + str(error.failure)


def test_arms_envelope() -> None:
    body = '\ufeff{"error": {"code": "C", "message": "M", "target": "T", "details": [{"code": "D"}]}}'
    error = from_azure(http_error(400, body, **{"x-ms-correlation-request-id": "id"}), "update", "/r")
    assert error.failure == {
        "code": "C",
        "message": "M",
        "target": "T",
        "details": [{"code": "D"}],
        "correlation_id": "id",
        "operation": "update",
        "resource_id": "/r",
    }
    assert error.status == 400


@pytest.mark.parametrize("text", ["", "<html>", "[]", "null", '{"error": "text"}', '{"message": "x"}'])
def test_an_answer_without_envelope_is_told_by_its_status(text: str) -> None:
    error = from_azure(http_error(502, text), "read", "/r")
    assert (error.status, error.code) == (502, "Http502")
    assert error.message


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "AuthorizationFailed", "role"),
        (403, "Other", "role"),
        (429, "TooManyRequests", "forks"),
        (403, "Authorization_RequestDenied", "principal_id"),
        (400, "FailedIdentityOperation", "user_assigned"),
        (404, "ResourceGroupNotFound", "resource_group"),
        (404, "SubscriptionNotFound", "subscription_id"),
        (409, "MissingSubscriptionRegistration", "register"),
        (400, "NoRegisteredProviderFound", "api_version"),
    ],
)
def test_known_errors_come_with_a_remedy(status: int, code: str, words: str) -> None:
    error = from_azure(http_error(status, f'{{"error": {{"code": "{code}", "message": "m"}}}}'), "read", "/r")
    assert words in error.remedy


def test_entra_is_quoted_without_its_traces() -> None:
    error = from_azure(ClientAuthenticationError(message=ENTRA), "list", "/subscriptions")
    assert str(error) == (
        "Could not get a token to list /subscriptions: AADSTS7000215: Invalid client secret provided. "
        "Ensure it is the value "
        "(correlation id 22222222-0000-0000-0000-000000000000). "
        "Check secret (AZURE_SECRET): it must be the secret's value, not its id."
    )


def test_entras_sentence_counts_when_its_answer_comes_along() -> None:
    body = '{"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}'
    error = from_azure(ClientAuthenticationError(message=ENTRA, response=answer(401, body)), "list", "/x")
    assert error.code == "AADSTS7000215"
    assert "AZURE_SECRET" in error.remedy


def test_azure_identitys_own_error_is_one_line() -> None:
    message = "Azure CLI not found on path\nTo mitigate this issue, see https://aka.ms/x"
    error = from_azure(ClientAuthenticationError(message=message), "read", "/r")
    assert (error.code, error.message) == ("AuthenticationFailed", "Azure CLI not found on path")
    assert "auth_source" in error.remedy


def test_a_401_of_arm_is_no_entra_error() -> None:
    body = '{"error": {"code": "InvalidAuthenticationTokenAudience", "message": "m"}}'
    error = from_azure(ClientAuthenticationError(message="m", response=answer(401, body)), "read", "/r")
    assert error.code == "InvalidAuthenticationTokenAudience"
    assert "cloud_environment" in error.remedy


def connection_error(text: str, url: str = "") -> ServiceRequestError:
    request = requests.Request("GET", url).prepare() if url else None
    return ServiceRequestError(text, error=requests.ConnectionError(text, request=request))


@pytest.mark.parametrize(
    ("error", "message", "remedy"),
    [
        (
            connection_error(
                "HTTPSConnectionPool(host='arm.test', port=443): Max retries exceeded with url: /a?sig=hush (Caused by "
                "NameResolutionError(\"HTTPSConnection(host='arm.test', port=443): Failed to resolve it (so)\"))"
            ),
            "no connection to arm.test:443: Failed to resolve it (so)",
            "cloud_environment",
        ),
        (
            connection_error(
                "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "https://arm.test:8/x?sig=hush"
            ),
            "no connection to arm.test:8: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
            "REQUESTS_CA_BUNDLE",
        ),
        (
            connection_error("('Unable to connect to proxy', OSError('Tunnel connection failed: 403 Forbidden'))"),
            "Unable to connect to proxy: Tunnel connection failed: 403 Forbidden",
            "HTTPS_PROXY",
        ),
        (ServiceResponseTimeoutError("Read timed out."), "Read timed out.", "network"),
    ],
)
def test_a_broken_connection_says_to_whom_and_why(error: Exception, message: str, remedy: str) -> None:
    told = from_azure(error, "read", "/r")
    assert (told.code, told.message) == ("ConnectionFailed", message)
    assert remedy in told.remedy
    assert told.status is None


def test_a_broken_connection_below_the_sign_in_is_a_broken_connection() -> None:
    def sign_in() -> None:
        try:
            raise connection_error("Name or service not known")
        except ServiceRequestError as error:
            raise ClientAuthenticationError(message=f"Authentication failed: {error}") from error

    with pytest.raises(NexusError) as caught, azure_errors("read", "/r"):
        sign_in()
    assert caught.value.code == "ConnectionFailed"


def test_other_azure_errors_keep_their_kind() -> None:
    assert from_azure(AzureError("m"), "read", "/r").code == "AzureError"


def raise_bug() -> None:
    raise KeyError("bug")


def raise_missing() -> None:
    with needs("azure-identity"):
        raise ModuleNotFoundError("No module named 'azure'", name="azure")


@pytest.mark.parametrize(("what", "kind"), [(raise_bug, KeyError), (raise_missing, MissingLibrary)])
def test_what_is_not_azures_stays_as_it_is(what: Callable[[], None], kind: type[Exception]) -> None:
    with pytest.raises(kind), azure_errors("read", "/r"):
        what()


def test_an_error_leads_to_no_other_error() -> None:
    """Ansible prints causes as well, unscrubbed."""
    with pytest.raises(NexusError) as caught, azure_errors("read", "/r"):
        raise http_error(400, "{}")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_missing_library_says_what_to_install() -> None:
    with pytest.raises(MissingLibrary, match="No module named 'azure'") as caught:
        raise_missing()
    assert (caught.value.library, caught.value.name) == ("azure-identity >= 1.15", "azure")


def test_certificates_that_are_not_there() -> None:
    text = "Could not find a suitable TLS CA certificate bundle, invalid path: /nope.pem"
    error = from_azure(OSError(text), "read", "/x")
    assert error.code == "CertificatesNotFound"
    assert "/nope.pem" in str(error)
    assert "REQUESTS_CA_BUNDLE" in error.remedy
