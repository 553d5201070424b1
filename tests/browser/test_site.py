import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import Console
from tests.browser.test_accessibility import accessible
from tests.server import Server

CARDS = "article.card"


def test_home_shows_chats_beside_their_source(page: Page, server: Server) -> None:
    page.goto(server.url())
    card = page.locator(CARDS, has=page.get_by_role("heading", name="Echo", exact=True))
    expect(card).to_contain_text("async def echo")
    assert page.locator(CARDS).count() == page.get_by_text("@chat.register").count()
    accessible(page)
    card.get_by_role("link", name="Echo", exact=True).click()
    chat = Chat(page, server)
    chat.connected()
    chat.send("to be or not")
    chat.shows("to be or not")


@pytest.mark.parametrize("name", ["conversation", "message"])
def test_admin_lists(chat: Chat, page: Page, server: Server, console: Console, name: str) -> None:
    console.allow("favicon.ico")
    said = f"say admin reads {name}"
    chat.ask(said)
    chat.login("admin").page.goto(server.url(f"/admin/chatinterface/{name}/"))
    page.locator("#searchbar").fill(said)
    page.locator("#searchbar").press("Enter")
    page.locator("#result_list tbody th a").first.click()
    expect(page.locator("#content")).to_contain_text(said)
