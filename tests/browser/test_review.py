"""The review of flags in a real browser: by keyboard alone, light and dark, under the strict policy."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Console
from tests.browser.test_accessibility import accessible
from tests.server import Server, environment, manage

LIST = "/admin/chatinterface/flag/"


@pytest.fixture(scope="module")
def flagged(tmp_path_factory: pytest.TempPathFactory, database_file: Path) -> Iterator[Server]:
    """A server with flags in its database."""
    server = Server(tmp_path_factory.mktemp("flagged"), database_file)
    manage("demo_flags", "--count=14", "--days=7", env=environment(server.database))
    yield server.start()
    server.stop()


def log_in(page: Page, server: Server, address: str = LIST) -> Page:
    page.goto(server.url(f"/admin/login/?next={address}"))
    page.locator("[name=username]").fill("admin")
    page.locator("[name=password]").fill("admin")
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"**{address}")
    return page


@pytest.fixture
def queue(page: Page, flagged: Server, console: Console) -> Page:
    """The list of flags, as a reviewer sees it."""
    console.allow(r"/favicon\.ico")
    return log_in(page, flagged)


def count(server: Server, status: str) -> int:
    number: int = server.query("SELECT COUNT(*) FROM chatinterface_flag WHERE status = ?", status)[0][0]
    return number


def test_next_leaves_it_open(queue: Page, flagged: Server) -> None:
    waiting = count(flagged, "open")
    queue.keyboard.press("n")
    queue.wait_for_url("**/change/**")
    here = queue.url
    queue.keyboard.press("n")
    queue.wait_for_url(lambda url: url != here)
    assert count(flagged, "open") == waiting


def test_note_and_open_again(queue: Page, flagged: Server) -> None:
    queue.keyboard.press("n")
    queue.wait_for_url("**/change/**")
    here = queue.url
    queue.locator("#ci-note").fill("Later")
    queue.keyboard.press("Escape")
    queue.keyboard.press("s")
    expect(queue.locator(".messagelist")).to_contain_text("The note was saved.")
    expect(queue.locator("#ci-note")).to_have_value("Later")
    queue.keyboard.press("d")
    queue.wait_for_url(lambda url: url != here)
    queue.goto(here)
    expect(queue.locator(".ci-decision")).to_contain_text("admin")
    queue.keyboard.press("o")
    expect(queue.locator(".messagelist")).to_contain_text("open again")


def test_keys_can_be_switched_off(queue: Page) -> None:
    queue.keyboard.press("n")
    queue.wait_for_url("**/change/**")
    box = queue.locator("[data-keys]")
    box.uncheck()
    queue.reload()
    expect(box).not_to_be_checked()
    queue.keyboard.press("e")
    expect(queue.locator("#ci-note")).not_to_be_focused()
    box.check()
    queue.keyboard.press("e")
    expect(queue.locator("#ci-note")).to_be_focused()


def test_keys_leave_fields_alone(queue: Page, flagged: Server) -> None:
    waiting = count(flagged, "open")
    queue.keyboard.press("n")
    queue.wait_for_url("**/change/**")
    queue.locator("#ci-note").fill("")
    queue.locator("#ci-note").press_sequentially("add and end")
    queue.keyboard.press("Control+a")
    expect(queue.locator("#ci-note")).to_have_value("add and end")
    assert count(flagged, "open") == waiting


def test_as_the_user_saw_it(queue: Page, flagged: Server) -> None:
    """In the chat's look, of which nothing gets out, and into which nothing of the admin gets."""
    queue.goto(flagged.url(f"{LIST}?option=Wrong&status__exact=open"))
    queue.locator(".field-subject a").first.click()
    cell = queue.locator("[data-exchange] td").first
    expect(cell).to_have_css("padding-left", "14px")
    expect(queue.locator("[data-marked]")).to_have_count(1)
    expect(queue.locator("[data-exchange] [data-role=user] .ci-body").last).to_have_css(
        "border-top-left-radius", "20px"
    )
    outside = queue.evaluate("""() => {
      const probe = document.createElement("p");
      probe.className = "ci-body";
      document.body.append(probe);
      return getComputedStyle(probe).backgroundColor;
    }""")
    assert outside == "rgba(0, 0, 0, 0)"


def test_neighbours_are_folded(queue: Page, flagged: Server) -> None:
    queue.goto(flagged.url(f"{LIST}?option=Like&q=permission"))
    queue.locator(".field-subject a").first.click()
    fold = queue.locator(".ci-said details").first
    if fold.count():
        expect(fold.locator("[data-exchange]")).to_be_hidden()
        fold.locator("summary").click()
        expect(fold.locator("[data-exchange]")).to_be_visible()


def test_filter_by_user(queue: Page) -> None:
    queue.get_by_label("Name of the user").fill("demo")
    queue.get_by_label("Name of the user").press("Enter")
    queue.wait_for_url("**user=demo*")
    expect(queue.locator(".field-subject").first).to_be_visible()
    queue.get_by_label("Name of the user").fill("nobody")
    queue.get_by_label("Name of the user").press("Enter")
    queue.wait_for_url("**user=nobody*")
    expect(queue.locator(".field-subject")).to_have_count(0)


