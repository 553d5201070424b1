"""What puts a server under load: that it counts right, and that nothing is left behind of those who have gone."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.load.gauges import Gauges
from benchmarks.percentiles import percentile
from tests.server import Server

pytest.importorskip("aiohttp", reason="the benchmarks' own dependencies are not installed")

from benchmarks.load import phases
from benchmarks.load.phases import Figures, Phase, Size
from benchmarks.load.servers import KINDS, serving
from benchmarks.load.visitor import Incomplete, Site, Visitor, numbers, require_complete, require_order

HELD = Gauges(processor=1.5, memory=10_000, objects=50, tasks=3, threads=9, connections=4, joined=2, channels=1)
SMALL = Size(streams=3, arriving=0.1, together=0.4, sockets=5, churn=30, mixed=1, visitors=3, warming=4, rest=1)


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (50, 5), (90, 9), (95, 10), (100, 10)])
def test_percentile(percent: float, value: float) -> None:
    assert percentile([10, 3, 1, 2, 5, 4, 6, 9, 8, 7], percent) == value


def test_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 95)


def test_gauges_since() -> None:
    grown = replace(HELD, memory=12_000, tasks=1).since(HELD)
    assert grown == dict.fromkeys(grown, 0) | {"memory": 2000, "tasks": -2}


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:8000", "http://localhost:1", "http://[::1]:8000", "http://127.8.0.1"]
)
def test_this_machine_is_loaded(origin: str) -> None:
    assert Site(f"{origin}/chat/").origin == origin


@pytest.mark.parametrize(
    "origin",
    ["http://example.com", "https://127.0.0.1", "http://10.0.0.1:80", "http://127.0.0.1.example.com", "127.0.0.1"],
)
def test_other_machines_are_not_loaded(origin: str) -> None:
    with pytest.raises(ValueError, match="is not on this machine"):
        Site(origin)


def test_numbers_of_tokens() -> None:
    assert numbers("<p>qaa0 <b>qaa1</b> qaaEND qab2 <i title='qaa7'>qaa2</i></p>", "qaa") == [0, 1, 2]


@pytest.mark.parametrize("shown", ["qaa0 qaa1", "qaa0 qaa1 qaa2 qaa3", "qaa0 qaa2 qaa1", "qaa0 qaa1 qaa1 qaa2", ""])
def test_incomplete_is_refused(shown: str) -> None:
    with pytest.raises(Incomplete):
        require_complete(shown, "qaa", 3)


def test_complete_is_taken() -> None:
    require_complete("<p>qaa0 qaa1 <b>qaa2</b></p>", "qaa", 3)


def test_order_of_a_part() -> None:
    require_order("qaa0 qaa1", "qaa")
    with pytest.raises(Incomplete, match="out of order"):
        require_order("qaa1 qaa2", "qaa")


@pytest.fixture(scope="module", params=KINDS)
def loaded(request: pytest.FixtureRequest, database_file: Path) -> Iterator[Server]:
    """A server of each kind, as it is put under load."""
    with serving(request.param, database_file) as server:
        yield server


async def put_on(server: Server, phase: Phase) -> Figures:
    async with Site(server.url("")) as site:
        return await phase(site, SMALL)


async def test_streams_are_complete(loaded: Server) -> None:
    figures = await put_on(loaded, phases.streams)
    assert figures["streams_incomplete"] == figures["burst_incomplete"] == 0
    assert figures["streams_first_p95_ms"] > 0
    assert figures["streams_gap_max_ms"] >= figures["streams_gap_p95_ms"] >= figures["streams_gap_p50_ms"] > 0


async def test_server_that_says_nothing_of_itself(start_server: Callable[..., Server]) -> None:
    """Any that runs can be put under load: what it holds is what the benchmark's own settings tell."""
    async with Site(start_server().url(""), gauged=False) as site:
        assert (await phases.streams(site, SMALL))["streams_incomplete"] == 0


async def test_idle_sockets_go(loaded: Server) -> None:
    assert (await put_on(loaded, phases.idle))["idle_tasks_left"] <= 0


async def test_churn_leaves_nothing(loaded: Server) -> None:
    figures = await put_on(loaded, phases.coming_and_going)
    assert all(figures[f"churn_{name}"] <= 0 for name in ("tasks", "joined", "channels"))


async def test_missed_frames_are_made_up_for(loaded: Server) -> None:
    """As in a browser: a server under load may say that the log has changed, and not how."""

    class Deaf(Visitor):
        async def _take(self, frame: dict[str, Any], now: float) -> None:
            missed = frame["type"] in {"message.added", "message.settled"}
            await super()._take({"type": "log.changed"} if missed else frame, now)

    async with Site(loaded.url("")) as site, Deaf(site) as visitor:
        await visitor.open()
        await visitor.connect()
        for tag in ("qaa", "qab"):
            reply = await visitor.follow(await visitor.ask(30, 5, tag))
            require_complete(reply.page.html, tag, 30)


async def test_mixed_use_is_right(loaded: Server) -> None:
    figures = await put_on(loaded, phases.mixed)
    assert figures["mixed_wrong"] == 0
    assert figures["mixed_replies"] > 0
    assert all(figures[f"mixed_{name}"] <= 0 for name in ("tasks", "joined", "channels"))
