import asyncio
import contextvars
import functools
import itertools
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from django.utils import translation

from chatinterface import ChatInterface, threads
from chatinterface.callbacks import is_async, outputs
from chatinterface.exceptions import Ended
from chatinterface.relay import AHEAD, Relay, on_loop

# Seconds after which what is waited for counts as never coming.
PATIENCE = 60

OFFERED = {
    "message": "MESSAGE",
    "history": "HISTORY",
    "contents": "CONTENTS",
    "user": "USER",
    "instance": "SESSION",
}


async def said(function: Callable[..., Any], *arguments: Any) -> list[Any]:
    return [value async for value in outputs(function, *arguments)]


def received(**declared: Callable[..., Any]) -> Any:
    """What a callback of one convention returns that is called with what it is offered."""
    interface = ChatInterface(name="ask", **declared)
    arguments, keywords = interface.binding.arguments(OFFERED)
    return interface.function(*arguments, **keywords)


async def within(seconds: float, event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, seconds)


# What is passed


def test_fn_gets_message_and_history() -> None:
    assert received(fn=lambda message, history: (message, history)) == ("MESSAGE", "HISTORY")


def test_fn_may_leave_out_history() -> None:
    assert received(fn=lambda message: message) == "MESSAGE"


def test_fn_by_position_not_name() -> None:
    assert received(fn=lambda question, before: (question, before)) == ("MESSAGE", "HISTORY")


def test_callback_by_arity() -> None:
    assert received(callback=lambda a: (a,)) == ("CONTENTS",)
    assert received(callback=lambda a, b: (a, b)) == ("CONTENTS", "USER")
    assert received(callback=lambda a, b, c: (a, b, c)) == ("CONTENTS", "USER", "SESSION")


@pytest.mark.parametrize("convention", ["fn", "callback"])
def test_session_by_name(convention: str) -> None:
    first = "MESSAGE" if convention == "fn" else "CONTENTS"
    assert received(**{convention: lambda chat, said: (chat, said)}) == ("SESSION", first)
    assert received(**{convention: lambda said, instance: (said, instance)}) == (first, "SESSION")
    assert received(**{convention: lambda said, *, chat: (said, chat)}) == (first, "SESSION")


def test_star_args() -> None:
    assert received(fn=lambda *args: args) == ("MESSAGE", "HISTORY")
    assert received(callback=lambda *args: args) == ("CONTENTS", "USER", "SESSION")
    assert received(callback=lambda contents, *args: args) == ("USER", "SESSION")


def test_star_kwargs() -> None:
    assert received(callback=lambda contents, **kwargs: kwargs) == {"user": "USER", "instance": "SESSION"}
    assert received(fn=lambda message, **kwargs: kwargs) == {}


def test_keyword_only_history() -> None:
    assert received(fn=lambda message, *, history: (message, history)) == ("MESSAGE", "HISTORY")


def test_defaults_count_as_arguments() -> None:
    assert received(fn=lambda message, history=(): history) == "HISTORY"


def test_defaults_beyond_offer_stay() -> None:
    assert received(fn=lambda message, history, temperature=0.5: temperature) == 0.5


def test_session_behind_default() -> None:
    def answer(message: str, history: list[Any], temperature: float = 0.5, chat: Any = None) -> tuple[Any, ...]:
        return temperature, chat

    assert received(fn=answer) == (0.5, "SESSION")


def test_partial_keeps_given() -> None:
    def answer(tone: str, message: str, history: list[Any], *, model: str) -> tuple[Any, ...]:
        return tone, message, history, model

    partial = functools.partial(answer, "kind", model="small")
    assert received(fn=partial) == ("kind", "MESSAGE", "HISTORY", "small")


def test_callable_object() -> None:
    class Answer:
        def __call__(self, message: str, history: list[Any]) -> tuple[Any, ...]:
            return message, history

    assert received(fn=Answer()) == ("MESSAGE", "HISTORY")


def test_bound_method() -> None:
    class Bot:
        def answer(self, contents: str, user: str) -> tuple[Any, ...]:
            return contents, user

    assert received(callback=Bot().answer) == ("CONTENTS", "USER")


