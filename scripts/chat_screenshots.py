"""Take pictures of every demo chat, to be looked at: empty and with an exchange, light, dark and on a phone.

``python -m scripts.chat_screenshots DIRECTORY [NAME …]`` writes them, and sheets with several of a look side by side.
"""

import argparse
import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import django
from PIL import Image
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from tests.server import Server, make_database
from tests.services import chromium

WIDE, PHONE = {"width": 1100, "height": 800}, {"width": 375, "height": 760}
LOOKS = {"light": ("light", WIDE), "dark": ("dark", WIDE), "phone": ("light", PHONE), "phone-dark": ("dark", PHONE)}
COLUMNS = {"light": 3, "dark": 3, "phone": 6, "phone-dark": 6}
ROWS = 2
# Milliseconds that a reply may take; what is still written then is a picture, too.
PATIENCE = 6_000


def names() -> list[str]:
    """The demo chats, without the instruments of tests and benchmarks."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    django.setup()
    from chatinterface import registry

    chats = registry.registered().items()
    return [name for name, chat in chats if "instruments" not in chat.function.__module__]


def pictures(page: Page, directory: Path, name: str, state: str) -> None:
    """One state of a chat in all looks."""
    for look, (scheme, size) in LOOKS.items():
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        page.mouse.move(0, 0)
        page.screenshot(path=directory / look / f"{name}-{state}.png", animations="disabled")


def say(page: Page) -> None:
    """Send something, by an example where the chat has one, and wait for what is said to it."""
    example = page.locator("[data-example]").first
    if example.count() and "runs" in (example.get_attribute("data-runs") or "runs"):
        example.click()
    control = page.locator("[data-chat-input]").first
    if control.count() and control.evaluate("each => each.matches('input:not([type]), input[type=text], textarea')"):
        control.fill(control.input_value() or "What would you take along for three days at the lake?")
    send = page.locator("[data-action=send]")
    if send.is_visible() and send.is_enabled():
        send.click()
    with suppress(TimeoutError):
        page.locator("[data-role=assistant][data-status=done]").last.wait_for(timeout=PATIENCE)


def take(browser: Browser, server: Server, directory: Path, name: str) -> None:
    """All pictures of one chat."""
    context = browser.new_context(viewport={"width": WIDE["width"], "height": WIDE["height"]})
    page = context.new_page()
    page.goto(server.url(f"/chat/{name}/"))
    if page.locator("[name=username]").count():
        for field in ("username", "password"):
            page.locator(f"[name={field}]").fill("admin")
        page.locator("[name=password]").press("Enter")
    page.locator("[data-chat][data-connection=open]").wait_for()
    pictures(page, directory, name, "empty")
    page.set_viewport_size({"width": WIDE["width"], "height": WIDE["height"]})
    say(page)
    pictures(page, directory, name, "said")
    context.close()


def sheets(directory: Path, look: str) -> Iterator[Path]:
    """The pictures of a look, several side by side."""
    columns = COLUMNS[look]
    taken = sorted((directory / look).glob("*.png"))
    for first in range(0, len(taken), columns * ROWS):
        images = [Image.open(path) for path in taken[first : first + columns * ROWS]]
        width, height = images[0].size
        sheet = Image.new("RGB", (columns * (width + 8), math.ceil(len(images) / columns) * (height + 8)), "#888888")
        for place, image in enumerate(images):
            sheet.paste(image, ((place % columns) * (width + 8), place // columns * (height + 8)))
        path = directory / f"{look}-{first // (columns * ROWS) + 1:02}.png"
        sheet.save(path)
        yield path


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.chat_screenshots", description=__doc__)
    parser.add_argument("directory", type=Path, help="where the pictures go; best outside of the repository")
    parser.add_argument("names", nargs="*", help="the chats; all of them where none is named")
    options = parser.parse_args()
    for look in LOOKS:
        (options.directory / look).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        server = Server(Path(directory), make_database(Path(directory) / "template.sqlite3")).start()
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        try:
            for name in options.names or names():
                take(browser, server, options.directory, name)
        finally:
            browser.close()
            server.kill9()
    for look in LOOKS:
        for sheet in sheets(options.directory, look):
            print(sheet)


if __name__ == "__main__":
    main()
