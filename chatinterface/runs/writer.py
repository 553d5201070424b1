"""All that one run writes: its messages, of which the one that the callback's values go to is the reply."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar, TypeVarTuple

from chatinterface import chains, events, hooks, replies
from chatinterface.begun import Begun
from chatinterface.content.components.base import Part
from chatinterface.content.said import Said, said
from chatinterface.exceptions import Ended
from chatinterface.interface import ChatInterface
from chatinterface.models import Message, Run
from chatinterface.presentation import added_frame, settled_frame
from chatinterface.runs.failures import Failure
from chatinterface.runs.persisting import persistently
from chatinterface.runs.writing import Writing
from chatinterface.threads import in_database
from chatinterface.withdrawal import By

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# Does what the database may be away for, until it is done; None where the conversation is gone.
Persist = Callable[[Callable[[], events.Frame]], Awaitable[events.Frame | None]]


class Writer:
    """Belongs to the event loop of its run. While the run goes on, at least one of its messages is open."""

    def __init__(
        self,
        interface: ChatInterface,
        begun: Begun,
        joined: Callable[[int], Awaitable[None]],
        *,
        quiet: bool = False,
    ) -> None:
        self._interface = interface
        # Told of each message that is added.
        self._joined = joined
        self._conversation = begun.conversation
        self._run = begun.run
        # Whether no message is left where nothing was said; and what all of its messages have in their metadata.
        self._quiet = quiet
        self._metadata = dict(begun.reply.metadata)
        self._whole = interface.yields == "text"
        # Whether a text is more than what is said: a piece of one is shown by no renderer.
        self._special = bool(interface.reasoning_tags or (interface.renderers and self._whole))
        # Set when pages were told to fetch what may not be stored yet.
        self._fetched = asyncio.Event()
        self.reply: Writing | None = self._writing(begun.reply)
        # The messages that can still be written to, in the order of the log.
        self.open: list[Writing] = [self.reply]
        # Those that one list of the callback stands for.
        self._rows: list[Writing] = []
        self._last: object = None
        # How many messages are complete already.
        self.completed = 0
        # What is being written to the log, and whether nothing more is.
        self._commits: set[asyncio.Task[Any]] = set()
        self._finished = False
        # Whether the callback has taken messages off the path.
        self._turned = False

    @property
    def silent(self) -> bool:
        """Whether nothing was said or done yet."""
        return not (self.completed or self._turned) and all(each.silent for each in self.open)

    async def wait(self, interval: float) -> None:
        """Wait until it is time to store what was said: so many seconds, or less where pages fetch a part of it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(interval):
                await self._fetched.wait()
        self._fetched.clear()

    async def take(self, value: object) -> None:
        """Take what the callback has yielded or returned."""
        reply = self.reply
        if type(value) is str and not self._special and not (self._whole and reply is not None and reply.mixed):
            reply = reply or await self.begin()
            await (reply.stream.replace if self._whole else reply.stream.add)(value)
        elif self._whole:
            self._last = value
            await self._tell(value)
        else:
            await self._add(value)

    async def conclude(self) -> None:
        """The callback has returned: what was said last is all of the reply, and the renderers see the whole text."""
        if self._whole and self._interface.renderers and self._last is not None:
            await self._tell(self._last, whole=True)

    async def pause(self) -> None:
        """The callback is going to be called again: what it has said is complete."""
        await self._tell_all()
        for writing in [each for each in self.open if not each.silent]:
            if writing is self.reply:
                self.reply = None
            await self.complete(writing)
        self._rows, self._last = [], None

    async def turn(self, count: int | None, by: By) -> list[Message]:
        """Take the last ``count`` messages off the path, or all, and go on behind those that stay; returns them."""
        if self._finished:
            raise Ended
        return await self._commit(self._turn(count, by))

    async def begin(self, user: str = "", avatar: str = "") -> Writing:
        """Go on in a message of its own, which is the reply from now on."""
        self.reply = await self.add(user, avatar)
        return self.reply

    async def add(self, user: str = "", avatar: str = "") -> Writing:
        """Add a message to the log. The reply gives its place to it, where nothing has been said in it yet."""
        if self.reply is not None and self.reply.pristine:
            writing, self.reply = self.reply, None
            await self._author(writing, user, avatar)
            return writing
        if self._finished:
            raise Ended
        return await self._commit(self._append(user, avatar))

    async def complete(self, writing: Writing) -> None:
        """Nothing more is written to this message; the run goes on."""
        if len(self.open) == 1:
            self.reply = None
            await self.begin()
        writing.end("success")
        await writing.stream.finish()
        frame = await self._written(self._completed, writing, Message.Status.DONE)
        self.open.remove(writing)
        self.completed += 1
        await self.publish(frame)
        hooks.completed(self._interface, self._conversation, writing.message)

    async def finish(self, status: str) -> None:
        """Nothing follows in any message: publish what is left, of which steps that have not ended get this status."""
        await self._tell_all()
        self._finished = True
        if self._commits:
            await asyncio.wait(self._commits)
        for writing in self.open:
            writing.end(status)
            await writing.stream.finish()

    def snapshot(self, message: int) -> list[events.Frame]:
        """All that was published so far of a message, in one frame; none where it is complete."""
        return [each.stream.snapshot() for each in self.open if each.message.pk == message]

    def unstored(self) -> dict[int, list[Part] | None]:
        """The parts of each open message by its id; None where nothing was said since it was last stored."""
        return {
            each.message.pk: each.flow.stored() if each.reply.version != each.stored else None for each in self.open
        }

    def versions(self) -> list[tuple[Writing, int]]:
        """How far the open messages are."""
        return [(each, each.reply.version) for each in self.open]

    async def _tell_all(self) -> None:
        # What may have been the beginning of a tag is none.
        if self._whole and self._interface.reasoning_tags and self._last is not None:
            await self._tell(self._last, whole=True)

    async def _tell(self, value: object, *, whole: bool = False) -> None:
        messages = said(value, self._interface.reasoning_tags, whole=whole)
        for index, message in enumerate(messages):
            if index == len(self._rows):
                self._rows.append(await self._row(index, message))
            writing = self._rows[index]
            await self._author(writing, message.user, message.avatar)
            await writing.tell(message, whole=whole)
        for writing in self._rows[len(messages) :]:
            await writing.tell(Said())

    async def _row(self, index: int, message: Said) -> Writing:
        if index == 0:
            return self.reply or await self.begin(message.user, message.avatar)
        return await self.add(message.user, message.avatar)

    async def _add(self, value: object) -> None:
        for index, message in enumerate(said(value)):
            reply = self.reply or await self.begin(message.user, message.avatar)
            other = bool(message.user) and message.user != reply.message.user_name
            if (index or other) and not reply.pristine:
                following = await self.begin(message.user, message.avatar)
                await self.complete(reply)
                reply = following
            await self._author(reply, message.user, message.avatar)
            await reply.add(message)

    async def _author(self, writing: Writing, user: str, avatar: str) -> None:
        message = writing.message
        user = user or message.user_name
        avatar = avatar or (message.avatar if user == message.user_name else "")
        if (message.user_name, message.avatar) != (user, avatar):
            await self._commit(self._rename(writing, user, avatar))

    async def _commit(self, change: Coroutine[Any, Any, T]) -> T:
        """Change the log. Not cancelled with who waits for it: what is committed must be known, to be told."""
        task = asyncio.create_task(change)
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)
        return await asyncio.shield(task)

    async def _rename(self, writing: Writing, user: str, avatar: str) -> Writing:
        await self.publish(await self._written(self._renamed, writing.message, user, avatar))
        if not writing.pristine:
            # The frame has the message without what was said in it, which only patches can go on from.
            await writing.stream.show_anew()
        return writing

    async def settle(self, persist: Persist, status: Message.Status, failed: Failure | None) -> list[Message]:
        """Store all messages for good, the reply as the last one, and end the run; returns those that were stored."""
        reply = self.reply or self.open[-1]
        rest = [each for each in self.open if each is not reply]
        silent = [each for each in rest if each.silent]
        said = [each for each in rest if not each.silent]
        others = bool(said or self.completed or self._turned)
        if reply.silent and self._superfluous(status, failed, others=others):
            silent.append(reply)
        else:
            said.append(reply)
        for writing in silent:
            ended = Run.Status(status) if not said and writing is silent[-1] else None
            await self._store(persist, partial(self._withdrawn, writing, ended, failed))
        for writing in said[:-1]:
            await self._store(persist, partial(self._completed, writing, status))
        for writing in said[-1:]:
            await self._store(persist, partial(self._ended, writing, status, failed))
        for writing in said:
            hooks.completed(self._interface, self._conversation, writing.message)
        return [each.message for each in said]

    def _superfluous(self, status: Message.Status, failed: Failure | None, *, others: bool) -> bool:
        """Whether a message in which nothing was said has nothing to show, either."""
        if self._quiet:
            return not (failed and failed["text"])
        return others and status == Message.Status.DONE

    async def _store(self, persist: Persist, store: Callable[[], events.Frame]) -> None:
        frame = await persist(store)
        if frame is not None:
            await self.publish(frame)

    async def publish(self, frame: events.Frame) -> None:
        """Tell the pages of the conversation."""
        await events.publish(self._conversation.uuid, frame)

    def _writing(self, message: Message) -> Writing:
        return Writing(self._interface, self._conversation, message, self._fetched.set)

    async def _written(self, change: Callable[[*Ts], events.Frame], *args: *Ts) -> events.Frame:
        """Make a change that may be made twice: whether the first was, nobody knows where the database goes away."""
        failed = "A message could not be stored"
        return await persistently(self._run, change, *args, failed=failed, event="store.failed")

    async def _turn(self, count: int | None, by: By) -> list[Message]:
        for writing in self.open:
            writing.end("success")
            await writing.stream.finish()
            if not writing.silent:
                await self.publish(await self._written(self._completed, writing, Message.Status.DONE))
                hooks.completed(self._interface, self._conversation, writing.message)
        silent = [each.message.pk for each in self.open if each.silent]
        turned = await in_database(
            chains.turn, self._interface, self._run, count, by, silent=silent, metadata=self._metadata
        )
        self.reply = self._writing(turned.message)
        self.open, self._rows, self._last, self._turned = [self.reply], [], None, True
        self._conversation.revision = turned.revision
        await self.publish({"type": events.LOG_CHANGED, "revision": turned.revision})
        await self._joined(turned.message.pk)
        return turned.taken

    async def _append(self, user: str, avatar: str) -> Writing:
        message, frame = await in_database(self._added, user, avatar)
        writing = self._writing(message)
        self.open.append(writing)
        await self.publish(frame)
        await self._joined(message.pk)
        return writing

    def _added(self, user: str, avatar: str) -> tuple[Message, events.Frame]:
        message, revision = chains.go_on(
            self._interface, self._run, user_name=user, avatar=avatar, metadata=self._metadata
        )
        return message, self._announced(message, revision)

    def _renamed(self, message: Message, user: str, avatar: str) -> events.Frame:
        return self._announced(
            message, chains.rename(self._interface, self._run, message, user_name=user, avatar=avatar)
        )

    def _announced(self, message: Message, revision: int) -> events.Frame:
        self._conversation.revision = revision
        return added_frame(self._interface, self._conversation, [message])

    def _completed(self, writing: Writing, status: Message.Status) -> events.Frame:
        shown, parts, html = writing.flow.shown(), writing.flow.stored(), writing.flow.final()
        revision = replies.complete(writing.message, status=status, parts=parts, html=html)
        return self._settled(writing, revision, shown)

    def _ended(self, writing: Writing, status: Message.Status, failed: Failure | None) -> events.Frame:
        shown, parts, html = writing.flow.shown(), writing.flow.stored(), writing.flow.final()
        revision = replies.settle(writing.message, self._run, status=status, parts=parts, html=html, failure=failed)
        if self._turned:
            # What was taken can be brought back now, which pages are told with their log.
            return {"type": events.LOG_CHANGED, "revision": revision}
        return self._settled(writing, revision, shown)

    def _withdrawn(self, writing: Writing, ended: Run.Status | None, failed: Failure | None) -> events.Frame:
        revision = chains.withdraw(self._run, writing.message, ended=ended, failure=failed)
        if self._turned:
            return {"type": events.LOG_CHANGED, "revision": revision}
        return {"type": events.MESSAGE_ADDED, "revision": revision, "removed": [writing.message.pk], "html": ""}

    def _settled(self, writing: Writing, revision: int, shown: str) -> events.Frame:
        return settled_frame(
            self._interface,
            self._conversation,
            writing.message,
            revision=revision,
            shown=shown,
            seq=writing.stream.seq,
        )
