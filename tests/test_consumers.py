import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers, get_channel_layer
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.models import Session
from django.core import signing
from django.test import AsyncClient, override_settings
from django.utils import timezone

import chatinterface as chat
from chatinterface import conf, consumers, conversations, events, history, registry
from chatinterface.content.markdown import render
from chatinterface.handshake import authorise
from chatinterface.models import Conversation, Message, Run
from chatinterface.routing import websocket_urlpatterns
from chatinterface.runs.recovery import Standing, catch_up
from chatinterface.threads import in_database
from tests.tab import PATIENCE, Closed, Tab, communicator, ended

pytestmark = pytest.mark.django_db(transaction=True)


def echo(name: str = "echo_test", **attributes: Any) -> None:
    async def answer(message: str) -> str:
        return message

    chat.register(answer, name=name, **attributes)


def hold(text: str = "so far ", rest: str = "and on") -> asyncio.Event:
    """Register the chat "hold", which says the text, and the rest once the event is set."""
    released = asyncio.Event()

    @chat.register(name="hold", yields="tokens")
    async def answer(message: str) -> AsyncIterator[str]:
        yield text
        await released.wait()
        yield rest

    return released


@asynccontextmanager
async def socket(path: str, client: AsyncClient, **headers: str) -> AsyncIterator[WebsocketCommunicator]:
    opened = communicator(path, client, headers)
    assert await opened.connect(PATIENCE) == (True, None)
    try:
        yield opened
    finally:
        await opened.disconnect(timeout=PATIENCE)


async def refused(tab: Tab) -> int:
    """The code with which the tab's socket is closed, after a frame that says so in a sentence."""
    frame = await tab.until("error")
    with pytest.raises(Closed) as closed:
        await tab.receive()
    assert frame["code"] == closed.value.code
    assert len(frame["detail"].split()) > 2
    return closed.value.code


def groups() -> set[str]:
    layer = get_channel_layer()
    assert isinstance(layer, InMemoryChannelLayer)
    return set(layer.groups)


# Who may open it


async def test_reply_streams() -> None:
    released = hold()
    tab = await Tab.open("hold")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("so far")
        assert tab.last == render("so far ")
        released.set()
        await tab.settled()
    assert tab.last == render("so far and on")
    assert tab.kinds == ["message.added", "message.patch", "message.patch", "message.settled"]


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://good.com.evil.com",
        "http://testserver.evil.com",
        "http://eviltestserver",
        "http://testserver@evil.com",
        "http://testserver:8000",
        "https://testserver",
        "http://testserver.",
        "http://",
        "testserver",
        "http://[::1",
    ],
)
@pytest.mark.parametrize("hosts", [["testserver"], ["*"]])
async def test_other_origins_are_refused(origin: str, hosts: list[str]) -> None:
    echo()
    tab = await Tab.open("echo_test")
    with override_settings(ALLOWED_HOSTS=hosts):
        async with tab.connected(headers={"origin": origin}):
            assert await refused(tab) == 4403


async def test_missing_origin_is_refused() -> None:
    echo()
    tab = await Tab.open("echo_test")
    opened = communicator(f"/ws/chatinterface/{tab.uuid}/?token={tab.token}", tab.client)
    opened.scope["headers"] = [header for header in opened.scope["headers"] if header[0] != b"origin"]
    await opened.connect(PATIENCE)
    assert json.loads(await opened.receive_from(PATIENCE))["code"] == 4403
    await opened.disconnect(timeout=PATIENCE)


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("http://testserver", "testserver", "ws"),
        ("https://testserver", "testserver", "wss"),
        ("http://testserver:8000", "testserver:8000", "ws"),
        ("http://testserver", "TestServer", "ws"),
        ("http://xn--bcher-kva.example", "xn--bcher-kva.example", "ws"),
        ("http://[::1]:8000", "[::1]:8000", "ws"),
    ],
)
async def test_same_origin_is_taken(origin: str, host: str, scheme: str) -> None:
    echo()
    tab = await Tab.open("echo_test")
    opened = communicator(
        f"/ws/chatinterface/{tab.uuid}/?token={tab.token}", tab.client, {"origin": origin, "host": host}
    )
    opened.scope["scheme"] = scheme
    with override_settings(ALLOWED_HOSTS=["testserver", "xn--bcher-kva.example", "[::1]"]):
        await opened.connect(PATIENCE)
        await tab.send("hello")
        assert json.loads(await opened.receive_from(PATIENCE))["type"] in {"message.added", "log.changed"}
    await ended()
    await opened.disconnect(timeout=PATIENCE)


