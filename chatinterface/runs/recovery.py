"""How the replies stand that a page believes to be written: what it is told when it asks, or has heard nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import translation

from chatinterface import events, history, registry
from chatinterface.models import Conversation, Message
from chatinterface.presentation import settled_frame
from chatinterface.replies import interrupt_lost


@dataclass(frozen=True, slots=True)
class Standing:
    """The frames of the replies that are settled, and the ids of those that are still being written."""

    settled: list[events.Frame]
    writing: list[int]


def catch_up(uuid: UUID, replies: Iterable[int] | None = None) -> Standing:
    """How these replies of a conversation stand (by default all that are being written).

    What a lost worker left behind is marked first. Ids that are not the conversation's are ignored.
    """
    conversation = history.with_leases(Conversation.objects.filter(uuid=uuid)).first()
    if conversation is None:
        return Standing([], [])
    interrupted = interrupt_lost(conversation)
    # A callback may speak in its visitor's name, too.
    messages = conversation.messages.filter(Q(role=Message.Role.ASSISTANT) | Q(run__isnull=False))
    if replies is None:
        asked = messages.filter(Q(status__in=Message.OPEN) | Q(pk__in=interrupted), active=True)
    else:
        asked = messages.filter(pk__in=[*replies, *interrupted])
    standing = Standing([], [])
    for reply in asked:
        if reply.running:
            standing.writing.append(reply.pk)
        else:
            standing.settled.append(_settled(conversation, reply))
    return standing


def _settled(conversation: Conversation, reply: Message) -> events.Frame:
    interface = registry.find(conversation.interface)
    assert interface is not None, "the chat of a page that is open is registered"
    # A socket comes without the language that its page was requested in.
    with translation.override(conversation.language or settings.LANGUAGE_CODE):
        return settled_frame(interface, conversation, reply, revision=conversation.revision)
