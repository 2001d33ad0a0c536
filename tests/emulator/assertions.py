# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client assertions: JWTs with which an application signs in, by its certificate or by a federated issuer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from state import Document

_ALGORITHMS = ["RS256", "PS256", "ES256"]
_UNTIMED: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
"""Times are checked here against the world's clock, which a test may turn."""

Problem = tuple[int, str]
"""AADSTS number and text."""


def check(assertion: str, client_id: str, application: Document, endpoint: str, now: float) -> Problem | None:
    """What is wrong with the assertion, or None. `endpoint` (a URL) is the audience of a certificate's JWT."""
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return 50027, "JWT token is invalid or malformed."
    if claims.get("exp", 0) <= now:
        return 700024, "Client assertion is not within its valid time range."
    if claims.get("iss") == client_id:
        return _check_certificate(assertion, client_id, application, endpoint)
    return _check_federated(assertion, claims, application)


def _check_certificate(assertion: str, client_id: str, application: Document, endpoint: str) -> Problem | None:
    pem = application.get("certificate")
    if not pem:
        return (
            700027,
            f"The certificate with which the client assertion is signed is not registered on '{client_id}'.",
        )
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    # MSAL addresses the endpoint without /v2.0 on some paths: Entra takes both, and so the authority's other spelling.
    audiences = {endpoint, endpoint.replace("/oauth2/v2.0/", "/oauth2/")}
    if _verified(assertion, key, audiences, client_id):
        return None
    return 700027, "Client assertion failed signature validation."


def _check_federated(assertion: str, claims: Document, application: Document) -> Problem | None:
    for trust in application.get("federated", []):
        if (trust["issuer"], trust["subject"]) != (claims.get("iss"), claims.get("sub")):
            continue
        key = load_pem_public_key(trust["publicKey"].encode())
        if _verified(assertion, key, [trust["audience"]], trust["subject"]):
            return None
        return 700027, "Client assertion failed signature validation."
    text = (
        f"No matching federated identity record found for presented assertion subject '{claims.get('sub')}'. Check "
        "your federated identity credential Subject, Audience and Issuer against the presented assertion."
    )
    return 700213, text


def _verified(assertion: str, key: Any, audiences: Iterable[str], subject: str) -> bool:
    try:
        claims = jwt.decode(assertion, key, _ALGORITHMS, audience=list(audiences), options=_UNTIMED)
    except jwt.InvalidTokenError:
        return False
    return claims.get("sub") == subject
