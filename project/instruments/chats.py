"""Two chats for measuring and for tests, not for people."""

import asyncio
from collections.abc import AsyncIterator

import chatinterface as chat
from project.instruments import script as scripts
from project.instruments import tokens


@chat.register(
    title="Bench", description="Answers `N D TAG [code|list|table]` with N tokens, D ms apart.", yields="tokens"
)
async def bench(message: str) -> AsyncIterator[str]:
    count, milliseconds, tag, *shape = message.split()
    for token in tokens.tokens(int(count), tag, *shape):
        yield token
        await asyncio.sleep(float(milliseconds) / 1000)


@chat.register(title="Script", description="Does as it is told: `stream 200 10`, `raise`, `silent 3`…", yields="tokens")
async def script(message: str) -> AsyncIterator[str]:
    async for token in scripts.run(message):
        yield token
