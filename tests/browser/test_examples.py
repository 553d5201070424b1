"""Examples in a real browser: a click sends or fills in, more are behind a button, and what is kept answers at once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import REFUSED, Console
from tests.browser.test_accessibility import OVERFLOW, PHONE, WIDE, accessible
from tests.server import Server


def test_click_sends(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("greetings")
    page.locator("[data-example='1']").click()
    chat.has_status("done", count=1)
    chat.shows("hola, hola!")
    page.wait_for_url(f"**/c/{chat.uuid}/")
    expect(page.locator("[data-example]")).to_have_count(0)
    expect(chat.input).to_be_focused()
    expect(chat.input).to_have_value("")


def test_kept_reply_is_there_at_once(page: Page, server: Server) -> None:
    """It is not streamed: the page gets it whole."""
    first = Chat(page, server).open("greetings")
    page.locator("[data-example='2']").click()
    first.has_status("done", count=1)
    frames: list[str | bytes] = []
    other = page.context.new_page()
    other.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)))
    chat = Chat(other, server).open("greetings")
    other.locator("[data-example='2']").click()
    chat.shows("merhaba, merhaba!")
    chat.has_status("done", count=1)
    assert not [frame for frame in frames if "message.patch" in str(frame)]


def test_draft_is_kept(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("greetings")
    chat.input.fill("half a sen")
    page.locator("[data-example='0']").click()
    chat.has_status("done", count=1)
    expect(chat.input).to_have_value("half a sen")


def test_by_keyboard(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("greetings")
    more = chat.action("more-examples")
    more.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-example='6']")).to_be_focused()
    expect(more).to_have_count(0)
    expect(page.locator("[data-example]:visible")).to_have_count(8)
    page.keyboard.press("Enter")
    chat.has_status("done", count=1)
    chat.shows("sawubona, sawubona!")


def test_fills_in(page: Page, server: Server, console: Console) -> None:
    """With the inputs below the chat; the validator is asked when it is sent."""
    console.allow(REFUSED)
    chat = Chat(page, server).open("questions_only")
    page.locator("[data-example='0']").click()
    expect(chat.input).to_have_value("Is it late?")
    expect(chat.input).to_be_focused()
    page.get_by_text("Additional inputs").click()
    expect(page.get_by_label("Tone")).to_have_value("cheerful")
    expect(page.get_by_label("Stars")).to_have_value("3")
    chat.send("It is late")
    expect(chat.errors).to_have_text("Ask a question: end it with a question mark.")
    expect(chat.input).to_have_value("It is late")
    accessible(page)
    chat.send("Is it late?")
    chat.has_status("done", count=1)
    chat.shows("⭐⭐⭐ Why not!")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe(new_context: Callable[..., BrowserContext], server: Server, scheme: str, viewport: dict[str, int]) -> None:
    page = new_context(color_scheme=scheme, viewport=viewport).new_page()
    chat = Chat(page, server).open("greetings")
    accessible(page)
    assert page.evaluate(OVERFLOW) == 0
    chat.action("more-examples").click()
    accessible(page)
    expect(chat.input).to_be_in_viewport(ratio=1)


def test_files_are_sent(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("shapes")
    expect(page.locator("[data-example='0'] img")).to_have_js_property("naturalWidth", 96)
    accessible(page)
    page.locator("[data-example='1']").click()
    chat.has_status("done", count=1)
    chat.shows("I see: square, circle.")
    expect(page.locator("[data-role=user] img")).to_have_count(2)


def test_files_are_filled_in(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("filled")
    page.locator("[data-example='0']").click()
    expect(page.locator("[data-chat-files] > .ci-file[data-state=done]")).to_have_count(2)
    expect(chat.input).to_have_value("And these two?")
    chat.input.press("Enter")
    chat.has_status("done", count=1)
    chat.shows("square.png, circle.png")


def test_text_stays(page: Page, server: Server) -> None:
    """Where the chat says so, to be sent again."""
    chat = Chat(page, server).open("filled")
    for count in (1, 2):
        if count == 1:
            chat.input.fill("Once more")
        chat.input.press("Enter")
        chat.has_status("done", count=count)
        expect(chat.input).to_have_value("Once more")
