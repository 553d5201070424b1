"""What a reply has said so far, and how it reaches the open pages: as patches, at a measured pace."""

from __future__ import annotations

import asyncio
from uuid import UUID

from chatinterface import events
from chatinterface.content.incremental import IncrementalMarkdown, Patch

# Seconds between two patches, at least and at most.
INTERVAL = 0.03
WIDEST = 0.5

# How many times as long as a patch took, its lateness included, the next one waits: it keeps a loaded server
# responsive.
RELIEF = 4

# Seconds that a callback which never waits may hold the event loop.
SLICE = 0.001


class ReplyStream:
    """The text of one reply while it is being written. It belongs to the event loop that it was made on."""

    def __init__(self, conversation: UUID, message: int) -> None:
        self.markdown = IncrementalMarkdown()
        self._conversation = conversation
        self._message = message
        self._loop = asyncio.get_running_loop()
        # The number of the last patch.
        self.seq = 0
        self._flushing = asyncio.Lock()
        self._finished = False
        self._due = 0.0
        # Since when there is something to publish, and when the callback last went on.
        self._waiting = 0.0
        self._resumed = 0.0
        self._changed = asyncio.Event()
        self._flusher: asyncio.Task[None] | None = None

    async def add(self, text: str) -> None:
        """Take what is added to the reply. The first output is published at once."""
        if not self._finished:
            self.markdown.append(text)
            await self._pace()

    async def replace(self, text: str) -> None:
        """Take the whole reply so far. The first output is published at once."""
        if not self._finished:
            self.markdown.replace(text)
            await self._pace()

    async def flush(self) -> None:
        """Publish what changed since the last time."""
        async with self._flushing:
            self._changed.clear()
            patch = self.markdown.patch()
            if patch is not None:
                self.seq += 1
                await events.publish(self._conversation, self._frame(patch))

    async def finish(self) -> None:
        """Publish what is left; nothing more is taken after it."""
        self._finished = True
        if self._flusher is not None:
            # Not in the middle of a flush, which would be lost.
            async with self._flushing:
                self._flusher.cancel()
        await self.flush()

    def snapshot(self) -> events.Frame:
        """The frame that shows all that was published so far to a page that shows nothing of it."""
        return self._frame(self.markdown.snapshot())

    async def _pace(self) -> None:
        if self._flusher is None:
            await self.flush()
            self._due = self._loop.time() + INTERVAL
            self._flusher = asyncio.create_task(self._flush_when_due())
            return
        now = self._loop.time()
        if not self._changed.is_set():
            self._waiting = now
            self._changed.set()
        if now - self._resumed > SLICE:
            await asyncio.sleep(0)
            self._resumed = self._loop.time()

    async def _flush_when_due(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(self._due - self._loop.time())
            began = self._loop.time()
            late = began - max(self._due, self._waiting)
            await self.flush()
            spent = late + self._loop.time() - began
            self._due = began + min(max(INTERVAL, RELIEF * spent), WIDEST)

    def _frame(self, patch: Patch) -> events.Frame:
        frame: events.Frame = {
            "type": events.MESSAGE_PATCH,
            "message": self._message,
            "seq": self.seq,
            "keep": patch.keep,
            "tail": patch.tail,
            "commit": patch.commit,
        }
        return {**frame, "reset": True} if patch.reset else frame
