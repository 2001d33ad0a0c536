# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access tokens: made for Entra and the metadata service, checked for ARM, Graph and the vaults."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from arm import ArmError
from state import Document, World

_CLOCK_SKEW = 300
"""Seconds before its issue from which a token counts, as Entra does."""


@functools.cache
def signing_key() -> rsa.RSAPrivateKey:
    """This process's key. It outlives a reset of the world, so tokens do too."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def public_jwk() -> Document:
    key: Document = json.loads(RSAAlgorithm.to_jwk(signing_key().public_key()))
    kid = base64.urlsafe_b64encode(hashlib.sha256(key["n"].encode()).digest())[:27].decode()
    return {"kty": "RSA", "use": "sig", "kid": kid, "n": key["n"], "e": key["e"], "alg": "RS256"}


def sign(claims: Document) -> str:
    return jwt.encode(claims, signing_key(), algorithm="RS256", headers={"kid": public_jwk()["kid"]})


def access_token(world: World, principal: Document, audience: str, base_url: str, **more: Any) -> str:
    """A token in the form of Entra's v1.0 tokens, which ARM, Graph and Key Vault take."""
    now = int(world.clock())
    claims = {
        "aud": audience,
        "iss": f"{base_url}/{world.tenant_id}/",
        "iat": now,
        "nbf": now,
        "exp": now + world.settings.token_seconds,
        "appid": principal["appId"],
        "oid": principal["objectId"],
        "sub": principal["objectId"],
        "tid": world.tenant_id,
        "uti": uuid.uuid4().hex[:22],
        "ver": "1.0",
    }
    if principal["kind"] == "ServicePrincipal":
        claims |= {"appidacr": "1", "idtyp": "app"}
    return sign(claims | more)


def verify(world: World, headers: Mapping[str, str], audiences: Iterable[str]) -> Document:
    """The principal that the request's bearer token was issued to.

    Raises ArmError 401 for a missing, foreign, expired or wrongly addressed token.
    """
    scheme, _space, token = headers.get("authorization", "").partition(" ")
    if not token:
        raise _refused(world, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
    if scheme.lower() != "bearer":
        raise _refused(world, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is invalid.")
    try:
        claims = jwt.decode(
            token,
            signing_key().public_key(),
            ["RS256"],
            options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError as error:
        raise _refused(world, "InvalidAuthenticationToken", "The access token is invalid.") from error
    _check_times(world, claims)
    allowed = list(audiences)
    if claims["aud"] not in allowed:
        listed = ",".join(f"'{audience}'" for audience in allowed)
        message = (
            f"The access token has been obtained for wrong audience or resource '{claims['aud']}'. "
            f"It should exactly match with one of the allowed audiences {listed}."
        )
        raise _refused(world, "InvalidAuthenticationToken", message)
    if claims["tid"] != world.tenant_id:
        issuer = f"'{claims['iss']}'. It must match the tenant '{world.tenant_id}'"
        message = f"The access token is from the wrong issuer {issuer}."
        raise _refused(world, "InvalidAuthenticationTokenTenant", message)
    principal = world.principals.get(claims["oid"])
    if principal is None:
        raise _refused(world, "InvalidAuthenticationToken", "The access token is of a principal that is no more.")
    return principal


def _check_times(world: World, claims: Document) -> None:
    now = world.clock()
    if claims["exp"] <= now:
        message = (
            f"The access token expiry UTC time '{_utc(claims['exp'])}' is earlier than current UTC time '{_utc(now)}'."
        )
        raise _refused(world, "ExpiredAuthenticationToken", message)
    if claims["nbf"] - _CLOCK_SKEW > now:
        raise _refused(world, "InvalidAuthenticationToken", "The access token is not valid yet.")


def _utc(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%m/%d/%Y %I:%M:%S %p")


def _refused(world: World, code: str, message: str) -> ArmError:
    error = ArmError(401, code, message)
    error.headers["WWW-Authenticate"] = (
        f'Bearer authorization_uri="https://login.windows.net/{world.tenant_id}", '
        f'error="invalid_token", error_description="{message}"'
    )
    return error
