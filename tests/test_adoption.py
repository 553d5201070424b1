"""From a session to an account, through the site's own login."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import alogin
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError
from django.http import HttpRequest
from django.test import AsyncClient, Client

from chatinterface import adoption, search
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Flag, Message
from tests.saved import register
from tests.tab import Closed, Tab

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def notes() -> None:
    register()


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", password="ann")


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob", password="bob")


async def login(client: AsyncClient, name: str) -> None:
    response = await client.post("/accounts/login/", {"username": name, "password": name})
    assert response.status_code == 302


def key(client: AsyncClient) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


async def owner(tab: Tab) -> tuple[Any, str]:
    conversation = await Conversation.objects.aget(uuid=tab.uuid)
    return conversation.user_id, conversation.session_key


async def test_login_moves_what_was_said(ann: User) -> None:
    tab = await Tab.open("notes")
    await tab.ask("bread")
    assert await owner(tab) == (None, key(tab.client))
    await login(tab.client, "ann")
    assert await owner(tab) == (ann.pk, "")
    assert (await tab.client.get(tab.url("conversation"))).status_code == 200


async def test_async_login_moves_it_too(ann: User) -> None:
    tab = await Tab.open("notes")
    await tab.ask("bread")
    request = HttpRequest()
    request.session, request.user = SessionStore(key(tab.client)), AnonymousUser()
    await alogin(request, ann)
    assert await owner(tab) == (ann.pk, "")


async def test_user_finds_it_and_session_does_not(ann: User) -> None:
    tab = await Tab.open("notes")
    await tab.ask("bread")
    before = key(tab.client)
    await login(tab.client, "ann")
    found = await sync_to_async(search.search)(Visitor(user=ann), "notes", "bread")
    assert [hit.conversation.uuid for hit in found.hits] == [tab.uuid]
    session = Visitor(user=AnonymousUser(), session_key=before)
    assert (await sync_to_async(search.search)(session, "notes", "bread")).hits == []


async def test_old_session_finds_nothing(ann: User) -> None:
    tab = await Tab.open("notes")
    await tab.ask("bread")
    thief = AsyncClient()
    thief.cookies[settings.SESSION_COOKIE_NAME] = key(tab.client)
    assert (await thief.get(tab.url("conversation"))).status_code == 200
    await login(tab.client, "ann")
    assert (await thief.get(tab.url("conversation"))).status_code == 404
    assert tab.uuid.hex not in (await thief.get("/chat/notes/history/")).content.decode().replace("-", "")


async def test_planted_session_gives_nothing(ann: User) -> None:
    """What the attacker said goes to the account too, and all of what the victim says stays there."""
    attacker = AsyncClient()
    theirs = await Tab.open("notes", attacker)
    await theirs.ask("planted")
    victim = AsyncClient()
    victim.cookies[settings.SESSION_COOKIE_NAME] = key(attacker)
    before = await Tab.open("notes", victim)
    await before.ask("before the login")
    await login(victim, "ann")
    after = await Tab.open("notes", victim)
    await after.ask("after the login")
    for tab in (theirs, before, after):
        assert (await attacker.get(tab.url("conversation"))).status_code == 404
        assert (await attacker.get(tab.url("export-json"))).status_code == 404
    for word in ("planted", "before", "after"):
        assert "data-history-item" not in (await attacker.get(f"/chat/notes/history/?q={word}")).content.decode()
    assert (await attacker.post(before.url("send"), {"message": "mine?", "token": theirs.token})).status_code == 404


async def test_pages_token_gives_nothing_afterwards(ann: User) -> None:
    """Nor to who has read it in the page that the conversation began with."""
    tab = await Tab.open("notes")
    await tab.ask("bread")
    await login(tab.client, "ann")
    stranger = await Tab.open("notes", AsyncClient())
    stranger.uuid, stranger.token = tab.uuid, tab.token
    assert (await stranger.send("mine?")).status_code == 404


async def test_claimed_session_moves_nothing(ann: User, bob: User) -> None:
    """The cookie of a request is only a claim: what counts is what Django kept of the session."""
    tab = await Tab.open("notes")
    await tab.ask("bread")
    await SessionStore(key(tab.client)).aflush()
    thief = AsyncClient()
    thief.cookies[settings.SESSION_COOKIE_NAME] = key(tab.client)
    await login(thief, "bob")
    assert (await owner(tab))[0] is None


async def test_another_users_session_moves_nothing(ann: User, bob: User) -> None:
    """Who logs in over somebody's login gets a new session, with nothing of theirs."""
    client = AsyncClient()
    await login(client, "ann")
    tab = await Tab.open("notes", client)
    await tab.ask("bread")
    await login(client, "bob")
    assert await owner(tab) == (ann.pk, "")


