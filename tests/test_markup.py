"""How a chat's declared markup reads what is said, by both sides, while it streams and when it is stored."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

import chatinterface as chat
from chatinterface import presentation
from chatinterface.content.markdown import render
from chatinterface.models import Message
from tests.tab import Tab

pytestmark = pytest.mark.django_db(transaction=True)

HTML = '<b onclick="x()">bold</b>\nline'


async def both(**attributes: Any) -> tuple[str, str, str]:
    """What is shown of a message, what was streamed of its reply, and what is stored of that; all say the same."""

    async def ask(message: str) -> AsyncIterator[str]:
        for piece in (message[:5], message[5:]):
            yield piece

    chat.register(ask, name="ask", yields="tokens", **attributes)
    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.send(HTML)
        await tab.settled()
        question, streamed = (tab.shown[pk].html for pk in sorted(tab.shown))
    reply = await tab.reply()
    assert reply.html == streamed
    return question, streamed, (await tab.again()).last


async def test_default_breaks_lines() -> None:
    assert await both() == ("<p><b>bold</b><br>\nline</p>\n",) * 3


async def test_declared_dialect_is_used() -> None:
    question, streamed, again = await both(line_breaks=False)
    assert question == streamed == again == render(HTML)


async def test_plain_text_is_shown_as_it_is() -> None:
    plain = await both(render_markdown=False)
    assert set(plain) == {plain[0]}
    assert plain[0].startswith('<div class="ci-plain">&lt;b')


async def test_visitors_are_sanitised_always() -> None:
    question, streamed, again = await both(sanitize_html=False)
    assert "onclick" not in question
    assert "onclick" in streamed
    assert streamed == again


def test_edited_replies_are_sanitised() -> None:
    interface = chat.ChatInterface(lambda message: message, name="ask", sanitize_html=False)
    edited = Message(role="assistant", metadata={"edited": True})
    assert "onclick" not in presentation.markdown(interface, HTML, edited)
    assert "onclick" in presentation.markdown(interface, HTML, Message(role="assistant"))


async def test_initial_messages_are_history() -> None:
    histories: list[Any] = []

    def answer(message: str, history: list[dict[str, str]]) -> str:
        histories.append(history)
        return "Yes"

    opening = ["Hello", {"role": "user", "content": "Hi", "user": "Bo"}]
    chat.register(answer, name="ask", help_text="Help", initial_messages=opening)
    await (await Tab.open("ask")).ask("?")
    assert [(each["role"], each["content"]) for each in histories[0]] == [("assistant", "Hello"), ("user", "Hi")]
