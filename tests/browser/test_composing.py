"""The field as chats declare it: how it grows, and what Enter does in it."""

from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
from tests.server import Server


def test_enter_may_break_lines(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("poems")
    chat.input.press_sequentially("one")
    chat.input.press("Enter")
    chat.input.press_sequentially("two")
    expect(chat.input).to_have_value("one\ntwo")
    expect(chat.messages).to_have_count(0)
    chat.input.press("Control+Enter")
    expect(chat.replies).to_have_count(1)


def test_field_begins_with_its_lines(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("poems")
    box = chat.input.bounding_box()
    assert box is not None
    assert box["height"] > 80


def test_field_grows_with_wrapped_lines(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("script")
    before = chat.input.bounding_box()
    chat.input.fill("soft-wrapped " * 40)
    after = chat.input.bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] > 2 * before["height"]


def test_field_grows_to_a_limit(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("script")
    chat.input.fill("line\n" * 200)
    box = chat.input.bounding_box()
    assert box is not None
    assert page.viewport_size is not None
    assert box["height"] <= 0.4 * page.viewport_size["height"] + 1


def test_focus_may_stay_away(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("poems")
    expect(chat.input).not_to_be_focused()


def test_button_has_its_words(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("poems")
    expect(chat.action("send")).to_have_text("Recite")
