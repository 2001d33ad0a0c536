# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: one emulator for all tests, official SDK clients that record what they exchange with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.identity import ClientSecretCredential

from emulator_process import ARM_SCOPE
from exchanges import Recorder
from service import Connect, Service, contract_folder
from swagger import Contracts


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The emulator over its example fleet, with its environment: SDKs find proxy and CA by themselves."""
    with Service.running(tmp_path_factory.mktemp("emulator")) as service:
        kept = dict(os.environ)
        os.environ.update(service.env)
        yield service
        os.environ.clear()
        os.environ.update(kept)


@pytest.fixture
def service(emulator: Service) -> Service:
    """The emulator, reset, with operations that take no time worth mentioning."""
    emulator.reset(operation_seconds=0.03)
    return emulator


@pytest.fixture(scope="session")
def credential(emulator: Service) -> ClientSecretCredential:
    env = emulator.env
    return ClientSecretCredential(
        env["AZURE_TENANT"],
        env["AZURE_CLIENT_ID"],
        env["AZURE_SECRET"],
        authority=env["AZURE_AUTHORITY_HOST"],
        disable_instance_discovery=True,
    )


@pytest.fixture(scope="session")
def contracts() -> Contracts | None:
    folder = contract_folder()
    return Contracts(folder / "specs") if folder else None


@pytest.fixture
def recorder(contracts: Contracts | None) -> Iterator[Recorder]:
    """Records a test's exchanges; where the published contracts are at hand, all of them must fit at the test's end."""
    recorder = Recorder()
    yield recorder
    if contracts:
        problems = recorder.contract_problems(contracts)
        assert not problems, "\n".join(problems)


@pytest.fixture
def connect(service: Service, credential: ClientSecretCredential, recorder: Recorder) -> Connect:
    """Makes a management client of an official SDK: `connect(NetworkCloudMgmtClient, api_version="2025-09-01")`."""

    def client(kind: type, **more: Any) -> Any:
        more = {"credential_scopes": [ARM_SCOPE], "polling_interval": 0.05, "per_retry_policies": [recorder]} | more
        return kind(credential, service.subscription_id, base_url=service.url, **more)

    return client


@pytest.fixture(scope="session")
def recordings() -> Path:
    folder = contract_folder()
    if folder is None or not (folder / "recordings").is_dir():
        pytest.skip("no contract folder: set NEXUS_CONTRACT to replay recorded traffic")
    return folder / "recordings"
