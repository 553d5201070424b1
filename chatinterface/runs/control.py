"""How a run is spoken to, from any process: through its group of the channel layer."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from contextlib import suppress
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from chatinterface import events
from chatinterface.pulse import pulse

logger = logging.getLogger("chatinterface.runs")

# Seconds before the channel layer is tried again after it failed.
RECOVERY = 1.0


class Controlled(Protocol):
    """What can be asked of a run."""

    def stop(self) -> None: ...
    def press_stop(self) -> None: ...
    def snapshot(self, message: int) -> list[events.Frame]: ...
    def wake(self) -> None: ...
    def told(self, key: str, value: object) -> None: ...


class Control:
    """The runs of one event loop, and the task that listens for what is asked of them while there are any."""

    def __init__(self) -> None:
        self._runs: dict[int, Controlled] = {}
        self._channel = ""
        self._listener: asyncio.Task[None] | None = None
        self._lost: asyncio.Future[None] | None = None
        self._opening = asyncio.Lock()

    async def add(self, reply: int, run: Controlled) -> None:
        """From now on the run gets what is asked of it; without a channel layer, from when there is one again."""
        self._runs[reply] = run
        async with self._opening:
            if self._listener is None:
                with suppress(events.Away):
                    await self._open()
                self._listen_anew()
        if self._channel:
            try:
                await events.join(events.reply_group(reply), self._channel)
            except events.Away:
                self._listen_anew(lost=True)

    async def discard(self, reply: int) -> None:
        """The run has ended."""
        self._runs.pop(reply, None)
        channel = self._channel
        if not self._runs:
            self._close()
        if channel:
            await events.leave(events.reply_group(reply), channel)

    async def _open(self) -> None:
        """Have a channel, in the groups of all runs. Raises Away."""
        channel = await events.new_channel()
        try:
            for reply in list(self._runs):
                await events.join(events.reply_group(reply), channel)
        except events.Away:
            await events.forget(channel)
            raise
        self._channel = channel
        self._lost = pulse().watch()
        self._lost.add_done_callback(self._told)

    def _close(self) -> None:
        self._lose()
        if self._listener is not None:
            self._listener.cancel()
            self._listener = None

    def _lose(self) -> None:
        self._channel = ""
        if self._lost is not None:
            self._lost.cancel()
            self._lost = None

    def _told(self, lost: asyncio.Future[None]) -> None:
        if not lost.cancelled():
            self._listen_anew(lost=True)

    def _listen_anew(self, *, lost: bool = False) -> None:
        if lost:
            self._close()
        self._listener = asyncio.create_task(self._listen(), context=contextvars.Context())

    async def _listen(self) -> None:
        while True:
            try:
                if not self._channel:
                    await asyncio.sleep(RECOVERY)
                    await self._open()
                await self._handle(await events.receive(self._channel))
            except events.Away:
                # It is in the log already.
                self._lose()
            except Exception:
                logger.exception("Listening for the control of runs failed", extra={"event": "control.failed"})
                self._lose()

    async def _handle(self, message: dict[str, Any]) -> None:
        run = self._runs.get(message["message"])
        if run is None:
            return
        if message["type"] == events.STOP:
            (run.press_stop if message.get("pressed") else run.stop)()
        elif message["type"] == events.SNAPSHOT:
            for frame in run.snapshot(message["message"]):
                await events.answer(message["channel"], frame)
        elif message["type"] == events.WAKE:
            run.wake()
        elif message["type"] == events.TELL:
            run.told(message["key"], message["value"])


_controls: WeakKeyDictionary[asyncio.AbstractEventLoop, Control] = WeakKeyDictionary()


def control() -> Control:
    """The control of the running event loop."""
    return _controls.setdefault(asyncio.get_running_loop(), Control())
