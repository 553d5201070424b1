"""What is measured, each in a fresh browser context: a function from a target to named numbers."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, TimeoutError

from benchmarks import conversations
from benchmarks.page import Page, Wire
from benchmarks.percentiles import percentile
from benchmarks.targets import Target
from project.instruments import tokens

Figures = dict[str, float]
Measure = Callable[[Browser, Target], Figures]

SENDS = 15
HISTORY_SENDS = 5


@contextmanager
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """A context of its own: nothing in its cache, no cookies, and probes that the content policy does not stop."""
    context = browser.new_context(bypass_csp=True)
    try:
        yield context
    finally:
        context.close()


@contextmanager
def warm_page(browser: Browser, target: Target) -> Iterator[Page]:
    """A page that has shown a reply already."""
    with visitor(browser) as context:
        yield Page(context, target).open().settle().warm()


def load(browser: Browser, target: Target) -> Figures:
    """A first visit, with an Enter pressed as soon as the input is there."""
    with visitor(browser) as context:
        page = Page(context, target)
        wire = Wire(page)
        page.open()
        try:
            page.ask(1, limit=5)
            lost = 0
        except TimeoutError:
            lost = 1
        page.tab.wait_for_timeout(1000)
        figures = {"load_kb": wire.bytes / 1000, "load_requests": wire.requests, "load_usable_ms": page.usable()}
        return figures | {"load_lost": lost}


def first_text(browser: Browser, target: Target) -> Figures:
    """From Enter to the first text of the reply in the page."""
    with warm_page(browser, target) as page:
        return {"first_text_ms": statistics.median(page.ask(1).first for _ in range(SENDS))}


def throughput(browser: Browser, target: Target) -> Figures:
    """Tokens as fast as they come."""
    with warm_page(browser, target) as page:
        busy, cpu = page.main_thread(), target.cpu()
        short = page.ask(2000).done
        figures = {"main_thread_s": page.main_thread() - busy, "full_speed_cpu_s": target.cpu() - cpu}
    with warm_page(browser, target) as page:
        long = page.ask(10_000).done
    return figures | {"tokens_2000_s": short / 1000, "tokens_10000_s": long / 1000, "tokens_growth": long / short}


def smoothness(browser: Browser, target: Target) -> Figures:
    """Tokens 20 ms apart."""
    with warm_page(browser, target) as page:
        cpu = target.cpu()
        gaps = page.ask(300, 20).gaps
        return {
            "gap_p50_ms": statistics.median(gaps),
            "gap_p95_ms": percentile(gaps, 95),
            "gap_max_ms": max(gaps),
            "smooth_cpu_s": target.cpu() - cpu,
        }


def wire(browser: Browser, target: Target) -> Figures:
    """Bytes received, as multiples of the reply's text."""
    figures = {}
    for shape in tokens.SHAPES:
        for count in (2000, 8000):
            with warm_page(browser, target) as page:
                received = Wire(page)
                page.ask(count, 0, shape)
                page.tab.wait_for_timeout(500)
                size = sum(map(len, tokens.tokens(count, "qaaa", shape)))
                figures[f"wire_{shape}_{count}"] = received.bytes / size
    return figures


def history(browser: Browser, target: Target) -> Figures:
    """The server's time for a reply in a long conversation, against one in a new one."""
    if target.database is None:
        return {}
    costs = []
    for earlier in (0, 500):
        with visitor(browser) as context:
            path = conversations.make(target, context, messages=earlier)
            page = Page(context, target, path).open().settle()
            page.ask(2000)
            cpu = target.cpu()
            for _ in range(HISTORY_SENDS):
                page.ask(2000)
            costs.append((target.cpu() - cpu) / HISTORY_SENDS / 2)
    return {"history_0_cpu_s": costs[0], "history_500_cpu_s": costs[1], "history_growth": costs[1] / costs[0]}


def opening(browser: Browser, target: Target) -> Figures:
    """Opening a conversation of 1,000 messages."""
    if target.database is None:
        return {}
    with visitor(browser) as context:
        path = conversations.make(target, context, messages=1000)
        times = []
        for _ in range(SENDS):
            started = time.perf_counter()
            response = context.request.get(target.origin + path)
            times.append(time.perf_counter() - started)
            assert response.ok
        shown = response.text().count("data-message=")
        page = Page(context, target, path).open()
        page.tab.locator("[data-chat-log]").hover()
        page.tab.mouse.wheel(0, -1_000_000)
        page.tab.wait_for_function("n => document.querySelectorAll('[data-message]').length > n", arg=shown)
        return {"open_1000_ms": statistics.median(times) * 1000, "open_1000_messages": shown}


ALL: tuple[Measure, ...] = (load, first_text, throughput, smoothness, wire, history, opening)
