"""Hooks for what readers do without changing anything: they copy a message, or select it."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.dispatch import Signal
from django.test import AsyncClient

import chatinterface as chat
from chatinterface import ChatInterface, hooks, signals
from chatinterface.hooks import CopyEvent, SelectEvent
from tests.tab import Tab

pytestmark = pytest.mark.django_db(transaction=True)

KINDS = {
    "copied": ("on_copy", signals.message_copied, CopyEvent, "data-told-url"),
    "selected": ("on_select", signals.message_selected, SelectEvent, 'data-action="select"'),
}


def answer(message: str) -> str:
    return f"*{message}*"


async def hooks_done() -> None:
    """Wait until all hooks have been called."""
    assert not (await asyncio.to_thread(wait, set(hooks._pending), 20)).not_done


@contextmanager
def listening(signal: Signal) -> Iterator[list[tuple[bool, Any]]]:
    """What the signal was sent with, meanwhile."""
    told: list[tuple[bool, Any]] = []

    def receive(sender: Any, interface: Any, session: Any, event: Any, **kwargs: Any) -> None:
        told.append((sender is type(interface) is type(session.interface), event))

    signal.connect(receive)
    yield told
    signal.disconnect(receive)


async def page_of(tab: Tab) -> str:
    return (await tab.client.get(tab.url("conversation"))).content.decode()


@pytest.mark.parametrize("view", KINDS)
async def test_hook_is_called(view: str) -> None:
    hook, _, kind, _ = KINDS[view]
    told: list[Any] = []

    async def tell(session: chat.ChatSession, event: Any) -> None:
        told.append((session.interface.name, event))

    chat.register(answer, name="ask", **{hook: tell})
    tab = await Tab.open("ask")
    await tab.ask("first")
    reply = await tab.ask("second")
    assert (await tab.act(view, reply.pk)).status_code == 204
    await hooks_done()
    assert told == [("ask", kind(message=reply, index=3, value="*second*"))]


@pytest.mark.parametrize("view", KINDS)
async def test_signal_is_sent(view: str) -> None:
    _, signal, kind, mark = KINDS[view]
    chat.register(answer, name="ask")
    tab = await Tab.open("ask")
    reply = await tab.ask("hello")
    with listening(signal) as told:
        assert mark in await page_of(tab)
        await tab.act(view, reply.parent_id)
        await hooks_done()
    assert [(own, type(event), event.value) for own, event in told] == [(True, kind, "hello")]


@pytest.mark.parametrize("view", KINDS)
async def test_nobody_listens(view: str) -> None:
    chat.register(answer, name="ask")
    tab = await Tab.open("ask")
    reply = await tab.ask("hello")
    page = await page_of(tab)
    assert 'data-action="copy"' in page
    assert not any(mark in page for *_, mark in KINDS.values())
    assert "select.js" not in page
    assert (await tab.act(view, reply.pk)).status_code == 404


async def test_hooks_can_notify() -> None:
    """A reader hears of it though nobody is answering."""

    async def later(session: chat.ChatSession, event: Any) -> None:
        await session.anotify("Later.", "success")

    chat.register(answer, name="ask", on_copy=lambda session, event: session.notify("Now."), on_select=later)
    tab = await Tab.open("ask")
    reply = await tab.ask("hello")
    async with (tab := await tab.again()).connected():
        await tab.act("copied", reply.pk)
        assert (await tab.until("notice"))["text"] == "Now."
        await tab.act("selected", reply.pk)
        assert (await tab.until("notice"))["level"] == "success"


@pytest.mark.parametrize("view", KINDS)
async def test_others_cannot_tell(view: str) -> None:
    told: list[Any] = []
    chat.register(answer, name="ask", **{KINDS[view][0]: lambda session, event: told.append(event)})
    tab = await Tab.open("ask")
    reply = await tab.ask("hello")
    stranger = await Tab.open("ask", AsyncClient())
    await stranger.ask("mine")
    assert (await stranger.client.post(tab.url(view, reply.pk))).status_code == 404
    assert (await stranger.act(view, reply.pk)).status_code == 404
    await hooks_done()
    assert not told


async def test_copied_is_told_with_the_button_alone() -> None:
    """Of a chat without the button that copies a message nobody could tell."""
    for attributes in ({"show_copy_icon": False}, {"buttons": ["copy_all"]}):
        with pytest.raises(ImproperlyConfigured, match="on_copy is never called"):
            ChatInterface(answer, on_copy=print, **attributes)


@pytest.mark.parametrize("name", ["on_copy", "on_select"])
def test_wrong_hooks_are_refused(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"{name}='tell' is not callable"):
        ChatInterface(answer, **{name: "tell"})
