import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import Console
from tests.browser.truth import Turn, agree
from tests.browser.visitor import Gate
from tests.server import Server

OWN = re.compile(r"/chat/\w+/c/[0-9a-f-]{36}/$")
CONVERSATIONS = "SELECT count(*) FROM chatinterface_conversation"
OWNER = """
    SELECT username, session_key FROM chatinterface_conversation conversation
    LEFT JOIN auth_user ON auth_user.id = user_id WHERE uuid = ?
"""


def owner(chat: Chat) -> tuple[str | None, str]:
    """The user's name and the session's key of the conversation in the database."""
    (row,) = chat.server.query(OWNER, chat.uuid.replace("-", ""))
    name, key = row
    return name, key


def test_visit_leaves_no_row(server: Server, page: Page) -> None:
    before = server.query(CONVERSATIONS)
    chat = Chat(page, server).open("script")
    chat.send("   ")
    chat.open("script").reload()
    assert server.query(CONVERSATIONS) == before
    assert not page.context.cookies() or all(cookie["name"] != "sessionid" for cookie in page.context.cookies())


def test_first_message_gives_address(chat: Chat, gate: Gate) -> None:
    new = chat.page.url
    chat.send(f"hold {gate}")
    expect(chat.page).to_have_url(OWN)
    assert chat.uuid in chat.page.url
    chat.page.go_back()
    expect(chat.page).to_have_url(new)
    expect(chat.messages).to_have_count(0)
    chat.connected()
    chat.page.go_forward()
    expect(chat.page).to_have_url(OWN)
    gate.release()
    agree(chat, f"hold {gate}")


def test_second_message_keeps_address(chat: Chat) -> None:
    chat.ask("stream 1")
    address, length = chat.page.url, chat.page.evaluate("history.length")
    chat.ask("stream 2")
    assert chat.page.url == address
    assert chat.page.evaluate("history.length") == length


def test_anonymous_conversation_is_the_sessions(chat: Chat) -> None:
    chat.ask("stream 1")
    name, key = owner(chat)
    assert name is None
    assert key == next(cookie["value"] for cookie in chat.page.context.cookies() if cookie["name"] == "sessionid")
    agree(chat.again(), "stream 1")


def test_conversation_is_the_users(
    page: Page, server: Server, new_context: Callable[..., BrowserContext], console: Console
) -> None:
    """Another user does not find it; its user does, wherever they are logged in."""
    console.allow("404")
    chat = Chat(page, server).login("demo").open("script").ask("stream 1")
    assert owner(chat) == ("demo", "")
    elsewhere = Chat(new_context().new_page(), server).login("demo").visit(page.url)
    agree(elsewhere, "stream 1")
    admin = Chat(new_context().new_page(), server).login("admin")
    response = admin.page.goto(page.url)
    assert response is not None
    assert response.status == 404


def test_login_required_leads_to_login_and_back(page: Page, server: Server) -> None:
    chat = Chat(page, server)
    page.goto(server.url("/chat/members_only/"))
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/chat/members_only/$"))
    page.locator("[name=username]").fill("demo")
    page.locator("[name=password]").fill("demo")
    page.locator("[name=password]").press("Enter")
    chat.connected()
    chat.send("Hello")
    agree(chat, Turn("Hello", "Hello demo, nobody else can read this conversation."))


def test_logged_out_sender_is_led_to_login(page: Page, server: Server, console: Console) -> None:
    """What was typed is there again after the login."""
    console.allow("401")
    chat = Chat(page, server).login("demo").open("members_only").posting().send("One")
    chat.has_status("done", count=1)
    page.context.clear_cookies(name="sessionid")
    chat.send("Two")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next="))
    page.locator("[name=username]").fill("demo")
    page.locator("[name=password]").fill("demo")
    page.locator("[name=password]").press("Enter")
    expect(page).to_have_url(OWN)
    chat.connected()
    expect(chat.input).to_have_value("Two")
    chat.input.press("Enter")
    said = "Hello demo, nobody else can read this conversation."
    agree(chat, Turn("One", said), Turn("Two", said))
