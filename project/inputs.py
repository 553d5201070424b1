"""Demo chats that are answered by more than text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

from django import forms

import chatinterface as chat
from chatinterface import widgets


def measure(contents: Any) -> int:
    """How long a text is; a number is as long as it says."""
    return len(contents) if isinstance(contents, str) else contents


@chat.register(
    title="Text or number",
    description="Two inputs, each with a tab. A text is counted, a number is taken as it is.",
    widgets=[
        widgets.ChatAreaInput(name="Text", placeholder="Enter some text to be counted"),
        widgets.IntSlider(name="Number", end=10),
    ],
)
def text_or_number(contents: Any) -> str:
    return f"That makes **{measure(contents)}**."


class OrderForm(forms.Form):
    """What a visitor orders."""

    name = "Order"

    dish = forms.ChoiceField(choices=[("soup", "Soup of the day"), ("pasta", "Pasta"), ("salad", "Green salad")])
    guests = widgets.IntSlider(name="Guests", start=1, end=12, value=2)
    day = widgets.DatePicker(name="Day", start=date(2020, 1, 1))
    terrace = widgets.Switch(name="On the terrace")
    wishes = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text="Allergies, a cake …")


@chat.register(
    title="Table for two",
    description="A whole Django form as one message. What is wrong with it is said beside the field.",
    callback_user="Host",
    callback_avatar="🍽️",
    widgets=OrderForm,
)
def reservation(contents: dict[str, Any]) -> str:
    place = "on the terrace" if contents["terrace"] else "inside"
    return f"A table {place} for **{contents['guests']}** on {contents['day']:%A}, and {contents['dish']} first."


@chat.register(
    title="Form in a reply",
    description="Asks by a form in the log when it needs to know more. What is filled in is the next message.",
    callback_user="Host",
    callback_avatar="🍽️",
    forms=[OrderForm],
)
def form_in_a_reply(message: str | chat.FormData) -> Any:
    if isinstance(message, chat.FormData):
        place = "on the terrace" if message["terrace"] else "inside"
        return f"A table {place} for **{message['guests']}** on {message['day']:%A}, and {message['dish']} first."
    booking = chat.Form(OrderForm, title="Your table", submit="Book", initial={"guests": 4, "day": "2030-05-17"})
    return ["With pleasure. When, and for how many?", booking]


@chat.register(
    title="Every input",
    description="All inputs side by side. The callback says what it got.",
    widgets=[
        widgets.TextInput(name="Line", placeholder="One line, sent by Enter"),
        widgets.TextAreaInput(name="Lines", placeholder="Several lines, sent by Ctrl+Enter"),
        widgets.PasswordInput(name="Secret", placeholder="Only dots are kept"),
        widgets.IntSlider(name="Steps", end=10, value=3),
        widgets.FloatSlider(name="Share", end=1, step=0.05, value=0.5),
        widgets.RangeSlider(name="From to", end=100, step=1, value=(20, 60)),
        widgets.IntInput(name="Count", value=1),
        widgets.FloatInput(name="Weight", value=1.5),
        widgets.Select(name="Colour", options=["red", "green", "blue"]),
        widgets.MultiSelect(name="Colours", options=["red", "green", "blue"], value=["green"]),
        widgets.RadioButtonGroup(name="Size", options={"Small": 1, "Medium": 2, "Large": 3}, value=2),
        widgets.CheckBoxGroup(name="Extras", options=["milk", "sugar", "cinnamon"]),
        widgets.Checkbox(name="I agree"),
        widgets.Switch(name="Light"),
        widgets.DatePicker(name="Day"),
        widgets.DatetimePicker(name="Moment"),
        widgets.ColorPicker(name="Paint", value="#2b5cad"),
        widgets.CodeEditor(name="Code", language="python", value="print('hello')"),
    ],
)
def every_input(contents: Any) -> str:
    return f"`{contents!r}`, of type `{type(contents).__name__}`"


@chat.register(
    title="In your own words",
    description="Inputs below the chat, whose values the callback gets after the history.",
    additional_inputs=[
        widgets.TextAreaInput(name="System prompt", rows=2, value="You are friendly."),
        widgets.IntSlider(name="Words", start=1, end=50, value=12),
        widgets.Switch(name="Shout"),
    ],
    additional_inputs_accordion={"label": "How it answers", "open": False},
)
def prompted(message: str, history: list[dict[str, Any]], system_prompt: str, words: int, *, shout: bool) -> str:
    said = " ".join(f"{system_prompt} You asked: {message}".split()[:words])
    return said.upper() if shout else said


@chat.register(
    title="Greetings",
    description="Examples to begin with. Their replies are kept: the second visitor has them at once.",
    examples=["hello", "hola", "merhaba", "bonjour", "今日は", "merħba", "sawubona", "aloha"],
    example_labels=["", "", "", "", "", "", "Greet a friend in Zulu", ""],
    example_icons=["👋", "🇪🇸", "🇹🇷", "🇫🇷", "🇯🇵", "🇲🇹", "🇿🇦", "🌺"],
    cache_examples=True,
    cache_mode="lazy",
    yields="tokens",
)
async def greetings(message: str) -> AsyncIterator[str]:
    for letter in f"{message}, {message}!":
        yield letter
        await asyncio.sleep(0.02)


def well_asked(value: str) -> chat.Validation:
    """A question is long enough, and ends as one."""
    return chat.validate(value.strip().endswith("?"), "Ask a question: end it with a question mark.")


@chat.register(
    title="Questions only",
    description="A validator, and examples that are filled in, together with the inputs below the chat.",
    validator=well_asked,
    additional_inputs=[
        widgets.Select(name="Tone", options=["calm", "cheerful"]),
        widgets.IntSlider(name="Stars", end=5),
    ],
    examples=[["Is it late?", "cheerful", 3], ["May I go out?", "calm", 1]],
    run_examples_on_click=False,
)
def questions_only(message: str, history: list[dict[str, Any]], tone: str, stars: int) -> str:
    return f"{'⭐' * stars} {'Why not!' if tone == 'cheerful' else 'I would think about it.'}"


@chat.register
class Guided(chat.ChatInterface):
    title = "Guided"
    description = "The callback turns to the other input, in every open tab of the browser."
    widgets = (
        widgets.ChatAreaInput(name="Text", placeholder="Enter some text to be counted"),
        widgets.IntSlider(name="Number", end=10),
    )

    def callback(self, contents: Any, user: str, instance: chat.ChatSession) -> str:
        text = isinstance(contents, str)
        instance.active = 1 if text else 0
        return f"That makes **{measure(contents)}**. Now {'a number' if text else 'a text'}, please."


NAME = widgets.TextInput(name="Your name", placeholder="Your name")
AGE = widgets.IntSlider(name="Your age", end=120, value=30, visible=False)


@chat.register(
    title="Interview",
    description="The callback replaces the input by another one, which is sent as soon as its value is chosen.",
    widgets=[NAME, AGE],
    auto_send_types=[widgets.IntSlider],
)
def interview(message: Any, chat: chat.ChatSession) -> str:
    if isinstance(message, str):
        chat.widgets = AGE
        return f"Hello {message}! How old are you?"
    chat.widgets = NAME
    return f"{message} is a good age. Who is next?"


SHAPES = Path(__file__).parent / "static" / "project" / "shapes"


@chat.register(
    title="Shapes",
    description="Examples with files. A click sends them, or attaches them where the chat says so.",
    multimodal=True,
    file_types=("image",),
    examples=[
        {"text": "What shape is this?", "files": [SHAPES / "circle.png"]},
        {"text": "And these two?", "files": [SHAPES / "square.png", SHAPES / "circle.png"]},
    ],
    example_labels=["One shape", ""],
)
def shapes(message: chat.MultimodalMessage) -> str:
    names = [str(each.name).removesuffix(".png") for each in message["files"]]
    return f"I see: {', '.join(names) or 'nothing'}."
