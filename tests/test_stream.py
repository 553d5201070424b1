import asyncio
import itertools
from collections.abc import Iterator
from itertools import pairwise
from uuid import uuid4

import pytest

from chatinterface import events
from chatinterface.content.incremental import Patch
from chatinterface.content.markdown import render
from chatinterface.content.parts import text_of
from chatinterface.runs import pace
from chatinterface.runs.stream import ReplyStream
from tests.clockwork import clock, clockwork
from tests.content.reader import Reader


class Layer:
    """Takes what is published, and when; each frame costs so many seconds of the event loop, or of waiting."""

    def __init__(self) -> None:
        self.frames: list[events.Frame] = []
        self.times: list[float] = []
        self.cost = 0.0
        self.delay = 0.0
        self.arrived = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def publish(self, uuid: object, frame: events.Frame) -> None:
        self.frames.append(frame)
        self.times.append(clock().now)
        self.arrived.set()
        clock().work(self.cost)
        await asyncio.sleep(self.delay)
        await self.open.wait()

    @property
    def html(self) -> str:
        reader = Reader()
        for frame in self.frames:
            reader.apply(Patch(frame["keep"], frame["tail"], frame["commit"], frame.get("reset", False)))
        return reader.html

    @property
    def gaps(self) -> list[float]:
        return [after - before for before, after in pairwise(self.times)]


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Layer]:
    taken = Layer()
    monkeypatch.setattr(events, "publish", taken.publish)
    yield taken


@clockwork
async def test_first_output_at_once(layer: Layer) -> None:
    await ReplyStream(uuid4(), 7).add("hello")
    assert [frame["tail"] for frame in layer.frames] == [render("hello")]


@clockwork
async def test_then_at_a_pace(layer: Layer) -> None:
    reply = ReplyStream(uuid4(), 7)
    for _ in range(100):
        await reply.add("word ")
        await asyncio.sleep(0.001)
    await reply.finish()
    # One at each interval, the first one at once, and the last one as soon as the callback has ended.
    assert len(layer.frames) <= (layer.times[-1] - layer.times[0]) / pace.INTERVAL + 2
    assert layer.html == render("word " * 100)


@clockwork
async def test_late_word_at_once(layer: Layer) -> None:
    reply = ReplyStream(uuid4(), 7)
    await reply.add("one ")
    await asyncio.sleep(pace.INTERVAL * 1.5)
    began = clock().now
    layer.arrived.clear()
    await reply.add("two")
    await layer.arrived.wait()
    assert layer.times[-1] - began < pace.INTERVAL


@clockwork
async def test_pace_widens_under_load(layer: Layer) -> None:
    layer.cost = 0.02
    reply = ReplyStream(uuid4(), 7)
    while len(layer.frames) < 6:
        await reply.add("word ")
        await asyncio.sleep(0.001)
    await reply.finish()
    assert min(layer.gaps[1:-1]) > pace.RELIEF * layer.cost * 0.9


@clockwork
async def test_pace_widens_with_slow_layer(layer: Layer) -> None:
    layer.delay = 0.02
    reply = ReplyStream(uuid4(), 7)
    while len(layer.frames) < 6:
        await reply.add("word ")
        await asyncio.sleep(0.001)
    await reply.finish()
    assert min(layer.gaps[1:-1]) > 1.4 * pace.INTERVAL


@clockwork
async def test_numbers_without_gap(layer: Layer) -> None:
    reply = ReplyStream(uuid4(), 7)
    for _ in range(50):
        await reply.add("word ")
        await asyncio.sleep(0.002)
    await reply.finish()
    assert [frame["seq"] for frame in layer.frames] == list(range(1, len(layer.frames) + 1))
    assert reply.seq == len(layer.frames)
    assert {frame["message"] for frame in layer.frames} == {7}


@clockwork
async def test_finish_says_the_rest(layer: Layer) -> None:
    reply = ReplyStream(uuid4(), 7)
    await reply.add("one ")
    await reply.add("two")
    await reply.finish()
    assert layer.html == render("one two")


@clockwork
async def test_finish_in_the_middle_of_a_patch(layer: Layer) -> None:
    reply = ReplyStream(uuid4(), 7)
    await reply.add("one ")
    layer.open.clear()
    layer.arrived.clear()
    await reply.add("two ")
    await layer.arrived.wait()
    await reply.add("three")
    finished = asyncio.create_task(reply.finish())
    await asyncio.sleep(0)
    layer.open.set()
    await finished
    assert layer.html == render("one two three")
    assert [frame["seq"] for frame in layer.frames] == [1, 2, 3]


@clockwork
async def test_nothing_after_finish(layer: Layer) -> None:
    reply = ReplyStream(uuid4(), 7)
    await reply.add("one")
    await reply.finish()
    await reply.add("two")
    await reply.replace("three")
    await asyncio.sleep(2 * pace.INTERVAL)
    assert layer.html == render("one") == render(text_of(reply.reply.flow.stored()))


@clockwork
async def test_finish_leaves_nothing_to_do(layer: Layer) -> None:
    """Also where the next patch has just become due."""
    reply = ReplyStream(uuid4(), 7)
    await reply.add("one ")
    await reply.add("two")
    reply._flush_soon()
    await reply.finish()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert layer.html == render("one two")


@clockwork
async def test_finish_without_output(layer: Layer) -> None:
    reply = ReplyStream(uuid4(), 7)
    await reply.finish()
    assert (layer.frames, reply.seq) == ([], 0)


@clockwork
async def test_replace_says_only_what_is_new(layer: Layer) -> None:
    reply = ReplyStream(uuid4(), 7)
    await reply.replace("one")
    await reply.replace("one two")
    await reply.finish()
    assert layer.html == render("one two")
    assert "one" not in layer.frames[-1]["tail"]


@clockwork
async def test_snapshot_is_what_was_published(layer: Layer) -> None:
    reply = ReplyStream(uuid4(), 7)
    await reply.add("one ")
    await reply.add("two")
    frame = reply.snapshot()
    assert (frame["reset"], frame["seq"], frame["message"]) == (True, 1, 7)
    reader = Reader()
    reader.apply(Patch(frame["keep"], frame["tail"], frame["commit"], reset=True))
    assert reader.html == layer.html == render("one ")
    await reply.finish()


@clockwork
async def test_greedy_callback_lets_others_go_on(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.thread_time", itertools.count(step=pace.SLICE / 10).__next__)
    turns = 0
    done = False

    async def other() -> None:
        nonlocal turns
        while not done:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    reply = ReplyStream(uuid4(), 7)
    for _ in range(1000):
        await reply.add("word ")
    await reply.finish()
    done = True
    await task
    assert turns > 5
