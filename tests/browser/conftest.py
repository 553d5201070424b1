import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright

from tests import services
from tests.browser.chat import Chat
from tests.browser.visitor import Gate
from tests.server import Server

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]

# Milliseconds after which what is waited for counts as never coming.
PATIENCE = 60_000

# What Chromium and htmx report of a connection that is not there, and of an answer that refuses.
CUT = r"net::ERR_|WebSocket|htmx:(sendError|afterRequest)"
REFUSED = r"status of 422"


class Console:
    """What went wrong in the pages of a test: console errors, exceptions, violations of the content policy."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._allowed: list[str] = []

    def allow(self, pattern: str) -> None:
        """Let problems pass that match this regular expression, such as those of a connection that the test cuts."""
        self._allowed.append(pattern)

    def watch(self, page: Page) -> None:
        page.on("console", self._read)
        page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))

    def unexpected(self) -> list[str]:
        """The problems that were not allowed."""
        return [each for each in self.problems if not any(re.search(pattern, each) for pattern in self._allowed)]

    def _read(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all tests."""
    chromium = playwright.chromium.launch(executable_path=services.chromium(), args=ARGUMENTS)
    yield chromium
    chromium.close()


@pytest.fixture
def console() -> Iterator[Console]:
    """Fails the test when a page reports a problem, unless it is allowed."""
    console = Console()
    yield console
    assert not console.unexpected()


@pytest.fixture
def new_context(browser: Browser, console: Console) -> Iterator[Callable[..., BrowserContext]]:
    """Another visitor, with cookies of its own; keywords as Playwright's `browser.new_context`."""
    opened: list[BrowserContext] = []

    def new(**options: object) -> BrowserContext:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        context.on("page", console.watch)
        opened.append(context)
        return context

    yield new
    for context in opened:
        context.close()


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    """The visitor of the test: cookies of its own, nothing shared with another test."""
    return new_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab of the visitor."""
    return context.new_page()


@pytest.fixture
def chat(page: Page, server: Server) -> Chat:
    """The chat `script` in that tab, on the server that all tests share."""
    return Chat(page, server).open("script")


@pytest.fixture
def gate(server: Server) -> Gate:
    """Where the replies of that chat wait until the test lets them go on."""
    return Gate(server)
