"""Flagging: say what one thinks of a message, comment on it, take it back."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse

from chatinterface import events, history, hooks, signals
from chatinterface.actions.guard import action, refusal
from chatinterface.declarations.flagging import DISLIKE, LIKE
from chatinterface.flags import csv_log, flagging
from chatinterface.flags.flagging import Flagged
from chatinterface.forms import FlagForm
from chatinterface.interface import ChatInterface
from chatinterface.presentation import changed_frame
from chatinterface.session import ChatSession


@action
def flag(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int) -> HttpResponse:
    """Flag a message with an option and a comment; with an empty option the flag is taken back."""
    form = FlagForm(request.POST)
    if not form.is_valid():
        return refusal(request, [error for errors in form.errors.values() for error in errors])
    flagged = flagging.flag(interface, history.visitor(request), uuid, message, **form.cleaned_data)
    if flagged.changed:
        frame = changed_frame(interface, flagged.conversation, flagged.message)
        async_to_sync(events.publish)(uuid, frame)
        _tell(interface, flagged)
    return HttpResponse(status=204)


def _tell(interface: ChatInterface, flagged: Flagged) -> None:
    session = ChatSession(interface=interface, conversation=flagged.conversation)
    option = flagged.flag.option if flagged.flag else ""
    where: dict[str, Any] = {"message": flagged.message, "index": flagged.index, "value": flagged.message.text}
    if option != flagged.previous:
        liked = hooks.LikeEvent(**where, liked=_liked(option), previous=_liked(flagged.previous))
        hooks.tell(session, interface.on_like, signals.message_liked, liked)
        if interface.flagging_dir:
            write = partial(csv_log.append, interface.flagging_dir, flagged.conversation, option=option)
            hooks.in_callback_thread(partial(write, index=flagged.index, value=flagged.message.text))
    event = hooks.FlagEvent(
        **where,
        option=option,
        previous=flagged.previous,
        comment=flagged.flag.comment if flagged.flag else "",
        flag=flagged.flag,
    )
    hooks.tell(session, interface.on_flag, signals.message_flagged, event)


def _liked(option: str) -> bool | str:
    return {LIKE: True, DISLIKE: False}.get(option, option)
