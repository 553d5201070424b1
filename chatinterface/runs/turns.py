"""One thing after another: what callbacks and sessions want done in a run, in the order in which they ask for it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from chatinterface.exceptions import Ended

logger = logging.getLogger("chatinterface.runs")

T = TypeVar("T")

Operation = Callable[[], Awaitable[Any]]


class Turns:
    """Belongs to the event loop that it was made on. After close() nothing is taken any more."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Operation, asyncio.Future[Any]]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._closed = False

    @property
    def idle(self) -> bool:
        """Whether nothing waits, and nothing is being done."""
        return self._worker is None

    async def take(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Do it in its turn, and return what it returns. Raises Ended."""
        result: T = await self._add(operation)
        return result

    def queue(self, operation: Operation) -> None:
        """Do it in its turn; nobody waits for it, and what it raises is logged. Raises Ended."""
        self._add(operation).add_done_callback(_report)

    async def drained(self) -> None:
        """Wait until nothing is left to be done."""
        while self._worker is not None:
            await asyncio.wait([self._worker])

    def close(self) -> None:
        """Take nothing more; whoever waits is told."""
        self._closed = True
        while self._waiting:
            _operation, result = self._waiting.popleft()
            if not result.done():
                result.set_exception(Ended())
        if self._worker is not None:
            self._worker.cancel()

    def _add(self, operation: Operation) -> asyncio.Future[Any]:
        if self._closed:
            raise Ended
        result: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append((operation, result))
        if self._worker is None:
            self._worker = self._loop.create_task(self._work())
        return result

    async def _work(self) -> None:
        try:
            while self._waiting:
                operation, result = self._waiting.popleft()
                try:
                    value = await operation()
                except asyncio.CancelledError:
                    if not result.done():
                        result.set_exception(Ended())
                    raise
                except BaseException as error:
                    if not result.done():
                        result.set_exception(error)
                else:
                    if not result.done():
                        result.set_result(value)
        finally:
            self._worker = None


def _report(result: asyncio.Future[Any]) -> None:
    error = None if result.cancelled() else result.exception()
    if error is not None and not isinstance(error, Ended):
        logger.error("What a callback wanted to say could not be said", exc_info=error, extra={"event": "turn.failed"})