@override_settings(CSRF_TRUSTED_ORIGINS=["https://app.example"])
async def test_trusted_origin_is_taken() -> None:
    echo()
    tab = await Tab.open("echo_test")
    async with tab.connected(headers={"origin": "https://app.example"}):
        await tab.send("hello")
        await tab.settled()
    assert "error" not in tab.kinds


@pytest.mark.parametrize("visitor", ["another session", "a new visitor", "a user", "staff"])
async def test_others_conversation_is_not_found(visitor: str) -> None:
    echo()
    owner = await Tab.open("echo_test")
    await owner.ask("hello")
    client = AsyncClient()
    if visitor == "another session":
        await (await Tab.open("echo_test", client)).ask("mine")
    elif visitor != "a new visitor":
        await client.aforce_login(await User.objects.acreate(username="ann", is_staff=visitor == "staff"))
    owner.client, owner.token = client, ""
    async with owner.connected():
        assert await refused(owner) == 4404


async def test_absent_is_like_anothers() -> None:
    echo()
    tab = await Tab.open("echo_test")
    await tab.ask("hello")
    answers = []
    for uuid in (tab.uuid, uuid4()):
        tab.client, tab.uuid, tab.token = AsyncClient(), uuid, ""
        async with tab.connected():
            answers.append(await tab.next())
    assert answers[0] == answers[1]


async def test_token_of_another_uuid() -> None:
    echo()
    tab = await Tab.open("echo_test")
    tab.uuid = uuid4()
    async with tab.connected():
        assert await refused(tab) == 4404


@pytest.mark.parametrize(
    "token", ["x", "a:b:c", pytest.param(signing.dumps(["x"], salt="other"), id="another salt"), "%00"]
)
async def test_forged_token(token: str) -> None:
    echo()
    tab = await Tab.open("echo_test")
    tab.token = token
    async with tab.connected():
        assert await refused(tab) == 4404


async def test_old_token(monkeypatch: pytest.MonkeyPatch) -> None:
    echo()
    tab = await Tab.open("echo_test")
    monkeypatch.setattr(history, "TOKEN_AGE", -1)
    async with tab.connected():
        assert await refused(tab) == 4404


async def test_token_of_a_taken_chat() -> None:
    echo()
    tab = await Tab.open("echo_test")
    registry.unregister("echo_test")
    async with tab.connected():
        assert await refused(tab) == 4404


async def test_login_is_asked_for() -> None:
    echo()
    tab = await Tab.open("echo_test")
    echo("members", login_required=True)
    _, tab.token = history.new_token(history.Visitor(user=AnonymousUser()), "members")
    tab.uuid, tab.token = history.new_token(history.Visitor(user=AnonymousUser()), "members")
    async with tab.connected():
        assert await refused(tab) == 4401


async def test_permission_is_asked_for() -> None:
    client = AsyncClient()
    user = await User.objects.acreate(username="ann")
    await client.aforce_login(user)
    echo()
    tab = await Tab.open("echo_test", client)
    echo("staff", permission_required="auth.add_user")
    tab.uuid, tab.token = history.new_token(history.Visitor(user=user), "staff")
    async with tab.connected():
        assert await refused(tab) == 4403


@pytest.mark.parametrize("cookie", ["forged", "", "\x7f", "a" * 2000])
async def test_forged_session(cookie: str) -> None:
    echo()
    tab = await Tab.open("echo_test")
    await tab.ask("hello")
    tab.token = ""
    async with tab.connected(headers={"cookie": f"sessionid={cookie}"}):
        assert await refused(tab) == 4404


async def test_deleted_session() -> None:
    echo()
    tab = await Tab.open("echo_test")
    await tab.ask("hello")
    await Session.objects.all().adelete()
    tab.token = ""
    async with tab.connected():
        assert await refused(tab) == 4404


