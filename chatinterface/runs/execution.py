"""The life of a run: iterate its callback, settle its reply."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.utils import timezone, translation

from chatinterface import conf, conversations, events
from chatinterface.callbacks import outputs
from chatinterface.content.values import text_of
from chatinterface.conversations import Exchange
from chatinterface.exceptions import Replaced
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.presentation import added_frame, settled_frame
from chatinterface.runs import records
from chatinterface.runs.control import control
from chatinterface.runs.failures import Failure, failure
from chatinterface.runs.stream import ReplyStream
from chatinterface.session import ChatSession
from chatinterface.signals import reply_settled
from chatinterface.threads import as_request, callbacks, in_database

logger = logging.getLogger("chatinterface.runs")

# Seconds that a stopped callback has for its ``finally`` before its reply is settled without it.
GRACE = 1.0

# Seconds to wait before each further try to store a reply while the database is away.
RETRIES = (0.2, 1.0, 3.0, 9.0, 27.0)

_tasks: set[asyncio.Task[None]] = set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A committed exchange, with all that its run needs of the database."""

    interface: ChatInterface
    exchange: Exchange
    history: records.History
    added: events.Frame


def prepare(interface: ChatInterface, exchange: Exchange, removed: Sequence[int] = ()) -> Job:
    """Read what a run needs, and render the messages that the pages are to add in place of those in ``removed``."""
    added = [exchange.reply] if removed else [exchange.question, exchange.reply]
    return Job(
        interface=interface,
        exchange=exchange,
        history=records.history(exchange.question) if "history" in interface.binding.wanted else [],
        added=added_frame(interface, exchange.conversation, added, removed),
    )


async def start(job: Job) -> asyncio.Task[None]:
    """Tell the pages of a committed exchange, and execute its run in this process.

    It can be stopped as soon as this returns; the task ends when the reply is settled.
    """
    executed = RunInProcess(job)
    # A context of its own: the request's would lend the run a thread that ends with the request. All is done in the
    # task: a visitor who goes away in the middle of the request cancels what the request does itself.
    task = asyncio.create_task(executed.execute(), context=contextvars.Context())
    _tasks.add(task)
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
        self._stream = ReplyStream(exchange.conversation.uuid, exchange.reply.pk)
        self._session = ChatSession(
            interface=interface, conversation=exchange.conversation, _stopped=lambda: self._stopping
        )
        self._stopping = False
        self._replaced = False
        self._over = asyncio.Event()
        self._producer: asyncio.Task[None] | None = None
        self._error: BaseException | None = None

    def stop(self) -> None:
        """Cancel the callback; what it does not finish within the grace time is left behind."""
        if self._stopping:
            return
        self._stopping = True
        if self._producer is not None:
            self._producer.cancel()
        asyncio.get_running_loop().call_later(GRACE, self._over.set)

    def snapshot(self) -> events.Frame:
        """All that was published so far, in one frame."""
        return self._stream.snapshot()

    async def execute(self) -> None:
        """Announce, produce, settle."""
        try:
            await control().add(self._exchange.reply.pk, self)
            await events.publish(self._exchange.conversation.uuid, self._added)
            self.announced.set()
            with translation.override(self._exchange.conversation.language or settings.LANGUAGE_CODE):
                await self._run()
        finally:
            self.announced.set()
            await control().discard(self._exchange.reply.pk)

    async def _run(self) -> None:
        keeper = asyncio.create_task(self._keep())
        try:
            self._producer = asyncio.create_task(self._produce())
            self._producer.add_done_callback(self._produced)
            if self._stopping:
                self._producer.cancel()
            await self._over.wait()
            await self._stream.finish()
            status, failed = await self._outcome()
        finally:
            keeper.cancel()
        if not self._replaced:
            await self._settle(status, failed)
        if self._error is not None and self._interface.callback_exception == "raise" and not self._stopping:
            raise self._error

    async def _produce(self) -> None:
        values = {
            "message": self._exchange.question.text,
            "contents": self._exchange.question.text,
            "history": self._history,
            "user": self._exchange.question.user_name,
            "instance": self._session,
        }
        args, kwargs = self._interface.binding.arguments(values)
        whole = self._interface.yields == "text"
        take = self._stream.replace if whole else self._stream.add
        count, continued, previous = 0, 0, ""
        try:
            async with RunThread():
                async for value in outputs(self._interface.function, *args, **kwargs):
                    if self._exchange.run.first_output_at is None:
                        self._exchange.run.first_output_at = timezone.now()
                    text = text_of(value)
                    count += 1
                    if whole:
                        continued, previous = continued + text.startswith(previous), text
                    await take(text)
        except SystemExit as error:
            # As it is, it would end the event loop, and with it the server.
            raise RuntimeError("The callback wanted to exit") from error

        self._advise(count, continued)

    def _advise(self, count: int, continued: int) -> None:
        if count == 0:
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
        if self._stopping:
            return Message.Status.STOPPED, None
        if self._error is None:
            return Message.Status.DONE, None
        return Message.Status.FAILED, await failure(self._error, self._session)

    async def _keep(self) -> None:
        stored = ""
        while True:
            await asyncio.sleep(conf.get().checkpoint)
            text = self._stream.markdown.text
            try:
                revision = await in_database(
                    conversations.checkpoint,
                    self._exchange.reply,
                    self._exchange.run,
                    None if text == stored else text,
                )
                stored = text
            except Replaced:
                self._replaced = True
                self.stop()
                return
            except (DatabaseError, InterfaceError) as error:
                logger.warning("A checkpoint failed: %s", error)
            else:
                if revision is not None:
                    changed = {"type": events.LOG_CHANGED, "revision": revision}
                    await events.publish(self._exchange.conversation.uuid, changed)

    async def _settle(self, status: Message.Status, failed: Failure | None) -> None:
        shown = self._stream.markdown.html
        for delay in (*RETRIES, None):
            try:
                frame = await in_database(self._store, status, failed, shown)
            except Conversation.DoesNotExist:
                logger.info("The conversation of run %s was deleted while it ran", self._exchange.run.pk)
                return
            except (OperationalError, InterfaceError) as error:
                if delay is None:
                    raise
                logger.warning("A reply could not be stored, trying again in %s s: %s", delay, error)
                await asyncio.sleep(delay)
            else:
                await events.publish(self._exchange.conversation.uuid, frame)
                await self._signal()
                return

    async def _signal(self) -> None:
        # Receivers are the site's code, and may take their time: they get a callback's thread.
        send = partial(
            reply_settled.send_robust,
            type(self._interface),
            interface=self._interface,
            conversation=self._exchange.conversation,
            message=self._exchange.reply,
        )
        if reply_settled.has_listeners(type(self._interface)):
            await asyncio.get_running_loop().run_in_executor(callbacks(), as_request, send)

    def _store(self, status: Message.Status, failed: Failure | None, shown: str) -> events.Frame:
        exchange, markdown = self._exchange, self._stream.markdown
        html = markdown.finish()
        revision = conversations.settle(
            exchange.reply, exchange.run, status=status, text=markdown.text, html=html, failure=failed
        )
        return settled_frame(
            self._interface,
            exchange.conversation,
            exchange.reply,
            revision=revision,
            shown=shown,
            seq=self._stream.seq,
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


def _report(task: asyncio.Task[None]) -> None:
    _tasks.discard(task)
    error = None if task.cancelled() else task.exception()
    if error is not None:
        task.get_loop().call_exception_handler({"message": "A run raised", "exception": error, "task": task})
