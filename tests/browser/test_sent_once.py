"""What is sent arrives once, however often and whenever it is sent."""

from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, Page, Request, Route, WebSocketRoute, expect

from tests.browser.chat import Chat
from tests.browser.conftest import CUT, REFUSED, Console
from tests.browser.truth import Turn, agree
from tests.browser.visitor import Gate
from tests.proxy import Proxy
from tests.server import Server

KEPT = "Not sent yet."

# Post a form's fields twice at the same time; returns both statuses.
TWICE = """([url, body]) => {
  const post = () => fetch(url, {method: "POST", body: new URLSearchParams(body)});
  return Promise.all([post(), post()]).then(responses => responses.map(response => response.status));
}"""


def is_send(request: Request) -> bool:
    return request.method == "POST" and request.url.endswith("/send/")


def test_double_click(chat: Chat) -> None:
    chat.input.fill("stream 20 10")
    chat.action("send").dblclick()
    agree(chat, "stream 20 10")


def test_double_enter(chat: Chat) -> None:
    chat.input.fill("stream 20 10")
    chat.input.press("Enter")
    chat.input.press("Enter")
    agree(chat, "stream 20 10")


def test_held_enter(chat: Chat) -> None:
    chat.input.fill("stream 3")
    chat.page.keyboard.down("Enter")
    chat.page.keyboard.down("Enter")
    chat.page.keyboard.up("Enter")
    agree(chat, "stream 3")
    expect(chat.input).to_have_value("")


def test_repeated_post(chat: Chat) -> None:
    with chat.page.expect_request(is_send) as sent:
        chat.ask("stream 3")
    headers = {name: sent.value.headers[name] for name in ("content-type", "x-csrftoken")}
    repeated = chat.page.request.post(sent.value.url, headers=headers, data=sent.value.post_data)
    assert repeated.status == 204
    agree(chat.reload(), "stream 3")


def posts(page: Page) -> list[str]:
    """The addresses that messages are posted to from now on."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url) if is_send(request) else None)
    return found


def test_by_socket_once_begun(page: Page, server: Server) -> None:
    """A new visitor's first message is posted; then the page has a socket that knows them."""
    chat = Chat(page, server)
    with page.expect_websocket() as opened:
        chat.open("script")
    with opened.value.expect_event("close"):
        chat.ask("stream 1")
    posted = posts(page)
    chat.ask("stream 2")
    agree(chat.reload(), "stream 1", "stream 2")
    chat.connected()
    chat.ask("stream 3")
    agree(chat, "stream 1", "stream 2", "stream 3")
    assert posted == []


def test_by_socket_where_reply_is_faster(page: Page, server: Server) -> None:
    """Faster than the answer to the first message, by which the visitor is known."""
    answers: list[tuple[Route, APIResponse]] = []
    page.route("**/send/", lambda route: answers.append((route, route.fetch())))
    chat = Chat(page, server)
    with page.expect_websocket() as opened:
        chat.open("script")
    chat.send("stream 1")
    expect(chat.replies.last).to_have_attribute("data-status", "done")
    route, response = chat.withheld(answers)
    with opened.value.expect_event("close"):
        route.fulfill(response=response)
    chat.connected()
    chat.ask("stream 2")
    agree(chat, "stream 1", "stream 2")
    assert len(answers) == 1


def test_enter_before_the_answer(page: Page, server: Server) -> None:
    """To the message before, whose reply was faster: it counts once that one is known to have arrived."""
    answers: list[tuple[Route, APIResponse]] = []
    page.route("**/send/", lambda route: answers.append((route, route.fetch())), times=1)
    chat = Chat(page, server).open("script").send("stream 1")
    expect(chat.replies.last).to_have_attribute("data-status", "done")
    chat.send("stream 2")
    expect(chat.input).to_have_value("stream 2")
    route, response = chat.withheld(answers)
    route.fulfill(response=response)
    agree(chat, "stream 1", "stream 2")
    expect(chat.input).to_have_value("")