async def test_inactive_user() -> None:
    echo()
    client = AsyncClient()
    user = await User.objects.acreate(username="ann")
    await client.aforce_login(user)
    tab = await Tab.open("echo_test", client)
    await tab.ask("hello")
    await User.objects.aupdate(is_active=False)
    async with tab.connected():
        assert await refused(tab) == 4404


async def test_made_while_it_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    echo()
    tab = await Tab.open("echo_test")
    find = history.find

    def slow_find(who: history.Visitor, uuid: UUID, *args: Any, **kwargs: Any) -> Conversation:
        monkeypatch.setattr(history, "find", find)
        conversations.send(
            registry.registered()["echo_test"], replace(who, session_key="made"), uuid, "hello", may_create=True
        )
        raise Conversation.DoesNotExist

    monkeypatch.setattr(history, "find", slow_find)
    async with tab.connected():
        assert (await tab.receive())["type"] == "log.changed"


async def test_refused_hears_nothing_more() -> None:
    released = hold()
    owner = await Tab.open("hold")
    stranger = await Tab.open("hold")
    stranger.uuid = owner.uuid
    async with owner.connected(), stranger.connected():
        assert await refused(stranger) == 4404
        await owner.send("hello")
        await owner.shows("so far")
        await stranger.socket.send_input(
            {"type": "websocket.receive", "text": json.dumps({"type": "ack", "message": max(owner.shown), "seq": 0})}
        )
        released.set()
        await owner.settled()
        await stranger.leave()
        assert stranger.socket.output_queue.empty()


# What may be sent up


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "null",
        "1",
        "[]",
        '"ack"',
        "{}",
        '{"type": "ack"}',
        '{"type": "ack", "bytes": -1}',
        '{"type": "ack", "bytes": 1.5}',
        '{"type": "ack", "bytes": NaN}',
        '{"type": "ack", "bytes": true}',
        '{"type": "ack", "bytes": null}',
        '{"type": "ack", "bytes": "1"}',
        '{"type": "ack", "bytes": 9007199254740992}',
        '{"type": "ack", "bytes": 1, "more": 1}',
        '{"type": "ack", "message": 1}',
        '{"type": "ack", "message": 1, "seq": "0"}',
        '{"type": "ack", "bytes": 1' + "0" * 190 + "}",
        '{"type": "chat.frame", "bytes": 1}',
        '{"type": "chat.logout", "bytes": 1}',
        '{"type": "websocket.disconnect", "bytes": 1}',
        '{"type": ["ack"], "bytes": 1}',
        "[" * 100_000,
        '"\\ud800"',
        "\0",
        "\ufeff" + '{"type": "ack", "bytes": 1}',
        "a" * 10_000_000,
    ],
)
async def test_garbage_closes(text: str) -> None:
    echo()
    tab = await Tab.open("echo_test")
    async with tab.connected():
        await tab.socket.send_input({"type": "websocket.receive", "text": text})
        assert await refused(tab) == 4400


async def test_binary_closes() -> None:
    echo()
    tab = await Tab.open("echo_test")
    async with tab.connected():
        await tab.socket.send_input({"type": "websocket.receive", "bytes": b'{"type": "ack", "bytes": 1}'})
        assert await refused(tab) == 4400


@pytest.mark.parametrize("ack", [{"bytes": 0}, {"bytes": 2**53 - 1}, {"message": 0, "seq": 0}])
async def test_acknowledgements_are_taken(ack: dict[str, int]) -> None:
    echo()
    tab = await Tab.open("echo_test")
    async with tab.connected():
        await tab.say({"type": "ack", **ack})
        await tab.send("hello")
        await tab.settled()
    assert "error" not in tab.kinds


async def test_flood_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "FRAMES_PER_SECOND", 3)
    echo()
    tab = await Tab.open("echo_test")
    async with tab.connected():
        for _ in range(10):
            await tab.say({"type": "ack", "bytes": 0})
        assert await refused(tab) == 4400


