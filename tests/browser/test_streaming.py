import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.truth import agree
from tests.browser.visitor import Gate
from tests.browser.watching import MARKS, NEXT_FRAME, SHIFTS
from tests.server import Server

SCREENS = "Paragraph of a reply that fills more than a screen.\\n\\n" * 40
SHAPES = (
    "More of *it* in several words, and `code`. \\n\\n- one \\n- two \\n  * three \\n\\n"
    "| a | b |\\n|---|---|\\n| c | d |\\n\\n"
    "```python\\ndef f(): \\n    return 1 \\n```\\n\\n$$a^2 + b^2$$\\n\\n> [!NOTE]\\n> That is all. \\n\\n# End"
)


def styled(page: Page, act: Callable[[], object]) -> list[int]:
    """How many elements the page has styled anew each time while this was done."""
    browser = page.context.browser
    assert browser is not None
    browser.start_tracing(page=page, categories=["devtools.timeline"])
    act()
    page.evaluate(NEXT_FRAME)
    trace = json.loads(browser.stop_tracing())["traceEvents"]
    return [each["args"]["elementCount"] for each in trace if "elementCount" in each.get("args", {})]


def selected(chat: Chat) -> str:
    text: str = chat.page.evaluate("getSelection().toString()")
    return text


def test_selection_survives(chat: Chat, gate: Gate) -> None:
    """What is selected in a finished block stays selected while the rest streams, and when it is complete."""
    message = f"around {gate} # A heading\\n\\nA paragraph.\\n\\nAnd /{SHAPES}"
    chat.send(message)
    chat.holds("And")
    chat.body.locator("p").first.select_text()
    assert selected(chat) == "A paragraph."
    gate.release()
    agree(chat, message)
    assert selected(chat) == "A paragraph."


def test_selection_survives_in_open_block(chat: Chat, gate: Gate) -> None:
    message = f"around {gate} - one\\n- two\\n- three /and more\\n- four"
    chat.send(message)
    chat.holds("three")
    chat.body.locator("li").first.select_text()
    assert selected(chat).strip() == "one"
    gate.release()
    agree(chat, message)
    assert selected(chat).strip() == "one"


def test_finished_blocks_are_never_redrawn(chat: Chat, gate: Gate) -> None:
    message = f"around {gate} # A heading\\n\\n```python\\nreturn 1\\n```\\n\\n| a |\\n|---|\\n| b |\\n\\nAnd /{SHAPES}"
    chat.send(message)
    chat.holds("And")
    finished = chat.body.locator("> :not(:last-child), > :not(:last-child) *")
    count = finished.evaluate_all("elements => (window.finished = elements).length")
    gate.release()
    agree(chat, message)
    assert count > 10
    assert chat.page.evaluate("finished.filter(each => each.isConnected).length") == count


@pytest.mark.parametrize("reader", ["at the end", "further up"])
def test_nothing_shifts(page: Page, server: Server, gate: Gate, reader: str) -> None:
    page.add_init_script(SHIFTS)
    chat = Chat(page, server).open("script").send(f"around {gate} {SCREENS}/{SHAPES}")
    chat.holds("fills")
    chat.at_end()
    if reader == "further up":
        chat.scroll_up(300)
    page.evaluate("() => new Promise(requestAnimationFrame).then(() => { shifts.length = 0 })")
    gate.release()
    chat.has_status("done", count=1)
    expect(chat.body.locator("h1")).to_have_text("End")
    assert page.evaluate("shifts") == []


def test_first_message_shifts_nothing(page: Page, server: Server) -> None:
    page.add_init_script(SHIFTS)
    chat = Chat(page, server).open("script").ask("stream 20 10")
    agree(chat, "stream 20 10")
    assert page.evaluate("shifts") == []


def test_waiting_mark_after_threshold(page: Page, server: Server, gate: Gate) -> None:
    page.add_init_script(MARKS)
    chat = Chat(page, server).open("script").send(f"hold {gate} 0")
    threshold = float(chat.root.get_attribute("data-placeholder-threshold") or 0)
    page.wait_for_function("() => marks.waiting")
    assert page.evaluate("marks.waiting - marks.running") >= 1000 * threshold
    gate.release()
    chat.settled()
    expect(chat.replies.last.locator(".ci-waiting")).to_be_hidden()


def test_no_waiting_mark_for_fast_reply(page: Page, server: Server, gate: Gate) -> None:
    page.add_init_script(MARKS)
    chat = Chat(page, server).open("script")
    # However long this machine takes for it.
    chat.root.evaluate("root => root.style.setProperty('--ci-threshold', '3600s')")
    chat.send(f"hold {gate} 0")
    page.wait_for_function("() => marks.running")
    gate.release()
    chat.has_status("done", count=1)
    assert page.evaluate("!marks.waiting")
    agree(chat, f"hold {gate} 0")


def test_activity_mark_while_streaming(chat: Chat, gate: Gate) -> None:
    chat.send(f"hold {gate}")
    chat.holds()
    dot = "paragraph => getComputedStyle(paragraph, '::after').animationName"
    assert chat.body.locator("p").evaluate(dot) != "none"
    gate.release()
    chat.settled()
    assert chat.body.locator("p").evaluate(dot) == "none"


def test_state_is_said(chat: Chat, gate: Gate) -> None:
    chat.send(f"hold {gate}")
    expect(chat.status).to_have_text("A reply is being written.")
    gate.release()
    expect(chat.status).to_have_text("The reply is complete.")


def test_log_is_not_styled_anew(chat: Chat) -> None:
    """By a message that is sent: what is new in the log is, and what the log's buttons show."""
    for _ in range(8):
        chat.ask("stream 1")
    whole = chat.log.evaluate("log => log.querySelectorAll('*').length")
    assert max(styled(chat.page, lambda: chat.ask("stream 1"))) < 0.75 * whole
