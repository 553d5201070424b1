import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import AsyncClient, Client
from django.urls import reverse

import chatinterface as chat
from chatinterface.content.markdown import render
from chatinterface.forms import MAX_LENGTH
from chatinterface.models import Conversation, Message, Run
from chatinterface.runs import execution
from tests.tab import Tab, ended

pytestmark = pytest.mark.django_db(transaction=True)


def echo(**attributes: Any) -> None:
    chat.register(lambda message: message, **{"name": "ask", **attributes})


def hold() -> asyncio.Event:
    """Register the chat "hold", which says a word, and another one once the event is set."""
    released = asyncio.Event()

    @chat.register(name="hold", yields="tokens")
    async def answer(message: str) -> AsyncIterator[str]:
        yield "before "
        await released.wait()
        yield "behind"

    return released


async def messages() -> list[str]:
    return [message.text async for message in Message.objects.filter(active=True).order_by("pk")]


# Send


async def test_life_of_a_message() -> None:
    @chat.register(yields="tokens")
    async def greet(message: str, history: list[dict[str, str]]) -> AsyncIterator[str]:
        yield "*Hello* "
        yield f"{message} {len(history)}"

    tab = await Tab.open("greet")
    async with tab.connected():
        response = await tab.send("you")
        await tab.settled()
    assert response.status_code == 204
    sent = json.loads(response.headers["HX-Trigger"])["chatinterface:sent"]
    assert sent == {"revision": 1, "url": f"/chat/greet/c/{tab.uuid}/"}
    assert tab.last == render("*Hello* you 0")
    assert await messages() == ["you", "*Hello* you 0"]
    page = await tab.again()
    assert {pk: reader.html for pk, reader in page.shown.items()} == {
        pk: reader.html for pk, reader in tab.shown.items()
    }


async def test_committed_before_answered() -> None:
    released = hold()
    tab = await Tab.open("hold")
    await tab.send("hello")
    assert await Message.objects.acount() == 2
    assert (await Run.objects.aget()).status == "running"
    released.set()
    await ended()


async def test_first_message_makes_row_and_session() -> None:
    echo()
    tab = await Tab.open("ask")
    assert not await Session.objects.aexists()
    response = await tab.send("hello")
    await ended()
    conversation = await Conversation.objects.aget()
    assert conversation.uuid == tab.uuid
    assert conversation.session_key == response.cookies["sessionid"].value
    assert (await tab.client.get(tab.url("conversation"))).status_code == 200


async def test_users_message_needs_no_session_of_its_own() -> None:
    echo()
    client = AsyncClient()
    user = await User.objects.acreate(username="ann")
    await client.aforce_login(user)
    await (await Tab.open("ask", client)).ask("hello")
    assert (await Conversation.objects.aget()).user_id == user.pk
    assert await Session.objects.acount() == 1


async def test_lost_answer_leads_back() -> None:
    """The answer with the session's cookie never arrived: the same message, sent again, leads to that session."""
    echo()
    tab, key = await Tab.open("ask"), uuid4()
    await tab.send("hello", key=key)
    tab.client = AsyncClient()
    await tab.send("hello", key=key)
    await ended()
    assert await messages() == ["hello", "hello"]
    assert await Session.objects.acount() == 1
    assert (await tab.client.get(tab.url("conversation"))).status_code == 200


async def test_token_gives_no_session() -> None:
    echo()
    tab = await Tab.open("ask")
    await tab.ask("hello")
    tab.client = AsyncClient()
    response = await tab.send("hello", key=uuid4())
    await ended()
    assert "sessionid" not in response.cookies
    assert await Session.objects.acount() == 1


async def test_next_message_needs_no_token() -> None:
    echo()
    tab = await Tab.open("ask")
    await tab.ask("one")
    tab.token = ""
    await tab.ask("two")
    assert await messages() == ["one", "one", "two", "two"]


async def test_double_click_sends_once() -> None:
    echo()
    tab, key = await Tab.open("ask"), uuid4()
    responses = await asyncio.gather(*(tab.send("hello", key=key) for _ in range(3)))
    await ended()
    assert [response.status_code for response in responses] == [204] * 3
    assert await messages() == ["hello", "hello"]


async def test_repeated_after_the_reply() -> None:
    echo()
    tab, key = await Tab.open("ask"), uuid4()
    for _ in range(2):
        assert (await tab.send("hello", key=key)).status_code == 204
        await ended()
    assert await messages() == ["hello", "hello"]


