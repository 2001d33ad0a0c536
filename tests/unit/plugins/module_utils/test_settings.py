# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose credentials a task uses: the order and the names of azure.azcollection."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import BadInput
from ansible_collections.operator_nexus.credentials.plugins.module_utils._settings import VARIABLES, resolve

PARAMS = {"client_id": "p-client", "secret": "p-secret", "tenant": "p-tenant"}
ENV = {
    "AZURE_CLIENT_ID": "e-client",
    "AZURE_SECRET": "e-secret",
    "AZURE_TENANT": "e-tenant",
    "AZURE_SUBSCRIPTION_ID": "e-subscription",
}
FILE = """
[default]
subscription_id = f-subscription
client_id = f-client
secret = f%secret
tenant = f-tenant

[lab]
subscription_id = lab-subscription
client_id = lab-client
cloud_environment = AzureChinaCloud
cert_validation_mode = ignore

[bare]
client_id = bare-client
"""
LOGINS = [
    {"id": "c-subscription", "isDefault": True, "tenantId": "home", "environmentName": "AzureUSGovernment"},
    {"id": "c-other", "isDefault": False, "tenantId": "guest", "environmentName": "AzureUSGovernment"},
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with a credentials file and a login of az."""
    folder = tmp_path / ".azure"
    folder.mkdir()
    (folder / "credentials").write_text(FILE)
    (folder / "azureProfile.json").write_text(json.dumps({"subscriptions": LOGINS}), encoding="utf-8-sig")
    return tmp_path


@pytest.fixture
def nobody(tmp_path: Path) -> Path:
    """An empty home folder."""
    return tmp_path


def who(params: dict[str, Any], environ: dict[str, str], home: Path) -> tuple[str, str, str]:
    settings = resolve(params, environ, home)
    return settings["source"], settings["client_id"], settings["subscription_id"]


def test_auto_prefers_the_profile_option(home: Path) -> None:
    assert who({**PARAMS, "profile": "lab"}, ENV, home) == ("credential_file", "lab-client", "lab-subscription")


def test_auto_then_takes_the_options(home: Path) -> None:
    assert who(PARAMS, ENV, home) == ("parameters", "p-client", "e-subscription")


def test_auto_then_takes_the_profile_that_the_environment_names(home: Path) -> None:
    assert who({}, {**ENV, "AZURE_PROFILE": "lab"}, home) == ("env", "lab-client", "lab-subscription")


def test_auto_then_takes_the_environment(home: Path) -> None:
    assert who({}, ENV, home) == ("env", "e-client", "e-subscription")


def test_auto_passes_over_an_environment_without_a_subscription(home: Path) -> None:
    del (environ := dict(ENV))["AZURE_SUBSCRIPTION_ID"]
    assert who({}, environ, home) == ("credential_file", "f-client", "f-subscription")
    assert who({"subscription_id": "p"}, environ, home) == ("env", "e-client", "p")


def test_auto_passes_over_an_environment_with_a_subscription_only(home: Path) -> None:
    assert who({}, {"AZURE_SUBSCRIPTION_ID": "e"}, home) == ("credential_file", "f-client", "f-subscription")


def test_auto_ends_with_az(home: Path) -> None:
    (home / ".azure" / "credentials").unlink()
    assert who({}, {}, home) == ("cli", "", "c-subscription")


def test_auto_passes_over_a_default_profile_without_a_subscription(home: Path) -> None:
    (home / ".azure" / "credentials").write_text("[default]\nclient_id = x\n")
    assert who({}, {}, home)[0] == "cli"


def test_auto_with_nothing_says_where_it_looked(nobody: Path) -> None:
    with pytest.raises(BadInput, match=r"no credentials were found.*AZURE_CLIENT_ID.*\.azure/credentials.*az"):
        resolve({}, {}, nobody)


def test_an_environment_without_subscription_is_the_last_resort(nobody: Path) -> None:
    assert who({}, {"AZURE_CLIENT_ID": "e"}, nobody) == ("env", "e", "")
    (nobody / ".azure").mkdir()
    (nobody / ".azure" / "azureProfile.json").write_text(json.dumps({"subscriptions": LOGINS}))
    assert who({}, {"AZURE_CLIENT_ID": "e"}, nobody)[0] == "cli"


@pytest.mark.parametrize("name", ["ANSIBLE_AZURE_AUTH_SOURCE", "AZURE_AUTH_SOURCE"])
def test_the_source_comes_from_the_environment_too(name: str, home: Path) -> None:
    assert who({}, {**ENV, name: "credential_file"}, home)[0] == "credential_file"
    assert who({"auth_source": "env"}, {**ENV, name: "credential_file"}, home)[0] == "env"


def test_an_unknown_source_in_the_environment_is_refused(home: Path) -> None:
    with pytest.raises(BadInput, match="auth_source: 'keychain'"):
        resolve({}, {"AZURE_AUTH_SOURCE": "keychain"}, home)


def test_env_ignores_options_but_for_the_subscription(home: Path) -> None:
    params = {**PARAMS, "auth_source": "env", "subscription_id": "p"}
    settings = resolve(params, ENV, home)
    assert (settings["client_id"], settings["secret"], settings["subscription_id"]) == ("e-client", "e-secret", "p")


def test_env_needs_no_subscription_when_it_was_asked_for(nobody: Path) -> None:
    assert who({"auth_source": "env"}, {"AZURE_CLIENT_ID": "e"}, nobody) == ("env", "e", "")


def test_env_without_an_identity_is_refused(home: Path) -> None:
    with pytest.raises(BadInput, match="names no identity"):
        resolve({"auth_source": "env"}, {"AZURE_SUBSCRIPTION_ID": "e"}, home)


def test_credential_file_takes_default_or_the_named_profile(home: Path) -> None:
    source = {"auth_source": "credential_file"}
    assert who(source, {}, home)[1] == "f-client"
    assert who(source, {"AZURE_PROFILE": "lab"}, home)[1] == "lab-client"
    assert who({**source, "profile": "default"}, {"AZURE_PROFILE": "lab"}, home)[1] == "f-client"
    assert who({**source, "subscription_id": "p"}, ENV, home) == ("credential_file", "f-client", "p")


def test_a_profile_may_hold_any_character(home: Path) -> None:
    assert resolve({"profile": "default"}, {}, home)["secret"] == "f%secret"


@pytest.mark.parametrize(("name", "words"), [("bare", "no subscription_id"), ("none", "no profile 'none'")])
def test_a_profile_that_was_asked_for_has_to_be_whole(name: str, words: str, home: Path) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        resolve({"profile": name}, {}, home)
    assert caught.value.target == "profile"


def test_a_broken_credentials_file_is_named_without_its_content(home: Path) -> None:
    # Nothing that looks like a secret, so that no scrubbing helps.
    (home / ".azure" / "credentials").write_text("hush\n")
    with pytest.raises(BadInput, match="cannot be read") as caught:
        resolve({"profile": "default"}, {}, home)
    assert "hush" not in str(caught.value)


def test_cli_takes_the_wanted_subscription_and_its_tenant(home: Path) -> None:
    settings = resolve({"auth_source": "cli", "subscription_id": "C-OTHER"}, {}, home)
    assert (settings["subscription_id"], settings["tenant"]) == ("C-OTHER", "guest")
    assert resolve({"auth_source": "cli"}, {"AZURE_SUBSCRIPTION_ID": "c-subscription"}, home)["tenant"] == ""


def test_cli_takes_the_cloud_of_the_login_unless_one_is_named(home: Path) -> None:
    assert resolve({"auth_source": "cli"}, {}, home)["cloud_environment"] == "AzureUSGovernment"
    environ = {"AZURE_CLOUD_ENVIRONMENT": "AzureCloud"}
    assert resolve({"auth_source": "cli"}, environ, home)["cloud_environment"] == "AzureCloud"


def test_cli_looks_where_az_keeps_its_files(nobody: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("az")
    (folder / "azureProfile.json").write_text(json.dumps({"subscriptions": LOGINS}))
    assert who({}, {"AZURE_CONFIG_DIR": str(folder)}, nobody) == ("cli", "", "c-subscription")


@pytest.mark.parametrize("content", [None, "not json", "[]", "{}", '{"subscriptions": []}'])
def test_cli_without_a_login_is_refused(content: str | None, nobody: Path) -> None:
    if content is not None:
        (nobody / ".azure").mkdir()
        (nobody / ".azure" / "azureProfile.json").write_text(content)
    with pytest.raises(BadInput, match="Run az login"):
        resolve({"auth_source": "cli"}, {}, nobody)


def test_msi_takes_option_then_variable(home: Path) -> None:
    source = {"auth_source": "msi"}
    assert who(source, {}, home) == ("msi", "", "")
    assert who(source, ENV, home) == ("msi", "e-client", "e-subscription")
    assert who({**source, "client_id": "p", "subscription_id": "s"}, ENV, home) == ("msi", "p", "s")


@pytest.mark.parametrize("empty", ["", " "])
def test_empty_values_count_as_unset(empty: str, home: Path) -> None:
    environ = dict.fromkeys((name for names in VARIABLES.values() for name in names), empty)
    params = dict.fromkeys(VARIABLES, empty)
    assert resolve(params, environ, home) == resolve({}, {}, home)


@pytest.mark.parametrize(
    ("first", "second", "option"),
    [
        ("AZURE_SECRET", "AZURE_CLIENT_SECRET", "secret"),
        ("AZURE_TENANT", "AZURE_TENANT_ID", "tenant"),
        ("AZURE_AD_USER", "AZURE_USERNAME", "ad_user"),
        ("AZURE_X509_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH", "x509_certificate_path"),
    ],
)
def test_azure_azcollections_variable_comes_before_azure_identitys(
    first: str, second: str, option: str, nobody: Path
) -> None:
    base = {"AZURE_CLIENT_ID": "e", "AZURE_SUBSCRIPTION_ID": "s"}
    assert resolve({}, {**base, first: "1", second: "2"}, nobody)[option] == "1"  # type: ignore[literal-required]
    assert resolve({}, {**base, first: "", second: "2"}, nobody)[option] == "2"  # type: ignore[literal-required]


def test_the_first_name_of_a_switch_comes_before_the_second(home: Path) -> None:
    environ = {"ANSIBLE_AZURE_AUTH_SOURCE": "cli", "AZURE_AUTH_SOURCE": "msi"}
    assert resolve({}, environ, home)["source"] == "cli"
    environ = {"AZURE_CERT_VALIDATION_MODE": "ignore", "AZURE_CERT_VALIDATION": "validate"}
    assert resolve({}, environ, home)["verify_certificates"] is False


def test_what_awx_injects_is_enough(nobody: Path) -> None:
    environ = {**ENV, "AZURE_CLOUD_ENVIRONMENT": "AzureChinaCloud"}
    settings = resolve({"auth_source": None}, environ, nobody)
    assert (settings["secret"], settings["tenant"]) == ("e-secret", "e-tenant")
    assert settings["cloud_environment"] == "AzureChinaCloud"
    user = {"AZURE_AD_USER": "u", "AZURE_PASSWORD": "p", "AZURE_SUBSCRIPTION_ID": "s", "AZURE_CLIENT_ID": ""}
    assert resolve({}, user, nobody)["ad_user"] == "u"


def test_options_and_environment_are_not_mixed_to_one_identity(nobody: Path) -> None:
    settings = resolve({"client_id": "p"}, ENV, nobody)
    assert (settings["client_id"], settings["secret"], settings["tenant"]) == ("p", "", "")


def test_how_to_reach_the_cloud_comes_from_option_then_profile_then_environment(home: Path) -> None:
    environ = {"AZURE_CLOUD_ENVIRONMENT": "AzureGermanCloud", "AZURE_CERT_VALIDATION": "validate"}
    settings = resolve({"profile": "lab"}, environ, home)
    assert (settings["cloud_environment"], settings["verify_certificates"]) == ("AzureChinaCloud", False)
    params = {"profile": "lab", "cloud_environment": "AzureCloud", "cert_validation_mode": "validate"}
    settings = resolve(params, environ, home)
    assert (settings["cloud_environment"], settings["verify_certificates"]) == ("AzureCloud", True)
    assert resolve({"profile": "default"}, environ, home)["cloud_environment"] == "AzureGermanCloud"
    assert resolve({"profile": "default"}, {}, home)["cloud_environment"] == "AzureCloud"


@pytest.mark.parametrize("name", ["AZURE_CERT_VALIDATION_MODE", "AZURE_CERT_VALIDATION"])
def test_both_names_switch_certificate_validation_off(name: str, home: Path) -> None:
    assert resolve({}, {name: "ignore"}, home)["verify_certificates"] is False
    with pytest.raises(BadInput, match="cert_validation_mode"):
        resolve({}, {name: "perhaps"}, home)


@pytest.mark.parametrize(
    ("params", "environ", "wanted"),
    [
        ({}, {}, None),
        ({"disable_instance_discovery": False}, {"AZURE_DISABLE_INSTANCE_DISCOVERY": "true"}, False),
        ({"disable_instance_discovery": None}, {"AZURE_DISABLE_INSTANCE_DISCOVERY": "True"}, True),
        ({}, {"AZURE_DISABLE_INSTANCE_DISCOVERY": "0"}, False),
    ],
)
def test_instance_discovery(params: dict[str, Any], environ: dict[str, str], wanted: bool | None, home: Path) -> None:
    assert resolve(params, environ, home)["disable_instance_discovery"] is wanted


def test_a_flag_that_is_none_is_refused(home: Path) -> None:
    with pytest.raises(BadInput, match="neither true nor false"):
        resolve({}, {"AZURE_DISABLE_INSTANCE_DISCOVERY": "maybe"}, home)


def test_home_is_expanded_in_variables(nobody: Path) -> None:
    environ = {**ENV, "AZURE_X509_CERTIFICATE_PATH": "~/cert.pem"}
    assert resolve({}, environ, nobody)["x509_certificate_path"] == str(nobody / "cert.pem")


def test_certificates_are_validated_unless_told(home: Path) -> None:
    assert resolve({}, {}, home)["verify_certificates"] is True
    assert resolve({"cert_validation_mode": "ignore"}, {}, home)["verify_certificates"] is False


def test_an_own_subscription_goes_with_the_default_profile(home: Path) -> None:
    assert who({"subscription_id": "p"}, {}, home) == ("credential_file", "f-client", "p")
