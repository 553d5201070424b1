import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.browser.chat import Chat
from tests.browser.conftest import CUT, Console
from tests.browser.test_accessibility import OVERFLOW, PHONE, WIDE, accessible
from tests.browser.visitor import Gate
from tests.server import Server, environment, manage

NAMES = "rows => rows.map(row => row.querySelector('.ci-item-title').title)"


class Panel:
    """The list beside a chat."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.page = chat.page

    @property
    def rows(self) -> Locator:
        return self.page.locator("[data-history-item]")

    @property
    def search(self) -> Locator:
        return self.page.locator("[data-history-search]")

    @property
    def sheet(self) -> Locator:
        return self.page.locator("[data-history]")

    def row(self, title: str) -> Locator:
        return self.rows.filter(has_text=title).first

    def link(self, title: str) -> Locator:
        return self.row(title).locator("a")

    def shelf(self, name: str) -> Locator:
        return self.page.locator(f"[data-shelf={name}] [data-history-item]")

    def act(self, title: str, action: str) -> None:
        """Choose an action in a row's menu."""
        self.row(title).hover()
        self.row(title).locator("[data-action=history-menu]").click()
        self.page.locator(f"[data-history-menu] [data-action={action}]").click()

    def titles(self) -> list[str]:
        names: list[str] = self.rows.evaluate_all(NAMES)
        return names


def begun(chat: Chat, *texts: str) -> Panel:
    """The list after these conversations, the last of which is open."""
    for text in texts:
        chat.open("notebook").send(text)
        chat.has_status("done", count=1)
    panel = Panel(chat)
    expect(panel.rows).to_have_count(len(texts))
    return panel


@pytest.fixture
def visitor(page: Page, server: Server) -> Chat:
    return Chat(page, server)


def own(panel: Panel) -> Panel:
    """The same list in another tab."""
    return Panel(panel.chat.again())


