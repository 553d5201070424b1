"""Sockets that come and go, each as another kind of visitor leaves."""

import asyncio
import base64
import os
from itertools import count
from typing import Any

from benchmarks.load.visitor import Site

HEADER_END = b"\r\n\r\n"

# A close frame as a browser sends it that goes away, masked with nothing.
GOODBYE = b"\x88\x82\x00\x00\x00\x00\x03\xe9"

# How many come at once.
ABREAST = 20


async def churn(site: Site, path: str, total: int) -> None:
    """Connect so many sockets to a path, and leave in turn: politely, torn off when open, torn off in the handshake.

    Raises ConnectionError where one that waits for the answer is not let in.
    """
    numbers = count()

    async def come_and_go() -> None:
        while (number := next(numbers)) < total:
            await LEAVING[number % len(LEAVING)](*await _knock(site, path))

    async with asyncio.TaskGroup() as group:
        for _ in range(ABREAST):
            group.create_task(come_and_go())


async def _knock(site: Site, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(site.host, site.port)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {site.host}:{site.port}",
        f"Origin: {site.origin}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
    ]
    writer.write("\r\n".join(lines).encode() + HEADER_END)
    return reader, writer


async def _politely(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _admitted(reader)
    writer.write(GOODBYE)
    await reader.read()
    writer.close()


async def _when_open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _admitted(reader)
    _tear(writer.transport)


async def _in_handshake(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await writer.drain()
    _tear(writer.transport)


LEAVING = (_politely, _when_open, _in_handshake)


async def _admitted(reader: asyncio.StreamReader) -> None:
    answer = await reader.readuntil(HEADER_END)
    if not answer.startswith(b"HTTP/1.1 101"):
        raise ConnectionError(answer.partition(b"\r\n")[0].decode())


def _tear(transport: Any) -> None:
    transport.abort()
