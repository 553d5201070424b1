"""What a press of a button does: the run of its callbacks, and what is before and after a default button."""

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import AsyncClient

import chatinterface as chat
from chatinterface import ChatSession
from chatinterface.hooks import ButtonEvent
from chatinterface.models import Conversation, Message, Run
from chatinterface.runs.calling import Job
from chatinterface.runs.ending import running
from chatinterface.runs.pressing import prepare_following
from tests.tab import PATIENCE, Tab, ended

pytestmark = pytest.mark.django_db(transaction=True)


def declare(properties: dict[str, Any], **attributes: Any) -> None:
    """A chat with these buttons."""
    chat.register(
        lambda message: f"You said {message}", **{"name": "ask", "button_properties": properties, **attributes}
    )


async def press(tab: Tab, button: str) -> HttpResponse:
    """Press a new button, and wait until nothing runs."""
    response = await tab.act("button", button, token=tab.token)
    await ended()
    return response


async def said() -> list[str]:
    return [message.text async for message in Message.objects.filter(active=True).order_by("pk")]


async def last_run() -> Run:
    return await Run.objects.alatest("pk")


# New buttons


async def test_callback_gets_session_and_event() -> None:
    got: list[Any] = []
    declare({"help": {"callback": lambda instance, event: got.extend([instance, event])}})
    tab = await Tab.open("ask")
    assert (await press(tab, "help")).status_code == 204
    session, event = got
    assert isinstance(session, ChatSession)
    assert session.conversation.uuid == tab.uuid
    assert event == ButtonEvent(name="help")


async def test_begins_a_conversation() -> None:
    declare({"help": {"callback": lambda instance, event: "Ask me anything."}})
    tab = await Tab.open("ask")
    response = await press(tab, "help")
    detail = json.loads(response.headers["HX-Trigger"])["chatinterface:pressed"]
    assert detail["url"] == tab.url("conversation")
    assert await said() == ["Ask me anything."]
    run = await last_run()
    assert (run.trigger, run.status) == ("button", "done")
    await tab.ask("hello")
    assert await said() == ["Ask me anything.", "hello", "You said hello"]


async def test_names_what_it_begins_until_something_is_said() -> None:
    declare({"daily_news": {"callback": lambda instance, event: "Nothing new."}, "help": {"callback": print}})
    tab = await Tab.open("ask")
    await press(tab, "daily_news")
    await press(tab, "help")
    assert (await tab.conversation()).title == "Daily news"
    await tab.ask("And yesterday?")
    assert (await tab.conversation()).title == "And yesterday?"
    await press(tab, "help")
    assert (await tab.conversation()).title == "And yesterday?"


async def test_name_that_a_visitor_gave_stays() -> None:
    declare({"help": {"callback": lambda instance, event: "Ask me anything."}}, save_history=True)
    tab = await Tab.open("ask")
    await press(tab, "help")
    await tab.act("rename", title="Rice")
    await tab.ask("How is it cooked?")
    assert (await tab.conversation()).title == "Rice"


async def test_belongs_to_who_pressed() -> None:
    declare({"help": {"callback": lambda instance, event: "Hello"}})
    tab = await Tab.open("ask")
    await press(tab, "help")
    assert (await tab.client.get(tab.url("conversation"))).status_code == 200
    assert (await AsyncClient().get(tab.url("conversation"))).status_code == 404


async def plain(instance: ChatSession, event: ButtonEvent) -> str:
    return "one two"


def plain_sync(instance: ChatSession, event: ButtonEvent) -> str:
    return "one two"


def generator(instance: ChatSession, event: ButtonEvent) -> Iterator[str]:
    yield "one"
    yield "one two"


async def async_generator(instance: ChatSession, event: ButtonEvent) -> AsyncIterator[str]:
    yield "one"
    yield "one two"


def sending(instance: ChatSession, event: ButtonEvent) -> None:
    instance.send("one two", user="System")


async def sending_async(instance: ChatSession, event: ButtonEvent) -> None:
    await instance.asend("one two")


def streaming(instance: ChatSession, event: ButtonEvent) -> None:
    message = instance.stream("one")
    instance.stream(" two", message)


class Callable:
    async def __call__(self, instance: ChatSession, event: ButtonEvent) -> str:
        return "one two"


KINDS = [plain, plain_sync, generator, async_generator, sending, sending_async, streaming, Callable()]


