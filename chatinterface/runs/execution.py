"""The life of a run: iterate its callback, settle its reply."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.utils import timezone, translation

from chatinterface import conf, events, replies
from chatinterface.callbacks import outputs
from chatinterface.contents import heard
from chatinterface.conversations import Exchange
from chatinterface.exceptions import Replaced
from chatinterface.inputs import Entered
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.presentation import added_frame
from chatinterface.recollection import History
from chatinterface.runs import records
from chatinterface.runs.aside import Aside
from chatinterface.runs.control import control
from chatinterface.runs.ending import running
from chatinterface.runs.failures import Failure, failure
from chatinterface.runs.port import RunPort
from chatinterface.runs.telling import settled, tell_list
from chatinterface.runs.turns import Turns
from chatinterface.runs.writer import Writer
from chatinterface.session import ChatSession
from chatinterface.threads import as_request, callbacks, in_database

logger = logging.getLogger("chatinterface.runs")

# What becomes of a step that has not ended when its reply has.
STEPS = {
    Message.Status.DONE: "success",
    Message.Status.STOPPED: "stopped",
    Message.Status.INTERRUPTED: "stopped",
    Message.Status.FAILED: "failed",
}

# Seconds that a stopped callback has for its ``finally`` before its reply is settled without it.
GRACE = 1.0

# Seconds to wait before each further try to store a reply while the database is away: five minutes in all.
RETRIES = (0.2, 1.0, *[3.0] * 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A committed exchange, with all that its run needs of the database."""

    interface: ChatInterface
    exchange: Exchange
    history: History
    added: events.Frame
    # What was entered, as the callback gets it: the message, and the values of the inputs below the chat.
    given: Mapping[str, Any]


def prepare(interface: ChatInterface, exchange: Exchange, entered: Entered | None = None) -> Job:
    """Read what a run needs, and render the messages that the pages are to add, in place of those that are gone.

    What was ``entered`` just now is given as it is; else it is what the question has kept of it.
    """
    added = [exchange.reply] if exchange.answers else [exchange.question, exchange.reply]
    return Job(
        interface=interface,
        exchange=exchange,
        history=records.history(interface, exchange.question) if "history" in interface.binding.wanted else [],
        added=added_frame(interface, exchange.conversation, added, exchange.removed),
        given=records.given(interface, exchange.conversation, exchange.question, entered),
    )


async def start(job: Job) -> asyncio.Task[None]:
    """Tell the pages of a committed exchange, and execute its run in this process.

    It can be stopped as soon as this returns; the task ends when the reply is settled.
    """
    executed = RunInProcess(job)
    # A context of its own: the request's would lend the run a thread that ends with the request. All is done in the
    # task: a visitor who goes away in the middle of the request cancels what the request does itself.
    task = asyncio.create_task(executed.execute(), context=contextvars.Context())
    running.add(task, executed)
    task.add_done_callback(_report)
    await executed.announced.wait()
    return task


async def run(job: Job) -> None:
    """Start it, and wait for its end."""
    await asyncio.wait({await start(job)})


