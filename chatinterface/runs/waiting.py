"""Waiting to begin: for those before a run in its conversation, then for a place of its chat in this process.

A run that waits is an entry in a list: it holds no thread, no database connection and no place, and all that wait on
an event loop cost a few queries a second together. First it waits for its conversation, then for a place, so that
nobody is kept out by a run that could not begin.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from weakref import WeakKeyDictionary

from django.db import DatabaseError, InterfaceError

from chatinterface import conf, events, metrics, queueing
from chatinterface.begun import Begun
from chatinterface.exceptions import Replaced
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Run
from chatinterface.outages import away
from chatinterface.queueing import Way
from chatinterface.runs import workers
from chatinterface.runs.line import line
from chatinterface.runs.persisting import persistently
from chatinterface.runs.stopping import stop_reply
from chatinterface.threads import in_database

logger = logging.getLogger("chatinterface.runs")

# Seconds between two times that pages are told of a place in line.
PACE = 0.5


class Waiter:
    """One run, until its place is free again. It belongs to the event loop that it was made on."""

    def __init__(self, interface: ChatInterface, exchange: Begun, tell: Callable[[int], Awaitable[None]]) -> None:
        self.run: Run = exchange.run
        self.conversation = exchange.conversation.pk
        # Whether those before it are to be stopped.
        self.interrupts = exchange.way is Way.INTERRUPT
        # Whether it waits, and its place in line then: 1 is the next one, 0 where it is not known yet.
        self.waits = self.run.status == Run.Status.QUEUED
        self.place = 0
        self._interface = interface
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._moved = asyncio.Event()
        # Runs before it in the conversation that it waits for: None while nobody has looked.
        self._ahead: int | None = None if self.waits and exchange.way is not Way.GO else 0
        # Its number in the line of the chat: None while it does not stand there, 0 with a place.
        self._number: int | None = None
        self._told: tuple[int, float] | None = None
        self._stopped = self._lost = False

    async def admitted(self) -> bool:
        """Wait until it may begin, unless it is stopped; False where it was taken for lost meanwhile, or by another."""
        try:
            if self.run.worker == workers.ANY:
                await self._turned(partial(queueing.take, worker=workers.here()))
            if self._ahead != 0 or not self._has_place():
                if not self.waits:
                    self.waits = True
                    await self._turned(queueing.hold_back)
                await self._wait()
            if self.waits and not self._stopped and not self._lost:
                await self._turned(queueing.claim)
                self.waits = False
        except Replaced:
            return False
        return not self._lost

    def stop(self) -> None:
        """Wait no longer."""
        self._stopped = True
        self._moved.set()

    def leave(self) -> None:
        """From any thread: its place is free."""
        if self._number is not None:
            line(self._interface).leave(self, self._interface.places)

    def heard(self, ahead: list[int] | None) -> None:
        """How many are before it in its conversation: None where it was taken for lost."""
        if ahead is None:
            self._lost = True
        elif self._ahead is None or self._ahead > len(ahead):
            self._ahead = len(ahead)
        self._moved.set()

    def stand(self, number: int) -> bool:
        """See line.Standing."""
        self._number = number
        try:
            self._loop.call_soon_threadsafe(self._moved.set)
        except RuntimeError:
            return False
        return True

    async def _wait(self) -> None:
        keeper().add(self)
        metrics.runs_waiting.add(1, self._interface.name)
        try:
            while not (self._stopped or self._lost or (self._ahead == 0 and self._has_place())):
                self.place = self._ahead or self._number or 0
                await self._say()
                await self._moved.wait()
                self._moved.clear()
        finally:
            metrics.runs_waiting.add(-1, self._interface.name)
            keeper().discard(self)

    async def _turned(self, turn: Callable[[Run], None]) -> None:
        await persistently(self.run, turn, self.run, failed="A run could not be claimed", event="claim.failed")

    def _has_place(self) -> bool:
        if self._number is None:
            places = self._interface.places
            if places is None:
                return True
            self._number = 0
            if not line(self._interface).enter(self, places):
                return False
        return self._number == 0

    async def _say(self) -> None:
        now = self._loop.time()
        place, at = self._told or (None, now - PACE)
        if self.place in (place, 0):
            return
        if now - at >= PACE:
            self._told = self.place, now
            await self._tell(self.place)
        else:
            self._loop.call_later(at + PACE - now, self._moved.set)


class Keeper:
    """Looks after all that wait on one event loop: renews their leases, and sees whose turn it is."""

    def __init__(self) -> None:
        self._waiters: dict[int, Waiter] = {}
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def add(self, waiter: Waiter) -> None:
        """Look after this one too."""
        self._waiters[waiter.run.pk] = waiter
        self._woken.set()
        if self._task is None:
            # A context of its own: it outlives the run that it was made for.
            self._task = asyncio.create_task(self._keep(), context=contextvars.Context())

    def discard(self, waiter: Waiter) -> None:
        """It waits no longer."""
        self._waiters.pop(waiter.run.pk, None)
        if not self._waiters:
            # Not cancelled: what it is telling others is said.
            self._woken.set()

    def wake(self, conversation: int) -> None:
        """A run of this conversation has ended: look whose turn it is, if anybody waits here."""
        if any(each.conversation == conversation for each in self._waiters.values()):
            self._woken.set()

    async def _keep(self) -> None:
        while self._waiters:
            self._woken.clear()
            try:
                await self._look()
            except (DatabaseError, InterfaceError) as error:
                away("Runs that wait could not be looked after: %s", error, event="queue.failed")
            except Exception:
                logger.exception("Looking after runs that wait failed", extra={"event": "queue.failed"})
            with suppress(TimeoutError):
                async with asyncio.timeout(conf.get().checkpoint):
                    await self._woken.wait()
        # What was waited for knows the event loop, which may end before this process.
        self._woken, self._task = asyncio.Event(), None

    async def _look(self) -> None:
        waiters = dict(self._waiters)
        standing = await in_database(queueing.look, list(waiters))
        for pk in waiters.keys() & self._waiters.keys():
            waiters[pk].heard(standing.ahead.get(pk))
        stopped = {run for pk, waiter in waiters.items() if waiter.interrupts for run in standing.ahead.get(pk, ())}
        if stopped:
            await stop(stopped)
        for conversation in standing.changed:
            changed = {"type": events.LOG_CHANGED, "revision": conversation.revision}
            await events.publish(conversation.uuid, changed)


async def stop(runs: Iterable[int]) -> None:
    """Stop these runs, wherever they are."""
    for message in await in_database(queueing.unfinished, runs):
        await stop_reply(message)


async def wake_others(interface: ChatInterface, conversation: Conversation) -> None:
    """A run of this conversation has ended: whoever waits for that is told."""
    keeper().wake(conversation.pk)
    if interface.takes_turns:
        # Those that wait in other processes; without this they would find out by themselves.
        with suppress(DatabaseError, InterfaceError):
            for message in await in_database(queueing.waiting, conversation):
                await events.wake(message)


_keepers: WeakKeyDictionary[asyncio.AbstractEventLoop, Keeper] = WeakKeyDictionary()


def keeper() -> Keeper:
    """The keeper of the running event loop."""
    return _keepers.setdefault(asyncio.get_running_loop(), Keeper())
