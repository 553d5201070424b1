from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import REFUSED, Console
from tests.browser.truth import agree
from tests.browser.visitor import Gate
from tests.browser.watching import NEXT_FRAME
from tests.server import Server

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 375, "height": 700}
# What moves for longer than anybody sees, or for ever.
MOVING = """() => document.getAnimations()
  .filter(each => each.effect.getComputedTiming().activeDuration > 5).length"""
OVERFLOW = """() => [document.documentElement, document.querySelector("[data-chat-log]")]
  .filter(each => each.scrollWidth > each.clientWidth).length"""
LONG = "say " + "unbreakable" * 30 + " `" + "code" * 60 + "` $" + "x+" * 60 + "x$"


# What fades in has not its contrast yet.
AT_REST = """() => document.getAnimations()
  .filter(each => each.effect?.getComputedTiming().endTime !== Infinity && each.playState === "running").length === 0"""
# What scrolls gets a tab stop by a module that is loaded with the first of it.
EQUIPPED = """() => Promise.all([...document.querySelectorAll("[data-chat]:has(pre, table, math)")]
  .map(root => import(root.dataset.codeUrl)))"""


def accessible(page: Page) -> None:
    """Axe finds nothing, once all that is loaded later is there and all that moves for a moment has arrived."""
    page.evaluate(EQUIPPED)
    page.wait_for_function(AT_REST)
    page.evaluate(NEXT_FRAME)
    results = Axe().run(page)
    found = results.response["violations"]
    # Not by the report of the package, which knows nothing of what stands in shadow trees.
    assert not found, "\n".join(
        f"{each['id']}: {node['target']} {node['html']}" for each in found for node in each["nodes"]
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe(
    new_context: Callable[..., BrowserContext],
    server: Server,
    gate: Gate,
    console: Console,
    scheme: str,
    viewport: dict[str, int],
) -> None:
    """In each state that the page can be in."""
    console.allow(REFUSED)
    page = new_context(color_scheme=scheme, viewport=viewport).new_page()
    chat = Chat(page, server).open("script")
    accessible(page)
    chat.ask("markdown")
    chat.send("raise 1")
    chat.has_status("failed", count=2)
    accessible(page)
    chat.send(f"hold {gate}")
    chat.holds()
    chat.input.fill("too early")
    chat.input.press("Enter")
    expect(chat.errors).not_to_be_empty()
    accessible(page)
    chat.action("stop").click()
    chat.has_status("stopped", count=3)
    accessible(page)


def test_axe_while_waiting(page: Page, server: Server, gate: Gate) -> None:
    chat = Chat(page, server).open("script").send(f"hold {gate} 0")
    expect(chat.replies.last.locator(".ci-waiting")).to_have_css("opacity", "1")
    accessible(page)


def test_axe_in_arabic(new_context: Callable[..., BrowserContext], server: Server) -> None:
    chat = Chat(new_context(locale="ar").new_page(), server).open("script").ask("markdown")
    accessible(chat.page)


def test_reply_is_announced_once(chat: Chat, gate: Gate) -> None:
    """The log is busy with a reply until it is complete."""
    expect(chat.page.get_by_role("log")).to_have_count(1)
    chat.send(f"hold {gate}")
    chat.holds()
    expect(chat.replies.last).to_have_attribute("aria-busy", "true")
    gate.release()
    chat.has_status("done", count=1)
    expect(chat.replies.last).not_to_have_attribute("aria-busy", "true")


def tab_to(chat: Chat, action: str, key: str) -> None:
    """Press the key until a button of this action has the focus."""
    button = chat.action(action).last
    for _ in range(8):
        chat.page.keyboard.press(key)
        if button.evaluate("button => button === document.activeElement"):
            return
    expect(button).to_be_focused()


def test_keyboard_alone(chat: Chat, gate: Gate) -> None:
    """Sends, stops, tries again, and copies code, without a mouse."""
    keyboard = chat.page.keyboard
    expect(chat.input).to_be_focused()
    keyboard.type(f"around {gate} ```\\ncode\\n```\\n\\nand /so on")
    keyboard.press("Enter")
    chat.holds("and")
    expect(chat.input).to_be_focused()
    keyboard.press("Tab")
    expect(chat.action("stop")).to_be_focused()
    keyboard.press("Enter")
    chat.has_status("stopped", count=1)
    expect(chat.input).to_be_focused()
    tab_to(chat, "retry", "Shift+Tab")
    gate.release()
    keyboard.press("Enter")
    chat.has_status("done", count=1)
    expect(chat.log).to_be_focused()
    tab_to(chat, "copy-code", "Tab")
    chat.stand_still()
    keyboard.press("Enter")
    expect(chat.status).to_have_text("Copied.")
    expect(chat.action("copy-code")).to_be_focused()


def test_keys_scroll_the_log(chat: Chat) -> None:
    chat.send("large 9000")
    chat.has_status("done", count=1)
    chat.at_end()
    chat.log.focus()
    chat.page.keyboard.press("Home")
    expect(chat.action("latest")).to_be_visible()
    chat.page.keyboard.press("End")
    chat.at_end()
    expect(chat.action("latest")).to_be_hidden()


def test_focus_is_seen(chat: Chat) -> None:
    """Every stop of the tab key has a ring."""
    chat.ask("say ```\\ncode\\n```")
    expect(chat.action("copy-code")).to_be_visible()
    seen = set()
    for _ in range(5):
        chat.page.keyboard.press("Shift+Tab")
        name, style = chat.page.evaluate(
            "() => [document.activeElement.outerHTML, getComputedStyle(document.activeElement).outlineStyle]"
        )
        assert style != "none", name
        seen.add(name)
    assert len(seen) == 5


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_reduced_motion(new_context: Callable[..., BrowserContext], server: Server, gate: Gate, motion: str) -> None:
    chat = Chat(new_context(reduced_motion=motion).new_page(), server).open("script").send(f"hold {gate}")
    chat.holds()
    assert (chat.page.evaluate(MOVING) == 0) == (motion == "reduce")


@pytest.mark.parametrize("language", ["ar", "he"])
def test_right_to_left(new_context: Callable[..., BrowserContext], server: Server, language: str) -> None:
    chat = Chat(new_context(locale=language, viewport=PHONE).new_page(), server).open("script")
    expect(chat.page.locator("html")).to_have_attribute("dir", "rtl")
    expect(chat.page.locator("html")).to_have_attribute("lang", language)
    chat.ask("markdown").ask(LONG)
    assert chat.page.evaluate(OVERFLOW) == 0
    agree(chat, "markdown", LONG)


def test_narrow(new_context: Callable[..., BrowserContext], server: Server) -> None:
    page = new_context(viewport={"width": 320, "height": 600}).new_page()
    chat = Chat(page, server).open("script")
    assert page.evaluate(OVERFLOW) == 0
    chat.ask("markdown").ask(LONG)
    assert page.evaluate(OVERFLOW) == 0
    accessible(page)
    expect(chat.input).to_be_in_viewport(ratio=1)
    expect(chat.action("send")).to_be_in_viewport(ratio=1)


def test_field_grows_with_its_text(chat: Chat) -> None:
    """To 40 % of the window; then it scrolls."""
    heights = []
    for lines in (1, 5, 200):
        chat.input.fill("\n".join("line" for _ in range(lines)))
        box = chat.input.bounding_box()
        assert box
        heights.append(box["height"])
    assert heights[0] < heights[1] < heights[2] <= 0.4 * WIDE["height"]
