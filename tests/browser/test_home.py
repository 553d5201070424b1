import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
from tests.server import Server


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("path", ["/", "/accounts/login/"])
def test_fits_and_is_accessible(page: Page, server: Server, path: str, width: int, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(server.url(path))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_card_opens_chat(page: Page, server: Server) -> None:
    page.goto(server.url())
    page.get_by_role("link", name="Echo", exact=True).click()
    expect(page.locator("[data-chat]")).to_have_attribute("data-chat-name", "echo")


def test_login_leads_back(page: Page, server: Server) -> None:
    page.goto(server.url("/chat/members_only/"))
    page.locator("[name=username]").fill("demo")
    page.locator("[name=password]").fill("demo")
    page.locator("[name=password]").press("Enter")
    expect(page.locator("[data-chat]")).to_have_attribute("data-chat-name", "members_only")


def test_logout(page: Page, server: Server) -> None:
    Chat(page, server).login("demo")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
