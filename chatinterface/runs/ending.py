"""What becomes of the runs of a process that is asked to end: they go on for a while, then what they said is stored."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from twisted.internet.defer import Deferred

from chatinterface import conf

logger = logging.getLogger("chatinterface.runs")

# What a process is asked to end by.
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Running:
    """What this process does for runs: it executes them, or hands them over."""

    def __init__(self) -> None:
        # Each task with what has it end at once.
        self.tasks: dict[asyncio.Task[None], Callable[[], None]] = {}
        # Whether the process was asked to end.
        self.ending = False
        self._heeding = False

    def begin(
        self, work: Coroutine[Any, Any, None], interrupt: Callable[[], None] = lambda: None
    ) -> asyncio.Task[None]:
        """Do it in a task, for which the process waits when it is asked to end; by then, ``interrupt`` is called.

        All is done in the task: a visitor who goes away in the middle of the request cancels what that does itself.
        """
        # A context of its own: the request's would lend a run a thread that ends with the request.
        task = asyncio.create_task(work, context=contextvars.Context())
        self.tasks[task] = interrupt
        task.add_done_callback(self._done)
        self._heed_server()
        return task

    async def end(self) -> None:
        """Let the runs of this event loop go on for as long as the settings say, interrupt them, and wait for it all.

        A reply that is interrupted is stored with all that was said, and can be tried again.
        """
        self.ending = True
        if tasks := self._here():
            seconds = conf.get().shutdown
            extra = {"event": "server.ending", "runs": len(tasks)}
            logger.info("The server ends: %s replies have %g s to be completed", len(tasks), seconds, extra=extra)
            await asyncio.wait(tasks, timeout=seconds)
        while tasks := self._here():
            for task in tasks:
                self.tasks[task]()
            await asyncio.wait(tasks)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.pop(task, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            task.get_loop().call_exception_handler({"message": "A run raised", "exception": error, "task": task})

    def _here(self) -> set[asyncio.Task[None]]:
        loop = asyncio.get_running_loop()
        return {task for task in self.tasks if task.get_loop() is loop}

    def _heed_server(self) -> None:
        """Daphne speaks no lifespan protocol, by which other servers tell that they end: its reactor is asked."""
        reactor: Any = sys.modules.get("twisted.internet.reactor")
        if not self._heeding and getattr(reactor, "running", False):
            self._heeding = True
            reactor.addSystemEventTrigger("before", "shutdown", self._shut_down, reactor)

    def _shut_down(self, reactor: Any) -> Deferred[None]:
        # Else the server would take connections until the last reply is stored, and drop them then.
        for reader in reactor.getReaders():
            if hasattr(reader, "stopListening"):
                reader.stopListening()
        return Deferred.fromFuture(asyncio.ensure_future(self.end()))


running = Running()


@contextmanager
def signals_held(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """In a worker process: a signal that ends it has the runs of this loop end first, and does what it does after that.

    Without effect outside of the main thread, where no signals arrive.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: dict[int, None] = {}
    ending: list[asyncio.Task[None]] = []

    def hold(number: int, _frame: FrameType | None) -> None:
        if not received:
            loop.call_soon_threadsafe(end)
        received[number] = None

    def end() -> None:
        ending.append(loop.create_task(running.end()))

    heeded = [number for number in SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None)]
    before = {number: signal.signal(number, hold) for number in heeded}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        for number in received:
            signal.raise_signal(number)
