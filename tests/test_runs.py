import asyncio
import itertools
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer, channel_layers
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.test import override_settings
from django.utils import timezone, translation

import chatinterface as chat
from chatinterface import ChatMessage, conversations, events, replies
from chatinterface.content.markdown import render
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Message, Run
from chatinterface.runs import execution
from chatinterface.runs.control import Control, control
from chatinterface.signals import reply_settled
from chatinterface.threads import in_database
from tests.outages import away_at
from tests.tab import PATIENCE, Tab, ended

pytestmark = pytest.mark.django_db(transaction=True)


class Gate:
    """Where a callback waits until the test lets it go on."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    async def __call__(self) -> None:
        self.reached.set()
        await self.open.wait()

    async def wait(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.reached.wait()


def says(callback: Callable[..., Any], **attributes: Any) -> None:
    chat.register(callback, name="chat", **{"yields": "tokens", **attributes})


def gated(gate: Gate) -> None:
    """Register the chat "chat", which says one word before the gate and one behind it."""

    async def answer(message: str) -> AsyncIterator[str]:
        yield "before "
        await gate()
        yield "behind"

    says(answer)


async def eventually(condition: Callable[[], Any]) -> None:
    """Wait for a row of the database."""
    async with asyncio.timeout(PATIENCE):
        while not await sync_to_async(condition)():  # noqa: ASYNC110 -- a database sends no events.
            await asyncio.sleep(0.005)


# What is kept


async def test_reply_is_stored() -> None:
    says(lambda message: f"*{message}*")
    reply = await (await Tab.open("chat")).ask("hello")
    assert reply.run is not None
    assert (reply.status, reply.text, reply.html) == ("done", "*hello*", render("*hello*"))
    assert (reply.run.status, reply.run.error_id, reply.run.lease_until) == ("done", "", None)
    times = [reply.run.queued_at, reply.run.started_at, reply.run.first_output_at, reply.run.finished_at]
    assert [time for time in times if time is not None] == sorted(filter(None, times))
    assert None not in times


async def test_yields_text_replaces() -> None:
    says(lambda message: iter(["one", "two"]), yields="text")
    assert (await (await Tab.open("chat")).ask("hello")).text == "two"


async def test_yields_tokens_adds() -> None:
    says(lambda message: iter(["one", "two"]), yields="tokens")
    assert (await (await Tab.open("chat")).ask("hello")).text == "onetwo"


async def test_objects_become_text() -> None:
    says(lambda message: 42)
    assert (await (await Tab.open("chat")).ask("hello")).text == "42"


async def test_no_output_is_an_empty_reply() -> None:
    says(lambda message: None)
    reply = await (await Tab.open("chat")).ask("hello")
    assert reply.run is not None
    assert (reply.status, reply.text, reply.run.first_output_at) == ("done", "", None)


async def test_unstorable_characters_are_left_out() -> None:
    says(lambda message: "a\0b\ud800c")
    reply = await (await Tab.open("chat")).ask("hello")
    assert (reply.status, reply.text) == ("done", "a\ufffdb\ufffdc")


async def test_million_tokens() -> None:
    says(lambda message: iter(["a"] * 100_000))
    assert (await (await Tab.open("chat")).ask("hello")).text == "a" * 100_000


async def test_history_is_what_was_said_before() -> None:
    histories = []

    def answer(message: str, history: list[dict[str, str]]) -> str:
        histories.append(history)
        return message.upper()

    says(answer)
    tab = await Tab.open("chat")
    for message in ("one", "two", "three"):
        await tab.ask(message)
    assert histories == [
        [],
        [{"role": "user", "content": "one"}, {"role": "assistant", "content": "ONE"}],
        [
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "ONE"},
            {"role": "user", "content": "two"},
            {"role": "assistant", "content": "TWO"},
        ],
    ]


async def test_session_knows_its_conversation() -> None:
    sessions: list[chat.ChatSession] = []

    def answer(message: str, chat: chat.ChatSession) -> str:
        sessions.append(chat)
        return message

    says(answer)
    tab = await Tab.open("chat")
    await tab.ask("hello")
    assert (sessions[0].conversation.uuid, sessions[0].interface.name, sessions[0].user) == (tab.uuid, "chat", None)


async def test_callback_speaks_the_visitors_language() -> None:
    says(lambda message: translation.get_language())
    tab = await Tab.open("chat")
    await tab.client.post(tab.url("send"), {"message": "x", "token": tab.token}, headers={"accept-language": "de"})
    await ended()
    assert (await tab.reply()).text == "de"


async def test_callback_may_use_the_orm() -> None:
    async def asynchronous(message: str) -> str:
        return str(await Message.objects.acount())

    chat.register(asynchronous)
    chat.register(lambda message: str(Message.objects.count()), name="synchronous")
    for name in ("asynchronous", "synchronous"):
        await Message.objects.all().adelete()
        assert (await (await Tab.open(name)).ask("hello")).text == "2"


async def test_signal_when_settled() -> None:
    received = []

    def receive(sender: Any, **kwargs: Any) -> None:
        received.append((sender, kwargs["interface"].name, kwargs["message"].text, kwargs["conversation"].interface))

    says(lambda message: message)
    reply_settled.connect(receive)
    try:
        await (await Tab.open("chat")).ask("hello")
    finally:
        reply_settled.disconnect(receive)
    assert received == [(chat.ChatInterface, "chat", "hello", "chat")]


# Stop


async def test_stop_cancels_async() -> None:
    gate, closed = Gate(), []

    async def answer(message: str) -> AsyncIterator[str]:
        try:
            yield "before "
            await gate()
            yield "behind"
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    says(answer)
    tab = await Tab.open("chat")
    await tab.send("hello")
    await gate.wait()
    assert (await tab.stop()).status_code == 204
    await ended()
    reply = await tab.reply()
    assert reply.run is not None
    assert closed == [True]
    assert (reply.status, reply.text, reply.run.status) == ("stopped", "before ", "stopped")


async def test_stop_closes_generator() -> None:
    reached, go_on, closed = threading.Event(), threading.Event(), threading.Event()

    def answer(message: str) -> Iterator[str]:
        try:
            yield "before"
            reached.set()
            go_on.wait(PATIENCE)
            yield "behind"
            yield "never"
        finally:
            closed.set()

    says(answer)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("before")
        assert await asyncio.to_thread(reached.wait, PATIENCE)
        await tab.stop()
        await tab.settled()
    go_on.set()
    assert await asyncio.to_thread(closed.wait, PATIENCE)
    await ended()
    assert ((await tab.reply()).status, (await tab.reply()).text) == ("stopped", "before")


@pytest.mark.parametrize("kind", ["thread", "loop"])
async def test_stop_closes_generator_whose_output_is_being_shown(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread waits for somebody to take what it says, and no client of a model stays open."""
    monkeypatch.setattr(execution, "GRACE", 0.05)
    shown, going, closed = threading.Event(), threading.Event(), threading.Event()

    class Slow(chat.Component):
        def part(self, store: chat.Store) -> dict[str, Any]:
            shown.set()
            going.wait(PATIENCE)
            return super().part(store)

    def answer(message: str) -> Iterator[Any]:
        try:
            yield Slow()
            yield from itertools.repeat("more ")
        finally:
            closed.set()

    async def aanswer(message: str) -> AsyncIterator[Any]:
        try:
            yield Slow()
        finally:
            closed.set()

    says(answer if kind == "thread" else aanswer)
    tab = await Tab.open("chat")
    await tab.send("hello")
    assert await asyncio.to_thread(shown.wait, PATIENCE)
    await tab.stop()
    await ended()
    assert await asyncio.to_thread(closed.wait, PATIENCE)
    going.set()


