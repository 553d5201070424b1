"""Components in a real browser, under a strict policy: the gallery, and what can be done with what it shows."""

from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, BrowserContext, FrameLocator, Locator, Page, Route, expect

from tests.browser.chat import Chat
from tests.browser.conftest import Console
from tests.browser.test_accessibility import OVERFLOW, PHONE, WIDE, accessible
from tests.browser.test_attaching import chips, pick
from tests.browser.watching import SHIFTS
from tests.server import Server

KINDS = ["words", "pictures", "media", "tables", "plots", "layouts"]
NODES = "document.querySelectorAll('*').length"
SMALL = 3000


@pytest.fixture
def gallery(page: Page, server: Server) -> Callable[[str], Chat]:
    """Open the gallery, and have it show a kind."""

    def show(kind: str) -> Chat:
        return asked(page, server, kind)

    return show


def asked(page: Page, server: Server, kind: str) -> Chat:
    chat = Chat(page, server).open("gallery").send(kind)
    chat.has_status("done", count=1)
    expect(chat.root).to_have_attribute("data-dressed", "")
    return chat


def part(chat: Chat, kind: str, number: int = 0) -> Locator:
    return chat.body.locator(f"[data-kind={kind}]").nth(number)


def cells(table: Locator, column: int) -> list[str]:
    return table.locator(f"tbody td:nth-child({column})").all_inner_texts()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("scheme", "viewport"), [("light", WIDE), ("dark", PHONE)], ids=["light", "dark phone"])
def test_axe(
    new_context: Callable[..., BrowserContext],
    server: Server,
    console: Console,
    kind: str,
    scheme: str,
    viewport: dict[str, int],
) -> None:
    console.allow("postMessage")  # Axe speaks to its like in a frame that has no origin.
    page = new_context(color_scheme=scheme, viewport=viewport).new_page()
    asked(page, server, kind)
    accessible(page)
    assert page.evaluate(OVERFLOW) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_same_after_reload(gallery: Callable[[str], Chat], kind: str) -> None:
    chat = gallery(kind)
    before = chat.body.text_content()
    chat.reload()
    assert chat.body.text_content() == before


def test_reload_shifts_nothing(gallery: Callable[[str], Chat]) -> None:
    """All that is loaded later has its place from the first."""
    chat = gallery("pictures")
    chat.page.add_init_script(SHIFTS)
    chat.reload()
    expect(part(chat, "gallery").locator("img").last).to_have_js_property("complete", value=True)
    assert chat.page.evaluate("shifts.reduce((sum, [value]) => sum + value, 0)") < 0.1


def test_nothing_is_loaded_for_text(page: Page, server: Server) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    chat = Chat(page, server).open("script").ask("say plain")
    assert not [url for url in loaded if "components" in url]
    chat.reload()
    assert not [url for url in loaded if "components" in url]


def test_table_sorts(gallery: Callable[[str], Chat]) -> None:
    table = part(gallery("tables"), "table")
    heading = table.get_by_role("button", name="total")
    heading.click()
    expect(table.locator("th[aria-sort=ascending]")).to_have_text("total")
    totals = [float(text) for text in cells(table, 3)]
    assert totals == sorted(totals)
    heading.click()
    expect(table.locator("th[aria-sort=descending]")).to_have_text("total")
    assert float(cells(table, 3)[0]) > 890
    heading.click()
    expect(table.locator("th[aria-sort]")).to_have_count(0)
    assert cells(table, 1)[0] == "1"


def test_table_filters_and_pages(gallery: Callable[[str], Chat]) -> None:
    chat = gallery("tables")
    table = part(chat, "table")
    table.get_by_role("searchbox").fill("grace hopper")
    expect(table.locator(".ci-pager > span")).not_to_have_text("1–10 of 100,000")
    assert set(cells(table, 2)) == {"Grace Hopper"}
    first = cells(table, 1)
    table.locator("[data-action=next-rows]").click()
    expect(table.locator(".ci-pager > span")).to_contain_text("11–20 of")
    assert set(cells(table, 2)) == {"Grace Hopper"}
    assert not set(cells(table, 1)) & set(first)
    expect(chat.status).to_contain_text("11–20 of")
    table.get_by_role("searchbox").fill("nobody of this name")
    expect(chat.status).to_have_text("No rows match.")


