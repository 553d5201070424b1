"""A callback that takes messages back, or has itself called again: within its run."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import chatinterface as chat
from chatinterface import ChatSession, versions
from chatinterface.exceptions import Ended
from chatinterface.models import Message, Run
from chatinterface.runs import port
from tests.tab import Tab, ended
from tests.test_parts import ask, declare, replies

pytestmark = pytest.mark.django_db(transaction=True)


async def log(tab: Tab) -> list[tuple[str, str]]:
    """Who says what, by the path."""
    found = Message.objects.filter(conversation__uuid=tab.uuid, active=True).order_by("pk")
    return [(message.user_name, message.text) async for message in found]


async def texts(tab: Tab) -> list[str]:
    return [text for _, text in await log(tab)]


async def talk(callback: Callable[..., Any], *messages: str, **attributes: Any) -> Tab:
    """A tab in which these were said, one after the other, and answered; it shows what a reload shows."""
    declare(callback, **attributes)
    tab = await Tab.open("chat")
    async with tab.connected():
        for message in messages:
            assert (await tab.send(message)).status_code == 204
            await ended()
        conversation = await tab.conversation()
        while tab.revision < conversation.revision:
            await tab.next()
    again = await tab.again()
    assert {pk: page.html for pk, page in tab.shown.items()} == {pk: page.html for pk, page in again.shown.items()}
    assert set(tab.status.values()) <= {"done"}
    return tab


# Taking back


def cleared(message: str, history: list[Any], chat: ChatSession) -> str | None:
    if message == "/clear":
        assert [each.text for each in chat.clear()] == ["one", "said one", "/clear"]
        return None
    return f"said {message}"


async def acleared(message: str, history: list[Any], chat: ChatSession) -> str | None:
    if message == "/clear":
        assert [each.text for each in await chat.aclear()] == ["one", "said one", "/clear"]
        return None
    return f"said {message}"


async def cleared_unawaited(message: str, history: list[Any], chat: ChatSession) -> str | None:
    if message == "/clear":
        assert chat.clear() == []
        return None
    return f"said {message}"


@pytest.mark.parametrize("callback", [cleared, acleared, cleared_unawaited])
async def test_clear_leaves_nothing(callback: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    tab = await talk(callback, "one", "/clear")
    assert await log(tab) == []
    conversation = await tab.conversation()
    assert (conversation.leaf, conversation.answering) == (None, False)
    assert not await Run.objects.filter(status__in=Run.ACTIVE).aexists()
    assert "its reply is empty" not in caplog.text


async def test_clear_and_say() -> None:
    def answer(message: str, history: list[Any], chat: ChatSession) -> str:
        if message == "/clear":
            chat.clear()
            return "Cleared."
        return f"{message} {len(history)}"

    tab = await talk(answer, "one", "/clear", "two")
    assert await texts(tab) == ["Cleared.", "two", "two 1"]


async def test_clear_of_what_was_said() -> None:
    """What the callback has said before is taken back with the rest, and kept."""

    async def answer(message: str, history: list[Any], chat: ChatSession) -> AsyncIterator[str]:
        yield "before"
        taken = await chat.aclear()
        assert [each.text for each in taken] == ["one", "before"]
        yield "before and after"

    tab = await talk(answer, "one")
    assert await texts(tab) == ["before and after"]
    assert [message.text for message in await replies(tab)] == ["before", "before and after"]


@pytest.mark.parametrize("say", ["", "Cleared."])
async def test_clear_is_reverted(say: str) -> None:
    def answer(message: str, chat: ChatSession) -> str | None:
        if message != "/clear":
            return f"said {message}"
        chat.clear()
        return say or None

    tab = await talk(answer, "one", "/clear")
    assert 'data-undone="clear"' in (await tab.client.get(tab.url("conversation"))).content.decode()
    assert (await tab.act("revert")).status_code == 204
    assert await texts(tab) == ["one", "said one", "/clear"]
    assert (await tab.act("revert")).status_code == 422


async def test_clear_is_not_reverted_later() -> None:
    def answer(message: str, chat: ChatSession) -> str:
        if message == "/clear":
            chat.clear()
        return f"said {message}"

    tab = await talk(answer, "one", "/clear", "two")
    assert versions.undone(await tab.conversation()) is None
    assert (await tab.act("revert")).status_code == 422


async def test_clear_twice() -> None:
    def answer(message: str, chat: ChatSession) -> str:
        assert [each.text for each in chat.clear()] == ["one"]
        assert chat.clear() == []
        return "said"

    assert await texts(await talk(answer, "one")) == ["said"]


async def test_undo_counts_messages() -> None:
    """As Panel's: the last ones of the log, whoever has said them."""

    def answer(message: str, chat: ChatSession) -> str:
        if message == "/undo":
            assert [each.text for each in chat.undo(3)] == ["two", "said two", "/undo"]
            return "Two messages less."
        return f"said {message}"

    tab = await talk(answer, "one", "two", "/undo")
    assert await texts(tab) == ["one", "said one", "Two messages less."]
    assert (await tab.act("revert")).status_code == 204
    assert await texts(tab) == ["one", "said one", "two", "said two", "/undo"]


