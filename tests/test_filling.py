"""Forms that replies show, and what becomes of what is filled in."""

from typing import Any, cast
from uuid import uuid4

import pytest
from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import AsyncClient

import chatinterface as chat
from chatinterface import FormData
from chatinterface.models import Message
from tests.tab import Tab, ended, meanwhile

pytestmark = pytest.mark.django_db(transaction=True)


class Booking(forms.Form):
    guests = forms.IntegerField(min_value=1)
    name = forms.CharField(required=False)

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("name") == "Nobody":
            raise forms.ValidationError("Somebody has to come.")
        return self.cleaned_data


def host(message: Any, history: list[dict[str, Any]]) -> Any:
    if isinstance(message, FormData):
        return f"{message.form}: {dict(message)} after {len(history)}"
    return ["When?", chat.Form(Booking, title="Your table", initial={"guests": 4})]


async def shown(callback: Any = host, **attributes: Any) -> Tab:
    """A tab whose last reply shows a form."""
    chat.register(callback, name="host", **{"forms": [Booking], **attributes})
    tab = await Tab.open("host")
    await tab.ask("hello")
    return tab


async def fill(tab: Tab, client: AsyncClient | None = None, part: str = "p1", **fields: str) -> HttpResponse:
    posted = {f"message-{name}": value for name, value in fields.items()}
    address = tab.url("fill", (await tab.reply()).pk, part)
    response = cast("HttpResponse", await (client or tab.client).post(address, posted))
    await ended()
    return response


async def test_form_is_shown() -> None:
    tab = await shown()
    again = await tab.again()
    for text in ("Your table", 'name="message-guests"', 'value="4"', "/p/p1/fill/"):
        assert text in again.last
    assert [part.get("text") for part in (await tab.reply()).parts] == ["When?", "Your table"]


async def test_filled_in_form_is_the_next_message() -> None:
    tab = await shown()
    assert (await fill(tab, guests="2", name="Ann")).status_code == 204
    assert (await tab.reply()).text == "Booking: {'guests': 2, 'name': 'Ann'} after 2"
    question = await Message.objects.filter(role="user").alatest("pk")
    assert [field["text"] for field in question.parts[0]["fields"]] == ["2", "Ann"]
    again = await tab.again()
    assert "Ann" in again.shown[question.pk].html


async def test_filled_in_form_is_rerun() -> None:
    """By what was posted then."""
    tab = await shown()
    await fill(tab, guests="2")
    await tab.rerun((await tab.reply()).pk)
    await ended()
    assert (await tab.reply()).text == "Booking: {'guests': 2, 'name': ''} after 2"


@pytest.mark.parametrize(
    ("fields", "sentences"),
    [
        ({"guests": "0"}, ["greater than or equal to 1"]),
        ({}, ["This field is required"]),
        ({"guests": "2", "name": "Nobody"}, ["Somebody has to come"]),
    ],
)
async def test_wrong_answer_is_said(fields: dict[str, Any], sentences: list[str]) -> None:
    tab = await shown()
    response = await fill(tab, **fields)
    assert response.status_code == 422
    assert all(sentence in response.content.decode() for sentence in sentences)
    assert await Message.objects.acount() == 2


async def test_errors_have_their_places() -> None:
    """What is refused names the elements that the page has for it."""
    tab = await shown()
    page, refused = (await tab.again()).last, (await fill(tab, guests="0")).content.decode()
    place = f'id="form-{(await tab.reply()).pk}-p1-message-guests_errors"'
    assert place in page
    assert place in refused


async def test_validator_is_asked() -> None:
    tab = await shown(validator=lambda value: chat.validate(isinstance(value, str), "No table is free."))
    assert "No table is free." in (await fill(tab, guests="2")).content.decode()


async def test_form_is_filled_in_once() -> None:
    tab = await shown()
    first = await tab.reply()
    await fill(tab, guests="2")
    response = await tab.act("fill", first.pk, "p1", **{"message-guests": "3"})
    assert response.status_code == 422
    assert "This form is closed" in response.content.decode()
    assert await Message.objects.filter(role="user").acount() == 2


async def test_repeated_post_sends_nothing_more() -> None:
    tab, key = await shown(), str(uuid4())
    first = await tab.reply()
    for _ in range(2):
        response = await tab.act("fill", first.pk, "p1", key=key, **{"message-guests": "3"})
        assert response.status_code == 204
        await ended()
    assert await Message.objects.filter(role="user").acount() == 2