def test_table_by_keyboard(gallery: Callable[[str], Chat]) -> None:
    """What is pressed keeps the focus, though all around it is new."""
    chat = gallery("tables")
    table = part(chat, "table")
    button = table.locator("[data-action=next-rows]")
    button.focus()
    chat.page.keyboard.press("Enter")
    expect(table.locator(".ci-pager > span")).to_have_text("11–20 of 100,000")
    expect(button).to_be_focused()
    chat.page.keyboard.press("Enter")
    expect(table.locator(".ci-pager > span")).to_have_text("21–30 of 100,000")
    table.locator(".ci-rows").focus()
    expect(table.locator(".ci-rows")).to_be_focused()


def test_table_survives_reload(gallery: Callable[[str], Chat]) -> None:
    chat = gallery("tables")
    chat.reload()
    table = part(chat, "table")
    table.get_by_role("button", name="total").click()
    expect(table.locator("th[aria-sort=ascending]")).to_have_text("total")


def test_table_is_small(gallery: Callable[[str], Chat]) -> None:
    """Whatever its length."""
    chat = gallery("tables")
    expect(part(chat, "table").locator(".ci-pager > span")).to_have_text("1–10 of 100,000")
    assert chat.page.evaluate(NODES) < SMALL


def test_table_is_downloaded(gallery: Callable[[str], Chat]) -> None:
    chat = gallery("tables")
    with chat.page.expect_download() as download:
        part(chat, "table").locator("[download]").click()
    assert download.value.path().read_text("utf-8-sig").startswith("number,customer,total")


@pytest.mark.parametrize("name", ["spreadsheet", "tables"])
def test_dropped_file_is_table(page: Page, server: Server, name: str) -> None:
    """Of 100,000 rows: read by the standard library, or as a frame of pandas."""
    lines = (f"{number},Name {number % 977},{number / 100},2024-05-15" for number in range(100_000))
    content = "number,name,amount,day\n" + "\n".join(lines)
    chat = Chat(page, server).open(name)
    pick(chat, ("orders.csv", "text/csv", content.encode()))
    expect(chips(chat, "done")).to_have_count(1)
    chat.send("Show it")
    expect(part(chat, "table").locator(".ci-pager > span")).to_have_text("1–10 of 100,000")
    assert page.evaluate(NODES) < SMALL
    part(chat, "table").get_by_role("searchbox").fill("name 42")
    expect(part(chat, "table").locator(".ci-pager > span")).not_to_have_text("1–10 of 100,000")


def test_tabs(gallery: Callable[[str], Chat]) -> None:
    tabs = part(gallery("layouts"), "tabs")
    expect(tabs.get_by_role("tabpanel")).to_have_count(1)
    expect(tabs.get_by_role("tabpanel", name="Cities")).to_be_visible()
    tabs.get_by_role("tab", name="Text").click()
    expect(tabs.get_by_role("tabpanel", name="Text")).to_have_text("Just text.")
    expect(tabs.get_by_role("tabpanel")).to_have_count(1)


def test_tabs_by_keyboard(gallery: Callable[[str], Chat]) -> None:
    chat = gallery("layouts")
    tabs = part(chat, "tabs")
    tabs.get_by_role("tab", name="Cities").focus()
    for key, name in [
        ("ArrowRight", "Code"),
        ("End", "Text"),
        ("ArrowRight", "Cities"),
        ("ArrowLeft", "Text"),
        ("Home", "Cities"),
    ]:
        chat.page.keyboard.press(key)
        expect(tabs.get_by_role("tab", name=name)).to_be_focused()
        expect(tabs.get_by_role("tab", selected=True)).to_have_text(name)
    chat.page.keyboard.press("Tab")
    expect(tabs.get_by_role("tabpanel")).to_be_focused()


def test_accordion(gallery: Callable[[str], Chat]) -> None:
    accordion = part(gallery("layouts"), "accordion")
    expect(accordion.get_by_text("Closed,")).to_be_hidden()
    accordion.get_by_text("Second").click()
    expect(accordion.get_by_text("Closed,")).to_be_visible()


