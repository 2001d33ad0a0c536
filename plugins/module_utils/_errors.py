# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error that the collection reports, and how Azure's errors become it.

Private to this collection.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

MINIMUM_VERSIONS = {
    "azure-core": "1.28",
    "azure-identity": "1.15",
    "azure-mgmt-resource": "23.2",
    "azure-mgmt-authorization": "3.0",
}


UNREGISTERED = "MissingSubscriptionRegistration"
"""Of a subscription that does not know the resource provider, and so has none of its resources."""

PRINCIPAL_UNKNOWN = "PrincipalNotFound"
"""Of a principal that the directory does not know: it was deleted, or is too new."""


class MissingLibrary(ImportError):
    """A Python package that is needed cannot be imported; `library` says what to install: `azure-identity >= 1.15`."""

    def __init__(self, package: str, reason: ImportError) -> None:
        self.library = f"{package} >= {MINIMUM_VERSIONS[package]}"
        super().__init__(f"{self.library} cannot be imported: {reason}", name=reason.name)


@contextmanager
def needs(package: str) -> Iterator[None]:
    """Around lazy imports of what `package` brings along. Raises MissingLibrary, its cause is the ImportError."""
    try:
        yield
    except ImportError as error:
        raise MissingLibrary(package, error) from error


class NexusError(Exception):
    """What went wrong, in Azure's words where Azure said it.

    `str()` is one line for a person, `failure` is for programs. `operation` is a verb phrase
    ("read", "update"), `remedy` the next step. Nothing that looks like a secret or a token gets through.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str = "",
        target: str = "",
        details: list[Any] | None = None,
        correlation_id: str = "",
        operation: str = "",
        resource_id: str = "",
        remedy: str = "",
    ) -> None:
        self.message = _one_line(scrub(message))
        self.status = status
        self.code = code
        self.target = target
        self.details = scrub_document(details or [])
        self.correlation_id = correlation_id
        self.operation = operation
        self.resource_id = resource_id
        self.remedy = _one_line(scrub(remedy))
        super().__init__(self.message)

    @property
    def is_refusal(self) -> bool:
        """Whether Azure says no more than that it does not show this: a subscription that is out of sight is a 404."""
        return self.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)

    @property
    def failure(self) -> dict[str, Any]:
        """The error as a result's `failure`."""
        return {
            "code": self.code,
            "message": self.message,
            "target": self.target,
            "details": self.details,
            "correlation_id": self.correlation_id,
            "operation": self.operation,
            "resource_id": self.resource_id,
        }

    def __str__(self) -> str:
        doing = " ".join(part for part in (self.operation, self.resource_id) if part)
        parts = [f"Could not {doing}" if self.operation else doing, self.code, self.message.rstrip(".")]
        line = ": ".join(part for part in parts if part)
        if self.correlation_id:
            line += f" (correlation id {self.correlation_id})"
        return f"{line}. {_sentence(self.remedy)}" if self.remedy else f"{line}."


class BadInput(NexusError):
    """An option that cannot work, found before anything was written."""

    def __init__(self, option: str, message: str, remedy: str = "") -> None:
        super().__init__(message, code="BadInput", target=option, remedy=remedy)

    def __str__(self) -> str:
        line = f"{self.target}: {self.message.rstrip('.')}."
        return f"{line} {_sentence(self.remedy)}" if self.remedy else line


_SECRETS = (
    # A signed token, wherever it stands.
    (re.compile(r"eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)*"), "***"),
    (re.compile(r"(?i)(\bBearer\s+)[\w.~+/=-]{16,}"), r"\1***"),
    (re.compile(r"(?i)(\bAuthorization[\"']?\s*[:=]\s*[\"']?(?:Basic\s+)?)(?!Bearer)[^\s\"',;]+"), r"\1***"),
    # What the URL of an operation is signed with.
    (re.compile(r"(?i)([?&]s=)[^\s&\"']+"), r"\1***"),
    # Form fields, query parameters (sig: storage URLs are signed) and JSON members.
    (
        re.compile(
            r"(?i)(\b(?:client_secret|client_assertion|assertion|password|passwd|access_token|refresh_token|id_token|"
            r"secret|sig)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;}]+"
        ),
        r"\1***",
    ),
)


