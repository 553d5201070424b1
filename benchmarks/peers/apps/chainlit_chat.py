"""The job in Chainlit, which streams tokens into a message."""

import asyncio

import chainlit

from benchmarks.peers.job import job


@chainlit.on_message
async def answer(question):
    reply = chainlit.Message("")
    tokens, pause = job(question.content)
    for token in tokens:
        await reply.stream_token(token)
        await asyncio.sleep(pause)
    await reply.send()
