"""A channel layer that drops what it cannot hold, and pages that do not keep up with what they are sent."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Page, Route, WebSocket
from websockets import ConnectionClosed, Origin
from websockets.sync.client import connect

from project.instruments import tokens
from tests.browser.chat import Chat
from tests.browser.conftest import Console
from tests.browser.truth import Turn, agree, in_database
from tests.server import Server

Frame = dict[str, Any]

WINDOW = 131_072
# With the first patch the page stands still until this is answered.
BLOCK = """() => addEventListener("chatinterface:message.patch", () => {
  const request = new XMLHttpRequest();
  request.open("GET", "/block/", false);
  request.send();
}, {once: true})"""


@pytest.fixture
def frames(page: Page) -> list[Frame]:
    """All frames that the page gets."""
    received: list[Frame] = []

    def watch(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: received.append(json.loads(frame)))

    page.on("websocket", watch)
    return received


def bench(count: int, delay: int) -> Turn:
    """So many tokens, so many milliseconds apart."""
    return Turn(f"{count} {delay} t", "".join(tokens.tokens(count, "t")))


def caught_up(frame: Frame) -> bool:
    """Whether a page that has missed patches goes on by it: which frame it is depends on what is heard first, that the
    page is there again, or that the reply has ended."""
    whole = frame["type"] == "message.settled" and "seq" not in frame
    return whole or frame["type"] == "log.changed" or bool(frame.get("reset"))


def test_full_channel_heals(start_server: Callable[..., Server], page: Page, frames: list[Frame]) -> None:
    """The gaps that a full channel leaves are filled by snapshots."""
    server = start_server(application="tests.browser.sluggish:application", CHANNEL_CAPACITY="5")
    chat = Chat(page, server).open("script").send("stream 220 20")
    agree(chat, "stream 220 20")
    assert any(frame.get("reset") for frame in frames)


def test_blocked_page_catches_up(
    start_server: Callable[..., Server], page: Page, frames: list[Frame], console: Console
) -> None:
    """A page that does nothing until the reply is complete is sent no more than the window, and then all of it."""
    console.allow("Synchronous XMLHttpRequest")
    server = start_server(CHATINTERFACE_SETTINGS=json.dumps({"WINDOW": WINDOW}))
    turn = bench(20_000, 0)
    blocks: list[Route] = []
    page.route("**/block/", lambda route: blocks.append(route))
    chat = Chat(page, server).open("bench")
    uuid = chat.uuid
    page.evaluate(BLOCK)
    with page.expect_request("**/block/"):
        chat.input.fill(turn.message)
        chat.input.press("Enter", no_wait_after=True)
    in_database(chat, uuid, status="done")
    assert sum(len(frame.get("tail", "")) for frame in frames) < 2 * WINDOW
    blocks[0].fulfill()
    agree(chat, turn)
    assert any(caught_up(frame) for frame in frames)


def test_silent_page_is_closed(start_server: Callable[..., Server], page: Page) -> None:
    """A socket that acknowledges nothing gets no more than the window, and is told why it is closed."""
    server = start_server(CHATINTERFACE_SETTINGS=json.dumps({"WINDOW": WINDOW, "SLOW_CLIENT": 1}))
    first, second = bench(1, 0), bench(30_000, 0)
    chat = Chat(page, server).open("bench").send(first.message)
    agree(chat.known(), first)
    cookies = "; ".join(f"{each['name']}={each['value']}" for each in page.context.cookies())
    address = server.url(chat.root.get_attribute("data-socket-url") or "").replace("http", "ws", 1)
    with connect(address, origin=Origin(server.url("")), additional_headers={"Cookie": cookies}) as silent:
        chat.send(second.message)
        agree(chat, first, second)
        received = []
        with suppress(ConnectionClosed):
            while True:
                received.append(json.loads(silent.recv(timeout=60)))
    sizes = [len(frame["tail"]) for frame in received if frame["type"] == "message.patch"]
    assert sum(sizes[:-1]) <= WINDOW
    assert received[-1]["type"] == "error"
    assert silent.close_code == received[-1]["code"] == 4408