async def test_others_replies_are_not_told() -> None:
    echo()
    other = await Tab.open("echo_test")
    reply = await other.ask("secret")
    tab = await Tab.open("echo_test")
    async with tab.connected():
        await tab.say({"type": "ack", "message": reply.pk, "seq": 0})
        await tab.send("mine")
        await tab.settled()
    assert reply.pk not in {frame.get("message") for frame in tab.frames}


async def test_foreign_acks_leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: asyncio.Queue[list[int]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def noted(uuid: UUID, replies: Iterable[int] | None = None) -> Standing:
        loop.call_soon_threadsafe(asked.put_nowait, list(replies or ()))
        return catch_up(uuid, replies)

    monkeypatch.setattr(consumers, "catch_up", noted)
    monkeypatch.setattr(consumers, "SILENCE", 0.01)
    released = hold()
    tab = await Tab.open("hold")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("so far")
        for number in range(5):
            await tab.say({"type": "ack", "message": 10**9 + number, "seq": 0})
        await tab.say({"type": "ack", "message": max(tab.shown), "seq": 0})
        await tab.until("message.patch", reset=True)
        while not asked.empty():
            asked.get_nowait()
        assert await asyncio.wait_for(asked.get(), PATIENCE) == [max(tab.shown)]
        released.set()
        await tab.settled()


async def test_asking_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def noted(uuid: UUID, replies: Iterable[int] | None = None) -> Standing:
        asked.extend(replies or ())
        return catch_up(uuid, replies)

    monkeypatch.setattr(consumers, "catch_up", noted)
    monkeypatch.setattr(consumers, "ASKS_PER_SECOND", 2)
    echo()
    tab = await Tab.open("echo_test")
    async with tab.connected():
        for number in range(8):
            await tab.say({"type": "ack", "message": 10**9 + number, "seq": 0})
        await tab.socket.input_queue.join()
        await tab.send("hello")
        await tab.settled()
    assert len([pk for pk in asked if pk >= 10**9]) < 8


# When it ends


async def test_logout_closes() -> None:
    echo()
    client = AsyncClient()
    await client.aforce_login(await User.objects.acreate(username="ann"))
    tab = await Tab.open("echo_test", client)
    async with tab.connected():
        await client.alogout()
        assert await refused(tab) == 4401


async def test_logout_closes_only_own_session() -> None:
    echo()
    user = await User.objects.acreate(username="ann")
    here, there = AsyncClient(), AsyncClient()
    await here.aforce_login(user)
    await there.aforce_login(user)
    tab = await Tab.open("echo_test", there)
    async with tab.connected():
        await here.alogout()
        await tab.send("hello")
        await tab.settled()
    assert "error" not in tab.kinds


@pytest.mark.parametrize("lost", ["user", "password", "conversation", "session"])
@override_settings(CHATINTERFACE={"ACCESS_CHECK": 0.01})
async def test_lost_access_closes(monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    monkeypatch.setattr(consumers, "SILENCE", 0.01)
    released = hold()
    client = AsyncClient()
    user = await User.objects.acreate(username="ann")
    await client.aforce_login(user)
    tab = await Tab.open("hold", client)
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("so far")
    tab = await tab.again()
    async with tab.connected():
        await tab.until("message.patch")
        if lost == "user":
            await User.objects.aupdate(is_active=False)
        elif lost == "password":
            user.set_password("new")
            await user.asave()
        elif lost == "session":
            await Session.objects.all().adelete()
        else:
            await Conversation.objects.all().adelete()
        assert await refused(tab) == 4404
        released.set()
        await ended()
        await tab.leave()
        assert tab.socket.output_queue.empty()


@override_settings(CHATINTERFACE={"ACCESS_CHECK": 0.01})
async def test_lost_permission_closes() -> None:
    allowed = True

    class Guarded(chat.ChatInterface):
        async def fn(self, message: str) -> str:
            return message

        def has_permission(self, request: Any) -> bool:
            return allowed

    chat.register(Guarded)
    tab = await Tab.open("guarded")
    async with tab.connected():
        allowed = False
        assert await refused(tab) == 4401


@override_settings(CHATINTERFACE={"ACCESS_CHECK": 0.01})
async def test_permission_that_cannot_be_found_out_closes(caplog: pytest.LogCaptureFixture) -> None:
    """The page tries again: nobody is sent anything unchecked."""
    available = True

    class Guarded(chat.ChatInterface):
        async def fn(self, message: str) -> str:
            return message

        def has_permission(self, request: Any) -> bool:
            if not available:
                raise ConnectionRefusedError("the directory is away")
            return True

    chat.register(Guarded)
    tab = await Tab.open("guarded")
    async with tab.connected():
        available = False
        with pytest.raises(Closed) as closed:
            await tab.until("error")
        assert closed.value.code == 4503
        await events.publish(tab.uuid, {"type": "notice"})
        await tab.leave()
        assert tab.socket.output_queue.empty()
    (record,) = (each for each in caplog.records if each.__dict__.get("event") == "socket.unchecked")
    assert "the directory is away" in str(record.exc_info)


@override_settings(CHATINTERFACE={"ACCESS_CHECK": 0.01})
async def test_slow_permission_holds_up_no_reply() -> None:
    """However many pages ask for it, and however long it takes: leases are renewed meanwhile."""
    asked, go_on = threading.Semaphore(0), threading.Event()
    slow = False

    class Guarded(chat.ChatInterface):
        async def fn(self, message: str) -> str:
            return message

        def has_permission(self, request: Any) -> bool:
            if slow:
                asked.release()
                go_on.wait()
            return True

    chat.register(Guarded)
    async with AsyncExitStack() as pages:
        try:
            threads = conf.get().database_threads
            for _ in range(threads):
                await pages.enter_async_context((await Tab.open("guarded")).connected())
            slow = True
            for _ in range(threads):
                assert await asyncio.to_thread(asked.acquire, timeout=PATIENCE)
            async with asyncio.timeout(PATIENCE):
                await in_database(int)
        finally:
            go_on.set()


@override_settings(CHATINTERFACE={"ACCESS_CHECK": 0.01})
async def test_old_token_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "SILENCE", 0.01)
    checks = asyncio.Semaphore(0)
    loop = asyncio.get_running_loop()

    def counted(*args: Any, **kwargs: Any) -> Any:
        grant = authorise(*args, **kwargs)
        loop.call_soon_threadsafe(checks.release)
        return grant

    echo()
    tab = await Tab.open("echo_test")
    async with tab.connected():
        await tab.send("hello")
        await tab.settled()
        monkeypatch.setattr(consumers, "authorise", counted)
        monkeypatch.setattr(history, "TOKEN_AGE", -1)
        async with asyncio.timeout(PATIENCE):
            await checks.acquire()
            await checks.acquire()
        await tab.send("hello")
        await tab.settled()


async def test_groups_are_left() -> None:
    echo()
    client = AsyncClient()
    await client.aforce_login(await User.objects.acreate(username="ann"))
    before = groups()
    tab = await Tab.open("echo_test", client)
    async with tab.connected():
        await tab.send("hello")
        await tab.settled()
        assert len(groups() - before) >= 2
    await ended()
    assert groups() <= before


async def test_groups_are_left_after_error(monkeypatch: pytest.MonkeyPatch) -> None:
    echo()
    before = groups()
    tab = await Tab.open("echo_test")

    def broken(*arguments: Any) -> None:
        raise RuntimeError("broken")

    opened = communicator(f"/ws/chatinterface/{tab.uuid}/?token={tab.token}", tab.client)
    monkeypatch.setattr(consumers, "authorise", broken)
    await opened.send_input({"type": "websocket.connect"})
    with pytest.raises(RuntimeError, match="broken"):
        await asyncio.wait_for(opened.future, PATIENCE)
    assert groups() <= before


@pytest.mark.parametrize("error", [RuntimeError, ConnectionResetError])
@pytest.mark.parametrize("lost_by", ["frame", "watcher"])
@override_settings(CHATINTERFACE={"ACCESS_CHECK": 0.01})
async def test_reader_gone_before_it_is_known(error: type[Exception], lost_by: str) -> None:
    """Each server says by an error of its own that nobody can be sent anything any more."""
    echo()
    before, tasks = groups(), asyncio.all_tasks()
    tab = await Tab.open("echo_test")
    await tab.ask("hello")
    tab = await tab.again()
    told, inbox = asyncio.Event(), asyncio.Queue[Any]()

    async def send(message: Any) -> None:
        if message["type"] != "websocket.accept":
            told.set()
            raise error("closed")

    inbox.put_nowait({"type": "websocket.connect"})
    scope = communicator(f"/ws/chatinterface/{tab.uuid}/?revision={tab.revision}", tab.client).scope
    socket = asyncio.create_task(URLRouter(websocket_urlpatterns)(scope, inbox.get, send))
    if lost_by == "frame":
        inbox.put_nowait({"type": "websocket.receive", "text": "nonsense"})
    else:
        await Conversation.objects.all().adelete()
    async with asyncio.timeout(PATIENCE):
        await told.wait()
        inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})
        await socket
    await asyncio.sleep(0)
    assert groups() <= before
    assert asyncio.all_tasks() <= tasks


