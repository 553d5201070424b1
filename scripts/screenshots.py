"""Take the pictures of the README: the chat `markdown_tour` in a real browser, light, dark and on a phone."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.server import ROOT, Server, make_database
from tests.services import chromium

IMAGES = ROOT / "docs" / "images"
WIDE, PHONE = (1200, 900), (390, 800)
PICTURES = {"chat-light.png": ("light", WIDE), "chat-dark.png": ("dark", WIDE), "chat-phone.png": ("light", PHONE)}


def take(browser: Browser, server: Server, name: str) -> None:
    """Ask for the tour, and take a picture of how its reply begins."""
    scheme, (width, height) = PICTURES[name]
    page = browser.new_page(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
        device_scale_factor=2,
        is_mobile=(width, height) == PHONE,
    )
    page.goto(server.url("/chat/markdown_tour/"))
    page.locator("[data-chat-input]").fill("Show me what you can do")
    page.locator("[data-chat-input]").press("Enter")
    expect(page.locator("[data-role=assistant]")).to_have_attribute("data-status", "done", timeout=60_000)
    page.locator("[data-chat-log]").evaluate("log => log.scrollTo(0, 0)")
    page.mouse.move(0, 0)
    page.screenshot(path=IMAGES / name, animations="disabled")
    page.close()


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        database = make_database(Path(directory) / "template.sqlite3")
        server = Server(Path(directory), database).start()
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
