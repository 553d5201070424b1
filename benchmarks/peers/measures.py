"""What is measured of each contender: a function from a browser and a target to named numbers.

What is there already for this project's own figures is taken from there.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from playwright.sync_api import Browser, TimeoutError

from benchmarks.measures import SENDS, Figures, Measure, load, visitor, warm_page
from benchmarks.page import Page, Wire
from benchmarks.percentiles import percentile
from benchmarks.targets import Target

# Tokens as fast as they come, and the seconds for them: what is shown by then is what counts.
LENGTHS = {2000: 25.0, 10_000: 15.0}

# As many of them as everybody shows in little time, for what they cost, and the seconds for that.
PRICED = 500
PRICED_LIMIT = 90.0

# Seconds for a reply of one token, after which its question counts as lost.
SHORT_LIMIT = 10.0

# Visitors at once, what each asks for, and the seconds that they have for it.
CROWD = 20
CROWD_TOKENS, CROWD_PAUSE = 200, 20
CROWD_LIMIT = 120.0

SMOOTH_TOKENS, SMOOTH_PAUSE = 300, 20

# A server has come to rest that computes for less than this share of so many seconds. It has so many in all for that.
REST, RESTING, REST_LIMIT = 0.1, 0.25, 20.0


@contextmanager
def rested_page(browser: Browser, target: Target) -> Iterator[Page]:
    """A page that has shown a reply already, on a server that is done with those of other pages."""
    _rest(target)
    with warm_page(browser, target) as page:
        yield page


def first_text(browser: Browser, target: Target) -> Figures:
    """From Enter to the first text of the reply in the page."""
    times = []
    with rested_page(browser, target) as page:
        for _ in range(SENDS):
            with suppress(TimeoutError):
                times.append(page.ask(1, limit=SHORT_LIMIT).first)
    lost = {"first_text_lost": float(SENDS - len(times))}
    return lost | ({"first_text_ms": statistics.median(times)} if times else {})


def throughput(browser: Browser, target: Target) -> Figures:
    """Tokens as fast as they come."""
    figures: Figures = {}
    for count, limit in LENGTHS.items():
        with rested_page(browser, target) as page:
            shown, seconds = page.take(count, limit)
        figures[f"tokens_{count}_per_s"] = shown / seconds
        if shown < count:
            figures[f"tokens_{count}_cut"] = 1.0
    return figures


def cost(browser: Browser, target: Target) -> Figures:
    """What tokens at full speed cost the page and the server."""
    with rested_page(browser, target) as page:
        busy, cpu = page.main_thread(), target.cpu()
        page.ask(PRICED, limit=PRICED_LIMIT)
        return {
            "main_thread_ms_a_token": (page.main_thread() - busy) * 1000 / PRICED,
            "cpu_ms_a_token": (target.cpu() - cpu) * 1000 / PRICED,
        }


def smoothness(browser: Browser, target: Target) -> Figures:
    """Tokens 20 ms apart."""
    with rested_page(browser, target) as page:
        cpu = target.cpu()
        gaps = page.ask(SMOOTH_TOKENS, SMOOTH_PAUSE).gaps
        used = target.cpu() - cpu
    return {
        "gap_p50_ms": percentile(gaps, 50),
        "gap_p95_ms": percentile(gaps, 95),
        "gap_max_ms": max(gaps),
        "smooth_cpu_ms_a_token": used * 1000 / SMOOTH_TOKENS,
    }


def wire(browser: Browser, target: Target) -> Figures:
    """Bytes received for each token."""
    with rested_page(browser, target) as page:
        received = Wire(page)
        page.ask(PRICED, limit=PRICED_LIMIT)
        # What follows a reply is counted with it.
        page.tab.wait_for_timeout(500)
        return {"bytes_a_token": received.bytes / PRICED}


def crowd(browser: Browser, target: Target) -> Figures:
    """Visitors at once, each with a browser of their own as far as the server knows; and the memory that they take."""
    _rest(target)
    before = target.memory()
    with ExitStack() as stack:
        pages = [Page(stack.enter_context(visitor(browser)), target).load() for _ in range(CROWD)]
        for page in pages:
            page.ready().settle()
        _warm(pages)
        for page in pages:
            page.write(CROWD_TOKENS, CROWD_PAUSE)
        cpu = target.cpu()
        for page in pages:
            page.enter()
        for page in pages:
            page.wait(CROWD_LIMIT)
        time.sleep(target.rest)
        used, held = target.cpu() - cpu, target.memory() - before
        replies = [page.reply(CROWD_TOKENS) for page in pages]
    return {
        "crowd_first_p95_ms": percentile((reply.first for reply in replies), 95),
        "crowd_gap_p95_ms": percentile((gap for reply in replies for gap in reply.gaps), 95),
        "crowd_slowest_s": max(reply.done for reply in replies) / 1000,
        "crowd_cpu_ms_a_token": used * 1000 / (CROWD * CROWD_TOKENS),
        "conversation_mb": held / CROWD,
    }


def resting(_browser: Browser, target: Target) -> Figures:
    """The memory of a server that nobody has visited."""
    time.sleep(2)
    return {"idle_mb": target.memory()}


ALL: dict[str, Measure] = {
    "resting": resting,
    "load": load,
    "first_text": first_text,
    "throughput": throughput,
    "cost": cost,
    "smoothness": smoothness,
    "wire": wire,
    "crowd": crowd,
}


def _warm(pages: Sequence[Page]) -> None:
    """Have all of them show a reply; see Page.warm()."""
    time.sleep(pages[0].target.rest)
    for page in pages:
        page.send(1)
    for page in pages:
        try:
            page.wait(SHORT_LIMIT)
        except TimeoutError:
            page.warm()
    time.sleep(pages[0].target.rest)


def _rest(target: Target) -> None:
    """Some servers go on for a while with a reply that was cut off."""
    deadline = time.monotonic() + REST_LIMIT
    while time.monotonic() < deadline:
        used = target.cpu()
        time.sleep(RESTING)
        if target.cpu() - used < REST * RESTING:
            return
