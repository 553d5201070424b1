"""What becomes of a message that is sent while a reply is being written: the four forms of ``on_busy``."""

import asyncio
import gc
import weakref
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

import chatinterface as chat
from chatinterface import ChatInterface, conversations, events, presses, queueing, replies
from chatinterface.history import Visitor
from chatinterface.models import Message, Run
from chatinterface.runs import waiting
from chatinterface.threads import in_database
from tests.outages import away_at
from tests.tab import PATIENCE, Tab, ended

pytestmark = pytest.mark.django_db(transaction=True)


class Answers:
    """A chat whose replies wait for the test: `said["two"].set()` lets the one to "two" end."""

    def __init__(self, on_busy: str = "reject", **attributes: Any) -> None:
        self.began: list[str] = []
        self.histories: dict[str, list[str]] = {}
        self.reached: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.said: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

        async def answer(message: str, history: list[dict[str, Any]]) -> AsyncIterator[str]:
            self.began.append(message)
            self.histories[message] = [entry["content"] for entry in history]
            yield f"{message} "
            self.reached[message].set()
            await self.said[message].wait()
            yield "done"

        self.interface = ChatInterface(answer, name="busy", yields="tokens", on_busy=on_busy, **attributes)
        chat.register(self.interface)

    async def begins(self, message: str) -> None:
        """Wait until this one is being answered."""
        async with asyncio.timeout(PATIENCE):
            await self.reached[message].wait()

    def end(self, *messages: str) -> None:
        """Let these replies end."""
        for message in messages:
            self.said[message].set()


def echo(message: str) -> str:
    return message


async def sent(tab: Tab, *messages: str) -> None:
    for message in messages:
        response = await tab.send(message)
        assert response.status_code == 204, response.content.decode()


@sync_to_async
def path(tab: Tab) -> list[tuple[str, str]]:
    """What is shown, with its status."""
    shown = Message.objects.filter(conversation__uuid=tab.uuid, active=True).order_by("pk")
    return [(message.text, message.status) for message in shown]


