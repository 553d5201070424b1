"""What the guides of Panel and of Gradio show, each as a chat of this site."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

from django import forms
from django.conf import settings

import chatinterface as chat
from chatinterface import hooks, widgets


def size(contents: Any) -> int:
    """How long a text is, or the number itself."""
    return len(contents) if isinstance(contents, str) else contents


@chat.register
class OddOrEven(chat.ChatInterface):
    title = "Odd or even"
    description = "Panel’s way to begin: one callback, and who is talking."
    user = "Asker"
    avatar = "?"
    callback_user = "Counter"
    callback_avatar = "🧮"

    def callback(self, contents: str) -> str:
        return f"{len(contents)} characters: an {'odd' if len(contents) % 2 else 'even'} number."


@chat.register(
    title="Yes or no",
    description="Gradio’s way to begin. The field has no focus before you want it.",
    autofocus=False,
    analytics_enabled=False,
)
def yes_or_no(message: str, history: list[dict[str, Any]]) -> str:
    return random.choice(["Yes.", "No.", "Not today."])


def thank(session: chat.ChatSession, event: hooks.LikeEvent) -> None:
    words = {True: "liked", False: "did not like"}
    said = f"You {words[event.liked]} this: {event.value}" if isinstance(event.liked, bool) else "You took it back."
    session.notify(said, "success" if event.liked else "info")


@chat.register(
    title="Always agrees",
    description="A log declared in one piece, and thumbs that a function is told of.",
    chatbot=chat.Chatbot(placeholder="**Your friend of one word**\n\nAsk it anything.", like_user_message=True),
    on_like=thank,
)
def always_agrees(message: str) -> str:
    return "Yes!"


@chat.register(
    title="Streaming echo",
    description="Each yield is the whole reply so far. Flag what you do not like; your conversations are kept.",
    flagging_mode="manual",
    flagging_options=["Like", "Spam", "Inappropriate", "Other"],
    save_history=True,
)
async def streaming_echo(message: str, history: list[dict[str, Any]]) -> AsyncIterator[str]:
    for length in range(1, len(message) + 1):
        await asyncio.sleep(0.03)
        yield f"You typed: {message[:length]}"


@chat.register(
    title="Tasting",
    description="Gradio’s `feedback_options` below each dish; `flagging_dir` keeps each opinion in a `log.csv`, too.",
    flagging_mode="manual",
    feedback_options=["Like", "Dislike", "Too salty", "Too small"],
    flagging_dir=settings.BASE_DIR / "opinions",
    callback_user="Cook",
    callback_avatar="🧑‍🍳",
    examples=["Something warm", "Something sweet"],
)
def tasting(message: str) -> str:
    dishes = ["Pea soup with mint", "Dumplings in brown butter", "Plum cake, still warm", "Rice pudding with cherries"]
    return f"*{message}?* {random.choice(dishes)}. How is it?"


@chat.register(
    title="One line",
    description="Another input than the field that grows: one line, sent by Enter.",
    widgets=widgets.TextInput(name="Line", placeholder="Write something to have it counted"),
)
def one_line(contents: str) -> str:
    return f"Found {len(contents)} characters."


@chat.register(
    title="Straight away",
    description="The slider is sent as soon as it is let go of; the text waits for Enter.",
    widgets=[
        widgets.ChatAreaInput(name="Text", placeholder="Write something to have it counted"),
        widgets.IntSlider(name="Number", end=10),
    ],
    auto_send_types=[widgets.IntSlider],
)
def straight_away(contents: Any) -> str:
    return f"Got {size(contents)}."


@chat.register(
    title="Once more",
    description="The text stays when it was sent: change a word, and send it again. The active input can be asked for.",
    widgets=widgets.ChatAreaInput(name="Text", value="The quick brown fox"),
    reset_on_send=False,
)
def once_more(message: str, chat: chat.ChatSession) -> str:
    return f"{len(message)} characters, from `{type(chat.active_widget).__name__}`."


def refuses(value: Any) -> Any:
    """Raises, so that the next one is asked."""
    raise ValueError("Not with this one.")


def counted(value: Any) -> chat.Column:
    """A table, with a heading of its own."""
    return chat.Column(f"Found **{len(value):,} rows** in the CSV.", chat.Table(value))


@chat.register
class CsvViewer(chat.ChatInterface):
    title = "CSV viewer"
    description = "A file as the message: it arrives as a table, and the first renderer that does not raise shows it."
    widgets = widgets.FileInput(name="CSV file", accept=".csv", max_size="50mb")
    renderers = (refuses, counted)

    def callback(self, contents: Any) -> Any:
        return contents


DISHES = ["Soup", "Pasta", "Salad"]


class Address(forms.Form):
    """Where it goes."""

    name = "Address"
    visible = False

    street = forms.CharField(max_length=80)
    town = forms.CharField(max_length=80)


class Payment(forms.Form):
    """How it is paid."""

    name = "Payment"
    visible = False

    how = forms.ChoiceField(label="How do you pay?", choices=[("invoice", "Invoice"), ("card", "Card")])
    code = widgets.PasswordInput(name="Code", help_text="Only dots are kept.")


@chat.register
class Checkout(chat.ChatInterface):
    title = "Checkout"
    description = "One form after the other: the callback shows the next one when the last one is filled in."
    callback_user = "Waiter"
    callback_avatar = "🛵"
    widgets = (
        widgets.RadioButtonGroup(name="Dish", options=DISHES),
        Address,
        Payment,
        widgets.Select(name="What next?", options=["Order again", "That is all"], visible=False),
    )

    def callback(self, contents: Any, user: str, instance: chat.ChatSession) -> str:
        if contents in DISHES:
            instance.widgets = "Address"
            return f"{contents}, a good choice. Where shall we bring it?"
        if isinstance(contents, dict) and "street" in contents:
            instance.widgets = "Payment"
            return f"To {contents['street']} in {contents['town']}. And how do you pay?"
        if isinstance(contents, dict):
            instance.widgets = "What next?"
            return f"By {contents['how']}, thank you. It is on its way!"
        instance.widgets = "Dish"
        return "What would you like?" if contents == "Order again" else "See you soon!"
