"""Buttons and keys in the page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Dialog, FloatRect, Locator, Page, Route, expect

from tests.browser.chat import Chat
from tests.browser.conftest import Console
from tests.browser.test_accessibility import OVERFLOW, PHONE, accessible
from tests.browser.visitor import Gate
from tests.server import Server

DIALOG = "[data-chat-shortcuts]"
# Where the focus is shown.
FOCUSED = "() => document.activeElement.dataset.action ?? document.activeElement.localName"


@pytest.fixture
def deck(page: Page, server: Server) -> Chat:
    return Chat(page, server).open("deck")


def said(chat: Chat) -> list[str]:
    """What the log shows."""
    return [body.strip() for body in chat.page.locator("[data-message-body]").all_inner_texts()]


def tip(button: Locator) -> Locator:
    return button.locator(".ci-tip")


def overlaps(one: FloatRect, other: FloatRect) -> bool:
    """Whether two boxes have a point in common."""
    across = one["x"] < other["x"] + other["width"] and other["x"] < one["x"] + one["width"]
    return across and one["y"] < other["y"] + other["height"] and other["y"] < one["y"] + one["height"]


def blur(chat: Chat) -> None:
    """Let nothing have the focus."""
    chat.page.evaluate("() => document.activeElement.blur()")


# New buttons


def test_begins_a_conversation(deck: Chat) -> None:
    deck.action("help").click()
    expect(deck.body).to_have_text("Every button calls a function of the chat.")
    expect(deck.messages).to_have_count(1)
    expect(deck.page.locator("[data-chat-empty]")).to_have_count(0)
    expect(deck.page).to_have_url(deck.url(f"/chat/deck/c/{deck.uuid}/"))
    deck.settled()
    deck.reload()
    assert said(deck) == ["Every button calls a function of the chat."]
    deck.send("hello")
    deck.has_status("done", count=2)


def test_keeps_its_place(deck: Chat) -> None:
    """Who presses it again and again does not come upon what has something to do by then."""
    draw = deck.action("draw")
    expect(deck.action("clear")).to_be_hidden()
    place = draw.bounding_box()
    draw.click()
    deck.has_status("done", count=1)
    expect(deck.action("clear")).to_be_visible()
    assert draw.bounding_box() == place
    deck.settled()
    deck.send("hello")
    deck.has_status("done", count=2)
    expect(deck.action("undo")).to_be_visible()
    assert draw.bounding_box() == place


def test_nothing_said_leaves_the_page_as_it_is(deck: Chat) -> None:
    deck.input.fill("a draft")
    deck.action("wink").click()
    expect(deck.page.get_by_text("The dealer winks at you.")).to_be_visible()
    expect(deck.messages).to_have_count(0)
    expect(deck.page.locator("[data-chat-empty]")).to_be_visible()
    deck.settled()
    deck.reload()
    expect(deck.input).to_have_value("a draft")
    expect(deck.page.locator("[data-chat-empty]")).to_be_visible()


def test_other_tab_follows(deck: Chat) -> None:
    deck.action("draw").click()
    deck.has_status("done", count=1)
    other = deck.again()
    deck.action("help").click()
    deck.has_status("done", count=2)
    for tab in (deck, other):
        tab.has_status("done", count=2)
        tab.settled()
        expect(tab.messages).to_have_count(2)
    assert said(other) == said(deck)


def test_stop_and_refusal(page: Page, server: Server, console: Console) -> None:
    console.allow("422")
    chat = Chat(page, server).open("pressed")
    chat.action("hold").click()
    chat.holds("so far")
    expect(chat.root).to_have_attribute("data-state", "streaming")
    chat.action("other").click()
    expect(page.locator("[data-chat-notices]")).to_contain_text("still being written")
    chat.action("stop").click()
    chat.has_status("stopped", count=1)
    chat.settled()
    expect(chat.action("retry")).to_have_count(0)


def test_goes_on_after_a_reload(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("pressed")
    chat.action("hold").click()
    chat.holds("so far")
    page.wait_for_url("**/c/**")
    chat.reload()
    expect(chat.root).to_have_attribute("data-state", "streaming")
    page.keyboard.press("Escape")
    chat.has_status("stopped", count=1)


def test_rerun_of_the_reply_before_it(deck: Chat) -> None:
    deck.send("hello")
    deck.has_status("done", count=1)
    deck.action("help").click()
    deck.has_status("done", count=2)
    deck.settled()
    expect(deck.action("rerun")).to_have_count(1)
    deck.replies.first.hover()
    deck.action("rerun").click()
    deck.has_status("done", count=1)


# Before and after


def test_clear_with_callbacks_and_revert(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("blackboard").send("a line")
    chat.has_status("done", count=1)
    before = said(chat)
    chat.action("clear").click()
    expect(chat.body).to_have_text("This is said on an empty board.")
    expect(chat.messages).to_have_count(1)
    chat.settled()
    expect(chat.action("revert")).to_be_visible()
    chat.reload()
    chat.action("revert").click()
    expect(chat.messages).to_have_count(3)
    assert said(chat) == [*before, "This goes with all the rest."]


# JavaScript


def alerted(page: Page) -> list[str]:
    """What the page alerts, from now on."""
    messages: list[str] = []

    def accept(dialog: Dialog) -> None:
        messages.append(dialog.message)
        dialog.accept()

    page.on("dialog", accept)
    return messages


def test_code_reads_the_field(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("typewriter")
    messages = alerted(page)
    chat.input.fill("Hello")
    with page.expect_event("dialog"):
        chat.action("read").click()
    expect(chat.input).to_have_value("Hello")
    assert messages == ["You have typed “Hello”, 5 characters, dear reader."]
    expect(chat.messages).to_have_count(0)


def test_code_writes_to_the_field(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("typewriter")
    chat.input.fill("hello")
    chat.action("shout").click()
    expect(chat.input).to_have_value("HELLO")
    chat.reload()
    expect(chat.input).to_have_value("HELLO")
    chat.input.press("Enter")
    expect(chat.body).to_have_text("HELLO")


def test_code_of_the_inputs(page: Page, server: Server) -> None:
    """Every kind of value is read and written."""
    chat = Chat(page, server).open("pressed")
    messages = alerted(page)
    chat.action("values").click()
    expect(page.locator("[name=Number], input[type=range]").first).to_have_value("7")
    assert messages == ['[3,true,["red"],"2",0]', '[7,false,["red","blue"],"1",5]']


def test_code_that_fails_is_told(page: Page, server: Server, console: Console) -> None:
    console.allow("wrong on purpose")
    chat = Chat(page, server).open("pressed")
    chat.action("fail").click()
    expect(page.locator("[data-chat-notices]")).to_have_text("That did not work. Please try again.")


def test_code_before_what_the_button_does(page: Page, server: Server) -> None:
    """On a default button, the code sees what is about to be sent."""
    chat = Chat(page, server).open("pressed")
    messages = alerted(page)
    page.locator("[role=tab]").last.click()
    chat.page.locator("textarea[data-chat-input]").fill("typed")
    chat.action("send").click()
    expect(chat.replies).to_have_count(1)
    assert messages == ["typed"]


def test_click_waits_for_the_code(page: Page, server: Server) -> None:
    """What comes before the code is loaded does neither nothing nor the rest alone."""
    held: list[Route] = []
    free: list[bool] = []
    page.route("**/button/**", lambda route: route.continue_() if free else held.append(route))
    chat = Chat(page, server).open("pressed")
    messages = alerted(page)
    page.locator("[role=tab]").last.click()
    chat.page.locator("textarea[data-chat-input]").fill("typed")
    chat.action("send").click()
    expect(chat.page.locator("textarea[data-chat-input]")).to_have_value("typed")
    free.append(True)
    for route in held:
        route.continue_()
    expect(chat.replies).to_have_count(1)
    assert messages == ["typed"]


def test_no_script_for_other_chats(chat: Chat) -> None:
    loaded = chat.page.evaluate("() => performance.getEntriesByType('resource').map(each => each.name)")
    assert not [each for each in loaded if "button" in each or "shortcuts" in each]


# How they look


def test_tooltip_on_focus_and_by_pointing(deck: Chat) -> None:
    draw = deck.action("draw")
    expect(tip(draw)).to_be_hidden()
    draw.hover()
    expect(tip(draw)).to_be_visible()
    expect(tip(draw)).to_have_text("Draw the next card")
    deck.page.mouse.move(5, 5)
    expect(tip(draw)).to_be_hidden()
    deck.input.focus()
    deck.page.keyboard.press("Tab")
    while deck.page.evaluate(FOCUSED) != "draw":
        deck.page.keyboard.press("Tab")
    expect(tip(draw)).to_be_visible()
    expect(tip(draw)).to_have_css("opacity", "1")
    deck.page.keyboard.press("Escape")
    expect(tip(draw)).to_be_hidden()
    expect(draw).to_have_accessible_name("Draw")
    expect(draw).to_have_accessible_description("Draw the next card")


@pytest.mark.parametrize(
    ("name", "buttons"),
    [("deck", ["draw", "help", "undo", "clear"]), ("slim", ["undo", "clear"])],
    ids=["deck", "slim"],
)
def test_tooltip_covers_neither_text_nor_buttons(page: Page, server: Server, name: str, buttons: list[str]) -> None:
    chat = Chat(page, server).open(name).send("hello")
    chat.has_status("done", count=1)
    chat.settled()
    for button in buttons:
        chat.action(button).hover()
        expect(tip(chat.action(button))).to_have_css("opacity", "1")
        said = tip(chat.action(button)).bounding_box()
        assert said
        others = [page.locator(".ci-box").bounding_box(), *(chat.action(each).bounding_box() for each in buttons)]
        assert not any(overlaps(said, each) for each in others if each)
        assert said["x"] + said["width"] <= page.evaluate("document.documentElement.clientWidth")


def test_tooltip_of_a_button_that_waits_is_not_dimmed_with_it(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("pressed")
    chat.action("hold").click()
    chat.holds("so far")
    other = chat.action("other")
    expect(other.locator(".ci-label")).to_have_css("opacity", "0.5")
    expect(other).to_have_css("opacity", "1")
    chat.action("stop").click()
    chat.has_status("stopped", count=1)
    expect(other.locator(".ci-label")).to_have_css("opacity", "1")


def test_icons_alone_have_names(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("slim").send("hello")
    chat.has_status("done", count=1)
    undo = chat.action("undo")
    expect(undo).to_have_accessible_name("Undo")
    box = undo.bounding_box()
    assert box
    assert box["width"] == box["height"] == 40
    undo.hover()
    expect(tip(undo)).to_be_visible()
    root = chat.root.bounding_box()
    assert root
    assert root["width"] == 400


def test_narrow_page_collapses(new_context: Callable[..., BrowserContext], server: Server) -> None:
    """The names of undo and clear give way, and those of many new buttons; all stay in one line."""
    page = new_context(viewport=PHONE).new_page()
    chat = Chat(page, server).open("deck").send("hello")
    chat.has_status("done", count=1)
    tops = {box["y"] for each in page.locator(".ci-act:visible").all() if (box := each.bounding_box())}
    assert len(tops) == 1
    assert page.evaluate(OVERFLOW) == 0
    accessible(page)
    few = Chat(new_context(viewport=PHONE).new_page(), server).open("typewriter")
    box = few.action("read").locator(".ci-label").bounding_box()
    assert box
    assert box["width"] > 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe(new_context: Callable[..., BrowserContext], server: Server, scheme: str) -> None:
    page = new_context(color_scheme=scheme).new_page()
    chat = Chat(page, server).open("deck").send("hello")
    chat.has_status("done", count=1)
    chat.action("shuffle").hover()
    expect(tip(chat.action("shuffle"))).to_have_css("opacity", "1")
    accessible(page)
    blur(chat)
    page.keyboard.press("?")
    expect(page.locator(DIALOG)).to_be_visible()
    accessible(page)


def test_right_to_left(new_context: Callable[..., BrowserContext], server: Server) -> None:
    page = new_context(locale="ar", viewport=PHONE).new_page()
    chat = Chat(page, server).open("deck").send("hello")
    chat.has_status("done", count=1)
    undo, clear = chat.action("undo").bounding_box(), chat.action("clear").bounding_box()
    assert undo
    assert clear
    assert undo["x"] > clear["x"]
    assert page.evaluate(OVERFLOW) == 0


def test_quick_button_turns_nothing(page: Page, server: Server) -> None:
    """The state of the page does not change for what is done before it would be seen."""
    page.add_init_script(
        """
        const later = window.setTimeout;
        window.setTimeout = (call, delay, ...rest) => delay === 250 ? 0 : later(call, delay, ...rest);
        """
    )
    chat = Chat(page, server).open("deck")
    page.evaluate(
        """() => {
          window.states = [];
          const root = document.querySelector("[data-chat]");
          const observer = new MutationObserver(() => states.push(root.dataset.state));
          observer.observe(root, { attributeFilter: ["data-state"] });
        }"""
    )
    chat.action("wink").click()
    expect(page.get_by_text("The dealer winks at you.")).to_be_visible()
    page.wait_for_function("() => !document.querySelector('[data-status=running]')")
    assert page.evaluate("() => states") == []


# Hidden buttons


def test_without_a_stop_send_stays(page: Page, server: Server, gate: Gate) -> None:
    chat = Chat(page, server).open("unstoppable").send(f"hold {gate}")
    chat.holds()
    expect(chat.action("send")).to_be_visible()
    expect(chat.action("send")).to_have_text("Go")
    expect(chat.action("stop")).to_be_hidden()
    page.keyboard.press("Escape")
    gate.release()
    chat.has_status("done", count=1)


# Keys


def test_slash_goes_to_the_field(chat: Chat) -> None:
    chat.log.focus()
    chat.page.keyboard.press("/")
    expect(chat.input).to_be_focused()
    expect(chat.input).to_have_value("")
    chat.page.keyboard.type("/ and ?")
    expect(chat.input).to_have_value("/ and ?")
    expect(chat.page.locator(DIALOG)).to_have_count(0)


def test_escape_stops(chat: Chat, gate: Gate) -> None:
    chat.send(f"hold {gate}")
    chat.holds()
    chat.input.press_sequentially("draft")
    chat.page.keyboard.press("Escape")
    chat.has_status("stopped", count=1)
    expect(chat.input).to_have_value("draft")


def test_escape_leaves_an_edit_first(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("versions").send("one")
    chat.has_status("done", count=1)
    chat.settled()
    chat.input.press("ArrowUp")
    expect(page.locator("[data-chat-edit]")).to_be_focused()
    page.keyboard.type("/?")
    expect(page.locator("[data-chat-edit]")).to_have_value("one/?")
    page.keyboard.press("Escape")
    expect(page.locator("[data-chat-edit]")).to_have_count(0)


def test_dialog_lists_the_keys(chat: Chat) -> None:
    blur(chat)
    chat.page.keyboard.press("?")
    dialog = chat.page.locator(DIALOG)
    expect(dialog).to_be_visible()
    expect(dialog.locator("kbd").first).to_have_text("/")
    expect(dialog).to_contain_text("Stop the reply")
    expect(dialog).not_to_contain_text("Edit")
    chat.page.keyboard.press("?")
    expect(chat.page.locator(DIALOG)).to_have_count(1)
    chat.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_dialog_by_its_button(chat: Chat) -> None:
    button = chat.action("shortcuts")
    button.focus()
    chat.page.keyboard.press("Enter")
    expect(chat.page.locator(DIALOG)).to_be_visible()
    chat.action("close-shortcuts").click()
    expect(chat.page.locator(DIALOG)).to_have_count(0)
    expect(button).to_be_focused()


def test_dialog_in_the_language_of_the_page(new_context: Callable[..., BrowserContext], server: Server) -> None:
    """The dialog is asked for with the language that the page has."""
    page = new_context(locale="de").new_page()
    Chat(page, server).open("script")
    with page.expect_request("**/shortcuts/") as asked:
        page.locator("[data-action=shortcuts]").click()
    assert "de" in asked.value.headers["accept-language"]


def test_no_key_button_on_touch_screens(new_context: Callable[..., BrowserContext], server: Server) -> None:
    page = new_context(viewport=PHONE, is_mobile=True, has_touch=True).new_page()
    expect(Chat(page, server).open("script").action("shortcuts")).to_be_hidden()


# Focus of the field


def test_autofocus(page: Page, server: Server) -> None:
    chat = Chat(page, server).open("script")
    expect(chat.input).to_be_focused()
    Chat(page, server).open("unstoppable")
    expect(page.locator("body")).to_be_focused()
