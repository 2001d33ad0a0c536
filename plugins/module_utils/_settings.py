# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which credentials and which cloud a task uses: options, environment, files below the home folder, in that order.

Private to this collection. The names and the order are those of azure.azcollection, so that a play, an AWX credential
or a shell that works there works here; azure-identity's names come after them. An empty value counts as unset, because
AWX injects empty variables. Nothing here talks to the network.
"""

from __future__ import annotations

import configparser
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput

VARIABLES: dict[str, tuple[str, ...]] = {
    "auth_source": ("ANSIBLE_AZURE_AUTH_SOURCE", "AZURE_AUTH_SOURCE"),
    "profile": ("AZURE_PROFILE",),
    "subscription_id": ("AZURE_SUBSCRIPTION_ID",),
    "client_id": ("AZURE_CLIENT_ID",),
    "secret": ("AZURE_SECRET", "AZURE_CLIENT_SECRET"),
    "tenant": ("AZURE_TENANT", "AZURE_TENANT_ID"),
    "ad_user": ("AZURE_AD_USER", "AZURE_USERNAME"),
    "password": ("AZURE_PASSWORD",),
    "cloud_environment": ("AZURE_CLOUD_ENVIRONMENT",),
    "cert_validation_mode": ("AZURE_CERT_VALIDATION_MODE", "AZURE_CERT_VALIDATION"),
    "adfs_authority_url": ("AZURE_ADFS_AUTHORITY_URL",),
    "x509_certificate_path": ("AZURE_X509_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH"),
    "thumbprint": ("AZURE_THUMBPRINT",),
    "disable_instance_discovery": ("AZURE_DISABLE_INSTANCE_DISCOVERY",),
    "oidc_token": ("AZURE_FEDERATED_TOKEN",),
    "oidc_token_file_path": ("AZURE_FEDERATED_TOKEN_FILE",),
}
"""Option -> the environment variables that stand for it, the first one that is set wins."""

# What makes up credentials; the rest of VARIABLES says how to reach the cloud and mixes freely.
_CREDENTIALS = (
    "subscription_id",
    "client_id",
    "secret",
    "tenant",
    "ad_user",
    "password",
    "x509_certificate_path",
    "thumbprint",
    "oidc_token",
    "oidc_token_file_path",
)
_SOURCES = ("auto", "cli", "env", "credential_file", "msi")
_TRUE = ("1", "true", "yes", "on", "y", "t")
_FALSE = ("0", "false", "no", "off", "n", "f")

Values = dict[str, str]


class Settings(TypedDict):
    """The outcome. An empty string means: not known (for `subscription_id`), or not part of these credentials."""

    source: str
    """`parameters`, `env`, `credential_file`, `cli` or `msi`."""
    subscription_id: str
    client_id: str
    secret: str
    tenant: str
    ad_user: str
    password: str
    x509_certificate_path: str
    oidc_token: str
    oidc_token_file_path: str
    adfs_authority_url: str
    cloud_environment: str
    """A cloud's name or a metadata URL."""
    cloud_metadata_url: str
    """Where the clouds that `cloud_environment` may name are listed (ARM_CLOUD_METADATA_URL)."""
    verify_certificates: bool
    disable_instance_discovery: bool | None
    """None: as the cloud needs it."""


def resolve(params: Mapping[str, Any], environ: Mapping[str, str], home: Path) -> Settings:
    """The settings of one task. `home` is the home folder. Raises BadInput."""
    given = {name: _text(params.get(name)) for name in VARIABLES}
    env = {name: _from_environment(name, environ) for name in VARIABLES}
    source, found = _find_credentials(given, env, environ, home)
    general = {name: given[name] or found.get(name, "") or env[name] for name in VARIABLES if name not in _CREDENTIALS}
    return Settings(
        source=source,
        subscription_id=found.get("subscription_id", "") or env["subscription_id"],
        client_id=found.get("client_id", ""),
        secret=found.get("secret", ""),
        tenant=found.get("tenant", ""),
        ad_user=found.get("ad_user", ""),
        password=found.get("password", ""),
        x509_certificate_path=_path(found.get("x509_certificate_path", ""), home),
        oidc_token=found.get("oidc_token", ""),
        oidc_token_file_path=_path(found.get("oidc_token_file_path", ""), home),
        adfs_authority_url=general["adfs_authority_url"],
        cloud_environment=general["cloud_environment"] or found.get("active_cloud", "") or "AzureCloud",
        cloud_metadata_url=_text(environ.get("ARM_CLOUD_METADATA_URL")),
        verify_certificates=_verify(general["cert_validation_mode"]),
        disable_instance_discovery=_flag("disable_instance_discovery", general["disable_instance_discovery"]),
    )


def cli_login(environ: Mapping[str, str], home: Path) -> str:
    """What changes when somebody else logs in with az, or chooses another subscription there."""
    try:
        return str(_cli_profile_file(environ, home).stat().st_mtime_ns)
    except OSError:
        return ""


def _find_credentials(given: Values, env: Values, environ: Mapping[str, str], home: Path) -> tuple[str, Values]:
    """Where the credentials come from, and their values."""
    wanted = given["auth_source"] or env["auth_source"] or "auto"
    if wanted not in _SOURCES:
        raise BadInput("auth_source", f"'{wanted}' is not a source of credentials", f"use one of {', '.join(_SOURCES)}")
    if wanted == "msi":
        return "msi", {name: given[name] or env[name] for name in ("client_id", "subscription_id")}
    if wanted == "cli":
        return "cli", _azure_cli(given, env, environ, home)
    if wanted == "env":
        return "env", _environment(given, env, home)
    if wanted == "credential_file":
        return "credential_file", _profile(given["profile"] or env["profile"] or "default", given, home)
    return _search(given, env, environ, home)


