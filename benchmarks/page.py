"""One page in a real Chromium: send it a message, and read off when which token was shown."""

import json
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, TimeoutError

from benchmarks.targets import Target

PROBE = Path(__file__).with_name("probe.js").read_text(encoding="utf-8")

# Seconds that a page has to put in order what it shows, once all of it is there.
TIDYING = 2.0

# The opcode of a websocket's frame of text.
TEXT = 1

# How often a page is asked for its first reply, and the seconds for each.
ATTEMPTS = 4
ATTEMPT_SECONDS = 15.0


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

    def warm(self) -> "Page":
        """Have it show a reply. Some pages lose what is sent before they are connected: it is sent again.

        Raises TimeoutError where nothing comes.
        """
        for attempt in range(ATTEMPTS):
            try:
                self.ask(50, limit=ATTEMPT_SECONDS)
                break
            except TimeoutError:
                if attempt == ATTEMPTS - 1:
                    raise
        return self

    def ask(self, count: int, milliseconds: int = 0, shape: str = "prose", limit: float = 60.0) -> Reply:
        """Ask for so many tokens, and wait for the last.

        Raises TimeoutError where it does not come, RuntimeError where one is missing or out of order.
        """
        self.send(count, milliseconds, shape)
        return self.read(count, limit)

    def send(self, count: int, milliseconds: int = 0, shape: str = "prose") -> None:
        """Ask for so many tokens."""
        tag = next(self._tags)
        field = self.tab.locator(self.target.input).first
        field.fill(f"{count} {milliseconds} {tag} {shape}")
        self.tab.evaluate("tag => probe.expect(tag)", tag)
        field.press("Enter")

    def read(self, count: int, limit: float = 60.0) -> Reply:
        """Wait for the last of the tokens that were asked for. Raises as ask() does."""
        self.tab.wait_for_function("probe.done", polling=50, timeout=limit * 1000)
        deadline = time.monotonic() + TIDYING
        time.sleep(self.target.rest)
        while (numbers := self.numbers()) != list(range(count)):
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"{self.target.name}: asked for {count} tokens, {len(numbers)} are shown in this order"
                )
            time.sleep(0.1)
        seen = self.tab.evaluate("({...probe})")
        sent = seen["sent"]
        return Reply(seen["first"] - sent, seen["done"] - sent, tuple(each - sent for each in seen["shown"]))

    def numbers(self) -> list[int]:
        """The numbers of the tokens that the page shows of the last reply, in their order."""
        shown: list[int] = self.tab.evaluate("probe.numbers()")
        return shown

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
        self._frames = 0
        # The bytes of each response: as they were sent, with its headers, once it is over; those of its body before.
        self._responses: dict[str, int] = {}
        # Not for every page: it costs the page's main thread time at each frame.
        page.protocol.send("Network.enable")
        page.protocol.on("Network.requestWillBeSent", self._request)
        page.protocol.on("Network.dataReceived", self._data)
        page.protocol.on("Network.loadingFinished", self._response)
        page.protocol.on("Network.webSocketFrameReceived", self._frame)

    @property
    def bytes(self) -> int:
        """All bytes so far."""
        return self._frames + sum(self._responses.values())

    def _request(self, event: dict[str, Any]) -> None:
        self.requests += event["request"]["url"].startswith("http://127.0.0.1")

    def _data(self, event: dict[str, Any]) -> None:
        self._responses[event["requestId"]] = self._responses.get(event["requestId"], 0) + event["dataLength"]

    def _response(self, event: dict[str, Any]) -> None:
        self._responses[event["requestId"]] = event["encodedDataLength"]

    def _frame(self, event: dict[str, Any]) -> None:
        frame = event["response"]
        # What is not text is told in base64.
        text = frame["opcode"] == TEXT
        size = len(frame["payloadData"].encode()) if text else len(frame["payloadData"]) * 3 // 4
        self._frames += size + (2 if size < 126 else 4 if size < 65536 else 10)