def test_plain_chat_loads_none_of_it(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    Chat(page, server).open("script").ask("stream 1")
    assert not [each for each in asked if "history" in each]
    expect(page.locator("[data-history]")).to_have_count(0)


def test_list_grows_while_it_is_looked_at(visitor: Chat) -> None:
    panel = begun(visitor, "First thing", "Second thing")
    expect(panel.rows).to_have_count(2)
    assert panel.titles() == ["Second thing", "First thing"]
    expect(panel.link("Second")).to_have_attribute("aria-current", "page")
    expect(panel.page.locator("[data-day]")).to_have_text(["Today"])
    assert panel.page.title() != "Notebook"


def test_row_opens_its_conversation(visitor: Chat) -> None:
    panel = begun(visitor, "First thing", "Second thing")
    panel.link("First thing").click()
    visitor.connected()
    expect(visitor.messages.first).to_contain_text("First thing")
    expect(panel.link("First thing")).to_have_attribute("aria-current", "page")


def test_other_tab_is_told(visitor: Chat) -> None:
    """Of a new conversation, its title, and that its reply has ended unread."""
    first = begun(visitor, "First thing").chat.again()
    watching = Panel(first)
    second = Chat(visitor.page.context.new_page(), visitor.server).open("notebook").send("Second thing")
    expect(watching.row("Second thing")).to_be_visible()
    second.has_status("done", count=1)
    second.page.close()
    expect(watching.rows).to_have_count(2)
    watching.act("First thing", "rename")
    expect(watching.page.locator(".ci-rename")).to_be_focused()
    watching.page.keyboard.type("Renamed")
    watching.page.keyboard.press("Enter")
    expect(Panel(visitor).row("Renamed")).to_be_visible()


def test_background_reply_is_unread(visitor: Chat, gate: Gate) -> None:
    """Its page is gone when it ends: it is marked as running, then as unread, until it is opened."""
    panel = Panel(visitor.open("kept_script").ask("say First thing"))
    away = Chat(visitor.page.context.new_page(), visitor.server).open("kept_script").send(f"hold {gate}")
    expect(panel.row("hold")).to_have_attribute("data-running", "")
    away.page.close()
    gate.release()
    expect(panel.row("hold")).to_have_attribute("data-unread", "")
    expect(panel.row("hold").locator(".ci-history-mark")).to_have_text("Unread")
    panel.link("hold").click()
    visitor.connected()
    expect(panel.row("hold")).not_to_have_attribute("data-unread", "")
    panel.page.reload()
    expect(panel.row("hold")).not_to_have_attribute("data-unread", "")


def test_rename_in_place(visitor: Chat) -> None:
    panel = begun(visitor, "First thing")
    panel.link("First thing").focus()
    panel.page.keyboard.press("F2")
    field = panel.page.locator(".ci-rename")
    expect(field).to_be_focused()
    field.fill("Never mind")
    field.press("Escape")
    expect(panel.link("First thing")).to_be_focused()
    panel.page.keyboard.press("F2")
    field.fill("A better title")
    field.press("Enter")
    expect(panel.link("A better title")).to_be_focused()
    expect(panel.page).to_have_title(re.compile("A better title"))
    visitor.reload()
    assert panel.titles() == ["A better title"]
    expect(panel.page).to_have_title(re.compile("A better title"))


def test_keys_of_rows_edit_the_title_in_its_field(visitor: Chat) -> None:
    panel = begun(visitor, "First thing")
    panel.link("First thing").focus()
    panel.page.keyboard.press("F2")
    field = panel.page.locator(".ci-rename")
    field.fill("Xylophone")
    for key in ("Home", "F2", "Delete"):
        panel.page.keyboard.press(key)
    expect(field).to_have_value("ylophone")
    expect(panel.page.locator("[data-history-confirm]")).to_be_hidden()


def test_pin_and_archive(visitor: Chat) -> None:
    panel = begun(visitor, "First thing", "Second thing")
    panel.act("First thing", "pin")
    expect(panel.shelf("pinned")).to_have_count(1)
    assert panel.titles() == ["First thing", "Second thing"]
    expect(panel.page.locator("h2", has_text="Pinned")).to_be_visible()
    panel.act("First thing", "archive")
    expect(panel.rows).to_have_count(1)
    panel.page.locator("[data-action=archived]").click()
    expect(panel.shelf("archived")).to_have_count(1)
    panel.act("First thing", "unarchive")
    expect(panel.rows).to_have_count(0)
    panel.page.locator("[data-action=archived]").click()
    expect(panel.shelf("pinned")).to_have_count(1)
    panel.act("First thing", "unpin")
    expect(panel.shelf("recent")).to_have_count(2)


def test_delete_and_undo(visitor: Chat) -> None:
    panel = begun(visitor, "First thing", "Second thing")
    panel.act("First thing", "delete")
    expect(panel.rows).to_have_count(1)
    expect(panel.page.locator("[data-history-undo]")).to_contain_text("“First thing” is deleted.")
    panel.page.locator("[data-action=restore]").click()
    expect(panel.rows).to_have_count(2)
    expect(panel.page.locator("[data-action=restore]")).to_be_hidden()


def test_other_answers_in_the_list_are_not_the_deletions(visitor: Chat) -> None:
    panel = begun(visitor, "First thing", "Second thing")
    held: list[Route] = []
    panel.page.route("**/delete/", lambda route: held.append(route))
    with panel.page.expect_request("**/delete/"):
        panel.act("First thing", "delete")
    panel.page.evaluate("url => htmx.ajax('GET', url, {source: '[data-history-item]', swap: 'none'})", panel.page.url)
    held[0].continue_()
    expect(panel.page.locator("[data-history-undo]")).to_contain_text("“First thing” is deleted.")


def test_two_deletions_at_once(visitor: Chat) -> None:
    """Each has its way back, the last one's is shown."""
    panel = begun(visitor, "First thing", "Second thing", "Third thing")
    held: list[Route] = []
    panel.page.route("**/delete/", lambda route: held.append(route), times=1)
    with panel.page.expect_request("**/delete/"):
        panel.act("First thing", "delete")
    panel.act("Second thing", "delete")
    held[0].continue_()
    expect(panel.page.locator("[data-history-undo]")).to_contain_text("“Second thing” is deleted.")
    expect(panel.rows).to_have_count(1)


def test_delete_what_is_open(visitor: Chat, console: Console) -> None:
    """The page becomes a new one, where the undo leads back; another tab of it is told."""
    console.allow("404")
    panel = begun(visitor, "First thing")
    address = panel.page.url
    other = visitor.again()
    panel.act("First thing", "delete")
    expect(panel.page).to_have_url(re.compile(r"/chat/notebook/$"))
    expect(panel.rows).to_have_count(0)
    expect(other.page.locator("[data-chat-connection]")).to_have_text("There is no such conversation.")
    panel.page.locator("[data-action=restore]").click()
    expect(panel.page).to_have_url(address)
    expect(panel.rows).to_have_count(1)


def test_key_asks_before_it_deletes(visitor: Chat) -> None:
    panel = begun(visitor, "First thing", "Second thing")
    panel.link("First thing").focus()
    panel.page.keyboard.press("Delete")
    dialog = panel.page.locator("[data-history-confirm]")
    expect(dialog).to_contain_text("First thing")
    panel.page.keyboard.press("Escape")
    expect(panel.rows).to_have_count(2)
    expect(panel.link("First thing")).to_be_focused()
    panel.page.keyboard.press("Delete")
    panel.page.locator("[data-action=confirm-delete]").click()
    expect(panel.rows).to_have_count(1)


@pytest.mark.parametrize("by", ["key", "menu"])
def test_row_that_changes_meanwhile_is_deleted(visitor: Chat, by: str) -> None:
    """Its element is another one by the time the visitor has chosen."""
    panel = begun(visitor, "First thing", "Second thing")
    other = own(panel)
    page = panel.page
    if by == "key":
        panel.link("First thing").focus()
        page.keyboard.press("Delete")
    else:
        panel.row("First thing").locator("[data-action=history-menu]").click()
    other.act("First thing", "pin")
    expect(panel.shelf("pinned")).to_have_count(1)
    page.locator("[data-action=confirm-delete]" if by == "key" else "[data-history-menu] [data-action=delete]").click()
    expect(panel.rows).to_have_count(1)
    expect(panel.link("Second thing")).to_be_visible()


def test_search_marks_what_it_finds(visitor: Chat) -> None:
    panel = begun(visitor, "Rye bread with a long rise", "The moons of Jupiter")
    panel.search.fill("jup")
    expect(panel.rows).to_have_count(1)
    expect(panel.page.locator("mark").first).to_have_text("Jup")
    expect(panel.page.locator("[data-history-status]")).to_have_text("Conversations found: 1")
    panel.search.fill("nowhere")
    expect(panel.page.locator(".ci-none")).to_have_text("Nothing found.")
    panel.search.press("Escape")
    expect(panel.rows).to_have_count(2)
    expect(panel.search).to_be_focused()


def test_keys_walk_the_list(visitor: Chat) -> None:
    panel = begun(visitor, "First thing", "Second thing", "Third thing")
    panel.search.focus()
    keyboard = panel.page.keyboard
    for key, title in [
        ("ArrowDown", "Third"),
        ("ArrowDown", "Second"),
        ("End", "First"),
        ("ArrowUp", "Second"),
        ("Home", "Third"),
    ]:
        keyboard.press(key)
        expect(panel.link(title)).to_be_focused()
    keyboard.press("Tab")
    expect(panel.row("Third").locator("button")).to_be_focused()
    keyboard.press("Enter")
    expect(panel.page.locator("[data-action=rename]")).to_be_focused()
    keyboard.press("ArrowDown")
    expect(panel.page.locator("[data-action=pin]")).to_be_focused()
    keyboard.press("Escape")
    expect(panel.row("Third").locator("button")).to_be_focused()
    keyboard.press("Shift+Tab")
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(visitor.messages.first).to_contain_text("Second thing")


def test_export_and_import(visitor: Chat, tmp_path: Path, console: Console) -> None:
    console.allow("422")
    panel = begun(visitor, "First **thing**")
    with panel.page.expect_download() as text:
        panel.act("First", "export-markdown")
    assert "Noted: First **thing**" in Path(text.value.path()).read_text()
    with panel.page.expect_download() as data:
        panel.act("First", "export-json")
    saved = tmp_path / "saved.json"
    data.value.save_as(saved)
    assert json.loads(saved.read_text())["format"] == "chatinterface.conversation"
    before = panel.page.url
    panel.page.set_input_files("[data-history-import]", saved)
    expect(panel.page).not_to_have_url(before)
    expect(panel.rows).to_have_count(2)
    expect(visitor.replies.locator("strong")).to_have_text("thing")
    visitor.connected()
    saved.write_text("{}")
    panel.page.set_input_files("[data-history-import]", saved)
    expect(panel.page.locator("[data-chat-notices]")).to_contain_text("This is no export")


def test_list_can_be_hidden(visitor: Chat) -> None:
    panel = begun(visitor, "First thing")
    expect(panel.sheet).to_be_visible()
    panel.page.locator("[data-action=close-history]").click()
    expect(panel.sheet).to_be_hidden()
    expect(visitor.action("history")).to_be_focused()
    expect(visitor.action("history")).to_have_attribute("aria-expanded", "false")
    visitor.reload()
    expect(panel.sheet).to_be_hidden()
    visitor.action("history").click()
    expect(panel.sheet).to_be_visible()


def test_sheet_on_a_phone(new_context: Callable[..., BrowserContext], server: Server) -> None:
    """Closed at first; while it is open nothing behind it can be reached; Escape, or a touch beside it, closes it."""
    page = new_context(viewport=PHONE, has_touch=True).new_page()
    panel = begun(Chat(page, server), "First thing")
    expect(panel.sheet).to_be_hidden()
    panel.chat.action("history").tap()
    expect(panel.sheet).to_be_visible()
    expect(panel.link("First thing")).to_be_focused()
    expect(page.locator(".ci-foot")).to_have_attribute("inert", "")
    accessible(page)
    assert page.evaluate(OVERFLOW) == 0
    page.keyboard.press("Escape")
    expect(panel.sheet).to_be_hidden()
    expect(panel.chat.action("history")).to_be_focused()
    expect(page.locator(".ci-foot")).not_to_have_attribute("inert", "")
    panel.chat.action("history").tap()
    page.touchscreen.tap(365, 400)
    expect(panel.sheet).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe(new_context: Callable[..., BrowserContext], server: Server, scheme: str, language: str) -> None:
    page = new_context(color_scheme=scheme, viewport=WIDE, locale=language).new_page()
    panel = begun(Chat(page, server), "First thing", "Second thing")
    accessible(page)
    panel.act("First thing", "pin")
    expect(panel.shelf("pinned")).to_have_count(1)
    panel.row("First thing").locator("button").click()
    accessible(page)
    page.keyboard.press("Escape")
    panel.link("First thing").focus()
    page.keyboard.press("F2")
    accessible(page)
    page.keyboard.press("Escape")
    panel.search.fill("thing")
    expect(page.locator("mark").first).to_be_visible()
    accessible(page)
    panel.link("First thing").focus()
    page.keyboard.press("Delete")
    accessible(page)


def filled(start_server: Callable[..., Server], console: Console, count: int) -> Server:
    """A server whose user demo has so many conversations; it goes before the page does."""
    console.allow(CUT)
    server = start_server()
    manage("demo_history", f"--conversations={count}", env=environment(server.database))
    return server


def test_older_ones_come_by_scrolling(page: Page, start_server: Callable[..., Server], console: Console) -> None:
    """In the order of the whole, none twice, and a page that is opened from there begins there."""
    server = filled(start_server, console, 150)
    panel = Panel(Chat(page, server).login("demo").open("notebook"))
    expect(panel.shelf("recent")).to_have_count(40)
    count = server.query(
        "SELECT count(*) FROM chatinterface_conversation WHERE archived_at IS NULL AND pinned_at IS NULL"
    )[0][0]
    expect(panel.page.locator("[data-history-more]")).to_have_count(1)
    panel.page.locator("[data-history-list]").hover()
    more = "count => document.querySelectorAll('[data-shelf=recent] [data-history-item]').length > count"
    while (before := panel.shelf("recent").count()) < count:
        panel.page.mouse.wheel(0, 10_000)
        panel.page.wait_for_function(more, arg=before)
    expect(panel.shelf("recent")).to_have_count(count)
    uuids = panel.rows.evaluate_all("rows => rows.map(row => row.dataset.historyItem)")
    assert len(set(uuids)) == len(uuids)
    days = panel.page.locator("[data-day]").all_inner_texts()
    assert len(set(days)) == len(days)
    panel.rows.last.locator("a").click()
    panel.chat.connected()
    expect(panel.page.locator("[data-history-item] [aria-current]")).to_be_in_viewport()


def test_days_are_the_readers(
    new_context: Callable[..., BrowserContext], start_server: Callable[..., Server], console: Console
) -> None:
    """What was yesterday for the server may be today where its reader is."""
    server = filled(start_server, console, 1)
    then = datetime.now(UTC).replace(hour=23, minute=30) - timedelta(days=1)
    with closing(sqlite3.connect(server.database)) as connection:
        connection.execute("UPDATE chatinterface_conversation SET updated_at = ?", [then.strftime("%Y-%m-%d %H:%M:%S")])
        connection.commit()
    page = new_context(timezone_id="Pacific/Kiritimati", locale="de").new_page()
    page.clock.install(time=then + timedelta(minutes=5))
    panel = Panel(Chat(page, server).login("demo").open("notebook"))
    expect(panel.page.locator("[data-day]")).to_have_text(["Heute"])


def test_login_brings_it_along(page: Page, server: Server, console: Console) -> None:
    """From another tab: the open page follows, and goes on as the user's."""
    console.allow("404")
    panel = begun(Chat(page, server), "Before the login")
    address = page.url
    away = Chat(page.context.new_page(), server).login("demo")
    expect(page.locator(".site-user")).to_have_text("demo")
    panel.chat.connected()
    assert page.url == address
    expect(panel.row("Before the login")).to_be_visible()
    panel.chat.send("After the login")
    panel.chat.has_status("done", count=2)
    away.page.get_by_role("button", name="Log out").click()
    expect(away.page.get_by_role("link", name="Log in")).to_be_visible()
    expect(page.locator("[data-chat-connection]")).to_have_text("You are logged out.")
    after = Panel(Chat(page.context.new_page(), server).open("notebook"))
    expect(after.rows).to_have_count(0)


def test_no_heading_over_nothing(visitor: Chat) -> None:
    panel = Panel(visitor.open("notebook"))
    heading = panel.page.get_by_role("heading", name="Pinned")
    expect(panel.page.locator(".ci-none")).to_be_visible()
    expect(heading).to_be_hidden()
    begun(visitor, "First thing")
    expect(heading).to_be_hidden()
    panel.act("First thing", "pin")
    expect(heading).to_be_visible()
    panel.act("First thing", "unpin")
    expect(heading).to_be_hidden()


def test_stands_still_for_other_features(visitor: Chat) -> None:
    """Stylesheets that come with the first table, question or file change nothing in it."""
    panel = begun(visitor, "First thing")
    expect(panel.page.locator(".ci-history-mark")).to_have_count(0)
    sizes = (
        "panel => [...panel.querySelectorAll('*')].map(each => [each.className, each.tagName,"
        " ...Object.values(each.getBoundingClientRect().toJSON()), getComputedStyle(each).fontWeight])"
    )
    before = panel.sheet.evaluate(sizes)
    for name in ("components", "inputs", "prompt", "attach", "share", "flagging", "edit", "examples", "notices"):
        panel.page.add_style_tag(url=visitor.url(f"/static/chatinterface/{name}.css"))
    assert panel.sheet.evaluate(sizes) == before
