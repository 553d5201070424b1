"""What happens in and beside a reply: questions, offered replies, reactions, notes, progress, outputs."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import REFUSED, Console
from tests.browser.test_accessibility import OVERFLOW, accessible
from tests.browser.test_appearance import PHONE, WIDE, answered
from tests.browser.watching import LASTING, NOTED
from tests.server import Server

# Tells the page of a reply's end, and what all of it is.
SETTLED = """article => {
  const { outerHTML: footer } = article.querySelector(".ci-footer");
  const detail = { message: Number(article.dataset.message), status: "done", body: "<p>Done.</p>", footer };
  const event = new CustomEvent("chatinterface:message.settled", { bubbles: true, detail });
  article.closest("[data-chat]").dispatchEvent(event);
}"""

looks = pytest.mark.parametrize(
    ("scheme", "viewport"), [("light", WIDE), ("dark", PHONE)], ids=["light-wide", "dark-phone"]
)


@looks
def test_question_is_answered(
    new_context: Callable[..., BrowserContext], server: Server, scheme: str, viewport: dict[str, int]
) -> None:
    """By a choice and a form, with a wrong answer in between; seen in another tab, and after a reload."""
    page = new_context(color_scheme=scheme, viewport=viewport, reduced_motion="reduce").new_page()
    chat = Chat(page, server).open("booking").send("A table, please")
    page.get_by_label("Saturday").check()
    expect(chat.status).to_have_text("A question waits for your answer.")
    accessible(page)
    other = chat.again()
    chat.action("answer").click()
    page.get_by_label("Name").fill("Ann")
    page.get_by_label("Guests").fill("10")
    chat.action("answer").click()
    expect(page.get_by_text("More than eight guests")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Ann")
    accessible(page)
    expect(other.page.get_by_text("More than eight guests")).to_be_visible()
    other.page.get_by_label("Guests").fill("4")
    other.action("answer").click()
    for each in (chat, other):
        expect(each.replies.last).to_contain_text("A table for 4 on Saturday, Ann.")
        each.settled()
    shown = chat.log.inner_text()
    accessible(page)
    assert page.evaluate(OVERFLOW) == 0
    assert chat.reload().log.inner_text() == shown
    expect(page.locator("[data-prompt]")).to_have_count(0)


def test_answer_outlives_the_log(page: Page, server: Server) -> None:
    """What is half entered stays when the log is fetched anew, and the reply that asks is sent once more."""
    chat = Chat(page, server).open("booking").send("A table, please")
    page.get_by_label("Saturday").check()
    chat.fetch_anew()
    expect(page.get_by_label("Saturday")).to_be_checked()
    expect(page.get_by_label("Saturday")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Guests")).to_have_value("2")


def test_who_has_answered_goes_on_writing(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("booking").send("A table, please")
    page.get_by_label("Saturday").check()
    chat.action("answer").click()
    expect(page.get_by_label("Guests")).to_be_visible()
    expect(chat.input).to_be_focused()


def answering(page: Page, server: Server) -> Chat:
    """A chat that asks, whose visitor is at the question."""
    chat = Chat(page, server).open("booking").send("A table, please")
    expect(page.locator("[data-prompt][data-styled]")).to_be_visible()
    page.get_by_label("Saturday").focus()
    expect(page.get_by_label("Saturday")).to_be_focused()
    return chat


def test_who_is_writing_an_answer_writes_no_message(page: Page, server: Server) -> None:
    """When somebody else has answered meanwhile."""
    chat = answering(page, server)
    other = chat.again()
    other.page.get_by_label("Friday").check()
    other.action("answer").click()
    expect(page.get_by_label("Guests")).to_be_visible()
    expect(chat.log).to_be_focused()


def test_focus_is_not_lost_with_the_whole_of_a_reply(page: Page, server: Server) -> None:
    """Where a page has missed what came before, a reply comes as a whole at its end."""
    chat = answering(page, server)
    chat.replies.last.evaluate(SETTLED)
    expect(page.locator("[data-prompt]")).to_have_count(0)
    expect(chat.log).to_be_focused()


def test_each_question_is_said(page: Page, server: Server) -> None:
    """Also the one that follows an answer."""
    chat = Chat(page, server).open("booking").send("A table, please")
    page.get_by_label("Friday").check()
    expect(chat.status).to_have_text("A question waits for your answer.")
    chat.status.evaluate("status => status.textContent = ''")
    chat.action("answer").click()
    expect(page.get_by_label("Guests")).to_be_visible()
    expect(chat.status).to_have_text("A question waits for your answer.")


def test_question_survives_reload(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("booking").send("A table, please")
    expect(page.get_by_label("Friday")).to_be_visible()
    chat.reload()
    page.get_by_label("Friday").check()
    page.keyboard.press("Tab")
    expect(chat.action("answer")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Guests")).to_have_value("2")


def test_wrong_field_gets_the_focus(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("booking").send("A table, please")
    chat.action("answer").click()
    expect(page.get_by_text("This field is required.")).to_be_visible()
    expect(page.get_by_label("Friday")).to_be_focused()
    expect(page.get_by_label("Friday")).to_have_attribute("aria-invalid", "true")


def test_stop_closes_the_question(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("booking").send("A table, please")
    expect(page.get_by_label("Friday")).to_be_visible()
    chat.action("stop").click()
    chat.has_status("stopped", count=1)
    expect(page.get_by_text("This was not answered")).to_be_visible()
    expect(page.get_by_label("Friday")).to_be_disabled()
    accessible(page)


@looks
def test_offered_replies_and_reactions(
    new_context: Callable[..., BrowserContext], server: Server, scheme: str, viewport: dict[str, int]
) -> None:
    page = new_context(color_scheme=scheme, viewport=viewport).new_page()
    chat = answered(Chat(page, server).open("coffee"), "Hello")
    expect(chat.action("option")).to_have_count(3)
    accessible(page)
    chat.action("option").filter(has_text="Large").click()
    chat.has_status("done", count=2)
    expect(chat.replies.last).to_contain_text("A large one, coming up!")
    expect(page.locator("[data-action=option]:visible")).to_have_count(0)
    other = chat.again()
    chat.replies.last.locator("[data-action=react][data-value=favorite]").click()
    for each in (chat, other):
        pressed = each.replies.last.locator("[data-action=react][data-value=favorite]")
        expect(pressed).to_have_attribute("aria-pressed", "true")
    chat.reload()
    expect(chat.replies.last.locator("[data-value=favorite]")).to_have_attribute("aria-pressed", "true")
    accessible(page)


def test_focus_stays_when_the_log_is_fetched_anew(page: Page, server: Server) -> None:
    """On what only the last message shows."""
    chat = answered(Chat(page, server).open("coffee"), "Hello")
    chat.action("option").first.focus()
    page.evaluate("() => { window.before = document.activeElement }")
    chat.root.dispatch_event("chatinterface:log.changed")
    page.wait_for_function("() => !before.isConnected")
    expect(chat.action("option").first).to_be_focused()


def test_message_is_copied(new_context: Callable[..., BrowserContext], server: Server) -> None:
    context = new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat = answered(Chat(context.new_page(), server).open("coffee"), "*Hello*")
    chat.stand_still()
    chat.messages.first.locator("[data-action=copy]").click()
    expect(chat.status).to_have_text("Copied.")
    assert chat.page.evaluate("navigator.clipboard.readText()") == "*Hello*"
    chat.action("copy-all").click()
    copied = "async () => (await navigator.clipboard.readText()).startsWith('You: *Hello*')"
    chat.page.wait_for_function(copied)


@looks
def test_note_covers_no_message(
    new_context: Callable[..., BrowserContext], server: Server, scheme: str, viewport: dict[str, int]
) -> None:
    page = new_context(color_scheme=scheme, viewport=viewport).new_page()
    page.add_init_script(LASTING)
    chat = Chat(page, server).open("attentive")
    chat.page.locator("[data-example]").first.click()
    note = page.locator(".ci-toast")
    note.hover()
    chat.has_status("done", count=1)
    log, box = page.locator("[data-chat-log]").bounding_box(), note.bounding_box()
    assert log
    assert box
    beside = page.locator("[data-message]").first.bounding_box()
    assert beside
    assert box["y"] + box["height"] <= log["y"] + 8 or box["x"] >= beside["x"] + beside["width"]
    buttons = page.locator(".ci-header > :is(a, button)").first.bounding_box()
    assert buttons
    assert viewport["width"] < 640 or box["x"] + box["width"] <= buttons["x"]


def test_nothing_to_copy_before_anything_is_said(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("echo")
    expect(chat.action("copy-all")).to_be_hidden()
    chat.send("hello")
    expect(chat.action("copy-all")).to_be_visible()


@looks
def test_notes_and_progress(
    new_context: Callable[..., BrowserContext], server: Server, scheme: str, viewport: dict[str, int]
) -> None:
    page = new_context(color_scheme=scheme, viewport=viewport, reduced_motion="reduce").new_page()
    page.add_init_script(LASTING + NOTED)
    chat = Chat(page, server).open("errands").send("home school shop gym")
    warning = page.locator(".ci-toast").filter(has_text="a long way")
    # It stays while somebody is at it.
    warning.hover()
    expect(warning).to_have_attribute("role", "alert")
    chat.settled()
    page.wait_for_function("() => noted.some(each => each.startsWith('status') && each.includes('Been to gym'))")
    assert any(each.startswith("progress") for each in page.evaluate("noted"))
    accessible(page)
    warning.get_by_role("button", name="Dismiss").click()
    expect(warning).to_have_count(0)
    expect(chat.input).to_be_focused()


@looks
def test_outputs_beside_the_chat(
    new_context: Callable[..., BrowserContext], server: Server, scheme: str, viewport: dict[str, int]
) -> None:
    page = new_context(color_scheme=scheme, viewport=viewport).new_page()
    chat = Chat(page, server).open("artifacts")
    accessible(page)
    other = None
    chat.send("Show me Python")
    code = page.locator("[data-output=code]")
    expect(code).to_contain_text("def fibonacci")
    other = chat.again()
    chat.has_status("done", count=1)
    for each in (chat, other):
        expect(each.page.locator("[data-output=code]")).to_contain_text("return before")
    accessible(page)
    assert page.evaluate(OVERFLOW) == 0
    chat.reload()
    expect(code).to_contain_text("return before")
    expect(chat.input).to_be_in_viewport(ratio=1)


def test_late_answer_is_refused(page: Page, server: Server, console: Console) -> None:
    console.allow(REFUSED)
    chat = Chat(page, server).open("booking").send("A table, please")
    expect(page.get_by_label("Friday")).to_be_visible()
    address = page.locator("[data-prompt]").get_attribute("action")
    chat.action("stop").click()
    chat.has_status("stopped", count=1)
    status = page.evaluate(
        """async (address) => {
          const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
          return (await fetch(address, { method: "POST", headers: { "X-CSRFToken": token } })).status;
        }""",
        address,
    )
    assert status == 422


def test_question_is_in_view_when_dressed(page: Page, server: Server) -> None:
    """Its stylesheets come late, and make it higher."""
    page.set_viewport_size({"width": 800, "height": 420})
    chat = Chat(page, server).open("booking").send("A table, please")
    expect(page.locator("[data-prompt][data-styled]")).to_be_visible()
    chat.at_end()
