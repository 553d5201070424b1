"""Whose turn it is to answer in a conversation: what becomes of a run that is to begin, and how one waits.

A run waits with the worker that is going to execute it, by whose lease it is known to be alive: it is QUEUED until it
is claimed. One that any worker may execute has none until it is taken. It comes after all runs of its conversation that
were there before it, however these end.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from chatinterface.exceptions import Busy, Replaced
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message, Run
from chatinterface.replies import interrupt, interrupt_lost, lease_end

# So many runs of one conversation are at work or wait at once.
MOST = 20


class Way(enum.Enum):
    """How a run begins that comes to a conversation."""

    GO = enum.auto()  # At once: nobody answers, or beside those who do.
    WAIT = enum.auto()  # When those before it have ended.
    INTERRUPT = enum.auto()  # The same, and those are to be stopped.


WAYS = {"interrupt": Way.INTERRUPT, "queue": Way.WAIT, "parallel": Way.GO}


def is_busy(conversation: Conversation) -> bool:
    """Whether a reply is being written, or waited for. What lost workers left behind is marked, and is none."""
    interrupt_lost(conversation)
    return conversation.answering


def require_idle(conversation: Conversation) -> None:
    """Raise Busy while a reply is being written, or waited for."""
    if is_busy(conversation):
        raise Busy


def make_way(interface: ChatInterface, conversation: Conversation) -> Way:
    """Decide by the chat's ``on_busy`` how a run begins in a conversation, which the transaction has locked.

    For all that has the callback called by something new: a message, a chosen option, a button, a response. Where this
    is not ``Way.GO`` the run is made as QUEUED, and its exchange says which way: executing it waits by itself. Raises
    Busy where the chat takes nothing now: it rejects, or as much waits as it takes.
    """
    if not is_busy(conversation):
        return Way.GO
    if interface.on_busy not in WAYS or conversation.runs.filter(status__in=Run.ACTIVE).count() >= MOST:
        raise Busy
    return WAYS[interface.on_busy]


def line_up(interface: ChatInterface, conversation: Conversation) -> Way:
    """Decide how a run begins that belongs to what was done already, in a conversation that is locked.

    It is never refused: it waits, unless replies are written beside each other in this chat.
    """
    beside = WAYS.get(interface.on_busy) is Way.GO
    return Way.GO if beside or not is_busy(conversation) else Way.WAIT


@transaction.atomic
def hold_back(run: Run) -> None:
    """Let a run wait that was to begin at once. Raises Replaced where it was taken for lost."""
    _turn(run, Run.Status.RUNNING, Run.Status.QUEUED, Message.Status.QUEUED)


@transaction.atomic
def take(run: Run, worker: str) -> None:
    """Let a run be a worker's that was begun for any. Raises Replaced where it is another's, or has ended."""
    changes = {"worker": worker, "lease_until": lease_end()}
    if not Run.objects.filter(pk=run.pk, status=Run.Status.QUEUED, worker="").update(**changes):
        raise Replaced
    run.worker = worker


@transaction.atomic
def claim(run: Run) -> None:
    """Let a run begin that has waited. Raises Replaced where it was taken for lost."""
    run.started_at = timezone.now()
    _turn(run, Run.Status.QUEUED, Run.Status.RUNNING, Message.Status.RUNNING)


def _turn(run: Run, before: Run.Status, after: Run.Status, replies: Message.Status) -> None:
    run.status, run.lease_until = after, lease_end()
    changes = {"status": after, "lease_until": run.lease_until, "started_at": run.started_at}
    if not Run.objects.filter(pk=run.pk, status=before).update(**changes):
        raise Replaced
    run.messages.filter(status__in=Message.OPEN).update(status=replies)


@dataclass(frozen=True, slots=True)
class Standing:
    """How those stand that wait: by the id of each run the runs before it, of which none is left when it may begin.

    A run is missing that was taken for lost. ``changed`` are the conversations in which others were.
    """

    ahead: dict[int, list[int]] = field(default_factory=dict)
    changed: list[Conversation] = field(default_factory=list)


def look(runs: Collection[int]) -> Standing:
    """Renew the leases of runs that wait, and see who is before them: so many queries, however many they are."""
    Run.objects.filter(pk__in=runs, status=Run.Status.QUEUED).update(lease_until=lease_end())
    among = Run.objects.filter(pk__in=runs).values("conversation")
    active = Run.objects.filter(conversation__in=among, status__in=Run.ACTIVE).order_by("pk")
    now, lost = timezone.now(), set[int]()
    before: dict[int, list[int]] = {}
    standing = Standing()
    for pk, conversation, until in active.values_list("pk", "conversation", "lease_until"):
        if until is not None and until < now:
            lost.add(conversation)
            continue
        if pk in runs:
            standing.ahead[pk] = list(before.get(conversation, ()))
        before.setdefault(conversation, []).append(pk)
    for conversation in lost:
        interrupt(conversation)
    if lost:
        standing.changed.extend(Conversation.objects.filter(pk__in=lost).only("uuid", "revision"))
    return standing


def unfinished(runs: Iterable[int]) -> list[int]:
    """The ids of the replies by which these runs are spoken to: those that they have not completed."""
    return list(Message.objects.filter(run__in=runs, status__in=Message.OPEN).values_list("pk", flat=True))


def before(run: Run) -> list[int]:
    """The ids of the runs of a conversation that are before this one."""
    earlier = Run.objects.filter(conversation=run.conversation_id, pk__lt=run.pk, status__in=Run.ACTIVE)
    return list(earlier.values_list("pk", flat=True))


def waiting(conversation: Conversation) -> list[int]:
    """The ids of the replies in a conversation whose runs wait."""
    return list(conversation.messages.filter(status=Message.Status.QUEUED).values_list("pk", flat=True))