async def eventually(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await sync_to_async(condition)():  # noqa: ASYNC110 -- a database sends no events.
            await asyncio.sleep(0.005)


# Declaring


def test_rejects_by_default() -> None:
    declared = ChatInterface(echo)
    assert (declared.on_busy, declared.adaptive) == ("reject", False)


def test_adaptive_is_interrupt() -> None:
    assert ChatInterface(echo, adaptive=True).on_busy == "interrupt"
    assert ChatInterface(echo, on_busy="interrupt").adaptive


def test_unknown_form_names_the_four() -> None:
    with pytest.raises(ImproperlyConfigured, match="'reject', 'interrupt', 'queue', 'parallel'"):
        ChatInterface(echo, on_busy="wait")


@pytest.mark.parametrize("on_busy", ["reject", "queue", "parallel"])
def test_adaptive_contradicts(on_busy: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"on_busy='{on_busy}' says otherwise"):
        ChatInterface(echo, adaptive=True, on_busy=on_busy)


def test_adaptive_contradicts_a_class() -> None:
    class Queued(ChatInterface):
        on_busy = "queue"

    with pytest.raises(ImproperlyConfigured, match="on_busy='queue' says otherwise"):
        Queued(lambda message: message, adaptive=True)


# Reject


async def test_rejected() -> None:
    answers = Answers()
    tab = await Tab.open("busy")
    await sent(tab, "one")
    await answers.begins("one")
    assert (await tab.send("two")).status_code == 422
    answers.end("one")
    await ended()
    assert await path(tab) == [("one", "done"), ("one done", "done")]


# Interrupt


async def test_interrupted() -> None:
    answers = Answers("interrupt")
    tab = await Tab.open("busy")
    await sent(tab, "one")
    await answers.begins("one")
    answers.end("two")
    await sent(tab, "two")
    await ended()
    assert await path(tab) == [("one", "done"), ("one ", "stopped"), ("two", "done"), ("two done", "done")]
    assert answers.histories["two"] == ["one", "one "]


async def test_interrupted_while_waiting() -> None:
    """The last one is answered; what was asked in between is kept."""
    answers = Answers("interrupt")
    tab = await Tab.open("busy")
    await sent(tab, "one")
    await answers.begins("one")
    answers.end("three")
    await sent(tab, "two", "three")
    await ended()
    statuses = dict(await path(tab))
    assert (statuses["one "], statuses["three done"]) == ("stopped", "done")
    assert [text for text, _ in await path(tab) if text in ("one", "two", "three")] == ["one", "two", "three"]
    assert await Run.objects.filter(status__in=Run.ACTIVE).acount() == 0


async def test_callback_that_ignores_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatinterface.runs.execution.GRACE", 0.05)
    let_go = asyncio.Event()
    began = asyncio.Event()

    async def answer(message: str) -> AsyncIterator[str]:
        yield message
        began.set()
        while message == "one" and not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                continue

    chat.register(answer, name="busy", yields="tokens", on_busy="interrupt")
    tab = await Tab.open("busy")
    await sent(tab, "one")
    async with asyncio.timeout(PATIENCE):
        await began.wait()
    await sent(tab, "two")
    await ended()
    assert await path(tab) == [("one", "done"), ("one", "stopped"), ("two", "done"), ("two", "done")]
    let_go.set()


# Queue


async def test_queued_are_answered_in_order() -> None:
    answers = Answers("queue")
    tab = await Tab.open("busy")
    await sent(tab, "one", "two", "three")
    await answers.begins("one")
    assert [status for _, status in await path(tab)] == ["done", "running", "done", "queued", "done", "queued"]
    answers.end("one")
    await answers.begins("two")
    assert answers.began == ["one", "two"]
    answers.end("two", "three")
    await ended()
    assert await path(tab) == [
        ("one", "done"),
        ("one done", "done"),
        ("two", "done"),
        ("two done", "done"),
        ("three", "done"),
        ("three done", "done"),
    ]
    assert answers.histories["three"] == ["one", "one done", "two", "two done"]


async def test_queued_is_shown_in_its_place() -> None:
    answers = Answers("queue")
    tab = await Tab.open("busy")
    async with tab.connected():
        await sent(tab, "one")
        await answers.begins("one")
        await sent(tab, "two", "three")
        frame = await tab.until("run.state", place=2)
        assert (frame["status"], frame["text"]) == ("queued", "Number 2 in line")
        answers.end("one")
        await tab.until("run.state", message=frame["message"], place=1, text="Next in line")
        answers.end("two", "three")
        await tab.until("run.state", message=frame["message"], status="running")
        await tab.settled()
        assert "three done" in tab.last
    await ended()


async def test_place_is_told_to_who_comes_later() -> None:
    answers = Answers("queue")
    tab = await Tab.open("busy")
    await sent(tab, "one", "two")
    await answers.begins("one")
    other = await tab.again()
    async with other.connected():
        await other.until("run.state", place=1, status="queued")
        answers.end("one", "two")
        await other.settled()
        assert "two done" in other.last
    await ended()


async def test_queued_is_taken_out_of_the_line() -> None:
    answers = Answers("queue")
    tab = await Tab.open("busy")
    await sent(tab, "one", "two", "three")
    await answers.begins("one")
    second = await Message.objects.aget(conversation__uuid=tab.uuid, parent__parts__0__text="two")
    assert (await tab.stop_reply(second.pk)).status_code == 204
    await eventually(lambda: Message.objects.filter(pk=second.pk, status="stopped").exists())
    answers.end("one", "three")
    await ended()
    assert answers.began == ["one", "three"]
    assert ("one done", "done") in await path(tab)


async def test_stop_ends_all() -> None:
    answers = Answers("queue")
    tab = await Tab.open("busy")
    await sent(tab, "one", "two", "three")
    await answers.begins("one")
    await tab.stop()
    await ended()
    assert answers.began == ["one"]
    assert [status for _, status in await path(tab)] == ["done", "stopped"] * 3


async def test_queued_goes_on_behind_a_dead_worker() -> None:
    """Another process was answering: its lease is over, and nobody reads the conversation."""
    answers = Answers("queue")
    tab = await Tab.open("busy")
    answers.end("one", "three")
    await sent(tab, "one")
    await ended()
    owner = Visitor(user=AnonymousUser(), session_key=(await tab.conversation()).session_key)
    lost = await in_database(partial(conversations.send, answers.interface, owner, tab.uuid, "two", worker="another"))
    await sent(tab, "three")
    assert answers.began == ["one"]
    await Run.objects.filter(pk=lost.run.pk).aupdate(lease_until=timezone.now() - timedelta(hours=1))
    await ended()
    assert answers.began == ["one", "three"]
    assert (await path(tab))[2:] == [("two", "done"), ("", "interrupted"), ("three", "done"), ("three done", "done")]


async def test_pages_are_told_of_a_dead_worker_behind_whom_one_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nobody waits any more by the time the channel layer has taken it."""
    told, publish = list[str](), events.publish

    async def slow(uuid: UUID, frame: events.Frame) -> None:
        if frame["type"] == events.LOG_CHANGED:
            async with asyncio.timeout(PATIENCE):
                while waiting.keeper()._waiters:  # noqa: ASYNC110 -- who leaves tells nobody.
                    await asyncio.sleep(0)
        await publish(uuid, frame)
        told.append(frame["type"])

    monkeypatch.setattr(events, "publish", slow)
    answers = Answers("queue")
    tab = await Tab.open("busy")
    answers.end("one", "three")
    await sent(tab, "one")
    await ended()
    owner = Visitor(user=AnonymousUser(), session_key=(await tab.conversation()).session_key)
    lost = await in_database(partial(conversations.send, answers.interface, owner, tab.uuid, "two", worker="another"))
    await sent(tab, "three")
    await Run.objects.filter(pk=lost.run.pk).aupdate(lease_until=timezone.now() - timedelta(hours=1))
    await ended()
    if looking := waiting.keeper()._task:
        await looking
    assert told.count(events.LOG_CHANGED) == 1


@pytest.mark.parametrize("failing", ["chatinterface.queueing.claim", "chatinterface.runs.records.renewed"])
async def test_queued_waits_for_the_database(monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    """It is away when its turn comes: the reply is written when it is back, and not only interrupted by its lease."""
    answers = Answers("queue")
    tab = await Tab.open("busy")
    await sent(tab, "one", "two")
    await answers.begins("one")
    errors = away_at(monkeypatch, failing)
    answers.end("one", "two")
    await ended()
    assert not errors
    assert await path(tab) == [("one", "done"), ("one done", "done"), ("two", "done"), ("two done", "done")]
    assert answers.histories["two"] == ["one", "one done"]


async def test_run_without_a_place_waits_for_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is away when the run is to stand in line: see test_line for those that do."""
    errors = away_at(monkeypatch, "chatinterface.queueing.hold_back")
    answers = Answers(concurrency_limit=1)
    first, second = await Tab.open("busy"), await Tab.open("busy")
    await sent(first, "one")
    await answers.begins("one")
    await sent(second, "two")
    answers.end("one", "two")
    await ended()
    assert not errors
    assert await path(second) == [("two", "done"), ("two done", "done")]


def test_event_loop_of_who_waited_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker has another one for each reply."""

    async def look(_keeper: waiting.Keeper) -> None:
        pass

    async def wait() -> "weakref.ref[asyncio.AbstractEventLoop]":
        keeper, waiter = waiting.keeper(), mock.Mock()
        keeper.add(waiter)
        task = keeper._task
        assert task is not None
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        keeper.discard(waiter)
        await task
        return weakref.ref(asyncio.get_running_loop())

    monkeypatch.setattr(waiting.Keeper, "_look", look)
    with asyncio.Runner() as runner:
        loop = runner.run(wait())
    del runner
    gc.collect()
    assert loop() is None


async def test_queued_whose_worker_died_is_interrupted() -> None:
    answers = Answers("queue")
    tab = await Tab.open("busy")
    await sent(tab, "one")
    await answers.begins("one")
    await sent(tab, "two")
    queued = Run.objects.filter(status="queued")

    def lose() -> bool:
        # The keeper renews it until it has seen that it is no longer its own.
        queued.update(lease_until=timezone.now() - timedelta(hours=1))
        tab_conversation = Run.objects.get(messages__parent__parts__0__text="two").conversation
        replies.interrupt_lost(tab_conversation)
        return not queued.exists()

    await eventually(lose)
    answers.end("one")
    await ended()
    assert answers.began == ["one"]
    page = (await tab.client.get(tab.url("log"))).content.decode()
    assert 'data-status="interrupted"' in page
    assert 'data-action="retry"' in page


async def test_no_more_than_so_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queueing, "MOST", 2)
    answers = Answers("queue")
    tab = await Tab.open("busy")
    await sent(tab, "one", "two")
    assert (await tab.send("three")).status_code == 422
    answers.end("one", "two")
    await ended()


@pytest.mark.parametrize("on_busy", ["reject", "interrupt", "queue", "parallel"])
async def test_what_belongs_to_an_action_is_never_refused(monkeypatch: pytest.MonkeyPatch, on_busy: str) -> None:
    """What follows undo or clear, where a message was quicker."""
    monkeypatch.setattr(queueing, "MOST", 1)
    answers = Answers(on_busy)
    tab = await Tab.open("busy")
    await sent(tab, "one")
    await answers.begins("one")
    conversation = await tab.conversation()
    begun = await in_database(presses.follow, answers.interface, conversation.pk, "clear")
    assert begun.way is (queueing.Way.GO if on_busy == "parallel" else queueing.Way.WAIT)
    answers.end("one")
    await ended()
    assert (await path(tab))[:2] == [("one", "done"), ("one done", "done")]


@pytest.mark.parametrize("on_busy", ["interrupt", "queue", "parallel"])
@pytest.mark.parametrize("action", ["undo", "clear"])
async def test_path_is_not_turned_meanwhile(on_busy: str, action: str) -> None:
    answers = Answers(on_busy)
    tab = await Tab.open("busy")
    await sent(tab, "one")
    await answers.begins("one")
    assert (await tab.act(action)).status_code == 422
    answers.end("one")
    await ended()
    assert (await tab.act(action)).status_code == 204


# Parallel


async def test_parallel_replies_are_written_beside_each_other() -> None:
    answers = Answers("parallel")
    tab = await Tab.open("busy")
    await sent(tab, "one")
    await answers.begins("one")
    await sent(tab, "two")
    await answers.begins("two")
    assert answers.histories["two"] == ["one"]
    answers.end("two")
    await eventually(lambda: Message.objects.filter(run__status="done").exists())
    page = (await tab.client.get(tab.url("conversation"))).content.decode()
    assert 'data-state="streaming"' in page
    assert (await tab.act("undo")).status_code == 422
    answers.end("one")
    await ended()
    assert await path(tab) == [("one", "done"), ("one done", "done"), ("two", "done"), ("two done", "done")]


async def test_parallel_reply_is_stopped_by_itself() -> None:
    answers = Answers("parallel")
    tab = await Tab.open("busy")
    await sent(tab, "one", "two")
    await answers.begins("one")
    await answers.begins("two")
    first = await Message.objects.aget(conversation__uuid=tab.uuid, parent__parts__0__text="one")
    await tab.stop_reply(first.pk)
    await eventually(lambda: Message.objects.filter(pk=first.pk, status="stopped").exists())
    answers.end("two")
    await ended()
    assert await path(tab) == [("one", "done"), ("one ", "stopped"), ("two", "done"), ("two done", "done")]


async def test_message_of_a_run_stands_behind_what_was_said_meanwhile() -> None:
    more = asyncio.Event()

    async def answer(message: str, instance: chat.ChatSession) -> str:
        if message == "one":
            await more.wait()
            await instance.asend("aside")
        return f"{message} done"

    chat.register(answer, name="busy", on_busy="parallel")
    tab = await Tab.open("busy")
    await sent(tab, "one", "two")
    await eventually(lambda: Message.objects.filter(run__status="done").exists())
    more.set()
    await ended()
    assert [text for text, _ in await path(tab)] == ["one", "aside", "two", "two done", "one done"]
    last = await tab.reply()
    # It is the first question that is asked again.
    await tab.rerun(last.pk)
    await ended()
    assert [text for text, _ in await path(tab)] == ["one", "aside", "one done"]


async def test_nothing_is_left_behind() -> None:
    answers = Answers("queue", concurrency_limit=1)
    tab = await Tab.open("busy")
    answers.end("one", "two")
    await sent(tab, "one", "two")
    await ended()
    assert waiting.keeper()._waiters == {}
    if looking := waiting.keeper()._task:
        async with asyncio.timeout(PATIENCE):
            await looking
    assert waiting.keeper()._task is None
