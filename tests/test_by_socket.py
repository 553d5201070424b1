"""Messages that come by the page's socket."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission, User
from django.test import AsyncClient, override_settings
from hypothesis import given
from hypothesis import strategies as st

import chatinterface as chat
from chatinterface import by_socket, registry, widgets
from chatinterface.by_socket import LONGEST_ACK, LONGEST_SEND, parse
from chatinterface.content.markdown import render
from chatinterface.models import Conversation, Message
from tests.tab import Frame, Tab, ended

KEY = "0b5cbf0e-5bd5-4c2c-b6fb-3a3ad0f2d7b4"


def echo(**attributes: Any) -> chat.ChatInterface:
    async def answer(message: str) -> str:
        return message

    chat.register(answer, name="echo_test", **attributes)
    found = registry.find("echo_test")
    assert found is not None
    return found


async def begun(client: AsyncClient | None = None) -> Tab:
    """A page whose conversation has begun, as its visitor sees it after a reload."""
    tab = await Tab.open("echo_test", client)
    await tab.ask("first")
    return await tab.again()


async def answer(tab: Tab, text: str, key: str = "") -> Frame:
    """Send it by the tab's socket; returns what the tab is told of it."""
    await tab.say({"type": "send", "key": key or str(uuid4()), "text": text})
    while (frame := await tab.next())["type"] not in ("sent", "unsent"):
        pass
    return frame


def said(tab: Tab) -> list[str]:
    messages = Message.objects.filter(conversation__uuid=tab.uuid).order_by("pk")
    return [message.text for message in messages]


# What may come


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "ack", "bytes": 0},
        {"type": "ack", "message": 1, "seq": 0},
        {"type": "send", "key": KEY, "text": "hello"},
        {"type": "send", "key": "", "text": ""},
        {"type": "send", "key": KEY, "text": "\U0001f600"},
        {"type": "send", "key": KEY, "text": "a" * (LONGEST_SEND - 100)},
    ],
)
def test_frames_that_are_taken(frame: Frame) -> None:
    assert parse(json.dumps(frame, ensure_ascii=False)) == frame


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "[]",
        '{"type": "send"}',
        '{"type": "send", "key": "k"}',
        '{"type": "send", "key": "k", "text": "t", "token": "t"}',
        '{"type": "send", "key": 1, "text": "t"}',
        '{"type": "send", "key": "k", "text": ["t"]}',
        '{"type": "send", "key": "k", "text": null}',
        '{"type": "send", "key": "k", "text": "\\ud800"}',
        '{"type": "send", "key": "k", "bytes": 1}',
        '{"type": "sent", "key": "k", "text": "t"}',
        '{"type": "ack", "bytes": true}',
        '{"type": "ack", "bytes": 1.0}',
        '{"type": "ack", "bytes": NaN}',
        '{"type": "ack", "bytes": ' + "0" * LONGEST_ACK + "1}",
        json.dumps({"type": "send", "key": "k", "text": "a" * LONGEST_SEND}),
        "[" * (LONGEST_SEND - 1),
    ],
)
def test_frames_that_are_not(text: str | None) -> None:
    assert parse(text) is None


@given(st.text(st.characters(), max_size=20))
def test_text_that_cannot_be_kept_is_not_taken(text: str) -> None:
    """JSON can name halves of characters, of which no database has any."""
    frame = {"type": "send", "key": KEY, "text": text}
    half = any("\ud800" <= each <= "\udfff" for each in text)
    assert parse(json.dumps(frame)) == (None if half else frame)


# Where it is done


@pytest.mark.parametrize(
    ("attributes", "sends"),
    [
        ({}, True),
        ({"multimodal": True}, True),
        ({"widgets": [widgets.TextInput(name="Text")]}, False),
        ({"additional_inputs": [widgets.TextInput(name="Text")]}, False),
        ({"validator": lambda message: None}, False),
        ({"button_properties": {"send": {"callback": lambda instance, event: None}}}, False),
        ({"button_properties": {"send": {"post_callback": lambda instance, event: None}}}, True),
    ],
)
def test_chats_of_plain_text_do(attributes: dict[str, Any], *, sends: bool) -> None:
    chat.register(lambda message, *values: "", name="echo_test", **attributes)
    interface = registry.find("echo_test")
    assert interface is not None
    assert by_socket.sends(interface) is sends


@pytest.mark.parametrize(
    ("settings", "sends"),
    [
        ({"MIDDLEWARE": ["django.middleware.security.SecurityMiddleware"]}, True),
        ({"MIDDLEWARE": ["django_htmx.middleware.HtmxMiddleware", "whitenoise.middleware.WhiteNoiseMiddleware"]}, True),
        ({"MIDDLEWARE": ["shop.middleware.TenantMiddleware"]}, False),
        ({"MIDDLEWARE": ["djangoesque.Middleware"]}, False),
        ({"MIDDLEWARE": ["django.contrib.sessions.middleware.SessionMiddleware"]}, True),
        ({"MIDDLEWARE": ["django.contrib.auth.middleware.AuthenticationMiddleware"]}, True),
        ({"MIDDLEWARE": ["django.contrib.auth.middleware.LoginRequiredMiddleware"]}, False),
        ({"MIDDLEWARE": ["django.contrib.auth.middleware.RemoteUserMiddleware"]}, False),
        ({"MIDDLEWARE": [], "DISALLOWED_USER_AGENTS": [re.compile("bot")]}, False),
        ({"MIDDLEWARE": [], "SESSION_SAVE_EVERY_REQUEST": True}, False),
        ({"MIDDLEWARE": ["shop.Middleware"], "CHATINTERFACE": {"SEND_BY_SOCKET": True}}, True),
        ({"CHATINTERFACE": {"SEND_BY_SOCKET": False}}, False),
    ],
)
def test_site_decides(settings: dict[str, Any], *, sends: bool) -> None:
    interface = echo()
    with override_settings(**{"CHATINTERFACE": {}, **settings}):
        assert by_socket.sends(interface) is sends