async def test_stop_before_first_step() -> None:
    called = []

    async def answer(message: str) -> None:
        called.append(message)

    interface = chat.ChatInterface(answer)
    who = Visitor(user=AnonymousUser(), session_key="session")
    exchange = await in_database(conversations.send, interface, who, uuid4(), "hello", may_create=True)
    run = execution.RunInProcess(await in_database(execution.prepare, interface, exchange))
    await control().add(exchange.reply.pk, run)
    run.stop()
    await run.execute()
    assert called == []
    assert (await Message.objects.aget(pk=exchange.reply.pk)).status == "stopped"


async def test_session_tells_stopped() -> None:
    reached, stopped = threading.Event(), threading.Event()

    def answer(message: str, chat: chat.ChatSession) -> str:
        reached.set()
        while not chat.stopped:
            stopped.wait(0.001)
        stopped.set()
        return "too late"

    says(answer)
    tab = await Tab.open("chat")
    await tab.send("hello")
    assert await asyncio.to_thread(reached.wait, PATIENCE)
    await tab.stop()
    assert await asyncio.to_thread(stopped.wait, PATIENCE)
    await ended()
    assert ((await tab.reply()).status, (await tab.reply()).text) == ("stopped", "")


async def test_cancellation_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "GRACE", 0.01)
    gate, late = Gate(), Gate()
    left = asyncio.Event()

    async def answer(message: str) -> AsyncIterator[str]:
        yield "before"
        try:
            await gate()
        except asyncio.CancelledError:
            await late()
        yield "behind"
        left.set()

    says(answer)
    tab = await Tab.open("chat")
    await tab.send("hello")
    await gate.wait()
    await tab.stop()
    await ended()
    reply = await tab.reply()
    assert (reply.status, reply.text) == ("stopped", "before")
    late.open.set()
    async with asyncio.timeout(PATIENCE):
        await left.wait()
    assert (await tab.reply()).text == "before"


