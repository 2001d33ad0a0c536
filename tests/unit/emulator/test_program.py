# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program: how it starts and stops, its certificate, its proxy, its environment file."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from emulator_process import PROGRAM, read_environment

FLEET = """
tenant: 22222222-2222-4222-8222-222222222222
subscriptions: [{id: 11111111-1111-4111-8111-111111111111, name: test}]
operator: {name: "o", client_id: 33333333-3333-4333-8333-333333333333, roles: [Owner]}
"""


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    fleet = folder / "fleet.yml"
    fleet.write_text(FLEET)
    command = [sys.executable, str(PROGRAM), "--fleet", str(fleet), *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=os.environ | {"TMPDIR": str(folder)})


def fetch(url: str, env: dict[str, str]) -> bytes:
    context = ssl.create_default_context(cafile=env["REQUESTS_CA_BUNDLE"])
    handlers = [
        urllib.request.ProxyHandler({"https": env["HTTPS_PROXY"]}),
        urllib.request.HTTPSHandler(context=context),
    ]
    if "127.0.0.1" in url:
        handlers[0] = urllib.request.ProxyHandler({})
    with urllib.request.build_opener(*handlers).open(url, timeout=60) as answer:
        body: bytes = answer.read()
    return body


def test_one_life(tmp_path: Path) -> None:
    process = start(tmp_path, "--settings", "page_size=7", "pace=recorded")
    assert process.stdout
    word, url, where = process.stdout.readline().split()
    assert word == "READY"
    env_file = Path(where.removeprefix("env="))
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    env = read_environment(env_file)
    assert env["AZURE_CLOUD_ENVIRONMENT"] == url
    assert b'"page_size":7' in fetch(f"{url}/emulator/settings", env)
    assert b'"AzureNexusEmulator"' in fetch(env["ARM_CLOUD_METADATA_URL"], env)
    assert b"resourceManager" in fetch(
        "https://management.azure.emulator/metadata/endpoints?api-version=2022-09-01", env
    )
    with pytest.raises(OSError, match="403"):
        fetch("https://management.azure.com/", env)
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (0, "", "")
    assert [item.name for item in tmp_path.iterdir()] == ["fleet.yml"]


def test_an_open_tunnel_does_not_hinder_the_end(tmp_path: Path) -> None:
    process = start(tmp_path)
    assert process.stdout
    env = read_environment(Path(process.stdout.readline().split()[2].removeprefix("env=")))
    port = int(env["HTTPS_PROXY"].rpartition(":")[2])
    context = ssl.create_default_context(cafile=env["SSL_CERT_FILE"])
    with socket.create_connection(("127.0.0.1", port)) as raw, socket.create_connection(("127.0.0.1", port)) as bare:
        for tunnel in (raw, bare):
            tunnel.sendall(b"CONNECT graph.azure.emulator:443 HTTP/1.1\r\n\r\n")
            assert b" 200 " in tunnel.recv(100)
        with context.wrap_socket(raw, server_hostname="graph.azure.emulator") as secured:
            secured.sendall(b"GET /v1.0/me HTTP/1.1\r\nHost: graph.azure.emulator\r\n\r\n")
            assert b" 401 " in secured.recv(100)
            process.send_signal(signal.SIGTERM)
            output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (0, "", "")


def test_a_setting_that_is_wrong_ends_with_one_line(tmp_path: Path) -> None:
    process = start(tmp_path, "--settings", "refuse_writes=ture")
    _output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (2, "emulator: the setting refuse_writes takes true or false, not 'ture'\n")


def test_a_fleet_that_cannot_be_read_ends_with_one_line(tmp_path: Path) -> None:
    process = start(tmp_path, "--fleet", str(tmp_path / "nowhere.yml"))
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (2, "")
    assert errors.startswith("emulator: ")
    assert errors.count("\n") == 1
