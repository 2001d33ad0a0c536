# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CONNECT proxy that knows `*.azure.emulator` only.

Token audiences and vault names need host names; nobody's name service knows ours. Clients that honour HTTPS_PROXY reach
them here, and nothing else: every other host is refused, so a test that strays cannot leave the machine.
"""

from __future__ import annotations

import asyncio
import re

from names import DOMAIN

End = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HEAD_LIMIT = 8192
_CONNECT = re.compile(rb"^CONNECT ([A-Za-z0-9.-]+):443 HTTP/1\.[01]\r\n")


class Proxy:
    """The proxy, and what is connected to it: the ends of its tunnels."""

    def __init__(self, server: asyncio.Server, ends: set[asyncio.StreamWriter]) -> None:
        self._server, self._ends = server, ends
        self.port: int = server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Stop listening and hang up on everyone: what copies from end to end comes to its own end then."""
        self._server.close()
        for writer in self._ends:
            writer.transport.abort()


async def serve(port: int, target_port: int) -> Proxy:
    """Listen on loopback and tunnel to `target_port` there."""
    ends: set[asyncio.StreamWriter] = set()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.add(writer)
        try:
            if await _admitted(reader, writer):
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target_port)
                ends.add(far_writer)
                await _tunnel((reader, writer), (far_reader, far_writer))
                ends.discard(far_writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client went away or does not speak HTTP: nobody is left to tell
        finally:
            writer.close()
            ends.discard(writer)

    return Proxy(await asyncio.start_server(client, "127.0.0.1", port, limit=HEAD_LIMIT), ends)


async def _admitted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Whether the client asks for a host that this proxy knows; any other is refused."""
    found = _CONNECT.match(await reader.readuntil(b"\r\n\r\n"))
    if found and found[1].decode().lower().endswith("." + DOMAIN):
        return True
    writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()
    return False


async def _tunnel(near: End, far: End) -> None:
    near[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await asyncio.gather(_copy(near[0], far[1]), _copy(far[0], near[1]))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while block := await reader.read(65536):
            writer.write(block)
            await writer.drain()
    except ConnectionError:
        pass  # one side hung up: closing the other side ends the tunnel
    finally:
        writer.close()
