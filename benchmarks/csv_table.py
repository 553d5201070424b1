"""How long a CSV file of 100,000 rows takes to become a table: from its drop on the page to its first rows in view.

`python -m benchmarks.csv_table` measures it in a real Chromium against a real Daphne: once read by the standard
library, and once as the DataFrame that Panel's way hands to the callback.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import cpu_count, getloadavg
from pathlib import Path

from playwright.sync_api import Page

from benchmarks import targets
from benchmarks.browser import browser
from benchmarks.targets import Target
from tests.server import make_database

ROWS = 100_000
CHATS = {"spreadsheet": "bytes, by the standard library", "tables": "a DataFrame of pandas"}

# Drops the file, sends it as soon as it is there, and resolves when the table is drawn: seconds until each.
DROP = """async (rows) => {
  const seen = (found) => new Promise((resolve) => {
    const look = () => found() && (observer.disconnect(), resolve(performance.now()));
    const observer = new MutationObserver(look);
    observer.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
    look();
  });
  const lines = Array.from({length: rows}, (_, n) => `${n},Name ${n % 977},${n / 100},2024-05-15,café ${n % 13}`);
  const file = new File([["number,name,amount,day,place", ...lines].join("\\n")], "orders.csv", {type: "text/csv"});
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(file);
  const began = performance.now();
  document.querySelector("[data-chat-log]").dispatchEvent(new DragEvent("drop", {dataTransfer, bubbles: true}));
  const there = await seen(() => document.querySelector("[data-chat-form] .ci-file[data-state=done]"));
  document.querySelector("[data-action=send]").click();
  const first = () => document.querySelector("[data-kind=table] tbody td")?.textContent.trim() === "0";
  const shown = await seen(first);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return [there - began, shown - began, performance.now() - began].map((milliseconds) => milliseconds / 1000);
}"""
NODES = "document.getElementsByTagName('*').length"


@contextmanager
def _opened(target: Target, name: str) -> Iterator[Page]:
    with browser() as chrome:
        page = chrome.new_page()
        page.goto(f"{target.origin}/chat/{name}/")
        page.locator(targets.CONNECTED).wait_for()
        yield page


def measure(target: Target, name: str) -> tuple[list[float], float, int]:
    """Seconds until the file is uploaded, the table in the page, and drawn; the server's CPU; the page's elements."""
    with _opened(target, name) as page:
        before = target.cpu()
        seconds: list[float] = page.evaluate(DROP, ROWS)
        nodes: int = page.evaluate(NODES)
    return seconds, target.cpu() - before, nodes


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.csv_table", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"{cpu_count()} cores, on which other work took {getloadavg()[0]:.1f}; medians of {options.rounds}")
    print("| the callback gets | uploaded, s | table, s | drawn, s | server CPU, s | elements in the page |")
    print("|---|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as directory:
        database = make_database(Path(directory) / "template.sqlite3")
        with targets.chat(Path(directory) / "chat", database) as target:
            for name, given in CHATS.items():
                measure(target, name)  # What is imported only now is no part of it.
                rounds = [measure(target, name) for _ in range(options.rounds)]
                seconds = [statistics.median(each) for each in zip(*(found[0] for found in rounds), strict=True)]
                cpu = statistics.median(found[1] for found in rounds)
                nodes = statistics.median(found[2] for found in rounds)
                shown = " | ".join(f"{each:.2f}" for each in (*seconds, cpu))
                print(f"| {given} | {shown} | {nodes:.0f} |", flush=True)


if __name__ == "__main__":
    main()
