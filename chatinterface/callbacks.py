"""Calling a callback: which argument gets what, and every kind of callable as one async iterator of its output."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import Future
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass
from inspect import Parameter
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured

from chatinterface import threads
from chatinterface.relay import Errand, Relay

T = TypeVar("T")

# Told of each piece of work that a callback is given a thread for, which may go on when nobody listens to it any more.
at_work: ContextVar[Callable[[Future[None]], None] | None] = ContextVar("at_work", default=None)

# A parameter of one of these names receives the ChatSession, wherever it stands.
SESSION_NAMES = frozenset({"chat", "instance"})

# What a callback is offered, in order: Gradio's convention and Panel's.
CONVENTIONS: Mapping[str, tuple[str, ...]] = {
    "fn": ("message", "history"),
    "callback": ("contents", "user", "instance"),
}

# The two names of one value.
SAID = frozenset({"message", "contents"})

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_BY_NAME = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


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


def bind(function: Callable[..., Any], convention: str, owner: str, additional: Sequence[str] = ()) -> Binding:
    """Decide once, when the chat is declared, what ``function`` is called with.

    ``convention`` is ``"fn"`` (message, history) or ``"callback"`` (contents, user, instance, as many as it takes). The
    ``additional`` values go to the parameters of their names; for ``"fn"`` the others follow the history, in order, as
    in Gradio. Raises ImproperlyConfigured, in the name of ``owner``, where the function takes nothing, needs more than
    it is offered, leaves an additional value, or would get one value under the name of another.
    """
    called = f"{owner}: {convention}={place(function)}"
    values = (*CONVENTIONS[convention], *additional)
    by = f"It is called with ({', '.join(values)}), and a parameter named 'chat' gets the session."
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise ImproperlyConfigured(
            f"{called} does not tell which arguments it takes. Wrap it in a function of your own."
        ) from None
    named = {parameter.name for parameter in parameters if parameter.kind in _BY_NAME}
    offered = deque(CONVENTIONS[convention])
    if convention == "fn":
        offered.extend(name for name in additional if name not in named)
    if any(parameter.name in SESSION_NAMES for parameter in parameters):
        offered = deque(name for name in offered if name != "instance")
    plain = [parameter for parameter in parameters if parameter.name not in additional]
    _check_order(plain, deque(offered), called, by)
    binding = _arranged(parameters, offered, () if convention == "fn" else additional, named.intersection(additional))
    _check_taken(parameters, binding, additional, called, by)
    if not binding.wanted:
        first = CONVENTIONS[convention][0]
        raise ImproperlyConfigured(f"{called} takes no argument. Let it take the message: def answer({first}): …")
    return binding


def _arranged(
    parameters: Iterable[Parameter], offered: deque[str], keyword_only: Sequence[str], named: Collection[str]
) -> Binding:
    """Who gets what: those that are ``named`` their own, the others what is offered, in order."""
    positional: list[str] = []
    keywords: dict[str, str] = {}
    skipped = False
    for parameter in parameters:
        name = parameter.name if parameter.name in named else _offer(parameter, offered)
        if name and parameter.kind in _POSITIONAL and not skipped:
            positional.append(name)
        elif name:
            keywords[parameter.name] = name
        elif parameter.kind is Parameter.VAR_POSITIONAL:
            positional.extend(offered)
            offered.clear()
        elif parameter.kind is Parameter.VAR_KEYWORD:
            # Gradio calls fn by position alone: only what an author has named is given by name.
            rest = [name for name in offered if name not in CONVENTIONS["fn"]]
            keywords.update({name: name for name in (*rest, *keyword_only) if name not in named})
        skipped = skipped or name is None
    return Binding(tuple(positional), keywords)


def _check_taken(
    parameters: Iterable[Parameter], binding: Binding, additional: Iterable[str], called: str, by: str
) -> None:
    """Refuse a parameter without a value, and an additional value without a parameter."""
    given = len(binding.positional)
    for number, parameter in enumerate(parameters):
        lacks = number >= given and parameter.name not in binding.keywords and parameter.default is Parameter.empty
        if lacks and parameter.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
            raise ImproperlyConfigured(f"{called} needs an argument {parameter.name!r} that it is not given. {by}")
    for name in additional:
        if name not in binding.wanted:
            raise ImproperlyConfigured(
                f"{called} does not take the additional input {name!r}. Give it an argument of that name."
            )


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
            if isinstance(value, Errand):
                await value.run()
            elif value is not None:
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
    if told := at_work.get():
        told(job)
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
