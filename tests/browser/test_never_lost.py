"""Whatever happens to the page and to its connection: in the end it shows what was said, all of it and once."""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import CUT, Console
from tests.browser.truth import Turn, agree, in_database
from tests.browser.visitor import Gate
from tests.proxy import Proxy
from tests.server import Server

TOUR = "# Title\\n\\nText.\\n\\n```python\\ndef f():\\n    return"


@pytest.fixture
def line(proxy: Callable[[Server], Proxy], server: Server, console: Console) -> Proxy:
    """What lies between the page and the server."""
    console.allow(CUT)
    return proxy(server)


@pytest.fixture
def far(line: Proxy, page: Page, server: Server) -> Chat:
    """The chat `script` at the other end of that line."""
    return Chat.through(line, page, server).open("script")


def test_reload_in_mid_stream(chat: Chat, gate: Gate) -> None:
    chat.send(f"hold {gate}")
    chat.holds()
    chat.reload().holds()
    gate.release()
    agree(chat, f"hold {gate}")


def test_reload_while_tokens_flow(chat: Chat) -> None:
    chat.send("stream 100 20")
    expect(chat.body).to_contain_text("word10")
    chat.reload()
    agree(chat, "stream 100 20")


def test_reload_in_open_code_block(chat: Chat, gate: Gate) -> None:
    message = f"around {gate} {TOUR}/ 1\\n```\\n\\nand - so on"
    chat.send(message)
    chat.holds("return")
    chat.reload().holds("return")
    gate.release()
    agree(chat, message)


def test_second_tab_opened_in_mid_stream(chat: Chat, gate: Gate) -> None:
    chat.send(f"hold {gate}")
    chat.holds()
    other = chat.again()
    other.holds()
    gate.release()
    for each in (chat, other):
        agree(each, f"hold {gate}")


def test_other_tab_talks_too(chat: Chat) -> None:
    chat.ask("stream 1")
    other = chat.again()
    other.send("stream 30 10")
    for each in (chat, other):
        agree(each, "stream 1", "stream 30 10")
    chat.send("stream 3")
    for each in (chat, other):
        agree(each, "stream 1", "stream 30 10", "stream 3")


def test_left_and_opened_again(chat: Chat, gate: Gate) -> None:
    chat.send(f"hold {gate}")
    chat.holds()
    address = chat.page.url
    chat.page.goto("about:blank")
    gate.release()
    agree(chat.visit(address), f"hold {gate}")


def test_left_and_gone_back_to(chat: Chat, gate: Gate) -> None:
    chat.send(f"hold {gate}")
    chat.holds()
    chat.page.goto(chat.server.url())
    chat.page.go_back()
    chat.holds()
    gate.release()
    agree(chat, f"hold {gate}")


def test_cut_while_tokens_flow(far: Chat, line: Proxy) -> None:
    far.send("stream 150 20")
    expect(far.body).to_contain_text("word10")
    with far.page.expect_websocket():
        line.cut()
    agree(far, "stream 150 20")


def test_cut_again_and_again(far: Chat, line: Proxy) -> None:
    far.send("stream 150 20")
    for word in ("word20", "word60", "word100"):
        expect(far.body).to_contain_text(word)
        line.cut()
    agree(far, "stream 150 20")


@pytest.mark.parametrize("seconds", [1, 30])
def test_reply_ends_while_cut(far: Chat, line: Proxy, gate: Gate, seconds: float) -> None:
    far.send(f"hold {gate}")
    far.holds()
    end = time.time() + seconds
    line.refuse()
    expect(far.root).to_have_attribute("data-connection", "closed")
    gate.release()
    far.page.wait_for_function("end => Date.now() > end", arg=1000 * end)
    line.restore()
    agree(far, f"hold {gate}")
    far.connected()
    expect(far.page.locator("[data-chat-connection]")).to_be_empty()


def test_reply_goes_on_after_cut(far: Chat, line: Proxy, gate: Gate) -> None:
    message = f"around {gate} {TOUR}/ 1\\n```\\n\\nand - so on"
    far.send(message)
    far.holds("return")
    line.refuse()
    expect(far.root).to_have_attribute("data-connection", "closed")
    line.restore()
    far.connected()
    gate.release()
    agree(far, message)


def test_lost_connection_is_said(far: Chat, line: Proxy) -> None:
    line.refuse()
    expect(far.page.locator("[data-chat-connection]")).to_have_text("No connection. Trying again…")
    line.restore()
    far.connected()
    expect(far.page.locator("[data-chat-connection]")).to_be_empty()


def test_dead_line(far: Chat, line: Proxy, gate: Gate) -> None:
    """Nothing comes through for a while, though the connection is open all the time."""
    far.send(f"hold {gate}")
    far.holds()
    line.hold()
    gate.release()
    expect(far.replies.last).to_have_attribute("data-status", "running")
    line.restore()
    agree(far, f"hold {gate}")


def test_other_tab_talks_while_cut(far: Chat, line: Proxy) -> None:
    far.ask("stream 1")
    other = Chat(far.page.context.new_page(), far.server)
    other.visit(other.url(urlsplit(far.page.url).path))
    line.refuse()
    other.ask("stream 2").ask("stream 3")
    line.restore()
    agree(far, "stream 1", "stream 2", "stream 3")


def test_large_reply_not_fetched_at_first(far: Chat, line: Proxy, page: Page) -> None:
    """A reply too large for the socket is fetched; its first request fails."""
    far.ask("stream 1")
    page.route("**/m/*/", lambda route: route.abort(), times=1)
    message = "say [a]\\n\\n" + "x" * 70_000 + "\\n\\n[a]: /b"
    far.send(message)
    agree(far, "stream 1", message)


def test_killed_in_mid_stream(page: Page, start_server: Callable[..., Server], console: Console) -> None:
    """What was checkpointed is there, marked as interrupted; trying again gives all of it."""
    console.allow(CUT)
    server = start_server(CHATINTERFACE_SETTINGS='{"LEASE": 2, "CHECKPOINT": 0.1}')
    gate = Gate(server)
    chat = Chat(page, server).open("script").ask("stream 2").send(f"hold {gate}")
    chat.holds()
    partial = Turn(f"hold {gate}", "word0 word1 word2 ", "interrupted")
    in_database(chat, chat.uuid, text=partial.reply)
    server.kill9()
    expect(chat.root).to_have_attribute("data-connection", "closed")
    server.start()
    agree(chat, "stream 2", partial)
    expect(chat.replies.last).to_contain_text("Interrupted")
    agree(chat.reload(), "stream 2", partial)
    gate.release()
    chat.action("retry").click()
    agree(chat, "stream 2", f"hold {gate}")
    agree(chat.reload(), "stream 2", f"hold {gate}")
