"""What runs are told of the conversation."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import Q

from chatinterface.additional import KEPT
from chatinterface.contents import again
from chatinterface.conversations import Exchange
from chatinterface.exceptions import Replaced
from chatinterface.inputs import Entered, contents
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message, Run
from chatinterface.opening import initial_messages
from chatinterface.recollection import History, recalled


def history(interface: ChatInterface, question: Message, run: Run | None = None) -> History:
    """What was said before a question, oldest first, after the initial messages; see recollection.recalled().

    What is being written now, beside it, is no part of that. With the ``run`` that has waited to answer it, all is that
    those before this one have said, even where it stands behind the question.
    """
    earlier = Q(pk__lt=question.pk) if run is None else Q(pk__lt=question.pk) | Q(run__lt=run.pk)
    shown = Message.objects.filter(earlier, conversation=question.conversation_id, active=True).exclude(pk=question.pk)
    said = shown.exclude(status__in=Message.OPEN).order_by("pk").only("role", "parts")
    return recalled(question.conversation_id, [*initial_messages(interface), *said])


def renewed(interface: ChatInterface, exchange: Exchange) -> History:
    """The history for a run that has waited; brings the conversation up to date. See refresh()."""
    refresh(exchange.conversation)
    return history(interface, exchange.question, exchange.run) if "history" in interface.binding.wanted else []


def refresh(conversation: Conversation) -> None:
    """Bring the conversation of a run up to date that has waited. Raises Replaced where it is gone."""
    try:
        conversation.refresh_from_db(fields=["state", "title", "revision", "updated_at", "unread"])
    except Conversation.DoesNotExist:
        raise Replaced from None


def given(
    interface: ChatInterface,
    conversation: Conversation,
    message: Message,
    entered: Entered | None = None,
    asked: Message | None = None,
) -> dict[str, Any]:
    """What was entered, by the names that a callback may ask for: the message, and the values of additional inputs.

    What was ``entered`` just now is given as it is; else it is what the message has kept of it, or the question that
    the run was ``asked``, or the conversation.
    """
    said = contents(interface.entries, message, partial(again, message)) if entered is None else entered.value
    if interface.additional is None:
        return {"message": said, "contents": said}
    values = entered.additional if entered is not None else {}
    if not values:
        places = [message.metadata, asked.metadata if asked is not None else {}, conversation.state]
        values = interface.additional.values(next(filter(None, (each.get(KEPT) for each in places)), {}))
    return {"message": said, "contents": said, **values}
