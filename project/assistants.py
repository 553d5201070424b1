"""Demo chats that do more than answer: they offer replies, ask back, show how far they are, and work on something."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from django import forms

import chatinterface as chat
from chatinterface import hooks
from chatinterface.content.components import Code

SIZES = [
    {"value": "A small one", "label": "Small"},
    {"value": "A large one", "label": "Large"},
    {"value": "Surprise me"},
]


@chat.register(
    title="Coffee shop",
    description="Offers replies to choose from, and takes reactions.",
    callback_user="Barista",
    callback_avatar="☕",
    reaction_icons={"favorite": "heart", "funny": "mood-smile"},
)
def coffee(message: str, history: list[dict[str, Any]]) -> Any:
    if history:
        return f"{message}, coming up!"
    return {"role": "assistant", "content": "What size would you like?", "options": SIZES}


def point_out(session: chat.ChatSession, event: hooks.SelectEvent) -> None:
    session.notify(f"Selected: message {event.index + 1}, of {len(event.value.split())} words.")


def count_copies(session: chat.ChatSession, event: hooks.CopyEvent) -> None:
    session.notify(f"Copied: message {event.index + 1}.", "success")


def note(session: chat.ChatSession, event: object) -> None:
    session.notify(f"{type(event).__name__}: {getattr(event, 'value', 'all of it')}")


@chat.register(
    title="Attentive",
    description="Listens to what its readers do: select a message by a click on it, copy it, like it, take it back.",
    on_select=point_out,
    on_copy=count_copies,
    on_undo=note,
    on_clear=note,
    on_retry=note,
    on_edit=note,
    on_like=note,
    on_flag=note,
    on_option_select=note,
    on_example_select=note,
    flagging_mode="manual",
    editable=True,
    examples=["Good morning", "Good night"],
)
def attentive(message: str) -> dict[str, Any]:
    said = f"You said **{message}**.\n\nWhatever you do with one of us: a function of the site is told."
    return {"role": "assistant", "content": said, "options": [{"value": "And now?"}]}


def correct(contents: str, message_index: int, instance: chat.ChatSession) -> None:
    instance.send(f"Corrected: message {message_index + 1} reads *{contents}* now.")


@chat.register(
    title="Minutes",
    description="Takes down what you say. Edit an item: the correction is noted, and nothing is answered anew.",
    edit_callback=correct,
    callback_user="Secretary",
    callback_avatar="📝",
)
def minutes(message: str, history: list[dict[str, Any]]) -> str:
    return f"Item {sum(each['role'] == 'user' for each in history) + 1} is in the minutes."


class Booking(forms.Form):
    """What a table is booked with."""

    name = forms.CharField(max_length=50)
    guests = forms.IntegerField(min_value=1, max_value=12, initial=2)
    window = forms.BooleanField(label="At the window", required=False)


def at_most_eight(booking: dict[str, Any]) -> str | bool:
    return booking["guests"] <= 8 or "More than eight guests need the hall. Call us."


@chat.register(
    title="Book a table",
    description="Asks back in the middle of its reply: a choice first, then a form.",
    callback_user="Host",
    callback_avatar="🍽️",
)
async def booking(message: str, chat: chat.ChatSession) -> str:
    day = await chat.aprompt_user(["Friday", "Saturday", "Sunday"], title="Which day?")
    booked = await chat.aprompt_user(Booking, at_most_eight, title=f"Your table on {day}", submit="Book")
    return f"A table for **{booked['guests']}** on {day}, {booked['name']}. See you then!"


@chat.register(
    title="Errands",
    description="Shows how far it is, and notes beside the reply.",
    callback_user="Runner",
)
async def errands(message: str, chat: chat.ChatSession) -> str:
    places = message.split() or ["home"]
    for done, place in enumerate(places):
        await chat.aprogress(done, len(places), f"On the way to {place}")
        await asyncio.sleep(0.4)
        await chat.anotify(f"Been to {place}", "success")
    await chat.aprogress(len(places), len(places), "Back home")
    if len(places) > 3:
        await chat.anotify("That was a long way.", "warning")
    return f"Done: {len(places)} places."


PYTHON = """def fibonacci(n: int) -> int:
    before, last = 0, 1
    for _ in range(n):
        before, last = last, before + last
    return before
"""
JAVASCRIPT = """function fibonacci(n) {
  let [before, last] = [0, 1];
  while (n--) [before, last] = [last, before + last];
  return before;
}
"""
SOURCES = {"python": PYTHON, "javascript": JAVASCRIPT}
WORDS = ("Here ", "it ", "is, ", "line ", "by ", "line, ", "beside ", "us.")


@chat.register(
    title="Code beside the chat",
    description="Ask for Python or JavaScript. The code is written beside the conversation, while the reply streams.",
    examples=["Show me Python", "Show me JavaScript"],
    additional_outputs=["code"],
    yields="tokens",
)
async def artifacts(message: str) -> AsyncIterator[Any]:
    language = next((each for each in SOURCES if each in message.lower()), "")
    if not language:
        yield "Name a language: Python or JavaScript."
        return
    source = SOURCES[language]
    for number, word in enumerate(WORDS, 1):
        yield word, Code(source[: 25 * number], language)
        await asyncio.sleep(0.12)
    yield "", Code(source, language)
