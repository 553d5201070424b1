"""Long conversations to open."""

from playwright.sync_api import BrowserContext

from benchmarks.targets import Target
from tests.server import environment, manage


def make(target: Target, context: BrowserContext, messages: int) -> str:
    """Log the visitor in as demo, and give them a conversation of so many messages of 2,000 characters; its path."""
    assert target.database is not None
    _login(target, context)
    arguments = ("--chat=bench", "--user=demo", f"--messages={messages}", "--length=2000")
    return manage("demo_conversation", *arguments, env=environment(target.database)).strip()


def _login(target: Target, context: BrowserContext) -> None:
    tab = context.new_page()
    tab.goto(f"{target.origin}/accounts/login/")
    tab.locator("[name=username]").fill("demo")
    tab.locator("[name=password]").fill("demo")
    tab.locator("[name=password]").press("Enter")
    tab.locator(".site-user").wait_for()
    tab.close()
