"""Flags: what a reader thinks of a message. One for each message and reader; it keeps what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chatinterface import registry
from chatinterface.exceptions import NotFlaggable, UnknownOption
from chatinterface.history import Visitor, find
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Flag, Message
from chatinterface.presentation import body

# Messages before the question that a snapshot keeps as text, and the most characters of all of them.
CONTEXT = 10
CONTEXT_LENGTH = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """What has become of a reader's flag, as committed. ``flag`` is None where it was taken back."""

    conversation: Conversation
    message: Message
    flag: Flag | None
    # The option before, "" where there was no flag.
    previous: str
    # Where the message stands on the shown path, from 0.
    index: int
    changed: bool


@transaction.atomic
def flag(
    interface: ChatInterface, who: Visitor, uuid: UUID, message_id: int, option: str, comment: str | None = None
) -> Flagged:
    """Flag a message of the visitor's conversation, or take the flag back where ``option`` is empty.

    A ``comment`` of None leaves the one that there is. Doing it twice changes nothing more. What was reviewed is open
    again when its flagger changes it. Raises Conversation.DoesNotExist or Message.DoesNotExist where it is not the
    visitor's, NotFlaggable, UnknownOption.
    """
    conversation = find(who, uuid, interface.name, lock=True)
    message = conversation.messages.select_related("run").get(pk=message_id, active=True)
    if not may_flag(interface, message):
        raise NotFlaggable
    if option and option not in interface.flagging_options:
        raise UnknownOption
    before = own_flag(conversation, message)
    was = _state(before)
    after = _stored(conversation, message, before, option, comment)
    changed = was != _state(after)
    if changed:
        conversation.revision += 1
        conversation.save(update_fields=["revision"])
    message.own_flag = after
    return Flagged(
        conversation=conversation,
        message=message,
        flag=after,
        previous=was[0],
        index=conversation.messages.filter(active=True, pk__lt=message.pk).count(),
        changed=changed,
    )


def may_flag(interface: ChatInterface, message: Message) -> bool:
    """Whether a reader may flag this message: a complete reply, or where the chat says so what they said themselves."""
    roles = {Message.Role.ASSISTANT} | ({Message.Role.USER} if interface.like_user_message else set())
    return interface.flagged and message.role in roles and not message.running


def own_flag(conversation: Conversation, message: Message) -> Flag | None:
    """The flag of the conversation's owner on a message, asked for once."""
    if "own_flag" not in vars(message):
        message.own_flag = message.flags.filter(_owner(conversation)).first()
    return message.own_flag


def load_flags(interface: ChatInterface, conversation: Conversation, messages: Sequence[Message]) -> None:
    """Give the messages of a page their owner's flags, by one query; by none where the chat has no flags."""
    if not interface.flagged or not messages:
        return
    flags = Flag.objects.filter(_owner(conversation), message__in=messages).defer("snapshot", "note")
    found = {each.message_id: each for each in flags}
    for message in messages:
        message.own_flag = found.get(message.pk)


def _owner(conversation: Conversation) -> Q:
    if conversation.user_id is None:
        return Q(user__isnull=True, session_key=conversation.session_key)
    return Q(user=conversation.user_id)


def _stored(
    conversation: Conversation, message: Message, before: Flag | None, option: str, comment: str | None
) -> Flag | None:
    if not option:
        if before:
            before.delete()
        return None
    kept = before.comment if before else ""
    comment = kept if comment is None else comment
    if before and (before.option, before.comment) == (option, comment):
        return before
    question, context = _question(conversation, message)
    flag = before or Flag(message=message, user_id=conversation.user_id, session_key=conversation.session_key)
    flag.interface, flag.option, flag.comment = conversation.interface, option, comment
    flag.question = question.pk if question else None
    flag.snapshot = _snapshot(conversation, message, question, context)
    flag.status, flag.reviewer, flag.reviewed_at = Flag.Status.OPEN, None, None
    flag.save()
    return flag


def _state(flag: Flag | None) -> tuple[str, str]:
    return (flag.option, flag.comment) if flag else ("", "")


def _question(conversation: Conversation, message: Message) -> tuple[Message | None, list[Message]]:
    """What a message answers, and what was said before that; nothing for what the visitor said themselves."""
    if message.role == Message.Role.USER:
        return None, []
    path = conversation.messages.filter(active=True)
    question = path.filter(role=Message.Role.USER, pk__lt=message.pk).order_by("-pk").first()
    if question is None:
        return None, []
    said = path.filter(pk__lt=question.pk).exclude(role=Message.Role.SYSTEM).only("role", "parts")
    return question, list(said.order_by("-pk")[:CONTEXT])[::-1]


def _snapshot(
    conversation: Conversation, message: Message, question: Message | None, context: Iterable[Message]
) -> dict[str, Any]:
    return {
        "chat": conversation.interface,
        "title": conversation.title,
        "conversation": str(conversation.uuid),
        "time": timezone.now().isoformat(),
        "before": _shortened([{"role": each.role, "content": each.text} for each in context]),
        "input": _seen(conversation, question) if question else None,
        "output": _seen(conversation, message),
    }


def _seen(conversation: Conversation, message: Message) -> dict[str, Any]:
    interface = registry.find(conversation.interface)
    return {
        "id": message.pk,
        "role": message.role,
        "user_name": message.user_name,
        "avatar": message.avatar,
        "status": message.status,
        "text": message.text,
        "parts": message.parts,
        "html": body(interface, conversation, message) if interface else message.html,
        "error": message.metadata.get("error", {}).get("text", ""),
        "time": message.created_at.isoformat(),
    }


def _shortened(context: list[dict[str, str]]) -> list[dict[str, str]]:
    """The last of these messages, as many as there is room for."""
    while context and sum(len(each["content"]) for each in context) > CONTEXT_LENGTH:
        context.pop(0)
    return context