async def test_undo_of_its_own() -> None:
    async def answer(message: str, chat: ChatSession) -> None:
        await chat.asend("a")
        await chat.asend("b")
        assert [each.text for each in await chat.aundo()] == ["b"]
        await chat.asend("c")

    assert await texts(await talk(answer, "one")) == ["one", "a", "c"]


@pytest.mark.parametrize("count", [0, -1])
async def test_undo_of_nothing(count: int) -> None:
    def answer(message: str, chat: ChatSession) -> str:
        assert chat.undo(count) == []
        return "said"

    tab = await talk(answer, "one")
    assert await texts(tab) == ["one", "said"]
    assert versions.undone(await tab.conversation()) is None


async def test_undo_one_after_the_other() -> None:
    """Each is reverted by itself, the last one first."""

    def answer(message: str, chat: ChatSession) -> str | None:
        if message != "/undo":
            return f"said {message}"
        chat.undo(1)
        chat.undo(1)
        return None

    tab = await talk(answer, "one", "/undo")
    assert await texts(tab) == ["one"]
    await tab.act("revert")
    assert await texts(tab) == ["one", "said one"]
    await tab.act("revert")
    assert await texts(tab) == ["one", "said one", "/undo"]


async def test_stop_after_clear() -> None:
    async def answer(message: str, chat: ChatSession) -> AsyncIterator[str]:
        await chat.aclear()
        yield "anew"
        await asyncio.Event().wait()

    declare(answer)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("one")
        await tab.shows("anew")
        await tab.stop()
        await tab.settled()
    assert [(message.text, message.status) for message in await replies(tab)] == [("anew", "stopped")]
    await ended()


async def test_undo_after_the_run() -> None:
    kept: list[ChatSession] = []

    def answer(message: str, chat: ChatSession) -> str:
        kept.append(chat)
        return "said"

    await ask(answer)
    for call in (kept[0].aundo, kept[0].aclear, kept[0].arespond):
        with pytest.raises(Ended):
            await call()


async def test_steps_stay_with_what_was_taken() -> None:
    async def answer(message: str, chat: ChatSession) -> str:
        async with await chat.aadd_step("Looking"):
            await chat.aclear()
        return "said"

    tab = await talk(answer, "one")
    assert await texts(tab) == ["said"]


# Being called again

ARM, LEG = "Arm", "Leg"


def agents(contents: str, user: str, instance: ChatSession) -> Iterator[Any]:
    if user == "You":
        yield {"user": ARM, "object": "Did you hear that?"}
        instance.respond()
    elif user == ARM:
        said = instance.objects[-2].text
        yield {"user": LEG, "object": f"Yes: {said}"}


async def aagents(contents: str, user: str, instance: ChatSession) -> AsyncIterator[Any]:
    if user == "You":
        yield {"user": ARM, "object": "Did you hear that?"}
        instance.respond()
    elif user == ARM:
        said = (await instance.amessages())[-3].text
        yield {"user": LEG, "object": f"Yes: {said}"}


async def awaiting(contents: str, user: str, instance: ChatSession) -> Any:
    if user == "You":
        await instance.asend("Did you hear that?", user=ARM)
        await instance.arespond()
        return None
    return {"user": LEG, "object": f"Yes: {contents[:3]}"} if user == ARM else None


@pytest.mark.parametrize("answer", [agents, aagents, awaiting])
async def test_agents_talk(answer: Callable[..., Any]) -> None:
    chat.register(chat.ChatInterface(callback=answer, name="chat"))
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await ended()
        await tab.settled()
    said = await log(tab)
    assert [user for user, _ in said] == ["You", ARM, LEG]
    assert said[1] == (ARM, "Did you hear that?")
    assert await Run.objects.acount() == 1
    again = await tab.again()
    assert {pk: page.html for pk, page in tab.shown.items()} == {pk: page.html for pk, page in again.shown.items()}


