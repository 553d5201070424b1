import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from project.instruments import script
from tests.browser.chat import Chat
from tests.browser.conftest import REFUSED, Console
from tests.browser.truth import Turn, agree
from tests.server import Server

# Before the page's modules run, which are deferred.
STEAL = """addEventListener("readystatechange", () => {
  document.querySelector("[data-chat]").dataset.socketUrl = stolen;
}, {capture: true, once: true})"""
FAILED = Turn("raise 3", "word0 word1 word2 ", "failed")


def test_failure_has_id_in_log(chat: Chat, server: Server) -> None:
    """The reader gets a sentence and an id; the traceback stands under that id in the server's log."""
    chat.send("raise 3")
    agree(chat, FAILED)
    note = chat.replies.last.locator(".ci-failure")
    expect(note).to_contain_text("The reply could not be completed.")
    shown = re.search(r"Error (\w+)", note.inner_text())
    assert shown
    log = server.text()
    assert f"error id {shown[1]}" in log
    assert script.SECRET in log[log.index(shown[1]) :]
    assert script.SECRET not in chat.page.content()


def test_failure_survives_reload(chat: Chat) -> None:
    chat.send("raise 3")
    agree(chat, FAILED)
    before = chat.replies.last.inner_text()
    agree(chat.reload(), FAILED)
    assert chat.replies.last.inner_text() == before


def test_try_again_after_failure(chat: Chat) -> None:
    chat.send("raise 3")
    agree(chat, FAILED)
    first = chat.replies.last.get_attribute("data-message")
    chat.action("retry").click()
    expect(chat.page.locator(f"[data-message='{first}']")).to_have_count(0)
    agree(chat, FAILED)


def test_talks_on_after_failure(chat: Chat) -> None:
    chat.send("raise 0")
    chat.has_status("failed", count=1)
    chat.send("stream 3")
    agree(chat, Turn("raise 0", "", "failed"), "stream 3")


def test_too_long_is_said_beside_the_field(chat: Chat, console: Console) -> None:
    """The text is kept, and the field has the focus."""
    console.allow(REFUSED)
    text = "stream " + "9" * 100_000
    chat.input.evaluate("input => input.removeAttribute('maxlength')")
    chat.send(text)
    expect(chat.errors).to_contain_text("at most 100000 characters")
    expect(chat.input).to_have_value(text)
    expect(chat.input).to_be_focused()
    expect(chat.input).to_have_attribute("aria-invalid", "true")
    expect(chat.input).to_have_accessible_description(re.compile("at most 100000 characters"))
    expect(chat.messages).to_have_count(0)


def test_error_goes_with_its_cause(chat: Chat, console: Console) -> None:
    console.allow(REFUSED)
    chat.input.evaluate("input => input.removeAttribute('maxlength')")
    chat.send("stream " + "9" * 100_000)
    expect(chat.errors).not_to_be_empty()
    chat.input.fill("stream 3")
    expect(chat.errors).to_be_empty()
    expect(chat.input).not_to_have_attribute("aria-invalid", "true")
    chat.input.press("Enter")
    agree(chat, "stream 3")


def test_anothers_conversation_is_not_found(
    chat: Chat, new_context: Callable[..., BrowserContext], console: Console
) -> None:
    console.allow("404")
    chat.ask("stream 1")
    stranger = new_context().new_page()
    for path in ("", "log/", "m/1/"):
        response = stranger.goto(chat.page.url + path)
        assert response is not None
        assert response.status == 404


def test_anothers_socket_says_so(chat: Chat, new_context: Callable[..., BrowserContext], server: Server) -> None:
    """A page whose socket is refused says why, and does not try again."""
    uuid = chat.ask("stream 1").uuid
    page = new_context().new_page()
    page.add_init_script(f"const stolen = '/ws/chatinterface/{uuid}/'; {STEAL}")
    stranger = Chat(page, server)
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    stranger.open_soon("script")
    expect(page.locator("[data-chat-connection]")).to_have_text("There is no such conversation.")
    expect(stranger.root).to_have_attribute("data-connection", "closed")
    assert len(sockets) == 1


def test_logged_out_tab_says_so(page: Page, server: Server, console: Console) -> None:
    """Logging out in one tab closes the other one's socket; what is typed there is not lost."""
    console.allow("401")
    chat = Chat(page, server).login("demo").open("members_only").send("Hello")
    chat.has_status("done", count=1)
    other = page.context.new_page()
    other.goto(server.url())
    other.get_by_role("button", name="Log out").click()
    expect(page.locator("[data-chat-connection]")).to_have_text("You are logged out.")
    expect(chat.root).to_have_attribute("data-connection", "closed")
