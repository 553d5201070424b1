"""Calling the callback of a run: with what was said, and again with what it has itself called with."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Mapping
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Protocol

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.db import connections
from django.utils import timezone

from chatinterface import events, tree
from chatinterface.begun import Begun
from chatinterface.callbacks import at_work, outputs
from chatinterface.contents import heard
from chatinterface.conversations import Exchange
from chatinterface.hooks import ButtonEvent
from chatinterface.inputs import Entered
from chatinterface.interface import ChatInterface
from chatinterface.models import Message
from chatinterface.recollection import History
from chatinterface.runs import records
from chatinterface.runs.aside import Aside
from chatinterface.runs.persisting import persistently
from chatinterface.runs.port import RunPort
from chatinterface.runs.turns import Turns
from chatinterface.runs.writer import Writer
from chatinterface.session import ChatSession
from chatinterface.threads import in_database

logger = logging.getLogger("chatinterface.runs")


class Called(Protocol):
    """Something to be called in a run."""

    async def begin(self, interface: ChatInterface, session: ChatSession) -> AsyncGenerator[Any]:
        """Call it; what it says is iterated, and closed where that ends before it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What the callback is called with: a message, what was entered by it, and what was said before."""

    message: Message
    given: Mapping[str, Any]
    history: History

    async def begin(self, interface: ChatInterface, session: ChatSession) -> AsyncGenerator[Any]:
        """See Called."""
        said = await heard(interface, self.message, self.given["message"])
        values = {
            **self.given,
            "message": said,
            "contents": said,
            "history": self.history,
            "user": self.message.user_name,
            "instance": session,
        }
        args, kwargs = interface.binding.arguments(values)
        return outputs(interface.function, *args, **kwargs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What was begun, with all that its run needs of the database."""

    interface: ChatInterface
    exchange: Begun
    call: Called
    # The messages that the pages are to add; None where they have been told.
    added: events.Frame | None
    # The message that is new with its reply, if there is one.
    asked: Message | None = None
    # Whether saying nothing is nothing unusual: then no message is left of it.
    quiet: bool = False
    # The buttons by which it was begun, and that have something to do when it has ended.
    then: tuple[ButtonEvent, ...] = ()


def call_of(interface: ChatInterface, exchange: Begun, message: Message, entered: Entered | None = None) -> Call:
    """Read what a call needs. What was ``entered`` just now is given as it is; else it is what the message has kept."""
    asked = exchange.question if isinstance(exchange, Exchange) else None
    return Call(
        message=message,
        given=records.given(interface, exchange.conversation, message, entered, asked),
        history=records.history(interface, message) if "history" in interface.binding.wanted else [],
    )


class Calls:
    """The calls of one run, on its event loop: what they say goes to its writer."""

    def __init__(
        self, job: Job, session: ChatSession, port: RunPort, writer: Writer, turns: Turns, aside: Aside
    ) -> None:
        self._interface = job.interface
        self._exchange = job.exchange
        self._first = job.call
        self._quiet = job.quiet
        self._session = session
        self._port = port
        self._writer = writer
        self._turns = turns
        self._aside = aside
        # The threads that it was given, which may go on when nobody listens any more.
        self.work: list[Future[None]] = []
        # How many values there were, and how many of them were texts that continued the one before.
        self._count = self._continued = 0

    async def renew(self) -> None:
        """It has waited: it is called with what those before it have said."""
        self._first = await persistently(
            self._exchange.run, self._renewed, failed="What was said meanwhile could not be read", event="claim.failed"
        )

    async def make(self) -> None:
        """Call it, and again for as long as it asks for that."""
        call: Called | None = self._first
        while call is not None:
            await self._call(call)
            call = await self._next()
        self._advise()

    async def _call(self, call: Called) -> None:
        values = await call.begin(self._interface, self._session)
        at_work.set(self.work.append)
        previous = ""
        try:
            async with RunThread(), aclosing(values):
                async for value in values:
                    if self._exchange.run.first_output_at is None:
                        self._exchange.run.first_output_at = timezone.now()
                    self._count += 1
                    value = await self._aside.split(value)
                    if type(value) is str:
                        self._continued, previous = self._continued + value.startswith(previous), value
                    if not self._turns.idle:
                        await self._turns.drained()
                    if value is not None:
                        await self._writer.take(value)
                await self._writer.conclude()
                await self._aside.conclude()
        except SystemExit as error:
            # As it is, it would end the event loop, and with it the server.
            raise RuntimeError("The callback wanted to exit") from error

    async def _next(self) -> Call | None:
        """What it has itself called with, of what is still shown."""
        await self._turns.drained()
        while self._port.responses:
            await self._writer.pause()
            call = await in_database(self._following, self._port.responses.popleft())
            if call is not None:
                return call
            extra = {"event": "response.outdated", "chat": self._interface.name}
            logger.warning(
                "What the callback of %r wanted to answer is not shown any more.", extra["chat"], extra=extra
            )
        return None

    def _renewed(self) -> Called:
        exchange, first = self._exchange, self._first
        if not (isinstance(exchange, Exchange) and isinstance(first, Call)):
            records.refresh(exchange.conversation)
            return first
        question = exchange.question
        history = records.renewed(self._interface, exchange)
        if not question.running:
            return replace(first, history=history)
        question.refresh_from_db(fields=["parts", "html", "status", "metadata"])
        given = records.given(self._interface, exchange.conversation, question)
        return replace(first, history=history, given=given)

    def _following(self, pk: int | None) -> Call | None:
        shown = tree.path(self._exchange.conversation).exclude(pk__in=[each.message.pk for each in self._writer.open])
        message = (shown if pk is None else shown.filter(pk=pk)).last()
        return call_of(self._interface, self._exchange, message) if message is not None else None

    def _advise(self) -> None:
        if self._count == 0 and self._writer.silent and not self._quiet:
            extra = {"event": "callback.silent", "chat": self._interface.name}
            logger.warning("The callback of %r returned nothing: its reply is empty.", extra["chat"], extra=extra)
        elif self._interface.yields == "text" and self._count > 2 and self._continued == 1:
            logger.warning(
                "The callback of %r yielded %s texts, none of which continued the one before, so that only the last is "
                'shown. If it yields pieces of the reply, declare yields="tokens".',
                self._interface.name,
                self._count,
                extra={"event": "callback.discontinuous", "chat": self._interface.name},
            )


class RunThread(ThreadSensitiveContext):
    """Gives one run a thread of its own for ``sync_to_async``, the async ORM's calls among them.

    Unlike its base, leaving it does not wait for a call that is still under way, and closes the thread's connections.
    """

    async def __aexit__(self, *exc: object) -> None:
        executor = SyncToAsync.context_to_thread_executor.pop(self, None)
        if executor is not None:
            executor.submit(connections.close_all)
            executor.shutdown(wait=False)
        assert self.token is not None, "it was entered"
        SyncToAsync.thread_sensitive_context.reset(self.token)
