"""Chats whose buttons the browser tests press."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import chatinterface as chat
from chatinterface import widgets
from chatinterface.hooks import ButtonEvent
from project.instruments import script as scripts

NUMBER = widgets.IntSlider(name="Number", end=10, value=3)
LIGHT = widgets.Switch(name="Light", value=True)
COLOURS = widgets.CheckBoxGroup(name="Colours", options=["red", "green", "blue"], value=["red"])
SIZE = widgets.RadioButtonGroup(name="Size", options=["1", "2", "3"], value="2")
COUNT = widgets.IntInput(name="Count", required=False)
TEXT = widgets.ChatAreaInput(name="Text")

VALUES = """
const show = () => alert(JSON.stringify([number, light, colours, size, count].map(({ value }) => value)));
show();
number.value = 7;
light.value = false;
colours.value = ["red", "blue"];
size.value = "1";
count.value = 5;
show();
"""


async def hold(instance: chat.ChatSession, event: ButtonEvent) -> AsyncIterator[str]:
    """Say something, and go on until it is stopped."""
    yield "so far"
    await asyncio.Event().wait()


@chat.register(
    title="Pressed",
    description="Code that reads and writes inputs of every kind, and code that fails.",
    widgets=[NUMBER, LIGHT, COLOURS, SIZE, COUNT, TEXT],
    button_properties={
        "values": {
            "js_on_click": {
                "code": VALUES,
                "args": {"number": NUMBER, "light": LIGHT, "colours": COLOURS, "size": SIZE, "count": COUNT},
            }
        },
        "hold": {"callback": hold},
        "other": {"callback": lambda instance, event: "said"},
        "fail": {"js_on_click": "throw new Error('wrong on purpose');"},
        "send": {"js_on_click": {"code": "alert(text.value)", "args": {"text": chat.active_widget}}},
    },
)
def pressed(contents: Any) -> str:
    return str(contents)


@chat.register(
    title="Unstoppable",
    description="Does as the chat Script, without a button that stops.",
    yields="tokens",
    show_stop=False,
    autofocus=False,
    submit_btn="Go",
)
async def unstoppable(message: str) -> AsyncIterator[str]:
    async for token in scripts.run(message):
        yield token
