"""The ``tasks`` executor within one process: what is handed to workers, and what a worker makes of it."""

import asyncio
import importlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import django
import pytest
from asgiref.sync import sync_to_async
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from django.utils import timezone, translation

import chatinterface as chat
from chatinterface import ChatInterface, ChatSession, conf, conversations, hooks, registry, sampling, widgets
from chatinterface.conversations import Exchange
from chatinterface.exceptions import UnknownChat
from chatinterface.history import Visitor
from chatinterface.hooks import ButtonEvent
from chatinterface.models import Conversation, Message, Run
from chatinterface.runs import handover, workers, working
from chatinterface.runs.ending import running
from chatinterface.runs.execution import prepare
from chatinterface.signals import reply_settled
from tests.tab import Tab, ended

pytestmark = pytest.mark.django_db(transaction=True)

PACKAGE = "django.tasks" if django.VERSION >= (6, 0) else "django_tasks"


class Queue(list[Any]):
    """The tasks that were enqueued, and that no worker has done yet: the arguments of each."""

    def put(self, task_result: Any, **kwargs: Any) -> None:
        """Take a task, as it is enqueued."""
        self.append((task_result.task.name, *task_result.args))

    async def work(self) -> str | None:
        """Do the first of them, on this event loop: the channel layer of the tests belongs to it."""
        name, *arguments = self.pop(0)
        assert name == "answer"
        return await working.execute(*arguments)


@pytest.fixture
def queue() -> Iterator[Queue]:
    """A backend of whose tasks nothing is done but by the test."""
    enqueued, queue = importlib.import_module(f"{PACKAGE}.signals").task_enqueued, Queue()
    with override_settings(TASKS={"default": {"BACKEND": f"{PACKAGE}.backends.dummy.DummyBackend"}}):
        enqueued.connect(queue.put)
        yield queue
        enqueued.disconnect(queue.put)


def answer(message: str) -> str:
    return f"You said {message}"


def worked(function: Any = answer, **attributes: Any) -> ChatInterface:
    """Register a chat whose replies are written by workers."""
    interface = ChatInterface(function, **{"name": "ask", "executor": "tasks", **attributes})
    chat.register(interface)
    return interface


def begun(interface: ChatInterface) -> Exchange:
    """A message whose run waits for any worker."""
    who = Visitor(user=AnonymousUser(), session_key="mine")
    return conversations.send(interface, who, uuid4(), "hello", may_create=True)


async def run_of(tab: Tab) -> Run:
    return await Run.objects.filter(conversation__uuid=tab.uuid).alatest("pk")


# Declaring


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"executor": "celery"}, "executor='celery' must be one of 'asgi', 'tasks'."),
        ({"executor": None}, "executor=None must be one of"),
        ({"task_queue": ""}, "task_queue='' must be a name, as it stands in the setting TASKS."),
        ({"task_backend": 1}, "task_backend=1 must be a name"),
        ({"executor": "tasks", "widgets": widgets.PasswordInput(name="Code")}, "'Code' is entered as a secret"),
        ({"executor": "tasks", "additional_inputs": ["password"]}, "'password' is entered as a secret"),
    ],
)
def test_wrong_declarations(attributes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=reason):
        ChatInterface(answer, **attributes)


def test_secrets_in_shown_forms() -> None:
    class Login(forms.Form):
        password = forms.CharField(widget=forms.PasswordInput)

    with pytest.raises(ImproperlyConfigured, match="'Login' is entered as a secret"):
        ChatInterface(answer, executor="tasks", forms=[Login])
    ChatInterface(answer, forms=[Login])


# Handing over


async def test_message_is_shown_before_a_worker_comes(queue: Queue) -> None:
    worked()
    tab = await Tab.open("ask")
    async with tab.connected():
        assert (await tab.send("hello")).status_code == 204
        await tab.until("message.added")
    run = await run_of(tab)
    assert (run.status, run.worker, run.executor, run.started_at) == ("queued", "", "tasks", None)
    assert queue == [("answer", run.pk, [])]
    assert not running.tasks
    assert (await tab.again()).unfinished == tab.unfinished


async def test_worker_answers(queue: Queue) -> None:
    worked()
    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.send("hello")
        assert await queue.work() == "done"
        await tab.settled()
    reply, run = await tab.reply(), await run_of(tab)
    assert tab.last == "<p>You said hello</p>\n"
    assert (reply.text, run.status, run.worker) == ("You said hello", "done", workers.here())