def test_unwanted_is_not_made() -> None:
    assert ChatInterface(lambda message: message, name="ask").binding.wanted == {"message"}
    assert "history" in ChatInterface(lambda *args: args, name="ask").binding.wanted


def test_refuses_no_argument() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"takes no argument\. .* def answer\(message\)"):
        received(fn=lambda: "")


def test_refuses_too_many() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"needs an argument 'd' .* \(contents, user, instance\)"):
        received(callback=lambda a, b, c, d: "")


def test_refuses_unknown_keyword() -> None:
    with pytest.raises(ImproperlyConfigured, match="needs an argument 'model' that it is not given"):
        received(fn=lambda message, *, model: "")


def test_refuses_unreadable_signature() -> None:
    with pytest.raises(
        ImproperlyConfigured, match=r"fn=builtins\.min does not tell which arguments .* Wrap it in a function"
    ):
        received(fn=min)


@pytest.mark.parametrize(
    ("convention", "callback"),
    [
        ("fn", lambda history, message: ""),
        ("fn", lambda history: ""),
        ("fn", lambda message, user: ""),
        ("fn", lambda contents, user, instance: ""),
        ("callback", lambda user, contents: ""),
        ("callback", lambda message, history: ""),
    ],
)
def test_refuses_wrong_order(convention: str, callback: Callable[..., Any]) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"would get the \w+ as '\w+'\. .* Write them in order\.$"):
        received(**{convention: callback})


def test_message_and_contents_are_one() -> None:
    assert received(fn=lambda contents, history: (contents, history)) == ("MESSAGE", "HISTORY")
    assert received(callback=lambda message, user: (message, user)) == ("CONTENTS", "USER")


def test_errors_tell_where() -> None:
    def answer() -> str:
        return ""

    class Answer:
        def __call__(self) -> str:
            return ""

    for callback, name in ((answer, "answer"), (functools.partial(answer), "answer"), (Answer(), "Answer")):
        with pytest.raises(
            ImproperlyConfigured, match=rf"^<ChatInterface 'ask'>: fn=tests\.test_callbacks\.\S+\.{name} t"
        ):
            received(fn=callback)


# What kind it is


async def test_plain_function() -> None:
    assert await said(lambda message: message, "a") == ["a"]


async def test_async_function() -> None:
    async def answer(message: str) -> str:
        await asyncio.sleep(0)
        return message

    assert await said(answer, "a") == ["a"]


async def test_generator() -> None:
    def answer(message: str) -> Iterator[str]:
        yield message
        yield message * 2

    assert await said(answer, "a") == ["a", "aa"]


async def test_async_generator() -> None:
    async def answer(message: str) -> AsyncIterator[str]:
        yield message
        await asyncio.sleep(0)
        yield message * 2

    assert await said(answer, "a") == ["a", "aa"]


async def test_none_is_ignored() -> None:
    def answer(message: str) -> Iterator[str | None]:
        yield from (None, message, None)

    assert await said(answer, "a") == ["a"]
    assert await said(lambda message: None, "a") == []


async def test_falsy_is_kept() -> None:
    assert await said(lambda message: iter([0, "", False]), "a") == [0, "", False]


class Bot:
    """Every kind of callable as a method."""

    def plain(self, message: str) -> str:
        return message

    async def coroutine(self, message: str) -> str:
        return message

    def generator(self, message: str) -> Iterator[str]:
        yield message

    async def async_generator(self, message: str) -> AsyncIterator[str]:
        yield message


KINDS = ["plain", "coroutine", "generator", "async_generator"]


@pytest.mark.parametrize("kind", KINDS)
async def test_methods(kind: str) -> None:
    assert await said(getattr(Bot(), kind), "a") == ["a"]


@pytest.mark.parametrize("kind", KINDS)
async def test_partials(kind: str) -> None:
    assert await said(functools.partial(functools.partial(getattr(Bot(), kind)), "a")) == ["a"]


