"""Reactions, the replies that a message offers, and what is copied."""

from concurrent.futures import wait
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.test import AsyncClient, Client
from django.urls import reverse

import chatinterface as chat
from chatinterface import ChatInterface, hooks, responding
from chatinterface.hooks import OptionEvent
from chatinterface.models import Conversation, Message
from tests.tab import Tab, meanwhile

pytestmark = pytest.mark.django_db(transaction=True)

KEY = uuid4()
HEART = {"favorite": "heart", "funny": "mood-smile"}
OPTIONS = [{"value": "Yes, please", "label": "Yes"}, {"value": "No"}, {"label": "nothing"}, 3]


def answer(message: str) -> str:
    return message


async def replied(**metadata: Any) -> tuple[Tab, Message]:
    """A tab of the chat `ask` with one exchange, whose reply has this metadata."""
    tab = await Tab.open("ask")
    reply = await tab.ask("hello")
    reply.metadata |= metadata
    await reply.asave()
    return await tab.again(), reply


@pytest.mark.parametrize(
    ("icons", "reason"),
    [
        (["heart"], "must be a dict"),
        ({"": "heart"}, "1 to 50 characters"),
        ({"favorite": "no-such-icon"}, "Tabler does not have"),
        ({"favorite": 1}, "Tabler does not have"),
    ],
)
def test_wrong_icons(icons: Any, reason: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=reason):
        ChatInterface(answer, reaction_icons=icons)


def test_icons_have_two_states() -> None:
    interface = ChatInterface(answer, reaction_icons={"a": "heart", "b": "mood-smile-beam", "c": "star-filled"})
    assert [tuple(each) for each in interface.offered] == [
        ("a", "outline/heart", "filled/heart"),
        ("b", "outline/mood-smile-beam", "outline/mood-smile-beam"),
        ("c", "filled/star", "filled/star"),
    ]


async def test_reactions_are_kept() -> None:
    chat.register(answer, name="ask", reaction_icons=HEART)
    tab, reply = await replied()
    async with (await tab.again()).connected() as other:
        for name in ("funny", "favorite", "favorite"):
            response = await tab.client.post(tab.url("react", reply.pk), {"reaction": name, "given": "on"})
            assert response.status_code == 204
        await other.until("message.changed")
        frame = await other.until("message.changed")
        assert frame["footer"].count('aria-pressed="true"') == 2
        await tab.client.post(tab.url("react", reply.pk), {"reaction": "funny"})
        assert (await other.until("message.changed"))["footer"].count('aria-pressed="true"') == 1
    await reply.arefresh_from_db()
    assert reply.metadata["reactions"] == ["favorite"]


@pytest.mark.parametrize("fields", [{"reaction": "rude", "given": "on"}, {}, {"reaction": "x" * 60}])
async def test_unknown_reactions(fields: dict[str, str]) -> None:
    chat.register(answer, name="ask", reaction_icons=HEART)
    tab, reply = await replied()
    assert (await tab.client.post(tab.url("react", reply.pk), fields)).status_code == 422


async def test_own_message_takes_no_reaction() -> None:
    chat.register(answer, name="ask", reaction_icons=HEART)
    tab, reply = await replied()
    question = reply.parent_id
    response = await tab.client.post(tab.url("react", question), {"reaction": "funny", "given": "on"})
    assert response.status_code == 422


async def test_options_are_sent() -> None:
    told: list[OptionEvent] = []
    chat.register(answer, name="ask", on_option_select=lambda session, event: told.append(event))
    tab, reply = await replied(options=OPTIONS)
    async with tab.connected():
        response = await tab.client.post(tab.url("option", reply.pk), {"index": "0"})
        assert response.status_code == 204
        await tab.until("message.settled")
    wait(hooks._pending)
    last = await tab.reply()
    assert last.text == "Yes, please"
    assert [each.value for each in told] == ["Yes, please"]


