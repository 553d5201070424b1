"""A channel layer that is a server may be lost, and whoever listens to it is told."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from channels.exceptions import ChannelFull
from channels.layers import InMemoryChannelLayer, channel_layers

import chatinterface as chat
from chatinterface import events, pulse
from chatinterface.handshake import AWAY
from chatinterface.runs.control import Control
from tests.tab import PATIENCE, Closed, Tab, communicator


class Remote(InMemoryChannelLayer):  # type: ignore[misc]
    """A layer that can be lost, as one that is a server."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        # What is wrong with it: nothing; it refuses; it takes what is sent, and loses it; it answers nobody; it
        # drops who listens; it has no room.
        self.state = "there"
        # Groups are joined while it is open; how many wanted to.
        self.door = asyncio.Event()
        self.door.set()
        self.joining = 0

    async def group_add(self, group: str, channel: str) -> None:
        self.joining += 1
        await self.door.wait()
        await super().group_add(group, channel)

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        await self._asked()
        if self.state == "full":
            raise ChannelFull
        if self.state != "deaf":
            await super().send(channel, message)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._asked()
        await super().group_send(group, message)

    async def new_channel(self, prefix: str = "specific") -> str:
        await self._asked()
        return str(await super().new_channel(prefix))

    async def receive(self, channel: str) -> dict[str, Any]:
        if self.state == "dropping":
            raise ConnectionError("dropped")
        return dict(await super().receive(channel))

    async def _asked(self) -> None:
        self.asked += 1
        if self.state == "refusing":
            raise ConnectionError("refused")
        if self.state == "hanging":
            await asyncio.Event().wait()


@pytest.fixture(autouse=True)
def layer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    monkeypatch.setattr(pulse, "INTERVAL", 0.01)
    remote, before = Remote(), channel_layers["default"]
    channel_layers.set("default", remote)
    yield remote
    channel_layers.set("default", before)


@pytest.mark.parametrize("state", ["refusing", "deaf", "hanging", "dropping"])
async def test_loss_is_told(layer: Remote, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    monkeypatch.setattr(pulse, "PATIENCE", 0.05)
    monkeypatch.setattr(events, "ANSWER", 0.05)
    lost = pulse.pulse().watch()
    layer.state = state
    async with asyncio.timeout(PATIENCE):
        await lost


async def test_all_are_told_once(layer: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "RESPITE", 0.0)
    first, second = pulse.pulse().watch(), pulse.pulse().watch()
    layer.state = "refusing"
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(first, second)
    layer.state = "there"
    again = pulse.pulse().watch()
    await asyncio.sleep(0)
    assert not again.done()
    again.cancel()


async def test_nobody_watches_nothing_beats(layer: Remote) -> None:
    before = asyncio.all_tasks()
    lost = pulse.pulse().watch()
    assert asyncio.all_tasks() > before
    lost.cancel()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*asyncio.all_tasks() - before, return_exceptions=True)
    assert asyncio.all_tasks() == before
    assert layer.channels == {}


async def test_who_is_dropped_beats_again(layer: Remote) -> None:
    lost = pulse.pulse().watch()
    layer.state = "dropping"
    async with asyncio.timeout(PATIENCE):
        await lost
    layer.state, asked = "there", layer.asked
    again = pulse.pulse().watch()
    async with asyncio.timeout(PATIENCE):
        while layer.asked < asked + 3:  # noqa: ASYNC110 -- a layer tells nobody that it is asked.
            await asyncio.sleep(0.005)
    again.cancel()


async def test_full_channel_is_no_loss(layer: Remote) -> None:
    """What says that it has no room is there; what it does then is noticed as before."""
    lost = pulse.pulse().watch()
    layer.state = "full"
    async with asyncio.timeout(PATIENCE):
        while layer.asked < 3:  # noqa: ASYNC110 -- a layer tells nobody that it is asked.
            await asyncio.sleep(0)
        assert not lost.done()
        layer.state = "refusing"
        await lost


