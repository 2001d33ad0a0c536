# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to prove who one is: each checks its settings without a network, then builds azure-identity's credential.

Private to this collection.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ansible_collections.operator_nexus.credentials.plugins.module_utils._clouds import Cloud
from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput, needs
from ansible_collections.operator_nexus.credentials.plugins.module_utils._settings import VARIABLES, Settings

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import HttpTransport

# az's own public client: the application for which users of every tenant have consented already.
_AZ_CLIENT_ID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
# az is a Python program that imports much; azure-identity's 10 s are too few for a busy controller.
_AZ_SECONDS = 60
_TENANT = re.compile(r"[A-Za-z0-9.-]+")


class Method:
    """One way to prove who one is."""

    NAME: ClassVar[str]

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @classmethod
    def wanted(cls, settings: Settings) -> bool:
        """Whether the settings mean this one."""
        raise NotImplementedError

    def validate(self) -> None:
        """Raises BadInput. No network, no Azure library."""

    def build(self, cloud: Cloud, transport: HttpTransport) -> TokenCredential:
        """The credential. Raises MissingLibrary."""
        raise NotImplementedError

    def _require(self, *options: str) -> None:
        for option in options:
            if not self.settings[option]:  # type: ignore[literal-required]
                raise BadInput(option, f"{self.NAME} needs {option}, which is not set", _where(self.settings, option))

    def _require_application(self) -> None:
        self._require("client_id", "tenant")
        _check_tenant(self.settings["tenant"])

    def _entra(self, cloud: Cloud, transport: HttpTransport) -> dict[str, Any]:
        """What all credentials that talk to Entra take."""
        discovery = self.settings["disable_instance_discovery"]
        return {
            "authority": _authority(self.settings["adfs_authority_url"] or cloud.login),
            "disable_instance_discovery": cloud.private if discovery is None else discovery,
            "transport": transport,
        }


class ManagedIdentity(Method):
    """The identity of the machine that the task runs on."""

    NAME = "a managed identity"

    @classmethod
    def wanted(cls, settings: Settings) -> bool:
        return settings["source"] == "msi"

    def build(self, cloud: Cloud, transport: HttpTransport) -> TokenCredential:
        with needs("azure-identity"):
            from azure.identity import ManagedIdentityCredential
        # With a transport of its own: on a machine without an identity azure-identity gives up on it after 2 s.
        return ManagedIdentityCredential(client_id=self.settings["client_id"] or None)


class AzureCli(Method):
    """Whoever is logged in with az."""

    NAME = "az login"

    @classmethod
    def wanted(cls, settings: Settings) -> bool:
        return settings["source"] == "cli"

    def build(self, cloud: Cloud, transport: HttpTransport) -> TokenCredential:
        with needs("azure-identity"):
            from azure.identity import AzureCliCredential
        return AzureCliCredential(tenant_id=self.settings["tenant"], process_timeout=_AZ_SECONDS)


class _Sink:
    """Ends a chain of constructors: ClientAssertionCredential of azure-identity 1.15 hands all its options on."""

    def __init__(self, **_: Any) -> None:
        pass


class OidcToken(Method):
    """A token that another issuer gave and Entra trusts (workload identity)."""

    NAME = "an OIDC token"

    @classmethod
    def wanted(cls, settings: Settings) -> bool:
        return bool(settings["client_id"] and (settings["oidc_token"] or settings["oidc_token_file_path"]))

    def validate(self) -> None:
        self._require_application()
        if not self.settings["oidc_token"]:
            _read("oidc_token_file_path", self.settings["oidc_token_file_path"])

    def build(self, cloud: Cloud, transport: HttpTransport) -> TokenCredential:
        with needs("azure-identity"):
            from azure.identity import ClientAssertionCredential

        class AssertionCredential(ClientAssertionCredential, _Sink):
            pass

        return AssertionCredential(
            tenant_id=_tenant(self.settings, cloud),
            client_id=self.settings["client_id"],
            func=self._assertion,
            **self._entra(cloud, transport),
        )

    def _assertion(self) -> str:
        # Read anew for each use: the file is replaced before the token in it expires.
        path = self.settings["oidc_token_file_path"]
        return self.settings["oidc_token"] or _read("oidc_token_file_path", path).decode().strip()


