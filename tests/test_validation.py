"""The validator: whatever it says, and on whatever path."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured, ValidationError

import chatinterface as chat
from chatinterface import widgets
from chatinterface.models import Message
from chatinterface.validation import require_valid
from tests.tab import Tab, ended

pytestmark = pytest.mark.django_db(transaction=True)


def complain(value: Any) -> None:
    raise ValidationError(["Too short.", "Too dull."])


async def look(value: Any) -> Any:
    return chat.validate(await User.objects.acount() > 0, "Nobody is here.")


@pytest.mark.parametrize(
    ("validator", "sentence"),
    [
        (lambda value: chat.validate(len(value) > 9, f"No {value}!"), "No Hello!"),
        (lambda value: False, "Change it, and send it again."),
        (lambda value: [chat.validate(bool(value), "fine"), chat.validate(not value, "but this")], "but this"),
        (lambda value: {"__type__": "validate", "is_valid": False, "message": "as a dict"}, "as a dict"),
        (complain, "Too short. Too dull."),
        (look, "Nobody is here."),
    ],
    ids=["validate", "bool", "list", "dict", "raises", "async"],
)
async def test_refused(validator: Any, sentence: str) -> None:
    chat.register(str.upper, name="ask", validator=validator)
    response = await (await Tab.open("ask")).send("Hello")
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not await Message.objects.aexists()


@pytest.mark.parametrize("verdict", [None, True, chat.validate(is_valid=True, message="unsaid"), []], ids=repr)
async def test_accepted(verdict: Any) -> None:
    chat.register(str.upper, name="ask", validator=lambda value: verdict)
    assert (await (await Tab.open("ask")).ask("Hello")).text == "HELLO"


async def test_asks_the_database() -> None:
    chat.register(str.upper, name="ask", validator=lambda value: not User.objects.exists())
    assert (await (await Tab.open("ask")).ask("Hello")).text == "HELLO"


async def test_gets_the_cleaned_value() -> None:
    got: list[Any] = []

    def note(value: Any) -> bool:
        got.append(value)
        return True

    chat.register(lambda message: "Noted.", name="ask", widgets=widgets.IntInput(), validator=note)
    await (await Tab.open("ask")).ask("5")
    assert got == [5]


async def test_gets_the_conversation() -> None:
    """None where it is only beginning."""
    got = []

    def note(value: Any, chat: Any) -> None:
        got.append(chat and len(chat.messages()))

    chat.register(str.upper, name="ask", validator=note)
    tab = await Tab.open("ask")
    await tab.ask("Hello")
    await tab.ask("Again")
    assert got == [None, 2]


async def test_edit_is_asked_about() -> None:
    chat.register(str.upper, name="ask", editable=True, validator=lambda value: value != "Bad")
    tab = await Tab.open("ask")
    await tab.ask("Hello")
    question = await Message.objects.aget(role="user")
    assert (await tab._post("edit", {"message": "Bad"}, question.pk)).status_code == 422
    assert (await tab._post("edit", {"message": "Good"}, question.pk)).status_code == 204
    await ended()


async def test_examples_are_asked_about() -> None:
    chat.register(str.upper, name="ask", examples=["Hi"], validator=lambda value: False)
    assert (await (await Tab.open("ask")).send("Hi", example="0")).status_code == 422


async def test_rerun_is_asked_about() -> None:
    allowed = [True]
    chat.register(str.upper, name="ask", validator=lambda value: allowed[0])
    tab = await Tab.open("ask")
    reply = await tab.ask("Hello")
    allowed[0] = False
    assert (await tab.rerun(reply.pk)).status_code == 422
    await ended()
    assert await Message.objects.acount() == 2


def test_wrong_validator_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="'no' is not callable"):
        chat.ChatInterface(str.upper, name="wrong", validator="no")


def test_wrong_verdict_is_an_error() -> None:
    with pytest.raises(TypeError, match="validator returned 'yes'"):
        require_valid(lambda value: "yes", "Hello")