async def test_stop_reaches_only_its_run() -> None:
    gate = Gate()
    gated(gate)
    stopped, other = await Tab.open("chat"), await Tab.open("chat")
    await stopped.send("hello")
    await other.send("hello")
    await gate.wait()
    await stopped.stop()
    gate.open.set()
    await ended()
    assert (await stopped.reply()).status == "stopped"
    assert (await other.reply()).status == "done"


# What the callback raises


def failing(**attributes: Any) -> None:
    def answer(message: str) -> Iterator[str]:
        yield "so far"
        raise LookupError("secret")

    says(answer, **attributes)


async def failed(**attributes: Any) -> Message:
    failing(**attributes)
    return await (await Tab.open("chat")).ask("hello")


def shown(reply: Message) -> str:
    return str(reply.metadata.get("error", {}).get("text", ""))


@pytest.mark.parametrize("mode", ["summary", "verbose", "traceback", "raise", "ignore"])
async def test_failure_is_logged_by_its_id(caplog: pytest.LogCaptureFixture, mode: str) -> None:
    reply = await failed(callback_exception=mode)
    assert reply.run is not None
    assert len(reply.run.error_id) == 8
    (record,) = (record for record in caplog.records if reply.run.error_id in record.getMessage())
    assert record.exc_info is not None
    assert "LookupError: secret" in reply.run.error
    assert (reply.run.status, reply.text) == ("failed", "so far")


async def test_summary_hides_internals() -> None:
    reply = await failed()
    assert reply.run is not None
    assert reply.status == "failed"
    assert reply.metadata["error"]["id"] == reply.run.error_id
    assert shown(reply) == "The reply could not be completed."


@override_settings(DEBUG=True)
async def test_summary_in_debug() -> None:
    assert "LookupError: secret" in shown(await failed())


@pytest.mark.parametrize("mode", ["verbose", "traceback"])
async def test_verbose_shows_traceback(mode: str) -> None:
    text = shown(await failed(callback_exception=mode))
    assert text.startswith("```pytb\nTraceback")
    assert "LookupError: secret" in text


async def test_ignored_counts_as_done() -> None:
    reply = await failed(callback_exception="ignore")
    assert (reply.status, shown(reply)) == ("done", "")


async def test_raised_again_in_server() -> None:
    raised: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: raised.append(context))
    reply = await failed(callback_exception="raise")
    await asyncio.sleep(0)
    assert shown(reply) == "The reply could not be completed."
    assert [type(context["exception"]) for context in raised] == [LookupError]


