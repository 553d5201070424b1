"""One page in a real Chromium: send it a message, and read off when which token was shown."""

import json
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession

from benchmarks.targets import Target

PROBE = Path(__file__).with_name("probe.js").read_text(encoding="utf-8")

# A pause of the measure itself, so that nothing of one reply is still going on during the next.
REST_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply, in milliseconds since the Enter that asked for it."""

    first: float
    done: float
    shown: tuple[float, ...]

    @property
    def gaps(self) -> list[float]:
        """The times between two changes of what the page shows."""
        return [after - before for before, after in zip(self.shown, self.shown[1:], strict=False)]


class Page:
    """A tab with the target's page, its input ready."""

    _tags = map("".join, product("q", ascii_lowercase, ascii_lowercase, ascii_lowercase))

    def __init__(self, context: BrowserContext, target: Target, path: str | None = None) -> None:
        self.target = target
        self.tab = context.new_page()
        self.protocol: CDPSession = context.new_cdp_session(self.tab)
        self.protocol.send("Performance.enable")
        self.tab.add_init_script(f"{PROBE}\nprobe.wait({json.dumps(target.input)});")
        self._path = target.path if path is None else path

    def open(self) -> "Page":
        """Load it, and wait until its input takes text; whether what is sent then is kept is for the page to see to."""
        self.tab.goto(self.target.origin + self._path, wait_until="commit")
        self.tab.wait_for_function("window.probe && probe.usable", polling=10)
        return self

    def settle(self) -> "Page":
        """Wait until the page is connected too."""
        self.tab.locator(self.target.connected).wait_for()
        return self

    def ask(self, count: int, milliseconds: int = 0, shape: str = "prose", limit: float = 60.0) -> Reply:
        """Ask for so many tokens, and wait for the last. Raises RuntimeError where one is missing or out of order."""
        tag = next(self._tags)
        field = self.tab.locator(self.target.input).first
        field.fill(f"{count} {milliseconds} {tag} {shape}")
        self.tab.evaluate("tag => probe.expect(tag)", tag)
        field.press("Enter")
        self.tab.wait_for_function("probe.done", polling=50, timeout=limit * 1000)
        time.sleep(REST_SECONDS)
        numbers = self.tab.evaluate("probe.numbers()")
        if numbers != list(range(count)):
            raise RuntimeError(f"{self.target.name}: asked for {count} tokens, {len(numbers)} are shown in this order")
        seen = self.tab.evaluate("({...probe})")
        sent = seen["sent"]
        return Reply(seen["first"] - sent, seen["done"] - sent, tuple(each - sent for each in seen["shown"]))

    def usable(self) -> float:
        """Milliseconds from the navigation to an input that takes text."""
        return float(self.tab.evaluate("probe.usable"))

    def main_thread(self) -> float:
        """The seconds that the page's main thread has been busy so far."""
        measured = self.protocol.send("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in measured if each["name"] == "TaskDuration"))


class Wire:
    """Counts what a page receives from now on: requests, and bytes with the frames of the websocket."""

    def __init__(self, page: Page) -> None:
        self.requests = 0
        self.bytes = 0
        # Not for every page: it costs the page's main thread time at each frame.
        page.protocol.send("Network.enable")
        page.protocol.on("Network.requestWillBeSent", self._request)
        page.protocol.on("Network.loadingFinished", self._response)
        page.protocol.on("Network.webSocketFrameReceived", self._frame)

    def _request(self, event: dict[str, Any]) -> None:
        self.requests += event["request"]["url"].startswith("http")

    def _response(self, event: dict[str, Any]) -> None:
        self.bytes += event["encodedDataLength"]

    def _frame(self, event: dict[str, Any]) -> None:
        size = len(event["response"]["payloadData"].encode())
        self.bytes += size + (2 if size < 126 else 4 if size < 65536 else 10)
