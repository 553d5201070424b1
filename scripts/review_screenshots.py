"""Take the pictures of docs/review.md: flags on a chat's page, and their review in the admin."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from scripts.screenshots import IMAGES
from tests.server import Server, environment, make_database, manage
from tests.services import chromium

LIST = "/admin/chatinterface/flag/"
SIZE = (1280, 800)


def chat(page: Page, server: Server) -> None:
    """A reply that is flagged, with the menu of further options open."""
    page.goto(server.url("/chat/advisor/"))
    page.locator("[data-chat-input]").fill("Shall I buy a boat?")
    page.locator("[data-chat-input]").press("Enter")
    expect(page.locator("[data-role=assistant]")).to_have_attribute("data-status", "done", timeout=60_000)
    page.locator("[data-value=Dislike]").click()
    expect(page.locator("[data-value=Dislike]")).to_have_attribute("aria-pressed", "true")
    page.locator("[name=comment]").fill("I asked for a yes or a no.")
    page.mouse.move(0, 0)


def queue(page: Page, server: Server) -> None:
    """What is to be reviewed."""
    log_in(page, server)
    # Beside the filters there is more room for the list without the other models.
    page.locator("#toggle-nav-sidebar").click()


def flag(page: Page, server: Server) -> None:
    """The review of a flag that has a comment, and what was said before it."""
    log_in(page, server)
    page.goto(server.url(f"{LIST}?option=Wrong&status__exact=open"))
    page.locator(".field-subject a").first.click()
    page.locator("#toggle-nav-sidebar").click()
    page.locator(".ci-said summary").first.click()
    page.locator("#ci-note").fill("The minimum is missing in the table of plans.")


def summary(page: Page, server: Server) -> None:
    """The summary of a month."""
    log_in(page, server)
    page.goto(server.url(f"{LIST}summary/"))
    page.locator("#toggle-nav-sidebar").click()


def log_in(page: Page, server: Server) -> None:
    """As a reviewer, to the list."""
    page.goto(server.url(f"/admin/login/?next={LIST}"))
    page.locator("[name=username]").fill("admin")
    page.locator("[name=password]").fill("admin")
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"**{LIST}")


PICTURES: dict[str, tuple[Callable[[Page, Server], None], bool]] = {
    "flag-chat.png": (chat, False),
    "review-list.png": (queue, False),
    "review-flag.png": (flag, False),
    "review-flag-dark.png": (flag, True),
    "review-summary.png": (summary, False),
}


def take(browser: Browser, server: Server, name: str) -> None:
    """Take one picture."""
    show, dark = PICTURES[name]
    width, height = (960, 640) if show is chat else SIZE
    context = browser.new_context(
        color_scheme="dark" if dark else "light",
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
    )
    page = context.new_page()
    show(page, server)
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=IMAGES / name, animations="disabled")
    context.close()


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        server = Server(Path(directory), make_database(Path(directory) / "template.sqlite3"))
        manage("demo_flags", env=environment(server.database))
        server.start()
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        try:
            for name in PICTURES:
                take(browser, server, name)
                print(IMAGES / name)
        finally:
            browser.close()
            server.kill9()


if __name__ == "__main__":
    main()
