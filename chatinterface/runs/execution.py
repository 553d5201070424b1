"""The life of a run: have its callback called, settle its reply."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils import translation

from chatinterface import events, hooks
from chatinterface.conversations import Exchange
from chatinterface.exceptions import Held, Replaced
from chatinterface.hooks import ButtonEvent
from chatinterface.inputs import Entered
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.outages import away
from chatinterface.presentation import added_frame, state_frame
from chatinterface.presses import BUTTON
from chatinterface.replies import Kept
from chatinterface.runs.aside import Aside
from chatinterface.runs.calling import Calls, call_of
from chatinterface.runs.calling import Job as Job
from chatinterface.runs.checkpoints import checkpoints
from chatinterface.runs.control import control
from chatinterface.runs.ending import running
from chatinterface.runs.failures import Failure, failure
from chatinterface.runs.measuring import measured
from chatinterface.runs.persisting import persistently
from chatinterface.runs.port import RunPort
from chatinterface.runs.pressing import prepare_following
from chatinterface.runs.telling import settled, tell_list
from chatinterface.runs.turns import Turns
from chatinterface.runs.waiting import Waiter, keeper, wake_others
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


def prepare(
    interface: ChatInterface, exchange: Exchange, entered: Entered | None = None, then: tuple[ButtonEvent, ...] = ()
) -> Job:
    """Read what a run needs, and render the messages that the pages are to add, in place of those that are gone.

    What was ``entered`` just now is given as it is; else it is what the question has kept of it.
    """
    added = [exchange.reply] if exchange.answers else [exchange.question, exchange.reply]
    if not exchange.answers:
        # Nobody can have answered what is new.
        exchange.reply.versions = [exchange.reply.pk]
    return Job(
        interface=interface,
        exchange=exchange,
        call=call_of(interface, exchange, exchange.question, entered),
        added=added_frame(interface, exchange.conversation, added, exchange.removed),
        asked=None if exchange.answers else exchange.question,
        then=then,
    )


async def announce(job: Job) -> None:
    """Tell the pages, the visitor's list and the site of what was begun, where nobody has told them."""
    conversation = job.exchange.conversation
    if job.added is None:
        return
    await events.publish(conversation.uuid, job.added)
    if job.asked is not None:
        hooks.completed(job.interface, conversation, job.asked)
    await tell_list(job.interface, conversation)


