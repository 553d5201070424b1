"""Inputs in a real browser: tabs, every control by keyboard, what is wrong beside its field."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.browser.chat import Chat
from tests.browser.conftest import CUT, REFUSED, Console
from tests.browser.test_accessibility import OVERFLOW, PHONE, WIDE, accessible
from tests.server import Server


def tab(chat: Chat, name: str) -> Locator:
    return chat.page.get_by_role("tab", name=name, exact=True)


def said(chat: Chat) -> Locator:
    """The visitor's last message."""
    return chat.page.locator("[data-role=user]").last.locator("[data-message-body]")


def answered(chat: Chat, text: str, count: int = 1) -> None:
    chat.has_status("done", count=count)
    expect(chat.body).to_contain_text(text)


@pytest.fixture
def every(page: Page, server: Server) -> Chat:
    return Chat(page, server).open("every_input")


@pytest.fixture
def two(page: Page, server: Server) -> Chat:
    return Chat(page, server).open("text_or_number")


# What is pressed in each input, and what the callback says that it got.
KEYS = {
    "Line": (["Hello", "Enter"], "'Hello'"),
    "Lines": (["One", "Enter", "two", "Control+Enter"], "'One\\ntwo'"),
    "Secret": (["hush", "Enter"], "'hush'"),
    "Steps": (["ArrowRight", "Enter"], "4, of type int"),
    "Share": (["Home", "Enter"], "0.0, of type float"),
    "From to": (["Home", "Tab", "End", "Enter"], "(0, 100)"),
    "Count": (["ArrowUp", "Enter"], "2, of type int"),
    "Weight": (["Control+a", "0", "Enter"], "0.0, of type float"),
    "Colour": (["ArrowDown", "Control+Enter"], "'green'"),
    "Colours": (["End", "Control+Enter"], "['blue']"),
    "Size": (["ArrowRight", "Enter"], "3, of type int"),
    "Extras": (["Space", "Tab", "Space", "Enter"], "['milk', 'sugar']"),
    "I agree": (["Enter"], "False, of type bool"),
    "Light": (["Space", "Enter"], "True, of type bool"),
    "Day": (["05042026", "Enter"], "datetime.date(2026, 5, 4)"),
    "Moment": (["05042026", "Tab", "1230PM", "Enter"], "datetime.datetime(2026, 5, 4, 12, 30"),
    "Code": (["Control+a", "x = 1", "Control+Enter"], "'x = 1'"),
}


@pytest.mark.parametrize("name", KEYS)
def test_by_keyboard(every: Chat, name: str) -> None:
    keys, answer = KEYS[name]
    keyboard = every.page.keyboard
    tab(every, name).click()
    expect(every.page.locator("[data-input-panel]:visible :focus")).to_have_count(1)
    for key in keys:
        if key in {"Enter", "Tab", "Space", "Home", "End"} or key.startswith(("Arrow", "Control+")):
            keyboard.press(key)
        else:
            keyboard.type(key)
    answered(every, answer)
    accessible(every.page)


def test_colour_is_sent(every: Chat) -> None:
    tab(every, "Paint").click()
    every.page.locator("[type=color]").fill("#ff8800")
    expect(every.page.locator("[type=color] ~ output")).to_have_text("#ff8800")
    every.action("send").click()
    answered(every, "'#ff8800'")
    expect(said(every).locator("rect")).to_have_attribute("fill", "#ff8800")


def test_tabs_by_keyboard(two: Chat) -> None:
    """As the pattern for tabs says: arrows, Home and End move, and show what they come to."""
    keyboard = two.page.keyboard
    expect(two.page.get_by_role("tab", selected=True)).to_have_text("Text")
    expect(two.input).to_be_focused()
    keyboard.press("Shift+Tab")
    expect(tab(two, "Text")).to_be_focused()
    for key, name in (("ArrowRight", "Number"), ("ArrowRight", "Text"), ("ArrowLeft", "Number"), ("Home", "Text")):
        keyboard.press(key)
        expect(tab(two, name)).to_be_focused()
        expect(tab(two, name)).to_have_attribute("aria-selected", "true")
        expect(two.page.get_by_role("tabpanel")).to_have_accessible_name(name)
    keyboard.press("End")
    keyboard.press("Tab")
    expect(two.page.get_by_role("slider")).to_be_focused()
    accessible(two.page)