async def asynchronous(error: Exception, instance: chat.ChatSession) -> str:
    return f"{type(error).__name__} in {instance.interface.name}"


def synchronous(error: Exception, instance: chat.ChatSession) -> str:
    return f"{type(error).__name__} in {instance.interface.name}"


@pytest.mark.parametrize("handler", [asynchronous, synchronous])
async def test_own_handler_says_text(handler: Callable[..., Any]) -> None:
    assert shown(await failed(callback_exception=handler)) == "LookupError in chat"


async def test_handler_that_says_nothing() -> None:
    reply = await failed(callback_exception=lambda error, instance: None)
    assert (reply.status, shown(reply)) == ("done", "")


async def test_handler_that_raises(caplog: pytest.LogCaptureFixture) -> None:
    reply = await failed(callback_exception=lambda error, instance: 1 / 0)
    assert reply.run is not None
    assert shown(reply) == "The reply could not be completed."
    logged = [
        record.exc_info[0]
        for record in caplog.records
        if record.exc_info and reply.run.error_id in record.msg % record.args
    ]
    assert logged == [LookupError, ZeroDivisionError]


async def test_unstorable_error_is_stored() -> None:
    def answer(message: str) -> None:
        raise LookupError("a\0b\ud800c")

    says(answer, callback_exception="verbose")
    reply = await (await Tab.open("chat")).ask("hello")
    assert reply.run is not None
    assert reply.status == "failed"
    assert not {"\0", "\ud800"} & set(reply.run.error + shown(reply))


async def test_unprintable_error() -> None:
    class Unprintable(Exception):
        def __repr__(self) -> str:
            raise RuntimeError

        __str__ = __repr__

    def answer(message: str) -> None:
        raise Unprintable

    says(answer)
    with override_settings(DEBUG=True):
        assert (await (await Tab.open("chat")).ask("hello")).status == "failed"


@pytest.mark.parametrize("error", [SystemExit, asyncio.CancelledError, GeneratorExit, StopIteration])
@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_strange_errors_fail(error: type[BaseException], kind: str) -> None:
    def answer(message: str) -> None:
        raise error

    async def async_answer(message: str) -> None:
        raise error

    says(answer if kind == "sync" else async_answer)
    assert (await (await Tab.open("chat")).ask("hello")).status == "failed"


async def test_unprintable_value_fails() -> None:
    class Unprintable:
        def __str__(self) -> str:
            raise LookupError

    says(lambda message: Unprintable())
    assert (await (await Tab.open("chat")).ask("hello")).status == "failed"


async def test_no_text_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    says(lambda message: "the reply's words")
    await (await Tab.open("chat")).ask("the visitor's words")
    assert "words" not in caplog.text


# Checkpoints and leases


@override_settings(CHATINTERFACE={"CHECKPOINT": 0.01})
async def test_checkpoint_keeps_text_and_lease() -> None:
    gate = Gate()
    gated(gate)
    tab = await Tab.open("chat")
    await tab.send("hello")
    await gate.wait()
    lease = (await Run.objects.aget()).lease_until
    assert lease is not None
    await eventually(
        lambda: Message.objects.filter(status="running", parts=[{"type": "text", "text": "before "}]).exists()
    )
    await eventually(lambda: Run.objects.filter(lease_until__gt=lease).exists())
    gate.open.set()
    await ended()


