"""Whatever is sent, to any address or up the socket: no error of the server's, and strangers learn nothing.

A sample at a time; `CHATINTERFACE_FUZZ=1000000 make test ARGS=tests/security/test_fuzz.py` tries a million.
"""

import asyncio
import json
import logging
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from http.client import HTTPConnection, HTTPException
from io import BytesIO
from socket import SHUT_WR
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.testing import WebsocketCommunicator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets import ConnectionClosed, Origin
from websockets.sync.client import connect

from chatinterface import events, urls
from tests.cluster.remote import RemoteTab, Visitor
from tests.security.addresses import ADDRESSES, ARGUMENTS, SHARED
from tests.security.hostile import Request, frames, requests
from tests.security.world import CHAT, OTHER_FIELDS, SECRET, STRANGERS, World
from tests.server import Server
from tests.tab import PATIENCE, communicator, ended

pytestmark = pytest.mark.django_db(transaction=True)

# Cases to be tried, half of them requests and half of them frames; else a sample as large as the profile says.
CASES = int(os.environ.get("CHATINTERFACE_FUZZ") or 0)

# Requests of one visitor, one after the other; and so many visits until all is made anew, which keeps them quick.
BATCH = 5
VISITS = 1000
ROUNDS = max(CASES // (2 * BATCH * VISITS), 1)
SAMPLE = settings(
    suppress_health_check=list(HealthCheck), max_examples=VISITS if CASES else settings().max_examples // 5
)


@pytest.fixture
def complaints(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is logged as an error; of all else nothing is, which would take longer than what it is about."""
    found: list[str] = []

    class Complaints(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(self.format(record))

    handler = Complaints(logging.ERROR)
    for name in ("chatinterface", "django.request", "asyncio"):
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "handlers", [handler])
        monkeypatch.setattr(logger, "level", logging.ERROR)
        monkeypatch.setattr(logger, "propagate", False)
    return found


@pytest.fixture(scope="module")
def tried(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """How many cases there were, by what was answered."""
    counted: Counter[str] = Counter()
    yield counted
    if CASES:
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print(f"\n{counted.total()} cases: {dict(counted.most_common())}")


def test_every_address_is_known() -> None:
    assert len({each.name for each in ADDRESSES}) == len(ADDRESSES) == len(urls.urlpatterns)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_requests(complaints: list[str], tried: Counter[str], _round: int) -> None:
    world = World()
    owned: list[Any] = []

    @given(
        st.just("owner") | st.sampled_from(STRANGERS),
        st.lists(requests(world.names, world.fields), min_size=BATCH, max_size=BATCH),
    )
    @SAMPLE
    def harmless(who: str, several: list[Request]) -> None:
        if not owned:
            world.restore()
            owned[:] = world.owned()
        client = world.client(who)
        complaints.clear()
        for each in several:
            response = _answer(client, each, world.names)
            tried[f"request {response.status_code}"] += 1
            assert response.status_code < 500, each
            if who != "owner" and each.address.name not in SHARED:
                assert SECRET not in f"{response.headers}{response.body!r}", each
        assert complaints == []
        if who == "owner":
            owned.clear()
        else:
            assert world.owned() == owned

    harmless()


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_frames(complaints: list[str], tried: Counter[str], _round: int) -> None:
    """The page goes on, or is told why it does not; whoever else is there notices nothing."""
    world = World()
    ids = [int(world.names[name]) for name in ("reply", "question")]
    talk, plain = world.conversation.uuid, world.plain.uuid
    opened = [("owner", CHAT, talk), ("owner", "plain", plain), ("nobody", CHAT, world.fresh.uuid)]
    refused = [(who, *page) for who in STRANGERS for page in ((CHAT, talk), ("plain", plain))]

    @given(
        st.sampled_from(opened) | st.sampled_from(opened) | st.sampled_from(refused),
        frames(ids, most=2 * BATCH),
    )
    @SAMPLE
    def harmless(where: tuple[str, str, UUID], several: list[str | bytes]) -> None:
        complaints.clear()
        world.restore()
        *_frames, code = runner.run(_told(world, *where, several)) or [""]
        tried[f"frames, then {code or 'open'}"] += len(several)
        assert complaints == []
        if where in refused:
            assert code == "4404"

    with asyncio.Runner() as runner:
        harmless()


async def _told(world: World, who: str, chat: str, page: UUID, several: list[str | bytes]) -> list[str]:
    """What comes back: a frame, and at last the code where the page is closed."""
    bystanders = f"/ws/chatinterface/{world.other.uuid}/?revision={world.other.revision}"
    path = f"/ws/chatinterface/{page}/?chat={chat}&token={world.fresh.token}"
    async with _open(bystanders, world.owner) as bystander:
        async with _open(path, world.client(who)) as socket:
            for frame in several:
                kind = "text" if isinstance(frame, str) else "bytes"
                await socket.send_input({"type": "websocket.receive", kind: frame})
        await _answered()
        await events.publish(world.other.uuid, {"type": events.NOTICE})
        assert json.loads(await bystander.receive_from(PATIENCE))["type"] == events.NOTICE
    return [_read(socket.output_queue.get_nowait(), who) for _ in range(socket.output_queue.qsize())]


async def _answered() -> None:
    """Wait until what was sent by frames is taken and answered, though nobody waits for it any more."""
    taking = [each for each in asyncio.all_tasks() if getattr(each.get_coro(), "__name__", "") == "_answer"]
    await asyncio.gather(*taking)
    await ended()


def _read(sent: Any, who: str) -> str:
    if sent["type"] == "websocket.close":
        return str(sent["code"])
    assert isinstance(json.loads(sent["text"])["type"], str)
    assert who == "owner" or SECRET not in sent["text"]
    return ""


@asynccontextmanager
async def _open(path: str, client: Any) -> AsyncIterator[WebsocketCommunicator]:
    socket = communicator(path, client)
    assert await socket.connect(PATIENCE) == (True, None)
    yield socket
    if not socket.future.done():
        await socket.send_input({"type": "websocket.disconnect", "code": 1001})
    await socket.wait(PATIENCE)


class Body(BytesIO):
    """What a server hands on of a request: however much a header has announced, it ends where nothing more comes."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(_within(size))

    def readline(self, size: int | None = -1) -> bytes:
        return super().readline(_within(size))


def _within(size: int | None) -> int:
    return -1 if size is None else min(size, sys.maxsize)


def _answer(client: Any, sent: Request, names: Any) -> Any:
    data, content_type = sent.body.encoded(names)
    body = {"wsgi.input": Body(data)}
    return client.generic(sent.method, sent.target(names), data, content_type, headers=sent.sent_headers(names), **body)


def test_real_server(server: Server) -> None:
    """A sample of both at Daphne, which answers afterwards as before."""
    tab = asyncio.run(_begun(server))
    pk = max(tab.shown)
    names = dict.fromkeys(ARGUMENTS.values(), "1") | {
        **{
            "chat": "echo",
            "conversation": str(tab.uuid),
            "reply": str(pk),
            "question": str(pk - 1),
            "token": tab.token,
        },
        **{name: str(uuid4()) for name in ("file", "prompt", "table", "upload", "other", "fresh")},
        **{"form": "p1", "part": "p1", "link": "x"},
    }

    @given(requests(names, OTHER_FIELDS), frames([pk], most=BATCH))
    @settings(SAMPLE, max_examples=25, derandomize=True)
    def harmless(sent: Request, several: list[str | bytes]) -> None:
        assert _status(server, sent, names, tab.client.cookies) < 500
        _say(server, tab, several)

    harmless()
    assert server.running
    assert asyncio.run(tab.client.get("/chat/-/health/")).status_code == 200
    assert asyncio.run(tab.client.get(tab.url("conversation"))).status_code in (200, 404)
    assert "Internal Server Error" not in server.text()
    assert "Exception inside application" not in server.text()


async def _begun(server: Server) -> Any:
    tab = await RemoteTab.visit("echo", Visitor(server))
    async with tab.connected():
        await tab.send("hello")
        await tab.settled()
    return tab


def _status(server: Server, sent: Request, names: dict[str, str], cookies: str) -> int:
    """What the server answers; 0 where it answers nothing, as to what is no HTTP."""
    data, content_type = sent.body.encoded(names)
    csrf = cookies.partition("csrftoken=")[2].partition(";")[0]
    headers = {"X-CSRFToken": csrf, "Content-Type": content_type, "Cookie": cookies, **sent.sent_headers(names)}
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)) as connection:
        try:
            connection.putrequest(sent.method, sent.target(names), skip_accept_encoding=True)
            for name, value in ({"Content-Length": str(len(data))} | headers).items():
                connection.putheader(name, value.encode("latin-1"))
            connection.endheaders(data)
            # More may be announced than comes.
            assert connection.sock is not None
            connection.sock.shutdown(SHUT_WR)
            return connection.getresponse().status
        except (HTTPException, OSError, ValueError):
            return 0


def _say(server: Server, tab: Any, several: list[str | bytes]) -> None:
    path = server.url(f"/ws/chatinterface/{tab.uuid}/?chat={tab.name}").replace("http", "ws", 1)
    socket = connect(
        path, origin=Origin(server.url("")), additional_headers={"Cookie": tab.client.cookies}, open_timeout=PATIENCE
    )
    with socket, suppress(ConnectionClosed, UnicodeEncodeError):
        for frame in several:
            socket.send(frame)
