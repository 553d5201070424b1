"""What the site says by itself, in the pages of its visitor."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import CUT, Console
from tests.browser.test_accessibility import accessible
from tests.server import Server

SHIP = (
    "from chatinterface import ChatSession; ChatSession.get('{}').send('It has **shipped**.', user='Shop', avatar='📦')"
)


def conversation(chat: Chat) -> str:
    found = re.search(r"/c/([^/]+)/", chat.page.url)
    assert found
    return found[1]


def test_site_writes_in_two_tabs(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("my_order")
    chat.send("a compass")
    chat.has_status("done", count=3)
    other = chat.again()
    for tab in (chat, other):
        expect(tab.messages.last).to_contain_text("Your order has shipped.")
        expect(tab.messages).to_have_count(4)
        expect(tab.messages.nth(2).locator("li")).to_have_count(3)
        expect(tab.messages.last.locator("strong")).to_have_text("shipped")
        tab.settled()
    accessible(page)
    chat.reload()
    expect(chat.messages).to_have_count(4)


def test_callback_clears_and_the_visitor_reverts(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("two-minds")
    chat.send("Where to?")
    chat.has_status("done", count=4)
    chat.settled()
    expect(chat.messages.locator(".ci-name")).to_have_count(5)
    chat.send("/clear")
    expect(chat.messages).to_have_count(1)
    expect(chat.messages).to_contain_text("Where shall we go?")
    chat.settled()
    expect(chat.root).to_have_attribute("data-undone", "clear")
    chat.action("revert").click()
    expect(chat.messages).to_have_count(6)


def test_shell_writes_into_an_open_page(
    page: Page, console: Console, start_server: Callable[..., Server], postgres_database: str, redis: str
) -> None:
    """A command of its own, by way of PostgreSQL and Redis."""
    # The server ends before the page.
    console.allow(CUT)
    server = start_server(DATABASE_URL=postgres_database, REDIS_URL=redis)
    chat = Chat(page, server).open("script")
    chat.ask("stream 3")
    server.manage("shell", "-c", SHIP.format(conversation(chat)))
    expect(chat.messages.last).to_contain_text("It has shipped.")
    expect(chat.messages).to_have_count(3)
    expect(chat.messages.last).to_have_attribute("data-status", "done")
