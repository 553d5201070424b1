"""Steps on the way to a reply, in a real browser: live, folded when they are done, and the same after a reload."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import Console
from tests.browser.test_accessibility import accessible
from tests.browser.visitor import Gate
from tests.server import Server


@pytest.fixture
def steps(page: Page, server: Server) -> Chat:
    """The chat `steps`."""
    return Chat(page, server).open("steps")


def step(chat: Chat, title: str) -> Locator:
    """The step of that title."""
    return chat.page.locator("details[data-step]").filter(
        has=chat.page.locator(f"xpath=./summary/span[normalize-space()='{title}']")
    )


def waits(chat: Chat) -> None:
    """The reply waits in its inner step."""
    expect(step(chat, "Outer")).to_have_attribute("data-step", "running")
    expect(step(chat, "Inner")).to_have_attribute("data-step", "running")
    expect(step(chat, "Inner")).to_contain_text("deep words")


def done(chat: Chat) -> None:
    """The reply is complete, and what it shows is what it says."""
    chat.settled()
    expect(step(chat, "Outer, renamed")).to_have_attribute("data-step", "success")
    expect(step(chat, "Inner")).to_have_attribute("data-step", "success")
    expect(step(chat, "Reasoning")).to_have_attribute("data-step", "success")
    expect(chat.body).to_contain_text("Before.")
    expect(chat.body).to_contain_text("After.")
    expect(chat.body.locator('[data-kind="json"]')).to_be_visible()


def shown(chat: Chat) -> str:
    """The reply's HTML, without what opens and closes, and what scripts have added."""
    html: str = chat.body.evaluate(
        """body => {
          const copy = body.cloneNode(true);
          copy.querySelectorAll("details").forEach((each) => each.removeAttribute("open"));
          copy.querySelectorAll("*").forEach((each) => each.removeAttribute("tabindex"));
          copy.normalize();
          return copy.innerHTML;
        }"""
    )
    return html


def test_live_and_folded(steps: Chat, gate: Gate) -> None:
    steps.send(f"show {gate}")
    waits(steps)
    expect(step(steps, "Inner").locator("p")).to_be_visible()
    gate.release()
    done(steps)
    for title in ("Outer, renamed", "Reasoning"):
        expect(step(steps, title)).not_to_have_attribute("open", "")
    expect(step(steps, "Outer, renamed").locator(".ci-step-time").first).to_contain_text(" s")


def test_reader_keeps_it_open(steps: Chat, gate: Gate) -> None:
    steps.send(f"show {gate}")
    waits(steps)
    summary = step(steps, "Outer").locator("summary").first
    summary.click()
    expect(step(steps, "Outer")).not_to_have_attribute("open", "")
    summary.click()
    gate.release()
    done(steps)
    expect(step(steps, "Outer, renamed")).to_have_attribute("open", "")
    expect(step(steps, "Inner")).not_to_have_attribute("open", "")


def test_reader_keeps_it_folded(steps: Chat, gate: Gate) -> None:
    steps.send(f"fail {gate}")
    waits(steps)
    step(steps, "Inner").locator("summary").click()
    gate.release()
    steps.settled()
    expect(step(steps, "Inner")).to_have_attribute("data-step", "failed")
    expect(step(steps, "Inner")).not_to_have_attribute("open", "")
    expect(step(steps, "Outer, renamed")).to_have_attribute("open", "")


def test_failure_tells_no_internals(steps: Chat, gate: Gate) -> None:
    steps.send(f"fail {gate}")
    waits(steps)
    gate.release()
    steps.settled()
    expect(step(steps, "Outer, renamed")).to_have_attribute("data-step", "failed")
    expect(step(steps, "Inner")).to_contain_text("This step could not be completed.")
    expect(steps.page.locator("body")).not_to_contain_text("internals")


def test_selection_holds(steps: Chat, gate: Gate) -> None:
    steps.send(f"show {gate}")
    waits(steps)
    steps.page.evaluate("getSelection().selectAllChildren(document.querySelector('[data-part-body] strong'))")
    steps.page.evaluate("window.before = document.querySelector('[data-part-body] strong')")
    gate.release()
    done(steps)
    assert steps.page.evaluate("getSelection().toString()") in {"words", ""}
    assert steps.page.evaluate("getSelection().anchorNode.isConnected && window.before.isConnected")


def test_reload_in_the_middle(steps: Chat, gate: Gate) -> None:
    steps.send(f"show {gate}")
    waits(steps)
    steps.reload()
    waits(steps)
    gate.release()
    done(steps)
    streamed = shown(steps)
    steps.reload()
    done(steps)
    assert shown(steps) == streamed


def test_second_tab(steps: Chat, gate: Gate) -> None:
    steps.send(f"show {gate}")
    waits(steps)
    other = steps.again()
    waits(other)
    gate.release()
    done(steps)
    done(other)
    assert shown(steps) == shown(other)
    steps.reload()
    assert shown(steps) == shown(other)


def test_by_keyboard(steps: Chat, gate: Gate) -> None:
    steps.send(f"show {gate}")
    waits(steps)
    gate.release()
    done(steps)
    step(steps, "Outer, renamed").locator("summary").first.focus()
    steps.page.keyboard.press("Enter")
    expect(step(steps, "Outer, renamed")).to_have_attribute("open", "")
    steps.page.keyboard.press("Space")
    expect(step(steps, "Outer, renamed")).not_to_have_attribute("open", "")


def test_no_jump_while_steps_run(steps: Chat, gate: Gate) -> None:
    """What stands above a step stays where it is when the step ends."""
    steps.send(f"show {gate}")
    waits(steps)
    height = "step => step.querySelector('summary').getBoundingClientRect().height"
    running = step(steps, "Outer").evaluate(height)
    gate.release()
    done(steps)
    assert step(steps, "Outer, renamed").evaluate(height) == running


def test_several_speakers(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("discussion").send("Rain or shine?")
    expect(chat.page.locator("[data-role=assistant]")).to_have_count(4)
    chat.settled()
    expect(chat.page.locator("[data-role=assistant] .ci-author")).to_contain_text(["Host", "Ida", "Jon", "Host"])
    expect(chat.page.locator("[data-role=assistant]").nth(2)).to_contain_text("It depends on the snacks.")
    chat.reload()
    expect(chat.page.locator("[data-role=assistant]")).to_have_count(4)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe(new_context: Callable[..., BrowserContext], server: Server, gate: Gate, scheme: str) -> None:
    """While they run, and when one has failed."""
    chat = Chat(new_context(color_scheme=scheme).new_page(), server).open("steps").send(f"fail {gate}")
    waits(chat)
    accessible(chat.page)
    gate.release()
    chat.settled()
    accessible(chat.page)


def test_long_part_is_fetched(page: Page, server: Server, gate: Gate, console: Console) -> None:
    """What is too long for a frame is fetched, and can be replaced like any other."""
    console.allow("status of 404")  # It may be stored only a moment later.
    chat = Chat(page, server).open("long_part").send(str(gate))
    code = chat.body.locator('[data-kind="code"]')
    expect(code).to_contain_text("a long line of code")
    expect(chat.body).to_contain_text("After.")
    expect(chat.body.locator("[data-fetch]")).to_have_count(0)
    gate.release()
    chat.settled()
    expect(code).to_have_count(1)
    expect(code).to_contain_text("a short one")
    expect(code).not_to_contain_text("a long line of code")
    chat.reload()
    expect(code).to_contain_text("a short one")