async def test_busy_keeps_what_was_typed() -> None:
    released = hold()
    tab = await Tab.open("hold")
    await tab.send("one")
    response = await tab.send("two")
    assert response.status_code == 422
    assert "<li>A reply is still being written." in response.content.decode()
    assert await Message.objects.acount() == 2
    released.set()
    await ended()


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("", "Write a message first."),
        (" \n\t ", "Write a message first."),
        ("a" * (MAX_LENGTH + 1), f"at most {MAX_LENGTH} characters"),
        ("a\0b", "Null characters are not allowed."),
    ],
)
async def test_invalid_is_explained(message: str, sentence: str) -> None:
    echo()
    tab = await Tab.open("ask")
    response = await tab.send(message)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not await Conversation.objects.aexists()
    assert not await Session.objects.aexists()


@pytest.mark.parametrize("fields", [{"key": "x"}, {"token": "a" * 501}])
async def test_strange_fields_are_explained(fields: dict[str, str]) -> None:
    echo()
    response = await (await Tab.open("ask")).send("hello", **fields)
    assert response.status_code == 422
    assert "<li>" in response.content.decode()


async def test_text_is_kept_as_typed() -> None:
    echo()
    await (await Tab.open("ask")).ask("  two\r\n  lines\r ")
    assert (await messages())[0] == "  two\n  lines\n "


@pytest.mark.parametrize(
    "text", ["\u202eright to left", "🙂\U0001f469\u200d\U0001f469", "\ufeffmark", "a" * MAX_LENGTH]
)
async def test_any_text_arrives(text: str) -> None:
    echo()
    reply = await (await Tab.open("ask")).ask(text)
    assert (await messages())[0] == reply.text == text


async def test_get_sends_nothing() -> None:
    echo()
    tab = await Tab.open("ask")
    for view in ("send", "stop"):
        assert (await tab.client.get(tab.url(view), {"message": "hello", "token": tab.token})).status_code == 405
    assert (await tab.client.get(tab.url("rerun", 1))).status_code == 405


# Rerun and stop


async def test_rerun_replaces_the_reply() -> None:
    failing = True

    def answer(message: str) -> str:
        if failing:
            raise LookupError
        return "better"

    chat.register(answer, name="ask")
    tab = await Tab.open("ask")
    failed = await tab.ask("hello")
    failing = False
    tab = await tab.again()
    async with tab.connected():
        assert (await tab.rerun(failed.pk)).status_code == 204
        await tab.until("message.settled")
    assert failed.pk not in tab.shown
    assert tab.last == render("better")
    assert await messages() == ["hello", "better"]


async def test_rerun_takes_what_followed() -> None:
    echo()
    tab = await Tab.open("ask")
    first = await tab.ask("first")
    await tab.ask("second")
    tab = await tab.again()
    async with tab.connected():
        assert (await tab.rerun(first.pk)).status_code == 204
        await tab.until("message.settled")
    assert await messages() == ["first", "first"]
    assert len(tab.shown) == 2
    assert "log.changed" not in tab.kinds


async def test_rerun_of_what_is_gone() -> None:
    echo()
    tab = await Tab.open("ask")
    first = await tab.ask("hello")
    await tab.rerun(first.pk)
    await ended()
    response = await tab.rerun(first.pk)
    assert response.status_code == 422
    assert "has gone on without this message" in response.content.decode()


async def test_stop_from_another_tab() -> None:
    hold()
    first = await Tab.open("hold")
    async with first.connected():
        await first.send("hello")
        await first.shows("before")
        second = await first.again()
        assert (await second.stop()).status_code == 204
        await first.settled()
    assert first.status[max(first.status)] == "stopped"
    assert first.last == render("before ")


async def test_stop_with_nothing_to_stop() -> None:
    echo()
    tab = await Tab.open("ask")
    await tab.ask("hello")
    assert (await tab.stop()).status_code == 204
    assert (await tab.reply()).status == "done"


# Who may


ACTIONS = ["send", "stop", "rerun"]


async def act(tab: Tab, action: str, **headers: str) -> Any:
    arguments = [(await tab.reply()).pk] if action == "rerun" and await Message.objects.aexists() else []
    arguments = arguments or ([1] if action == "rerun" else [])
    data = {"message": "hello", "token": tab.token}
    return await tab.client.post(tab.url(action, *arguments), data, headers=headers)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("visitor", ["nobody", "another session", "a user", "staff"])