def is_message(frame: str | bytes) -> bool:
    return '"type":"send"' in str(frame)


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("closes", [True, False])
def test_unanswered_by_socket(chat: Chat, console: Console, *, arrives: bool, closes: bool) -> None:
    """It is posted then, whether the server has it or not, and whether the socket is still there."""
    console.allow(CUT)
    chat.ask("stream 1")

    def swallow(browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        def up(frame: str | bytes) -> None:
            if not is_message(frame) or arrives:
                server.send(frame)
            if is_message(frame) and closes:
                browser.close(code=1012)

        browser.on_message(up)
        server.on_message(lambda frame: None if '"type":"sent"' in str(frame) else browser.send(frame))

    chat.page.route_web_socket("**/ws/**", swallow)
    chat.reload()
    chat.connected()
    with chat.page.expect_request(is_send):
        chat.send("stream 2")
    agree(chat, "stream 1", "stream 2")
    expect(chat.log.get_by_text(KEPT)).to_be_hidden()
    expect(chat.input).to_have_value("")


def test_same_post_twice_at_once(chat: Chat) -> None:
    """The first message of a new page, with its token: one conversation, one message."""
    field = "[...document.forms].find(form => form.elements.token).elements"
    token, csrf = (chat.page.evaluate(f"{field}.{name}.value") for name in ("token", "csrfmiddlewaretoken"))
    key = chat.page.evaluate("crypto.randomUUID()")
    path = f"/chat/script/c/{chat.uuid}/send/"
    body = {"message": "stream 3", "key": key, "token": token, "csrfmiddlewaretoken": csrf}
    assert chat.page.evaluate(TWICE, [path, body]) == [204, 204]
    agree(chat.visit(chat.url(f"/chat/script/c/{chat.uuid}/")), "stream 3")


def test_enter_before_socket(proxy: Callable[[Server], Proxy], page: Page, server: Server) -> None:
    line = proxy(server)
    line.hold_sockets()
    chat = Chat.through(line, page, server).open_soon("script")
    chat.send("stream 3")
    chat.has_status("done", count=1)
    expect(chat.root).to_have_attribute("data-connection", "closed")
    line.restore()
    chat.connected()
    agree(chat, "stream 3")


def test_enter_while_cut(proxy: Callable[[Server], Proxy], page: Page, server: Server, console: Console) -> None:
    console.allow(CUT)
    line = proxy(server)
    chat = Chat.through(line, page, server).open("script").ask("stream 1")
    line.refuse()
    expect(chat.root).to_have_attribute("data-connection", "closed")
    chat.send("stream 2")
    expect(chat.log.get_by_text(KEPT)).to_be_visible()
    line.restore()
    agree(chat, "stream 1", "stream 2")
    expect(chat.log.get_by_text(KEPT)).to_be_hidden()
    expect(chat.status).not_to_contain_text(KEPT)


def test_enter_while_another_is_kept(chat: Chat, console: Console) -> None:
    """Both are sent, each once."""
    console.allow(CUT)
    chat.page.route("**/send/", lambda route: route.abort())
    chat.send("stream 1")
    expect(chat.log.get_by_text(KEPT)).to_be_visible()
    chat.send("stream 2")
    expect(chat.input).to_have_value("stream 2")
    chat.page.unroute("**/send/")
    agree(chat, "stream 1", "stream 2")
    expect(chat.input).to_have_value("")


def test_server_down(page: Page, start_server: Callable[..., Server], console: Console) -> None:
    """What is sent meanwhile is kept, and sent once when the server is back; typing goes on."""
    console.allow(CUT)
    server = start_server()
    chat = Chat(page, server).open("script")
    server.kill9()
    chat.send("stream 3")
    expect(chat.log).to_contain_text("stream 3")
    expect(chat.log.get_by_text(KEPT)).to_be_visible()
    chat.input.fill("the next one")
    server.start()
    agree(chat, "stream 3")
    expect(chat.input).to_have_value("the next one")


def test_answer_lost(chat: Chat, console: Console) -> None:
    """The message arrives and the page does not learn of it: sending it again adds nothing."""
    console.allow(CUT)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    chat.page.route("**/send/", lose, times=1)
    chat.send("stream 3")
    chat.page.wait_for_event("request", is_send)
    agree(chat, "stream 3")
    expect(chat.log.get_by_text(KEPT)).to_be_hidden()
    expect(chat.status).not_to_contain_text(KEPT)


def test_answer_fails(chat: Chat, console: Console) -> None:
    """An error of the server: the text is back in the field, and can be sent."""
    console.allow("500")
    chat.page.route("**/send/", lambda route: route.fulfill(status=500), times=1)
    chat.send("stream 3")
    expect(chat.errors).to_have_text("That did not work. Please try again.")
    expect(chat.input).to_have_value("stream 3")
    expect(chat.messages).to_have_count(0)
    chat.input.press("Enter")
    agree(chat, "stream 3")


def test_enter_while_reply_runs(chat: Chat, gate: Gate, console: Console) -> None:
    """Nobody can send into a running reply; what was typed stays, and is sent once it has ended."""
    console.allow(REFUSED)
    chat.send(f"hold {gate}")
    chat.holds()
    chat.send("stream 3")
    expect(chat.input).to_have_value("stream 3")
    gate.release()
    chat.settled()
    chat.input.press("Enter")
    agree(chat, f"hold {gate}", "stream 3")


def test_two_tabs_at_once(chat: Chat, gate: Gate, console: Console) -> None:
    """Both send at the same moment: one is answered, the other keeps its text and can send it then."""
    console.allow(REFUSED)
    tabs = {f"hold {gate} 2": chat.ask("stream 1"), f"hold {gate} 1": chat.again()}
    for message, tab in tabs.items():
        tab.input.fill(message)
    for tab in tabs.values():
        tab.input.press("Enter", no_wait_after=True)
    for tab in tabs.values():
        tab.has_status("running", count=2)
    first = (chat.messages.nth(2).locator("[data-message-body]").text_content() or "").strip()
    (second,) = set(tabs) - {first}
    expect(tabs[second].errors).to_contain_text("still being written")
    gate.release()
    for tab in tabs.values():
        tab.has_status("done", count=2)
    expect(tabs[second].input).to_have_value(second)
    tabs[second].input.press("Enter")
    for tab in tabs.values():
        agree(tab, "stream 1", first, second)


def test_draft_survives_reload(chat: Chat) -> None:
    chat.ask("stream 1")
    chat.input.fill("stream 3 and")
    chat.reload()
    expect(chat.input).to_have_value("stream 3 and")
    agree(chat, Turn("stream 1"))


def test_unsent_survives_reload(page: Page, start_server: Callable[..., Server], console: Console) -> None:
    console.allow(CUT)
    server = start_server()
    chat = Chat(page, server).open("script").ask("stream 1")
    server.kill9()
    chat.send("stream 3")
    expect(chat.log.get_by_text(KEPT)).to_be_visible()
    page.route("**/send/", lambda route: route.abort())
    server.start()
    chat.reload()
    page.unroute("**/send/")
    expect(chat.input).to_have_value("stream 3")
    chat.input.press("Enter")
    agree(chat, "stream 1", "stream 3")
