"""What documents in frames can do, and cannot: their scripts run, and reach nothing."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.chat import Chat
from tests.browser.conftest import Console
from tests.server import Server

# Tries something, and says what came of it.
TRY = """<p id=said>…</p><script>addEventListener("load", async () => {{
  let said;
  try {{ said = await (async () => {attempt})(); }} catch (error) {{ said = `refused ${{error.name}}`; }}
  document.getElementById("said").textContent = said;
}})</script>"""

REFUSED_BY_BROWSER = r"Content.?Security.?Policy|sandboxed|Blocked|violates|ERR_|Unsafe attempt|postMessage"


@pytest.fixture
def chat(page: Page, server: Server) -> Chat:
    return Chat(page, server).open("framed")


def say(chat: Chat, html: str) -> None:
    chat.send(html)
    chat.has_status("done", count=1)


@pytest.mark.parametrize(
    "attempt",
    [
        "parent.document.title",
        "top.document.cookie",
        "parent.localStorage.length",
        "localStorage.length",
        "document.cookie",
        "indexedDB.open('x')",
        "fetch('/chat/framed/').then(() => 'reached')",
        "fetch('https://evil.example/').then(() => 'reached')",
        "fetch(parent.location.href)",
    ],
)
def test_frame_reaches_nothing(chat: Chat, console: Console, attempt: str) -> None:
    console.allow(REFUSED_BY_BROWSER)
    say(chat, TRY.format(attempt=attempt))
    expect(chat.body.locator("iframe").content_frame.locator("#said")).to_contain_text("refused")


@pytest.mark.parametrize(
    "attempt",
    ["top.location = '/'", "parent.location.replace('/')", "open('/')", "alert(1)", "document.forms[0].submit()"],
)
def test_frame_leads_nowhere(chat: Chat, console: Console, attempt: str) -> None:
    console.allow(REFUSED_BY_BROWSER)
    opened: list[Page] = []
    chat.page.context.on("page", lambda page: opened.append(page))
    chat.page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    address = f"{chat.page.url.rpartition('/chat/')[0]}/chat/framed/c/"
    say(chat, "<form action=/ target=_top></form>" + TRY.format(attempt=attempt))
    expect(chat.body.locator("iframe").content_frame.locator("#said")).not_to_have_text("…")
    assert chat.page.url.startswith(address)
    assert opened == []


def test_frame_loads_from_allowed_hosts(chat: Chat, console: Console) -> None:
    """And says below it what it could not load."""
    console.allow(REFUSED_BY_BROWSER)
    asked: list[str] = []

    def fulfil(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(content_type="text/javascript", body="document.title = 'loaded'")

    chat.page.context.route("**/*.example/**", fulfil)
    say(chat, "<script src=https://allowed.example/a.js></script><img src=https://tracker.example/b.png alt=b>")
    note = chat.body.locator(".ci-frame [data-text]")
    expect(note).to_contain_text("does not allow: tracker.example")
    assert asked == ["https://allowed.example/a.js"]


@pytest.mark.parametrize(
    "message",
    [
        "{type: 'chatinterface:frame', height: 1e9}",
        "{type: 'chatinterface:frame', height: -5}",
        "{type: 'chatinterface:frame', height: 'x'}",
        "{type: 'chatinterface:frame', height: NaN, blocked: 'https://<b>x</b>/'}",
        "{type: 'chatinterface:frame', blocked: {}}",
        "null",
        "'chatinterface:frame'",
    ],
)
def test_frame_says_nonsense(chat: Chat, message: str) -> None:
    """It is as high as is allowed, and nothing else comes of it."""
    say(chat, f"<p id=here>here</p><script>addEventListener('load', () => parent.postMessage({message}, '*'))</script>")
    frame = chat.body.locator("iframe")
    expect(frame.content_frame.locator("#here")).to_have_text("here")
    chat.page.wait_for_function(
        "frame => Number(frame.height) >= 40 && frame.height <= 2000", arg=frame.element_handle()
    )
    expect(chat.body.locator("b")).to_have_count(0)


def test_hostile_title(chat: Chat) -> None:
    say(chat, '<title>"><script>parent.x = 1</script></title>')
    assert '"><script>' in (chat.body.locator("iframe").get_attribute("title") or "")
    assert chat.page.evaluate("window.x") is None
