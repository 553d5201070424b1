"""What a reply has said so far, and how it reaches the open pages: as patches, at a measured pace."""

from __future__ import annotations

import asyncio
from uuid import UUID

from chatinterface import events
from chatinterface.content.changes import Change
from chatinterface.content.incremental import Patch
from chatinterface.content.live import LiveReply
from chatinterface.runs.pace import WIDEST, pace


class ReplyStream:
    """The parts of one reply while it is being written. It belongs to the event loop that it was made on."""

    def __init__(self, conversation: UUID, message: int, reply: LiveReply | None = None) -> None:
        self.reply = reply or LiveReply()
        self._conversation = conversation
        self._message = message
        self._loop = asyncio.get_running_loop()
        self._pace = pace()
        # The number of the last patch.
        self.seq = 0
        self._flushing = asyncio.Lock()
        self._finished = False
        # When the next patch may be published, and since when there is something to publish.
        self._due = 0.0
        self._waiting = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._flusher: asyncio.Task[None] | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more is taken."""
        return self._finished

    async def add(self, text: str) -> None:
        """Take what is added to the reply. The first output is published at once."""
        if not self._finished:
            self.reply.flow.write(text)
            await self.pace()

    async def replace(self, text: str) -> None:
        """Take the whole reply so far. The first output is published at once."""
        if not self._finished:
            self.reply.flow.say(text)
            await self.pace()

    async def flush(self) -> None:
        """Publish what changed since the last time."""
        async with self._flushing:
            began = self._loop.time()
            late = max(began - max(self._due, self._waiting), 0.0)
            self._timer, self._due = None, began + WIDEST
            patch, changes = self.reply.patch()
            if patch is not None:
                self.seq += 1
                await events.publish(self._conversation, self._frame(patch, changes))
            self._due = self._pace.after(began, late=late, took=self._loop.time() - began)
            if self._timer is not None:
                # Set meanwhile, for what came after this patch was made.
                self._timer.cancel()
                self._timer = self._loop.call_at(self._due, self._flush_soon)

    async def show_anew(self) -> None:
        """Publish all that was said so far to pages that show nothing of it any more."""
        await self.flush()
        async with self._flushing:
            self.seq += 1
            await events.publish(self._conversation, self.snapshot())

    async def finish(self) -> None:
        """Publish what is left; nothing more is taken after it."""
        self._finished = True
        if self._timer is not None:
            self._timer.cancel()
        await self.flush()
        if self._flusher is not None:
            # It may have been made just now: the event loop may end with the reply.
            await asyncio.wait({self._flusher})

    def snapshot(self) -> events.Frame:
        """The frame that shows all that was published so far to a page that shows nothing of it."""
        return self._frame(*self.reply.snapshot())

    async def pace(self) -> None:
        """Publish what was done to the reply when it is due: the first output at once."""
        if self.seq == 0:
            self._due = self._waiting = self._loop.time()
            await self.flush()
        elif self._timer is None:
            self._waiting = self._loop.time()
            self._timer = self._loop.call_at(self._due, self._flush_soon)
        if self._pace.is_greedy():
            await asyncio.sleep(0)

    def _flush_soon(self) -> None:
        self._flusher = self._loop.create_task(self.flush())

    def _frame(self, patch: Patch, changes: list[Change]) -> events.Frame:
        frame: events.Frame = {"type": events.MESSAGE_PATCH, "message": self._message, "seq": self.seq}
        frame |= _encoded(patch)
        if changes:
            frame["changes"] = [_encoded_change(change) for change in changes]
        return frame


def _encoded(patch: Patch) -> events.Frame:
    frame: events.Frame = {"keep": patch.keep, "tail": patch.tail, "commit": patch.commit}
    return {**frame, "reset": True} if patch.reset else frame


def _encoded_change(change: Change) -> events.Frame:
    if change.patch is not None:
        return {"part": change.part, **_encoded(change.patch)}
    kind = "shell" if change.html is None else "html"
    return {"part": change.part, kind: change.shell if change.html is None else change.html}
