"""The actions on versions, as two tabs see them, and who is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import wait
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse

import chatinterface as chat
from chatinterface import ChatInterface, ChatSession, hooks, signals
from chatinterface.content.markdown import render
from chatinterface.hooks import ClearEvent, EditEvent, RetryEvent, UndoEvent
from chatinterface.models import Message
from tests.tab import Tab, ended

pytestmark = pytest.mark.django_db(transaction=True)


def echo(**attributes: Any) -> None:
    chat.register(lambda message: f"You said {message}", **{"name": "ask", "editable": "all", **attributes})


async def asked(*messages: str, **attributes: Any) -> Tab:
    """A tab in which this was said and answered."""
    echo(**attributes)
    tab = await Tab.open("ask")
    for message in messages:
        await tab.ask(message)
    return await tab.again()


def turned(response: HttpResponse) -> dict[str, Any]:
    """What the page of who acted is told."""
    assert response.status_code == 204
    detail: dict[str, Any] = json.loads(response.headers["HX-Trigger"])["chatinterface:turned"]
    return detail


def shown(tab: Tab) -> list[str]:
    return [tab.shown[pk].html for pk in sorted(tab.shown)]


async def said() -> list[str]:
    return [message.text async for message in Message.objects.filter(active=True).order_by("pk")]


async def pks() -> list[int]:
    return [pk async for pk in Message.objects.filter(active=True).order_by("pk").values_list("pk", flat=True)]


async def hooks_done() -> None:
    """Wait until all hooks have been called."""
    assert not (await asyncio.to_thread(wait, set(hooks._pending), 20)).not_done


# What is done, seen from another tab


async def test_undo_takes_back_the_last_turn() -> None:
    tab = await asked("first", "second")
    other = await tab.again()
    async with other.connected():
        detail = turned(await tab.act("undo"))
        await other.until("log.changed")
    assert detail["offer"] == "second"
    assert shown(other) == [render("first"), render("You said first")]


async def test_undo_of_nothing() -> None:
    tab = await asked("first")
    await tab.act("clear")
    response = await tab.act("undo")
    assert (response.status_code, "HX-Trigger" in response.headers) == (204, False)


async def test_clear_of_nothing() -> None:
    told: list[Any] = []
    tab = await asked("first", on_clear=lambda session, event: told.append(event))
    turned(await tab.act("clear"))
    response = await tab.act("clear")
    assert (response.status_code, "HX-Trigger" in response.headers) == (204, False)
    await hooks_done()
    assert len(told) == 1


async def test_clear_and_revert() -> None:
    tab = await asked("first", "second")
    before = shown(tab)
    async with tab.connected():
        turned(await tab.act("clear"))
        await tab.until("log.changed")
        assert shown(tab) == []
        detail = turned(await tab.act("revert"))
        await tab.until("log.changed")
    assert detail["withdraw"] == "first"
    assert shown(tab) == before


async def test_revert_after_a_reload() -> None:
    tab = await asked("first", "second")
    await tab.act("undo")
    page = (await tab.client.get(tab.url("conversation"))).content.decode()
    assert 'data-undone="undo"' in page
    turned(await tab.act("revert"))
    assert len(await said()) == 4


async def test_nothing_to_revert() -> None:
    tab = await asked("first", "second")
    await tab.act("undo")
    await tab.ask("third")
    response = await tab.act("revert")
    assert response.status_code == 422
    assert "nothing to bring back" in response.content.decode()
    assert 'data-undone=""' in (await tab.client.get(tab.url("conversation"))).content.decode()


async def test_edited_question_is_answered_anew() -> None:
    tab = await asked("first", "second")
    question = (await pks())[0]
    async with tab.connected():
        assert (await tab.act("edit", question, message="other")).status_code == 204
        await tab.until("message.settled")
    assert shown(tab) == [render("other"), render("You said other")]
    assert "log.changed" not in tab.kinds
    assert await said() == ["other", "You said other"]


async def test_edited_reply_is_not() -> None:
    tab = await asked("first")
    reply = (await pks())[1]
    async with tab.connected():
        turned(await tab.act("edit", reply, message="put *right*"))
        await tab.until("log.changed")
    assert shown(tab) == [render("first"), render("put *right*")]
    assert await Message.objects.filter(run__isnull=True, role="assistant").acount() == 1


async def test_editor_has_what_was_written() -> None:
    tab = await asked("a *first* one & <b>")
    editor = await tab.client.get(tab.url("editor", (await pks())[0]))
    assert "a *first* one &amp; &lt;b&gt;</textarea>" in editor.content.decode()


async def test_step_between_versions() -> None:
    tab = await asked("first", "second")
    question = (await pks())[0]
    await tab.act("edit", question, message="other")
    await ended()
    detail = turned(await tab.act("show", question))
    assert detail["said"] == "Version 1 of 2"
    assert await said() == ["first", "You said first", "second", "You said second"]
    assert turned(await tab.act("show", question))["revision"] == detail["revision"]


async def test_versions_are_counted_in_the_page() -> None:
    tab = await asked("first")
    await tab.rerun((await pks())[1])
    await ended()
    for page in ("conversation", "log"):
        html = (await tab.client.get(tab.url(page))).content.decode()
        assert html.count("Version 2 of 2") == 1
    article = await tab.client.get(tab.url("message", (await pks())[1]))
    assert "Version 2 of 2" in article.content.decode()


async def test_tabs_see_a_version_being_made() -> None:
    tab = await asked("first")
    async with tab.connected():
        await tab.rerun((await pks())[1])
        frame = await tab.until("message.settled")
    assert "Version 2 of 2" in frame["footer"]


async def test_edit_is_repeated_without_harm() -> None:
    tab = await asked("first")
    question, key = (await pks())[0], uuid4()
    for _ in range(2):
        response = await tab.act("edit", question, message="other", key=key)
        assert response.status_code == 204
        assert "chatinterface:sent" in json.loads(response.headers["HX-Trigger"])
        await ended()
    assert await Message.objects.acount() == 4


# What cannot be done


@pytest.mark.parametrize("action", ["rerun", "edit", "show", "undo", "clear", "revert"])
async def test_busy_in_words(action: str) -> None:
    released = asyncio.Event()

    @chat.register(name="hold", yields="tokens", editable="all")
    async def hold(message: str) -> AsyncIterator[str]:
        yield "before"
        await released.wait()

    tab = await Tab.open("hold")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("before")
    before = await pks()
    arguments = [before[-1]] if action in ("rerun", "edit", "show") else []
    response = await tab.act(action, *arguments, message="other")
    assert response.status_code == 422
    assert "A reply is still being written." in response.content.decode()
    assert await pks() == before
    released.set()
    await ended()


@pytest.mark.parametrize("action", ["rerun", "edit", "show"])
async def test_gone_in_words(action: str) -> None:
    tab = await asked("first", "second")
    last = (await pks())[-1]
    await tab.act("clear")
    response = await tab.act(action, last, message="other")
    assert response.status_code == 422
    assert "has gone on without this message" in response.content.decode()


@pytest.mark.parametrize("text", ["", " \n"])
async def test_blank_edit(text: str) -> None:
    tab = await asked("first")
    response = await tab.act("edit", (await pks())[0], message=text)
    assert response.status_code == 422
    assert "Write something, or cancel." in response.content.decode()


async def test_edit_must_be_allowed() -> None:
    tab = await asked("first", editable="user")
    reply = (await pks())[1]
    assert (await tab.client.get(tab.url("editor", reply))).status_code == 404
    response = await tab.act("edit", reply, message="other")
    assert response.status_code == 422
    assert "cannot be edited" in response.content.decode()


async def test_validator_is_asked_about_edits() -> None:
    def validator(message: str) -> chat.Validation:
        return chat.validate("bad" not in message, "That is not nice.")

    tab = await asked("first", validator=validator)
    question, reply = await pks()
    response = await tab.act("edit", question, message="bad")
    assert (response.status_code, "That is not nice." in response.content.decode()) == (422, True)
    assert (await tab.act("edit", reply, message="bad")).status_code == 204


async def test_question_is_not_run_again() -> None:
    tab = await asked("first")
    response = await tab.rerun((await pks())[0])
    assert "answers no question" in response.content.decode()


# What is offered


@pytest.mark.parametrize(
    ("attributes", "offered"),
    [
        ({}, {"rerun": 1, "undo": 1, "clear": 1, "revert": 1}),
        ({"editable": "user"}, {"rerun": 1, "undo": 1, "clear": 1, "revert": 1, "edit": 1}),
        ({"editable": "all"}, {"rerun": 1, "undo": 1, "clear": 1, "revert": 1, "edit": 2}),
        ({"edit_callback": print, "show_rerun": False}, {"undo": 1, "clear": 1, "revert": 1, "edit": 1}),
        ({"show_undo": False}, {"rerun": 1, "clear": 1, "revert": 1}),
        ({"show_clear": False}, {"rerun": 1, "undo": 1, "revert": 1}),
        ({"show_clear": False, "show_undo": False}, {"rerun": 1}),
    ],
)
async def test_buttons(attributes: dict[str, Any], offered: dict[str, int]) -> None:
    tab = await asked("first", **{"editable": None, **attributes})
    page = (await tab.client.get(tab.url("conversation"))).content.decode()
    names = ["rerun", "undo", "clear", "revert", "edit", "previous-version"]
    counts = {name: page.count(f'data-action="{name}"') for name in names}
    assert {name: count for name, count in counts.items() if count} == offered


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"editable": "everything"}, "editable='everything' must be None or one of 'user', 'all'"),
        ({"edit_callback": 3}, "edit_callback=3 is not callable"),
        ({"on_undo": "undo"}, "on_undo='undo' is not callable"),
    ],
)
def test_wrong_declarations(attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=message):
        ChatInterface(lambda message: message, name="ask", **attributes)


# Who is told


async def test_hooks_are_called() -> None:
    told: list[tuple[ChatSession, Any]] = []

    async def tell(session: ChatSession, event: Any) -> None:
        told.append((session, event))

    def tell_plainly(session: ChatSession, event: Any) -> None:
        told.append((session, event))

    tab = await asked("first", "second", on_retry=tell, on_undo=tell_plainly, on_clear=tell, on_edit=tell_plainly)
    first, _, second, reply = await pks()
    await tab.rerun(reply)
    await ended()
    await tab.act("edit", second, message="other")
    await ended()
    await tab.act("undo")
    await tab.act("clear")
    await hooks_done()
    events = {type(event): event for _, event in told}
    assert {type(session.conversation.pk) for session, _ in told} == {int}
    retried, edited, undone = events[RetryEvent], events[EditEvent], events[UndoEvent]
    assert (retried.message.pk, retried.index, retried.value) == (second, 2, "second")
    assert (edited.index, edited.value, edited.previous_value) == (2, "other", "second")
    assert (undone.message, undone.index, undone.value) == (edited.message, 2, "other")
    assert events[ClearEvent] == ClearEvent()
    assert len(told) == 4
    assert first


async def test_signals_are_sent() -> None:
    told: list[Any] = []

    def receive(sender: Any, interface: Any, session: Any, event: Any, **kwargs: Any) -> None:
        told.append((sender is type(interface), type(event)))

    sent = [signals.reply_retried, signals.message_edited, signals.message_undone, signals.conversation_cleared]
    for signal in sent:
        signal.connect(receive)
    try:
        tab = await asked("first")
        await tab.rerun((await pks())[1])
        await ended()
        await tab.act("edit", (await pks())[0], message="other")
        await ended()
        await tab.act("undo")
        await tab.act("revert")
        await tab.act("clear")
        await hooks_done()
    finally:
        for signal in sent:
            signal.disconnect(receive)
    assert sorted(told, key=str) == sorted(
        [(True, kind) for kind in (RetryEvent, EditEvent, UndoEvent, ClearEvent)], key=str
    )


async def test_edit_callback_as_panel() -> None:
    told: list[Any] = []

    def edit_callback(contents: str, index: int, instance: ChatSession) -> None:
        told.append((contents, index, instance.interface.name))

    tab = await asked("first", "second", editable=None, edit_callback=edit_callback)
    async with tab.connected():
        turned(await tab.act("edit", (await pks())[2], message="other"))
        await tab.until("log.changed")
    await hooks_done()
    assert told == [("other", 2, "ask")]
    assert await said() == ["first", "You said first", "other"]
