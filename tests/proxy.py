"""A TCP proxy whose connections a test can cut: a browser that is told to be offline keeps its open websockets."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

# How the request for a websocket begins.
HANDSHAKE = b"GET /ws/"


class Proxy:
    """Listens on a port of its own and passes everything to the other one, until it is told not to."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._flowing = asyncio.Event()
        self._upgrading = asyncio.Event()

    def __enter__(self) -> "Proxy":
        self._thread.start()
        self.restore()
        return self

    def __exit__(self, *exception: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """End all connections at once, as a router that is switched off; new ones are taken."""
        self._call(self._cut())

    def refuse(self) -> None:
        """End all connections, and take no new ones."""
        self._call(self._refuse())

    def restore(self) -> None:
        """Take connections again, on the same port, and let them flow."""
        self._call(self._restore())

    def hold(self) -> None:
        """Pass nothing on, in both directions, with the connections open: a line that has gone dead."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def hold_sockets(self) -> None:
        """From now on let no websocket open; all else flows."""
        self._loop.call_soon_threadsafe(self._upgrading.clear)

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    async def _restore(self) -> None:
        self._flowing.set()
        self._upgrading.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def _close(self) -> None:
        await self._refuse()
        pumps = asyncio.all_tasks() - {asyncio.current_task()}
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    async def _cut(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._cuttable(writer):
            try:
                onward_reader, onward = await asyncio.open_connection("127.0.0.1", self.target)
            except OSError:
                writer.transport.abort()
                return
            if writer.is_closing():
                onward.transport.abort()
                return
            with self._cuttable(onward):
                await asyncio.gather(self._pump(reader, onward), self._pump(onward_reader, writer))

    @contextmanager
    def _cuttable(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        self._writers.add(writer)
        try:
            yield
        finally:
            self._writers.remove(writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._flowing.wait()
                if data.startswith(HANDSHAKE):
                    await self._upgrading.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()