async def test_responds_to_each() -> None:
    """What is sent to be answered is answered in order, with what was said before it as its history."""

    def answer(message: str, history: list[Any], chat: ChatSession) -> str | None:
        if message == "hello":
            chat.send("a", user="A", respond=True)
            chat.send("b", user="B", respond=True)
            return "both"
        return f"{message} after {[each['content'] for each in history]}"

    tab = await talk(answer, "hello")
    assert await log(tab) == [
        ("You", "hello"),
        ("A", "a"),
        ("B", "b"),
        ("Assistant", "both"),
        ("Assistant", "a after ['hello']"),
        ("Assistant", "b after ['hello', 'a']"),
    ]


async def test_responds_in_thread_and_later() -> None:
    """From a thread of its own, too; a callback that is called again says messages of their own."""

    def answer(message: str, chat: ChatSession) -> Iterator[str]:
        if message == "hello":
            thread = threading.Thread(target=chat.send, args=["more"], kwargs={"respond": True})
            thread.start()
            thread.join()
        yield message
        yield f"{message}!"

    assert await texts(await talk(answer, "hello")) == ["hello", "more", "hello!", "more!"]


async def test_history_of_the_next_message() -> None:
    seen = []

    def answer(message: str, history: list[Any], chat: ChatSession) -> str:
        seen.append([each["content"] for each in history])
        if message == "hello":
            chat.send("aside", respond=True)
        return f"re {message}"

    await talk(answer, "hello", "again")
    assert seen[-1] == ["hello", "aside", "re hello", "re aside"]


async def test_endless_talk_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port, "MOST_RESPONSES", 3)

    def answer(message: str, chat: ChatSession) -> str:
        chat.respond()
        return f"{message}."

    declare(answer)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("a")
        await ended()
    found = await replies(tab)
    assert [(message.text, message.status) for message in found] == [
        ("a.", "done"),
        ("a..", "done"),
        ("a...", "done"),
        ("", "failed"),
    ]
    assert "so often" in found[-1].metadata["error"]["text"]


async def test_stop_ends_the_talk() -> None:
    going = asyncio.Event()

    async def answer(message: str, chat: ChatSession) -> AsyncIterator[str]:
        chat.respond()
        yield f"{message}."
        if len(message) > 2:
            going.set()
            await asyncio.Event().wait()

    declare(answer)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("a")
        await going.wait()
        await tab.stop()
        await ended()
        await tab.settled()
    assert [message.status for message in await replies(tab)] == ["done", "done", "stopped"]


async def test_failure_while_called_again() -> None:
    def answer(message: str, chat: ChatSession) -> str:
        if message != "hello":
            raise ValueError(message)
        chat.respond()
        return "once"

    declare(answer)
    tab = await Tab.open("chat")
    await tab.send("hello")
    await ended()
    assert [(message.text, message.status) for message in await replies(tab)] == [("once", "done"), ("", "failed")]


async def test_rerun_repeats_the_talk() -> None:
    def answer(message: str, chat: ChatSession) -> str:
        if message == "hello":
            chat.respond()
        return f"{message}!"

    tab = await talk(answer, "hello")
    assert await texts(tab) == ["hello", "hello!", "hello!!"]
    last = (await replies(tab))[-1]
    assert (await tab.rerun(last.pk)).status_code == 204
    await ended()
    assert await texts(tab) == ["hello", "hello!", "hello!!"]
    assert len(await replies(tab)) == 4


async def test_what_was_taken_back_is_not_answered(caplog: pytest.LogCaptureFixture) -> None:
    calls = []

    def answer(message: str, chat: ChatSession) -> None:
        calls.append(message)
        chat.send("gone", respond=True)
        chat.clear()

    tab = await talk(answer, "hello")
    assert calls == ["hello"]
    assert await log(tab) == []
    assert "not shown any more" in caplog.text


async def test_message_in_the_name_of_the_visitor() -> None:
    """As in Panel the name decides whose it is: undo takes back the last one of theirs."""

    def answer(message: str, chat: ChatSession) -> str:
        if message == "hello":
            chat.send("How are you?", user=chat.interface.user, respond=True)
            return "Let me ask for you."
        return f"re {message}"

    tab = await talk(answer, "hello")
    asked = await Message.objects.aget(parts=[{"type": "text", "text": "How are you?"}])
    assert asked.role == Message.Role.USER
    await tab.act("undo")
    assert await texts(tab) == ["hello"]