class RunInProcess:
    """One run, executed by this process's event loop."""

    def __init__(self, job: Job) -> None:
        # Set when the pages have been told of the exchange, and the run can be stopped.
        self.announced = asyncio.Event()
        self._added = job.added
        self._exchange = exchange = job.exchange
        self._interface = interface = job.interface
        self._history = job.history
        self._given = job.given
        # The ids of the messages that it is spoken to about.
        self._controlled: list[int] = []
        self._turns = Turns()
        self._writer = Writer(interface, exchange, self._join)
        self._aside = Aside(interface, exchange.conversation, exchange.reply)
        self._port = RunPort(exchange.run, self._writer, self._turns, self.stop)
        self._session = ChatSession(interface=interface, conversation=exchange.conversation, _port=self._port)
        self._replaced = False
        self._interrupted = False
        self._over = asyncio.Event()
        self._producer: asyncio.Task[None] | None = None
        self._error: BaseException | None = None

    def stop(self) -> None:
        """Cancel the callback; what it does not finish within the grace time is left behind."""
        if self._port.stopped:
            return
        self._port.stopped = True
        if self._producer is not None:
            self._producer.cancel()
        asyncio.get_running_loop().call_later(GRACE, self._over.set)

    def interrupt(self) -> None:
        """Stop, because the process ends: its reader is told so, and can have it tried again."""
        self._interrupted = not self._port.stopped or self._interrupted
        self.stop()

    def snapshot(self, message: int) -> events.Frame | None:
        """All that was published so far of a message, in one frame."""
        return self._writer.snapshot(message)

    def told(self, key: str, value: object) -> None:
        """Somebody says what the callback waits for."""
        self._port.told(key, value)

    async def execute(self) -> None:
        """Announce, produce, settle."""
        try:
            await self._join(self._exchange.reply.pk)
            await events.publish(self._exchange.conversation.uuid, self._added)
            await self._tell_list()
            self.announced.set()
            with translation.override(self._exchange.conversation.language or settings.LANGUAGE_CODE):
                await self._run()
        finally:
            self.announced.set()
            for message in self._controlled:
                await control().discard(message)

    async def _join(self, message: int) -> None:
        self._controlled.append(message)
        await control().add(message, self)

    async def _run(self) -> None:
        keeper = asyncio.create_task(self._keep())
        try:
            self._producer = asyncio.create_task(self._produce())
            self._producer.add_done_callback(self._produced)
            if self._port.stopped:
                self._producer.cancel()
            await self._over.wait()
            await self._wait_for_turns()
            status, failed = await self._outcome()
            await self._writer.finish(STEPS[status])
            await self._aside.finish()
        finally:
            self._port.close()
            keeper.cancel()
        if not self._replaced:
            stored = await self._writer.settle(self._persisted, status, failed)
            await self._tell_list()
            for message in stored:
                await self._signal(message)
        if self._error is not None and self._interface.callback_exception == "raise" and not self._port.stopped:
            raise self._error

    async def _wait_for_turns(self) -> None:
        """What the callback has asked for is done; after a stop, what takes no longer than the grace time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE if self._port.stopped else None):
                await self._turns.drained()

    async def _produce(self) -> None:
        said = await heard(self._interface, self._exchange.question, self._given["message"])
        values = {
            **self._given,
            "message": said,
            "contents": said,
            "history": self._history,
            "user": self._exchange.question.user_name,
            "instance": self._session,
        }
        args, kwargs = self._interface.binding.arguments(values)
        count, continued, previous = 0, 0, ""
        try:
            async with RunThread():
                async for value in outputs(self._interface.function, *args, **kwargs):
                    if self._exchange.run.first_output_at is None:
                        self._exchange.run.first_output_at = timezone.now()
                    count += 1
                    value = await self._aside.split(value)
                    if type(value) is str:
                        continued, previous = continued + value.startswith(previous), value
                    if not self._turns.idle:
                        await self._turns.drained()
                    if value is not None:
                        await self._writer.take(value)
                await self._writer.conclude()
        except SystemExit as error:
            # As it is, it would end the event loop, and with it the server.
            raise RuntimeError("The callback wanted to exit") from error

        self._advise(count, continued)

    def _advise(self, count: int, continued: int) -> None:
        if count == 0 and self._writer.silent:
            logger.warning("The callback of %r returned nothing: its reply is empty.", self._interface.name)
        elif self._interface.yields == "text" and count > 2 and continued == 1:
            logger.warning(
                "The callback of %r yielded %s texts, none of which continued the one before, so that only the last is "
                'shown. If it yields pieces of the reply, declare yields="tokens".',
                self._interface.name,
                count,
            )

    def _produced(self, producer: asyncio.Task[None]) -> None:
        self._error = asyncio.CancelledError() if producer.cancelled() else producer.exception()
        self._over.set()

    async def _outcome(self) -> tuple[Message.Status, Failure | None]:
        if self._port.stopped:
            return Message.Status.INTERRUPTED if self._interrupted else Message.Status.STOPPED, None
        if self._error is None:
            return Message.Status.DONE, None
        return Message.Status.FAILED, await failure(self._error, self._session)

    async def _keep(self) -> None:
        while True:
            await self._writer.wait(conf.get().checkpoint)
            try:
                versions, said = self._writer.versions(), self._writer.unstored()
                revision = await in_database(replies.checkpoint, self._exchange.run, said)
                for writing, version in versions:
                    writing.stored = version
            except Replaced:
                self._replaced = True
                self.stop()
                return
            except (DatabaseError, InterfaceError) as error:
                logger.warning("A checkpoint failed: %s", error)
            except Exception:
                # Without any that follow, the run would count as lost.
                logger.exception("A checkpoint failed")
            else:
                if revision is not None:
                    changed = {"type": events.LOG_CHANGED, "revision": revision}
                    await events.publish(self._exchange.conversation.uuid, changed)

    async def _persisted(self, store: Callable[[], events.Frame]) -> events.Frame | None:
        for delay in (*RETRIES, None):
            try:
                return await in_database(store)
            except (Conversation.DoesNotExist, Replaced):
                logger.info("The conversation of run %s was deleted or has gone on without it", self._exchange.run.pk)
                return None
            except (OperationalError, InterfaceError) as error:
                if delay is None:
                    raise
                logger.warning("A reply could not be stored, trying again in %s s: %s", delay, error)
                await asyncio.sleep(delay)
        return None

    async def _tell_list(self) -> None:
        await tell_list(self._interface, self._exchange.conversation)

    async def _signal(self, message: Message) -> None:
        send = settled(self._interface, self._exchange.conversation, message)
        if send is not None:
            await asyncio.get_running_loop().run_in_executor(callbacks(), as_request, send)


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


def _report(task: asyncio.Task[None]) -> None:
    running.tasks.pop(task, None)
    error = None if task.cancelled() else task.exception()
    if error is not None:
        task.get_loop().call_exception_handler({"message": "A run raised", "exception": error, "task": task})
