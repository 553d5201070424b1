"""What a real Daphne withstands: sockets that are refused, flooded, or never read, and bodies without an end."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from http.client import HTTPConnection
from typing import Any
from uuid import uuid4

import psutil
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.cluster.remote import PATIENCE, RemoteTab, Visitor
from tests.proxy import Proxy
from tests.server import Server

MEGABYTE = 2**20


@asynccontextmanager
async def opened(server: Server, tab: RemoteTab, **headers: str) -> AsyncIterator[ClientConnection]:
    path = server.url(f"/ws/chatinterface/{tab.uuid}/?token={tab.token}").replace("http", "ws", 1)
    cookies: Any = tab.client.cookies
    sent = {"Origin": server.url(""), "Cookie": cookies, **headers}
    async with connect(path, additional_headers=sent, max_size=None, open_timeout=PATIENCE) as connection:
        yield connection


async def refused(connection: ClientConnection) -> tuple[int, list[Any]]:
    """The code by which a socket is closed, and what was sent before."""
    frames = []
    async with asyncio.timeout(PATIENCE):
        try:
            while True:
                frames.append(json.loads(await connection.recv()))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else 1006, frames


async def works(server: Server) -> None:
    """Somebody who comes now is answered."""
    tab = await RemoteTab.visit("echo", Visitor(server))
    async with tab.connected():
        await tab.send("hello")
        await tab.settled()


def memory(server: Server) -> int:
    assert server.process is not None
    return psutil.Process(server.process.pid).memory_info().rss


@pytest.mark.parametrize("origin", ["null", "https://evil.com", "http://127.0.0.1.evil.com", "http://127.0.0.1:1"])
async def test_refusal_is_accepted_and_explained(server: Server, origin: str) -> None:
    """In one frame, and then closed: a browser tries again for ever what is not accepted."""
    tab = await RemoteTab.visit("echo", Visitor(server))
    async with opened(server, tab, Origin=origin) as connection:
        code, frames = await refused(connection)
    assert (code, len(frames), frames[0]["type"], frames[0]["code"]) == (4403, 1, "error", 4403)


@pytest.mark.parametrize(
    "frame", ["x" * 10 * MEGABYTE, b"x" * 10 * MEGABYTE, "[" * 5 * MEGABYTE], ids=["text", "bytes", "nested"]
)
async def test_long_frames_close_and_leave_no_memory(server: Server, frame: str | bytes) -> None:
    tab = await RemoteTab.visit("echo", Visitor(server))
    before = 0
    for number in range(6):
        async with opened(server, tab) as connection:
            with suppress(ConnectionClosed):
                await connection.send(frame)
            assert (await refused(connection))[0] in (4400, 1006, 1009)
        # What the first ones took is kept for the next.
        before = memory(server) if number == 2 else before
    assert memory(server) - before < 15 * MEGABYTE
    await works(server)


async def flood(connection: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            await connection.send('{"type": "ack", "bytes": 0}')
            # Whoever does not hear within a second that the socket is closed is cut off.
            await asyncio.sleep(0)


async def test_flood_is_limited(server: Server) -> None:
    tab = await RemoteTab.visit("echo", Visitor(server))
    refusal = "A socket is refused: 4400"
    before = server.text().count(refusal)
    async with opened(server, tab) as connection:
        (code, _frames), _ = await asyncio.gather(refused(connection), flood(connection))
    # Whoever does not hear within a second that the socket is closed is cut off.
    assert code in {4400, 1006}
    assert server.text().count(refusal) > before
    await works(server)


async def test_body_without_a_length_is_limited(server: Server) -> None:
    """It comes in chunks of which nobody has said how many they are."""
    tab = await RemoteTab.visit("attachments", Visitor(server))
    chunk = b"x" * MEGABYTE
    assert await asyncio.to_thread(_chunked, server, tab, [chunk] * 200) in (400, 413, 422)
    await works(server)


def _chunked(server: Server, tab: Any, chunks: list[bytes]) -> int:
    cookies = tab.client.cookies
    headers = {
        "Cookie": cookies,
        "X-CSRFToken": cookies.partition("csrftoken=")[2].partition(";")[0],
        "Content-Type": "application/octet-stream",
        **{"Upload-Offset": "0", "Upload-Length": "10", "Upload-Name": "x.bin", "Upload-Token": tab.token},
    }
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)) as connection:
        connection.request("POST", tab.url("upload", uuid4()), iter(chunks), headers, encode_chunked=True)
        return connection.getresponse().status


async def test_many_who_come_and_go_leave_nothing(server: Server) -> None:
    """In every state: before they are let in, refused, idle, and cut off."""
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    tab = await RemoteTab.visit("echo", Visitor(server))

    async def visit(number: int) -> None:
        if number % 4 == 0:
            with socket.create_connection(("127.0.0.1", server.port)) as raw:
                raw.sendall(f"GET /ws/chatinterface/{tab.uuid}/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n".encode())
            return
        origin = "null" if number % 4 == 1 else server.url("")
        async with opened(server, tab, Origin=origin) as connection:
            if number % 4 == 2:
                connection.transport.abort()

    def held() -> int:
        return len(process.open_files()) + len(established(server))

    for number in range(40):
        await visit(number)
    await works(server)
    threads, files = process.num_threads(), held()
    for number in range(200):
        await visit(number)
    await works(server)
    # Pools of threads may still have grown, by less than one for each who came.
    assert await until(lambda: not established(server))
    assert held() - files < 20
    assert process.num_threads() - threads < 20


async def test_half_open_connection_is_noticed(
    start_server: Callable[..., Server], proxy: Callable[[Server], Proxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is gone without a word is asked, and then let go."""
    command = Server.command

    def pinging(self: Server) -> list[str]:
        *before, application = command(self)
        return [*before, "--ping-interval", "1", "--ping-timeout", "1", application]

    monkeypatch.setattr(Server, "command", pinging)
    server = start_server()
    line = proxy(server)
    tab = await RemoteTab.visit("echo", Visitor(server))
    address = f"ws://127.0.0.1:{line.port}/ws/chatinterface/{tab.uuid}/?token={tab.token}"
    cookies: Any = tab.client.cookies
    headers = {"Origin": f"http://127.0.0.1:{line.port}", "Cookie": cookies}
    async with connect(address, additional_headers=headers, ping_interval=None, open_timeout=PATIENCE):
        assert await until(lambda: len(established(server)) == 1)
        line.hold()
        assert await until(lambda: not established(server))
        line.cut()


def established(server: Server) -> list[Any]:
    """The connections that a server believes to be there."""
    assert server.process is not None
    connections = psutil.Process(server.process.pid).net_connections()
    return [each for each in connections if each.status == psutil.CONN_ESTABLISHED and each.laddr.port == server.port]


async def until(condition: Callable[[], bool]) -> bool:
    """Wait until it is so; another process sends no events."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return True