def test_other_tabs_keep_what_is_typed(two: Chat) -> None:
    two.input.fill("half a sen")
    tab(two, "Number").click()
    two.page.keyboard.press("ArrowRight")
    two.action("send").click()
    answered(two, "That makes 1.")
    expect(two.page.get_by_role("slider")).to_have_value("0")
    tab(two, "Text").click()
    expect(two.input).to_have_value("half a sen")
    two.input.press("Enter")
    answered(two, "That makes 10.", count=2)


def test_what_is_typed_survives_a_reload(every: Chat) -> None:
    """But for a secret; and what was sent does not come back."""
    every.page.locator("[data-chat-input]").fill("half a sen")
    tab(every, "Secret").click()
    every.page.locator("[data-chat-input]").fill("hush")
    every.reload()
    expect(every.page.locator("[data-chat-input]")).to_have_value("half a sen")
    every.page.locator("[data-chat-input]").press("Enter")
    answered(every, "'half a sen'")
    every.reload()
    expect(every.page.locator("[data-chat-input]")).to_have_value("")
    tab(every, "Secret").click()
    expect(every.page.locator("[data-chat-input]")).to_have_value("")


def test_first_message_has_an_address(two: Chat) -> None:
    """Also where it is no text."""
    tab(two, "Number").click()
    two.action("send").click()
    answered(two, "That makes 0.")
    two.page.wait_for_url(f"**/c/{two.uuid}/")
    two.reload()
    expect(said(two)).to_have_text("0")


# How much lighter or darker one colour is than the other, as WCAG has it.
CONTRAST = """() => {
    const light = (element) => {
        const parts = getComputedStyle(element).backgroundColor.match(/[0-9.]+/g).slice(0, 3);
        const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        const [red, green, blue] = parts.map((part) => linear(part / 255));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
    };
    const chosen = light(document.querySelector(".ci-tab[aria-selected=true]"));
    const strip = light(document.querySelector(".ci-tabs"));
    return Math.max(chosen, strip) / Math.min(chosen, strip);
}"""


def test_active_tab_stands_out_in_the_dark(new_context: Callable[..., BrowserContext], server: Server) -> None:
    page = new_context(color_scheme="dark").new_page()
    Chat(page, server).open("text_or_number")
    assert page.evaluate(CONTRAST) > 1.5


def test_placeholder_that_is_too_long_ends_so(new_context: Callable[..., BrowserContext], server: Server) -> None:
    page = new_context(viewport={"width": 320, "height": 700}).new_page()
    field = Chat(page, server).open("one_line").input
    expect(field).to_have_css("text-overflow", "ellipsis")
    field.fill("what is written scrolls")
    expect(field).to_have_css("text-overflow", "clip")


def test_slider_shows_its_value(two: Chat) -> None:
    tab(two, "Number").click()
    two.page.keyboard.press("End")
    expect(two.page.locator("output")).to_have_text("10")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_form_says_what_is_wrong(
    new_context: Callable[..., BrowserContext], server: Server, console: Console, viewport: dict[str, int]
) -> None:
    """Beside the field; nothing that was entered is lost."""
    console.allow(REFUSED)
    chat = Chat(new_context(viewport=viewport).new_page(), server).open("reservation")
    accessible(chat.page)
    chat.page.get_by_label("Wishes").fill("A cake")
    chat.action("send").click()
    day = chat.page.get_by_label("Day")
    expect(day).to_be_focused()
    expect(day).to_have_attribute("aria-invalid", "true")
    expect(day).to_have_accessible_description("This field is required.")
    expect(chat.page.get_by_role("alert")).to_contain_text("Correct what is marked")
    accessible(chat.page)
    assert chat.page.evaluate(OVERFLOW) == 0
    day.fill("2026-12-24")
    expect(day).not_to_have_attribute("aria-invalid", "true")
    day.press("Enter")
    answered(chat, "A table inside for 2 on Thursday")
    expect(said(chat)).to_contain_text("A cake")
    expect(chat.page.get_by_label("Wishes")).to_have_value("")