@pytest.mark.parametrize("on_busy", ["interrupt", "queue", "parallel"])
async def test_two_tabs_fill_in_a_form_at_once(on_busy: str) -> None:
    """The other tab is first, after this one was found in order."""

    def valid(value: Any, chat: Any) -> None:
        if isinstance(value, FormData):
            meanwhile(chat.conversation)

    tab = await shown(on_busy=on_busy, validator=valid)
    response = await fill(tab, guests="2")
    assert response.status_code == 422
    assert "This form is closed" in response.content.decode()
    assert [each.text async for each in Message.objects.filter(role="user")] == ["hello", "meanwhile"]


async def test_undone_form_can_be_filled_in_again() -> None:
    tab = await shown()
    first = await tab.reply()
    await fill(tab, guests="2")
    await tab.act("undo")
    response = await tab.act("fill", first.pk, "p1", **{"message-guests": "3"})
    await ended()
    assert response.status_code == 204
    assert "'guests': 3" in (await tab.reply()).text


async def test_strangers_find_no_form() -> None:
    tab = await shown()
    assert (await fill(tab, AsyncClient(), guests="2")).status_code == 404


@pytest.mark.parametrize("part", ["p2", "nothing"])
async def test_other_parts_are_no_forms(part: str) -> None:
    tab = await shown(lambda message: [chat.Form(Booking), chat.Text("text")])
    assert (await fill(tab, part=part, guests="2")).status_code == 404


async def test_form_of_another_conversation() -> None:
    tab = await shown()
    other = await Tab.open("host", tab.client)
    await other.ask("hello")
    first = await Message.objects.filter(role="assistant").afirst()
    assert first is not None
    assert (await other.act("fill", first.pk, "p1", **{"message-guests": "2"})).status_code == 404


async def test_form_that_is_not_declared_any_more() -> None:
    """Its message says so, and nothing is taken."""
    tab = await shown()
    chat.registry.unregister("host")
    chat.register(host, name="host")
    await Message.objects.filter(role="assistant").aupdate(html="")
    assert "not offered any more" in (await tab.again()).last
    assert (await fill(tab, guests="2")).status_code == 422


async def test_stored_form_is_not_trusted() -> None:
    """What the database says of one may be anything."""
    tab = await shown()
    reply = await tab.reply()
    for props in (None, {}, {"form": ["Booking"]}, {"form": "Booking", "initial": 3}):
        parts = [{**reply.parts[1], "props": props}]
        await Message.objects.filter(pk=reply.pk).aupdate(html="", parts=parts)
        assert 'data-part="p1"' in (await tab.again()).last


async def test_form_in_a_layout_and_a_step() -> None:
    async def answer(message: Any, instance: chat.ChatSession) -> Any:
        if isinstance(message, FormData):
            return dict(message)
        async with instance.add_step("Ask") as step:
            await step.astream(chat.Tabs(("One", chat.Form("Booking"))))
        return "Well?"

    tab = await shown(answer)
    assert (await fill(tab, part="p2", guests="2")).status_code == 204


async def test_undeclared_form_fails_the_reply(caplog: pytest.LogCaptureFixture) -> None:
    tab = await shown(forms=[])
    assert (await tab.reply()).status == "failed"
    assert "Declare it: forms=[Booking]" in caplog.text


def test_forms_by_name() -> None:
    interface = chat.ChatInterface(host, name="host", forms={"table": Booking, "name": {"name": forms.CharField()}})
    assert interface.form_name(Booking) == "table"
    assert interface.form_name("name") == "name"
    assert list(interface.entries) == ["table", "name"]


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        ({"forms": "Booking"}, "must be a list of the classes of forms"),
        ({"forms": [Booking()]}, "which is no form"),
        ({"forms": {"a": {}}}, "which is no form"),
        ({"forms": {"a": {"file": forms.FileField()}}}, "which takes files"),
        ({"forms": {1: Booking}}, "which is no form"),
        ({"forms": [Booking, Booking]}, "has two named 'Booking'"),
        ({"forms": [Booking], "widgets": Booking}, "called as an input"),
    ],
)
def test_wrong_forms(attributes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence):
        chat.ChatInterface(host, name="host", **attributes)


def test_forms_are_not_outputs() -> None:
    with pytest.raises(ImproperlyConfigured, match="additional_outputs"):
        chat.ChatInterface(host, name="host", forms=[Booking], additional_outputs={"table": chat.Form(Booking)})
