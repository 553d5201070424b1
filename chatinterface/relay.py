"""From the thread of a synchronous callback to the event loop: what it yields, and what it wants done, in order."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from chatinterface.exceptions import Ended

T = TypeVar("T")

# Values that a synchronous generator may be ahead of the reply.
AHEAD = 64

# The relay of the synchronous callback that runs in this thread.
_relay: ContextVar[Relay | None] = ContextVar("relay", default=None)


class Errand(Generic[T]):
    """Something that a synchronous callback wants done on the event loop: after what it has yielded before."""

    def __init__(self, operation: Callable[[], Awaitable[T]]) -> None:
        self._operation = operation
        self.result: concurrent.futures.Future[T] = concurrent.futures.Future()

    async def run(self) -> None:
        """On the loop: do it. The callback gets what comes of it, an error too."""
        try:
            self.result.set_result(await self._operation())
        except Exception as error:
            self.result.set_exception(error)
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> None:
        """It is not going to be done: tell the callback."""
        if not self.result.done():
            self.result.set_exception(Ended())


def on_loop(operation: Callable[[], Coroutine[Any, Any, T]], loop: asyncio.AbstractEventLoop) -> T:
    """In a thread: have it done on the event loop, and wait for what comes of it.

    A synchronous callback's are done in order with what it yields. Raises Ended where its run has ended.
    """
    relay = _relay.get()
    if relay is None or not relay.is_here():
        return asyncio.run_coroutine_threadsafe(operation(), loop).result()
    errand = Errand(operation)
    relay.hand_over(errand)
    return errand.result.result()


class Relay:
    """Takes values from a thread to the event loop, in order, with at most ``AHEAD`` of them waiting."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._values: deque[Any] = deque()
        self._arrived = asyncio.Event()
        self._room = threading.Semaphore(AHEAD)
        self._closed = False
        self._done = False
        self._error: BaseException | None = None
        self._thread = 0

    def is_here(self) -> bool:
        """Whether this is the thread that it takes values from."""
        return self._thread == threading.get_ident()

    def hand_over(self, errand: Errand[Any]) -> None:
        """In the thread: have it done after the values that were put before. Abandons it where nobody takes any."""
        if not self._put(errand):
            errand.abandon()
        elif self._closed:
            self._abandon()

    def run(self, call: Callable[[], Any]) -> None:
        """In the thread: call it, hand over what it returns or yields, then the error or the end."""
        self._thread = threading.get_ident()
        _relay.set(self)
        try:
            result = call() if not self._closed else None
            if isinstance(result, Iterator):
                self._drain(result)
            else:
                self._put(result)
        except BaseException as error:
            self._error = error
        self._done = True
        self._thread = 0
        self._wake()

    def _drain(self, iterator: Iterator[Any]) -> None:
        try:
            for value in iterator:
                if not self._put(value):
                    break
        finally:
            if close := getattr(iterator, "close", None):
                close()

    def _put(self, value: Any) -> bool:
        self._room.acquire()
        if self._closed:
            # What the thread says at its end is not waited for either.
            self._room.release()
            return False
        self._values.append(value)
        if len(self._values) == 1:
            self._wake()
        return True

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._arrived.set)
        except RuntimeError:  # The loop has ended, and with it whoever waited.
            self._closed = True

    def close(self) -> None:
        """On the loop: take nothing more; the thread ends at the generator's next yield."""
        self._closed = True
        self._room.release()
        self._abandon()

    def _abandon(self) -> None:
        with suppress(IndexError):
            while True:
                value = self._values.popleft()
                if isinstance(value, Errand):
                    value.abandon()

    async def __aiter__(self) -> AsyncIterator[Any]:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            # Looked at before the values: the thread may hand over its last ones and end while they are taken.
            done = self._done
            while self._values:
                yield self._values.popleft()
                self._room.release()
            if done:
                break
        if self._error is not None:
            raise self._error
