"""Whose is it: links to conversations, by others, by their readers, and from other sites."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

import chatinterface as chat
from chatinterface.shared_link import SharedLink
from tests.tab import Tab

pytestmark = pytest.mark.django_db(transaction=True)

VISITORS = ["nobody", "another session", "another user", "staff"]


@pytest.fixture(autouse=True)
def ask() -> None:
    chat.register(lambda message: message, name="ask", shareable=True)


async def visitor(kind: str) -> AsyncClient:
    client = AsyncClient()
    if kind == "another session":
        await (await Tab.open("ask", client)).ask("mine")
    elif kind != "nobody":
        staff = kind == "staff"
        await client.aforce_login(await User.objects.acreate(username="bob", is_staff=staff, is_superuser=staff))
    return client


async def links() -> list[Any]:
    return [row async for row in SharedLink.objects.order_by("pk").values_list("token", "revoked_at")]


@pytest.mark.parametrize("kind", VISITORS)
async def test_of_others(kind: str) -> None:
    tab = await Tab.open("ask")
    await tab.ask("hello")
    await tab.act("share")
    (made,) = await links()
    owner, tab.client = tab.client, await visitor(kind)
    for uuid in (tab.uuid, uuid4()):
        tab.uuid = uuid
        assert (await tab.act("share")).status_code == 404
        assert (await tab.act("revoke", made[0])).status_code == 404
        assert (await tab.client.get(tab.url("links"))).status_code == 404
    assert await links() == [made]
    # Who reads it can do no more than read it.
    assert (await tab.client.get(reverse("chatinterface:shared", args=["ask", made[0]]))).status_code == 200
    assert owner != tab.client


@pytest.mark.parametrize("kind", ["another session", "another user", "staff"])
async def test_anothers_link_from_ones_own_conversation(kind: str) -> None:
    tab = await Tab.open("ask")
    await tab.ask("hello")
    await tab.act("share")
    before = await links()
    other = await Tab.open("ask", await visitor(kind))
    await other.ask("mine")
    assert (await other.act("revoke", before[0][0])).status_code == 404
    assert (await other.act("revoke", "x" * 43)).status_code == 404
    assert await links() == before


async def test_nothing_by_get_or_without_a_token() -> None:
    tab = await Tab.open("ask")
    await tab.ask("hello")
    await tab.act("share")
    before = await links()
    strict = AsyncClient(enforce_csrf_checks=True)
    strict.cookies = tab.client.cookies
    for address in (tab.url("share"), tab.url("revoke", before[0][0])):
        assert (await tab.client.get(address)).status_code == 405
        assert (await strict.post(address)).status_code == 403
    assert await links() == before


async def test_reader_reaches_nothing_else() -> None:
    tab = await Tab.open("ask")
    reply = await tab.ask("hello")
    await tab.act("share")
    reader = AsyncClient()
    page = reverse("chatinterface:shared", args=["ask", (await links())[0][0]])
    assert (await reader.get(page)).status_code == 200
    assert (await reader.post(page)).status_code == 405
    for address in (tab.url("conversation"), tab.url("log"), tab.url("message", reply.pk), tab.url("links")):
        assert (await reader.get(address)).status_code == 404
    assert "sessionid" not in reader.cookies


@pytest.mark.parametrize("token", ["%00", "a%00b", "%ed%a0%80", "a.b", "é"])
def test_what_no_token_has(client: Client, django_assert_num_queries: DjangoAssertNumQueries, token: str) -> None:
    """It is looked for in no database, of which some refuse such text by an error."""
    shared, own = f"/chat/ask/s/{token}/", f"/chat/ask/c/{uuid4()}/links/{token}/revoke/"
    with django_assert_num_queries(0):
        assert client.get(shared).status_code == 404
        assert client.get(f"{shared}f/{uuid4()}/").status_code == 404
        assert client.post(own).status_code == 404
