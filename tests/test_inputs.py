"""Inputs: what is declared, what is posted, and what the callback gets."""

import copy
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.test import AsyncClient
from django.utils import timezone

import chatinterface as chat
from chatinterface import registry, widgets
from chatinterface.models import Message
from tests.tab import Tab, ended

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 5, 4, 12, 30, tzinfo=timezone.get_default_timezone())
COLOURS = ["red", "green", "blue"]


class Order(forms.Form):
    dish = forms.CharField()
    guests = forms.IntegerField(min_value=1, initial=2)
    terrace = forms.BooleanField(required=False)


def given(*inputs: Any, **attributes: Any) -> list[Any]:
    """Register the chat "ask", and return the list of what its callback gets."""
    got: list[Any] = []

    def answer(message: Any) -> str:
        got.append(message)
        return "Thanks."

    chat.register(answer, name="ask", widgets=list(inputs), **attributes)
    return got


@pytest.mark.parametrize(
    ("declared", "wrong", "said"),
    [
        (widgets.IntSlider, "min", "IntSlider() takes no 'min'. Write 'start'."),
        (widgets.FloatInput, "maximum", "FloatInput() takes no 'maximum'. Write 'end'."),
        (widgets.DatePicker, "max", "DatePicker() takes no 'max'. Write 'end'."),
        (widgets.IntSlider, "max_value", "IntSlider() takes no 'max_value'. Write 'end'."),
        (widgets.FloatSlider, "step_size", "FloatSlider() takes no 'step_size'. Write 'step'."),
        (widgets.Select, "choices", "Select() takes no 'choices'. Write 'options'."),
        (widgets.TextInput, "placehodler", "TextInput() takes no 'placehodler'. Write 'placeholder'."),
        (widgets.TextInput, "min", "TextInput() takes no 'min'."),
        (widgets.Switch, "colour", "Switch() takes no 'colour'."),
    ],
)
def test_unknown_keyword_names_the_known_one(declared: Callable[..., Any], wrong: str, said: str) -> None:
    with pytest.raises(TypeError) as raised:
        declared(**{wrong: 1})
    assert str(raised.value) == said


def test_own_input_may_have_keywords_of_its_own() -> None:
    class Percent(widgets.IntSlider):
        def __init__(self, *, max_value: int = 100, **options: Any) -> None:
            super().__init__(end=max_value, **options)

    assert Percent(max_value=50).max_value == 50


