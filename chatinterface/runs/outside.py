"""What a session can have done that belongs to no run: the site's side of the port.

Each operation is a transaction, or a part of its caller's; what it has written is complete with it. Pages are told when
it is committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, NoReturn, ParamSpec, TypeVar, cast
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import transaction
from django.utils import translation

from chatinterface import events, hooks, serving, site
from chatinterface.content.components.base import Part
from chatinterface.content.flow import LivePart
from chatinterface.content.live import LiveReply
from chatinterface.content.said import Said, said
from chatinterface.events import Frame
from chatinterface.exceptions import OutsideRun
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message, Run
from chatinterface.port import Inquiry, Port
from chatinterface.presentation import added_frame, settled_frame
from chatinterface.runs import workers
from chatinterface.runs.calling import Job
from chatinterface.runs.execution import prepare, run, start
from chatinterface.runs.handover import hand_over, is_for_workers
from chatinterface.runs.making import Made, Maker
from chatinterface.runs.port import Shown
from chatinterface.runs.stopping import stop_reply
from chatinterface.runs.stream import ReplyStream
from chatinterface.runs.telling import tell_list
from chatinterface.runs.writing import Writing
from chatinterface.withdrawal import By

P = ParamSpec("P")
T = TypeVar("T")


class Site:
    """See port.Outside."""

    def find(self, conversation: Conversation | UUID | str) -> tuple[ChatInterface, Conversation]:
        """See Outside."""
        return site.find(conversation)

    def port(self, interface: ChatInterface, conversation: Conversation) -> Port:
        """See Outside."""
        return OutsidePort(interface, conversation)


class OutsidePort:
    """See port.Port. It is used from threads; async code visits one."""

    run: Run
    stopped = False

    def __init__(self, interface: ChatInterface, conversation: Conversation) -> None:
        self._interface = interface
        self._conversation = conversation
        self._locked = False
        # Where what belongs to no message in particular is shown.
        self._own: SiteWriting | None = None
        # What an operation has begun, and what it has written to.
        self._begun: list[SiteWriting] = []
        self._written: dict[SiteWriting, None] = {}
        self._asked = False

    @property
    def message(self) -> Message:
        """See Port."""
        raise OutsideRun("message")

    def stop(self) -> bool:
        """See Port. Whichever process writes the reply is told."""
        replies = site.writing(self._conversation)
        for reply in replies:
            transaction.on_commit(partial(serving.call, stop_reply, reply))
        return bool(replies)

    def do(self, operation: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
        """See Port. Raises Conversation.DoesNotExist where it was deleted meanwhile."""
        _refuse_loop()
        self._begun, self._written, self._asked, self._locked = [], {}, False, False
        language = self._conversation.language or settings.LANGUAGE_CODE
        with translation.override(language), transaction.atomic():
            result: T = _driven(operation())
            for writing in self._written:
                self._store(writing)
            if self._asked:
                exchange = site.respond(self._interface, self._conversation, workers.of(self._interface))
                transaction.on_commit(partial(_execute, prepare(self._interface, exchange)))
        return result

    async def ado(self, operation: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """See Port."""
        return cast("T", await sync_to_async(self.do)(operation))

    async def show(self, value: object, writing: SiteWriting | None = None) -> list[Shown]:
        """See Port. What is shown at the end of no message in particular has one of its own."""
        if writing is None:
            writing = self._own = self._own or await self.begin()
        shown = await self._opened(writing).show(value)
        return [Shown(writing, part) for part in shown]

    async def replace(self, shown: Shown, value: object) -> None:
        """See Port."""
        await self._opened(cast("SiteWriting", shown.writing)).replace(shown.part, value)

    async def begin(self, user: str = "", avatar: str = "") -> SiteWriting:
        """See Port."""
        self._lock()
        message = site.begin(self._interface, self._conversation, user, avatar)
        writing = SiteWriting(self._interface, self._conversation, message)
        self._begun.append(writing)
        self._written[writing] = None
        return writing

    async def say(self, writing: SiteWriting, value: object, *, replace: bool = False, whole: bool = False) -> None:
        """See Port."""
        opened = self._opened(writing)
        if replace:
            opened.give_up()
        for each in said(value)[:1] or [Said()]:
            await (opened.tell if replace else opened.add)(each, whole=whole)

    async def complete(self, writing: SiteWriting) -> None:
        """See Port."""

    async def add_step(self, part: Part, parent: Shown | None = None, writing: object = None) -> NoReturn:
        """See Port. A step that nobody ends would never end."""
        raise OutsideRun("add_step")

    async def turn_step(self, step: Shown, **changes: Any) -> NoReturn:
        """See Port."""
        raise OutsideRun("add_step")

    async def fill_step(self, step: Shown, value: object, *, replace: bool = False) -> NoReturn:
        """See Port."""
        raise OutsideRun("add_step")

    async def ask(self, inquiry: Inquiry) -> NoReturn:
        """See Port. Nobody would wait for the answer."""
        raise OutsideRun("prompt_user")

    async def respond(self, writing: object = None) -> None:
        """See Port. The message is the last one, by the lock that it was added under."""
        self._lock()
        self._asked = True

    async def turn(self, count: int | None, by: By) -> list[Message]:
        """See Port. Raises Busy while a reply is being written."""
        taken = site.take(self._conversation, count, by)
        if taken:
            self._publish({"type": events.LOG_CHANGED, "revision": self._conversation.revision})
        return taken

    async def store(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """See Port."""
        self._lock()
        return function(*args, **kwargs)

    async def publish(self, frame: Frame) -> None:
        """See Port."""
        self._publish(frame)

    def expect(self, key: str) -> NoReturn:
        """See Port."""
        raise OutsideRun("prompt_user")

    def _lock(self) -> None:
        if not self._locked:
            site.lock(self._conversation)
            self._locked = True

    def _opened(self, writing: SiteWriting) -> SiteWriting:
        """A message to be written to, as it is stored: what was rolled back was not said."""
        if writing not in self._begun:
            self._lock()
            writing.recall(self._conversation.messages.get(pk=writing.message.pk))
        self._written[writing] = None
        return writing

    def _store(self, writing: SiteWriting) -> None:
        message = writing.message
        message.parts, message.html = writing.flow.stored(), writing.flow.final()
        site.complete(self._conversation, message)
        if writing in self._begun:
            frame = added_frame(self._interface, self._conversation, [message])
        else:
            revision = self._conversation.revision
            frame = settled_frame(self._interface, self._conversation, message, revision=revision)
        self._publish(frame)
        transaction.on_commit(partial(hooks.completed, self._interface, self._conversation, message))

    def _publish(self, frame: Frame) -> None:
        transaction.on_commit(partial(serving.call, self._tell, frame))

    async def _tell(self, frame: Frame) -> None:
        await events.publish(self._conversation.uuid, frame)
        if frame.get("revision") is not None:
            await tell_list(self._interface, self._conversation)


class MakerHere(Maker):
    """Makes parts in the thread of its caller, and in their transaction."""

    async def made(self, value: object, names: Sequence[str] = ()) -> list[str | Made]:
        """See Maker."""
        return self.make(value, names)


class SiteWriting(Writing):
    """A message of the site: what is done to it is stored with that."""

    maker = MakerHere

    def recall(self, message: Message) -> None:
        """Go on from what is stored."""
        if self.flow.stored() == message.parts:
            return
        self.flow.cut(0)
        for part in message.parts:
            if part.get("type") == "text" and "id" not in part:
                self.flow.write(part["text"])
                continue
            shown = LivePart(self.reply, part, self._maker.html(part))
            self.flow.append(shown)
            if shown.flow is not None:
                shown.flow.write(part.get("text", ""))

    def _told(self) -> ReplyStream:
        return Untold(self.reply)


class Untold(ReplyStream):
    """What nobody follows while it is written."""

    def __init__(self, reply: LiveReply) -> None:
        self.reply = reply
        self.seq = 0
        self._finished = False

    async def flush(self) -> None:
        """See ReplyStream."""

    async def pace(self) -> None:
        """See ReplyStream."""


def _execute(job: Job) -> None:
    # Where nothing serves, no event loop outlives this call: it waits for the run's end.
    here = start if serving.loop() is not None else run
    serving.call(hand_over if is_for_workers(job) else here, job)


def _driven(operation: Coroutine[Any, Any, T]) -> T:
    """What an operation comes to that never waits: outside of a run, none does."""
    try:
        operation.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    operation.close()
    raise RuntimeError("An operation waits for an event loop, and there is none.")


def _refuse_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("This would hold up the event loop. Await the twin that begins with an a: asend() for send().")
