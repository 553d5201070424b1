"""How the log looks where a chat says so."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import Chat
from tests.browser.test_accessibility import OVERFLOW, accessible
from tests.server import Server

WIDE, PHONE = {"width": 1100, "height": 800}, {"width": 375, "height": 700}
CLOCK = "2026-03-04T22:30:00Z"


def answered(chat: Chat, message: str) -> Chat:
    """Send a message to a chat whose callback says what it wants."""
    count = chat.replies.count()
    chat.send(message)
    chat.has_status("done", count=count + 1)
    return chat


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("name", ["rows", "right_to_left", "brackets", "verbatim"])
def test_looks_are_accessible(
    new_context: Callable[..., BrowserContext], server: Server, name: str, scheme: str, viewport: dict[str, int]
) -> None:
    chat = Chat(new_context(color_scheme=scheme, viewport=viewport).new_page(), server).open(name)
    accessible(chat.page)
    answered(chat, "A *line*\nand another")
    accessible(chat.page)
    assert chat.page.evaluate(OVERFLOW) == 0


def test_times_of_the_reader(new_context: Callable[..., BrowserContext], server: Server) -> None:
    page = new_context(locale="de", timezone_id="Asia/Tokyo").new_page()
    chat = answered(Chat(page, server).open("echo"), "hello")
    time = chat.replies.last.locator("time")
    moment = time.get_attribute("datetime")
    written = "moment => new Date(moment).toLocaleString('de', {hour: 'numeric', minute: '2-digit'})"
    expect(time).to_have_text(page.evaluate(written, moment))
    shown = time.inner_text()
    chat.reload()
    expect(time).to_have_text(shown)


def test_times_as_declared(new_context: Callable[..., BrowserContext], server: Server) -> None:
    page = new_context(locale="de", timezone_id="Asia/Tokyo").new_page()
    chat = answered(Chat(page, server).open("rows"), "hello")
    time = chat.replies.last.locator("time")
    day = page.evaluate(
        "moment => new Date(moment).toLocaleString('de', {weekday: 'short'})", time.get_attribute("datetime")
    )
    clock = "moment => new Date(moment).toLocaleString('de', {hour: '2-digit', minute: '2-digit'})"
    expect(time).to_have_text(f"{day} {page.evaluate(clock, time.get_attribute('datetime'))}")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%d.%m.%Y %H:%M:%S", "05.03.2026 07:30:00"),
        ("%-d. %B %y, %I:%M %p", "5. März 26, 07:30 AM"),
        ("%A 100%% %Q", "Donnerstag 100% %Q"),
    ],
)
def test_format_of_times(new_context: Callable[..., BrowserContext], server: Server, pattern: str, text: str) -> None:
    chat = Chat(new_context(locale="de").new_page(), server).open("rows")
    formatted = chat.page.evaluate(
        """async ([pattern, clock]) => {
          const { format } = await import(document.querySelector("[data-chat]").dataset.timesUrl);
          return format(pattern, new Date(clock), { language: "de", timeZone: "Asia/Tokyo" });
        }""",
        [pattern, CLOCK],
    )
    assert formatted == text


def test_opening_survives_sending(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("rows")
    opening = page.locator("[data-opening]")
    expect(opening).to_have_count(3)
    answered(chat, "Moby Dick")
    expect(opening).to_have_count(3)
    assert chat.reload() and opening.count() == 3


def test_panel_rows_are_full(page: Page, server: Server) -> None:
    chat = answered(Chat(page, server).open("rows"), "Moby Dick")
    widths = chat.messages.evaluate_all("all => all.map(each => each.getBoundingClientRect().width)")
    assert len(set(widths)) == 1


def test_mirrored(page: Page, server: Server) -> None:
    """The visitor's bubble is at the left, whatever the page's language."""
    chat = answered(Chat(page, server).open("right_to_left"), "hello")
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    body = chat.messages.first.locator("[data-message-body]").bounding_box()
    reply = chat.replies.last.bounding_box()
    assert body and reply and abs(body["x"] - reply["x"]) < 2


def test_text_as_written(page: Page, server: Server) -> None:
    chat = answered(Chat(page, server).open("verbatim"), "one\n  two")
    lines = chat.body.locator(".ci-plain")
    assert lines.all_text_contents() == ["  *one", "  two*", "  <b>is shown as you wrote it</b>"]
    expect(chat.messages.first.locator(".ci-plain")).to_have_count(2)


def test_formulas_in_brackets(page: Page, server: Server) -> None:
    chat = answered(Chat(page, server).open("brackets"), "Go")
    expect(chat.body.locator("math")).to_have_count(2)
    expect(chat.body).to_contain_text("For $5 what else? we get")