def test_copies_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form has a copy of each of its fields for each request: what was declared right is."""
    field = widgets.IntSlider(end=10)
    monkeypatch.setattr(widgets.IntSlider, "_require_known", lambda keywords: pytest.fail("it is looked at again"))
    assert copy.deepcopy(field).max_value == 10


def test_folder_is_asked_for_as_one() -> None:
    assert str(widgets.FileInput(directory=True).error_messages["required"]) == "Choose a folder first."


async def send(message: Any = None, **fields: Any) -> Any:
    tab = await Tab.open("ask")
    data = {} if message is None else {"message": message}
    response = await tab._post("send", {"token": tab.token, **data, **fields})
    await ended()
    return response


@pytest.mark.parametrize(
    ("declared", "posted", "value", "text"),
    [
        (widgets.ChatAreaInput(), "a\r\nb", "a\nb", "a\nb"),
        (widgets.TextInput(), " *a* ", " *a* ", " *a* "),
        (widgets.TextInput(required=False), "", "", "(empty)"),
        (widgets.TextAreaInput(), "a\nb", "a\nb", "a\nb"),
        (widgets.PasswordInput(), "hush", "hush", "••••••••"),
        (widgets.IntSlider(end=10), "0", 0, "0"),
        (widgets.FloatSlider(end=1, step=0.05), "0.15", 0.15, "0.15"),
        (widgets.IntInput(), "-12", -12, "-12"),
        (widgets.FloatInput(), "1.25", 1.25, "1.25"),
        (widgets.Select(options=COLOURS), "green", "green", "green"),
        (widgets.Select(options={"Small": 1, "Large": 2.5}), "2.5", 2.5, "Large"),
        (widgets.MultiSelect(options=COLOURS), ["red", "blue"], ["red", "blue"], "red, blue"),
        (widgets.MultiSelect(options=COLOURS), None, [], "(empty)"),
        (widgets.RadioButtonGroup(options=[1, 2, 3]), "2", 2, "2"),
        (widgets.CheckBoxGroup(options={"Milk": "m", "Sugar": "s"}), ["s"], ["s"], "Sugar"),
        (widgets.Checkbox(), "on", True, "Yes"),
        (widgets.Checkbox(), None, False, "No"),
        (widgets.Switch(), None, False, "No"),
        (widgets.DatePicker(), "2026-05-04", date(2026, 5, 4), "May 4, 2026"),
        (widgets.DatetimePicker(), "2026-05-04T12:30", NOON, "May 4, 2026, 12:30 p.m."),
        (widgets.ColorPicker(), "#2b5cad", "#2b5cad", "#2b5cad"),
        (widgets.CodeEditor(language="python"), "x = 1", "x = 1", "```python\nx = 1\n```"),
        (widgets.CodeEditor(), "a ```` b", "a ```` b", "`````\na ```` b\n`````"),
        (forms.EmailField(), "a@example.com", "a@example.com", "a@example.com"),
        (forms.NullBooleanField(), "false", False, "No"),
    ],
    ids=lambda each: type(each).__name__,
)
async def test_value_of_each_input(declared: forms.Field, posted: Any, value: Any, text: str) -> None:
    got = given(declared)
    response = await send(posted)
    assert response.status_code == 204, response.content.decode()
    assert got == [value]
    assert [type(each) for each in got] == [type(value)]
    assert (await Message.objects.aget(role="user")).text == text


async def test_range_is_ordered() -> None:
    got = given(widgets.RangeSlider(start=0, end=10, step=1))
    await send(message_0="8", message_1="3")
    assert got == [(3, 8)]


async def test_form_is_one_message() -> None:
    got = given(Order)
    await send(**{"message-dish": "Soup", "message-guests": "4"})
    assert got == [{"dish": "Soup", "guests": 4, "terrace": False}]
    said = await Message.objects.aget(role="user")
    assert said.text == "Dish: Soup\nGuests: 4\nTerrace: No"
    assert "<dt>Guests</dt>" in said.html


async def test_what_was_left_out_is_not_said() -> None:
    class Wish(forms.Form):
        wish = forms.CharField(required=False)
        reason = forms.CharField(required=False)

    got = given(Wish)
    await send(**{"message-wish": "Cake"})
    await send()
    assert got == [{"wish": "Cake", "reason": ""}, {"wish": "", "reason": ""}]
    said = [message.text async for message in Message.objects.filter(role="user").order_by("pk")]
    assert said == ["Wish: Cake", "Wish: (empty)\nReason: (empty)"]


async def test_values_are_escaped() -> None:
    given(forms.ChoiceField(choices=[("x", "<b>*x*</b>")]))
    await send("x")
    assert (await Message.objects.aget(role="user")).html.strip() == "<p>&lt;b&gt;*x*&lt;/b&gt;</p>"


@pytest.mark.parametrize(
    ("declared", "posted", "sentence"),
    [
        (widgets.IntSlider(end=10), "11", "less than or equal to 10"),
        (widgets.IntSlider(end=10, step=5), "3", "multiple of step size 5"),
        (widgets.TextInput(), "  ", "Write a message first."),
        (widgets.Select(options=COLOURS), "pink", "Select a valid choice"),
        (widgets.CheckBoxGroup(options=COLOURS), ["pink"], "Select a valid choice"),
        (widgets.DatePicker(start=date(2026, 1, 1)), "2025-12-31", "greater than or equal to 2026-01-01"),
        (widgets.DatetimePicker(end=datetime(2026, 1, 1)), "2026-01-02T00:00", "less than or equal to"),
        (widgets.ColorPicker(), "red", "Choose a colour."),
        (widgets.IntInput(), "0\x00", "Enter a whole number."),
    ],
    ids=lambda each: type(each).__name__,
)
async def test_refused_beside_the_field(declared: forms.Field, posted: Any, sentence: str) -> None:
    got = given(declared)
    response = await send(posted)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert got == []
    assert not await Message.objects.aexists()


async def test_each_field_of_a_form_is_told() -> None:
    given(widgets.TextInput(), Order)
    tab = await Tab.open("ask")
    data = {"token": tab.token, "input": "Order", "message-guests": "0"}
    refused = (await tab._post("send", data)).content.decode()
    page = (await tab.client.get("/chat/ask/")).content.decode()
    for name in ("dish", "guests"):
        assert f'id="chat-{tab.uuid}-1-message-{name}_errors"' in refused
    assert "message-dish_errors" in page
    assert "Correct what is marked" in refused


async def test_input_is_chosen_by_name() -> None:
    got = given(widgets.TextInput(name="Word"), widgets.IntInput(name="Number"))
    await send("5", input="Number")
    await send("5", input="Word")
    await send("5", input="no such input")
    assert got == [5, "5", "5"]


async def test_restored_when_tried_again() -> None:
    got = []

    @chat.register(name="ask", widgets=Order)
    def answer(message: Any) -> str:
        got.append(message)
        raise RuntimeError

    tab = await Tab.open("ask")
    await tab._post("send", {"token": tab.token, "message-dish": "Soup", "message-guests": "4"})
    await ended()
    await tab.rerun((await tab.reply()).pk)
    await ended()
    assert got == [{"dish": "Soup", "guests": 4, "terrace": False}] * 2


async def test_secret_is_not_kept() -> None:
    got = given(widgets.PasswordInput())
    tab = await Tab.open("ask")
    await tab.send("hush")
    await ended()
    said = await Message.objects.aget(role="user")
    assert "hush" not in f"{said.parts}{said.html}"
    assert "What you entered is a secret" in (await tab.rerun((await tab.reply()).pk)).content.decode()
    assert got == ["hush"]


async def test_entered_is_not_edited_as_text() -> None:
    given(widgets.IntInput(), editable=True)
    tab = await Tab.open("ask")
    await tab.send("5")
    await ended()
    question = await Message.objects.aget(role="user")
    assert (await tab._post("edit", {"message": "6"}, question.pk)).status_code == 422
    page = (await tab.client.get(tab.url("conversation"))).content.decode()
    assert 'data-action="edit"' not in page


async def test_plain_chat_has_no_inputs() -> None:
    """Nor does it load what they need."""
    chat.register(str.upper, name="plain")
    tab = await Tab.open("plain")
    page = (await tab.client.get("/chat/plain/")).content.decode()
    assert "inputs.js" not in page
    assert "inputs.css" not in page


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        ([widgets.TextInput(), widgets.TextInput()], "two inputs named 'Text input'"),
        (["slider"], "'slider', which is no input"),
        ([widgets.TextInput(visible=False)], "none of its widgets is visible"),
    ],
)
def test_wrong_widgets_are_refused(declared: Any, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence):
        chat.ChatInterface(str.upper, name="wrong", widgets=declared)


def test_wrong_types_are_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="auto_send_types has 'Switch'"):
        chat.ChatInterface(str.upper, name="wrong", auto_send_types=["Switch"])


def test_options_written_alike_are_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="written alike"):
        widgets.Select(options=[1, "1"])


@pytest.mark.parametrize("slider", [widgets.IntSlider, widgets.FloatSlider, widgets.RangeSlider])
def test_sliders_that_go_backwards_are_refused(slider: type[widgets.IntSlider]) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"{slider.__name__} goes from start=5 to end=3"):
        slider(start=5, end=3)


def test_class_of_an_input_is_one() -> None:
    interface = chat.ChatInterface(str.upper, name="ask", widgets=widgets.Checkbox)
    assert list(interface.inputs) == ["Checkbox"]


def test_one_input_may_stand_alone() -> None:
    chat.register(str.upper, name="alone", widgets=widgets.IntInput(name="Number"))
    interface = registry.find("alone")
    assert interface is not None
    assert list(interface.inputs) == ["Number"]


async def test_dates_of_django_are_picked() -> None:
    got = given(forms.DateField(), forms.TimeField())
    page = (await AsyncClient().get("/chat/ask/")).content.decode()
    assert 'type="date"' in page
    assert 'type="time"' in page
    assert ">Date<" in re.sub(r"\s+", "", page)
    await send("2026-05-04")
    assert got == [date(2026, 5, 4)]
