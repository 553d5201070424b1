"""A log that does not follow its end."""

from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.visitor import Gate
from tests.browser.watching import NEXT_FRAME
from tests.server import Server

SCREENS = "Paragraph of a reply that fills more than a screen.\\n\\n" * 40
TOP = "log => log.scrollTop"


def test_log_stays(page: Page, server: Server, gate: Gate) -> None:
    chat = Chat(page, server).open("still_script").send(f"around {gate} Beginning /{SCREENS}The end")
    chat.holds("Beginning")
    chat.page.evaluate(NEXT_FRAME)
    top = chat.log.evaluate(TOP)
    gate.release()
    chat.has_status("done", count=1)
    expect(chat.body).to_contain_text("The end")
    assert chat.log.evaluate(TOP) == top
    expect(chat.action("latest")).to_be_visible()
    chat.action("latest").click()
    chat.at_end()
    expect(chat.action("latest")).to_be_hidden()


def test_opens_at_the_beginning(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("still_script").send(f"say {SCREENS}")
    chat.has_status("done", count=1)
    chat.reload()
    assert chat.log.evaluate(TOP) == 0
    expect(chat.action("latest")).to_be_visible()