@pytest.mark.parametrize("callback", KINDS, ids=lambda each: getattr(each, "__name__", "object"))
async def test_every_kind_of_callback(callback: Any) -> None:
    declare({"help": {"callback": callback}})
    tab = await Tab.open("ask")
    await tab.ask("hello")
    before = await said()
    await press(tab, "help")
    assert await said() == [*before, "one two"]
    assert not await Message.objects.filter(status="running").aexists()


async def test_who_speaks() -> None:
    declare({"help": {"callback": sending}})
    tab = await Tab.open("ask")
    await press(tab, "help")
    message = await Message.objects.aget()
    assert (message.user_name, message.metadata) == ("System", {"button": "help"})


async def test_steps_progress_and_notes() -> None:
    def work(instance: ChatSession, event: ButtonEvent) -> None:
        with instance.add_step("Search"):
            instance.progress(1, 2)
        instance.notify("Found it")

    declare({"search": {"callback": work}})
    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.act("button", "search", token=tab.token)
        await tab.until("notice", text="Found it")
        await tab.settled()
    await ended()
    assert [part["type"] for part in (await tab.reply()).parts] == ["step", "component"]


async def test_guides_to_another_input() -> None:
    def turn(instance: ChatSession, event: ButtonEvent) -> None:
        instance.active = 1

    inputs = [chat.widgets.ChatAreaInput(name="Text"), chat.widgets.IntSlider(name="Number")]
    declare({"turn": {"callback": turn}}, widgets=inputs)
    tab = await Tab.open("ask")
    await press(tab, "turn")
    conversation = await tab.conversation()
    assert conversation.state["input"] == "Number"
    assert conversation.leaf_id is None


async def test_question_is_answered_in_it() -> None:
    async def ask(instance: ChatSession, event: ButtonEvent) -> str:
        return f"You are {await instance.aprompt_user(['Ann', 'Bob'])}"

    declare({"who": {"callback": ask}})
    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.act("button", "who", token=tab.token)
        await tab.shows("data-prompt")
        address = tab.last.partition('hx-post="')[2].partition('"')[0]
        await tab.client.post(address, {"answer": "0"})
        await tab.settled()
        await ended()
    assert (await said())[-1].endswith("You are Ann")


async def test_post_callback_follows() -> None:
    declare(
        {"both": {"callback": lambda instance, event: "first", "post_callback": lambda instance, event: "first second"}}
    )
    await press(await Tab.open("ask"), "both")
    assert await said() == ["first second"]
    assert await Run.objects.acount() == 1


async def test_nothing_said_leaves_nothing() -> None:
    declare({"quiet": {"callback": lambda instance, event: instance.notify("Done")}})
    tab = await Tab.open("ask")
    await tab.ask("hello")
    before = await said()
    async with tab.connected():
        await tab.act("button", "quiet")
        await tab.until("notice")
        await tab.until("message.added", html="")
        await ended()
    assert await said() == before
    assert await Message.objects.acount() == 2
    run = await last_run()
    assert (run.trigger, run.status, run.lease_until) == ("button", "done", None)
    assert (await tab.conversation()).answering is False


async def test_nothing_said_after_a_message() -> None:
    def twice(instance: ChatSession, event: ButtonEvent) -> None:
        instance.send("one")
        instance.send("two")

    declare({"twice": {"callback": twice}})
    await press(await Tab.open("ask"), "twice")
    assert await said() == ["one", "two"]
    assert await Message.objects.acount() == 2


async def test_nothing_said_keeps_what_can_be_reverted() -> None:
    declare({"quiet": {"callback": lambda instance, event: None}})
    tab = await Tab.open("ask")
    await tab.ask("hello")
    await tab.act("undo")
    await press(tab, "quiet")
    assert 'data-undone="undo"' in (await tab.client.get(tab.url("conversation"))).content.decode()
    await tab.act("revert")
    assert await said() == ["hello", "You said hello"]


async def test_page_shows_no_empty_message_meanwhile() -> None:
    wait, begun = threading.Event(), threading.Event()

    def slow(instance: ChatSession, event: ButtonEvent) -> None:
        begun.set()
        wait.wait(20)

    declare({"slow": {"callback": slow}})
    tab = await Tab.open("ask")
    await tab.act("button", "slow", token=tab.token)
    await asyncio.to_thread(begun.wait, 20)
    page = (await tab.client.get(tab.url("conversation"))).content.decode()
    wait.set()
    await ended()
    assert "data-quiet" in page
    assert "data-chat-empty" in page
    assert 'data-state="streaming"' in page