def test_filter_by_day(queue: Page) -> None:
    today = queue.evaluate("new Date().toISOString().slice(0, 10)")
    queue.get_by_label("Day", exact=True).fill(today)
    queue.get_by_label("Day", exact=True).press("Enter")
    queue.wait_for_url(f"**day={today}*")
    expect(queue.get_by_label("Day", exact=True)).to_have_value(today)


def test_hostile_flag(queue: Page, flagged: Server) -> None:
    """Nothing in a snapshot runs, loads or leaves its place; the console of the test would tell."""
    hostile = (
        "<script>document.title='run'</script><img src=x: onerror=\"document.title='run'\">"
        "<img src=https://example.org/spy><style>body { display: none }</style></template></div>"
        "<iframe srcdoc=\"<script>parent.document.title='run'</script>\"></iframe><form action=/x/><button>Go"
    )
    queue.keyboard.press("n")
    queue.wait_for_url("**/change/**")
    with closing(sqlite3.connect(flagged.database)) as connection, connection:
        pk = int(queue.url.split("/flag/")[1].split("/")[0])
        (kept,) = connection.execute("SELECT snapshot FROM chatinterface_flag WHERE id = ?", [pk]).fetchone()
        snapshot = json.loads(kept)
        snapshot["output"]["html"] = f"<p>Seen</p>{hostile}"
        snapshot["output"]["error"] = snapshot["output"]["user_name"] = hostile
        changed = json.dumps(snapshot), hostile, hostile, pk
        connection.execute("UPDATE chatinterface_flag SET snapshot = ?, comment = ?, note = ? WHERE id = ?", changed)
    loaded: list[str] = []
    queue.on("request", lambda request: loaded.append(request.url))
    queue.reload()
    expect(queue.locator("[data-marked] .ci-body").first).to_contain_text("Seen")
    expect(queue.locator(".ci-decision")).to_be_visible()
    assert "run" not in queue.title()
    assert not [url for url in loaded if "example.org" in url]
    expect(queue.locator("[data-exchange] form, [data-exchange] script, [data-exchange] style")).to_have_count(0)
    expect(queue.locator("[data-exchange] [srcdoc]")).to_have_count(0)
    with closing(sqlite3.connect(flagged.database)) as connection, connection:
        connection.execute(
            "UPDATE chatinterface_flag SET snapshot = ?, comment = '', note = '' WHERE id = ?", [kept, pk]
        )


def test_export_downloads(queue: Page) -> None:
    for name, file in (("Export CSV", "flags.csv"), ("Export pairs", "preference-pairs.jsonl")):
        with queue.expect_download() as download:
            queue.get_by_role("link", name=name).click()
        assert download.value.suggested_filename == file
        assert download.value.path().stat().st_size > 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_axe(
    new_context: Callable[..., BrowserContext], flagged: Server, console: Console, scheme: str, width: int
) -> None:
    console.allow(r"/favicon\.ico")
    # Axe puts styles into the shadow trees that it looks at.
    console.allow(r"Applying inline style")
    console.allow("postMessage")  # Axe speaks to its like in a frame that has no origin.
    page = new_context(color_scheme=scheme, viewport={"width": width, "height": 800}).new_page()
    log_in(page, flagged)
    page.keyboard.press("n")
    page.wait_for_url("**/change/**")
    for fold in page.locator(".ci-said summary").all():
        fold.click()
    accessible(page)
    page.goto(flagged.url(f"{LIST}summary/"))
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_whole_queue_by_keyboard(queue: Page, flagged: Server) -> None:
    """From the list through every flag that waits, with a note, without a mouse."""
    waiting = count(flagged, "open")
    before = count(flagged, "accepted"), count(flagged, "dismissed")
    assert waiting > 2
    queue.keyboard.press("n")
    queue.wait_for_url("**/change/**")
    for number in range(waiting):
        expect(queue.locator(".ci-way span")).to_contain_text(str(waiting - number))
        here = queue.url
        if number == 0:
            queue.keyboard.press("e")
            expect(queue.locator("#ci-note")).to_be_focused()
            queue.keyboard.type("A dog and a note")
            queue.keyboard.press("Escape")
        queue.keyboard.press("a" if number % 2 == 0 else "d")
        if number < waiting - 1:
            expect(queue).not_to_have_url(here)
    expect(queue.locator(".messagelist")).to_contain_text("No other flag is waiting.")
    after = count(flagged, "accepted"), count(flagged, "dismissed")
    assert (sum(after) - sum(before), count(flagged, "open")) == (waiting, 0)
    assert flagged.query("SELECT COUNT(*) FROM chatinterface_flag WHERE note LIKE '%A dog and a note%'") == [(1,)]
    queue.keyboard.press("l")
    queue.wait_for_url(f"**{LIST}")
    expect(queue.locator("[data-key=n]")).to_have_count(0)
