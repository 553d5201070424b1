"""Pressing a button: a new one, and what the chat has declared to be done before and after a default one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import Http404, HttpRequest, HttpResponse
from django_htmx.http import trigger_client_event

from chatinterface import conf, events, presses
from chatinterface.actions.beginning import Beginning, beginning
from chatinterface.actions.dispatch import execute, standing
from chatinterface.actions.guard import action, refusal
from chatinterface.begun import Begun
from chatinterface.callbacks import outputs
from chatinterface.exceptions import Busy, NotPreceded
from chatinterface.forms import PressForm
from chatinterface.hooks import ButtonEvent
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Run
from chatinterface.runs import workers
from chatinterface.runs.execution import Job, start
from chatinterface.runs.pressing import prepare_following, prepare_press
from chatinterface.session import ChatSession

logger = logging.getLogger("chatinterface")

# Seconds that a stop waits for what the chat does before it, and that the others wait.
PATIENCE = 5.0
LONGEST = 60.0

# The requests that wait, each in a thread of the requests: others are left for pages, and for what is waited for.
_waiting: set[int] = set()


@action
def press(request: HttpRequest, interface: ChatInterface, uuid: UUID, button: str) -> HttpResponse:
    """Have the callbacks of a new button called; what they say comes by the socket."""
    pressed = next((each for each in interface.row if each.name == button and each.acts), None)
    if pressed is None:
        raise Http404
    form = PressForm(request.POST)
    if not form.is_valid():
        return refusal(request, [error for errors in form.errors.values() for error in errors])
    with beginning(request, interface, uuid, form.cleaned_data["token"]) as page:
        begun = presses.press(
            interface, page.who, uuid, button, worker=workers.of(interface), may_create=page.may_create
        )
        page.owned(begun.conversation)
    event = ButtonEvent(name=button)
    execute(request, prepare_press(interface, begun, event, pressed.callback, pressed.post_callback))
    return _told(begun)


def before(interface: ChatInterface, page: Beginning, uuid: UUID, event: ButtonEvent, *, counts: bool = True) -> None:
    """Have the callback of a default button called, and wait for its end. Raises NotPreceded where it came to none.

    What takes longer than LONGEST is stopped. Raises Busy where as many wait already as leave threads to others.
    """
    callback = interface.pressable(event.name).callback
    if callback is None:
        return
    if len(_waiting) >= max(conf.get().request_threads // 2, 1):
        raise Busy
    begun = presses.press(
        interface, page.who, uuid, event.name, worker=workers.here(), may_create=page.may_create, counts=counts
    )
    page.owned(begun.conversation)
    _waiting.add(begun.run.pk)
    try:
        async_to_sync(_ended)(prepare_press(interface, begun, event, callback))
    finally:
        _waiting.discard(begun.run.pk)
    if not Run.objects.filter(pk=begun.run.pk, status=Run.Status.DONE).exists():
        raise NotPreceded


def after(request: HttpRequest, interface: ChatInterface, conversation: Conversation, event: ButtonEvent) -> None:
    """Have the ``post_callback`` of a default button called, in its turn, unless the conversation is gone."""
    if interface.pressable(event.name).post_callback is not None:
        with suppress(Conversation.DoesNotExist):
            execute(request, prepare_following(interface, conversation.pk, event))


def then(interface: ChatInterface, event: ButtonEvent) -> tuple[ButtonEvent, ...]:
    """What is to follow a run that a default button begins: its ``post_callback``, where it has one."""
    return (event,) if interface.pressable(event.name).post_callback is not None else ()


def before_stop(interface: ChatInterface, conversation: Conversation) -> None:
    """Have the callback of the button called that stops, beside the run that it is to stop: what it says is not heard.

    A failure is logged, and what takes too long is not waited for: the run is stopped in any case.
    """
    callback = interface.pressable("stop").callback
    if callback is None:
        return
    session = ChatSession(interface=interface, conversation=conversation)
    try:
        async_to_sync(_unheard)(callback, session, ButtonEvent(name="stop"))
    except Exception:
        extra = {"event": "button.failed", "chat": interface.name, "button": "stop"}
        logger.exception("What %r does before it stops has failed", interface.name, extra=extra)


async def _ended(job: Job) -> None:
    task = await start(job)
    _done, late = await asyncio.wait({task}, timeout=LONGEST)
    if late:
        await events.stop_reply(job.exchange.reply.pk)
        await asyncio.wait(late)


async def _unheard(callback: Callable[..., Any], *args: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        async for _said in outputs(callback, *args):
            pass


def _told(begun: Begun) -> HttpResponse:
    return trigger_client_event(HttpResponse(status=204), "chatinterface:pressed", standing(begun))