async def test_failure_is_said() -> None:
    def fail(instance: ChatSession, event: ButtonEvent) -> None:
        raise ZeroDivisionError

    declare({"fail": {"callback": fail}})
    tab = await Tab.open("ask")
    await press(tab, "fail")
    message = await Message.objects.select_related("run").aget()
    assert (message.status, message.run.status if message.run else "") == ("failed", "failed")
    page = (await tab.client.get(tab.url("conversation"))).content.decode()
    assert message.metadata["error"]["id"] in page
    assert "ZeroDivisionError" not in page
    assert 'data-action="retry"' not in page


async def test_ignored_failure_leaves_nothing() -> None:
    def fail(instance: ChatSession, event: ButtonEvent) -> None:
        raise ZeroDivisionError

    declare({"fail": {"callback": fail}}, callback_exception="ignore")
    await press(await Tab.open("ask"), "fail")
    assert not await Message.objects.aexists()
    run = await last_run()
    assert (run.status, "ZeroDivisionError" in run.error, bool(run.error_id)) == ("failed", True, True)


async def test_stop_closes_it() -> None:
    closed = []

    async def endless(instance: ChatSession, event: ButtonEvent) -> AsyncIterator[str]:
        try:
            yield "so far"
            await asyncio.sleep(60)
        finally:
            closed.append(True)

    declare({"endless": {"callback": endless}})
    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.act("button", "endless", token=tab.token)
        await tab.shows("so far")
        await tab.stop()
        await tab.settled()
        await ended()
    assert closed == [True]
    reply = await tab.reply()
    assert (reply.status, reply.text) == ("stopped", "so far")
    page = (await tab.client.get(tab.url("conversation"))).content.decode()
    assert 'data-action="retry"' not in page


async def test_stop_of_silence_leaves_nothing() -> None:
    begun = asyncio.Event()

    async def endless(instance: ChatSession, event: ButtonEvent) -> None:
        begun.set()
        await asyncio.sleep(60)

    declare({"endless": {"callback": endless}})
    tab = await Tab.open("ask")
    await tab.act("button", "endless", token=tab.token)
    async with asyncio.timeout(20):
        await begun.wait()
    await tab.stop()
    await ended()
    assert not await Message.objects.aexists()
    assert (await last_run()).status == "stopped"


async def test_stop_of_what_waits_leaves_nothing() -> None:
    begun, wait, calls = asyncio.Event(), asyncio.Event(), list[str]()

    async def slow(message: str) -> str:
        begun.set()
        await wait.wait()
        return "done"

    properties = {"help": {"callback": lambda instance, event: calls.append("help")}}
    chat.register(slow, name="ask", on_busy="queue", button_properties=properties)
    tab = await Tab.open("ask")
    await tab.send("hello")
    async with asyncio.timeout(20):
        await begun.wait()
    await tab.act("button", "help", token=tab.token)
    waiting = await last_run()
    assert waiting.status == "queued"
    await tab.act("stop-reply", (await waiting.messages.aget()).pk)
    async with asyncio.timeout(20):
        while len(running.tasks) > 1:  # noqa: ASYNC110 -- the end of a task is no event.
            await asyncio.sleep(0.005)
    await waiting.arefresh_from_db()
    wait.set()
    await ended()
    assert waiting.status == "stopped"
    assert calls == []
    assert await said() == ["hello", "done"]


async def test_one_run_at_a_time() -> None:
    begun, wait = asyncio.Event(), asyncio.Event()

    async def slow(instance: ChatSession, event: ButtonEvent) -> str:
        begun.set()
        await wait.wait()
        return "done"

    declare({"slow": {"callback": slow}, "other": {"callback": slow}})
    tab = await Tab.open("ask")
    await tab.act("button", "slow", token=tab.token)
    async with asyncio.timeout(20):
        await begun.wait()
    refused = [await tab.act("button", "other"), await tab.send("hello"), await tab.act("clear")]
    wait.set()
    await ended()
    assert [response.status_code for response in refused] == [422] * 3
    assert "still being written" in refused[0].content.decode()
    assert await said() == ["done"]