@override_settings(CHATINTERFACE={"CHECKPOINT": 0.01})
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
async def test_failed_checkpoint_is_repeated(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    again = asyncio.Event()
    loop = asyncio.get_running_loop()
    checkpoint = replies.checkpoint

    def away(*arguments: Any) -> None:
        monkeypatch.setattr(replies, "checkpoint", back)
        raise error("the database is away")

    def back(*arguments: Any) -> None:
        checkpoint(*arguments)
        loop.call_soon_threadsafe(again.set)

    gate = Gate()
    gated(gate)
    monkeypatch.setattr(replies, "checkpoint", away)
    tab = await Tab.open("chat")
    await tab.send("hello")
    async with asyncio.timeout(PATIENCE):
        await again.wait()
    gate.open.set()
    await ended()


async def lose(tab: Tab) -> None:
    """Let the lease of the tab's run be over, as if its worker had been killed."""
    await Run.objects.filter(conversation__uuid=tab.uuid).aupdate(lease_until=timezone.now() - timedelta(seconds=1))


@override_settings(CHATINTERFACE={"CHECKPOINT": 600, "LEASE": 3600})
async def test_lost_run_is_marked_when_read() -> None:
    gate = Gate()
    gated(gate)
    tab = await Tab.open("chat")
    await tab.send("hello")
    await gate.wait()
    await lose(tab)
    page = (await tab.client.get(tab.url("conversation"))).content.decode()
    assert 'data-status="interrupted"' in page
    run = await Run.objects.aget()
    assert (run.status, run.finished_at is not None) == ("interrupted", True)
    gate.open.set()
    await ended()


async def test_leased_run_is_left_alone() -> None:
    gate = Gate()
    gated(gate)
    tab = await Tab.open("chat")
    await tab.send("hello")
    await gate.wait()
    page = (await tab.client.get(tab.url("conversation"))).content.decode()
    assert 'data-status="running"' in page
    gate.open.set()
    await ended()


async def test_lost_run_comes_back() -> None:
    gate = Gate()
    gated(gate)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await gate.wait()
        await lose(tab)
        await tab.client.get(tab.url("conversation"))
        gate.open.set()
        await ended()
        await tab.shows("behind")
    reply = await tab.reply()
    assert reply.run is not None
    assert (reply.status, reply.text, reply.run.status) == ("done", "before behind", "done")
    assert tab.last == render("before behind")


@override_settings(CHATINTERFACE={"CHECKPOINT": 0.01})
async def test_checkpoint_revives_lost_run() -> None:
    gate = Gate()
    gated(gate)
    tab = await Tab.open("chat")
    await tab.send("hello")
    await gate.wait()
    await Run.objects.aupdate(status="interrupted")
    await Message.objects.filter(role="assistant").aupdate(status="interrupted")
    await eventually(lambda: Message.objects.filter(status="running").exists())
    await eventually(lambda: Run.objects.filter(status="running").exists())
    gate.open.set()
    await ended()


# When the rest of the site fails


async def test_database_away_while_settling(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    away_at(monkeypatch, "chatinterface.replies.settle")
    says(lambda message: message)
    reply = await (await Tab.open("chat")).ask("hello")
    assert (reply.status, reply.text) == ("done", "hello")
    assert caplog.text.count("A reply could not be stored, trying again") == 2


@pytest.mark.parametrize("failing", ["chatinterface.replies.complete", "chatinterface.chains.rename"])
async def test_database_away_between_two_speakers(monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    async def answer(message: str) -> AsyncIterator[Any]:
        yield ChatMessage("one", user="Ann")
        yield ChatMessage("two", user="Bob")

    errors = away_at(monkeypatch, failing)
    says(answer)
    tab = await Tab.open("chat")
    await tab.ask("hello")
    said = Message.objects.filter(role="assistant").order_by("pk")
    assert [(each.text, each.status) async for each in said] == [("one", "done"), ("two", "done")]
    assert not errors


async def test_conversation_deleted_while_running() -> None:
    gate = Gate()
    gated(gate)
    tab = await Tab.open("chat")
    await tab.send("hello")
    await gate.wait()
    await Conversation.objects.all().adelete()
    gate.open.set()
    await ended()
    assert not await Message.objects.aexists()


class Away(InMemoryChannelLayer):  # type: ignore[misc]
    """A channel layer whose server cannot be reached."""

    async def _fail(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("away")

    new_channel = send = group_send = group_add = group_discard = _fail

    async def receive(self, channel: str) -> Any:
        raise ConnectionError("away")


@pytest.fixture
def layer_away() -> Iterator[None]:
    before = channel_layers["default"]
    channel_layers.set("default", Away())
    yield
    channel_layers.set("default", before)


@pytest.mark.usefixtures("layer_away")
async def test_reply_is_stored_without_layer() -> None:
    says(lambda message: message)
    assert (await (await Tab.open("chat")).ask("hello")).text == "hello"


class Slow(InMemoryChannelLayer):  # type: ignore[misc]
    """A channel layer that a network lies before."""

    async def new_channel(self, prefix: str = "specific") -> str:
        await asyncio.sleep(0)
        return str(await super().new_channel(prefix))


@pytest.fixture
def slow_layer() -> Iterator[Slow]:
    layer = Slow()
    before = channel_layers["default"]
    channel_layers.set("default", layer)
    yield layer
    channel_layers.set("default", before)


async def test_runs_that_begin_together(slow_layer: Slow) -> None:
    class Asked:
        def __init__(self) -> None:
            self.stopped = asyncio.Event()

        def stop(self) -> None:
            self.stopped.set()

        def snapshot(self, message: int) -> list[events.Frame]:
            return []

        def wake(self) -> None: ...

        def press_stop(self) -> None: ...

        def told(self, key: str, value: object) -> None: ...

    runs = {number: Asked() for number in range(3)}
    controls = Control()
    await asyncio.gather(*(controls.add(number, run) for number, run in runs.items()))
    for number, run in runs.items():
        await events.stop_reply(number)
        async with asyncio.timeout(PATIENCE):
            await run.stopped.wait()
        await controls.discard(number)
    assert slow_layer.groups == {}


async def test_layer_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatinterface.runs.control.RECOVERY", 0.01)
    gate = Gate()
    gated(gate)
    tab = await Tab.open("chat")
    before = channel_layers["default"]
    channel_layers.set("default", Away())
    await tab.send("hello")
    await gate.wait()
    known = set(before.groups)
    channel_layers.set("default", before)
    await eventually(lambda: set(before.groups) - known)
    await tab.stop()
    await ended()
    assert (await tab.reply()).status == "stopped"


async def test_slow_receiver_delays_no_reply() -> None:
    held = threading.Event()

    def receive(**kwargs: Any) -> None:
        held.wait(PATIENCE)

    says(lambda message: message)
    reply_settled.connect(receive)
    try:
        tab = await Tab.open("chat")
        async with tab.connected():
            await tab.send("hello")
            await tab.settled()
    finally:
        held.set()
        await ended()
        reply_settled.disconnect(receive)


async def test_gone_visitor_gets_the_reply() -> None:
    """A visitor who goes away in the middle of the request cancels the request, and not the run."""
    interface = chat.ChatInterface(str.upper, name="chat")
    who = Visitor(user=AnonymousUser(), session_key="session")
    exchange = await in_database(conversations.send, interface, who, uuid4(), "hello", worker="w", may_create=True)
    job = await in_database(execution.prepare, interface, exchange)
    request = asyncio.create_task(execution.start(job))
    await asyncio.sleep(0)
    request.cancel()
    await ended()
    assert (await Message.objects.aget(pk=exchange.reply.pk)).text == "HELLO"


async def test_second_stop_spares_the_clean_up() -> None:
    gate, cleaned = Gate(), asyncio.Event()

    async def answer(message: str) -> AsyncIterator[str]:
        try:
            yield "one"
            await asyncio.Event().wait()
        finally:
            await gate()
            cleaned.set()

    says(answer)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.until("message.patch")
        await tab.stop()
        await gate.reached.wait()
        await tab.stop()
        gate.open.set()
        await tab.settled()
    assert cleaned.is_set()


async def test_empty_reply_is_noticed(caplog: pytest.LogCaptureFixture) -> None:
    says(lambda message: None)
    await (await Tab.open("chat")).ask("hello")
    assert "returned nothing" in caplog.text


async def test_pieces_are_noticed(caplog: pytest.LogCaptureFixture) -> None:
    says(lambda message: (word for word in ("one", "two", "three")), yields="text")
    await (await Tab.open("chat")).ask("hello")
    assert 'declare yields="tokens"' in caplog.text


async def test_growing_text_is_no_pieces(caplog: pytest.LogCaptureFixture) -> None:
    says(lambda message: (text for text in ("one", "one two", "one two three")), yields="text")
    await (await Tab.open("chat")).ask("hello")
    assert "tokens" not in caplog.text
