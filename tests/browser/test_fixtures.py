import re

import pytest
from playwright.sync_api import Page

from tests.browser.chat import Chat
from tests.browser.conftest import Console
from tests.server import Server


def test_console_sees_policy_violation(page: Page, server: Server, console: Console) -> None:
    page.goto(server.url("/accounts/login/"))
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    assert page.evaluate("window.ran") is None
    assert re.search("Content Security Policy", "".join(console.unexpected()))
    console.allow("Content Security Policy")
    assert not console.unexpected()


def test_console_sees_exception(page: Page, server: Server, console: Console) -> None:
    page.goto(server.url("/accounts/login/"))
    with page.expect_event("pageerror"):
        page.evaluate("void setTimeout(() => { throw new Error('on purpose') })")
    console.allow("on purpose")
    assert console.problems
    assert not console.unexpected()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_home_fits(page: Page, server: Server, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(server.url())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_login_page(page: Page, server: Server) -> None:
    Chat(page, server).login("demo").open("members_only")
