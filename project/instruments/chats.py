"""Chats for measuring and for tests, not for people."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import chatinterface as chat
from project.instruments import script as scripts
from project.instruments import tokens


@chat.register(
    title="Bench",
    description="Answers `N D TAG [code|list|table]` with N tokens, D ms apart.",
    yields="tokens",
)
async def bench(message: str) -> AsyncIterator[str]:
    count, milliseconds, tag, *shape = message.split()
    for token in tokens.tokens(int(count), tag, *shape):
        yield token
        await asyncio.sleep(float(milliseconds) / 1000)


@chat.register(
    title="Script",
    description="Does as it is told: `stream 200 10`, `silent 3`, `raise 5`, `large 300000`, `markdown` …",
    yields="tokens",
)
async def script(message: str) -> AsyncIterator[str]:
    async for token in scripts.run(message):
        yield token


@chat.register(
    title="Blocking script",
    description="The same as a synchronous generator: `stream 20 100`, `block 5` …",
    yields="tokens",
)
def blocking_script(message: str) -> Iterator[str]:
    for step in scripts.steps(message):
        if isinstance(step, str):
            yield step
        elif isinstance(step, float):
            time.sleep(step)
