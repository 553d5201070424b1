"""Guided flows: a callback shows other inputs, and every open page follows."""

import re
from typing import Any

import pytest
from django import forms

import chatinterface as chat
from chatinterface import registry, widgets
from chatinterface.models import Conversation
from tests.tab import Tab, ended

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = widgets.ChatAreaInput(name="Text")
NUMBER = widgets.IntSlider(name="Number", end=10)
HIDDEN = widgets.Switch(name="Light", visible=False)


class Order(forms.Form):
    dish = forms.CharField()


def ask(callback: Any, *inputs: Any) -> None:
    chat.register(chat.ChatInterface(callback=callback, name="ask", widgets=list(inputs or (TEXT, NUMBER, HIDDEN))))


async def post(tab: Tab, message: str, name: str) -> None:
    response = await tab.send(message, input=name)
    assert response.status_code == 204, response.content.decode()
    await ended()


async def standing(tab: Tab) -> tuple[list[str], str]:
    """The tabs that the page of a conversation has, and the one that is selected."""
    page = (await tab.client.get(tab.url("conversation"))).content.decode()
    tabs = re.findall(r"<button[^>]*role=\"tab\"[^>]*>", page)
    shown = [re.findall(r'data-input="(.*?)"', each)[0] for each in tabs if not re.search(r"\shidden\s", each)]
    (active,) = (re.findall(r'data-input="(.*?)"', each)[0] for each in tabs if 'selected="true"' in each)
    return shown, active


def guided(contents: Any, user: str, instance: chat.ChatSession) -> str:
    instance.active = 1 if isinstance(contents, str) else 0
    return f"{instance.active}"


async def aguided(contents: Any, user: str, instance: chat.ChatSession) -> str:
    await instance.aguide(active=1 if isinstance(contents, str) else 0)
    return f"{instance.active}"


async def assigned(contents: Any, user: str, instance: chat.ChatSession) -> str:
    instance.active = 1 if isinstance(contents, str) else 0
    return f"{instance.active}"


@pytest.mark.parametrize("callback", [guided, aguided, assigned])
async def test_active_reaches_every_page(callback: Any) -> None:
    ask(callback)
    tab = await Tab.open("ask")
    async with tab.connected():
        await post(tab, "Hello", "Text")
        frame = await tab.until("form.changed")
        assert (frame["active"], frame["shown"]) == ("Number", ["Text", "Number"])
        await tab.settled()
        assert await standing(tab) == (["Text", "Number"], "Number")
        await post(tab, "5", "Number")
        assert (await tab.until("form.changed"))["active"] == "Text"
        await tab.settled()
    assert await standing(tab) == (["Text", "Number"], "Text")


async def test_other_inputs_are_shown() -> None:
    def switch(contents: Any, user: str, instance: chat.ChatSession) -> str:
        instance.widgets = [HIDDEN, "Text"] if isinstance(contents, str) else TEXT
        return repr([instance.active, instance.active_widget is instance.widgets[0]])

    ask(switch)
    tab = await Tab.open("ask")
    await post(tab, "Hello", "Text")
    assert (await tab.reply()).text == "[0, True]"
    assert await standing(tab) == (["Text", "Light"], "Text")
    await post(tab, "on", "Light")
    assert (await tab.reply()).text == "[-1, True]"
    assert await standing(tab) == (["Text"], "Text")


async def test_only_what_is_shown_can_be_sent() -> None:
    def lock(contents: Any, user: str, instance: chat.ChatSession) -> str:
        instance.widgets = NUMBER
        return "A number, please."

    ask(lock)
    tab = await Tab.open("ask")
    assert (await tab.send("on", input="Light")).status_code == 422
    await post(tab, "Hello", "Text")
    refused = await tab.send("Hello", input="Text")
    assert "Answer what is shown now" in refused.content.decode()
    await post(tab, "5", "Number")


async def test_what_was_sent_is_active() -> None:
    got = []

    def note(contents: Any, user: str, instance: chat.ChatSession) -> str:
        got.append(instance.active)
        return "Thanks."

    ask(note)
    tab = await Tab.open("ask")
    await post(tab, "5", "Number")
    await post(tab, "Hello", "Text")
    assert got == [1, 0]


async def test_one_input_is_no_choice() -> None:
    def alone(contents: Any, user: str, instance: chat.ChatSession) -> str:
        instance.active = 3
        return f"{instance.active} {instance.active_widget is NUMBER}"

    ask(alone, NUMBER)
    tab = await Tab.open("ask")
    await post(tab, "5", "Number")
    assert (await tab.reply()).text == "-1 True"


async def test_plain_chat_has_no_widget() -> None:
    @chat.register(name="ask")
    def answer(message: str, chat: chat.ChatSession) -> str:
        return f"{chat.active} {chat.active_widget} {chat.widgets}"

    assert (await (await Tab.open("ask")).ask("Hello")).text == "-1 None []"


async def test_missed_change_is_in_the_log() -> None:
    """A page that comes back fetches its log, and finds there how the inputs stand."""
    ask(guided)
    tab = await Tab.open("ask")
    await post(tab, "Hello", "Text")
    log = (await tab.client.get(tab.url("log"))).content.decode()
    assert "&quot;active&quot;: &quot;Number&quot;" in log


async def test_from_outside_of_a_run() -> None:
    ask(lambda contents, user, instance: "Thanks.", TEXT, Order)
    tab = await Tab.open("ask")
    await post(tab, "Hello", "Text")
    conversation = await Conversation.objects.aget()
    interface = registry.find("ask")
    assert interface is not None
    await chat.ChatSession(interface=interface, conversation=conversation).aguide(active=Order)
    assert await standing(tab) == (["Text", "Order"], "Order")


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"active": 2}, "no place among 2 inputs: Text, Number"),
        ({"active": "Light"}, "is not shown now"),
        ({"active": "Sound"}, "not among the widgets"),
        ({"widgets": [widgets.Switch()]}, "Declare it there, with visible=False"),
        ({"widgets": []}, "name at least one input"),
    ],
)
async def test_wrong_guidance_is_refused(chosen: Any, sentence: str) -> None:
    interface = chat.ChatInterface(callback=guided, name="wrong", widgets=[TEXT, NUMBER, HIDDEN])
    session = chat.ChatSession(interface=interface, conversation=Conversation(interface="wrong"))
    with pytest.raises(ValueError, match=sentence):
        await session.aguide(**chosen)


def test_nothing_else_is_assigned() -> None:
    session = chat.ChatSession(interface=chat.ChatInterface(str.upper, name="a"), conversation=Conversation())
    with pytest.raises(AttributeError, match="Set active or widgets"):
        session.activ = 1
    with pytest.raises(AttributeError, match="'conversation' of a ChatSession cannot be set"):
        session.conversation = Conversation()