def _search(given: Values, env: Values, environ: Mapping[str, str], home: Path) -> tuple[str, Values]:
    """`auto`: the first source that names somebody."""
    if given["profile"]:
        return "credential_file", _profile(given["profile"], given, home)
    if given["client_id"] or given["ad_user"]:
        return "parameters", given
    named = bool(env["profile"] or env["client_id"] or env["ad_user"])
    # Variables without a subscription are left over from something else more often than they are meant for Ansible.
    if env["profile"] or (named and (given["subscription_id"] or env["subscription_id"])):
        return "env", _environment(given, env, home)
    section = _section("default", home)
    if section.get("subscription_id"):
        return "credential_file", section | _own_subscription(given)
    if _cli_profile_file(environ, home).is_file():
        return "cli", _azure_cli(given, env, environ, home)
    if named:
        # Nobody else is there: enough for resources that are named by their full ids.
        return "env", _environment(given, env, home)
    raise BadInput(
        "auth_source",
        "no credentials were found: none in the options, none in the environment (AZURE_CLIENT_ID or AZURE_AD_USER), "
        f"no default profile in {_credentials_file(home)}, and nobody is logged in with az",
        "set one of them, or auth_source: msi on a machine with a managed identity",
    )


def _environment(given: Values, env: Values, home: Path) -> Values:
    if env["profile"]:
        return _profile(env["profile"], given, home)
    if not env["client_id"] and not env["ad_user"]:
        raise BadInput(
            "auth_source",
            "auth_source is env but the environment names no identity",
            "set AZURE_CLIENT_ID and AZURE_TENANT with AZURE_SECRET, or AZURE_AD_USER with AZURE_PASSWORD",
        )
    return env | _own_subscription(given)


def _profile(name: str, given: Values, home: Path) -> Values:
    """A profile that was asked for by name has to be there and to be whole."""
    section = _section(name, home)
    if not section:
        raise BadInput(
            "profile", f"there is no profile '{name}' in {_credentials_file(home)}", "add it or name another"
        )
    merged = section | _own_subscription(given)
    if not merged.get("subscription_id"):
        raise BadInput(
            "profile",
            f"the profile '{name}' in {_credentials_file(home)} has no subscription_id",
            "add subscription_id to it, or set the option subscription_id",
        )
    return merged


def _section(name: str, home: Path) -> Values:
    """One section of the credentials file, empty when there is none."""
    path = _credentials_file(home)
    # Values may hold any character, a percent sign too: no interpolation.
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8-sig")
    except (configparser.Error, OSError, UnicodeDecodeError) as error:
        # The parser's message quotes the line, which may hold a secret.
        raise BadInput("profile", f"{path} cannot be read ({type(error).__name__})", "correct the file") from None
    if not parser.has_section(name):
        return {}
    return {key: _text(value) for key, value in parser.items(name) if key in VARIABLES and _text(value)}


def _azure_cli(given: Values, env: Values, environ: Mapping[str, str], home: Path) -> Values:
    """What `az login` left behind: the default subscription or the wanted one, its tenant and its cloud."""
    path = _cli_profile_file(environ, home)
    try:
        listed = json.loads(path.read_text(encoding="utf-8-sig")).get("subscriptions") or []
    except (OSError, ValueError, AttributeError):
        listed = []
    if not listed:
        raise BadInput("auth_source", f"nobody is logged in with az ({path} lists no subscription)", "run az login")
    wanted = given["subscription_id"] or env["subscription_id"]
    matching = [item for item in listed if str(item.get("id", "")).lower() == wanted.lower()] if wanted else []
    default: dict[str, Any] = next((item for item in listed if item.get("isDefault")), {})
    chosen = matching[0] if matching else ({} if wanted else default)
    # az takes the tenant of its default subscription by itself, and refuses a tenant for some kinds of login.
    foreign = chosen.get("tenantId", "") if chosen.get("tenantId") != default.get("tenantId") else ""
    return {
        "subscription_id": wanted or _text(default.get("id")),
        "tenant": given["tenant"] or foreign,
        "active_cloud": _text((chosen or default).get("environmentName")),
    }


def _own_subscription(given: Values) -> Values:
    return {"subscription_id": given["subscription_id"]} if given["subscription_id"] else {}


def _credentials_file(home: Path) -> Path:
    return home / ".azure" / "credentials"


def _cli_profile_file(environ: Mapping[str, str], home: Path) -> Path:
    folder = _text(environ.get("AZURE_CONFIG_DIR"))
    return (Path(folder) if folder else home / ".azure") / "azureProfile.json"


def _from_environment(name: str, environ: Mapping[str, str]) -> str:
    return next((value for value in (_text(environ.get(variable)) for variable in VARIABLES[name]) if value), "")


def _text(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if text.strip() else ""


def _path(text: str, home: Path) -> str:
    """Ansible expands `~` in options only, not in variables and profiles."""
    return str(home / text[2:]) if text.startswith("~/") else text


def _verify(mode: str) -> bool:
    if mode not in ("", "validate", "ignore"):
        raise BadInput("cert_validation_mode", f"'{mode}' is neither validate nor ignore", "use one of the two")
    return mode != "ignore"


def _flag(option: str, text: str) -> bool | None:
    if not text:
        return None
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise BadInput(option, f"'{text}' is neither true nor false", "use one of the two")
