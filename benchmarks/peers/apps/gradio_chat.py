"""The job in Gradio, whose generators yield all of the reply so far."""

import asyncio
import sys

import gradio

from benchmarks.peers.job import job


async def answer(message, history):
    said = ""
    tokens, pause = job(message)
    for token in tokens:
        said += token
        yield said
        await asyncio.sleep(pause)


chat = gradio.ChatInterface(answer, concurrency_limit=None)
chat.queue(default_concurrency_limit=None).launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True)