async def test_waits_where_the_chat_queues() -> None:
    begun, wait = asyncio.Event(), asyncio.Event()

    async def slow(message: str) -> str:
        begun.set()
        await wait.wait()
        return "slow"

    chat.register(
        slow,
        name="ask",
        on_busy="queue",
        button_properties={"help": {"callback": lambda instance, event: "helped"}},
    )
    tab = await Tab.open("ask")
    await tab.send("hello")
    async with asyncio.timeout(20):
        await begun.wait()
    pressed = await tab.act("button", "help")
    wait.set()
    await ended()
    assert pressed.status_code == 204
    assert await said() == ["hello", "slow", "helped"]


async def test_counts_for_the_rate_limit() -> None:
    declare({"help": {"callback": lambda instance, event: "Hello"}}, rate_limit="1/m")
    tab = await Tab.open("ask")
    assert (await press(tab, "help")).status_code == 204
    response = await press(tab, "help")
    assert response.status_code == 422
    assert "many messages" in response.content.decode()


async def test_rerun_belongs_to_replies() -> None:
    declare({"help": {"callback": lambda instance, event: "Hello"}})
    tab = await Tab.open("ask")
    reply = await tab.ask("hello")
    await press(tab, "help")
    page = (await tab.client.get(tab.url("conversation"))).content.decode()
    assert page.count('data-action="rerun"') == 1
    await tab.rerun(reply.pk)
    await ended()
    assert await said() == ["hello", "You said hello"]


async def test_another_process_sees_it_interrupted(settings: Any) -> None:
    """A lost run is told of, and offers no reply to be tried again."""
    declare({"help": {"callback": lambda instance, event: "Hello"}})
    tab = await Tab.open("ask")
    await tab.ask("hello")
    conversation = await tab.conversation()
    lost = await Run.objects.acreate(
        conversation=conversation, trigger="button", status="running", lease_until="2020-01-01T00:00:00Z"
    )
    conversation.leaf = await Message.objects.acreate(
        conversation=conversation,
        parent_id=conversation.leaf_id,
        role="assistant",
        status="running",
        run=lost,
        metadata={"button": "help"},
    )
    await conversation.asave()
    page = (await tab.client.get(tab.url("conversation"))).content.decode()
    assert "Interrupted" in page
    assert 'data-action="retry"' not in page


# Before and after the default buttons


def noted(calls: list[str], name: str) -> dict[str, Any]:
    """Properties whose callbacks note that they were called, and what was said until then."""

    def before(instance: ChatSession, event: ButtonEvent) -> None:
        calls.append(f"before {event.name} of {len(instance)}")

    def after(instance: ChatSession, event: ButtonEvent) -> None:
        calls.append(f"after {event.name} of {len(instance)}")

    return {name: {"callback": before, "post_callback": after}}


async def test_before_and_after_send() -> None:
    calls: list[str] = []
    declare(noted(calls, "send"))
    tab = await Tab.open("ask")
    await tab.ask("hello")
    assert calls == ["before send of 1", "after send of 3"]
    assert await said() == ["hello", "You said hello"]


