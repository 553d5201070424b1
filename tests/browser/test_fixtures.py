import re

from playwright.sync_api import Page

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
