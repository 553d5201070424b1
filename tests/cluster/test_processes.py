"""Four processes that know nothing of each other but what is in the database and what goes through Redis."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from chatinterface import conf
from chatinterface.consumers import SILENCE
from project.instruments import script
from tests.cluster.remote import RemoteTab, Visitor
from tests.cluster.replies import HELD, WHOLE, eventually, holding, release, stored
from tests.cluster.site import Balanced, Cluster

# A chat that lists its conversations.
LISTED = "notebook"


def text(count: int) -> str:
    return script.expected(f"stream {count}").strip()


@pytest.mark.parametrize("count", [2, 4])
async def test_sent_streamed_stopped(cluster: Cluster, gate: str, count: int) -> None:
    """A page of one process, a socket of the next, sent on another, stopped from yet another."""
    with cluster.balanced(count) as site:
        tab = await RemoteTab.visit("script", Visitor(site))
        async with tab.connected():
            assert (await tab.send(f"hold {gate}")).status_code == 204
            await tab.shows("word2")
            other = await tab.beside()
            async with other.connected():
                await other.shows("word2")
                assert (await other.stop()).status_code == 204
                await asyncio.gather(tab.settled(), other.settled())
        ports = [port for _path, port in site.balancer.given_to]
        assert len(set(ports)) == count
        assert ports[1] != ports[2] != ports[5]
    assert tab.last == other.last
    assert set(tab.status.values()) == {"done", "stopped"}
    assert stored(cluster, tab) == ("stopped", HELD)


async def test_many_at_once(site: Balanced) -> None:
    """Each socket gets its own reply, all of it."""

    async def talk(number: int) -> None:
        tab = await RemoteTab.visit("script", Visitor(site))
        async with tab.connected():
            await tab.send(f"stream {20 + number} 10")
            await tab.shows("word0")
            await tab.settled()
        assert tab.last == f"<p>{text(20 + number)}</p>\n"

    await asyncio.gather(*map(talk, range(12)))


async def test_list_is_live(site: Balanced) -> None:
    """A page of another conversation, at another process, lists what is begun here."""
    visitor = Visitor(site)
    watching = await RemoteTab.visit(LISTED, visitor)
    await watching.send("hello")
    watching = await watching.beside()
    async with watching.connected():
        begun = await RemoteTab.visit(LISTED, visitor)
        await begun.send("hello")
        await watching.until("history.changed", conversation=str(begun.uuid))


async def test_killed(cluster: Cluster, gate: str) -> None:
    """What the killed process wrote is interrupted for whoever looks at it; all else goes on."""
    killed, *others = cluster.servers
    lost, *going_on = [await holding(gate, server, others[0]) for server in cluster.servers]
    async with AsyncExitStack() as stack:
        for tab in (lost, *going_on):
            await stack.enter_async_context(tab.connected())
        await eventually(lambda: stored(cluster, lost)[1] == HELD)
        killed.kill9()
        await lost.until("message.settled", status="interrupted")
        assert stored(cluster, lost) == ("interrupted", HELD)
        await release(gate, others)
        for tab in going_on:
            await tab.until("message.settled", status="done")
            assert stored(cluster, tab) == ("done", WHOLE)


def test_killed_is_noticed_in_time() -> None:
    """A lease that was renewed just now is over, and a page that hears nothing asks, within 15 s."""
    assert conf.Settings().lease + SILENCE < 15


async def test_terminated(cluster: Cluster, gate: str) -> None:
    """What a process writes that is asked to end is stored, to the last word; its sockets find another one."""
    ending, other = cluster.servers[:2]
    with cluster.balanced(2) as site:
        tab = await holding(gate, ending, site)
        streaming = await RemoteTab.visit("script", Visitor(ending))
        await streaming.send("stream 100000 5")
        watching = await streaming.beside(other)
        async with watching.connected(), tab.connected():
            await watching.shows("word20")
            ending.terminate()
            await watching.until("message.settled", status="interrupted")
            status, said = stored(cluster, watching)
            assert status == "interrupted"
            assert watching.last == f"<p>{said.strip()}</p>\n"
            await eventually(lambda: stored(cluster, tab) == ("interrupted", HELD))
        again = await tab.beside()
        async with again.connected():
            assert again.status == {min(again.status): "done", max(again.status): "interrupted"}
    assert ending.ended() == 0
    assert "Traceback" not in ending.text()


async def test_terminated_lets_finish(cluster: Cluster) -> None:
    """A reply that ends soon is not interrupted."""
    ending, other = cluster.servers[:2]
    tab = await RemoteTab.visit("script", Visitor(ending))
    await tab.send("stream 12 20")
    watching = await tab.beside(other)
    async with watching.connected():
        await watching.shows("word2")
        ending.terminate()
        await watching.settled()
    assert stored(cluster, tab) == ("done", script.expected("stream 12"))
    assert ending.ended() == 0
