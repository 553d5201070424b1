"""A channel layer that is a server may be lost, and whoever listens to it is told."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers

import chatinterface as chat
from chatinterface import events, pulse
from chatinterface.handshake import AWAY
from tests.tab import PATIENCE, Closed, Tab, communicator


class Remote(InMemoryChannelLayer):  # type: ignore[misc]
    """A layer that can be lost, as one that is a server."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        # What is wrong with it: nothing; it refuses; it takes what is sent, and loses it; it answers nobody; it
        # drops who listens.
        self.state = "there"

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        await self._asked()
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
