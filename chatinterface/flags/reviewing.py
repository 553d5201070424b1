"""What staff make of flags: decide, one after the other. Each function is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from chatinterface.exceptions import DecidedMeanwhile
from chatinterface.models import Conversation, Flag, Message

# Messages that are shown on either side of a flagged one.
AROUND = 20

# The oldest ids of a conversation that are walked to find the way to a message that is no longer shown.
WALKED = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The conversation around a flagged message, as it is now; with how many more there are on either side."""

    conversation: Conversation
    before: list[Message]
    after: list[Message]
    more_before: int
    more_after: int
    # Whether the flagged message is still on the path that its visitor sees.
    shown: bool


@transaction.atomic
def decide(pk: int, reviewer: Any, status: str, note: str, *, was: str) -> Flag:
    """Give a flag a status and a note. ``was`` is the status that the reviewer saw.

    Raises Flag.DoesNotExist, and DecidedMeanwhile where somebody else has changed its status since.
    """
    flag = Flag.objects.select_for_update().get(pk=pk)
    if flag.status != was:
        raise DecidedMeanwhile
    if status != was:
        flag.status = Flag.Status(status)
        decided = status != Flag.Status.OPEN
        flag.reviewer, flag.reviewed_at = (reviewer, timezone.now()) if decided else (None, None)
    flag.note = note
    flag.save(update_fields=["status", "reviewer", "reviewed_at", "note", "updated_at"])
    return flag


@transaction.atomic
def decide_all(flags: QuerySet[Flag], reviewer: Any, status: str) -> int:
    """Give all of these flags that have another one this status, by one statement; returns how many there were."""
    decided = status != Flag.Status.OPEN
    now = timezone.now()
    return (
        Flag.objects.filter(pk__in=flags.order_by().values("pk"))
        .exclude(status=status)
        .update(
            status=status,
            reviewer=reviewer if decided else None,
            reviewed_at=now if decided else None,
            updated_at=now,
        )
    )


def next_open(flags: QuerySet[Flag], flag: Flag) -> int | None:
    """The open flag that follows this one in the queue, newest first and then from its beginning; None at last."""
    waiting = flags.filter(status=Flag.Status.OPEN).exclude(pk=flag.pk).order_by("-created_at", "-pk")
    later = waiting.filter(Q(created_at__lt=flag.created_at) | Q(created_at=flag.created_at, pk__lt=flag.pk))
    return later.values_list("pk", flat=True).first() or waiting.values_list("pk", flat=True).first()


def surroundings(flag: Flag) -> Surroundings | None:
    """The conversation around a flagged message, by a fixed number of queries; None where it is gone."""
    message = flag.message
    if message is None:
        return None
    if message.active:
        path = Message.objects.filter(conversation=message.conversation_id, active=True)
        before, after = path.filter(pk__lt=message.pk), path.filter(pk__gt=message.pk)
        return Surroundings(
            conversation=message.conversation,
            before=list(before.order_by("-pk")[:AROUND])[::-1],
            after=list(after.order_by("pk")[:AROUND]),
            more_before=max(0, before.count() - AROUND),
            more_after=max(0, after.count() - AROUND),
            shown=True,
        )
    ancestors = _ancestors(message)
    found = Message.objects.in_bulk(ancestors[:AROUND])
    return Surroundings(
        conversation=message.conversation,
        before=[found[pk] for pk in reversed(ancestors[:AROUND])],
        after=[],
        more_before=max(0, len(ancestors) - AROUND),
        more_after=0,
        shown=False,
    )


def _ancestors(message: Message) -> list[int]:
    """The ids of all that led to a message, the nearest first."""
    earlier = Message.objects.filter(conversation=message.conversation_id, pk__lt=message.pk).order_by("-pk")
    parents = dict(earlier.values_list("pk", "parent_id")[:WALKED])
    way: list[int] = []
    pk = message.parent_id
    while pk in parents:
        way.append(pk)
        pk = parents[pk]
    return way
