"""What people see of messages that are sent while a reply is being written, and of places in line."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import REFUSED, Console
from tests.browser.visitor import Gate
from tests.server import Server


def statuses(chat: Chat, *expected: str) -> None:
    """Wait until the replies stand like this."""
    expect(chat.replies).to_have_count(len(expected), timeout=30_000)
    for number, status in enumerate(expected):
        expect(chat.replies.nth(number)).to_have_attribute("data-status", status, timeout=30_000)


def waits(chat: Chat, number: int, text: str) -> None:
    """Wait until the reply of this number says so of its place."""
    expect(chat.replies.nth(number).locator("[data-chat-waiting]")).to_have_text(text, timeout=30_000)


def test_rejected_message_stays_in_its_field(chat: Chat, gate: Gate, console: Console) -> None:
    console.allow(REFUSED)
    chat.send(f"hold {gate}")
    chat.holds()
    chat.send("stream 3")
    expect(chat.errors).to_contain_text("still being written")
    expect(chat.input).to_have_value("stream 3")
    expect(chat.action("send")).to_be_hidden()
    gate.release()
    chat.settled()


def test_interrupting_message(page: Page, server: Server, gate: Gate) -> None:
    chat = Chat(page, server).open("interrupted_script").send(f"hold {gate}")
    chat.holds()
    expect(chat.action("send")).to_be_visible()
    chat.send("stream 3")
    statuses(chat, "stopped", "done")
    expect(chat.replies.first).to_contain_text("word2")
    expect(chat.body).to_have_text("word0 word1 word2")
    expect(chat.root).to_have_attribute("data-state", "idle")
    gate.release()
    statuses(chat.reload(), "stopped", "done")


def test_queued_messages(page: Page, server: Server, gate: Gate) -> None:
    chat = Chat(page, server).open("queued_script").send(f"hold {gate}")
    chat.holds()
    for message in ("stream 3", "stream 4"):
        chat.send(message)
        expect(chat.input).to_have_value("")
        expect(chat.messages.filter(has_text=message)).to_be_visible()
    other = chat.again()
    for each in (chat, other, chat.reload()):
        statuses(each, "running", "queued", "queued")
        waits(each, 1, "Next in line")
        waits(each, 2, "Number 2 in line")
        expect(each.root).to_have_attribute("data-state", "streaming")
    gate.release()
    for each in (chat, other):
        statuses(each, "done", "done", "done")
        expect(each.replies.nth(1)).to_contain_text("word2")
        expect(each.replies.nth(2)).to_contain_text("word3")
        expect(each.root).to_have_attribute("data-state", "idle")


def test_queued_message_is_taken_out_of_the_line(page: Page, server: Server, gate: Gate) -> None:
    chat = Chat(page, server).open("queued_script").send(f"hold {gate}")
    chat.holds()
    expect(chat.action("stop-reply").first).to_be_hidden()
    chat.send("stream 3")
    statuses(chat, "running", "queued")
    chat.send("stream 4")
    statuses(chat, "running", "queued", "queued")
    chat.replies.nth(1).locator("[data-action=stop-reply]").click()
    statuses(chat, "running", "stopped", "queued")
    waits(chat, 2, "Next in line")
    gate.release()
    statuses(chat, "done", "stopped", "done")


def test_stop_ends_the_line(page: Page, server: Server, gate: Gate) -> None:
    chat = Chat(page, server).open("queued_script").send(f"hold {gate}")
    chat.holds()
    chat.send("stream 3")
    statuses(chat, "running", "queued")
    chat.action("stop").click()
    statuses(chat, "stopped", "stopped")
    expect(chat.root).to_have_attribute("data-state", "idle")


def test_parallel_messages(page: Page, server: Server, gate: Gate) -> None:
    other = Gate(server)
    chat = Chat(page, server).open("parallel_script").send(f"hold {gate}")
    chat.holds()
    chat.send(f"hold {other} 2")
    statuses(chat, "running", "running")
    expect(chat.replies.nth(1)).to_contain_text("word1")
    other.release()
    statuses(chat, "running", "done")
    expect(chat.replies.nth(1)).to_contain_text("word3")
    expect(chat.root).to_have_attribute("data-state", "streaming")
    statuses(chat.reload(), "running", "done")
    gate.release()
    statuses(chat, "done", "done")
    expect(chat.replies.first).to_contain_text("word5")


def test_parallel_reply_is_stopped_by_itself(page: Page, server: Server, gate: Gate) -> None:
    other = Gate(server)
    chat = Chat(page, server).open("parallel_script").send(f"hold {gate}")
    chat.holds()
    chat.send(f"hold {other}")
    statuses(chat, "running", "running")
    chat.replies.first.locator("[data-action=stop-reply]").click()
    statuses(chat, "stopped", "running")
    other.release()
    statuses(chat, "stopped", "done")


def test_place_in_line(server: Server, new_context: Callable[..., BrowserContext]) -> None:
    """One is answered, a second and a third wait; the third counts down when the second leaves."""
    gate, first, second, third = Gate(server), *(Chat(new_context().new_page(), server) for _ in range(3))
    first.open("single_script").send(f"hold {gate}")
    first.holds()
    second.open("single_script").send("stream 2")
    waits(second, 0, "Next in line")
    third.open("single_script").send("stream 3")
    waits(third, 0, "Number 2 in line")
    for each in (second, third):
        expect(each.root).to_have_attribute("data-state", "queued")
    waits(third.reload(), 0, "Number 2 in line")
    tab = third.again()
    waits(tab, 0, "Number 2 in line")
    second.action("stop").click()
    statuses(second, "stopped")
    for each in (third, tab):
        waits(each, 0, "Next in line")
    gate.release()
    for each in (third, tab):
        statuses(each, "done")
        expect(each.body).to_have_text("word0 word1 word2")
        expect(each.root).to_have_attribute("data-state", "idle")
    statuses(first, "done")


def test_who_stops_by_keyboard_stays_in_the_log(page: Page, server: Server, gate: Gate) -> None:
    """The button goes with the reply's end."""
    chat = Chat(page, server).open("parallel_script").send(f"hold {gate}")
    chat.holds()
    other = Gate(server)
    chat.send(f"hold {other}")
    statuses(chat, "running", "running")
    chat.replies.first.locator("[data-action=stop-reply]").press("Enter")
    statuses(chat, "stopped", "running")
    expect(chat.log).to_be_focused()
    other.release()
