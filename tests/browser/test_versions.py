"""Other versions of what was said, in the page: run again, edit, step, undo, clear, bring back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import CUT, Console
from tests.browser.test_accessibility import accessible
from tests.browser.visitor import Gate
from tests.server import Server

NUMBER = ".ci-versions [aria-hidden]"


@pytest.fixture
def chat(page: Page, server: Server) -> Chat:
    return Chat(page, server).open("versions")


def ask(chat: Chat, *messages: str) -> None:
    """Send these, and wait for each reply."""
    for message in messages:
        count = chat.replies.count()
        chat.send(message)
        chat.has_status("done", count=count + 1)
        chat.settled()


def said(chat: Chat) -> list[str]:
    """What the log shows."""
    return [body.strip() for body in chat.page.locator("[data-message-body]").all_inner_texts()]


def press(chat: Chat, action: str, message: Locator) -> None:
    """Press a button below a message."""
    message.hover()
    message.locator(f"[data-action={action}]").click()


def questions(chat: Chat) -> Locator:
    return chat.page.locator("[data-message][data-role=user]")


def edit(chat: Chat, message: Locator) -> None:
    """Press the pencil below a message, and wait for its field."""
    press(chat, "edit", message)
    expect(field(chat)).to_be_focused()


def field(chat: Chat) -> Locator:
    return chat.page.locator("[data-chat-edit]")


# Run again, and step


def test_run_again_and_step_back(chat: Chat) -> None:
    ask(chat, "one")
    first = said(chat)
    press(chat, "rerun", chat.replies.last)
    expect(chat.replies.last.locator(NUMBER)).to_have_text("2/2")
    chat.settled()
    second = said(chat)
    press(chat, "previous-version", chat.replies.last)
    expect(chat.replies.last.locator(NUMBER)).to_have_text("1/2")
    expect(chat.status).to_have_text("Version 1 of 2")
    assert said(chat) == first
    press(chat, "next-version", chat.replies.last)
    expect(chat.replies.last.locator(NUMBER)).to_have_text("2/2")
    assert said(chat) == second


def test_run_again_an_earlier_reply(chat: Chat) -> None:
    ask(chat, "one", "two")
    before = said(chat)
    press(chat, "rerun", chat.replies.first)
    expect(chat.messages).to_have_count(2)
    chat.has_status("done", count=1)
    press(chat, "previous-version", chat.replies.first)
    expect(chat.messages).to_have_count(4)
    assert said(chat) == before


def test_step_by_keyboard(chat: Chat) -> None:
    ask(chat, "one")
    for count in (2, 3):
        press(chat, "rerun", chat.replies.last)
        expect(chat.replies.last.locator(NUMBER)).to_have_text(f"{count}/{count}")
        chat.settled()
    chat.action("previous-version").focus()
    chat.page.keyboard.press("Enter")
    expect(chat.replies.last.locator(NUMBER)).to_have_text("2/3")
    expect(chat.action("previous-version")).to_be_focused()
    chat.page.keyboard.press("Enter")
    expect(chat.replies.last.locator(NUMBER)).to_have_text("1/3")
    expect(chat.action("next-version")).to_be_focused()


def test_other_tab_follows(chat: Chat) -> None:
    ask(chat, "one")
    other = chat.again()
    press(chat, "rerun", chat.replies.last)
    expect(other.replies.last.locator(NUMBER)).to_have_text("2/2")
    other.settled()
    press(other, "previous-version", other.replies.last)
    for tab in (chat, other):
        expect(tab.replies.last.locator(NUMBER)).to_have_text("1/2")
    assert said(chat) == said(other)
    chat.action("undo").click()
    expect(other.messages).to_have_count(0)
    expect(other.action("revert")).to_be_visible()


def test_place_is_kept(chat: Chat) -> None:
    """The version that is stepped to stands where the one stood that was left."""
    chat.page.set_viewport_size({"width": 800, "height": 500})
    ask(chat, *("word " * 60 for _ in range(3)))
    press(chat, "rerun", chat.replies.nth(1))
    expect(chat.messages).to_have_count(4)
    chat.settled()
    chat.action("previous-version").scroll_into_view_if_needed()
    top = "() => document.querySelector('.ci-versions').closest('[data-message]').getBoundingClientRect().top"
    before = chat.page.evaluate(top)
    chat.action("previous-version").click()
    expect(chat.messages).to_have_count(6)
    assert abs(chat.page.evaluate(top) - before) < 2


# Edit


def test_edit_own_message(chat: Chat) -> None:
    ask(chat, "one", "two")
    edit(chat, questions(chat).first)
    expect(field(chat)).to_be_focused()
    expect(field(chat)).to_have_value("one")
    chat.page.keyboard.type(" more")
    chat.page.keyboard.press("Control+Enter")
    expect(questions(chat)).to_have_count(1)
    expect(chat.body).to_contain_text("one more")
    chat.settled()
    expect(chat.input).to_be_focused()
    press(chat, "previous-version", questions(chat).first)
    expect(chat.messages).to_have_count(4)
    chat.reload()
    assert [said(chat)[index] for index in (0, 2)] == ["one", "two"]


def test_edit_a_reply(chat: Chat) -> None:
    ask(chat, "one")
    edit(chat, chat.replies.last)
    field(chat).fill("It is **right** now.")
    chat.action("save-edit").click()
    expect(chat.body.locator("strong")).to_have_text("right")
    expect(chat.replies.last.locator(NUMBER)).to_have_text("2/2")
    expect(chat.status).to_have_text("Saved.")


def test_cancel_by_escape(chat: Chat) -> None:
    ask(chat, "one")
    before = said(chat)
    edit(chat, questions(chat).first)
    field(chat).press_sequentially("more")
    field(chat).press("Escape")
    expect(field(chat)).to_have_count(0)
    expect(questions(chat).first.locator("[data-action=edit]")).to_be_focused()
    assert said(chat) == before


def test_arrow_up_edits_the_last(chat: Chat) -> None:
    ask(chat, "one", "two")
    chat.input.press("ArrowUp")
    expect(field(chat)).to_have_value("two")
    expect(field(chat)).to_be_focused()
    field(chat).press("Escape")
    expect(field(chat)).to_have_count(0)
    chat.input.fill("x")
    chat.input.press("ArrowUp")
    expect(field(chat)).to_have_count(0)


def test_refused_edit_keeps_the_text(chat: Chat, console: Console) -> None:
    console.allow("422")
    ask(chat, "one")
    edit(chat, questions(chat).first)
    field(chat).fill(" ")
    chat.action("save-edit").click()
    expect(chat.page.locator(".ci-editor [data-chat-errors]")).to_have_text("Write something, or cancel.")
    field(chat).fill("better")
    expect(chat.page.locator(".ci-editor [data-chat-errors]")).to_be_empty()
    chat.action("save-edit").click()
    expect(questions(chat).first).to_contain_text("better")


def test_edit_without_a_connection(chat: Chat, console: Console) -> None:
    ask(chat, "one")
    edit(chat, questions(chat).first)
    field(chat).fill("two")
    console.allow(CUT)
    chat.page.route("**/edit/", lambda route: route.abort(), times=1)
    chat.action("save-edit").click()
    expect(chat.page.locator(".ci-editor [data-chat-errors]")).to_contain_text("did not work")
    expect(field(chat)).to_have_value("two")
    chat.action("save-edit").click()
    expect(questions(chat).first).to_contain_text("two")


def test_another_tab_changes_the_log_meanwhile(chat: Chat) -> None:
    ask(chat, "one", "two")
    other = chat.again()
    edit(chat, questions(chat).first)
    field(chat).fill("three")
    other.action("undo").click()
    expect(chat.messages).to_have_count(2)
    expect(field(chat)).to_have_value("three")
    expect(field(chat)).to_be_focused()
    other.action("clear").click()
    expect(chat.messages).to_have_count(0)
    expect(chat.input).to_have_value("three")


# Undo, clear, and bring back


def test_undo_and_revert(chat: Chat) -> None:
    ask(chat, "one", "two")
    before = said(chat)
    chat.action("undo").click()
    expect(chat.messages).to_have_count(2)
    expect(chat.input).to_have_value("two")
    expect(chat.input).to_be_focused()
    expect(chat.status).to_have_text("The last message was taken back.")
    chat.action("revert").click()
    expect(chat.messages).to_have_count(4)
    expect(chat.input).to_have_value("")
    assert said(chat) == before
    expect(chat.action("revert")).to_be_hidden()


def test_undo_keeps_what_is_being_written(chat: Chat) -> None:
    ask(chat, "one")
    chat.input.fill("a draft")
    chat.action("undo").click()
    expect(chat.messages).to_have_count(0)
    expect(chat.input).to_have_value("a draft")


def test_clear_reload_revert(chat: Chat) -> None:
    ask(chat, "one", "two")
    before = said(chat)
    chat.action("clear").click()
    expect(chat.page.locator("[data-chat-empty]")).to_be_visible()
    expect(chat.action("clear")).to_be_hidden()
    expect(chat.action("undo")).to_be_hidden()
    chat.reload()
    chat.action("revert").click()
    expect(chat.messages).to_have_count(4)
    assert said(chat) == before


def test_revert_until_something_else_is_done(chat: Chat) -> None:
    ask(chat, "one")
    chat.action("undo").click()
    expect(chat.action("revert")).to_be_visible()
    ask(chat, "two")
    expect(chat.action("revert")).to_be_hidden()
    expect(questions(chat).first.locator(NUMBER)).to_have_text("2/2")
    press(chat, "previous-version", questions(chat).first)
    expect(questions(chat).first).to_contain_text("one")


def test_new_conversation_offers_nothing(chat: Chat) -> None:
    for name in ("undo", "clear", "revert"):
        expect(chat.action(name)).to_be_hidden()


# While a reply is written


def test_refused_in_words_meanwhile(page: Page, server: Server, gate: Gate, console: Console) -> None:
    chat = Chat(page, server).open("script").ask("say one")
    chat.send(f"hold {gate}")
    chat.holds()
    console.allow("422")
    for name in ("undo", "clear", "rerun"):
        chat.action(name).first.click()
        expect(page.locator("[data-chat-notices]")).to_contain_text("A reply is still being written.")
    gate.release()
    chat.has_status("done", count=2)
    chat.action("undo").click()
    expect(chat.messages).to_have_count(2)


# How it looks


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_axe(new_context: Callable[..., BrowserContext], server: Server, scheme: str, width: int) -> None:
    context = new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    chat = Chat(context.new_page(), server).open("versions")
    ask(chat, "one")
    press(chat, "rerun", chat.replies.last)
    expect(chat.replies.last.locator(NUMBER)).to_have_text("2/2")
    chat.settled()
    questions(chat).first.hover()
    accessible(chat.page)
    edit(chat, questions(chat).first)
    expect(field(chat)).to_be_focused()
    accessible(chat.page)
    field(chat).press("Escape")
    chat.action("undo").click()
    expect(chat.action("revert")).to_be_visible()
    expect(chat.page.locator("h1")).to_have_css("opacity", "0")
    accessible(chat.page)


def test_touch_shows_the_buttons(new_context: Callable[..., BrowserContext], server: Server) -> None:
    context = new_context(has_touch=True, is_mobile=True, viewport={"width": 375, "height": 700})
    chat = Chat(context.new_page(), server).open("versions")
    ask(chat, "one", "two")
    for button in chat.action("edit").all():
        box = button.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44
        expect(button.locator("..")).to_have_css("opacity", "1")
    assert chat.page.evaluate("document.documentElement.scrollWidth") == 375


def test_shown_with_pointer_or_focus(chat: Chat) -> None:
    ask(chat, "one", "two")
    actions = chat.replies.first.locator(".ci-actions")
    chat.page.mouse.move(0, 0)
    expect(actions).to_have_css("opacity", "0")
    expect(chat.replies.last.locator(".ci-actions")).to_have_css("opacity", "1")
    chat.replies.first.hover()
    expect(actions).to_have_css("opacity", "1")
    chat.page.mouse.move(0, 0)
    actions.locator("[data-action=rerun]").focus()
    expect(actions).to_have_css("opacity", "1")
