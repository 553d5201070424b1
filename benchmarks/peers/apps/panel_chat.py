"""The job in Panel, whose generators yield all of the reply so far."""

import asyncio

import panel

from benchmarks.peers.job import job

panel.extension()


async def answer(contents, user, instance):
    said = ""
    tokens, pause = job(contents)
    for token in tokens:
        said += token
        yield said
        await asyncio.sleep(pause)


panel.chat.ChatInterface(callback=answer).servable()
