import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.chat import Chat
from tests.browser.conftest import CUT, Console
from tests.server import Server, environment, manage

PAGE = 50
TOP = "element => element.getBoundingClientRect().top"
EARLIER = "**/log/?before=*"


@pytest.fixture(scope="module")
def address(server: Server) -> str:
    """The path of a conversation of 1,000 messages, which is the user demo's."""
    command = ("demo_conversation", "--messages=1000", "--length=200")
    return manage(*command, env=environment(server.database)).strip()


@pytest.fixture
def long(page: Page, server: Server, address: str) -> Chat:
    """That conversation's page."""
    return Chat(page, server).login("demo").visit(server.url(address))


def test_opens_with_newest(long: Chat) -> None:
    expect(long.messages).to_have_count(PAGE)
    long.at_end()


def test_place_is_kept(long: Chat) -> None:
    """What the reader looks at stays where it is when older messages come."""
    first = long.page.locator(f"[data-message='{long.messages.first.get_attribute('data-message')}']")
    routes: list[Route] = []
    long.page.route(EARLIER, lambda route: routes.append(route))
    with long.page.expect_request(EARLIER):
        long.scroll_far_up()
    expect(first).to_be_in_viewport()
    before = first.evaluate(TOP)
    routes[0].continue_()
    expect(long.messages).to_have_count(2 * PAGE)
    assert first.evaluate(TOP) == pytest.approx(before, abs=1)


def test_all_come_in_order(long: Chat) -> None:
    while (count := long.messages.count()) < 1000:
        with long.page.expect_response(EARLIER):
            long.scroll_far_up()
        expect(long.messages).to_have_count(count + PAGE)
    expect(long.page.locator("[data-chat-older]")).to_have_count(0)
    shown = long.messages.evaluate_all("all => all.map(each => Number(each.dataset.message))")
    assert shown == sorted(set(shown))


def test_end_is_found_after_a_failure(long: Chat, console: Console) -> None:
    """Older messages that did not come hold no place."""
    console.allow(CUT + "|status of 502|Error Code 502")
    long.page.route(EARLIER, lambda route: route.fulfill(status=502))
    with long.page.expect_event("console", lambda message: "502" in message.text):
        long.scroll_far_up()
    expect(long.action("latest")).to_be_visible()
    long.page.mouse.wheel(0, 100_000)
    expect(long.action("latest")).to_be_hidden()


def test_talks_on(long: Chat) -> None:
    count = long.messages.count()
    long.ask("stream 3")
    long.at_end()
    expect(long.messages).to_have_count(count + 2)
    long.reload()
    expect(long.messages).to_have_count(PAGE)
