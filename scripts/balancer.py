"""Which process of a site gets a request: each the next one, websockets too, and no visitor keeps theirs."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress

# The longest head of a request, in bytes.
LONGEST_HEAD = 64 * 1024

CONNECTION = re.compile(rb"(?im)^(?:connection|keep-alive):.*\r\n")
UPGRADE = re.compile(rb"(?im)^upgrade:")
NOBODY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Balancer:
    """A proxy before several ports of this machine. A process that takes no connections is passed over."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = list(ports)
        self._turn = 0

    async def listen(self, port: int) -> asyncio.Server:
        """Take connections on a port; 0 for any that is free."""
        return await asyncio.start_server(self._accept, "127.0.0.1", port, limit=LONGEST_HEAD)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            onward = await self._next(head)
            if onward is None:
                writer.write(NOBODY)
                return
            onward[1].write(single(head))
            await asyncio.gather(_pump(reader, onward[1]), _pump(onward[0], writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _next(self, head: bytes) -> Ends | None:
        for _ in self._ports:
            port = self._ports[self._turn]
            self._turn = (self._turn + 1) % len(self._ports)
            with suppress(OSError):
                ends = await asyncio.open_connection("127.0.0.1", port)
                self.given(head.split(b" ", 2)[1].decode("latin-1"), port)
                return ends
        return None

    def given(self, path: str, port: int) -> None:
        """Called with what is asked for, and the port of the process that gets it."""


def single(head: bytes) -> bytes:
    """The head of a request after whose answer the connection ends, so that the next request comes by a new one."""
    if UPGRADE.search(head):
        return head
    first, rest = head.split(b"\r\n", 1)
    return first + b"\r\nConnection: close\r\n" + CONNECTION.sub(b"", rest)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