async def test_layer_that_drops_who_listens_answers_not(layer: Remote) -> None:
    layer.state = "dropping"
    assert not await events.answers()


async def test_failed_layer_is_left_alone(layer: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has something to say to it waits for one failure, and not for one after the other."""
    monkeypatch.setattr(events, "ANSWER", 0.05)
    monkeypatch.setattr(events, "RESPITE", PATIENCE)
    layer.state = "hanging"
    with pytest.raises(events.Away):
        await events.new_channel()
    asked = layer.asked
    for _ in range(50):
        await events.stop_reply(1)
        with pytest.raises(events.Away):
            await events.new_channel()
    assert layer.asked == asked


async def test_failed_layer_is_tried_again(layer: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "RESPITE", 0.0)
    layer.state = "refusing"
    with pytest.raises(events.Away):
        await events.new_channel()
    layer.state = "there"
    assert await events.new_channel()


async def test_lost_layer_keeps_no_group(layer: Remote) -> None:
    """Who joined is in the memory of this process, and can be forgotten by it at any time."""
    channel = await events.new_channel()
    await events.join("group", channel)
    layer.state = "refusing"
    with pytest.raises(events.Away):
        await events.new_channel()
    await events.leave("group", channel)
    assert layer.groups == {}


class Stoppable:
    """A run."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()

    def stop(self) -> None:
        self.stopped.set()

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


@pytest.fixture
async def control(layer: Remote, monkeypatch: pytest.MonkeyPatch) -> Control:
    """A run's control, whose layer was lost and is there again, but that it cannot yet join anything in it."""
    monkeypatch.setattr(events, "RESPITE", 0.0)
    monkeypatch.setattr("chatinterface.runs.control.RECOVERY", 0.0)
    control = Control()
    await control.add(1, Stoppable())
    layer.door.clear()
    layer.state = "refusing"
    async with asyncio.timeout(PATIENCE):
        await pulse.pulse().watch()
        layer.state = "there"
        while layer.joining < 2:  # noqa: ASYNC110 -- a layer tells nobody that it is asked.
            await asyncio.sleep(0)
    return control


async def test_run_that_begins_while_others_join_again_is_heard(layer: Remote, control: Control) -> None:
    run = Stoppable()
    added = asyncio.create_task(control.add(2, run))
    await asyncio.sleep(0)
    layer.door.set()
    async with asyncio.timeout(PATIENCE):
        await added
        await events.stop_reply(2)
        await run.stopped.wait()
    await control.discard(1)
    await control.discard(2)


async def test_run_is_no_more_in_the_group_that_was_lost(layer: Remote, control: Control) -> None:
    layer.door.set()
    async with asyncio.timeout(PATIENCE):
        await control.add(2, Stoppable())
    assert [len(joined) for joined in layer.groups.values()] == [1, 1]
    await control.discard(1)
    await control.discard(2)
    assert layer.groups == {}


async def test_run_that_ends_while_it_joins_again_has_left(layer: Remote, control: Control) -> None:
    discarded = asyncio.create_task(control.discard(1))
    await asyncio.sleep(0)
    layer.door.set()
    async with asyncio.timeout(PATIENCE):
        await discarded
    assert layer.groups == {}


@pytest.mark.django_db(transaction=True)
async def test_sockets_are_closed(layer: Remote) -> None:
    chat.register(lambda message: message, name="mirror")
    tab = await Tab.open("mirror")
    async with tab.connected():
        layer.state = "refusing"
        with pytest.raises(Closed) as closed:
            while True:
                await tab.next()
    assert closed.value.code == AWAY


@pytest.mark.django_db(transaction=True)
async def test_no_socket_opens(layer: Remote) -> None:
    """It is not let in, and tries again: one that opens and closes would seem to be back."""
    chat.register(lambda message: message, name="mirror")
    tab = await Tab.open("mirror")
    layer.state = "refusing"
    opened = communicator(f"/ws/chatinterface/{tab.uuid}/?token={tab.token}", tab.client)
    assert (await opened.connect(PATIENCE))[0] is False
