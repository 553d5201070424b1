"""Calling a callback: which argument gets what, and every kind of callable as one async iterator of its output."""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from chatinterface import threads

# A parameter of one of these names receives the ChatSession, wherever it stands.
SESSION_NAMES = frozenset({"chat", "instance"})

# What a callback is offered, in order: Gradio's convention and Panel's.
CONVENTIONS: Mapping[str, tuple[str, ...]] = {
    "fn": ("message", "history"),
    "callback": ("contents", "user", "instance"),
}

# Values that a synchronous generator may be ahead of the reply.
AHEAD = 64

# The two names of one value.
SAID = frozenset({"message", "contents"})

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True, slots=True)
class Binding:
    """Which of the offered values a callback takes: by position and by keyword."""

    positional: tuple[str, ...]
    keywords: Mapping[str, str]

    @property
    def wanted(self) -> frozenset[str]:
        """The names of the values that have to be made for a call."""
        return frozenset((*self.positional, *self.keywords.values()))

    def arguments(self, values: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of one call, out of ``values`` by name."""
        return tuple(values[name] for name in self.positional), {
            keyword: values[name] for keyword, name in self.keywords.items()
        }


def place(function: object) -> str:
    """Where a function or class is defined, for a sentence: its module and name, of an object those of its class."""
    while isinstance(function, functools.partial):
        function = function.func
    named = function if hasattr(function, "__qualname__") else type(function)
    module = getattr(named, "__module__", None)
    return f"{module}.{named.__qualname__}" if module else str(named.__qualname__)


def bind(function: Callable[..., Any], convention: str, owner: str) -> Binding:
    """Decide once, when the chat is declared, what ``function`` is called with.

    ``convention`` is ``"fn"`` (message, history) or ``"callback"`` (contents, user, instance, as many as it takes).
    Raises ImproperlyConfigured, in the name of ``owner``, where the function takes nothing, needs more than it is
    offered, or would get one value under the name of another.
    """
    called = f"{owner}: {convention}={place(function)}"
    by = f"It is called with ({', '.join(CONVENTIONS[convention])}), and a parameter named 'chat' gets the session."
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise ImproperlyConfigured(
            f"{called} does not tell which arguments it takes. Wrap it in a function of your own."
        ) from None
    offered = deque(CONVENTIONS[convention])
    if any(parameter.name in SESSION_NAMES for parameter in parameters):
        offered = deque(name for name in offered if name != "instance")
    _check_order(parameters, deque(offered), called, by)
    positional: list[str] = []
    keywords: dict[str, str] = {}
    skipped = False
    for parameter in parameters:
        name = _offer(parameter, offered)
        if name and parameter.kind in _POSITIONAL and not skipped:
            positional.append(name)
        elif name:
            keywords[parameter.name] = name
        elif parameter.kind is Parameter.VAR_POSITIONAL:
            positional.extend(offered)
            offered.clear()
        elif parameter.kind is Parameter.VAR_KEYWORD:
            keywords.update({name: name for name in offered if convention == "callback"})
        elif parameter.default is Parameter.empty:
            raise ImproperlyConfigured(f"{called} needs an argument {parameter.name!r} that it is not given. {by}")
        skipped = skipped or name is None
    if not positional and not keywords:
        first = CONVENTIONS[convention][0]
        raise ImproperlyConfigured(f"{called} takes no argument. Let it take the message: def answer({first}): …")
    return Binding(tuple(positional), keywords)


def _offer(parameter: Parameter, offered: deque[str]) -> str | None:
    """The value that a parameter gets, taken from those that are still offered; None where it gets none of them."""
    if parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
        return None
    if parameter.name in SESSION_NAMES:
        return "instance"
    if parameter.kind in _POSITIONAL and offered:
        return offered.popleft()
    if parameter.name in offered:
        offered.remove(parameter.name)
        return parameter.name
    return None


def _check_order(parameters: Iterable[Parameter], offered: deque[str], called: str, by: str) -> None:
    """Refuse a parameter that has the name of one value and would get another."""
    known = {name for names in CONVENTIONS.values() for name in names}
    for parameter in parameters:
        name = _offer(parameter, offered)
        wrong = parameter.name in known - {name} and not {parameter.name, name} <= SAID
        if name and wrong:
            raise ImproperlyConfigured(
                f"{called} would get the {name} as {parameter.name!r}. {by} Write them in order."
            )


def is_async(function: Callable[..., Any]) -> bool:
    """Whether a call of it belongs on the event loop: async functions and async generators, also as partial or
    object.
    """
    while isinstance(function, functools.partial):
        function = function.func
    if not inspect.isroutine(function):
        function = type(function).__call__
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


async def outputs(function: Callable[..., Any], *args: Any, **kwargs: Any) -> AsyncGenerator[Any]:
    """Call it and iterate what it returns or yields, whatever its kind; None is left out.

    Async code runs on the loop; all else in a thread of the callbacks' pool, a generator from its first step to its
    end in the same thread and context. Closing this iterator closes the generator behind it, at its next yield.
    """
    call = functools.partial(function, *args, **kwargs)
    if is_async(function):
        result = call()
        source = result if inspect.isasyncgen(result) else _followed(result)
    else:
        source = _in_thread(call)
    async with aclosing(source):
        async for value in source:
            if value is not None:
                yield value


async def _followed(result: Any) -> AsyncGenerator[Any]:
    """What a returned value stands for: an awaitable's result, each value of a generator, or the value itself."""
    while isinstance(result, Awaitable):
        result = await result
    values = _in_thread(lambda: result) if isinstance(result, Iterator) else result
    if isinstance(values, AsyncIterator):
        try:
            async for value in values:
                yield value
        finally:
            if close := getattr(values, "aclose", None):
                await close()
    else:
        yield values


async def _in_thread(call: Callable[[], Any]) -> AsyncGenerator[Any]:
    relay = Relay(asyncio.get_running_loop())
    work = functools.partial(threads.as_request, functools.partial(relay.run, call))
    job = threads.callbacks().submit(threads.carried(work))
    try:
        async for value in relay:
            if isinstance(value, Awaitable | AsyncIterator):
                async with aclosing(_followed(value)) as values:
                    async for each in values:
                        yield each
            else:
                yield value
    finally:
        relay.close()
        job.cancel()


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

    def run(self, call: Callable[[], Any]) -> None:
        """In the thread: call it, hand over what it returns or yields, then the error or the end."""
        try:
            result = call() if not self._closed else None
            if isinstance(result, Iterator):
                self._drain(result)
            else:
                self._put(result)
        except BaseException as error:
            self._error = error
        self._done = True
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
