"""Reactions to a message, and the replies that it offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatinterface.exceptions import NoOption, UnknownReaction
from chatinterface.history import Visitor, find
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.replies import changed

# As many as fit below a message.
MOST_OPTIONS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A reply that a message offers: what is said by it, and what its button says."""

    value: str
    label: str


def options(message: Message) -> list[Option]:
    """The replies that a complete message offers. A dict without a value is left out, as is a value without text."""
    if message.role != Message.Role.ASSISTANT or message.running:
        return []
    given = message.metadata.get("options")
    found = [_option(each) for each in given] if isinstance(given, list) else []
    return [each for each in found if each is not None][:MOST_OPTIONS]


def chosen(conversation: Conversation, message_id: int, index: int) -> tuple[Message, Option]:
    """The option of that number of a conversation's last reply. Raises Message.DoesNotExist, NoOption."""
    message = conversation.messages.get(pk=message_id, active=True)
    offered = options(message)
    if message.pk != conversation.leaf_id or index >= len(offered):
        raise NoOption
    return message, offered[index]


def takes_reactions(interface: ChatInterface, message: Message) -> bool:
    """Whether the reactions of the chat stand below this message: a complete reply."""
    return bool(interface.offered) and message.role == Message.Role.ASSISTANT and not message.running


def reactions(message: Message) -> list[str]:
    """The reactions that a message was given, in order."""
    given = message.metadata.get("reactions")
    return [each for each in given if isinstance(each, str)] if isinstance(given, list) else []


@transaction.atomic
def react(
    interface: ChatInterface, who: Visitor, uuid: UUID, message_id: int, reaction: str, *, given: bool
) -> tuple[Conversation, Message] | None:
    """Give a message of the visitor's conversation a reaction, or take it back; None where nothing changes by it.

    As Panel's: a set, in the order in which they were given. Raises Conversation.DoesNotExist or Message.DoesNotExist
    where it is not the visitor's, UnknownReaction.
    """
    conversation = find(who, uuid, interface.name, lock=True)
    message = conversation.messages.select_related("run").get(pk=message_id, active=True)
    if reaction not in interface.reaction_icons or not takes_reactions(interface, message):
        raise UnknownReaction
    before = reactions(message)
    if (reaction in before) == given:
        return None
    message.metadata["reactions"] = [*before, reaction] if given else [each for each in before if each != reaction]
    message.save(update_fields=["metadata", "updated_at"])
    changed(conversation, timezone.now())
    return conversation, message


def _option(given: Any) -> Option | None:
    if isinstance(given, str):
        given = {"value": given}
    value = str(given.get("value", "")) if isinstance(given, Mapping) else ""
    return Option(value=value, label=str(given.get("label") or value)) if value.strip() else None
