"""Is sending with three tabs, two of them with files, as quick as plain text, from Enter to the first of the reply?

`python -m benchmarks.tabs` asks two pages of one Chromium in turn, the order changing each time: one of the chat with
plain text, and one of the same chat with tabs, in which files are attached that stay unsent.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from os import cpu_count, getloadavg
from pathlib import Path

from playwright.sync_api import FilePayload, expect

from benchmarks import targets
from benchmarks.browser import browser
from benchmarks.page import Page
from tests.server import make_database

LIMIT = 1.5
WARMING = 3
FILE = FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"some words\n" * 1000)


def attach(page: Page) -> None:
    """Attach a file in each of the tabs that take one."""
    panels = page.tab.locator("[data-input-panel]:has([data-chat-attach])")
    for number in range(panels.count()):
        panels.nth(number).locator("[data-chat-picker]").set_input_files([FILE])
        expect(panels.nth(number).locator(".ci-file")).to_have_attribute("data-state", "done")


def measure(plain: Page, tabs: Page, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds to the first text, with plain text and with tabs."""
    times: dict[Page, list[float]] = {plain: [], tabs: []}
    for number in range(rounds + WARMING):
        for page in (plain, tabs) if number % 2 else (tabs, plain):
            page.tab.bring_to_front()
            first = page.ask(5).first
            if number >= WARMING:
                times[page].append(first)
    return times[plain], times[tabs]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tabs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds: int = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as directory, browser() as chrome:
        database = make_database(Path(directory) / "template.sqlite3")
        with targets.chat(Path(directory) / "chat", database) as target:
            context = chrome.new_context(bypass_csp=True)
            plain = Page(context, target).open().settle()
            tabs = Page(context, target, "/chat/bench_tabs/").open().settle()
            attach(tabs)
            times = [statistics.median(each) for each in measure(plain, tabs, rounds)]
    print(f"{cpu_count()} cores, on which other work took {getloadavg()[0]:.1f}; medians of {rounds}, in milliseconds")
    verdict = "PASS" if times[1] <= LIMIT * times[0] else "FAIL"
    print(f"plain text {times[0]:.1f}, three tabs {times[1]:.1f}: ratio {times[1] / times[0]:.2f} of {LIMIT} {verdict}")


if __name__ == "__main__":
    main()