async def test_moves_once(ann: User, bob: User) -> None:
    """Of two tabs that log in together, as two users, one is first for all of it."""
    client = AsyncClient()
    tabs = [await Tab.open("notes", client)]
    await tabs[0].ask("one")
    tabs.append(await Tab.open("notes", client))
    await tabs[1].ask("two")
    both = [AsyncClient(), AsyncClient()]
    for each in both:
        each.cookies[settings.SESSION_COOKIE_NAME] = key(client)
    await asyncio.gather(login(both[0], "ann"), login(both[1], "bob"), return_exceptions=True)
    owners = {await owner(tab) for tab in tabs}
    assert len(owners) == 1
    assert owners <= {(ann.pk, ""), (bob.pk, "")}


async def test_together_as_one_user(ann: User) -> None:
    tab = await Tab.open("notes")
    await tab.ask("one")
    both = [AsyncClient(), AsyncClient()]
    for each in both:
        each.cookies[settings.SESSION_COOKIE_NAME] = key(tab.client)
    await asyncio.gather(*(login(each, "ann") for each in both), return_exceptions=True)
    assert await owner(tab) == (ann.pk, "")
    assert await Conversation.objects.acount() == 1


async def test_logout_shows_none_of_it(ann: User) -> None:
    tab = await Tab.open("notes")
    await tab.ask("bread")
    await login(tab.client, "ann")
    assert b"data-history-item" in (await tab.client.get("/chat/notes/")).content
    await tab.client.post("/accounts/logout/")
    assert b"data-history-item" not in (await tab.client.get("/chat/notes/")).content
    assert (await tab.client.get(tab.url("conversation"))).status_code == 404


async def test_said_before_another_login(ann: User, bob: User) -> None:
    """What is said after a logout is the next user's, and what was before it is not."""
    client = AsyncClient()
    first = await Tab.open("notes", client)
    await first.ask("one")
    await login(client, "ann")
    await client.post("/accounts/logout/")
    second = await Tab.open("notes", client)
    await second.ask("two")
    await login(client, "bob")
    assert [await owner(first), await owner(second)] == [(ann.pk, ""), (bob.pk, "")]


async def test_flags_move_too(ann: User) -> None:
    tab = await Tab.open("notes")
    reply = await tab.ask("bread")
    for session in (key(tab.client), "another"):
        await Flag.objects.acreate(message=reply, option="Like", session_key=session)
    await login(tab.client, "ann")
    flags = Flag.objects.order_by("pk").values_list("user", "session_key")
    assert [each async for each in flags] == [(ann.pk, ""), (None, "another")]


def test_one_flag_a_reader(ann: User) -> None:
    message = Message.objects.create(conversation=Conversation.objects.create(session_key="a"), role="user")
    for session in ("a", "b"):
        Flag.objects.create(message=message, option="Like", session_key=session)
    store = SessionStore()
    store[adoption.MARK] = ["a", "b"]
    adoption.adopt(store, ann)
    assert Flag.objects.get().user == ann


async def test_open_sockets_follow(ann: User) -> None:
    tab = await Tab.open("notes")
    await tab.ask("bread")
    again = await tab.again()
    async with again.connected():
        await login(tab.client, "ann")
        with pytest.raises(Closed) as closed:
            while True:
                await again.next()
    assert closed.value.code == 4409
    after = await tab.again()
    async with after.connected():
        pass


async def test_users_list_is_told(ann: User) -> None:
    """A device that is logged in already lists what has come."""
    other = AsyncClient()
    await login(other, "ann")
    open_page = await Tab.open("notes", other)
    await open_page.ask("here")
    tab = await Tab.open("notes")
    await tab.ask("there")
    page = await open_page.again()
    async with page.connected():
        await login(tab.client, "ann")
        await page.until("history.changed", conversation=None)


def test_failure_keeps_nobody_out(ann: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*args: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(adoption, "adopt", fail)
    client = Client()
    assert client.post("/accounts/login/", {"username": "ann", "password": "ann"}).status_code == 302
    assert "could not be given" in caplog.text


def test_keys_are_bounded() -> None:
    session = SessionStore()
    for _ in range(2 * adoption.MOST_KEYS):
        session.cycle_key()
        adoption.mark(session)
        adoption.mark(session)
    assert len(session[adoption.MARK]) == adoption.MOST_KEYS
    assert session.session_key in session[adoption.MARK]
