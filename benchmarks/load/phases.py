"""What is put on a server, each phase a function from a site to named numbers."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import product
from string import ascii_lowercase
from typing import TypeVar

from benchmarks.load.churn import churn
from benchmarks.load.gauges import Gauges
from benchmarks.load.mixture import Mixture
from benchmarks.load.visitor import Incomplete, Reply, Site, Visitor, require_complete
from benchmarks.percentiles import percentile

Figures = dict[str, float]
T = TypeVar("T")

# Milliseconds between two tokens of a stream, 50 of them a second.
PACE = 20

# Pages that are opened at the same time.
ABREAST = 20

# Seconds until what visitors have left behind must be gone: a channel layer keeps for a minute what nobody fetches.
SETTLING = 75.0

# Seconds of mixed use before what is left behind of it is counted, at most.
WARMING = 300.0

TAGS = map("".join, product("q", *[ascii_lowercase] * 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is put on a server."""

    streams: int = 100
    # Seconds over which the streams begin, and seconds in which all of them are going on.
    arriving: float = 5.0
    together: float = 10.0
    sockets: int = 1000
    churn: int = 10_000
    # Seconds of mixed use, and visitors at it.
    mixed: float = 1800.0
    visitors: int = 20
    # Visitors before anything is measured, for whom the server loads and starts whatever it needs once.
    warming: int = 40
    # Seconds until what visitors leave behind is gone, before and after each phase.
    rest: float = SETTLING


async def streams(site: Site, size: Size) -> Figures:
    """Streams at once, which begin one after the other; then all again, asked for in the same instant.

    Of a server that says what it holds, their processor time too.
    """
    used = {}
    async with audience(site, size.streams) as visitors:
        before = await site.gauges() if site.gauged else None
        spread = await _stream(visitors, size.arriving, size.together)
        if before is not None:
            seconds = size.streams * (size.arriving + size.together)
            used["streams_cpu_ms"] = (await site.gauges()).since(before)["processor"] * 1000 / seconds
        burst = await _stream(visitors, 0.0, size.together)
    return {
        "streams_incomplete": spread.incomplete,
        "streams_first_p95_ms": percentile(spread.firsts, 95),
        "streams_gap_p50_ms": percentile(spread.gaps, 50),
        "streams_gap_p95_ms": percentile(spread.gaps, 95),
        "streams_gap_max_ms": max(spread.gaps),
        "streams_slowness": percentile(spread.durations, 95) / (size.arriving + size.together),
        **used,
        "burst_incomplete": burst.incomplete,
        "burst_first_p95_ms": percentile(burst.firsts, 95),
        "burst_gap_p95_ms": percentile(burst.gaps, 95),
    }


async def idle(site: Site, size: Size) -> Figures:
    """Open sockets on which nothing happens, each of a page of its own."""
    await warm_up(site, size)
    before = await rested(site, size)
    async with audience(site, size.sockets):
        held = (await site.gauges()).since(before)
    left = (await settled(site, size, before)).since(before)
    return {"idle_kb": held["memory"] / size.sockets / 1000, "idle_tasks_left": left["tasks"]}


async def coming_and_going(site: Site, size: Size) -> Figures:
    """Sockets that connect and disconnect."""
    await warm_up(site, size)
    async with Visitor(site) as visitor:
        path = (await visitor.open()).socket_url
    await churn(site, path, max(size.churn // 10, 1))
    before = await rested(site, size)
    began = time.perf_counter()
    await churn(site, path, size.churn)
    took = time.perf_counter() - began
    left = (await settled(site, size, before)).since(before)
    return {"churn_per_s": size.churn / took} | _named("churn", left)


async def mixed(site: Site, size: Size) -> Figures:
    """Visitors who do what visitors do, for some time."""
    await warm_up(site, size)
    await Mixture(site, TAGS, visitors=size.visitors, seconds=min(size.mixed, WARMING)).run()
    before = await rested(site, size)
    mixture = Mixture(site, TAGS, visitors=size.visitors, seconds=size.mixed)
    await mixture.run()
    left = (await settled(site, size, before)).since(before)
    return {"mixed_replies": mixture.replies, "mixed_wrong": len(mixture.wrong)} | _named("mixed", left)


Phase = Callable[[Site, Size], Awaitable[Figures]]
ALL: dict[str, Phase] = {"streams": streams, "idle": idle, "churn": coming_and_going, "mixed": mixed}

# Those that are measured unless others are asked for: all but the one that takes half an hour.
SHORT = ["streams", "idle", "churn"]


@asynccontextmanager
async def audience(site: Site, count: int) -> AsyncIterator[list[Visitor]]:
    """So many visitors with their sockets open."""
    async with AsyncExitStack() as stack:
        visitors = [await stack.enter_async_context(Visitor(site)) for _ in range(count)]
        await _abreast(_enter(visitor) for visitor in visitors)
        yield visitors
        await _abreast(visitor.disconnect() for visitor in visitors)


async def warm_up(site: Site, size: Size) -> None:
    """Fill the server's pools of threads and its caches."""
    async with audience(site, size.warming) as visitors:
        await _stream(visitors, 0.0, 0.5)


async def rested(site: Site, size: Size) -> Gauges:
    """The gauges with nothing of what has just ended in them: before a phase its going would hide what that leaves."""
    await asyncio.sleep(size.rest)
    return await site.gauges()


async def settled(site: Site, size: Size, before: Gauges) -> Gauges:
    """The gauges after as much rest as before, or by the end of the time that there is for having no more to do."""
    deadline = time.monotonic() + size.rest + SETTLING
    gauges = await rested(site, size)
    while time.monotonic() < deadline:
        more = gauges.since(before)
        if all(more[name] <= 0 for name in ("tasks", "joined", "channels")):
            break
        await asyncio.sleep(1)
        gauges = await site.gauges()
    return gauges


@dataclass(frozen=True, slots=True)
class _Streamed:
    firsts: list[float]
    gaps: list[float]
    durations: list[float]
    incomplete: int


async def _stream(visitors: list[Visitor], arriving: float, together: float) -> _Streamed:
    count = round((arriving + together) * 1000 / PACE)

    async def watch(visitor: Visitor, delay: float) -> Reply | None:
        tag = next(TAGS)
        await asyncio.sleep(delay)
        try:
            reply = await visitor.follow(await visitor.ask(count, PACE, tag))
            require_complete(reply.page.html, tag, count)
            require_complete(await visitor.stored(), tag, count)
        except Incomplete as error:
            print(f"  {error}", flush=True)
            return None
        return reply

    delays = (number * arriving / len(visitors) for number in range(len(visitors)))
    watched = await asyncio.gather(*map(watch, visitors, delays))
    replies = [reply for reply in watched if reply is not None]
    return _Streamed(
        [reply.first * 1000 for reply in replies],
        [gap * 1000 for reply in replies for gap in reply.gaps],
        [reply.done for reply in replies],
        len(watched) - len(replies),
    )


async def _enter(visitor: Visitor) -> None:
    await visitor.open()
    await visitor.connect()


async def _abreast(work: Iterable[Awaitable[T]]) -> None:
    limit = asyncio.Semaphore(ABREAST)

    async def one(each: Awaitable[T]) -> None:
        async with limit:
            await each

    await asyncio.gather(*map(one, work))


def _named(phase: str, left: dict[str, float]) -> Figures:
    """What is left behind, the memory in MB."""
    return {f"{phase}_{name}": value / 1e6 if name == "memory" else value for name, value in left.items()}