async def test_no_task_is_left() -> None:
    echo()
    tab = await Tab.open("echo_test")
    before = asyncio.all_tasks()
    async with tab.connected():
        await tab.send("hello")
        await tab.settled()
    await ended()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before


async def test_late_disconnect_harms_no_other() -> None:
    released = hold()
    old = await Tab.open("hold")
    async with old.connected():
        await old.send("hello")
        await old.shows("so far")
        new = await old.again()
        async with new.connected():
            await new.shows("so far")
            await old.leave()
            released.set()
            await new.settled()
    assert new.last == render("so far and on")


# What is missing


async def test_second_tab_in_midstream() -> None:
    released = hold()
    first = await Tab.open("hold")
    async with first.connected():
        await first.send("hello")
        await first.shows("so far")
        second = await first.again()
        async with second.connected():
            snapshot = await second.until("message.patch")
            assert snapshot["reset"]
            assert second.last == first.last == render("so far ")
            released.set()
            await second.settled()
            await first.settled()
    assert second.last == first.last == render("so far and on")


async def test_stale_page_fetches() -> None:
    echo()
    tab = await Tab.open("echo_test")
    await tab.ask("hello")
    assert tab.revision == 0
    async with tab.connected():
        await tab.settled()
    assert tab.kinds == ["log.changed"]
    assert tab.last == render("hello")