async def test_task_names_chats_queue(queue: Queue) -> None:
    backend = f"{PACKAGE}.backends.dummy.DummyBackend"
    worked(task_backend="chats", task_queue="slow")
    enqueued: list[tuple[str, str]] = []

    def note(task_result: Any, **kwargs: Any) -> None:
        enqueued.append((task_result.backend, task_result.task.queue_name))

    signals = importlib.import_module(f"{PACKAGE}.signals")
    signals.task_enqueued.connect(note)
    with override_settings(TASKS={"default": {"BACKEND": backend}, "chats": {"BACKEND": backend, "QUEUES": ["slow"]}}):
        await (await Tab.open("ask")).send("hello")
    assert enqueued == [("chats", "slow")]


async def test_delivered_twice(queue: Queue) -> None:
    """Backends may hand out a task more than once: it is done once."""
    called: list[str] = []
    worked(called.append)
    await (await Tab.open("ask")).send("hello")
    queue.append(queue[0])
    assert sorted(map(str, await asyncio.gather(queue.work(), queue.work()))) == ["None", "done"]
    assert called == ["hello"]


async def test_additional_inputs_are_those_it_was_sent_with(queue: Queue) -> None:
    """However late a worker comes."""
    worked(
        lambda message, history, size: f"{message} {size}",
        on_busy="queue",
        additional_inputs=[widgets.IntInput(name="size", value=3)],
    )
    tab = await Tab.open("ask")
    for message, size in (("one", 5), ("two", 99)):
        await tab.send(message, additional="1", **{"additional-size": size})
    while queue:
        assert await queue.work() == "done"
    said = Message.objects.filter(role="assistant").order_by("pk")
    assert [each.text async for each in said] == ["one 5", "two 99"]


async def test_never_taken(queue: Queue) -> None:
    """It waits longer than a lease, and not for good."""
    worked()
    tab = await Tab.open("ask")
    await tab.send("hello")
    run = await run_of(tab)
    assert run.lease_until is not None
    assert run.lease_until - run.queued_at > timedelta(seconds=conf.get().task_wait - 1)
    await Run.objects.aupdate(lease_until=timezone.now() - timedelta(seconds=1))
    again = await tab.again()
    assert again.status[max(again.status)] == "interrupted"
    assert await queue.work() is None


async def test_backend_is_away(queue: Queue, caplog: pytest.LogCaptureFixture) -> None:
    """The message is there, and its reply can be tried again."""
    worked(task_backend="missing")
    tab = await Tab.open("ask")
    async with tab.connected():
        assert (await tab.send("hello")).status_code == 204
        await tab.until("message.settled", status="interrupted")
    assert [record.__dict__["event"] for record in caplog.records if record.levelno >= logging.ERROR] == [
        "task.unqueued"
    ]


async def test_visitor_goes_away(queue: Queue) -> None:
    """What is committed is handed over, also where the request is cancelled meanwhile."""
    interface = worked()
    exchange = await sync_to_async(begun)(interface)
    job = await sync_to_async(prepare)(interface, exchange)
    handing = asyncio.create_task(handover.hand_over(job))
    await asyncio.sleep(0)
    handing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await handing
    await ended()
    assert queue == [("answer", exchange.run.pk, [])]


