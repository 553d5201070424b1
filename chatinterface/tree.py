"""The tree of a conversation's messages, and the one path through it that is shown: how it is walked and moved.

Each message follows its parent; those that follow the same one are versions of each other. The path leads from the
beginning to the conversation's leaf, and ``active`` marks the messages on it. Nothing is deleted: the path turns away
from messages, and can be led back to them.

The law of coming back: where the path leaves a message that its parent's other versions or nothing take the place of,
the message remembers where the path ended (``last_leaf``); when it is shown again, so is all that was shown behind it.
What was never shown, as in an import, is shown along its newest messages.

Whatever the length of a conversation, each function costs a fixed number of queries. What they change belongs into a
transaction that holds the conversation's lock; ``leaf_id`` is set on the instance and saved by the caller.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.db.models.expressions import RawSQL

from chatinterface.models import Conversation, Message

# More messages than this leave the path by one word, and not by their ids.
LISTED = 50

# From a leaf up to the message that it is shown with.
UP = """
    WITH RECURSIVE path (id, parent_id) AS (
        SELECT id, parent_id FROM {table} WHERE id = %s
        UNION ALL
        SELECT {table}.id, {table}.parent_id FROM {table} JOIN path ON {table}.id = path.parent_id
        WHERE {table}.id >= %s
    )
    SELECT id FROM path
"""

# A message and all that ever followed it.
DOWN = """
    WITH RECURSIVE below (id) AS (
        SELECT id FROM {table} WHERE id = %s
        UNION ALL
        SELECT {table}.id FROM {table} JOIN below ON {table}.parent_id = below.id
    )
    SELECT id FROM below
"""


def path(conversation: Conversation) -> QuerySet[Message]:
    """The messages that are shown, oldest first."""
    return conversation.messages.filter(active=True).order_by("pk")


def until(leaf: int) -> QuerySet[Message]:
    """The messages from the beginning of a conversation to this one, whether they are shown now or not."""
    return Message.objects.filter(pk__in=_recursive(UP, leaf, 0))


def following(conversation: Conversation, end: int | None) -> int | None:
    """The id of the message on the path behind the message ``end``, or of its first; None where there is none."""
    return _behind(conversation, end).values_list("pk", flat=True).first()


def leave(conversation: Conversation, end: int | None) -> list[int] | None:
    """Let the path end at the message ``end`` on it, or before its first.

    Returns the ids of the messages that leave it; None where they are more than LISTED.
    """
    ids = list(_behind(conversation, end).values_list("pk", flat=True)[: LISTED + 1])
    if ids:
        conversation.messages.filter(pk=ids[0]).update(last_leaf=conversation.leaf_id)
        conversation.messages.filter(active=True, pk__gte=ids[0]).update(active=False)
    conversation.leaf_id = end
    return ids if len(ids) <= LISTED else None


def show(conversation: Conversation, message: Message) -> None:
    """Continue the path, which ends at the message's parent, with it and with what was shown behind it."""
    leaf = message.last_leaf_id
    if leaf is None or not until(leaf).filter(pk=message.pk).exists():
        leaf = _newest_below(message)
    conversation.messages.filter(pk__in=_recursive(UP, leaf, message.pk)).update(active=True)
    conversation.leaf_id = leaf


def number(messages: Iterable[Message]) -> None:
    """Have these messages of one conversation know their versions: all that follow the same message, oldest first."""
    given = list(messages)
    if not given:
        return
    followed = Q(parent__in={each.parent_id for each in given} - {None})
    if any(each.parent_id is None for each in given):
        followed |= Q(conversation=given[0].conversation_id, parent=None)
    together: dict[int | None, list[int]] = {}
    for parent, pk in Message.objects.filter(followed).order_by("pk").values_list("parent_id", "pk"):
        together.setdefault(parent, []).append(pk)
    for each in given:
        each.versions = together.get(each.parent_id, [])


def index(message: Message) -> int:
    """The place of a message among those that are shown, counted from 0."""
    return Message.objects.filter(conversation=message.conversation_id, active=True, pk__lt=message.pk).count()


def last_question(conversation: Conversation, before: int | None = None) -> Message | None:
    """The last message of the visitor on the path, or the last before the id ``before``; None where there is none."""
    asked = path(conversation).filter(role=Message.Role.USER)
    return (asked if before is None else asked.filter(pk__lt=before)).last()


def question_of(conversation: Conversation, reply: Message) -> Message | None:
    """The message of the visitor that a reply on the path answers; None where it answers none.

    It need not be the last one before it: others may have been asked while its run went on.
    """
    answers = Message.objects.filter(children__run=reply.run_id, role=Message.Role.USER, active=True)
    asked = answers.order_by("pk").first() if reply.run_id else None
    return asked or last_question(conversation, reply.pk)


def _behind(conversation: Conversation, end: int | None) -> QuerySet[Message]:
    return path(conversation) if end is None else path(conversation).filter(pk__gt=end)


def _newest_below(message: Message) -> int:
    newest: int = Message.objects.filter(pk__in=_recursive(DOWN, message.pk)).aggregate(newest=Max("pk"))["newest"]
    return newest


def _recursive(statement: str, *parameters: Any) -> RawSQL:
    table = transaction.get_connection().ops.quote_name(Message._meta.db_table)
    return RawSQL(statement.format(table=table), parameters)
