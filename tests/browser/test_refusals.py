"""What cannot be done is said, in words, beside what was asked for."""

import json

import pytest
from playwright.sync_api import APIResponse, Locator, Page, Route, WebSocketRoute, expect

from tests.browser.chat import Chat
from tests.browser.conftest import CUT, Console
from tests.browser.truth import Turn, agree
from tests.browser.visitor import Gate
from tests.server import Server

# What Chromium and htmx report of an answer that refuses.
REPORTED = "status of|Status Error Code"
SENTENCES = {
    0: "That did not work. Please try again.",
    403: "This is not allowed any more. Reload the page; your text is kept.",
    404: "This conversation is not there any more. Reload the page; your text is kept.",
    500: "That did not work. Please try again.",
}


@pytest.fixture
def failed(chat: Chat) -> Chat:
    """A reply that can be tried again."""
    chat.send("raise 1")
    chat.has_status("failed", count=1)
    return chat


def refuse(page: Page, action: str, status: int, body: str = "") -> None:
    """Let an action be refused once; the status 0 is a lost connection."""

    def answer(route: Route) -> None:
        if status:
            route.fulfill(status=status, body=body, content_type="text/html")
        else:
            route.abort()

    page.route(f"**/{action}/", answer, times=1)


def notices(chat: Chat) -> Locator:
    """What is said above the field."""
    return chat.page.locator("[data-chat-notices]")


@pytest.mark.parametrize("status", SENTENCES)
def test_refused_retry(failed: Chat, console: Console, status: int) -> None:
    console.allow(f"{CUT}|{REPORTED}")
    refuse(failed.page, "rerun", status)
    failed.action("retry").click()
    expect(notices(failed)).to_have_text(SENTENCES[status])
    first = failed.replies.last.get_attribute("data-message")
    failed.action("retry").click()
    expect(notices(failed)).to_be_empty()
    expect(failed.page.locator(f"[data-message='{first}']")).to_have_count(0)
    agree(failed, Turn("raise 1", "word0 ", "failed"))


def test_refused_retry_in_the_servers_words(failed: Chat, console: Console) -> None:
    """For instance where another tab was faster."""
    console.allow(REPORTED)
    refuse(failed.page, "rerun", 422, '<ul class="errorlist"><li>A reply is still being written.</li></ul>')
    failed.action("retry").click()
    expect(notices(failed).locator("li")).to_have_text("A reply is still being written.")
    expect(failed.errors).to_be_empty()


def test_refused_stop(chat: Chat, gate: Gate, console: Console) -> None:
    console.allow(REPORTED)
    chat.send(f"hold {gate}")
    chat.holds()
    refuse(chat.page, "stop", 403)
    chat.action("stop").click()
    expect(notices(chat)).to_have_text(SENTENCES[403])
    gate.release()
    agree(chat, f"hold {gate}")


def test_kept_message_arrives(chat: Chat, console: Console) -> None:
    """The page takes a message for unsent that the server has all the same: it is shown once, in the log."""
    console.allow(CUT)
    chat.posting().ask("stream 1")
    chat.page.route("**/send/", lambda route: route.abort(), times=1)
    with chat.page.expect_request("**/send/") as sent:
        chat.send("stream 3")
    expect(chat.log.get_by_text("Not sent yet.")).to_be_visible()
    headers = {name: sent.value.headers[name] for name in ("content-type", "x-csrftoken")}
    chat.page.request.post(sent.value.url, headers=headers, data=sent.value.post_data)
    agree(chat, "stream 1", "stream 3")
    expect(chat.page.locator("[data-chat-outbox]")).to_be_hidden()
    expect(chat.log.get_by_text("Not sent yet.")).to_be_hidden()


def test_change_counts_once_fetched(page: Page, server: Server, console: Console) -> None:
    """A page that cannot fetch the log anew does not claim to know what is in it."""
    console.allow(REPORTED)
    sockets: list[WebSocketRoute] = []

    def connect(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket("**/ws/**", connect)
    chat = Chat(page, server).open("script").ask("stream 1").reload()
    chat.connected()
    revision = chat.root.get_attribute("data-revision") or ""
    page.route("**/log/", lambda route: route.fulfill(status=500))
    with page.expect_response("**/log/"):
        sockets[-1].send(json.dumps({"type": "log.changed", "revision": int(revision) + 1}))
    expect(chat.root).to_have_attribute("data-revision", revision)
    page.unroute("**/log/")
    chat.ask("stream 2")
    agree(chat, "stream 1", "stream 2")


def test_stop_waits_for_the_first_answer(chat: Chat, gate: Gate) -> None:
    """Whose conversation it is the server knows only by what the answer to its first message brings."""
    held: list[tuple[Route, APIResponse]] = []
    stops: list[str] = []
    chat.page.on("request", lambda request: stops.append(request.url) if request.url.endswith("/stop/") else None)
    chat.page.route("**/send/", lambda route: held.append((route, route.fetch())))
    chat.send(f"hold {gate}")
    expect(chat.body).to_contain_text("word2")
    chat.action("stop").click()
    assert not stops
    route, response = chat.withheld(held)
    route.fulfill(response=response)
    chat.has_status("stopped", count=1)
