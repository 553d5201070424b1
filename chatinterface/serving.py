"""The event loop that serves in this process: what is begun on it outlives whoever asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar
from weakref import WeakSet

from asgiref.sync import async_to_sync

P = ParamSpec("P")
T = TypeVar("T")

_loops: WeakSet[asyncio.AbstractEventLoop] = WeakSet()


def mark() -> None:
    """The running event loop serves pages or sockets."""
    _loops.add(asyncio.get_running_loop())


def loop() -> asyncio.AbstractEventLoop | None:
    """The event loop of this process's server; None in a shell, a command, or a server without ASGI."""
    return next((each for each in list(_loops) if each.is_running()), None)


def call(function: Callable[P, Coroutine[Any, Any, T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """In a thread: have an async function called where this process serves, else in a loop of its own; returns what it
    returns.

    An in-memory channel layer belongs to the loop that reads it: from another it is told nothing in time.
    """
    serves = loop()
    if serves is None:
        return async_to_sync(function)(*args, **kwargs)
    return asyncio.run_coroutine_threadsafe(function(*args, **kwargs), serves).result()
