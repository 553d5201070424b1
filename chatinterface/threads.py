"""The two bounded thread pools: one for synchronous callbacks, one for the app's own database work.

Outside of an HTTP request all ``thread_sensitive`` code of a process shares one thread, so that one slow callback would
hold up every socket. Each kind of work has its own threads here instead.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

from chatinterface import conf

P = ParamSpec("P")
T = TypeVar("T")


@cache
def callbacks() -> ThreadPoolExecutor:
    """The pool in which synchronous callbacks run."""
    return ThreadPoolExecutor(conf.get().callback_threads, "chatinterface-callback")


@cache
def _database() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(conf.get().database_threads, "chatinterface-database")


async def in_database(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run database work in a thread of its own pool, with the caller's context; returns what it returns."""
    call = partial(function, *args, **kwargs)
    context = contextvars.copy_context()
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_database(), context.run, with_connections, call)


def with_connections(call: Callable[[], T]) -> T:
    """Call it as a request would be: with no stale connection before, and none left behind after."""
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()
