"""The channel layer in memory: the price of a message does not depend on how many pages are open."""

import asyncio
from typing import Any

import pytest
from channels import layers as channel_layers
from channels.exceptions import ChannelFull

from chatinterface import events, layers
from chatinterface.layers import CLEANING, InMemoryChannelLayer


@pytest.mark.parametrize("kind", [InMemoryChannelLayer, channel_layers.InMemoryChannelLayer])
async def test_memory_does_not_fail(kind: type[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "get_channel_layer", kind)
    assert not events.may_fail()


class Clock:
    """A time that only goes on when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    time = monotonic


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(layers, "time", clock)
    monkeypatch.setattr("channels.layers.time", clock)
    return clock


class Counted(dict[str, Any]):
    """Counts how often all of it is looked through."""

    looks = 0

    def items(self) -> Any:
        self.looks += 1
        return super().items()


async def test_messages_look_through_nothing(clock: Clock) -> None:
    layer = InMemoryChannelLayer()
    layer.channels = Counted()
    await layer.group_add("group", "open")
    for _ in range(50):
        await layer.group_send("group", {"type": "chat.frame"})
        assert await layer.receive("open") == {"type": "chat.frame"}
    assert layer.channels.looks == 1
    clock.now += CLEANING
    await layer.group_send("group", {"type": "chat.frame"})
    assert layer.channels.looks == 2


async def test_each_gets_its_own() -> None:
    layer = InMemoryChannelLayer()
    for name in ("one", "two"):
        await layer.group_add("group", name)
    for sent in ({"type": "flat", "text": ""}, {"type": "deep", "items": []}):
        await layer.group_send("group", sent)
        first = await layer.receive("one")
        first["text"] = "changed"
        first.get("items", []).append("changed")
        assert await layer.receive("two") == sent


async def test_full_channel_harms_no_other() -> None:
    layer = InMemoryChannelLayer(capacity=1)
    for name in ("full", "open"):
        await layer.group_add("group", name)
    await layer.send("full", {"type": "first"})
    with pytest.raises(ChannelFull):
        await layer.send("full", {"type": "second"})
    await layer.group_send("group", {"type": "second"})
    assert await layer.receive("open") == {"type": "second"}
    assert await layer.receive("full") == {"type": "first"}


async def test_message_makes_no_task() -> None:
    layer = InMemoryChannelLayer()
    for number in range(50):
        await layer.group_add("group", f"open{number}")
    tasks = asyncio.all_tasks()
    sending = layer.group_send("group", {"type": "chat.frame"})
    with pytest.raises(StopIteration):
        # It is done without waiting for anything.
        sending.send(None)
    assert asyncio.all_tasks() == tasks


async def test_what_nobody_fetches_goes(clock: Clock) -> None:
    layer = InMemoryChannelLayer(expiry=60)
    await layer.group_add("group", "left")
    await layer.group_send("group", {"type": "chat.frame"})
    assert set(layer.channels) == {"left"}
    clock.now += 61
    await layer.group_send("other", {"type": "chat.frame"})
    assert not layer.channels
    assert not layer.groups["group"]