async def test_not_mine_is_not_found(action: str, visitor: str) -> None:
    echo()
    client = AsyncClient()
    if visitor == "another session":
        await (await Tab.open("ask", client)).ask("mine")
    elif visitor != "nobody":
        staff = visitor == "staff"
        await client.aforce_login(await User.objects.acreate(username="bob", is_staff=staff, is_superuser=staff))
    tab = await Tab.open("ask")
    await tab.ask("hello")
    before = await messages()
    tab.client, tab.token = client, ""
    response = await act(tab, action)
    tab.uuid = uuid4()
    arguments = [1] if action == "rerun" else []
    absent = await client.post(tab.url(action, *arguments), {"message": "hello"})
    assert (response.status_code, response.content) == (absent.status_code, absent.content)
    assert response.status_code == 404
    assert await messages() == before


async def test_token_of_another_chat() -> None:
    echo()
    echo(name="tell")
    tab = await Tab.open("ask")
    tab.name = "tell"
    assert (await tab.send("hello")).status_code == 404


async def test_token_of_another_uuid() -> None:
    echo()
    tab = await Tab.open("ask")
    tab.uuid = uuid4()
    assert (await tab.send("hello")).status_code == 404
    assert not await Conversation.objects.aexists()
    assert not await Session.objects.aexists()


async def test_page_from_before_the_login() -> None:
    echo()
    client = AsyncClient()
    tab = await Tab.open("ask", client)
    await client.aforce_login(await User.objects.acreate(username="ann"))
    assert (await tab.send("hello")).status_code == 404


@pytest.mark.parametrize("action", ACTIONS)
async def test_login_is_asked_for(action: str) -> None:
    echo()
    tab = await Tab.open("ask")
    chat.register(lambda message: message, name="members", login_required=True)
    tab.name = "members"
    response = await act(tab, action, **{"HX-Request": "true", "HX-Current-URL": "http://testserver/chat/members/"})
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/accounts/login/?next=/chat/members/"


@pytest.mark.parametrize("action", ACTIONS)
async def test_permission_is_asked_for(action: str) -> None:
    echo()
    client = AsyncClient()
    await client.aforce_login(await User.objects.acreate(username="ann"))
    tab = await Tab.open("ask", client)
    chat.register(lambda message: message, name="staff", permission_required="auth.add_user")
    tab.name = "staff"
    assert (await act(tab, action)).status_code == 403


@pytest.mark.parametrize("action", ACTIONS)
async def test_csrf_is_enforced(action: str) -> None:
    echo()
    client = AsyncClient(enforce_csrf_checks=True)
    tab = await Tab.open("ask", client)
    assert (await act(tab, action)).status_code == 403
    assert not await Conversation.objects.aexists()


async def test_csrf_token_lets_in() -> None:
    echo()
    client = AsyncClient(enforce_csrf_checks=True)
    tab = await Tab.open("ask", client)
    response = await act(tab, "send", **{"X-CSRFToken": client.cookies["csrftoken"].value})
    assert response.status_code == 204
    await ended()


# In other sites


@pytest.fixture
def atomic_requests() -> Any:
    connections["default"].settings_dict["ATOMIC_REQUESTS"] = True
    connections.settings["default"]["ATOMIC_REQUESTS"] = True
    yield
    connections["default"].settings_dict["ATOMIC_REQUESTS"] = False
    connections.settings["default"]["ATOMIC_REQUESTS"] = False


@pytest.mark.usefixtures("atomic_requests")
async def test_committed_with_atomic_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    uncommitted = []

    def noted(*args: Any, **kwargs: Any) -> execution.Job:
        uncommitted.append(connections["default"].in_atomic_block)
        return execution.prepare(*args, **kwargs)

    monkeypatch.setattr("chatinterface.actions.talking.prepare", noted)
    echo()
    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.send("hello")
        await tab.settled()
    assert uncommitted == [False]
    assert tab.last == render("hello")


def test_wsgi_waits_for_the_reply(client: Client) -> None:
    echo()
    page = client.get("/chat/ask/").content.decode()
    uuid = page.partition('data-conversation="')[2].partition('"')[0]
    token = page.partition('name="token" value="')[2].partition('"')[0]
    path = reverse("chatinterface:send", args=["ask", uuid])
    assert client.post(path, {"message": "hello", "token": token}).status_code == 204
    assert Message.objects.get(role="assistant").text == "hello"


async def test_slow_callback_delays_no_request() -> None:
    released = hold()
    echo()
    slow, quick = await Tab.open("hold"), await Tab.open("ask")
    await slow.send("hello")
    async with quick.connected():
        await quick.send("hello")
        await quick.settled()
    assert quick.last == render("hello")
    released.set()
    await ended()