def scrub(text: str) -> str:
    """The text without anything that looks like a token or a secret."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def scrub_document(document: Any) -> Any:
    """`scrub` for every string in a JSON document."""
    if isinstance(document, str):
        return scrub(document)
    if isinstance(document, list):
        return [scrub_document(item) for item in document]
    if isinstance(document, dict):
        return {key: scrub_document(value) for key, value in document.items()}
    return document


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _sentence(text: str) -> str:
    text = text.rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


_REMEDIES = {
    "AuthorizationFailed": "give the identity that runs the task a role with this action at the resource or above; "
    "a new role assignment takes a few minutes to count",
    "LinkedAuthorizationFailed": "give the identity that runs the task a role with this action on the linked resource",
    "SubscriptionNotFound": "check subscription_id and tenant, and that the identity has a role in the subscription",
    "InvalidAuthenticationTokenTenant": "the subscription belongs to another tenant: set tenant to that one",
    "InvalidAuthenticationTokenAudience": "check cloud_environment: the token is meant for another cloud",
    "ExpiredAuthenticationToken": "check the clock of the machine that runs the task",
    UNREGISTERED: "register the resource provider in the subscription (az provider register)",
    "NoRegisteredProviderFound": "choose another api_version: this resource type does not know it",
    "InvalidApiVersionParameter": "choose another api_version: Azure does not know this one",
    PRINCIPAL_UNKNOWN: "check the principal's object id; one that was just made may need some minutes",
    "RoleAssignmentExists": "remove that assignment first, or leave it as it is",
    "Authorization_RequestDenied": "give the object id of the service principal as principal_id (of the role: "
    "customer_key_vault_nexus_principal_id), or let the identity that runs the task read Microsoft Graph "
    "(Application.Read.All)",
    "FailedIdentityOperation": "check the ids in user_assigned, and that the identity that runs the task may assign "
    "them (role Managed Identity Operator)",
    "ResourceGroupNotFound": "check resource_group and subscription_id",
    "ScopeLocked": "remove the lock on the resource, its group or the subscription",
    "RequestDisallowedByPolicy": "ask the owner of the named Azure Policy",
}
_STATUS_REMEDIES = {
    401: "check the credentials, the tenant and cloud_environment",
    403: _REMEDIES["AuthorizationFailed"],
    408: "run the task again",
    409: "something else is changing the resource: run the task again when that is done",
    412: "somebody else changed the resource at the same moment: run the task again",
    429: "Azure throttles this identity or subscription: run fewer hosts at a time (forks, serial) or later",
    500: "Azure failed: run the task again, and give Microsoft the correlation id if it stays so",
    502: "Azure failed: run the task again",
    503: "Azure is busy: run the task again in a few minutes",
    504: "Azure was too slow: run the task again",
}
_ENTRA_REMEDIES = {
    "AADSTS7000215": "check secret (AZURE_SECRET): it must be the secret's value, not its id",
    "AADSTS7000222": "the client secret has expired: make a new one and set secret (AZURE_SECRET)",
    "AADSTS700016": "check client_id and tenant: this application is not in this tenant",
    "AADSTS700027": "check x509_certificate_path: this certificate is not registered for the application",
    "AADSTS70021": "add a federated credential for this issuer and subject to the application or identity",
    "AADSTS700024": "the OIDC token has expired or is not valid yet: get a new one",
    "AADSTS90002": "check tenant (AZURE_TENANT): Entra does not know it in this cloud",
    "AADSTS900021": "check tenant (AZURE_TENANT)",
    "AADSTS500011": "check cloud_environment: this tenant does not know the resource",
    "AADSTS50034": "check ad_user and tenant",
    "AADSTS50126": "check ad_user and password",
    "AADSTS50076": "the user needs multi-factor authentication: use a service principal or a managed identity",
    "AADSTS50079": "the user needs multi-factor authentication: use a service principal or a managed identity",
    "AADSTS53003": "a Conditional Access policy blocks the sign-in: ask who owns it",
}
# azure-identity's own errors have no codes.
_CREDENTIAL_REMEDIES = {
    "authority configuration": "check tenant (AZURE_TENANT) and cloud_environment: Entra does not know the tenant",
    "ManagedIdentityCredential": "run the task where a managed identity is; name a user assigned one by client_id",
    "Azure CLI not found": "install az on the machine that runs the task, or choose another auth_source",
    "az login": "run az login on the machine that runs the task",
}
_CREDENTIAL_REMEDY = "check auth_source, client_id, tenant and the secret, certificate or token that belongs to them"


@contextmanager
def azure_errors(operation: str, resource_id: str) -> Iterator[None]:
    """Around calls of Azure libraries: what they raise becomes a NexusError."""
    try:
        yield
    except (NexusError, MissingLibrary):
        raise
    except Exception as error:
        # Without a cause: Ansible prints the causes too, and theirs are neither scrubbed nor one line.
        raise from_azure(error, operation, resource_id) from None


def from_azure(error: Exception, operation: str, resource_id: str) -> NexusError:
    """The NexusError for an error of an Azure library. Raises `error` itself when it is not one of theirs."""
    with needs("azure-identity"):
        from azure.core.exceptions import (
            AzureError,
            ClientAuthenticationError,
            DecodeError,
            HttpResponseError,
            ServiceRequestError,
            ServiceResponseError,
        )
    lost = _find_cause(error, (ServiceRequestError, ServiceResponseError))
    if lost is not None:
        return _connection_error(lost, operation, resource_id)
    if isinstance(error, ClientAuthenticationError) and (error.response is None or "AADSTS" in str(error)):
        return _entra_error(error, operation, resource_id)
    if isinstance(error, HttpResponseError) and error.response is not None:
        return _answered_error(error.response, str(error.message), operation, resource_id)
    # How the libraries fail at a body that is not what they expect depends on their versions.
    if isinstance(error, (DecodeError, json.JSONDecodeError)) or type(error).__name__ == "DeserializationError":
        return no_json("unreadable", operation, resource_id)
    if isinstance(error, OSError) and "TLS CA certificate bundle" in str(error):
        # requests does not make it an error of its own.
        remedy = "set REQUESTS_CA_BUNDLE (or CURL_CA_BUNDLE) to a file that exists, or unset it"
        code = "CertificatesNotFound"
        return NexusError(str(error), code=code, operation=operation, resource_id=resource_id, remedy=remedy)
    if isinstance(error, AzureError):
        code = type(error).__name__
        return NexusError(str(error.message), code=code, operation=operation, resource_id=resource_id)
    raise error


def read_json(response: Any) -> Any:
    """The JSON of an answer, of azure-core's old kind or its new one. Raises ValueError."""
    return json.loads(response.text().removeprefix("\ufeff"))


