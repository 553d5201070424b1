from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.truth import Turn, agree
from tests.browser.visitor import Gate
from tests.server import Server

SAID = "word0 word1 word2 "


def test_stop_from_same_tab(chat: Chat, gate: Gate) -> None:
    chat.send(f"hold {gate}")
    chat.holds()
    chat.action("stop").click()
    agree(chat, Turn(f"hold {gate}", SAID, "stopped"))
    expect(chat.replies.last).to_contain_text("Stopped")
    expect(chat.input).to_be_focused()


def test_stop_takes_the_place_of_send(chat: Chat, gate: Gate) -> None:
    place = chat.action("send").bounding_box()
    expect(chat.action("stop")).to_be_hidden()
    chat.send(f"hold {gate}")
    chat.holds()
    expect(chat.action("send")).to_be_hidden()
    assert chat.action("stop").bounding_box() == place
    gate.release()
    chat.settled()
    expect(chat.action("stop")).to_be_hidden()
    assert chat.action("send").bounding_box() == place


def test_stop_from_other_tab(chat: Chat, gate: Gate) -> None:
    chat.send(f"hold {gate}")
    chat.holds()
    other = chat.again()
    other.holds()
    other.action("stop").click()
    for each in (chat, other):
        agree(each, Turn(f"hold {gate}", SAID, "stopped"))


def test_stop_after_reload(chat: Chat, gate: Gate) -> None:
    chat.send(f"hold {gate}")
    chat.holds()
    chat.reload().action("stop").click()
    agree(chat, Turn(f"hold {gate}", SAID, "stopped"))


def test_stop_before_first_output(chat: Chat, gate: Gate) -> None:
    chat.send(f"hold {gate} 0")
    chat.action("stop").click()
    agree(chat, Turn(f"hold {gate} 0", "", "stopped"))


def test_stopped_callback_is_cancelled(chat: Chat, gate: Gate) -> None:
    """The callback's own clean-up has run."""
    chat.send(f"hold {gate}")
    chat.holds()
    chat.action("stop").click()
    chat.has_status("stopped", count=1)
    chat.send(f"state {gate}")
    agree(chat, Turn(f"hold {gate}", SAID, "stopped"), Turn(f"state {gate}", "cancelled"))


def test_stopped_generator_is_closed(page: Page, server: Server) -> None:
    """A synchronous generator ends at its next yield; nothing of what it says then is shown."""
    chat = Chat(page, server).open("blocking_script").send("stream 5000 100")
    chat.holds("word1")
    chat.action("stop").click()
    chat.has_status("stopped", count=1)
    said = chat.body.inner_text() + " "
    assert "word1 " in said
    agree(chat, Turn("stream 5000 100", said, "stopped"))


def test_try_again_after_stop(chat: Chat, gate: Gate) -> None:
    chat.send(f"hold {gate}")
    chat.holds()
    chat.action("stop").click()
    chat.has_status("stopped", count=1)
    gate.release()
    chat.action("retry").click()
    agree(chat, f"hold {gate}")
    agree(chat.reload(), f"hold {gate}")


def test_try_again_in_other_tab(chat: Chat, gate: Gate) -> None:
    chat.send(f"hold {gate}")
    chat.holds()
    chat.action("stop").click()
    chat.has_status("stopped", count=1)
    other = chat.again()
    gate.release()
    other.action("retry").click()
    for each in (chat, other):
        agree(each, f"hold {gate}")


def test_goes_on_after_stop(chat: Chat, gate: Gate) -> None:
    chat.send(f"hold {gate}")
    chat.holds()
    chat.action("stop").click()
    chat.has_status("stopped", count=1)
    chat.send("stream 3")
    agree(chat, Turn(f"hold {gate}", SAID, "stopped"), "stream 3")
    expect(chat.action("retry")).to_be_hidden()


def test_blocked_callback_delays_nobody(page: Page, server: Server) -> None:
    """One chat's callback blocks its thread: another chat streams, and a page opens, while it does."""
    blocked = Chat(page, server).open("blocking_script").send("block 30")
    blocked.holds("")
    other = Chat(page.context.new_page(), server).open("script").ask("stream 50 10")
    agree(other, "stream 50 10")
    blocked.holds("")
    blocked.action("stop").click()
    agree(blocked, Turn("block 30", "", "stopped"))
