"""What a chat's ``post_hook`` is told of."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured

import chatinterface as chat
from chatinterface.models import Message
from tests.tab import PATIENCE, Tab, ended

pytestmark = pytest.mark.django_db(transaction=True)


class Heard:
    """A hook that keeps what it is told, and waits for as much as a test expects."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, str]] = []
        self._loop = asyncio.get_running_loop()
        self._told = asyncio.Event()

    def __call__(self, message: Message, instance: chat.ChatSession) -> None:
        self.said.append((message.role, message.text, message.status))
        self._loop.call_soon_threadsafe(self._told.set)

    async def all(self, count: int) -> list[tuple[str, str, str]]:
        """What was said, in any order: as many as these."""
        async with asyncio.timeout(PATIENCE):
            while len(self.said) < count:
                await self._told.wait()
                self._told.clear()
        return sorted(self.said)


def answers(callback: Callable[..., Any], **attributes: Any) -> None:
    """Register the chat that is talked to."""
    chat.register(chat.ChatInterface(callback, name="chat", **attributes))


async def test_question_and_reply() -> None:
    heard = Heard()
    answers(str.upper, post_hook=heard)
    await (await Tab.open("chat")).ask("hello")
    assert await heard.all(2) == [("assistant", "HELLO", "done"), ("user", "hello", "done")]


async def test_each_message_of_a_reply() -> None:
    async def answer(message: str, chat: chat.ChatSession) -> AsyncIterator[str]:
        await chat.asend("first", respond=False)
        yield "second"

    heard = Heard()
    answers(answer, post_hook=heard)
    await (await Tab.open("chat")).ask("hello")
    told = await heard.all(3)
    assert [text for role, text, _ in told if role == "assistant"] == ["first", "second"]


async def test_failed_reply() -> None:
    async def answer(message: str) -> AsyncIterator[str]:
        yield "as far as this"
        raise ValueError

    heard = Heard()
    answers(answer, post_hook=heard)
    await (await Tab.open("chat")).ask("hello")
    assert ("assistant", "as far as this", "failed") in await heard.all(2)


async def test_what_the_site_writes() -> None:
    heard = Heard()
    answers(str.upper, post_hook=heard)
    tab = await Tab.open("chat")
    await tab.ask("hello")
    await heard.all(2)
    session = await chat.ChatSession.aget(tab.uuid)
    await session.asend("It has shipped", respond=False)
    assert ("assistant", "It has shipped", "done") in await heard.all(3)


@pytest.mark.parametrize("kind", ["plain", "async"])
async def test_own_messages_do_not_call_it(kind: str) -> None:
    heard, written = Heard(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def plain(message: Message, instance: chat.ChatSession) -> None:
        heard(message, instance)
        if message.role == "assistant":
            instance.send("By the way", respond=False)
            loop.call_soon_threadsafe(written.set)

    async def twin(message: Message, instance: chat.ChatSession) -> None:
        heard(message, instance)
        if message.role == "assistant":
            await instance.asend("By the way", respond=False)
            loop.call_soon_threadsafe(written.set)

    answers(str.upper, post_hook=plain if kind == "plain" else twin)
    tab = await Tab.open("chat")
    await tab.ask("hello")
    async with asyncio.timeout(PATIENCE):
        await written.wait()
    assert await sync_to_async(Message.objects.filter(parts__0__text="By the way").count)() == 1
    assert await heard.all(2) == [("assistant", "HELLO", "done"), ("user", "hello", "done")]
    await ended()


def test_not_callable() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"function of \(message, instance\)"):
        chat.ChatInterface(str.upper, name="chat", post_hook="remember")