def correlation_id(response: Any) -> str:
    """Under which id Azure, or Microsoft Graph, logged the request of an answer."""
    headers = response.headers
    return str(headers.get("x-ms-correlation-request-id") or headers.get("request-id") or "")


def no_json(answer: str, operation: str, resource_id: str, response: Any = None) -> NexusError:
    """The error of an answer that Azure cannot have given: what it is (a predicate) instead of a JSON object."""
    return NexusError(
        f"the answer is {answer}, not a JSON object",
        status=int(response.status_code) if response is not None else None,
        code="NotJson",
        correlation_id=correlation_id(response) if response is not None else "",
        operation=operation,
        resource_id=resource_id,
        remedy="find out who answers in Azure's place: check the proxy (HTTPS_PROXY, NO_PROXY) and cloud_environment",
    )


def _answered_error(response: Any, message: str, operation: str, resource_id: str) -> NexusError:
    """Azure's own words from an error answer: `{"error": {code, message, target, details}}`."""
    try:
        body = read_json(response)
    except ValueError:
        body = None
    envelope = body.get("error") if isinstance(body, dict) else None
    envelope = envelope if isinstance(envelope, dict) else {}
    status = int(response.status_code)
    if status < 400 and not isinstance(body, dict):
        kind = (response.headers.get("Content-Type") or "of an unknown kind").partition(";")[0]
        return no_json(f"HTTP {status} with content {kind}", operation, resource_id, response)
    code = str(envelope.get("code") or f"Http{status}")
    return NexusError(
        str(envelope.get("message") or (response.reason if body is None else "") or message or "no explanation"),
        status=status,
        code=code,
        target=str(envelope.get("target") or ""),
        details=list(envelope.get("details") or []),
        correlation_id=correlation_id(response),
        operation=operation,
        resource_id=resource_id,
        remedy=_REMEDIES.get(code) or _STATUS_REMEDIES.get(status, ""),
    )


