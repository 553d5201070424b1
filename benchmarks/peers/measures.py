"""What is measured of each contender: a function from a browser and a target to named numbers.

What is there already for this project's own figures is taken from there.
"""

import statistics
import time
from contextlib import ExitStack, suppress

from playwright.sync_api import Browser, TimeoutError

from benchmarks.measures import SENDS, Figures, Measure, load, visitor, warm_page
from benchmarks.page import Page, Wire
from benchmarks.percentiles import percentile
from benchmarks.targets import Target

# Seconds for a reply, after which it counts as never complete: what is shown by then is what counts.
LIMIT = 120.0

# Seconds for a reply of one token, after which its question counts as lost.
SHORT_LIMIT = 10.0

# Of a peer whose 2,000 tokens take longer, 10,000 are not asked for.
PATIENCE = 60.0

# Visitors at once, and what each asks for.
CROWD = 20
CROWD_TOKENS, CROWD_PAUSE = 200, 20

SMOOTH_TOKENS, SMOOTH_PAUSE = 300, 20
SHORT, LONG = 2000, 10_000


def first_text(browser: Browser, target: Target) -> Figures:
    """From Enter to the first text of the reply in the page."""
    times = []
    with warm_page(browser, target) as page:
        for _ in range(SENDS):
            with suppress(TimeoutError):
                times.append(page.ask(1, limit=SHORT_LIMIT).first)
    lost = {"first_text_lost": float(SENDS - len(times))}
    return lost | ({"first_text_ms": statistics.median(times)} if times else {})


def throughput(browser: Browser, target: Target) -> Figures:
    """Tokens as fast as they come."""
    with warm_page(browser, target) as page:
        busy, cpu = page.main_thread(), target.cpu()
        figures, seconds = _speed(page, SHORT)
        figures |= {
            "main_thread_s": page.main_thread() - busy,
            "cpu_ms_a_token": (target.cpu() - cpu) * 1000 / SHORT,
        }
    if seconds <= PATIENCE:
        with warm_page(browser, target) as page:
            figures |= _speed(page, LONG)[0]
    return figures


def smoothness(browser: Browser, target: Target) -> Figures:
    """Tokens 20 ms apart."""
    with warm_page(browser, target) as page:
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
    with warm_page(browser, target) as page:
        received = Wire(page)
        page.send(SHORT)
        try:
            page.read(SHORT, LIMIT)
        except TimeoutError:
            return {}
        page.tab.wait_for_timeout(500)
        return {"bytes_a_token": received.bytes / SHORT}


def crowd(browser: Browser, target: Target) -> Figures:
    """Visitors at once, each with a browser of their own as far as the server knows; and the memory that they take."""
    before = target.memory()
    with ExitStack() as stack:
        pages = []
        for _ in range(CROWD):
            context = stack.enter_context(visitor(browser))
            pages.append(Page(context, target).open().settle().warm())
        cpu = target.cpu()
        for page in pages:
            page.send(CROWD_TOKENS, CROWD_PAUSE)
        replies = [page.read(CROWD_TOKENS, LIMIT) for page in pages]
        used, held = target.cpu() - cpu, target.memory() - before
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
    "smoothness": smoothness,
    "wire": wire,
    "crowd": crowd,
}


def _speed(page: Page, count: int) -> tuple[Figures, float]:
    """Tokens a second, and the seconds for all of them; where they do not all come in time, of those that have come."""
    page.send(count)
    try:
        seconds = page.read(count, LIMIT).done / 1000
        shown = count
    except TimeoutError:
        seconds, shown = LIMIT, len(page.numbers())
    figures = {f"tokens_{count}_per_s": shown / seconds}
    return figures | ({f"tokens_{count}_cut": 1.0} if shown < count else {}), seconds
