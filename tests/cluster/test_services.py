"""Redis and PostgreSQL go away and come back: what was said is stored, and every page gets it in the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chatinterface.handshake import AWAY
from project.instruments import script
from tests.cluster.remote import PATIENCE, RemoteTab, Visitor
from tests.cluster.replies import HELD, WHOLE, eventually, holding, release, stored
from tests.cluster.site import Balanced, Cluster
from tests.tab import Closed

QUESTIONS = """
    SELECT parts -> 0 ->> 'text'
    FROM chatinterface_message message JOIN chatinterface_conversation conversation ON conversation.id = conversation_id
    WHERE uuid = ? AND role = 'user' ORDER BY message.id
"""


def failures(cluster: Cluster) -> list[str]:
    """Where the code has failed: that services are away is a line in the log, and no error of it."""
    lines = cluster.text().splitlines()
    return [line for line in lines if line.startswith("  File") and "/chatinterface/" in line]


@asynccontextmanager
async def admitted(tab: RemoteTab) -> AsyncIterator[None]:
    """With the tab's socket open, which is tried until a process lets it in, as by a page."""
    async with AsyncExitStack() as opened:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    await opened.enter_async_context(tab.connected())
                    break
                except (InvalidStatus, ConnectionClosed):
                    await asyncio.sleep(0.2)
        yield


async def refused(tab: RemoteTab) -> int:
    """The status by which the tab's socket is refused, once the process that it comes to knows that it must be."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                async with tab.connected():
                    assert await tab.lost() == AWAY
            except ConnectionClosed as closed:
                assert closed.rcvd is not None and closed.rcvd.code == AWAY
            except InvalidStatus as refusal:
                return refusal.response.status_code


async def connect(tab: RemoteTab) -> None:
    """Wait until the tab's socket is open and the page has caught up; it may be closed once more, as a page's."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                async with admitted(tab):
                    return await tab.settled()
            except Closed as closed:
                assert closed.code == AWAY


@pytest.mark.parametrize("away", ["killed", "held"])
async def test_redis_goes_and_comes(cluster: Cluster, site: Balanced, gate: str, away: str) -> None:
    """Sockets are closed, as nobody would tell them anything; replies go on, and messages are taken."""
    tab, other = await holding(gate, cluster.servers[0], site), await RemoteTab.visit("script", Visitor(site))
    async with admitted(tab), admitted(other):
        await tab.shows("word2")
        cluster.redis.kill9() if away == "killed" else cluster.redis.hold()
        for each in (tab, other):
            assert await each.lost() == AWAY
    assert await refused(other) == 403
    assert (await other.send("stream 3")).status_code == 204
    await eventually(lambda: stored(cluster, other) == ("done", script.expected("stream 3")))
    await release(gate, cluster.servers)
    await eventually(lambda: stored(cluster, tab) == ("done", WHOLE))
    cluster.redis.start()
    await asyncio.gather(connect(tab), connect(other))
    assert tab.last == f"<p>{WHOLE.strip()}</p>\n"
    assert other.last == f"<p>{script.expected('stream 3').strip()}</p>\n"
    assert failures(cluster) == []


async def test_stopped_after_redis_came_back(cluster: Cluster, site: Balanced, gate: str) -> None:
    """A run that began before Redis went away hears again what is asked of it, and so does one that began meanwhile."""
    before = await holding(gate, cluster.servers[0], site)
    cluster.redis.kill9()
    meanwhile = await holding(gate, cluster.servers[0], site)
    await eventually(lambda: stored(cluster, meanwhile)[1] == HELD)
    cluster.redis.start()
    for tab in (before, meanwhile):
        async with asyncio.timeout(PATIENCE):
            while (await asyncio.to_thread(stored, cluster, tab))[0] != "stopped":
                assert (await tab.stop()).status_code == 204
                await asyncio.sleep(0.2)
        assert stored(cluster, tab) == ("stopped", HELD)


async def test_postgres_restarts(cluster: Cluster, site: Balanced) -> None:
    """A reply goes on over it, and is stored; what could not be taken is not lost by being sent again."""
    tab, other = await RemoteTab.visit("script", Visitor(site)), await RemoteTab.visit("script", Visitor(site))
    assert (await other.send("stream 1")).status_code == 204
    async with tab.connected():
        await tab.send("stream 300 10")
        await tab.shows("word2")
        cluster.postgres.stop()
        key = str(uuid4())
        for _ in cluster.servers:
            assert (await other.send("stream 2", key=key)).status_code == 503
        await tab.shows("word299")
        cluster.postgres.start()
        await tab.settled()
    assert stored(cluster, tab) == ("done", script.expected("stream 300"))
    for _ in cluster.servers:
        assert (await other.send("stream 2", key=key)).status_code == 204
    await eventually(lambda: stored(cluster, other) == ("done", script.expected("stream 2")))
    assert cluster.query(QUESTIONS, str(other.uuid)) == [("stream 1",), ("stream 2",)]
    assert failures(cluster) == []