def _entra_error(error: Exception, operation: str, resource_id: str) -> NexusError:
    """Entra's sentence without the traces around it; for azure-identity's own errors their first line."""
    text = str(getattr(error, "message", "") or error)
    correlation = re.search(r"Correlation ID:\s*([0-9a-fA-F-]{36})", text)
    found = re.search(
        r"(AADSTS\d+):\s*(.*?)(?=\s*(?:Trace ID|Correlation ID|Timestamp|Content):|\n|\r|$)", text, re.DOTALL
    )
    code = found[1] if found else "AuthenticationFailed"
    remedies = [remedy for words, remedy in _CREDENTIAL_REMEDIES.items() if words in text]
    return NexusError(
        found[2] if found else text.partition("\n")[0].removeprefix("Authentication failed: "),
        status=401,
        code=code,
        correlation_id=correlation[1] if correlation else "",
        operation=f"get a token to {operation}",
        resource_id=resource_id,
        remedy=_ENTRA_REMEDIES.get(code) or (remedies or [_CREDENTIAL_REMEDY])[0],
    )


def _connection_error(error: Exception, operation: str, resource_id: str) -> NexusError:
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        remedy = "trust the server's certificate authority: set REQUESTS_CA_BUNDLE to a file with its certificate"
    else:
        remedy = "check the network, the proxy (HTTPS_PROXY, NO_PROXY) and cloud_environment"
    host = _host(error)
    reason = _reason(text)
    return NexusError(
        f"no connection to {host}: {reason}" if host else reason,
        code="ConnectionFailed",
        operation=operation,
        resource_id=resource_id,
        remedy=remedy,
    )


def _host(error: Exception) -> str:
    """Whom the request was for, if the libraries kept it."""
    request = getattr(getattr(error, "inner_exception", None), "request", None)
    if request is not None:
        return urlsplit(request.url or "").netloc
    found = re.search(r"host='([^']+)', port=(\d+)", str(error))
    return f"{found[1]}:{found[2]}" if found else ""


def _reason(text: str) -> str:
    """The words of the innermost error. What urllib3 puts around them repeats the URL with its query."""
    inner = re.search(r"\(Caused by \w+\((.*)\)\)$", text, re.DOTALL)
    words = inner[1].strip("\"'") if inner else text
    words = re.sub(r"<[^>]* object at 0x[0-9a-f]+>:?\s*|\w*Connection\(host='[^']+', port=\d+\):?\s*", "", words)
    proxy = re.fullmatch(r"\('(.*)', \w+\('(.*)'\)\)", words)
    return f"{proxy[1]}: {proxy[2]}" if proxy else words


def _find_cause(error: BaseException | None, kinds: tuple[type[Exception], ...]) -> Exception | None:
    while error is not None:
        if isinstance(error, kinds):
            return error
        error = error.__cause__ or error.__context__
    return None