async def test_repeated_choice_is_one() -> None:
    chat.register(answer, name="ask")
    tab, reply = await replied(options=OPTIONS)
    async with tab.connected():
        for number in range(2):
            response = await tab.client.post(tab.url("option", reply.pk), {"index": "0", "key": str(KEY)})
            assert response.status_code == 204
            if not number:
                await tab.until("message.settled")
    assert await Message.objects.filter(role="user").acount() == 2


def test_options_are_tolerant() -> None:
    reply = Message(role="assistant", metadata={"options": [*OPTIONS, "Plain"]})
    assert [each.label for each in responding.options(reply)] == ["Yes", "No", "Plain"]
    assert responding.options(Message(role="user", metadata={"options": OPTIONS})) == []
    assert responding.options(Message(role="assistant", metadata={"options": "No"})) == []
    assert responding.options(Message(role="assistant", status="running", metadata={"options": OPTIONS})) == []


async def test_options_end_with_the_next_message() -> None:
    chat.register(answer, name="ask")
    tab, reply = await replied(options=OPTIONS)
    await tab.ask("another")
    response = await tab.client.post(tab.url("option", reply.pk), {"index": "0"})
    assert response.status_code == 422
    assert "no longer offered" in response.content.decode()
    assert await Message.objects.filter(role="user").acount() == 2


@pytest.mark.parametrize("on_busy", ["interrupt", "queue", "parallel"])
async def test_two_tabs_choose_at_once(on_busy: str) -> None:
    """The other tab is first, after this one was found in order."""

    def valid(value: str, chat: Any) -> None:
        if value == "Yes, please":
            meanwhile(chat.conversation)

    chat.register(answer, name="ask", on_busy=on_busy, validator=valid)
    tab, reply = await replied(options=OPTIONS)
    response = await tab.act("option", reply.pk, index="0")
    assert response.status_code == 422
    assert "no longer offered" in response.content.decode()
    assert [each.text async for each in Message.objects.filter(role="user")] == ["hello", "meanwhile"]


@pytest.mark.parametrize("index", ["2", "-1", "x", ""])
async def test_unknown_options(index: str) -> None:
    chat.register(answer, name="ask")
    tab, reply = await replied(options=OPTIONS)
    assert (await tab.client.post(tab.url("option", reply.pk), {"index": index})).status_code == 422


@pytest.mark.parametrize("view", ["react", "option", "message-text", "text"])
async def test_strangers_find_nothing(view: str) -> None:
    chat.register(answer, name="ask", reaction_icons=HEART)
    tab, reply = await replied(options=OPTIONS)
    arguments = [] if view == "text" else [reply.pk]
    stranger = AsyncClient()
    call = stranger.get if "text" in view else stranger.post
    response = await call(tab.url(view, *arguments), {"reaction": "funny", "given": "on", "index": "0"})
    assert response.status_code == 404


def test_text_is_copied() -> None:
    ann = User.objects.create(username="ann")
    client = Client()
    client.force_login(ann)
    chat.register(answer, name="ask", watermark="Made here")
    conversation = Conversation.objects.create(user=ann, interface="ask")
    for role, name, text in (("user", "You", "*Hi*"), ("assistant", "", "Hello"), ("assistant", "A", "")):
        message = Message.objects.create(
            conversation=conversation, role=role, user_name=name, parts=[{"type": "text", "text": text}]
        )
        if name == "You":
            url = reverse("chatinterface:message-text", args=["ask", conversation.uuid, message.pk])
    assert client.get(url).content.decode() == "*Hi*\n\nMade here"
    response = client.get(reverse("chatinterface:text", args=["ask", conversation.uuid]))
    assert response.content.decode() == "You: *Hi*\n\nassistant: Hello\n\nMade here"
    assert response["Content-Type"] == "text/plain; charset=utf-8"


def test_copy_buttons_can_go() -> None:
    chat.register(answer, name="ask", buttons=[])
    chat.register(answer, name="other", show_copy_icon=False)
    client = Client()
    assert "copy-all" not in client.get("/chat/ask/").content.decode()
    assert 'data-action="copy-all"' in client.get("/chat/other/").content.decode()
    assert not ChatInterface(answer, show_copy_icon=False).copies_messages
