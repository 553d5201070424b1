"""Sharing in the page: the dialog, the link, and what its reader sees."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import Console
from tests.browser.test_accessibility import accessible
from tests.server import Server


@pytest.fixture
def chat(page: Page, server: Server) -> Chat:
    return talked(page, server)


def talked(page: Page, server: Server) -> Chat:
    chat = Chat(page, server).open("versions")
    chat.send("a quiet garden")
    chat.has_status("done", count=1)
    chat.settled()
    return chat


def dialog(chat: Chat) -> Locator:
    return chat.page.get_by_role("dialog", name="Share this conversation")


def share(chat: Chat) -> str:
    """Make a link; returns its address."""
    chat.action("share").click()
    expect(dialog(chat)).to_be_visible()
    chat.action("make-link").click()
    expect(chat.action("copy-link")).to_be_focused()
    return chat.url(chat.action("copy-link").get_attribute("data-url") or "")


def test_share_read_revoke(chat: Chat, new_context: Callable[..., BrowserContext], console: Console) -> None:
    console.allow("status of 404")
    address = share(chat)
    reader = new_context().new_page()
    reader.goto(address)
    expect(reader.locator("[data-message]")).to_have_count(2)
    expect(reader.locator("[data-role=user]")).to_contain_text("a quiet garden")
    expect(reader.locator("[data-chat-input], [data-action]")).to_have_count(0)
    accessible(reader)
    chat.action("revoke-link").click()
    expect(chat.action("revoke-link")).to_have_count(0)
    expect(chat.action("make-link")).to_be_focused()
    response = reader.reload()
    assert response
    assert response.status == 404


def test_dialog_by_keyboard(chat: Chat) -> None:
    chat.action("share").focus()
    chat.page.keyboard.press("Enter")
    expect(dialog(chat)).to_be_visible()
    accessible(chat.page)
    chat.page.keyboard.press("Escape")
    expect(dialog(chat)).to_have_count(0)
    expect(chat.action("share")).to_be_focused()


def test_copied_link_is_whole(new_context: Callable[..., BrowserContext], server: Server) -> None:
    context = new_context(permissions=["clipboard-read", "clipboard-write"])
    chat = talked(context.new_page(), server)
    address = share(chat)
    chat.stand_still()
    chat.action("copy-link").click()
    expect(chat.page.locator("[data-share-status]")).to_have_text("Copied.")
    assert chat.page.evaluate("navigator.clipboard.readText()") == address


def test_link_stays_as_it_was(chat: Chat) -> None:
    address = share(chat)
    chat.page.keyboard.press("Escape")
    chat.send("and then?")
    chat.has_status("done", count=2)
    reader = chat.page.context.new_page()
    reader.goto(address)
    expect(reader.locator("[data-message]")).to_have_count(2)


def test_nothing_to_share_yet(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("versions")
    expect(chat.action("share")).to_be_hidden()
    Chat(page, server).open("echo")
    expect(chat.action("share")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_axe(new_context: Callable[..., BrowserContext], server: Server, scheme: str, width: int) -> None:
    context = new_context(color_scheme=scheme, viewport={"width": width, "height": 700})
    chat = talked(context.new_page(), server)
    address = share(chat)
    accessible(chat.page)
    assert chat.page.evaluate("document.documentElement.scrollWidth") == width
    chat.page.goto(address)
    accessible(chat.page)
    assert chat.page.evaluate("document.documentElement.scrollWidth") == width
