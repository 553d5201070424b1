"""What stands beside a chat."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template
from django.test import AsyncClient, Client

import chatinterface as chat
from chatinterface import ChatInterface, conf
from chatinterface.content.components import Code, Image
from chatinterface.models import Conversation, Message
from tests.outages import away_at
from tests.tab import Tab

pytestmark = pytest.mark.django_db(transaction=True)


def answer(message: str) -> Any:
    return f"Said {message}", f"*{message}*", None


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ("code", "must be a list of names"),
        (3, "must be a list of names"),
        (["a b"], "letters, digits"),
        ({"code": 3}, "a component, Markdown, or None"),
        ({"picture": Image(b"GIF89a")}, "cannot begin with a file"),
    ],
)
def test_wrong_outputs(declared: Any, reason: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=reason):
        ChatInterface(answer, additional_outputs=declared)


async def test_outputs_are_shown_and_kept() -> None:
    chat.register(answer, name="ask", additional_outputs=["note", "other_thing"])
    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.send("hello")
        frame = await tab.until("output.changed")
        await tab.until("message.settled")
    assert (frame["name"], frame["html"]) == ("note", "<p><em>hello</em></p>\n")
    reply = await tab.reply()
    assert reply.text == "Said hello"
    page = (await tab.client.get(tab.url("conversation"))).content.decode()
    assert "<em>hello</em>" in page
    assert "Other thing" in page
    fragment = (await tab.client.get(tab.url("outputs"))).content.decode()
    assert fragment.count("data-output=") == 2
    assert "<em>hello</em>" in fragment


async def test_outputs_are_live() -> None:
    gate = asyncio.Event()

    @chat.register(name="ask", yields="tokens", additional_outputs=["code"])
    async def ask(message: str) -> AsyncIterator[Any]:
        yield "a", Code("first", "python")
        await gate.wait()
        yield "b", Code("second", "python")
        yield "c", None

    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.send("go")
        assert "first" in (await tab.until("output.changed"))["html"]
        gate.set()
        assert "second" in (await tab.until("output.changed"))["html"]
        await tab.until("message.settled")
    assert (await tab.reply()).text == "abc"
    assert (await Conversation.objects.aget()).state["outputs"]["code"]["component"] == "code"


async def test_first_values_stand_until_then() -> None:
    chat.register(answer, name="ask", additional_outputs={"code": Code("first", "python"), "note": "**none** yet"})
    page = (await AsyncClient().get("/chat/ask/")).content.decode()
    assert "first" in page
    assert "<strong>none</strong>" in page


async def test_wrong_count_is_said() -> None:
    chat.register(answer, name="ask", additional_outputs=["one"], callback_exception="verbose")
    reply = await (await Tab.open("ask")).ask("hello")
    assert reply.status == Message.Status.FAILED
    assert "(reply, one)" in reply.metadata["error"]["text"]


async def test_reply_alone_is_taken() -> None:
    chat.register(lambda message: "Just this", name="ask", additional_outputs=["one"])
    assert (await (await Tab.open("ask")).ask("hello")).text == "Just this"


async def test_stopped_run_keeps_outputs() -> None:
    @chat.register(name="ask", yields="tokens", additional_outputs=["note"])
    async def ask(message: str) -> AsyncIterator[Any]:
        yield "a", "kept"
        await asyncio.Event().wait()

    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.send("go")
        await tab.until("output.changed")
        await tab.stop()
        await tab.until("message.settled")
    assert "kept" in (await tab.client.get(tab.url("outputs"))).content.decode()


async def test_output_that_cannot_be_shown_fails_the_reply_that_has_ended(tmp_path: Path) -> None:
    """As one does in the middle of a reply: what was said is kept, and so is what else is beside it."""

    @chat.register(name="ask", yields="tokens", additional_outputs=["picture", "note"])
    def ask(message: str) -> Iterator[Any]:
        yield "a", "first", None
        yield "b", Image(tmp_path / "missing.png"), "kept"

    tab = await Tab.open("ask")
    reply = await tab.ask("go")
    assert (reply.status, reply.text) == (Message.Status.FAILED, "ab")
    assert reply.metadata["error"]["id"]
    assert "kept" in (await tab.client.get(tab.url("outputs"))).content.decode()


async def test_outputs_are_kept_when_the_database_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = away_at(monkeypatch, "chatinterface.outputs.keep")
    chat.register(answer, name="ask", additional_outputs=["note", "other"])
    tab = await Tab.open("ask")
    assert (await tab.ask("hello")).status == Message.Status.DONE
    assert "<em>hello</em>" in (await tab.client.get(tab.url("outputs"))).content.decode()
    assert not errors


async def test_long_outputs_are_fetched() -> None:
    chat.register(lambda message: ("Long", "x " * 50_000), name="ask", additional_outputs=["note"])
    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.send("go")
        frame = await tab.until("output.changed")
        assert "html" not in frame
        assert frame["fetch"] == tab.url("outputs")
        await tab.until("message.settled")


async def test_strangers_see_nothing() -> None:
    chat.register(answer, name="ask", additional_outputs=["a", "b"])
    tab = await Tab.open("ask")
    await tab.ask("hello")
    assert (await AsyncClient().get(tab.url("outputs"))).status_code == 404


def test_tag_places_an_output() -> None:
    interface = ChatInterface(answer, name="ask", additional_outputs={"note": "*here*"})
    context = Context({"interface": interface, "conversation": Conversation(interface="ask")})
    html = Template("{% load chatinterface %}{% chat_output 'note' %}{% chat_output 'nothing' %}").render(context)
    assert html.count("data-output=") == 1
    assert "<em>here</em>" in html


def test_plain_chats_have_no_panel() -> None:
    chat.register(answer, name="ask")
    page = Client().get("/chat/ask/").content.decode()
    assert "outputs.js" not in page
    assert conf.get().checkpoint > 0
