"""How a site makes the page its own, and what the page looks like where it does not."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.chat import Chat
from tests.browser.truth import agree
from tests.server import Server

ALERTS = {"NOTE": "Note", "TIP": "Tip", "IMPORTANT": "Important", "WARNING": "Warning", "CAUTION": "Caution"}
TITLES = """quotes => quotes.map(quote => getComputedStyle(quote, "::before").content)"""
BOTTOM = "element => element.getBoundingClientRect().bottom"


def with_style(page: Page, css: str) -> None:
    """Give the site this stylesheet in place of its own."""
    page.route("**/site.css", lambda route: route.fulfill(body=css, content_type="text/css"))


def test_site_sets_colours(page: Page, server: Server) -> None:
    with_style(page, ":root { --ci-accent: rgb(1, 2, 3) }")
    chat = Chat(page, server).open("script")
    chat.input.fill("text")
    expect(chat.action("send")).to_have_css("background-color", "rgb(1, 2, 3)")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_site_sets_theme(new_context: Callable[..., BrowserContext], server: Server, theme: str) -> None:
    """Whatever the reader's system says."""
    page = new_context(color_scheme="light" if theme == "dark" else "dark").new_page()
    chat = Chat(page, server).open("script")
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    expect(chat.root).to_have_css("background-color", {"light": "rgb(253, 253, 252)", "dark": "rgb(23, 24, 26)"}[theme])


def test_fills_the_demo_site(chat: Chat) -> None:
    assert chat.root.evaluate(BOTTOM) == chat.page.evaluate("innerHeight")
    assert chat.page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_fits_into_any_site(page: Page, server: Server) -> None:
    """The field is above the fold in a frame that knows nothing of the chat."""
    with_style(page, ".site-header { block-size: 6rem }")
    chat = Chat(page, server).open("script")
    page.evaluate("document.documentElement.className = ''")
    expect(chat.input).to_be_in_viewport(ratio=1)
    box = chat.root.bounding_box()
    assert box
    assert box["height"] > 400


@pytest.mark.parametrize("size", [(640, 400), (320, 256)], ids=["200 %", "400 %"])
def test_zoomed(new_context: Callable[..., BrowserContext], server: Server, size: tuple[int, int]) -> None:
    """What a window of 1280 pixels becomes."""
    width, height = size
    page = new_context(viewport={"width": width, "height": height}, device_scale_factor=2).new_page()
    chat = Chat(page, server).open("script")
    expect(page.locator(".ci-title")).to_be_in_viewport(ratio=1)
    chat.ask("markdown")
    chat.at_end()
    expect(chat.input).to_be_in_viewport(ratio=1)
    expect(chat.action("send")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert chat.log.evaluate("log => log.clientHeight") > 60
    agree(chat, "markdown")


def test_alerts_have_titles(chat: Chat) -> None:
    chat.ask("say " + "\\n\\n".join(f"> [!{kind}]\\n> text" for kind in ALERTS))
    titles = chat.body.locator("blockquote").evaluate_all(TITLES)
    assert titles == [f'"{title}"' for title in ALERTS.values()]


def test_quotations_have_none(chat: Chat) -> None:
    """A quotation that is no alert has none."""
    chat.ask("say > text")
    assert chat.body.locator("blockquote").evaluate_all(TITLES) == ["none"]


@pytest.mark.parametrize(
    ("sheet", "css"),
    [
        ("**/site.css", "button:not([data-chat] *) { background: red }"),
        ("**/chatinterface.css", "@layer site { button { background: red } }"),
    ],
)
def test_site_keeps_its_rules_out(page: Page, server: Server, sheet: str, css: str) -> None:
    """Both ways that the README names; the stylesheet loaded before the app's is put in front of it here."""

    def styled(route: Route) -> None:
        route.fulfill(body=css + route.fetch().text(), content_type="text/css")

    page.route(sheet, styled)
    chat = Chat(page, server).open("script")
    expect(chat.action("send")).not_to_have_css("background-color", "rgb(255, 0, 0)")
