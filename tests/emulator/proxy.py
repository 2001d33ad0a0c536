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

HEAD_LIMIT = 8192
_CONNECT = re.compile(rb"^CONNECT ([A-Za-z0-9.-]+):443 HTTP/1\.[01]\r\n")


async def serve(port: int, target_port: int) -> asyncio.Server:
    """Listen on loopback and tunnel to `target_port` there."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _answer(reader, writer, target_port)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client went away or does not speak HTTP: nobody is left to tell
        finally:
            writer.close()

    return await asyncio.start_server(client, "127.0.0.1", port, limit=HEAD_LIMIT)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target_port: int) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    found = _CONNECT.match(head)
    if not found or not found[1].decode().lower().endswith("." + DOMAIN):
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        return
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target_port)
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await writer.drain()
    await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while block := await reader.read(65536):
            writer.write(block)
            await writer.drain()
    except ConnectionError:
        pass  # one side hung up: closing the other side ends the tunnel
    finally:
        writer.close()
