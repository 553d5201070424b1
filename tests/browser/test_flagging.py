"""Flags on the page: by pointer and keyboard, in all tabs, light and dark."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import CUT, Console
from tests.browser.test_accessibility import accessible
from tests.proxy import Proxy
from tests.server import Server


@pytest.fixture
def advised(page: Page, server: Server) -> Chat:
    """A chat with flags, and one reply in it."""
    return ask(Chat(page, server).open("advisor"))


def ask(chat: Chat, count: int = 1) -> Chat:
    chat.send("Shall I?")
    chat.has_status("done", count=count)
    chat.settled()
    return chat


def option(chat: Chat, name: str) -> Locator:
    return chat.replies.last.locator(f"[data-action=flag][data-value={name}]")


def pressed(chat: Chat, name: str, *, yes: bool = True) -> None:
    expect(option(chat, name)).to_have_attribute("aria-pressed", "true" if yes else "false")


def test_thumb(advised: Chat) -> None:
    """Pressed, shown after a reload, changed, taken back."""
    option(advised, "Like").click()
    pressed(advised, "Like")
    expect(advised.status).to_have_text("Thank you for your feedback.")
    advised.reload()
    pressed(advised, "Like")
    option(advised, "Dislike").click()
    pressed(advised, "Dislike")
    pressed(advised, "Like", yes=False)
    option(advised, "Dislike").click()
    pressed(advised, "Dislike", yes=False)
    expect(advised.status).to_have_text("Your feedback was taken back.")
    advised.reload()
    pressed(advised, "Dislike", yes=False)


def test_all_tabs(advised: Chat) -> None:
    other = advised.again()
    option(advised, "Like").click()
    pressed(other, "Like")
    expect(other.page.locator(".ci-comment")).not_to_have_attribute("open", "")
    expect(other.status).not_to_have_text("Thank you for your feedback.")
    option(other, "Like").click()
    pressed(advised, "Like", yes=False)


def test_menu(advised: Chat) -> None:
    menu = advised.page.locator(".ci-flag-menu")
    expect(menu).to_be_hidden()
    advised.action("flag-menu").click()
    expect(menu).to_be_in_viewport(ratio=1)
    option(advised, "Unclear").click()
    expect(menu).to_be_hidden()
    pressed(advised, "Unclear")
    expect(advised.action("flag-menu")).to_have_accessible_name("Feedback: Unclear")
    option(advised, "Like").click()
    expect(advised.action("flag-menu")).to_have_accessible_name("More feedback")


def test_comment(advised: Chat) -> None:
    """It opens for who has flagged, who may leave it alone."""
    option(advised, "Dislike").click()
    field = advised.page.get_by_label("What should the people behind this chat know?")
    expect(field).to_be_visible()
    field.fill("Too short")
    advised.action("flag-comment").click()
    expect(field).to_be_hidden()
    expect(advised.page.locator(".ci-comment summary")).to_have_text("Your comment")
    advised.reload()
    advised.page.locator(".ci-comment summary").click()
    expect(field).to_have_value("Too short")


def test_draft_of_a_comment_is_kept(advised: Chat) -> None:
    option(advised, "Dislike").click()
    other = advised.again()
    field = advised.page.locator("[name=comment]")
    field.fill("I am still writing")
    option(other, "Like").click()
    pressed(advised, "Like")
    expect(field).to_have_value("I am still writing")


def test_keyboard(advised: Chat) -> None:
    keyboard = advised.page.keyboard
    option(advised, "Like").focus()
    keyboard.press("Enter")
    pressed(advised, "Like")
    expect(option(advised, "Like")).to_be_focused()
    keyboard.press("Tab")
    expect(option(advised, "Dislike")).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(advised.page.locator(".ci-flag-menu")).to_be_visible()
    keyboard.press("Tab")
    expect(option(advised, "Wrong")).to_be_focused()
    keyboard.press("Escape")
    expect(advised.action("flag-menu")).to_be_focused()
    keyboard.press("Enter")
    keyboard.press("Tab")
    keyboard.press("Space")
    pressed(advised, "Wrong")
    expect(advised.action("flag-menu")).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.type("Not so")
    keyboard.press("Tab")
    keyboard.press("Enter")
    summary = advised.page.locator(".ci-comment summary")
    expect(summary).to_have_text("Your comment")
    expect(summary).to_be_focused()


def test_older_replies_show_theirs_on_hover(advised: Chat) -> None:
    ask(advised, count=2)
    first = advised.replies.first
    flags = first.locator(".ci-flags")
    advised.page.mouse.move(0, 0)
    expect(flags).to_have_css("opacity", "0")
    first.hover()
    expect(flags).to_have_css("opacity", "1")
    advised.page.mouse.move(0, 0)
    flags.locator("button").first.focus()
    expect(flags).to_have_css("opacity", "1")


def test_without_a_socket(page: Page, server: Server, proxy: Callable[[Server], Proxy], console: Console) -> None:
    """What was flagged is shown all the same."""
    console.allow(CUT)
    page.route_web_socket("**/ws/**", lambda socket: socket.close())
    chat = Chat(page, server)
    page.goto(server.url("/chat/advisor/"))
    ask(chat)
    option(chat, "Like").click()
    pressed(chat, "Like")


def test_plain_chat_loads_nothing_more(page: Page, server: Server) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    Chat(page, server).open("script")
    assert not [url for url in loaded if "flagging" in url or "footer" in url]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_axe(new_context: Callable[..., BrowserContext], server: Server, scheme: str, width: int) -> None:
    page = new_context(color_scheme=scheme, viewport={"width": width, "height": 700}).new_page()
    chat = ask(Chat(page, server).open("advisor"))
    accessible(page)
    option(chat, "Like").click()
    pressed(chat, "Like")
    chat.action("flag-menu").click()
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