async def test_current_page_is_told_nothing() -> None:
    echo()
    tab = await Tab.open("echo_test")
    await tab.ask("hello")
    tab = await tab.again()
    async with tab.connected():
        await tab.send("again")
        await tab.until("message.settled")
    assert "log.changed" not in tab.kinds


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 5000, "²"])
async def test_strange_revision_fetches(revision: str) -> None:
    echo()
    tab = await Tab.open("echo_test")
    await tab.ask("hello")
    async with socket(f"/ws/chatinterface/{tab.uuid}/?revision={revision}", tab.client) as opened:
        assert json.loads(await opened.receive_from(PATIENCE)) == {"type": "log.changed", "revision": 2}


async def test_reply_ended_while_away() -> None:
    released = hold()
    tab = await Tab.open("hold")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("so far")
    released.set()
    await ended()
    async with tab.connected():
        await tab.settled()
    assert tab.last == render("so far and on")


@pytest.fixture
def capacity(request: pytest.FixtureRequest) -> Iterator[None]:
    layer = InMemoryChannelLayer(capacity=request.param)
    before = channel_layers["default"]
    channel_layers.set("default", layer)
    yield
    channel_layers.set("default", before)


@pytest.mark.parametrize("capacity", [5], indirect=True)
@pytest.mark.usefixtures("capacity")
async def test_gap_is_healed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatinterface.runs.pace.INTERVAL", 0.0)
    monkeypatch.setattr(consumers, "SILENCE", 0.05)
    reading, full = asyncio.Event(), asyncio.Event()
    send = consumers.ChatConsumer.send

    async def slow_send(self: Any, *args: Any, **kwargs: Any) -> None:
        await send(self, *args, **kwargs)
        await reading.wait()

    monkeypatch.setattr(consumers.ChatConsumer, "send", slow_send)
    finished = asyncio.Event()
    words = [f"word{number} " for number in range(50)]

    @chat.register(name="many", yields="tokens")
    async def answer(message: str) -> AsyncIterator[str]:
        for word in words:
            yield word
            await asyncio.sleep(0.001)
        full.set()
        await reading.wait()
        yield "end"
        await finished.wait()

    tab = await Tab.open("many")
    async with tab.connected():
        await tab.send("hello")
        async with asyncio.timeout(PATIENCE):
            await full.wait()
        reading.set()
        await tab.shows("end")
        assert tab.last == render("".join(words) + "end")
        finished.set()
        await tab.settled()
    assert tab.last == render("".join(words) + "end")


