"""The bounded thread pools: for synchronous callbacks, for what they show, for the requests of chats, for who may read
them by a socket, and for the app's own database work.

Outside of an HTTP request all ``thread_sensitive`` code of a process shares one thread, so that one slow callback would
hold up every socket. Each kind of work has its own threads here instead.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connections
from django.utils import translation

from chatinterface import conf

P = ParamSpec("P")
T = TypeVar("T")

# Seconds after which an open connection is not trusted without a look at it.
TRUSTED = 1.0


@cache
def callbacks() -> ThreadPoolExecutor:
    """The pool in which synchronous callbacks run."""
    return ThreadPoolExecutor(conf.get().callback_threads, "chatinterface-callback")


@cache
def _database() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(conf.get().database_threads, "chatinterface-database")


@cache
def _content() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(conf.get().database_threads, "chatinterface-content")


@cache
def _access() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(conf.get().database_threads, "chatinterface-access")


@cache
def _requests() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(conf.get().request_threads, "chatinterface-request")


async def in_request_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Handle a request in a thread of their own pool; ``async_to_sync`` leads from there back to this event loop."""
    call = partial(_with_live_connections, partial(function, *args, **kwargs))
    return await sync_to_async(call, thread_sensitive=False, executor=_requests())()


async def in_database(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run database work in a thread of its own pool, with the caller's context; returns what it returns.

    These few threads keep their connections open for as long as CONN_MAX_AGE says, and those to an SQLite file for
    good: opening one costs more than most of what is done with it.
    """
    return await _within(_database(), partial(function, *args, **kwargs))


async def in_content(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Make parts of values in a thread of their own pool, with the caller's context; returns what it returns."""
    return await _within(_content(), partial(function, *args, **kwargs))


async def in_access(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Find out in a thread of their own pool who may read, with the caller's context; returns what it returns.

    A site's ``has_permission()`` may take its time, in which nothing that running replies need may wait.
    """
    return await _within(_access(), partial(function, *args, **kwargs))


async def _within(pool: ThreadPoolExecutor, call: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, carried(partial(_with_live_connections, call)))


def carried(call: Callable[[], T]) -> Callable[[], T]:
    """The call with the context and the language of here, to be made in another thread.

    The language is in the context, but counts only in the thread that set it.
    """
    context = contextvars.copy_context()
    language = translation.get_language()

    def run() -> T:
        with translation.override(language):
            return call()

    return partial(context.run, run)


def as_request(call: Callable[[], T]) -> T:
    """Call it with the database connections treated as around a request: no stale ones before, none left open after."""
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()


def _with_live_connections(call: Callable[[], T]) -> T:
    now = time.monotonic()
    for connection in connections.all(initialized_only=True):
        doubtful = connection.errors_occurred or now - getattr(connection, "chatinterface_used", 0.0) > TRUSTED
        if doubtful and connection.connection is not None and not connection.in_atomic_block:
            if not connection.is_usable():
                connection.close()
            connection.errors_occurred = False
        connection.chatinterface_used = now  # type: ignore[attr-defined]
    try:
        return call()
    finally:
        for connection in connections.all(initialized_only=True):
            if connection.vendor != "sqlite":
                connection.close_if_unusable_or_obsolete()
