"""What a reply has said so far, and how it reaches the open pages: as patches, at a measured pace."""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

from chatinterface import events
from chatinterface.content.incremental import IncrementalMarkdown, Patch

# Seconds between two patches, at least and at most.
INTERVAL = 0.035
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
        # When the next patch may be published, and since when there is something to publish.
        self._due = 0.0
        self._waiting = 0.0
        # What this thread had worked when the callback was last held up for others.
        self._worked = 0.0
        self._timer: asyncio.TimerHandle | None = None
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
            began = self._loop.time()
            wanted = max(self._due, self._waiting)
            self._timer, self._due = None, began + INTERVAL
            patch = self.markdown.patch()
            if patch is not None:
                self.seq += 1
                await events.publish(self._conversation, self._frame(patch))
            spent = self._loop.time() - min(wanted, began)
            self._due = began + min(max(INTERVAL, RELIEF * spent), WIDEST)
            if self._timer is not None:
                # Set meanwhile, for what came after this patch was made.
                self._timer.cancel()
                self._timer = self._loop.call_at(self._due, self._flush_soon)

    async def finish(self) -> None:
        """Publish what is left; nothing more is taken after it."""
        self._finished = True
        if self._timer is not None:
            self._timer.cancel()
        await self.flush()

    def snapshot(self) -> events.Frame:
        """The frame that shows all that was published so far to a page that shows nothing of it."""
        return self._frame(self.markdown.snapshot())

    async def _pace(self) -> None:
        if self.seq == 0:
            self._due = self._waiting = self._loop.time()
            await self.flush()
        elif self._timer is None:
            self._waiting = self._loop.time()
            self._timer = self._loop.call_at(self._due, self._flush_soon)
        # The thread's own time stands still while a callback waits for something, and others go on.
        if time.thread_time() - self._worked > SLICE:
            await asyncio.sleep(0)
            self._worked = time.thread_time()

    def _flush_soon(self) -> None:
        self._flusher = self._loop.create_task(self.flush())

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
