# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the emulator: `python tests/emulator [--fleet FILE] [--port N] [--env-file FILE] ...`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shlex
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import uvicorn

import fleet
import proxy
from app import Emulator, make_app
from certificates import CertificateFiles, write_certificates
from control import ControlError, change_settings, parse_setting
from names import CLOUD_NAME, LOGIN_URL
from state import World

_HERE = Path(__file__).resolve().parent


class Server(uvicorn.Server):
    """uvicorn without its own signal handling, which ends the process by the signal instead of with exit code 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main() -> int:
    options = _options()
    for name in (signal.SIGTERM, signal.SIGINT):  # until the loop has its own: leave through the blocks that clean up
        signal.signal(name, lambda *_: sys.exit(0))
    try:
        emulator = Emulator(lambda: _build(options))
        with tempfile.TemporaryDirectory(prefix="nexus-emulator-") as folder:
            asyncio.run(_serve(emulator, options, Path(folder)))
    except (ControlError, fleet.FleetError, OSError) as error:  # OSError: a port or a path that cannot be had
        print(f"emulator: {error}", file=sys.stderr)
        return 2
    return 0


def environment(world: World, port: int, proxy_port: int, authority: Path) -> dict[str, str]:
    """What any Azure client needs in order to talk to the emulator."""
    url, bundle = f"https://127.0.0.1:{port}", str(authority)
    proxy_url = f"http://127.0.0.1:{proxy_port}"
    client_id, application = next(iter(world.applications.items()))
    return {
        "NEXUS_EMULATOR_URL": url,
        "AZURE_CLOUD_ENVIRONMENT": url,
        "AZURE_CLOUD_NAME": CLOUD_NAME,
        "ARM_CLOUD_METADATA_URL": f"{url}/metadata/endpoints?api-version=2019-05-01",
        "AZURE_TENANT": world.tenant_id,
        "AZURE_TENANT_ID": world.tenant_id,
        "AZURE_CLIENT_ID": client_id,
        "AZURE_SECRET": application["secret"],
        "AZURE_CLIENT_SECRET": application["secret"],
        "AZURE_SUBSCRIPTION_ID": next(iter(world.subscriptions)),
        "AZURE_AUTHORITY_HOST": LOGIN_URL,
        "AZURE_DISABLE_INSTANCE_DISCOVERY": "true",
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_POD_IDENTITY_AUTHORITY_HOST": url,
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "HTTPS_PROXY": proxy_url,
        "https_proxy": proxy_url,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="emulator", description="A local Azure for Operator Nexus credentials.")
    parser.add_argument(
        "--fleet", type=Path, default=_HERE / "fleet.example.yml", help="what exists at the start (YAML)"
    )
    parser.add_argument("--port", type=int, default=0, help="TLS port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--proxy-port", type=int, default=0, help="port of the CONNECT proxy; 0 takes a free one")
    parser.add_argument(
        "--env-file", type=Path, help="where to write the environment; a private temporary file by default"
    )
    parser.add_argument("--settings", nargs="+", default=[], metavar="KEY=VALUE", help="settings as in README.md")
    return parser.parse_args()


def _build(options: argparse.Namespace) -> World:
    world = World(tenant_id="")
    fleet.load(options.fleet, world)
    change_settings(world.settings, dict(parse_setting(world.settings, text) for text in options.settings))
    return world


async def _serve(emulator: Emulator, options: argparse.Namespace, folder: Path) -> None:
    files: CertificateFiles = write_certificates(folder)
    listener = socket.create_server(("127.0.0.1", options.port), backlog=256)
    # Connections inherit it. asyncio sets it by itself only for sockets that it made: 40 ms for each request otherwise.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    port = listener.getsockname()[1]
    tunnel = await proxy.serve(options.proxy_port, port)
    env_file = options.env_file or folder / "env.sh"
    _write_environment(env_file, environment(emulator.world, port, tunnel.port, files.authority))
    config = uvicorn.Config(
        make_app(emulator),
        ssl_certfile=str(files.server),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = Server(config)

    def stop() -> None:
        tunnel.close()  # first, so that the server waits for none of its clients
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        print(f"READY https://127.0.0.1:{port} env={env_file}", flush=True)
    try:
        await serving
    finally:
        tunnel.close()
        env_file.unlink(missing_ok=True)


def _write_environment(path: Path, variables: dict[str, str]) -> None:
    """A file for a shell to source, readable by its owner only."""
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()]
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