async def test_server_ends_when_all_is_handed_over(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is committed is known to the workers before the process is gone."""
    monkeypatch.setattr(running, "ending", False)
    interface = worked()
    exchange = await sync_to_async(begun)(interface)
    handing = asyncio.create_task(handover.hand_over(await sync_to_async(prepare)(interface, exchange)))
    await asyncio.sleep(0)
    await running.end()
    assert queue == [("answer", exchange.run.pk, [])]
    await handing


# Stopping


async def test_stop_before_a_worker_comes(queue: Queue) -> None:
    worked()
    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.send("hello")
        await tab.stop()
        await tab.until("message.settled", status="stopped")
    assert (await run_of(tab)).status == "stopped"
    assert await queue.work() is None
    assert (await tab.reply()).status == "stopped"


async def test_button_stopped_before_a_worker_comes(queue: Queue) -> None:
    """A button that has said nothing leaves no message."""
    worked(button_properties={"go": {"callback": lambda instance, event: "gone"}})
    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.act("button", "go", token=tab.token)
        await tab.until("message.added")
        await tab.stop()
        await tab.until("message.added", html="")
    assert not await Message.objects.aexists()
    assert (await run_of(tab)).status == "stopped"


async def test_stopped_then_followed(queue: Queue) -> None:
    """What the button that stops does afterwards is done by the server."""
    worked(button_properties={"stop": {"post_callback": lambda instance, event: f"after {event.name}"}})
    tab = await Tab.open("ask")
    await tab.send("hello")
    await tab.stop()
    await ended()
    assert (await tab.reply()).text == "after stop"


# What a worker calls


async def test_parallel_runs_do_not_wait(queue: Queue) -> None:
    going = asyncio.Event()

    async def answer(message: str) -> str:
        if message == "first":
            await going.wait()
        return message

    worked(answer, on_busy="parallel")
    tab = await Tab.open("ask")
    await tab.send("first")
    await tab.send("second")
    first = asyncio.create_task(queue.work())
    await asyncio.sleep(0)
    assert await queue.work() == "done"
    going.set()
    assert await first == "done"


async def test_queued_runs_wait_with_their_worker(queue: Queue) -> None:
    """Also where the backend does not keep their order."""
    order: list[str] = []
    worked(order.append, on_busy="queue")
    tab = await Tab.open("ask")
    await tab.send("first")
    async with tab.connected():
        await tab.send("second")
        queue.reverse()
        second = asyncio.create_task(queue.work())
        await tab.until("run.state", place=1)
        assert await queue.work() == "done"
    assert await second == "done"
    assert order == ["first", "second"]


async def test_interrupt_stops_what_no_worker_has(queue: Queue) -> None:
    worked(on_busy="interrupt")
    tab = await Tab.open("ask")
    await tab.send("first")
    await tab.send("second")
    assert await queue.work() is None
    assert await queue.work() == "done"
    statuses = Message.objects.filter(role="assistant").order_by("pk").values_list("status", flat=True)
    assert [status async for status in statuses] == ["stopped", "done"]


async def test_values_of_inputs(queue: Queue) -> None:
    """They are read from what was stored, and are what the server would have given."""
    said: list[object] = []
    worked(
        lambda message, history, size: said.append((message, size)),
        widgets=widgets.IntSlider(name="Count", end=10),
        additional_inputs=[widgets.IntInput(name="size", value=3)],
    )
    tab = await Tab.open("ask")
    await tab.send("7", input="Count", additional="", **{"additional-size": "5"})
    await queue.work()
    assert said == [(7, 5)]


async def test_buttons(queue: Queue) -> None:
    events: list[tuple[str, ButtonEvent]] = []
    worked(
        button_properties={
            "go": {
                "callback": lambda instance, event: events.append(("go", event)),
                "post_callback": lambda instance, event: events.append(("gone", event)),
            }
        }
    )
    tab = await Tab.open("ask")
    assert (await tab.act("button", "go", token=tab.token)).status_code == 204
    assert events == []
    assert await queue.work() == "done"
    assert events == [("go", ButtonEvent(name="go")), ("gone", ButtonEvent(name="go"))]


async def test_after_default_buttons(queue: Queue) -> None:
    """What follows a reply is called by its worker, with the event that the server would have given."""
    events: list[ButtonEvent] = []
    after = {"post_callback": lambda instance, event: events.append(event)}
    worked(button_properties={"send": after, "rerun": after})
    tab = await Tab.open("ask")
    await tab.send("hello")
    assert events == []
    await queue.work()
    reply = await tab.reply()
    await tab.rerun(reply.pk)
    await queue.work()
    assert [(event.name, event.value, event.message) for event in events] == [
        ("send", "hello", None),
        ("rerun", None, reply),
    ]


async def test_before_send_is_called_by_the_server(queue: Queue) -> None:
    worked(button_properties={"send": {"callback": lambda instance, event: "before"}})
    tab = await Tab.open("ask")
    await tab.send("hello")
    assert len(queue) == 1
    assert [each.text async for each in Message.objects.order_by("pk")] == ["before", "hello", ""]


async def test_language_of_the_conversation(queue: Queue) -> None:
    worked(lambda message: translation.get_language())
    tab = await Tab.open("ask")
    fields = {"message": "hello", "token": tab.token}
    await tab.client.post(tab.url("send"), fields, headers={"accept-language": "de"})
    await queue.work()
    assert (await tab.reply()).text == "de"


async def test_session_of_the_conversation(queue: Queue) -> None:
    def answer(message: str, instance: ChatSession) -> str:
        instance.send("beside")
        return f"{instance.user} {instance.conversation.interface} {instance.stopped}"

    worked(answer)
    tab = await Tab.open("ask")
    await tab.send("hello")
    await queue.work()
    texts = Message.objects.filter(role="assistant").order_by("pk")
    assert {each.text async for each in texts} == {"None ask False", "beside"}


async def test_site_has_it_answered(queue: Queue) -> None:
    worked()
    tab = await Tab.open("ask")
    await tab.send("hello")
    await queue.work()
    session = await ChatSession.aget(tab.uuid)
    await session.asend("And this?", user="You", respond=True)
    assert await queue.work() == "done"
    assert (await tab.reply()).text == "You said And this?"


async def test_chat_of_another_worker(queue: Queue) -> None:
    """A worker that was started with other settings says so, and leaves nobody waiting."""
    worked()
    tab = await Tab.open("ask")
    await tab.send("hello")
    registry.unregister("ask")
    with pytest.raises(UnknownChat, match="'ask' is not registered in this worker process"):
        await queue.work()
    assert ((await tab.reply()).status, (await run_of(tab)).status) == ("interrupted", "interrupted")


async def test_site_hears_of_what_no_worker_began(queue: Queue) -> None:
    heard = []

    def hear(message: Message, **kwargs: object) -> None:
        heard.append(message.status)

    worked()
    tab = await Tab.open("ask")
    reply_settled.connect(hear)
    try:
        async with tab.connected():
            await tab.send("hello")
            await tab.stop()
            await tab.until("message.settled", status="stopped")
        await asyncio.to_thread(hooks.finish)
    finally:
        reply_settled.disconnect(hear)
    assert heard == ["stopped"]


async def test_raised_again(queue: Queue) -> None:
    """Where the chat asks for it, the task fails as its callback does."""

    def answer(message: str) -> str:
        raise LookupError(message)

    worked(answer, callback_exception="raise")
    tab = await Tab.open("ask")
    await tab.send("hello")
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    with pytest.raises(LookupError, match="hello"):
        await queue.work()
    assert (await tab.reply()).status == "failed"


# Examples


async def test_examples_are_kept_by_the_worker(queue: Queue) -> None:
    interface = worked(examples=["hi"], cache_examples=True, cache_mode="lazy")
    sampling.answer_all([interface])
    assert queue == []
    sampling.keep_next(interface)
    tab = await Tab.open("ask")
    await tab.send("hi", example="0")
    await queue.work()
    example = interface.shown_examples[0]
    known = sampling.known(interface, example)
    assert known is not None
    assert known["parts"] == (await tab.reply()).parts


def test_examples_are_answered_by_a_worker(queue: Queue) -> None:
    interface = worked(examples=["hallo"], cache_examples=True, name="greet")
    sampling.answer_all([interface])
    assert queue == [("answer_examples", "greet")]
    tasks = importlib.import_module("chatinterface.tasks")
    assert tasks.answer_examples.func("greet") == 1
    sampling.answer_all([interface])
    assert len(queue) == 1


# The process of a worker


def test_terminated(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """The signal is held until the reply is stored, and then does what it does."""
    settings.CHATINTERFACE = {"SHUTDOWN": 0.05}
    monkeypatch.setattr(running, "ending", False)

    async def answer(message: str) -> AsyncIterator[str]:
        yield "so far"
        signal.raise_signal(signal.SIGTERM)
        await asyncio.Event().wait()

    run = begun(worked(answer)).run
    seen: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(Message.objects.latest("pk").text))
    try:
        assert working.work(run.pk, []) == "interrupted"
        assert seen == ["so far"]
        assert callable(signal.getsignal(signal.SIGTERM))
    finally:
        signal.signal(signal.SIGTERM, before)


def test_hooks_are_waited_for() -> None:
    """The process may end with its task."""
    told: list[str] = []

    async def hook(message: Message, instance: ChatSession) -> None:
        await asyncio.sleep(0.05)
        told.append(message.text)

    run = begun(worked(post_hook=hook)).run
    assert working.work(run.pk, []) == "done"
    assert told == ["You said hello"]


def test_fork_is_another_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = workers.here()
    assert workers.here() == parent
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert workers.here() != parent


def test_nothing_is_left_to_be_done() -> None:
    run = begun(worked()).run
    Conversation.objects.all().delete()
    assert working.work(run.pk, []) is None
