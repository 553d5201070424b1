"""One page in a real Chromium: send it a message, and read off when which token was shown."""

import json
import re
import time
from contextlib import suppress
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

# What a page says that was given less time than it needs, and the seconds that it has to say so.
CUT = re.compile(r"probe: (\d+) tokens after ([\d.]+) ms")
CUTTING = 60.0

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

    def load(self) -> "Page":
        """Go there, and wait for nothing but the first of it."""
        self.tab.goto(self.target.origin + self._path, wait_until="commit")
        return self

    def open(self) -> "Page":
        """Load it, and wait until its input takes text; whether what is sent then is kept is for the page to see to."""
        return self.load().ready()

    def ready(self) -> "Page":
        """Wait until its input takes text."""
        self.tab.wait_for_function("window.probe && probe.usable", polling=10)
        return self

    def settle(self) -> "Page":
        """Wait until the page is connected too."""
        self.tab.locator(self.target.connected).wait_for()
        return self

    def warm(self) -> "Page":
        """Have it show a reply. A page that is stuck, as some are after an Enter that came early, is loaded anew.

        Raises TimeoutError where nothing comes.
        """
        for attempt in range(ATTEMPTS):
            time.sleep(self.target.rest)
            try:
                self.ask(50, limit=ATTEMPT_SECONDS)
                break
            except TimeoutError:
                if attempt == ATTEMPTS - 1:
                    raise
                self.open().settle()
        return self

    def ask(self, count: int, milliseconds: int = 0, shape: str = "prose", limit: float = 60.0) -> Reply:
        """Ask for so many tokens, and wait for the last.

        Raises TimeoutError where it does not come, RuntimeError where one is missing or out of order.
        """
        self.send(count, milliseconds, shape)
        return self.read(count, limit)

    def take(self, count: int, limit: float) -> tuple[int, float]:
        """Ask for so many tokens: how many were shown after how many seconds, all or those of about the time there is.

        Raises RuntimeError where none was shown by then, or where one is missing or out of order.
        """
        told: list[str] = []
        self.tab.on("console", lambda message: told.append(message.text))
        self.write(count)
        self.tab.evaluate("limit => probe.limit(limit)", limit * 1000)
        self.enter()
        with suppress(TimeoutError):
            return count, self.read(count, limit).done / 1000
        for _ in range(round(CUTTING / 0.1)):
            if cut := next(filter(None, map(CUT.fullmatch, told)), None):
                return int(cut[1]), float(cut[2]) / 1000
            self.tab.wait_for_timeout(100)
        raise RuntimeError(f"{self.target.name}: asked for {count} tokens, none was shown after {limit:g} s")

    def send(self, count: int, milliseconds: int = 0, shape: str = "prose") -> None:
        """Ask for so many tokens."""
        self.write(count, milliseconds, shape)
        self.enter()

    def write(self, count: int, milliseconds: int = 0, shape: str = "prose") -> None:
        """Have a message in the input that asks for so many tokens."""
        tag = next(self._tags)
        self.tab.locator(self.target.input).first.fill(f"{count} {milliseconds} {tag} {shape}")
        self.tab.evaluate("tag => probe.expect(tag)", tag)

    def enter(self) -> None:
        """Send what is in the input."""
        self.tab.locator(self.target.input).first.press("Enter")

    def read(self, count: int, limit: float = 60.0) -> Reply:
        """Wait for the last of the tokens that were asked for, and rest. Raises as ask() does."""
        self.wait(limit)
        time.sleep(self.target.rest)
        return self.reply(count)

    def wait(self, limit: float = 60.0) -> None:
        """Wait for the last of the tokens that were asked for. Raises TimeoutError where it does not come."""
        self.tab.wait_for_function("probe.done", polling=50, timeout=limit * 1000)

    def reply(self, count: int) -> Reply:
        """What was shown, all of which has come. Raises RuntimeError where a token is missing or out of order."""
        deadline = time.monotonic() + TIDYING
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