async def test_what_follows_waits_for_who_was_quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message may be sent when the reply is settled and what follows it has not begun: nothing is left out."""
    loop, begun = asyncio.get_running_loop(), asyncio.Event()

    async def answer(message: str) -> str:
        if message == "quick":
            await begun.wait()
        return f"You said {message}"

    properties = {"send": {"post_callback": lambda instance, event: f"after {event.value}"}}
    chat.register(answer, name="ask", button_properties=properties)
    tab = await Tab.open("ask")

    def delayed(interface: chat.ChatInterface, conversation: int, event: ButtonEvent) -> Job:
        if event.value == "hello":
            asyncio.run_coroutine_threadsafe(tab.send("quick"), loop).result(PATIENCE)
        try:
            return prepare_following(interface, conversation, event)
        finally:
            loop.call_soon_threadsafe(begun.set)

    monkeypatch.setattr("chatinterface.runs.execution.prepare_following", delayed)
    await tab.send("hello")
    await ended()
    assert await said() == ["hello", "You said hello", "quick", "You said quick", "after hello", "after quick"]


async def test_send_is_told_what_is_sent() -> None:
    events: list[ButtonEvent] = []
    declare({"send": {"callback": lambda instance, event: events.append(event)}})
    await (await Tab.open("ask")).ask("hello")
    assert [(event.name, event.value) for event in events] == [("send", "hello")]


async def test_nothing_before_what_is_not_sent() -> None:
    calls: list[str] = []
    declare(noted(calls, "send"))
    tab = await Tab.open("ask")
    assert (await tab.send(" ")).status_code == 422
    assert calls == []


async def test_said_before_and_after_send() -> None:
    declare({"send": {"callback": lambda instance, event: "before", "post_callback": lambda instance, event: "after"}})
    tab = await Tab.open("ask")
    await tab.send("hello")
    await ended()
    assert await said() == ["before", "hello", "You said hello", "after"]


async def test_send_is_not_done_where_the_first_fails() -> None:
    def fail(instance: ChatSession, event: ButtonEvent) -> None:
        raise ZeroDivisionError

    declare({"send": {"callback": fail}})
    tab = await Tab.open("ask")
    response = await tab.send("hello")
    await ended()
    assert response.status_code == 422
    assert "nothing else was done" in response.content.decode()
    assert not await Message.objects.filter(role="user").aexists()
    # The conversation that has the failure is the visitor's.
    assert (await tab.client.get(tab.url("conversation"))).status_code == 200


async def test_repeated_send_is_preceded_once() -> None:
    calls: list[str] = []
    declare(noted(calls, "send"))
    tab = await Tab.open("ask")
    key = "6c2b5cbe-29a6-4b0e-9f1c-6f4a3a9a0f10"
    await tab.send("hello", key=key)
    await ended()
    await tab.send("hello", key=key)
    await ended()
    assert calls == ["before send of 1", "after send of 3"]
    assert await said() == ["hello", "You said hello"]


async def test_what_comes_first_is_stopped_when_it_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def before(instance: ChatSession, event: ButtonEvent) -> None:
        await asyncio.Event().wait()

    declare({"clear": {"callback": before}})
    tab = await Tab.open("ask")
    await tab.ask("hello")
    monkeypatch.setattr("chatinterface.actions.buttons.LONGEST", 0.0)
    refused = await tab.act("clear")
    assert (refused.status_code, "not completed" in refused.content.decode()) == (422, True)
    assert await said() == ["hello", "You said hello"]
    assert (await last_run()).status == "stopped"


async def test_some_threads_are_left_to_others(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CHATINTERFACE = {"REQUEST_THREADS": 4}
    declare({"clear": {"callback": lambda instance, event: None}})
    tab = await Tab.open("ask")
    await tab.ask("hello")
    monkeypatch.setattr("chatinterface.actions.buttons._waiting", waiting := {-1, -2})
    assert (await tab.act("clear")).status_code == 422
    waiting.remove(-1)
    assert (await tab.act("clear")).status_code == 204
    assert waiting == {-2}


async def test_before_and_after_clear() -> None:
    """As in Panel: what is said before is cleared, what is said after stays."""

    def before(instance: ChatSession, event: ButtonEvent) -> None:
        instance.send("gone with the rest", user="System")

    def after(instance: ChatSession, event: ButtonEvent) -> None:
        instance.send("here to stay", user="System")

    declare({"clear": {"callback": before, "post_callback": after}})
    tab = await Tab.open("ask")
    await tab.ask("hello")
    assert (await tab.act("clear")).status_code == 204
    await ended()
    assert await said() == ["here to stay"]


async def test_clear_with_callbacks_is_reverted() -> None:
    declare(
        {
            "clear": {
                "callback": lambda instance, event: "before",
                "post_callback": lambda instance, event: "after",
            }
        }
    )
    tab = await Tab.open("ask")
    await tab.ask("hello")
    await tab.act("clear")
    await ended()
    assert 'data-undone="clear"' in (await tab.client.get(tab.url("conversation"))).content.decode()
    assert (await tab.act("revert")).status_code == 204
    assert await said() == ["hello", "You said hello", "before"]
    await tab.ask("again")
    assert (await said())[-2:] == ["again", "You said again"]


async def test_before_and_after_undo() -> None:
    calls: list[str] = []
    declare(noted(calls, "undo"))
    tab = await Tab.open("ask")
    await tab.ask("first")
    await tab.ask("second")
    await tab.act("undo")
    await ended()
    assert calls == ["before undo of 5", "after undo of 3"]
    assert await said() == ["first", "You said first"]
    await tab.act("revert")
    assert await said() == ["first", "You said first", "second", "You said second"]


async def test_before_and_after_rerun() -> None:
    calls: list[str] = []
    events: list[ButtonEvent] = []
    properties = noted(calls, "rerun")
    after = properties["rerun"]["post_callback"]

    def noting(instance: ChatSession, event: ButtonEvent) -> None:
        events.append(event)
        after(instance, event)

    properties["rerun"]["post_callback"] = noting
    declare(properties)
    tab = await Tab.open("ask")
    reply = await tab.ask("hello")
    await tab.rerun(reply.pk)
    await ended()
    assert calls == ["before rerun of 3", "after rerun of 3"]
    assert events[0].message == reply
    assert await said() == ["hello", "You said hello"]


async def test_before_and_after_stop() -> None:
    calls: list[str] = []
    begun = asyncio.Event()

    async def endless(message: str) -> AsyncIterator[str]:
        yield "so far"
        begun.set()
        await asyncio.sleep(60)

    chat.register(endless, name="ask", button_properties=noted(calls, "stop"))
    tab = await Tab.open("ask")
    await tab.send("hello")
    async with asyncio.timeout(20):
        await begun.wait()
    await tab.stop()
    await ended()
    assert calls == ["before stop of 2", "after stop of 3"]
    assert await said() == ["hello", "so far"]


async def test_stop_stops_in_any_case(caplog: pytest.LogCaptureFixture) -> None:
    begun = asyncio.Event()

    async def endless(message: str) -> None:
        begun.set()
        await asyncio.sleep(60)

    def fail(instance: ChatSession, event: ButtonEvent) -> None:
        raise ZeroDivisionError

    chat.register(endless, name="ask", button_properties={"stop": {"callback": fail}})
    tab = await Tab.open("ask")
    await tab.send("hello")
    async with asyncio.timeout(20):
        await begun.wait()
    with caplog.at_level(logging.ERROR):
        assert (await tab.stop()).status_code == 204
    await ended()
    assert (await tab.reply()).status == "stopped"
    assert "before it stops has failed" in caplog.text


async def test_nothing_after_what_a_session_stops() -> None:
    calls: list[str] = []

    async def answer(message: str, chat: ChatSession) -> None:
        chat.stop()
        await asyncio.sleep(60)

    chat.register(answer, name="ask", button_properties=noted(calls, "stop"))
    tab = await Tab.open("ask")
    await tab.send("hello")
    await ended()
    assert calls == []


async def test_after_a_reply_that_failed() -> None:
    calls: list[str] = []

    def fail(message: str) -> None:
        raise ZeroDivisionError

    chat.register(fail, name="ask", button_properties=noted(calls, "send"), callback_exception="raise")
    tab = await Tab.open("ask")
    await tab.send("hello")
    while not calls[1:]:
        await ended()
        await asyncio.sleep(0)
    await ended()
    assert calls == ["before send of 1", "after send of 3"]


async def test_what_follows_takes_the_place_of_what_has_ended() -> None:
    calls: list[str] = []
    declare(noted(calls, "send"), concurrency_limit=1)
    tab = await Tab.open("ask")
    await tab.send("hello")
    await ended()
    assert calls == ["before send of 1", "after send of 3"]


async def test_after_an_example_that_is_known() -> None:
    calls: list[str] = []
    declare(noted(calls, "send"), examples=["hello"], cache_examples=True, cache_mode="lazy")
    for _ in range(2):
        tab = await Tab.open("ask")
        await tab.send("hello", example="0")
        await ended()
    assert calls == ["before send of 1", "after send of 3"] * 2


async def test_gone_conversation_is_followed_by_nothing() -> None:
    calls: list[str] = []
    begun, wait = asyncio.Event(), asyncio.Event()

    async def slow(message: str) -> str:
        begun.set()
        await wait.wait()
        return "done"

    properties = noted(calls, "send")
    del properties["send"]["callback"]
    chat.register(slow, name="ask", button_properties=properties)
    tab = await Tab.open("ask")
    await tab.send("hello")
    async with asyncio.timeout(20):
        await begun.wait()
    await Conversation.objects.all().adelete()
    wait.set()
    await ended()
    assert calls == []
