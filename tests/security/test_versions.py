"""Whose is it: another version, undo, clear, edit and run again, of what is another's."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from django.urls import reverse

import chatinterface as chat
from chatinterface.models import Message
from tests.tab import Tab

pytestmark = pytest.mark.django_db(transaction=True)

OF_A_MESSAGE = ["rerun", "edit", "show"]
OF_A_CONVERSATION = ["undo", "clear", "revert"]
VISITORS = ["nobody", "another session", "another user", "staff"]


@pytest.fixture(autouse=True)
def ask() -> None:
    chat.register(lambda message: message, name="ask", editable="all")


async def visitor(kind: str) -> AsyncClient:
    client = AsyncClient()
    if kind == "another session":
        await (await Tab.open("ask", client)).ask("mine")
    elif kind != "nobody":
        staff = kind == "staff"
        await client.aforce_login(await User.objects.acreate(username="bob", is_staff=staff, is_superuser=staff))
    return client


async def path() -> list[Any]:
    return [row async for row in Message.objects.order_by("pk").values_list("pk", "active")]


def arguments(action: str, message: int) -> list[int]:
    return [message] if action in (*OF_A_MESSAGE, "editor") else []


@pytest.mark.parametrize("kind", VISITORS)
@pytest.mark.parametrize("action", [*OF_A_MESSAGE, *OF_A_CONVERSATION])
async def test_of_others_is_as_of_nobody(action: str, kind: str) -> None:
    tab = await Tab.open("ask")
    reply = await tab.ask("hello")
    tab.client = await visitor(kind)
    before = await path()
    refused = await tab.act(action, *arguments(action, reply.pk), message="other")
    tab.uuid = uuid4()
    absent = await tab.act(action, *arguments(action, reply.pk), message="other")
    assert (refused.status_code, refused.content) == (absent.status_code, absent.content)
    assert refused.status_code == 404
    assert await path() == before


@pytest.mark.parametrize("kind", VISITORS)
async def test_editor_of_others(kind: str) -> None:
    tab = await Tab.open("ask")
    reply = await tab.ask("hello")
    assert (await tab.client.get(tab.url("editor", reply.pk))).status_code == 200
    client = await visitor(kind)
    assert (await client.get(tab.url("editor", reply.pk))).status_code == 404


@pytest.mark.parametrize("action", OF_A_MESSAGE)
async def test_of_ones_other_conversation(action: str) -> None:
    tab = await Tab.open("ask")
    await tab.ask("hello")
    other = await Tab.open("ask", tab.client)
    reply = await other.ask("other")
    before = await path()
    for message in (reply.pk, reply.parent_id, 10**15):
        assert (await tab.act(action, message, message="text")).status_code == 404
        assert (await tab.client.get(tab.url("editor", message))).status_code == 404
    assert await path() == before


@pytest.mark.parametrize("action", [*OF_A_MESSAGE, *OF_A_CONVERSATION])
async def test_nothing_by_get_or_without_a_token(action: str) -> None:
    tab = await Tab.open("ask")
    reply = await tab.ask("hello")
    before = await path()
    address = reverse(f"chatinterface:{action}", args=["ask", tab.uuid, *arguments(action, reply.pk)])
    assert (await tab.client.get(address)).status_code == 405
    strict = AsyncClient(enforce_csrf_checks=True)
    strict.cookies = tab.client.cookies
    assert (await strict.post(address, {"message": "other"})).status_code == 403
    assert await path() == before


def test_text_is_harmless_in_the_editor(client: Client) -> None:
    hostile = "</textarea><script>alert(1)</script>"
    user = User.objects.create(username="ann")
    client.force_login(user)
    message = Message.objects.create(
        conversation=user.chat_conversations.create(interface="ask"),
        role="user",
        parts=[{"type": "text", "text": hostile}],
    )
    address = reverse("chatinterface:editor", args=["ask", message.conversation.uuid, message.pk])
    assert "<script>" not in client.get(address).content.decode()