class ClientSecret(Method):
    """A service principal's secret."""

    NAME = "a client secret"

    @classmethod
    def wanted(cls, settings: Settings) -> bool:
        return bool(settings["secret"])

    def validate(self) -> None:
        self._require_application()

    def build(self, cloud: Cloud, transport: HttpTransport) -> TokenCredential:
        with needs("azure-identity"):
            from azure.identity import ClientSecretCredential
        return ClientSecretCredential(
            tenant_id=_tenant(self.settings, cloud),
            client_id=self.settings["client_id"],
            client_secret=self.settings["secret"],
            **self._entra(cloud, transport),
        )


class Certificate(Method):
    """A service principal's certificate with its private key."""

    NAME = "a certificate"

    @classmethod
    def wanted(cls, settings: Settings) -> bool:
        return bool(settings["x509_certificate_path"])

    def validate(self) -> None:
        self._require_application()
        path = self.settings["x509_certificate_path"]
        content = _read("x509_certificate_path", path)
        # Anything else is PKCS#12, which holds both by nature.
        if b"-----BEGIN" in content and not (b"PRIVATE KEY-----" in content and b"BEGIN CERTIFICATE-----" in content):
            remedy = "put both into one PEM file"
            raise BadInput("x509_certificate_path", f"{path} lacks the certificate or its private key", remedy)

    def build(self, cloud: Cloud, transport: HttpTransport) -> TokenCredential:
        with needs("azure-identity"):
            from azure.identity import CertificateCredential
        try:
            return CertificateCredential(
                tenant_id=_tenant(self.settings, cloud),
                client_id=self.settings["client_id"],
                certificate_path=self.settings["x509_certificate_path"],
                **self._entra(cloud, transport),
            )
        except ValueError as error:
            path = self.settings["x509_certificate_path"]
            raise BadInput("x509_certificate_path", f"{path} is no usable certificate: {error}") from None


class UserPassword(Method):
    """A user with a password (works without multi-factor authentication only)."""

    NAME = "the sign-in of a user"

    @classmethod
    def wanted(cls, settings: Settings) -> bool:
        return bool(settings["ad_user"])

    def validate(self) -> None:
        self._require("ad_user", "password")
        if self.settings["tenant"]:
            _check_tenant(self.settings["tenant"])

    def build(self, cloud: Cloud, transport: HttpTransport) -> TokenCredential:
        with needs("azure-identity"):
            from azure.identity import UsernamePasswordCredential
        return UsernamePasswordCredential(
            client_id=self.settings["client_id"] or _AZ_CLIENT_ID,
            username=self.settings["ad_user"],
            password=self.settings["password"],
            tenant_id=_tenant(self.settings, cloud) or "organizations",
            **self._entra(cloud, transport),
        )


# The order of azure.azcollection, for settings that hold more than one proof.
METHODS: tuple[type[Method], ...] = (ManagedIdentity, AzureCli, OidcToken, ClientSecret, Certificate, UserPassword)


def choose(settings: Settings) -> Method:
    """The method that the settings mean. Raises BadInput when they hold no proof."""
    for method in METHODS:
        if method.wanted(settings):
            return method(settings)
    raise BadInput(
        "secret",
        f"client_id {settings['client_id']} comes without a proof: no secret, x509_certificate_path, oidc_token, "
        "oidc_token_file_path, nor ad_user and password",
        _where(settings, "secret"),
    )


def _where(settings: Settings, option: str) -> str:
    if settings["source"] == "parameters":
        return "set it as an option too: options and environment variables are not mixed to one identity"
    if settings["source"] == "env":
        return f"set the environment variable {VARIABLES[option][0]}"
    return "add it to the profile in ~/.azure/credentials"


def _check_tenant(tenant: str) -> None:
    if not _TENANT.fullmatch(tenant):
        raise BadInput("tenant", f"'{tenant}' is neither a GUID nor a domain name", "give the id of the Entra tenant")


def _read(option: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadInput(option, f"{path} cannot be read: {error.strerror}", "correct the path") from None


def _authority(login: str) -> str:
    """AD FS names itself with `/adfs` at the end; for azure-identity that part is the tenant."""
    return login.rstrip("/").removesuffix("/adfs")


def _tenant(settings: Settings, cloud: Cloud) -> str:
    login = (settings["adfs_authority_url"] or cloud.login).rstrip("/")
    return "adfs" if login.endswith("/adfs") else settings["tenant"]