def test_wrong_number_is_kept(every: Chat, console: Console) -> None:
    console.allow(REFUSED)
    tab(every, "Count").click()
    number = every.page.get_by_role("spinbutton")
    number.fill("")
    number.press("Enter")
    expect(every.errors).to_have_text("This field is required.")
    expect(number).to_have_attribute("aria-invalid", "true")
    number.fill("7")
    expect(every.errors).to_be_empty()
    number.press("Enter")
    answered(every, "7, of type int")


def test_inputs_below_the_chat(page: Page, server: Server, console: Console) -> None:
    console.allow(REFUSED)
    chat = Chat(page, server).open("prompted")
    prompt, words = page.get_by_label("System prompt"), page.get_by_label("Words")
    expect(prompt).to_be_hidden()
    page.get_by_text("How it answers").click()
    prompt.fill("Be brief, and then")
    words.focus()
    words.press("Home")
    accessible(page)
    chat.reload()
    page.get_by_text("How it answers").click()
    expect(prompt).to_have_value("Be brief, and then")
    chat.send("Hello")
    answered(chat, "Be")
    expect(chat.body).to_have_text("Be")
    page.goto(page.url)
    expect(prompt).to_have_value("Be brief, and then")


def test_narrow(new_context: Callable[..., BrowserContext], server: Server) -> None:
    chat = Chat(new_context(viewport={"width": 320, "height": 600}).new_page(), server).open("every_input")
    for each in chat.page.get_by_role("tab").all():
        each.click()
        assert chat.page.evaluate(OVERFLOW) == 0, each.text_content()
        expect(chat.action("send")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe(new_context: Callable[..., BrowserContext], server: Server, scheme: str) -> None:
    page = new_context(color_scheme=scheme).new_page()
    chat = Chat(page, server).open("every_input")
    for each in page.get_by_role("tab").all():
        each.click()
        accessible(page)
    chat.open("prompted")
    page.get_by_text("How it answers").click()
    accessible(page)


def test_callback_turns_every_page(page: Page, server: Server) -> None:
    """And a reload shows the same; what was typed in the other tab is kept."""
    chat = Chat(page, server).open("guided")
    chat.send("Hello")
    answered(chat, "That makes 5.")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Number")
    expect(page.get_by_role("slider")).to_be_focused()
    other = chat.again()
    expect(other.page.get_by_role("tab", selected=True)).to_have_text("Number")
    tab(other, "Text").click()
    other.input.fill("half a sen")
    tab(other, "Number").click()
    page.keyboard.press("ArrowRight")
    chat.action("send").click()
    answered(chat, "That makes 1.", count=2)
    for each in (chat, other):
        expect(each.page.get_by_role("tab", selected=True)).to_have_text("Text")
    expect(other.input).to_have_value("half a sen")
    chat.reload()
    expect(page.get_by_role("tab", selected=True)).to_have_text("Text")
    accessible(page)


def test_callback_replaces_the_input(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("interview")
    expect(page.get_by_role("tablist")).to_be_hidden()
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    answered(chat, "Hello Ada!")
    slider = page.get_by_role("slider", name="Your age")
    expect(slider).to_be_focused()
    other = chat.again()
    expect(other.page.get_by_role("slider")).to_be_visible()
    accessible(page)
    # It is sent once its value has been chosen, however long that takes here.
    page.evaluate("window.later = []; window.sooner = setTimeout; setTimeout = call => later.push(call)")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.evaluate("setTimeout = sooner; later.pop()()")
    answered(chat, "33 is a good age.", count=2)
    expect(page.get_by_role("textbox", name="Your name")).to_be_focused()
    expect(other.page.get_by_role("textbox", name="Your name")).to_be_visible()


@pytest.mark.parametrize("event", ["{isComposing: true}", "{keyCode: 229}"], ids=["composing", "as in Safari"])
def test_enter_of_an_input_method_sends_nothing(two: Chat, event: str) -> None:
    """It accepts what was composed; Safari has ended the composition by then, and says 229."""
    two.input.fill("你")
    two.input.evaluate(
        f"""input => input.pressed = input.dispatchEvent(
          new KeyboardEvent("keydown", {{key: "Enter", bubbles: true, cancelable: true, ...{event}}}))"""
    )
    # Nobody has kept the browser from doing with it what it does.
    assert two.input.evaluate("input => input.pressed") is True
    expect(two.input).to_have_value("你")
    two.input.press("Enter")
    two.has_status("done", count=1)
    expect(two.messages.first).to_contain_text("你")


def post_and_turn_away(chat: Chat) -> Route:
    """Send a first message, and open the other tab before the answer comes, which the returned route holds."""
    held: list[Route] = []
    chat.page.route("**/send/", lambda route: held.append(route), times=1)
    with chat.page.expect_request("**/send/"):
        chat.send("Hello")
    tab(chat, "Number").click()
    return held[0]


def test_answer_counts_when_another_tab_is_open(two: Chat) -> None:
    post_and_turn_away(two).continue_()
    answered(two, "That makes 5.")
    tab(two, "Text").click()
    two.send("Hello you")
    answered(two, "That makes 9.", count=2)


def test_text_without_an_answer_waits_for_its_tab(two: Chat, console: Console) -> None:
    console.allow(CUT)
    post_and_turn_away(two).abort()
    expect(two.log.get_by_text("Not sent yet.")).to_be_visible()
    tab(two, "Text").click()
    answered(two, "That makes 5.")
    two.send("Hello you")
    answered(two, "That makes 9.", count=2)


def test_retry_outlives_another_tab(two: Chat, console: Console) -> None:
    """A retry that falls due there is made once the text's own is back."""
    console.allow(CUT)
    two.page.clock.install()
    post_and_turn_away(two).abort()
    expect(two.log.get_by_text("Not sent yet.")).to_be_visible()
    two.page.clock.run_for(10_000)
    tab(two, "Text").click()
    two.page.clock.run_for(10_000)
    answered(two, "That makes 5.")


def test_next_text_stays_when_another_tab_is_open(two: Chat) -> None:
    """An Enter that came too early sends nothing else instead."""
    held: list[Route] = []
    two.page.route("**/send/", lambda route: held.append(route), times=1)
    with two.page.expect_request("**/send/"):
        two.send("Hello")
    two.send("Hello you")
    tab(two, "Number").click()
    held[0].continue_()
    answered(two, "That makes 5.")
    tab(two, "Text").click()
    expect(two.input).to_have_value("Hello you")
    two.input.press("Enter")
    answered(two, "That makes 9.", count=2)
    expect(two.replies).to_have_count(2)


def test_value_waits_for_the_answer_to_a_text(two: Chat) -> None:
    """What is sent meanwhile by another tab is what was chosen there."""
    two.send("Hello")
    answered(two, "That makes 5.")
    held: list[Route] = []
    two.page.route("**/send/", lambda route: held.append(route), times=1)
    with two.page.expect_request("**/send/"):
        two.send("Hello you")
    tab(two, "Number").click()
    two.page.keyboard.press("End")
    two.page.keyboard.press("Enter")
    held[0].fulfill(status=204)
    answered(two, "That makes 10.", count=2)