async def start(job: Job) -> asyncio.Task[None]:
    """Tell the pages of a committed exchange, and execute its run in this process.

    It can be stopped as soon as this returns; the task ends when the reply is settled.
    """
    executed = RunInProcess(job)
    task = running.begin(executed.execute(), executed.interrupt)
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
        self._job = job
        self._exchange = exchange = job.exchange
        self._interface = interface = job.interface
        # The buttons that have something to do when it has ended.
        self._then = [*job.then]
        # The ids of the messages that it is spoken to about.
        self._controlled: list[int] = []
        self._waiter = Waiter(interface, exchange, self._tell_place)
        self._turns = Turns()
        self._writer = Writer(interface, exchange, self._join, quiet=job.quiet)
        aside = self._aside = Aside(interface, exchange)
        self._port = RunPort(exchange.run, self._writer, self._turns, self.stop)
        self._session = ChatSession(interface=interface, conversation=exchange.conversation, _port=self._port)
        self._calls = Calls(job, self._session, self._port, self._writer, self._turns, aside)
        self._replaced = self._settled = False
        self._interrupted = False
        self._over = asyncio.Event()
        self._producer: asyncio.Task[None] | None = None
        self._error: BaseException | None = None

    def stop(self) -> None:
        """Cancel the callback; what it does not finish within the grace time is left behind."""
        if self._port.stopped:
            return
        self._port.stopped = True
        self._waiter.stop()
        if self._producer is not None:
            self._producer.cancel()
        asyncio.get_running_loop().call_later(GRACE, self._over.set)

    def press_stop(self) -> None:
        """The button that stops it was pressed, which may have something to do when it has ended."""
        # What the button does itself afterwards is stopped and nothing else.
        follows = self._exchange.reply.metadata.get(BUTTON) != "stop"
        if follows and not self._port.stopped and self._interface.pressable("stop").post_callback is not None:
            self._then.append(ButtonEvent(name="stop"))
        self.stop()

    def interrupt(self) -> None:
        """Stop, because the process ends: its reader is told so, and can have it tried again."""
        self._interrupted = not self._port.stopped or self._interrupted
        self.stop()

    def snapshot(self, message: int) -> list[events.Frame]:
        """All that was published so far of a message, and its place in line."""
        frames = self._writer.snapshot(message)
        return [*frames, self._state(self._waiter.place)] if frames and self._waiter.waits else frames

    def wake(self) -> None:
        """It may be its turn."""
        keeper().wake(self._waiter.conversation)

    def told(self, key: str, value: object) -> None:
        """Somebody says what the callback waits for."""
        self._port.told(key, value)

    async def execute(self) -> None:
        """Announce, produce, settle; then what follows takes its place."""
        with translation.override(self._exchange.conversation.language or settings.LANGUAGE_CODE):
            await self._execute()
            if self._settled:
                await self._follow()
        if self._error is not None and self._interface.callback_exception == "raise" and not self._port.stopped:
            raise self._error

    async def _execute(self) -> None:
        try:
            await self._join(self._exchange.reply.pk)
            await announce(self._job)
            self.announced.set()
            if await self._admitted():
                with measured(self._exchange):
                    await self._run()
        finally:
            self.announced.set()
            self._leave()
            for message in self._controlled:
                await control().discard(message)
            await wake_others(self._interface, self._exchange.conversation)

    async def _admitted(self) -> bool:
        """Wait for its turn and its place; False where it was taken for lost meanwhile. See waiting.Waiter."""
        waited = self._waiter.waits
        if not await self._waiter.admitted():
            return False
        if not self._waiter.waits:
            if waited:
                try:
                    await self._calls.renew()
                except Replaced:
                    return False
            if self._exchange.reply.status == Message.Status.QUEUED:
                self._exchange.reply.status = Message.Status.RUNNING
                await self._writer.publish(self._state(None))
        return True

    async def _tell_place(self, place: int) -> None:
        self._exchange.reply.status = Message.Status.QUEUED
        await self._writer.publish(self._state(place))

    def _state(self, place: int | None) -> events.Frame:
        return state_frame(self._interface, self._exchange.reply, place)

    def _leave(self) -> None:
        """Give up its place, once nothing of the callback is left: a thread that does not heed a stop works on."""
        left = [each for each in (self._producer, *self._calls.work) if each is not None and not each.done()]
        if left:
            left[0].add_done_callback(lambda _done: self._leave())
        else:
            self._waiter.leave()

    async def _join(self, message: int) -> None:
        self._controlled.append(message)
        await control().add(message, self)

    async def _run(self) -> None:
        keeper = asyncio.create_task(self._keep())
        try:
            self._producer = asyncio.create_task(self._calls.make())
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
            self._settled = True

    async def _follow(self) -> None:
        for event in self._then:
            if running.ending:
                self._leave_out(event, "the server ends")
                continue
            try:
                job = await in_database(prepare_following, self._interface, self._exchange.conversation.pk, event)
            except Conversation.DoesNotExist:
                self._leave_out(event, "the conversation was deleted")
            else:
                await run(job)

    def _leave_out(self, event: ButtonEvent, reason: str) -> None:
        name, button = self._interface.name, event.name
        extra = {"event": "button.unfollowed", "chat": name, "button": button}
        logger.warning("What follows the button %r of %r was left out: %s", button, name, reason, extra=extra)

    async def _wait_for_turns(self) -> None:
        """What the callback has asked for is done; after a stop, what takes no longer than the grace time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE if self._port.stopped else None):
                await self._turns.drained()

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
        run = self._exchange.run.pk
        while True:
            await self._writer.wait(checkpoints().until_next())
            try:
                versions, said = self._writer.versions(), self._writer.unstored()
                revision = await checkpoints().store(Kept(self._exchange.run, said))
                for writing, version in versions:
                    writing.stored = version
            except Replaced:
                self._replaced = True
                self.stop()
                return
            except Held:
                logger.debug("A checkpoint waits for the next", extra={"event": "checkpoint.held", "run": run})
            except (DatabaseError, InterfaceError) as error:
                away("A checkpoint failed: %s", error, event="checkpoint.failed", run=run)
            except Exception:
                # Without any that follow, the run would count as lost.
                logger.exception("A checkpoint failed", extra={"event": "checkpoint.failed", "run": run})
            else:
                if revision is not None:
                    changed = {"type": events.LOG_CHANGED, "revision": revision}
                    await events.publish(self._exchange.conversation.uuid, changed)

    async def _persisted(self, store: Callable[[], events.Frame]) -> events.Frame | None:
        run = self._exchange.run
        try:
            return await persistently(run, store, failed="A reply could not be stored", event="store.failed")
        except (Conversation.DoesNotExist, Replaced):
            extra = {"event": "run.abandoned", "run": run.pk}
            logger.info("The conversation of run %s was deleted or has gone on without it", run.pk, extra=extra)
            return None

    async def _tell_list(self) -> None:
        await tell_list(self._interface, self._exchange.conversation)

    async def _signal(self, message: Message) -> None:
        send = settled(self._interface, self._exchange.conversation, message)
        if send is not None:
            await asyncio.get_running_loop().run_in_executor(callbacks(), as_request, send)
