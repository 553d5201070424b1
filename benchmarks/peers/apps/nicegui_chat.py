"""The job in NiceGUI, which has no chat of its own: messages with Markdown in them that is set at each token."""

import asyncio
import sys

from nicegui import ui

from benchmarks.peers.job import job


@ui.page("/")
def chat():
    log = ui.column().classes("w-full")

    async def send():
        question, entry.value = entry.value, ""
        with log:
            ui.chat_message(question, sent=True)
            with ui.chat_message():
                reply = ui.markdown()
        said = ""
        tokens, pause = job(question)
        for token in tokens:
            said += token
            reply.set_content(said)
            await asyncio.sleep(pause)

    with ui.footer():
        entry = ui.input(placeholder="Message").classes("w-full").on("keydown.enter", send)


ui.run(host="127.0.0.1", port=int(sys.argv[1]), reload=False, show=False)
