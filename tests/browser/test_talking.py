import re

from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.truth import Turn, agree
from tests.browser.visitor import Gate
from tests.server import Server


def test_enter_sends(chat: Chat) -> None:
    chat.send("stream 3")
    agree(chat, "stream 3")
    expect(chat.input).to_have_value("")


def test_shift_enter_breaks(chat: Chat) -> None:
    chat.input.press_sequentially("say a")
    chat.input.press("Shift+Enter")
    chat.input.press_sequentially("b")
    expect(chat.input).to_have_value("say a\nb")
    chat.input.press("Enter")
    agree(chat, "say a\nb")


def test_composition_does_not_send(chat: Chat) -> None:
    """Enter accepts what an input method offers; the next one sends it."""
    keyboard = chat.page.context.new_cdp_session(chat.page)
    chat.input.press_sequentially("say ")
    keyboard.send("Input.imeSetComposition", {"text": "ni", "selectionStart": 2, "selectionEnd": 2})
    chat.input.evaluate("input => input.addEventListener('keydown', event => { input.pressed = event.key })")
    keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": "Enter", "windowsVirtualKeyCode": 229})
    assert chat.input.evaluate("input => input.pressed") == "Enter"
    keyboard.send("Input.insertText", {"text": "你"})
    expect(chat.input).to_have_value("say 你")
    chat.input.press("Enter")
    agree(chat, "say 你")


def test_button_sends(chat: Chat) -> None:
    chat.input.fill("stream 3")
    chat.action("send").click()
    agree(chat, "stream 3")
    expect(chat.input).to_be_focused()


def test_blank_is_not_sent(chat: Chat) -> None:
    chat.send("  \n ")
    chat.send("stream 1")
    agree(chat, "stream 1")


def test_reply_streams(chat: Chat, gate: Gate) -> None:
    chat.send(f"hold {gate}")
    chat.holds("word2")
    expect(chat.body).not_to_contain_text("word3")
    expect(chat.root).to_have_attribute("data-state", "streaming")
    gate.release()
    agree(chat, f"hold {gate}")


def test_replies_follow_each_other(chat: Chat) -> None:
    chat.ask("stream 2").ask("say **two**")
    agree(chat, "stream 2", "say **two**")


def test_text_of_all_kinds(chat: Chat) -> None:
    messages = ["say <b>&amp;</b> \\u202eabc 🦜 \\U0001f1e9", "say ```html\\n<script>alert(1)</script>", "large 70000"]
    for message in messages:
        chat.send(message)
        chat.has_status("done", count=messages.index(message) + 1)
    agree(chat, *messages)


def test_long_message(chat: Chat) -> None:
    message = "say " + "0123456789 " * 7000
    chat.send(message)
    agree(chat, message)


def test_markdown(chat: Chat) -> None:
    chat.ask("markdown")
    for selector, count in {"h1": 1, "h2": 4, "ol > li": 3, "table": 1, "blockquote": 1, "em": 1, "del": 1}.items():
        expect(chat.body.locator(selector), selector).to_have_count(count)
    agree(chat, "markdown")


def test_math(chat: Chat) -> None:
    chat.ask("say $a^2$ and $$\\\\sqrt{b}$$")
    expect(chat.body.locator("math msup")).to_have_text("a2")
    expect(chat.body.locator("math[display=block] msqrt")).to_have_text("b")


def test_code_is_highlighted(chat: Chat) -> None:
    chat.ask("say ```python\\nreturn 1\\n```")
    code, keyword = chat.body.locator("code"), chat.body.locator("code span").first
    expect(keyword).to_have_text("return")
    colours = [each.evaluate("element => getComputedStyle(element).color") for each in (code, keyword)]
    assert colours[0] != colours[1]


def test_code_is_copied(chat: Chat) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.ask("say ```python\\nif a < b:\\n    return 1\\n```")
    chat.stand_still()
    chat.action("copy-code").click()
    expect(chat.action("copy-code")).to_have_attribute("data-copied", "")
    assert chat.page.evaluate("navigator.clipboard.readText()") == "if a < b:\n    return 1\n"


def test_code_is_copied_before_the_end(chat: Chat, gate: Gate) -> None:
    """A block has its button as soon as it is finished."""
    chat.send(f"around {gate} ```\\ncode\\n```\\n\\nand /so on")
    chat.holds("and")
    expect(chat.action("copy-code")).to_have_count(1)
    gate.release()
    chat.settled()
    expect(chat.action("copy-code")).to_have_count(1)


def test_tab_names_chat(chat: Chat) -> None:
    expect(chat.page).to_have_title(re.compile("Script"))


def test_new_conversation(chat: Chat) -> None:
    first = chat.ask("stream 1").uuid
    chat.page.get_by_role("link", name="New conversation").click()
    chat.connected()
    expect(chat.messages).to_have_count(0)
    assert chat.uuid != first
    chat.ask("stream 2")
    agree(chat, Turn("stream 2"))


def test_two_visitors_at_once(chat: Chat, page: Page, server: Server) -> None:
    other = Chat(page.context.new_page(), server).open("script")
    chat.send("stream 30 10")
    other.send("stream 20 10")
    agree(chat, "stream 30 10")
    agree(other, "stream 20 10")