@override_settings(CHATINTERFACE={"ACCESS_CHECK": 0.01})
async def test_change_without_event_is_noticed() -> None:
    echo()
    tab = await Tab.open("echo_test")
    await tab.ask("hello")
    tab = await tab.again()
    async with tab.connected():
        await Conversation.objects.filter(uuid=tab.uuid).aupdate(revision=tab.revision + 1)
        await tab.until("log.changed")
    assert tab.revision == 3


@pytest.mark.parametrize("ended_by", ["settling", "losing its worker"])
@override_settings(CHATINTERFACE={"CHECKPOINT": 600, "LEASE": 3600})
async def test_silent_reply_is_asked_about(monkeypatch: pytest.MonkeyPatch, ended_by: str) -> None:
    monkeypatch.setattr(consumers, "SILENCE", 0.02)
    released = hold()
    tab = await Tab.open("hold")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("so far")
        pk = max(tab.shown)
        if ended_by == "settling":
            await Message.objects.filter(pk=pk).aupdate(status="done", html="<p>all</p>")
        else:
            await Run.objects.aupdate(lease_until=timezone.now() - timedelta(seconds=1))
        frame = await tab.until("message.settled")
        assert frame["status"] == ("done" if ended_by == "settling" else "interrupted")
        released.set()
        await ended()


# Who cannot keep up


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """For readers that acknowledge what they are told to, in steps of their own."""
    monkeypatch.setattr(conf, "LEAST_WINDOW", 1)


@pytest.mark.usefixtures("small_windows")
@override_settings(CHATINTERFACE={"WINDOW": 100})
async def test_slow_reader_waits_for_catching_up() -> None:
    released = hold("a" * 200, "z" * 200)
    tab = await Tab.open("hold")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("a" * 200)
        released.set()
        await ended()
        await tab.acknowledge()
        await tab.until("log.changed")
    assert "zzz" not in json.dumps(tab.frames)
    assert tab.last == render("a" * 200 + "z" * 200)


@pytest.mark.usefixtures("small_windows")
@override_settings(CHATINTERFACE={"WINDOW": 100})
async def test_caught_up_in_midstream() -> None:
    released = hold("a" * 200, "b")
    tab = await Tab.open("hold")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("a" * 200)
        await tab.acknowledge()
        released.set()
        await tab.settled()
    assert "log.changed" not in tab.kinds
    assert tab.last == render("a" * 200 + "b")


@pytest.mark.usefixtures("small_windows")
@override_settings(CHATINTERFACE={"WINDOW": 100, "SLOW_CLIENT": 0.001})
async def test_too_slow_reader_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "SILENCE", 0.01)
    released = hold("a" * 200, "b")
    tab = await Tab.open("hold")
    async with tab.connected():
        await tab.send("hello")
        assert await refused(tab) == 4408
    released.set()
    await ended()
    assert (await tab.reply()).text == "a" * 200 + "b"


@pytest.mark.usefixtures("small_windows")
@override_settings(CHATINTERFACE={"WINDOW": 100, "SLOW_CLIENT": 30})
async def test_idle_reader_is_not_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time to catch up begins when there is something to catch up with, not with the last acknowledgement."""
    released = hold("a" * 200, "b")
    tab = await Tab.open("hold")
    async with tab.connected():
        loop = asyncio.get_running_loop()
        time = loop.time
        monkeypatch.setattr(loop, "time", lambda: time() + 60)
        await tab.send("hello")
        await tab.shows("a" * 200)
        await tab.acknowledge()
        released.set()
        await tab.settled()
    assert "error" not in tab.kinds
