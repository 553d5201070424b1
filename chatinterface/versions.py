"""Which of all that was said is shown: another version, less of it, or none. Each function is one transaction.

They raise what those of :mod:`conversations` raise.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatinterface import tree, withdrawal
from chatinterface.conversations import is_editable, locked
from chatinterface.exceptions import GoneOn, NothingToRevert
from chatinterface.history import Visitor
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.presses import BUTTON
from chatinterface.queueing import require_idle
from chatinterface.replies import changed
from chatinterface.withdrawal import REVERTS as REVERTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What an undo has taken off the path: from this message of the visitor on, or nothing."""

    conversation: Conversation
    message: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The version of a message that is shown now: which one, of how many."""

    conversation: Conversation
    number: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What can be done with a message: whether it can be edited or run again, and which of its versions it is."""

    edit: bool
    rerun: bool
    number: int
    count: int
    previous: int | None
    next: int | None

    def __bool__(self) -> bool:
        return self.edit or self.rerun or self.count > 1


@transaction.atomic
def switch(interface: ChatInterface, who: Visitor, uuid: UUID, message_id: int) -> Shown:
    """Show another version of a message on the path, with what was shown behind that version when it was left."""
    conversation = locked(who, uuid, interface.name)
    message = conversation.messages.get(pk=message_id)
    require_idle(conversation)
    if message.parent_id and not conversation.messages.filter(pk=message.parent_id, active=True).exists():
        raise GoneOn
    if not message.active:
        tree.leave(conversation, message.parent_id)
        tree.show(conversation, message)
        changed(conversation, timezone.now())
    tree.number([message])
    together = message.versions or [message.pk]
    return Shown(conversation=conversation, number=together.index(message.pk) + 1, count=len(together))


@transaction.atomic
def undo(interface: ChatInterface, who: Visitor, uuid: UUID) -> Taken:
    """Take the last message of the visitor and all behind it off the path. Without one, nothing is changed."""
    conversation = locked(who, uuid, interface.name)
    require_idle(conversation)
    message = tree.last_question(conversation)
    if message is not None:
        _take(conversation, message.parent_id, "undo")
    return Taken(conversation=conversation, message=message)


@transaction.atomic
def clear(interface: ChatInterface, who: Visitor, uuid: UUID) -> Conversation | None:
    """Take all off the path; returns the conversation, None where there was nothing to be taken."""
    conversation = locked(who, uuid, interface.name)
    require_idle(conversation)
    if conversation.leaf_id is None:
        return None
    _take(conversation, None, "clear")
    return conversation


@transaction.atomic
def revert(interface: ChatInterface, who: Visitor, uuid: UUID) -> Taken:
    """Bring back what the latest undo or clear took, where nothing else was done since. Raises NothingToRevert."""
    conversation = locked(who, uuid, interface.name)
    require_idle(conversation)
    latest = withdrawal.latest(conversation)
    if latest is None:
        raise NothingToRevert
    message = conversation.messages.get(pk=latest["first"])
    withdrawal.forget(conversation)
    if conversation.leaf_id != message.parent_id:
        # The run that took it has gone on.
        tree.leave(conversation, message.parent_id)
    tree.show(conversation, message)
    changed(conversation, timezone.now())
    return Taken(conversation=conversation, message=message)


def offered(interface: ChatInterface, message: Message) -> Offer:
    """What the reader of a message may do with it; a query where tree.number() has not counted its versions."""
    if message.versions is None:
        tree.number([message])
    among = message.versions or []
    place = among.index(message.pk) if message.pk in among else 0
    complete = message.role == Message.Role.ASSISTANT and message.status == Message.Status.DONE
    return Offer(
        edit=interface.may_edit(message.role) and is_editable(message),
        rerun=complete and message.parent_id is not None and interface.show_rerun and BUTTON not in message.metadata,
        number=place + 1,
        count=len(among),
        previous=among[place - 1] if place else None,
        next=among[place + 1] if place + 1 < len(among) else None,
    )


def undone(conversation: Conversation) -> withdrawal.By | None:
    """What a revert would take back now: ``"undo"`` or ``"clear"``; None where there is nothing."""
    latest = withdrawal.latest(conversation)
    return latest["by"] if latest else None


def _take(conversation: Conversation, end: int | None, by: withdrawal.By) -> None:
    withdrawal.take(conversation, end, by)
    changed(conversation, timezone.now())
