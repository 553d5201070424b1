"""Selecting and copying messages in a chat that listens to it, and in one that does not."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import Chat
from tests.server import Server


@pytest.fixture
def posted(page: Page) -> list[str]:
    """The addresses that the page posts to."""
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    return posted


@pytest.fixture
def attentive(page: Page, server: Server) -> Chat:
    chat = Chat(page, server).open("attentive").send("hello there")
    chat.has_status("done", count=1)
    return chat


def test_click_selects(attentive: Chat) -> None:
    attentive.messages.first.locator("[data-message-body]").click()
    expect(attentive.messages.first).to_have_attribute("data-selected", "")
    expect(attentive.page.get_by_text("Selected: message 1, of 2 words.")).to_be_visible()
    attentive.body.click()
    expect(attentive.replies.last).to_have_attribute("data-selected", "")
    expect(attentive.page.locator("[data-selected]")).to_have_count(1)


def test_selected_by_keyboard(attentive: Chat) -> None:
    attentive.replies.last.locator("[data-action=select]").press("Enter")
    expect(attentive.page.get_by_text("Selected: message 2")).to_be_visible()


def test_marked_words_select_nothing(attentive: Chat, posted: list[str]) -> None:
    attentive.body.locator("strong").dblclick()
    assert attentive.page.evaluate("getSelection().toString().trim()")
    # The first click of the two has selected it, and the second one, which marks a word, not again.
    expect(attentive.replies.last).to_have_attribute("data-selected", "")
    assert len([url for url in posted if url.endswith("/selected/")]) == 1


def test_copy_is_told(context: BrowserContext, attentive: Chat) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    attentive.replies.last.locator("[data-action=copy]").click()
    expect(attentive.page.get_by_text("Copied: message 2.")).to_be_visible()


def test_nothing_is_posted_where_nobody_listens(
    page: Page, context: BrowserContext, server: Server, posted: list[str]
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat = Chat(page, server).open("echo").send("hello")
    chat.has_status("done", count=1)
    before = len(posted)
    chat.body.click()
    chat.stand_still()
    chat.replies.last.locator("[data-action=copy]").click()
    expect(chat.status).to_have_text("Copied.")
    assert len(posted) == before