def test_picture_is_enlarged(gallery: Callable[[str], Chat]) -> None:
    chat = gallery("pictures")
    keyboard = chat.page.keyboard
    second = part(chat, "gallery").locator("[data-action=enlarge]").nth(1)
    second.click()
    dialog = chat.page.get_by_role("dialog")
    expect(dialog.locator("img")).to_have_attribute("alt", "Hills, number 3")
    accessible(chat.page)
    keyboard.press("ArrowRight")
    expect(dialog.locator("img")).to_have_attribute("alt", "Hills, number 4")
    dialog.get_by_role("button", name="Previous picture").click()
    expect(dialog.locator("img")).to_have_attribute("alt", "Hills, number 3")
    keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(second).to_be_focused()


def test_lone_picture_has_no_others(gallery: Callable[[str], Chat]) -> None:
    chat = gallery("pictures")
    part(chat, "image").locator("[data-action=enlarge]").click()
    expect(chat.page.get_by_role("dialog").get_by_role("button")).to_have_count(1)


def test_enlarged_picture_is_saved(gallery: Callable[[str], Chat]) -> None:
    chat = gallery("pictures")
    part(chat, "gallery").locator("[data-action=enlarge]").nth(1).click()
    dialog = chat.page.get_by_role("dialog")
    with chat.page.expect_download() as saved:
        dialog.get_by_role("link", name="Download").click()
    assert saved.value.suggested_filename == "Hills, number 3.svg"


def test_nothing_saves_where_the_chat_has_it_so(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("behind_glass").send("show")
    chat.has_status("done", count=1)
    expect(part(chat, "table").locator("td").first).to_be_visible()
    expect(part(chat, "table").locator("[download]")).to_be_hidden()
    assert part(chat, "audio").locator("audio").evaluate("audio => [...audio.controlsList]") == ["nodownload"]
    part(chat, "image").locator("[data-action=enlarge]").click()
    expect(page.get_by_role("dialog").locator("img")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("link")).to_have_count(0)


def test_code_wraps(gallery: Callable[[str], Chat]) -> None:
    chat = gallery("words")
    code = part(chat, "code").locator("code")
    wrap = part(chat, "code").get_by_role("button", name="Wrap long lines")
    assert code.evaluate("code => code.scrollWidth > code.clientWidth")
    wrap.click()
    expect(wrap).to_have_attribute("aria-pressed", "true")
    assert code.evaluate("code => code.scrollWidth <= code.clientWidth")
    wrap.click()
    assert code.evaluate("code => code.scrollWidth > code.clientWidth")


def test_sound_plays(gallery: Callable[[str], Chat]) -> None:
    """The whole way through the policy, the guard and the ranges."""
    audio = part(gallery("media"), "audio").locator("audio")
    expect(audio).to_have_js_property("duration", 1)


def framed(chat: Chat, number: int) -> FrameLocator:
    frame = part(chat, "frame", number).locator("iframe")
    frame.scroll_into_view_if_needed()
    return frame.content_frame


def test_plotly_draws(gallery: Callable[[str], Chat]) -> None:
    chat = gallery("plots")
    expect(framed(chat, 0).locator(".gtitle")).to_have_text("A figure of plotly")


def test_frame_takes_its_height(gallery: Callable[[str], Chat]) -> None:
    chat = gallery("plots")
    frame = part(chat, "frame", -1).locator("iframe")
    expect(frame.content_frame.locator("#count")).to_have_text("3")
    chat.page.wait_for_function("frame => frame.height !== '120'", arg=frame.element_handle())
    inner = frame.content_frame.locator("html").evaluate("html => html.getBoundingClientRect().height")
    assert abs(int(frame.get_attribute("height") or 0) - inner) <= 1


def test_picture_waits_for_the_visitor_to_be_known(page: Page, server: Server) -> None:
    """A reply that is faster than the answer to the first message refers to what only its owner may load."""
    waiting: list[tuple[Route, APIResponse]] = []
    arrived: list[str] = []
    page.route("**/send/", lambda route: waiting.append((route, route.fetch())))
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: arrived.append(str(frame))))
    chat = Chat(page, server).open("gallery").send("pictures")
    while not (waiting and any("message.settled" in frame for frame in arrived)):
        page.wait_for_timeout(20)
    expect(chat.body.locator("img")).to_have_count(0)
    route, response = waiting[0]
    route.fulfill(response=response)
    expect(chat.body.locator("img").first).not_to_have_js_property("naturalWidth", 0)