@pytest.mark.parametrize("kind", KINDS)
async def test_callable_objects(kind: str) -> None:
    called = type("Called", (), {"__call__": getattr(Bot, kind)})
    assert await said(called(), "a") == ["a"]


@pytest.mark.parametrize("kind", KINDS)
async def test_lambdas_are_followed(kind: str) -> None:
    assert await said(lambda message: getattr(Bot(), kind)(message), "a") == ["a"]


@pytest.mark.parametrize("kind", KINDS)
async def test_coroutines_are_followed(kind: str) -> None:
    async def answer(message: str) -> Any:
        return getattr(Bot(), kind)(message)

    assert await said(answer, "a") == ["a"]


@pytest.mark.parametrize("kind", ["coroutine", "async_generator"])
async def test_async_stays_on_loop(kind: str) -> None:
    method = getattr(Bot(), kind)
    called = type("Called", (), {"__call__": getattr(Bot, kind)})
    assert all(map(is_async, [method, functools.partial(method, "a"), called()]))


async def test_yielded_awaitables_are_followed() -> None:
    async def one() -> str:
        return "one"

    def answer(message: str) -> Iterator[Awaitable[str]]:
        yield one()

    assert await said(answer, "a") == ["one"]


async def test_sync_runs_in_own_pool() -> None:
    assert (await said(lambda: threading.current_thread().name))[0].startswith("chatinterface-callback")


async def test_generator_keeps_thread_and_context() -> None:
    seen: contextvars.ContextVar[int] = contextvars.ContextVar("seen", default=0)

    def answer(message: str) -> Iterator[tuple[str, int]]:
        for step in range(5):
            seen.set(seen.get() + 1)
            yield threading.current_thread().name, step

    steps = await said(answer, "a")
    assert len({thread for thread, _ in steps}) == 1
    assert seen.get() == 0


async def test_thread_has_callers_language() -> None:
    with translation.override("de"):
        assert await said(translation.get_language) == ["de"]


async def test_thread_has_callers_context() -> None:
    language: contextvars.ContextVar[str] = contextvars.ContextVar("language")
    language.set("eo")
    assert await said(language.get) == ["eo"]


# How it ends


@pytest.mark.parametrize("kind", KINDS)
async def test_errors_come_through(kind: str) -> None:
    def fail(*arguments: Any) -> Any:
        raise LookupError("no")

    class Failing(Bot):
        def plain(self, message: str) -> str:
            return str(fail())

        async def coroutine(self, message: str) -> str:
            return str(fail())

        def generator(self, message: str) -> Iterator[str]:
            yield message
            fail()

        async def async_generator(self, message: str) -> AsyncIterator[str]:
            yield message
            fail()

    with pytest.raises(LookupError, match="no"):
        await said(getattr(Failing(), kind), "a")


async def test_values_before_error() -> None:
    def answer() -> Iterator[str]:
        yield "a"
        raise LookupError

    values = []
    with pytest.raises(LookupError):
        async for value in outputs(answer):
            values.append(value)
    assert values == ["a"]


async def test_close_ends_generator_at_next_yield() -> None:
    go_on, closed = threading.Event(), threading.Event()
    beyond = False

    def answer() -> Iterator[str]:
        nonlocal beyond
        try:
            yield "a"
            go_on.wait(PATIENCE)
            yield "b"
            beyond = True
        finally:
            closed.set()

    iterator = outputs(answer)
    assert await anext(iterator) == "a"
    await iterator.aclose()
    assert not closed.is_set()
    go_on.set()
    await within(PATIENCE, closed)
    assert not beyond


async def test_closed_generator_may_still_speak() -> None:
    """Whoever has stopped listening to it abandons what it wants done at its end, however far it was ahead."""
    ahead, closed = threading.Event(), threading.Event()
    loop, refused = asyncio.get_running_loop(), []

    def answer() -> Iterator[int]:
        try:
            for count in itertools.count():
                if count == AHEAD:
                    ahead.set()
                yield count
        finally:
            for _ in range(2):
                try:
                    on_loop(functools.partial(asyncio.sleep, 0), loop)
                except Ended as error:
                    refused.append(error)
            closed.set()

    iterator = outputs(answer)
    assert await anext(iterator) == 0
    await within(PATIENCE, ahead)
    await iterator.aclose()
    await within(PATIENCE, closed)
    assert len(refused) == 2


