import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.truth import agree
from tests.browser.visitor import Gate
from tests.server import Server

SCREENS = "Paragraph of a reply that fills more than a screen.\\n\\n" * 40
MORE = "Line.\\n\\nLine.\\n\\nLine.\\n\\n " * 20
PLACE = "log => log.querySelector('article').getBoundingClientRect().top"


@pytest.fixture
def holding(chat: Chat, gate: Gate) -> Chat:
    """A reply of several screens, held before as much again."""
    chat.send(f"around {gate} {SCREENS}/{MORE}The end")
    chat.holds("fills")
    return chat


def test_follows_the_end(holding: Chat, gate: Gate) -> None:
    holding.at_end()
    gate.release()
    expect(holding.body).to_contain_text("The end")
    holding.at_end()
    expect(holding.action("latest")).to_be_hidden()


def test_follows_fast_output(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("bench").send("1500 0 t")
    expect(chat.body).to_contain_text("tEND")
    chat.at_end()


def test_stays_with_the_reader(holding: Chat, gate: Gate) -> None:
    holding.scroll_up(300)
    place = holding.log.evaluate(PLACE)
    gate.release()
    holding.has_status("done", count=1)
    assert holding.log.evaluate(PLACE) == place
    expect(holding.action("latest")).to_be_visible()


def test_follows_again_at_the_end(holding: Chat, gate: Gate) -> None:
    holding.scroll_up(300)
    holding.page.mouse.wheel(0, 10_000)
    expect(holding.action("latest")).to_be_hidden()
    gate.release()
    holding.has_status("done", count=1)
    holding.at_end()


def test_latest_leads_back(holding: Chat, gate: Gate) -> None:
    holding.scroll_up(300)
    holding.action("latest").click()
    holding.at_end()
    expect(holding.action("latest")).to_be_hidden()
    expect(holding.input).to_be_focused()
    gate.release()
    holding.has_status("done", count=1)
    holding.at_end()


def test_latest_counts_new_messages(chat: Chat) -> None:
    chat.send(f"say {SCREENS}")
    chat.has_status("done", count=1)
    other = chat.again()
    chat.scroll_up(300)
    other.ask("stream 1")
    expect(chat.action("latest")).to_have_accessible_name("Back to the end New: 1")
    other.ask("stream 2")
    expect(chat.action("latest")).to_have_accessible_name("Back to the end New: 2")
    chat.action("latest").click()
    chat.at_end()
    agree(chat, f"say {SCREENS}", "stream 1", "stream 2")


def test_sending_leads_to_the_end(chat: Chat) -> None:
    chat.send(f"say {SCREENS}")
    chat.has_status("done", count=1)
    chat.scroll_up(300)
    chat.ask("stream 1")
    chat.at_end()


def test_reload_shows_the_end(chat: Chat, page: Page) -> None:
    chat.send(f"say {SCREENS}")
    chat.has_status("done", count=1)
    chat.reload()
    chat.at_end()
    agree(chat, f"say {SCREENS}")


def test_chat_that_leaves_the_page_closes_its_socket(chat: Chat) -> None:
    with chat.page.expect_event("websocket") as opened:
        chat.page.reload()
    chat.connected()
    with opened.value.expect_event("close"):
        chat.root.evaluate("root => root.remove()")
