"""Replies of the chat `script` in several processes: held, let go, and looked up in the database."""

import asyncio
import json
from collections.abc import Callable, Sequence

from project.instruments import script
from tests.cluster.remote import PATIENCE, RemoteTab, Visitor
from tests.cluster.site import Balanced, Cluster
from tests.server import Server

# What a reply says that waits at a gate, and what it says once it is let go.
HELD = "word0 word1 word2 "
WHOLE = script.expected("hold gate")

LAST = """
    SELECT message.status, parts, run.status
    FROM chatinterface_message message
    JOIN chatinterface_conversation conversation ON conversation.id = message.conversation_id
    LEFT JOIN chatinterface_run run ON run.id = message.run_id
    WHERE uuid = ? AND role = 'assistant' ORDER BY message.id DESC LIMIT 1
"""


def stored(cluster: Cluster, tab: RemoteTab) -> tuple[str, str]:
    """The status and the text of a conversation's last reply, in the database."""
    ((status, parts, run),) = cluster.query(LAST, str(tab.uuid))
    assert run == status
    return status, "".join(part["text"] for part in json.loads(parts))


async def eventually(condition: Callable[[], object]) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 -- another process’s doing.
            await asyncio.sleep(0.05)


async def holding(gate: str, server: Server, seen_from: Server | Balanced) -> RemoteTab:
    """A tab with a reply that one process writes and holds, opened at another."""
    tab = await RemoteTab.visit("script", Visitor(server))
    await tab.send(f"hold {gate}")
    return await tab.beside(seen_from)


async def release(gate: str, servers: Sequence[Server]) -> None:
    """Let replies go on, whichever process holds them."""
    for server in servers:
        await (await RemoteTab.visit("script", Visitor(server))).send(f"release {gate}")
