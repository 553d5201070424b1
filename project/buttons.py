"""Demo chats for their buttons: which there are, how they look, and what a press does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import chatinterface as chat
from chatinterface.hooks import ButtonEvent


@chat.register(
    title="Letters",
    description="Counts, always the same way: there is nothing to run again, and nothing to take back.",
    show_rerun=False,
    show_undo=False,
)
def letters(message: str) -> str:
    return f"**{sum(letter.isalpha() for letter in message)}** letters."


@chat.register(
    title="Slim",
    description="400 pixels wide. Its buttons say what they are when you point at them.",
    width=400,
    show_button_name=False,
)
def slim(message: str) -> str:
    return f"**{len(message)}** characters, in a narrow column."


def explain(instance: chat.ChatSession, event: ButtonEvent) -> None:
    """Say something in another's name."""
    instance.send("Every button calls a function of the chat.", user="System")


def draw(instance: chat.ChatSession, event: ButtonEvent) -> str:
    """Draw a card."""
    return f"{random.choice('A23456789')}{random.choice('♠♥♦♣')}"


async def shuffle(instance: chat.ChatSession, event: ButtonEvent) -> AsyncIterator[str]:
    """Take five seconds for it."""
    for done in range(1, 21):
        await instance.aprogress(done, 20, "Shuffling")
        await asyncio.sleep(0.25)
    yield "All 36 cards are in a new order."


def wink(instance: chat.ChatSession, event: ButtonEvent) -> None:
    """Leave nothing in the log."""
    instance.notify("The dealer winks at you.")


@chat.register(
    title="Deck of cards",
    description="Buttons of its own below the field: they say something, draw a card, or shuffle for a while.",
    callback_user="Dealer",
    callback_avatar="🃏",
    show_button_tooltips=True,
    button_properties={
        "draw": {"icon": "play-card", "callback": draw, "tooltip": "Draw the next card"},
        "shuffle": {"icon": "arrows-shuffle", "callback": shuffle, "tooltip": "Takes five seconds. Stop works."},
        "wink": {"icon": "mood-wink", "callback": wink},
        "help": {"icon": "help", "callback": explain, "tooltip": "How this works"},
    },
)
def deck(message: str) -> str:
    return "I only deal cards. Press **Draw**."


def warn(instance: chat.ChatSession, event: ButtonEvent) -> None:
    """Say something before."""
    instance.send("This goes with all the rest.", user="System")


def confirm(instance: chat.ChatSession, event: ButtonEvent) -> None:
    """Say something after."""
    instance.send("This is said on an empty board.", user="System")


@chat.register(
    title="Blackboard",
    description="Something is said before it is wiped, and something after. Revert brings back all of it.",
    button_properties={"clear": {"icon": "wiper-wash", "callback": warn, "post_callback": confirm}},
)
def blackboard(message: str) -> str:
    return f"✏️ {message}"


READ = "alert(`You have typed “${draft.value}”, ${draft.value.length} characters, ${greeting.value}.`);"
SHOUT = "draft.value = draft.value.toUpperCase();"


@chat.register(
    title="Typewriter",
    description="Type something and press a button: its JavaScript reads the field, or writes to it.",
    button_properties={
        "read": {
            "icon": "eyeglass",
            "js_on_click": {"code": READ, "args": {"draft": chat.active_widget, "greeting": "dear reader"}},
        },
        "shout": {
            "icon": "letter-case-upper",
            "js_on_click": {"code": SHOUT, "args": {"draft": chat.active_widget}},
        },
    },
)
def typewriter(message: str) -> str:
    return message
