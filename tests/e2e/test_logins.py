# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way to log in, once, in one play: each task has an environment or options of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from e2e_ansible import Core, Run
from e2e_cloud import Cloud
from e2e_logins import MACHINE_CLIENT, USER, Logins
from e2e_plays import AWX_INJECTS, credential_options, network, run_tasks, task

HOSTS = ("left", "right")
Values = dict[str, str]


@dataclass
class Login:
    """How one task logs in, and as whom: `operator`, `machine` or `user`."""

    name: str
    caller: str
    environment: Callable[[Cloud, Logins], Values] = field(default=lambda cloud, logins: {})
    options: Callable[[Cloud, Logins], Values] = field(default=lambda cloud, logins: {})


def _some(cloud: Cloud, *names: str) -> Values:
    return {name: cloud.env[name] for name in ("AZURE_CLOUD_ENVIRONMENT", "AZURE_SUBSCRIPTION_ID", *names)}


def _as_application(cloud: Cloud, **more: str) -> Values:
    return _some(cloud, "AZURE_TENANT", "AZURE_CLIENT_ID") | more


LOGINS = [
    Login(
        "environment as AWX injects it", "operator", lambda cloud, _: {name: cloud.env[name] for name in AWX_INJECTS}
    ),
    Login(
        "environment with the names of azure-identity",
        "operator",
        lambda cloud, _: _some(cloud, "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"),
    ),
    Login("module options", "operator", options=lambda cloud, _: credential_options(cloud)),
    Login("default profile of the credentials file", "operator"),
    Login("named profile", "operator", options=lambda cloud, _: {"profile": "nexus"}),
    Login("profile named by a variable", "operator", lambda cloud, _: {"AZURE_PROFILE": "nexus"}),
    Login(
        "certificate",
        "operator",
        lambda cloud, logins: _as_application(
            cloud, AZURE_X509_CERTIFICATE_PATH=str(logins.certificate), AZURE_THUMBPRINT=logins.thumbprint
        ),
    ),
    Login(
        "OIDC token file",
        "operator",
        lambda cloud, logins: _as_application(cloud, AZURE_FEDERATED_TOKEN_FILE=str(logins.oidc_token)),
    ),
    Login(
        "OIDC token",
        "operator",
        lambda cloud, logins: _as_application(cloud, AZURE_FEDERATED_TOKEN=logins.oidc_token.read_text()),
    ),
    Login(
        "managed identity",
        "machine",
        lambda cloud, _: _some(cloud, "AZURE_POD_IDENTITY_AUTHORITY_HOST") | {"AZURE_AUTH_SOURCE": "msi"},
    ),
    Login(
        "managed identity by client id",
        "machine",
        lambda cloud, _: _some(cloud, "AZURE_POD_IDENTITY_AUTHORITY_HOST") | {"ANSIBLE_AZURE_AUTH_SOURCE": "msi"},
        lambda cloud, _: {"client_id": MACHINE_CLIENT},
    ),
    Login(
        "user and password",
        "user",
        lambda cloud, logins: _some(cloud, "AZURE_TENANT") | {"AZURE_AD_USER": USER, "AZURE_PASSWORD": logins.password},
    ),
]


@dataclass
class Outcome:
    run: Run
    lists: Counter[str]
    """Who (see `Login.caller`) -> how many lists of clusters it asked for."""


@pytest.fixture(scope="module")
def outcome(core: Core, shared_cloud: Cloud, logins: Logins, homes: Iterator[Path]) -> Outcome:
    """All logins; two hosts share the tasks so that both processors have work."""
    cloud, home = shared_cloud, next(homes)
    cloud.reset()
    profile = "\n".join(f"{name} = {value}" for name, value in credential_options(cloud).items())
    (home / ".azure").mkdir(parents=True)
    (home / ".azure" / "credentials").write_text(f"[default]\n{profile}\n\n[nexus]\n{profile}\n")
    tasks = [
        task("nexus_cluster_info", login.name, resource_group="nexus-prod", **login.options(cloud, logins))
        | {
            "environment": login.environment(cloud, logins),
            "when": f"inventory_hostname == '{HOSTS[number % 2]}'",
            "ignore_errors": True,
        }
        for number, login in enumerate(LOGINS)
    ]
    run = run_tasks(core, home, network(cloud), tasks, hosts=HOSTS, strategy="free")
    lists = [entry["caller"] for entry in cloud.log() if entry["path"].lower().endswith("/clusters")]
    names = {
        cloud.service_principal(cloud.env["AZURE_CLIENT_ID"]): "operator",
        cloud.service_principal(MACHINE_CLIENT): "machine",
    }
    # The user is nobody's service principal.
    return Outcome(run, Counter(names.get(caller, "user") for caller in lists))


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: login.name.replace(" ", "-"))
def test_login(outcome: Outcome, login: Login) -> None:
    outcome.run.assert_quiet()
    result = outcome.run.result(login.name)
    assert {one["name"] for one in result["clusters"]} == {"cluster-oslo", "cluster-bergen", "cluster-rome"}


def test_each_login_was_the_one_that_was_meant(outcome: Outcome) -> None:
    assert outcome.lists == Counter(login.caller for login in LOGINS)