# What becomes of it


@pytest.mark.django_db(transaction=True)
async def test_message_is_answered() -> None:
    echo()
    tab = await begun()
    async with tab.connected(query="&chat=echo_test"):
        sent = await answer(tab, "*second*", KEY)
        await tab.settled()
    conversation = await Conversation.objects.aget(uuid=tab.uuid)
    assert sent == {"type": "sent", "key": KEY, "revision": sent["revision"], "url": tab.url("conversation")}
    assert sent["revision"] <= conversation.revision
    assert await sync_to_async(said)(tab) == ["first", "first", "*second*", "*second*"]
    assert tab.last == render("*second*")


@pytest.mark.django_db(transaction=True)
async def test_same_key_is_one_message() -> None:
    echo()
    tab = await begun()
    async with tab.connected(query="&chat=echo_test"):
        first = await answer(tab, "second", KEY)
        await tab.settled()
        again = await answer(tab, "second", KEY)
        posted = await tab.send("second", key=KEY)
    assert (first["type"], again["type"], posted.status_code) == ("sent", "sent", 204)
    assert await sync_to_async(said)(tab) == ["first", "first", "second", "second"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("text", ["", "  ", "\0"])
async def test_what_is_refused_is_to_be_posted(text: str) -> None:
    echo()
    tab = await begun()
    async with tab.connected(query="&chat=echo_test"):
        assert await answer(tab, text, KEY) == {"type": "unsent", "key": KEY}
    posted = await tab.send(text)
    assert posted.status_code == 422
    assert await sync_to_async(said)(tab) == ["first", "first"]


@pytest.mark.django_db(transaction=True)
async def test_key_that_is_none() -> None:
    echo()
    tab = await begun()
    async with tab.connected(query="&chat=echo_test"):
        assert (await answer(tab, "second", "1"))["type"] == "unsent"


@pytest.mark.django_db(transaction=True)
async def test_chat_that_takes_none() -> None:
    echo()
    tab = await begun()
    with override_settings(CHATINTERFACE={"SEND_BY_SOCKET": False}):
        async with tab.connected(query="&chat=echo_test"):
            assert (await answer(tab, "second"))["type"] == "unsent"
    assert await sync_to_async(said)(tab) == ["first", "first"]


@pytest.mark.django_db(transaction=True)
async def test_new_page_cannot() -> None:
    """Its visitor gets their session with the answer to a request."""
    echo()
    tab = await Tab.open("echo_test")
    async with tab.connected(query="&chat=echo_test"):
        assert (await answer(tab, "first"))["type"] == "unsent"
    assert not await Conversation.objects.aexists()


@pytest.mark.django_db(transaction=True)
async def test_token_reads_and_does_not_write() -> None:
    """Whoever has only the token of a page hears its conversation, and says nothing in it."""
    echo()
    tab = await Tab.open("echo_test")
    async with tab.connected(query="&chat=echo_test"):
        await tab.send("first")
        await tab.settled()
        assert (await answer(tab, "second"))["type"] == "unsent"
    assert await sync_to_async(said)(tab) == ["first", "first"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lost", ["session", "user", "permission", "conversation"])
async def test_each_message_is_asked_for(lost: str) -> None:
    """The socket is still open, and what let it in is gone."""
    echo(permission_required="auth.view_user")
    user = await User.objects.acreate(username="ann")
    await user.user_permissions.aadd(await Permission.objects.aget(codename="view_user"))
    client = AsyncClient()
    await client.aforce_login(user)
    tab = await begun(client)
    async with tab.connected(query="&chat=echo_test"):
        if lost == "session":
            await client.session.aflush()
        elif lost == "user":
            await User.objects.filter(pk=user.pk).aupdate(is_active=False)
        elif lost == "permission":
            await user.user_permissions.aclear()
        else:
            await Conversation.objects.aupdate(user=await User.objects.acreate(username="eve"))
        assert (await answer(tab, "second"))["type"] == "unsent"
    assert await sync_to_async(said)(tab) == ["first", "first"]


@pytest.mark.django_db(transaction=True)
async def test_one_at_a_time() -> None:
    """A second message while the first is taken is posted; acknowledgements go on."""
    echo()
    tab = await begun()
    async with tab.connected(query="&chat=echo_test"):
        await tab.say({"type": "send", "key": KEY, "text": "second"})
        await tab.say({"type": "ack", "bytes": 0})
        await tab.say({"type": "send", "key": KEY.replace("0", "1"), "text": "third"})
        frames = dict[str, str]()
        while len(frames) < 2:
            frame = await tab.next()
            if frame["type"] in ("sent", "unsent"):
                frames[frame["key"]] = frame["type"]
        await tab.settled()
    assert frames == {KEY: "sent", KEY.replace("0", "1"): "unsent"}


@pytest.mark.django_db(transaction=True)
async def test_page_that_goes_at_once_loses_nothing() -> None:
    echo()
    tab = await begun()
    async with tab.connected(query="&chat=echo_test"):
        await tab.say({"type": "send", "key": KEY, "text": "second"})
        await tab.socket.input_queue.join()
    again = await tab.again()
    async with again.connected(query="&chat=echo_test"):
        await again.say({"type": "send", "key": KEY, "text": "second"})
    assert (await tab.send("second", key=KEY)).status_code == 204
    await ended()
    assert await sync_to_async(said)(tab) == ["first", "first", "second", "second"]
