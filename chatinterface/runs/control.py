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
        # The channels that have joined the group of each run: this one's, and those that were lost.
        self._joined: dict[int, set[str]] = {}
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
                await self._join(reply, self._channel)
            except events.Away:
                self._listen_anew(lost=True)

    async def discard(self, reply: int) -> None:
        """The run has ended."""
        self._runs.pop(reply, None)
        if not self._runs:
            self._close()
        await self._leave(reply)

    async def _join(self, reply: int, channel: str) -> None:
        self._joined.setdefault(reply, set()).add(channel)
        await events.join(events.reply_group(reply), channel)
        if reply not in self._runs:
            # It has ended meanwhile.
            await self._leave(reply)

    async def _leave(self, reply: int, but: str = "") -> None:
        """Leave the group of a run by all channels that have joined it, but one."""
        joined = self._joined.pop(reply, set())
        if but in joined:
            self._joined[reply] = {but}
        for channel in joined - {but}:
            await events.leave(events.reply_group(reply), channel)

    async def _open(self) -> None:
        """Have a channel, in the groups of all runs, instead of those that were lost. Raises Away."""
        channel = await events.new_channel()
        try:
            for reply in list(self._runs):
                await self._join(reply, channel)
                await self._leave(reply, but=channel)
        except (events.Away, asyncio.CancelledError):
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
                    # Who is added meanwhile waits for it, and joins then.
                    async with self._opening:
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
