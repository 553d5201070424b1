"""Filling in a form that a reply shows."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from chatinterface import conversations, filling, history
from chatinterface.actions.dispatch import changed, execute
from chatinterface.actions.guard import action, refusal
from chatinterface.content.parts import text_of
from chatinterface.exceptions import FormClosed, GoneOn
from chatinterface.forms import Envelope
from chatinterface.interface import ChatInterface
from chatinterface.runs import workers
from chatinterface.runs.execution import prepare
from chatinterface.session import ChatSession
from chatinterface.validation import require_valid


@action
def fill(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int, part: str) -> HttpResponse:
    """Send what was filled in as what the visitor says. Of which form it is, the stored message tells."""
    envelope = Envelope(request.POST)
    key = envelope.cleaned_data["key"] if envelope.is_valid() else None
    who = history.visitor(request)
    conversation = history.find(who, uuid, interface.name)
    if earlier := conversations.earlier_of(conversation, key):
        # By what was sent the first time, the form has been closed.
        return changed(earlier)
    holder, shown = filling.asked(conversation, message, part)
    entry = filling.entry(interface, shown)
    if entry is None:
        raise FormClosed
    form = filling.form(entry, holder, shown, request.POST, request.FILES)
    if not form.is_valid():
        return refusal(request, form.non_field_errors(), [field for field in form.visible_fields() if field.errors])
    entered = filling.entered(interface, entry, form)
    session = ChatSession(interface=interface, conversation=conversation)
    require_valid(interface.validator, entered.value, lambda: session)
    text = text_of(entered.parts)
    try:
        exchange = conversations.send(
            interface, who, uuid, text, worker=workers.of(interface), key=key, entered=entered, answering=holder
        )
    except GoneOn:
        raise FormClosed from None
    if not exchange.repeated:
        execute(request, prepare(interface, exchange, entered=entered))
    return changed(exchange)
