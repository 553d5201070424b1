"""What callbacks do with their session: messages of their own, steps, and a look at the log."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import override_settings

import chatinterface as chat
from chatinterface import ChatMessage, ChatSession
from chatinterface.content.parts import walk
from chatinterface.exceptions import Ended
from chatinterface.models import Conversation, Message
from tests.tab import PATIENCE, Tab
from tests.test_parts import ask, declare, replies

pytestmark = pytest.mark.django_db(transaction=True)


def said(messages: list[Message]) -> list[tuple[str, str]]:
    return [(message.user_name, message.text) for message in messages]


def steps(message: Message) -> list[dict[str, Any]]:
    return [part for part in walk(message.parts) if part["type"] == "step"]


# Messages


async def test_send_async() -> None:
    async def answer(message: str, chat: ChatSession) -> str:
        sent = await chat.asend("first", user="A", avatar="🅰️")
        assert sent.id
        return "reply"

    tab = await ask(answer)
    assert said(await replies(tab)) == [("A", "first"), ("Assistant", "reply")]
    assert [message.avatar for message in await replies(tab)] == ["🅰️", ""]


@pytest.mark.parametrize("nothing", [None, ChatMessage(None), {"role": "assistant", "content": None}])
async def test_nothing_is_not_sent(nothing: Any) -> None:
    """A callback that forgot to return something is told so, where an empty message would say nothing."""
    refused = list[ValueError]()

    async def answer(message: str, chat: ChatSession) -> str:
        for send in (chat.asend, sync_to_async(chat.send)):
            with pytest.raises(ValueError, match="None is nothing to send") as raised:
                await send(nothing)
            refused.append(raised.value)
        return "reply"

    assert said(await replies(await ask(answer))) == [("Assistant", "reply")]
    assert len(refused) == 2


async def test_send_without_waiting() -> None:
    async def answer(message: str, chat: ChatSession) -> AsyncIterator[str]:
        chat.send("first")
        yield "reply"
        chat.send("last", user="B")

    assert said(await replies(await ask(answer))) == [("Assistant", "first"), ("Assistant", "reply"), ("B", "last")]


async def test_send_from_thread() -> None:
    def answer(message: str, chat: ChatSession) -> Iterator[str]:
        yield "reply"
        sent = chat.send("next")
        assert sent.id
        yield "reply goes on"
        chat.send(ChatMessage("last", user="B"))

    assert said(await replies(await ask(answer))) == [
        ("Assistant", "reply goes on"),
        ("Assistant", "next"),
        ("B", "last"),
    ]


async def test_send_from_another_thread() -> None:
    def answer(message: str, chat: ChatSession) -> str:
        thread = threading.Thread(target=chat.send, args=["from there"])
        thread.start()
        thread.join()
        return "reply"

    assert said(await replies(await ask(answer))) == [("Assistant", "from there"), ("Assistant", "reply")]


async def test_only_sent(caplog: pytest.LogCaptureFixture) -> None:
    def answer(message: str, chat: ChatSession) -> None:
        chat.send("one")
        chat.send("two")

    tab = await ask(answer)
    assert said(await replies(tab)) == [("Assistant", "one"), ("Assistant", "two")]
    conversation = await tab.conversation()
    assert conversation.leaf is not None
    assert conversation.leaf.text == "two"
    assert not conversation.answering
    assert "its reply is empty" not in caplog.text


async def test_next_message_after_only_sent() -> None:
    declare(lambda message, history, chat: chat.send(f"{message} {len(history)}") and None)
    tab = await Tab.open("chat")
    async with tab.connected():
        for text in ("a", "b"):
            await tab.send(text)
            await tab.shows(f"{text} ")
            await tab.settled()
    assert [message.text for message in await replies(tab)] == ["a 0", "b 2"]


async def test_stream_message() -> None:
    async def answer(message: str, chat: ChatSession) -> None:
        sent = None
        for word in ("one ", "two ", "three"):
            sent = await chat.astream(word, sent, user="S")

    assert said(await replies(await ask(answer))) == [("S", "one two three")]


async def test_stream_message_anew() -> None:
    def answer(message: str, chat: ChatSession) -> None:
        sent = chat.stream("one")
        chat.stream("two", sent, replace=True)

    assert said(await replies(await ask(answer))) == [("Assistant", "two")]


async def test_streams_side_by_side() -> None:
    async def answer(message: str, chat: ChatSession) -> AsyncIterator[str]:
        first, second = chat.stream("a"), chat.stream("b")
        for _ in range(3):
            chat.stream("a", first)
            chat.stream("b", second)
        yield "reply"

    texts = [message.text for message in await replies(await ask(answer))]
    assert texts == ["aaaa", "bbbb", "reply"]


async def test_stop_with_messages() -> None:
    async def answer(message: str, chat: ChatSession) -> AsyncIterator[str]:
        await chat.asend("first")
        await chat.astream("open")
        yield "reply"
        await asyncio.Event().wait()

    declare(answer)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("reply")
        await tab.stop()
        await tab.settled()
    found = await replies(tab)
    assert [(message.text, message.status) for message in found] == [
        ("first", "done"),
        ("open", "stopped"),
        ("reply", "stopped"),
    ]
    async with tab.connected():
        await tab.rerun(found[-1].pk)
        await tab.shows("reply")
        await tab.stop()
        await tab.settled()
    assert len(tab.shown) == 4


async def test_stopped_by_itself() -> None:
    async def answer(message: str, chat: ChatSession) -> AsyncIterator[str]:
        yield "so far"
        chat.stop()
        await asyncio.Event().wait()

    (reply,) = await replies(await ask(answer))
    assert (reply.text, reply.status) == ("so far", "stopped")


async def test_failure_after_messages() -> None:
    async def answer(message: str, chat: ChatSession) -> None:
        await chat.asend("first")
        raise ValueError("no")

    found = await replies(await ask(answer))
    assert [(message.text, message.status) for message in found] == [("first", "done"), ("", "failed")]
    assert found[1].metadata["error"]


async def test_busy_until_the_end() -> None:
    going = asyncio.Event()

    async def answer(message: str, chat: ChatSession) -> AsyncIterator[str]:
        yield "reply"
        await chat.asend("after it")
        await going.wait()

    declare(answer)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("after it")
        assert (await tab.send("more")).status_code == 422
        assert 'data-state="streaming"' in (await tab.client.get(tab.url("conversation"))).content.decode()
        going.set()
        await tab.settled()
    assert (await tab.send("more")).status_code == 204


async def test_session_after_the_run() -> None:
    kept: list[ChatSession] = []

    def answer(message: str, chat: ChatSession) -> str:
        kept.append(chat)
        return "reply"

    await ask(answer)
    with pytest.raises(Ended):
        await kept[0].asend("late")
    with pytest.raises(Ended):
        kept[0].send("late")


async def test_stopped_thread_is_told() -> None:
    told = threading.Event()
    going = threading.Event()

    def answer(message: str, chat: ChatSession) -> Iterator[str]:
        yield "reply"
        going.wait(PATIENCE)
        try:
            while True:
                chat.send("more")
        except Ended:
            told.set()

    declare(answer)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("reply")
        await tab.stop()
        going.set()
        await tab.settled()
    assert await asyncio.to_thread(told.wait, PATIENCE)


async def test_stop_does_not_wait_for_what_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatinterface.runs.execution.GRACE", 0.05)
    going = threading.Event()

    class Slow(chat.Component):
        def part(self, store: chat.Store) -> dict[str, Any]:
            going.wait(PATIENCE)
            return super().part(store)

    async def answer(message: str, chat: ChatSession) -> AsyncIterator[str]:
        yield "reply"
        chat.send(Slow())
        await asyncio.Event().wait()

    declare(answer)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("reply")
        await tab.stop()
        await tab.settled()
        assert not going.is_set()
        going.set()
    assert (await replies(tab))[0].status == "stopped"


async def test_value_that_cannot_be_shown() -> None:
    class Broken(chat.Component):
        def part(self, store: chat.Store) -> dict[str, Any]:
            raise ValueError("broken")

    async def answer(message: str, chat: ChatSession) -> str:
        with pytest.raises(ValueError, match="broken"):
            await chat.asend(Broken())
        return "reply"

    assert [message.text for message in await replies(await ask(answer))][-1] == "reply"


# Steps


async def test_step_as_context() -> None:
    async def answer(message: str, chat: ChatSession) -> AsyncIterator[str]:
        async with await chat.aadd_step("Search") as step:
            await step.astream("looking ")
            await step.astream("around")
            await step.astream_title("ing")
        yield "found"

    (reply,) = await replies(await ask(answer, yields="tokens"))
    step, text = reply.parts
    assert (step["title"], step["status"], step["open"]) == ("Searching", "success", False)
    assert step["parts"] == [{"type": "text", "text": "looking around"}]
    assert step["duration"] >= 0
    assert text["text"] == "found" == reply.text


async def test_step_in_thread() -> None:
    def answer(message: str, chat: ChatSession) -> Iterator[str]:
        with chat.add_step("Search") as step:
            step.stream("looking")
            assert step.id
        yield "found"

    (reply,) = await replies(await ask(answer))
    assert [(step["title"], step["status"]) for step in steps(reply)] == [("Search", "success")]
    assert reply.text == "found"


async def test_step_of_async_without_waiting() -> None:
    async def answer(message: str, chat: ChatSession) -> AsyncIterator[str]:
        with chat.add_step("Search") as step:
            step.stream("looking")
        yield "found"

    (reply,) = await replies(await ask(answer, yields="tokens"))
    assert [part["type"] for part in reply.parts] == ["step", "text"]


async def test_nested_steps() -> None:
    def answer(message: str, chat: ChatSession) -> str:
        with chat.add_step("outer"):
            with chat.add_step("inner") as inner:
                inner.stream("deep")
            with chat.add_step("second"):
                pass
        other = chat.add_step("other", status="success")
        chat.add_step("under other", parent=other, status="success")
        return "reply"

    (reply,) = await replies(await ask(answer, yields="tokens"))
    assert [[part["title"] for part in step["parts"]] for step in reply.parts[:2]] == [
        ["inner", "second"],
        ["under other"],
    ]


async def test_step_fails_with_its_error() -> None:
    def answer(message: str, chat: ChatSession) -> str:
        with pytest.raises(ValueError, match="secret"), chat.add_step("Try"):
            raise ValueError("secret")
        return "reply"

    (reply,) = await replies(await ask(answer))
    (step,) = steps(reply)
    assert (step["status"], step["open"]) == ("failed", True)
    assert "secret" not in str(step)
    assert "could not be completed" in step["parts"][0]["text"]


@pytest.mark.parametrize(("debug", "mode"), [(True, "summary"), (False, "verbose")])
async def test_step_tells_developers(debug: bool, mode: str) -> None:  # noqa: FBT001
    def answer(message: str, chat: ChatSession) -> str:
        with pytest.raises(ValueError, match="secret"), chat.add_step("Try"):
            raise ValueError("secret")
        return "reply"

    with override_settings(DEBUG=debug):
        (reply,) = await replies(await ask(answer, callback_exception=mode))
    assert "ValueError: secret" in str(steps(reply))


@pytest.mark.parametrize("mode", ["summary", "ignore", "traceback", "raise", lambda error, chat: "handled"])
async def test_step_of_failed_run(mode: Any) -> None:
    async def answer(message: str, chat: ChatSession) -> None:
        await chat.aadd_step("left", status="running")
        raise ValueError("no")

    async with asyncio.timeout(PATIENCE):
        if mode == "raise":
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        (reply,) = await replies(await ask(answer, callback_exception=mode))
    assert [step["status"] for step in steps(reply)] == ["failed"]


async def test_step_set_by_hand() -> None:
    def answer(message: str, chat: ChatSession) -> str:
        with chat.add_step("Try") as step:
            step.update(status="failed", title="Tried")
        left = chat.add_step("left")
        left.update(status="running")
        return "reply"

    (reply,) = await replies(await ask(answer))
    assert [(step["title"], step["status"]) for step in steps(reply)] == [("Tried", "failed"), ("left", "success")]


async def test_step_of_stopped_run() -> None:
    async def answer(message: str, chat: ChatSession) -> None:
        async with await chat.aadd_step("forever") as step:
            await step.astream("on")
            await asyncio.Event().wait()

    declare(answer)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("<p>on</p>")
        assert 'data-step="running"' in tab.last
        await tab.stop()
        await tab.settled()
    assert 'data-step="stopped"' in tab.last == (await tab.again()).last
    (reply,) = await replies(tab)
    assert [step["status"] for step in steps(reply)] == ["stopped"]


async def test_step_of_lost_run() -> None:
    message = Message(status="interrupted", parts=[{"type": "step", "id": "p1", "title": "t", "status": "running"}])
    from tests.test_templatetags import body

    assert 'data-step="failed"' in body(message)


async def test_step_is_escaped() -> None:
    def answer(message: str, chat: ChatSession) -> str:
        with chat.add_step("<img src=x onerror=alert(1)>") as step:
            step.stream("<script>alert(1)</script> <b hx-get=/x>b</b>")
        return "reply"

    tab = await ask(answer)
    assert "<img" not in tab.last and "<script" not in tab.last and "hx-get" not in tab.last


async def test_step_with_component() -> None:
    def answer(message: str, chat: ChatSession) -> str:
        with chat.add_step("Show") as step:
            step.stream("before")
            step.stream({"a": 1})
        return "reply"

    (reply,) = await replies(await ask(answer))
    assert [part["type"] for part in reply.parts[0]["parts"]] == ["text", "component"]


async def test_unknown_status() -> None:
    def answer(message: str, chat: ChatSession) -> str:
        with pytest.raises(ValueError, match="pending, running"):
            chat.add_step("x", status="done")  # type: ignore[arg-type]
        return "reply"

    assert (await replies(await ask(answer)))[0].text == "reply"


# Gradio's metadata, and thoughts


async def test_metadata_is_a_step() -> None:
    async def answer(message: str) -> AsyncIterator[list[Any]]:
        thought = {"title": "Think", "id": 1, "status": "pending"}
        inner = {"title": "Look", "parent_id": 1}
        yield [{"role": "assistant", "content": "hm", "metadata": thought}]
        yield [ChatMessage("hm", metadata=thought), ChatMessage("here", metadata=inner)]
        done = {**thought, "status": "done", "duration": 1.5, "log": "3 pages"}
        yield [ChatMessage("hm, so", metadata=done), ChatMessage("here", metadata=inner), ChatMessage("answer")]

    (reply,) = await replies(await ask(answer))
    step, text = reply.parts
    assert (step["title"], step["status"], step["duration"], step["log"], step["open"]) == (
        "Think",
        "success",
        1.5,
        "3 pages",
        False,
    )
    assert [part["type"] for part in step["parts"]] == ["text", "step"]
    assert step["parts"][1]["open"]
    assert text["text"] == "answer" == reply.text


async def test_metadata_of_tokens() -> None:
    async def answer(message: str) -> AsyncIterator[object]:
        yield ChatMessage("hm", metadata={"title": "Think", "id": "a", "status": "pending"})
        yield ChatMessage("hm, so", metadata={"title": "Thought", "id": "a", "status": "done"})
        yield "answer"

    (reply,) = await replies(await ask(answer, yields="tokens"))
    assert [(step["title"], step["status"]) for step in steps(reply)] == [("Thought", "success")]
    assert reply.text == "answer"


THOUGHTS = "<think>\nfirst, second\n</think>\n\nanswer <i>x</i>"


@pytest.mark.parametrize("size", [1, 3, 100])
async def test_reasoning_of_tokens(size: int) -> None:
    async def answer(message: str) -> AsyncIterator[str]:
        for start in range(0, len(THOUGHTS), size):
            yield THOUGHTS[start : start + size]

    (reply,) = await replies(await ask(answer, yields="tokens", reasoning_tags=[("<think>", "</think>")]))
    step, text = reply.parts
    assert (step["title"], step["status"]) == ("Reasoning", "success")
    assert step["parts"][0]["text"].strip() == "first, second"
    assert text["text"].strip() == "answer <i>x</i>"
    assert "duration" in step


async def test_reasoning_of_whole_texts() -> None:
    async def answer(message: str) -> AsyncIterator[str]:
        for length in range(1, len(THOUGHTS) + 1):
            yield THOUGHTS[:length]

    tab = await ask(answer, reasoning_tags=[("<think>", "</think>")])
    (reply,) = await replies(tab)
    assert [(step["title"], step["status"]) for step in steps(reply)] == [("Reasoning", "success")]
    assert reply.text.strip() == "answer <i>x</i>"
    assert not any(frame.get("reset") for frame in tab.frames)


async def test_reasoning_that_does_not_end() -> None:
    (reply,) = await replies(
        await ask(lambda message: "<think>on and on </thin", reasoning_tags=[("<think>", "</think>")])
    )
    assert [step["status"] for step in steps(reply)] == ["success"]
    assert reply.parts[0]["parts"][0]["text"] == "on and on </thin"


# The log


async def test_history_has_files_and_components() -> None:
    told: list[Any] = []

    def answer(message: str, history: list[dict[str, Any]]) -> object:
        told[:] = history
        if message == "file":
            return chat.Blob(source=b"x") if False else {"a": 1}
        return "text"

    declare(answer, yields="tokens")
    tab = await Tab.open("chat")
    for text in ("hi", "file", "end"):
        await tab.ask(text)
    assert told[:3] == [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "text"},
        {"role": "user", "content": "file"},
    ]
    (entry,) = told[3]["content"]
    assert (entry["type"], entry["component"]) == ("component", "json")
    assert entry["text"]


async def test_history_without_thoughts() -> None:
    told: list[Any] = []

    def answer(message: str, history: list[dict[str, Any]]) -> str:
        told[:] = history
        return "<think>hidden</think>shown"

    declare(answer, reasoning_tags=[("<think>", "</think>")])
    tab = await Tab.open("chat")
    await tab.ask("a")
    await tab.ask("b")
    assert told[1] == {"role": "assistant", "content": "shown"}


async def test_log_as_a_list() -> None:
    def answer(message: str, chat: ChatSession) -> str:
        assert chat
        return f"{len(chat)} {chat[0].text} {[each.role for each in chat]} {[each.text for each in chat[:1]]}"

    tab = await ask(answer)
    assert (await replies(tab))[0].text == "2 hello ['user', 'assistant'] ['hello']"


async def test_log_in_async() -> None:
    async def answer(message: str, chat: ChatSession) -> str:
        return ", ".join(each.text for each in await chat.amessages())

    assert (await replies(await ask(answer)))[0].text.startswith("hello")


Serialize = Callable[[ChatSession], Any]


@pytest.mark.parametrize(
    ("serialize", "expected"),
    [
        (lambda chat: chat.serialize(), [("user", "hello"), ("assistant", "one"), ("assistant", "two")]),
        (lambda chat: chat.serialize(limit=0), []),
        (lambda chat: chat.serialize(limit=1), [("assistant", "two")]),
        (lambda chat: chat.serialize(exclude_users=["polly"], limit=2), [("user", "hello"), ("assistant", "one")]),
        (
            lambda chat: chat.serialize(role_names={"bird": "Polly"}, default_role="x"),
            [("x", "hello"), ("x", "one"), ("bird", "two")],
        ),
        (lambda chat: chat.serialize(filter_by=lambda said: said[1:], limit=1), [("assistant", "two")]),
        (
            lambda chat: chat.serialize(custom_serializer=lambda each: each.text.upper(), limit=1),
            [("assistant", "TWO")],
        ),
    ],
)
async def test_serialize(serialize: Serialize, expected: list[tuple[str, str]]) -> None:
    found: list[Any] = []

    def answer(message: str, chat: ChatSession) -> None:
        chat.send("one")
        chat.send("two", user="Polly")
        found[:] = serialize(chat)

    await ask(answer)
    assert [(each["role"], each["content"]) for each in found] == expected


async def test_serialize_refuses() -> None:
    def answer(message: str, chat: ChatSession) -> str:
        with pytest.raises(ValueError, match="transformers"):
            chat.serialize(format="xml")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="default_role"):
            chat.serialize(default_role="")
        return "reply"

    assert (await replies(await ask(answer)))[0].status == "done"


# The module of the same name


@pytest.mark.parametrize("name", ["Table", "Image", "ChatMessage", "exceptions"])
def test_module_is_meant(name: str) -> None:
    interface = chat.ChatInterface(lambda message: message, name="ask")
    session = ChatSession(interface=interface, conversation=Conversation())
    with pytest.raises(
        AttributeError, match=f"name the parameter `instance`, or write `from chatinterface import {name}`"
    ):
        getattr(session, name)


def test_other_errors_stay() -> None:
    interface = chat.ChatInterface(lambda message: message, name="ask")
    session = ChatSession(interface=interface, conversation=Conversation())
    with pytest.raises(AttributeError, match="'ChatSession' object has no attribute 'sennd'"):
        getattr(session, "sennd")  # noqa: B009 -- mypy knows that there is none.
