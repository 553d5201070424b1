"""A form in a reply, as its reader has it."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import Console
from tests.server import Server

CHAT = "form_in_a_reply"
# How the log is announced, each time that it changes.
HUSHED = """log => {
  window.hushed = [];
  const changed = new MutationObserver(() => hushed.push(log.getAttribute("aria-live")));
  changed.observe(log, { attributeFilter: ["aria-live"] });
}"""


@pytest.fixture
def chat(page: Page, server: Server) -> Chat:
    opened = Chat(page, server).open(CHAT)
    opened.send("A table, please")
    opened.has_status("done", count=1)
    expect(opened.page.locator("[data-form][data-styled][data-loaded]")).to_be_visible()
    return opened


def form(chat: Chat) -> Locator:
    return chat.page.locator("[data-form]")


def book(chat: Chat) -> None:
    form(chat).get_by_role("button", name="Book").click()


def sent(chat: Chat) -> None:
    expect(form(chat).get_by_text("This form was sent.")).to_be_visible()
    expect(form(chat).get_by_text("This form is closed.")).to_be_hidden()
    expect(form(chat).locator("fieldset")).to_be_hidden()


def test_fill_in_by_keyboard(chat: Chat) -> None:
    form(chat).get_by_label("Guests").focus()
    chat.page.keyboard.press("ArrowRight")
    expect(form(chat).locator("output")).to_have_text("5")
    form(chat).get_by_label("Day").press("Enter")
    chat.has_status("done", count=2)
    expect(chat.body).to_contain_text("A table inside for 5 on Friday")
    expect(chat.page.locator(".ci-entered").last).to_contain_text("May 17, 2030")
    expect(chat.input).to_be_focused()
    sent(chat)


def test_what_is_wrong_is_said_beside_the_field(chat: Chat, console: Console) -> None:
    console.allow("status of 422|Status Error Code 422")
    day = form(chat).get_by_label("Day")
    day.fill("")
    book(chat)
    expect(day).to_be_focused()
    expect(day).to_have_attribute("aria-invalid", "true")
    expect(day).to_have_accessible_description("This field is required.")
    expect(chat.page.locator("[data-chat-notices]")).to_be_empty()
    day.fill("2030-05-18")
    book(chat)
    chat.has_status("done", count=2)


def test_other_tab_and_reload(chat: Chat) -> None:
    other = chat.again()
    expect(form(other).get_by_label("Day")).to_be_editable()
    book(chat)
    chat.has_status("done", count=2)
    sent(other)
    sent(chat.reload())


def test_undo_opens_it_again(chat: Chat) -> None:
    book(chat)
    chat.has_status("done", count=2)
    chat.action("undo").click()
    chat.has_status("done", count=1)
    book(chat)
    chat.has_status("done", count=2)


def test_what_is_said_instead_closes_it(chat: Chat) -> None:
    chat.send("Another one")
    chat.has_status("done", count=2)
    expect(form(chat).first.locator("fieldset")).to_be_hidden()
    expect(form(chat).first.get_by_text("This form is closed.")).to_be_visible()
    expect(form(chat).first.get_by_text("This form was sent.")).to_be_hidden()
    expect(form(chat).last.locator("fieldset")).to_be_visible()


def test_what_is_filled_in_outlives_the_log(chat: Chat) -> None:
    """Also where its keyboard is; and nothing is read out again."""
    form(chat).get_by_label("Day").fill("2030-05-18")
    form(chat).get_by_label("Day").focus()
    chat.log.evaluate(HUSHED)
    chat.fetch_anew()
    expect(form(chat).get_by_label("Day")).to_have_value("2030-05-18")
    expect(form(chat).get_by_label("Day")).to_be_focused()
    chat.page.wait_for_function("() => hushed[0] === 'off' && hushed.at(-1) === null")
    book(chat)
    chat.has_status("done", count=2)
    expect(chat.page.locator(".ci-entered").last).to_contain_text("May 18, 2030")
