"""Whose is it: the press of a button, in what is another's."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient
from django.urls import reverse

import chatinterface as chat
from chatinterface.models import Conversation, Run
from tests.tab import Tab, ended

pytestmark = pytest.mark.django_db(transaction=True)

VISITORS = ["nobody", "another session", "another user", "staff"]


@pytest.fixture(autouse=True)
def calls() -> list[str]:
    called: list[str] = []
    chat.register(
        lambda message: message,
        name="ask",
        button_properties={
            "help": {"callback": lambda instance, event: called.append("help")},
            "look": {"js_on_click": "alert(1)"},
            "clear": {"callback": lambda instance, event: called.append("clear")},
            "stop": {"callback": lambda instance, event: called.append("stop")},
        },
    )
    return called


async def visitor(kind: str) -> AsyncClient:
    client = AsyncClient()
    if kind == "another session":
        await (await Tab.open("ask", client)).ask("mine")
    elif kind != "nobody":
        staff = kind == "staff"
        await client.aforce_login(await User.objects.acreate(username="bob", is_staff=staff, is_superuser=staff))
    return client


@pytest.mark.parametrize("kind", VISITORS)
@pytest.mark.parametrize("action", ["button", "clear", "stop"])
async def test_of_others_is_as_of_nobody(action: str, kind: str, calls: list[str]) -> None:
    tab = await Tab.open("ask")
    await tab.ask("hello")
    tab.client = await visitor(kind)
    runs = await Run.objects.acount()
    arguments: list[Any] = ["help"] if action == "button" else []
    refused = await tab.act(action, *arguments)
    tab.uuid = uuid4()
    absent = await tab.act(action, *arguments)
    await ended()
    assert (refused.status_code, refused.content) == (absent.status_code, absent.content)
    assert refused.status_code == 404
    assert calls == []
    assert await Run.objects.acount() == runs


@pytest.mark.parametrize("name", ["none", "send", "clear", "stop", "look", "HELP"])
async def test_no_such_button(name: str, calls: list[str]) -> None:
    tab = await Tab.open("ask")
    assert (await tab.act("button", name, token=tab.token)).status_code == 404
    await ended()
    assert calls == []
    assert not await Conversation.objects.aexists()


@pytest.mark.parametrize("token", ["", "forged", "x" * 501, "of another page"])
async def test_begins_nothing_without_the_page(token: str, calls: list[str]) -> None:
    tab = await Tab.open("ask")
    if token == "of another page":
        token = (await Tab.open("ask", tab.client)).token
    assert (await tab.act("button", "help", token=token)).status_code in (404, 422)
    await ended()
    assert calls == []
    assert not await Conversation.objects.aexists()


async def test_nothing_by_get_or_without_a_token(calls: list[str]) -> None:
    tab = await Tab.open("ask")
    await tab.ask("hello")
    address = reverse("chatinterface:button", args=["ask", tab.uuid, "help"])
    assert (await tab.client.get(address)).status_code == 405
    strict = AsyncClient(enforce_csrf_checks=True)
    strict.cookies = tab.client.cookies
    assert (await strict.post(address)).status_code == 403
    assert calls == []


async def test_login_first() -> None:
    chat.register(
        str.upper,
        name="closed",
        login_required=True,
        button_properties={"help": {"callback": lambda instance, event: None}},
    )
    address = reverse("chatinterface:button", args=["closed", uuid4(), "help"])
    assert (await AsyncClient().post(address)).status_code == 302
    assert not await Run.objects.aexists()


async def test_of_another_chat() -> None:
    """A button of one chat does nothing in a conversation of another."""
    chat.register(str.upper, name="other", button_properties={"more": {"callback": lambda instance, event: "more"}})
    tab = await Tab.open("ask")
    await tab.ask("hello")
    tab.name = "other"
    assert (await tab.act("button", "more")).status_code == 404
    await ended()
    assert await Run.objects.acount() == 1
