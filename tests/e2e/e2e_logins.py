# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to log in without a client secret: what the user holds, and what the emulator's fleet must know of it."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

USER = "nina@example.com"
MACHINE_CLIENT = "44444444-4444-4444-8444-444444444444"
_TRUST = {"issuer": "https://ci.example/", "subject": "repo:fleet:main", "audience": "api://AzureADTokenExchange"}


@dataclass
class Logins:
    """`fleet` is what a fleet file says about the rest."""

    certificate: Path
    """PEM: certificate and private key."""
    thumbprint: str
    oidc_token: Path
    password: str
    fleet: dict[str, Any]


def make_logins(folder: Path) -> Logins:
    """Fresh keys, a certificate and a token of another issuer, in this folder."""
    key = generate_private_key(65537, 2048)
    certificate = _certificate(key)
    public = certificate.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "operator.pem").write_bytes(private + public)

    issuer = generate_private_key(65537, 2048)
    now = int(time.time())
    claims = {"iss": _TRUST["issuer"], "sub": _TRUST["subject"], "aud": _TRUST["audience"], "iat": now}
    (folder / "token").write_text(jwt.encode(claims | {"exp": now + 3600}, issuer, "RS256"))
    issuer_key = issuer.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    password = secrets.token_urlsafe(24)
    return Logins(
        folder / "operator.pem",
        certificate.fingerprint(hashes.SHA1()).hex(),
        folder / "token",
        password,
        {
            "operator": {
                "secret": secrets.token_urlsafe(24),
                "certificate": public.decode(),
                "federated": [{**_TRUST, "publicKey": issuer_key.decode()}],
            },
            "user": {"name": USER, "password": password, "roles": ["Reader"]},
            "machine": {"client_id": MACHINE_CLIENT, "name": "jump-host"},
        },
    )


def _certificate(key: RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nexus-operator")])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(minutes=5))
    return builder.not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
