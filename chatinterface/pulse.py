"""Whether this process hears the channel layer: a layer in memory always, one that is a server until it is away.

A message of its own goes out to the layer now and then, and has to come back. While it does not, nothing of what other
processes say arrives here, and nobody would tell the pages: their sockets are closed, for them to try elsewhere.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from contextlib import suppress
from weakref import WeakKeyDictionary

from chatinterface import events

logger = logging.getLogger("chatinterface.layer")

# Seconds between two messages, and until one that has not come back counts as lost.
INTERVAL = 2.0
PATIENCE = 5.0


class Pulse:
    """One event loop's; it beats while somebody watches."""

    def __init__(self) -> None:
        self._watching: set[asyncio.Future[None]] = set()
        self._beating: asyncio.Task[None] | None = None

    def watch(self) -> asyncio.Future[None]:
        """A future that ends when the layer is lost. Who does not watch any more cancels it."""
        watched: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watching.add(watched)
        watched.add_done_callback(self._unwatched)
        if self._beating is None and events.may_fail():
            self._beating = asyncio.create_task(self._beat(), context=contextvars.Context())
        return watched

    def _unwatched(self, watched: asyncio.Future[None]) -> None:
        self._watching.discard(watched)
        if not self._watching and self._beating is not None:
            self._beating.cancel()
            self._beating = None

    async def _beat(self) -> None:
        try:
            channel = await events.new_channel()
            try:
                while True:
                    # A layer that has no room for it is there.
                    if await events.beat(channel):
                        async with asyncio.timeout(PATIENCE):
                            await events.receive(channel)
                    await asyncio.sleep(INTERVAL)
            finally:
                await events.forget(channel)
        except (events.Away, TimeoutError) as error:
            extra = {"event": "layer.lost", "error": type(error).__name__}
            logger.warning("The channel layer is away; %s listeners are told", len(self._watching), extra=extra)
        self._beating = None
        for watched in list(self._watching):
            with suppress(asyncio.InvalidStateError):
                watched.set_result(None)


_pulses: WeakKeyDictionary[asyncio.AbstractEventLoop, Pulse] = WeakKeyDictionary()


def pulse() -> Pulse:
    """The pulse of the running event loop."""
    return _pulses.setdefault(asyncio.get_running_loop(), Pulse())