async def test_close_runs_async_finally() -> None:
    closed = []

    async def answer() -> AsyncIterator[str]:
        try:
            yield "a"
            yield "b"
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    iterator = outputs(answer)
    await anext(iterator)
    await iterator.aclose()
    assert closed == [True]


@pytest.mark.parametrize("returned", [False, True])
async def test_cancel_runs_async_finally(*, returned: bool) -> None:
    waiting, closed = asyncio.Event(), []

    async def answer() -> AsyncIterator[str]:
        try:
            yield "a"
            waiting.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    task = asyncio.create_task(said((lambda: answer()) if returned else answer))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed == [True]


async def test_cancelled_before_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    called = False

    def answer() -> None:
        nonlocal called
        called = True

    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(threads, "callbacks", lambda: pool)
        held = threading.Event()
        pool.submit(held.wait, PATIENCE)
        task = asyncio.create_task(said(answer))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        held.set()
    assert not called


# What it costs others


async def test_blocked_callback_delays_no_other() -> None:
    held, entered = threading.Event(), threading.Event()

    def blocked() -> None:
        entered.set()
        held.wait(PATIENCE)

    task = asyncio.create_task(said(blocked))
    await within(PATIENCE, entered)
    assert await said(lambda: "free") == ["free"]
    assert await threads.in_database(lambda: "free") == "free"
    held.set()
    await task


@pytest.fixture
def two_threads() -> Iterator[None]:
    threads.callbacks.cache_clear()
    with override_settings(CHATINTERFACE={"CALLBACK_THREADS": 2}):
        yield
        threads.callbacks().shutdown()
    threads.callbacks.cache_clear()


@pytest.mark.usefixtures("two_threads")
async def test_pool_is_bounded() -> None:
    barrier = threading.Barrier(2)
    running: list[int] = []
    most = 0

    def answer() -> None:
        nonlocal most
        running.append(1)
        most = max(most, len(running))
        barrier.wait(PATIENCE)
        running.pop()

    await asyncio.gather(*(said(answer) for _ in range(6)))
    assert most == 2


async def test_fast_generator_waits_for_reader() -> None:
    far_ahead = threading.Event()

    def answer() -> Iterator[int]:
        for number in range(10 * AHEAD):
            if number > AHEAD + 1:
                far_ahead.set()
            yield number

    iterator = outputs(answer)
    assert await anext(iterator) == 0
    assert not await asyncio.to_thread(far_ahead.wait, 0.1)
    assert [number async for number in iterator] == list(range(1, 10 * AHEAD))
    assert far_ahead.is_set()


async def test_all_values_in_order() -> None:
    assert await said(lambda: iter(range(10 * AHEAD))) == list(range(10 * AHEAD))


async def test_last_value_is_not_lost() -> None:
    """The thread hands over its last value and ends, just after the reader has found that there is none."""
    relay = Relay(asyncio.get_running_loop())
    found_empty, ended = threading.Event(), threading.Event()

    class Values(deque[Any]):
        def __bool__(self) -> bool:
            filled = len(self) > 0
            if not filled and not ended.is_set():
                found_empty.set()
                ended.wait(PATIENCE)
            return filled

    def answer() -> Iterator[str]:
        yield "a"
        found_empty.wait(PATIENCE)
        yield "b"

    def run() -> None:
        relay.run(answer)
        ended.set()

    relay._values = Values()
    thread = threading.Thread(target=run)
    thread.start()
    assert [value async for value in relay] == ["a", "b"]
    await asyncio.to_thread(thread.join)


async def test_many_at_once() -> None:
    def answer(number: int) -> Iterator[int]:
        yield from range(number, number + 100)

    results = await asyncio.gather(*(said(answer, number) for number in range(20)))
    assert results == [list(range(number, number + 100)) for number in range(20)]
