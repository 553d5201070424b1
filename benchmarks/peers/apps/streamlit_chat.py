"""The job in Streamlit, which runs the whole script for each message."""

import time

import streamlit

from benchmarks.peers.job import job


def answer(question):
    tokens, pause = job(question)
    for token in tokens:
        yield token
        if pause:
            time.sleep(pause)


said = streamlit.session_state.setdefault("said", [])
for author, text in said:
    streamlit.chat_message(author).markdown(text)
if question := streamlit.chat_input("Message"):
    said.append(("user", question))
    streamlit.chat_message("user").markdown(question)
    with streamlit.chat_message("assistant"):
        said.append(("assistant", streamlit.write_stream(answer(question))))
