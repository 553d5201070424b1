"""Inputs below the chat: what the callback gets of them, and what is kept."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.http import QueryDict

import chatinterface as chat
from chatinterface import widgets
from chatinterface.additional import SHORT
from chatinterface.inputs import posted_by
from chatinterface.models import Conversation, Message
from tests.tab import Tab, ended

pytestmark = pytest.mark.django_db(transaction=True)

PROMPT = widgets.TextInput(name="System prompt", value="Be kind.")
WORDS = widgets.IntSlider(name="Words", start=1, end=50, value=12)


def post(tab: Tab, message: str, **values: Any) -> Any:
    """Post a message with the inputs below the chat."""
    named = {f"additional-{name}": value for name, value in values.items()}
    return tab._post("send", {"token": tab.token, "message": message, "additional": "1", **named})


async def sent() -> Tab:
    """A chat that says its number of words, after a message with 7."""

    @chat.register(name="ask", additional_inputs=[WORDS])
    def answer(message: str, history: Any, words: int) -> str:
        return str(words)

    tab = await Tab.open("ask")
    await post(tab, "Hello", words="7")
    await ended()
    return tab


async def test_values_follow_history() -> None:
    @chat.register(name="ask", additional_inputs=[PROMPT, WORDS])
    def answer(message: str, history: Any, first: str, second: int) -> str:
        return f"{message} {len(history)} {first!r} {second!r}"

    tab = await Tab.open("ask")
    await post(tab, "Hello", system_prompt="", words="7")
    await ended()
    assert (await tab.reply()).text == "Hello 0 '' 7"


async def test_values_by_name() -> None:
    """In whatever order, also where the history is left out."""

    @chat.register(name="ask", additional_inputs=[PROMPT, WORDS])
    def answer(message: str, words: int, *, system_prompt: str) -> str:
        return f"{words} {system_prompt}"

    tab = await Tab.open("ask")
    assert (await tab.ask("Hello")).text == "12 Be kind."


async def test_values_in_panels_convention() -> None:
    def answer(contents: str, user: str, words: int) -> str:
        return f"{contents} {words}"

    chat.register(chat.ChatInterface(callback=answer, name="ask", additional_inputs=WORDS))
    assert (await (await Tab.open("ask")).ask("Hello")).text == "Hello 12"


async def test_kept_by_conversation() -> None:
    """For the page, for a message that brings none, and for a reply that is run again."""

    tab = await sent()
    assert (await tab.ask("Again")).text == "7"
    await tab.rerun((await tab.reply()).pk)
    await ended()
    assert (await tab.reply()).text == "7"
    page = (await tab.client.get(tab.url("conversation"))).content.decode()
    assert 'name="additional-words" value="7"' in page


@pytest.mark.parametrize("again", ["rerun", "edit"])
async def test_kept_by_the_question(again: str) -> None:
    """What is answered anew is asked with what it was sent with, whatever the conversation was sent meanwhile."""

    @chat.register(name="ask", additional_inputs=[WORDS], editable=True)
    def answer(message: str, history: Any, words: int) -> str:
        return f"{message} {words}"

    tab = await Tab.open("ask")
    await post(tab, "Hello", words="7")
    await ended()
    first = await tab.reply()
    await post(tab, "And now?", words="9")
    await ended()
    await (tab.rerun(first.pk) if again == "rerun" else tab.act("edit", first.parent_id, message="Hello"))
    await ended()
    assert (await tab.reply()).text == "Hello 7"


async def test_only_what_is_read_is_kept() -> None:
    @chat.register(name="ask", additional_inputs=[WORDS, widgets.RangeSlider(name="When", start=0, end=9)])
    def answer(message: str, history: Any, words: int, when: Any) -> str:
        return str(words)

    tab = await Tab.open("ask")
    await post(tab, "Hello", words=["1" * 1000, "7"], when_0="2", when_1="3", when_of_no_field="x", others="y")
    await ended()
    kept = (await Conversation.objects.aget()).state["additional"]
    assert kept == {
        "additional": ["1"],
        "additional-words": ["7"],
        "additional-when_0": ["2"],
        "additional-when_1": ["3"],
    }


async def test_kept_by_the_run() -> None:
    """Which calls its callback again, with what it has said itself."""

    @chat.register(name="ask", additional_inputs=[WORDS])
    async def answer(message: str, history: Any, words: int, *, instance: chat.ChatSession) -> str:
        if message == "Hello":
            await instance.asend(f"first {words}", respond=True)
            return ""
        return f"then {words}"

    tab = await Tab.open("ask")
    await post(tab, "Hello", words="7")
    await ended()
    first = await Message.objects.filter(role="assistant").afirst()
    assert first is not None
    await post(tab, "And now?", words="9")
    await ended()
    await tab.rerun(first.pk)
    await ended()
    shown = Message.objects.filter(role="assistant", active=True).order_by("pk")
    assert [each.text async for each in shown] == ["first 7", "then 7"]


async def test_kept_by_a_message_without_any() -> None:
    """It was sent with what was shown then."""
    tab = await sent()
    reply = (await tab.ask("Again")).pk
    await post(tab, "And now?", words="9")
    await ended()
    await tab.rerun(reply)
    await ended()
    assert (await tab.reply()).text == "7"


class Odd(forms.TextInput):
    """Reads what was posted as widgets of others do."""

    def __init__(self, read: Callable[[Any, str], Any]) -> None:
        super().__init__()
        self.read = read

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return self.read(data, name)


def changed(data: Any, name: str) -> Any:
    data = data.copy()
    data[name] = data[name].strip()
    return data.get(name)


@pytest.mark.parametrize(
    "read",
    [
        changed,
        lambda data, name: copy.deepcopy(data).get(name),
        lambda data, name: dict(data.lists())[name][0],
        lambda data, name: {key: value for key, value in data.items() if key.startswith(name)}[name],
    ],
    ids=["copy", "deepcopy", "lists", "items"],
)
async def test_however_a_widget_reads(read: Callable[[Any, str], Any]) -> None:
    """What is its own is kept, and nothing else: no secret of another field."""

    class Filled(forms.Form):
        key = forms.CharField(widget=forms.PasswordInput)
        place = forms.CharField(widget=Odd(read))

    data = QueryDict("key=hush&place=+here+&csrfmiddlewaretoken=token&place%00x=y")
    form = Filled(data)
    assert form.is_valid()
    assert dict(posted_by(form)) == {"place": [" here "]}


async def test_wrong_value_is_refused_beside_its_field() -> None:
    @chat.register(name="ask", additional_inputs=[WORDS])
    def answer(message: str, history: Any, words: int) -> str:
        return str(words)

    tab = await Tab.open("ask")
    response = await post(tab, "Hello", words="51")
    assert response.status_code == 422
    assert f'id="chat-{tab.uuid}-additional-words_errors"' in response.content.decode()
    assert not await Conversation.objects.aexists()


async def test_unchecked_is_false() -> None:
    @chat.register(name="ask", additional_inputs=["checkbox", widgets.Switch(name="Light", value=True)])
    def answer(message: str, history: Any, *values: Any) -> str:
        return repr(values)

    tab = await Tab.open("ask")
    assert (await tab.ask("Hello")).text == "(False, True)"
    await post(tab, "Hello")
    await ended()
    assert (await tab.reply()).text == "(False, False)"
    await tab.rerun((await tab.reply()).pk)
    await ended()
    assert (await tab.reply()).text == "(False, False)"


@pytest.mark.parametrize("short", sorted(SHORT))
async def test_short_names(short: str) -> None:
    @chat.register(name="ask", additional_inputs=[short, short])
    def answer(message: str, history: Any, first: Any, second: Any) -> str:
        return repr(first == second)

    assert (await (await Tab.open("ask")).ask("Hello")).text == "True"


async def test_beside_other_inputs() -> None:
    @chat.register(name="ask", widgets=widgets.IntInput(name="Number"), additional_inputs=[WORDS])
    def answer(message: Any, history: Any, words: int) -> str:
        return f"{message + words}"

    tab = await Tab.open("ask")
    await post(tab, "5", words="7")
    await ended()
    assert (await tab.reply()).text == "12"


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        ({"additional_inputs": ["slyder"]}, "has 'slyder', which is no input"),
        ({"additional_inputs": [WORDS, WORDS]}, "two inputs named 'words'"),
        ({"additional_inputs": [widgets.TextInput(name="History")]}, "one named 'history'"),
        ({"additional_inputs": [WORDS], "additional_inputs_accordion": {"opened": True}}, "has 'opened'"),
        ({"additional_inputs": [WORDS, PROMPT]}, "does not take the additional input 'system_prompt'"),
    ],
)
def test_wrong_declarations_are_refused(attributes: Any, sentence: str) -> None:
    def answer(message: str, history: Any, words: int) -> str:
        return message

    with pytest.raises(ImproperlyConfigured, match=sentence):
        chat.ChatInterface(answer, name="wrong", **attributes)


@pytest.mark.parametrize(
    ("accordion", "label", "opened"), [("More", "More", False), ({"open": True}, "Additional", True)]
)
async def test_accordion(accordion: Any, label: str, opened: bool) -> None:  # noqa: FBT001 -- of the table above.
    @chat.register(name="ask", additional_inputs=[WORDS], additional_inputs_accordion=accordion)
    def answer(message: str, history: Any, words: int) -> str:
        return message

    page = (await (await Tab.open("ask")).client.get("/chat/ask/")).content.decode()
    fold = page.partition("<details")[2].partition("</summary>")[0]
    assert label in fold
    assert (" open>" in fold) == opened


def test_required_is_what_an_author_says() -> None:
    declared = chat.ChatInterface(
        lambda message, history, a, b: message,
        name="ask",
        additional_inputs=[widgets.TextInput(name="a", required=True), forms.CharField(label="b")],
    )
    assert declared.additional is not None
    assert [field.required for field in declared.additional.form().fields.values()] == [True, True]
