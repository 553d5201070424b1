"""What becomes of a reply: checkpoints, its end, a lost worker. Each function is one transaction."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connections, transaction
from django.utils import timezone

from chatinterface import conf, metrics, prompts, registry, search
from chatinterface.content.components.base import Part
from chatinterface.exceptions import Held, Replaced
from chatinterface.models import Conversation, Message, Run

logger = logging.getLogger("chatinterface.runs")


@transaction.atomic
def settle(
    reply: Message,
    run: Run,
    *,
    status: Message.Status,
    parts: list[Part],
    html: str,
    failure: dict[str, str] | None = None,
) -> int:
    """Complete a run's last reply with all that was said, end its run, and return the conversation's new revision.

    ``failure`` has the error's ``id``, the ``text`` shown to the reader (where it is empty, the reply counts as done
    for the reader) and the ``detail`` kept for staff. Raises Conversation.DoesNotExist where it was deleted
    meanwhile.
    """
    conversation = Conversation.objects.select_for_update().get(pk=reply.conversation_id)
    run.status, run.finished_at, run.lease_until = status, timezone.now(), None
    if failure:
        run.error_id, run.error = failure["id"], failure["detail"]
        if failure["text"]:
            reply.metadata["error"] = {"id": failure["id"], "text": failure["text"]}
        else:
            status = Message.Status.DONE
    _fill(reply, status, parts, html)
    run.save(update_fields=["status", "first_output_at", "finished_at", "lease_until", "error_id", "error"])
    if run.asks:
        prompts.end([run])
    conversation.unread = registry.shows_list(conversation.interface)
    return changed(conversation, run.finished_at)


@transaction.atomic
def complete(reply: Message, *, status: Message.Status, parts: list[Part], html: str) -> int:
    """Complete one of several messages of a run, that goes on; returns the conversation's new revision.

    Raises Conversation.DoesNotExist where it was deleted meanwhile.
    """
    conversation = Conversation.objects.select_for_update().get(pk=reply.conversation_id)
    _fill(reply, status, parts, html)
    return changed(conversation, timezone.now())


def _fill(reply: Message, status: Message.Status, parts: list[Part], html: str) -> None:
    reply.parts, reply.html, reply.status = parts, html, status
    reply.save(update_fields=["parts", "html", "status", "metadata", "updated_at"])


class Kept(NamedTuple):
    """What checkpoint() is to store of a run."""

    run: Run
    said: Mapping[int, list[Part] | None]


def checkpoints(kept: Sequence[Kept]) -> list[int | Exception | None]:
    """Do checkpoint() for several runs; what it returns or raises for each.

    One transaction has all of them but those of which something is to be found out: they are done one by one. Where
    somebody else holds a conversation, only its lease is renewed, and Held is returned: what was said is stored with
    the next. Raises OperationalError or InterfaceError where the database is away.
    """
    stored, held = set[int](), set[int]()
    if len(kept) > 1:
        try:
            stored, held = _store(kept)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            # What one of them cannot have stored must not keep the others from it.
            logger.debug("Checkpoints are stored one by one: %s", error, extra={"event": "checkpoint.apart"})
    return [_outcome(each, stored, held) for each in kept]


def _outcome(kept: Kept, stored: Collection[int], held: Collection[int]) -> int | Exception | None:
    if kept.run.pk in stored:
        return None
    if kept.run.pk in held:
        return Held()
    try:
        return checkpoint(kept.run, kept.said)
    except Exception as error:
        return error


@transaction.atomic
def _store(kept: Sequence[Kept]) -> tuple[set[int], set[int]]:
    """Store what was said in the runs that are what they were; returns their ids, and those that somebody holds."""
    free = _lock([each.run.conversation_id for each in kept])
    going = Run.objects.filter(pk__in=[each.run.pk for each in kept], status=Run.Status.RUNNING)
    conversations = dict(going.values_list("pk", "conversation"))
    Run.objects.filter(pk__in=conversations, status=Run.Status.RUNNING).update(lease_until=lease_end())
    stored = {run for run, conversation in conversations.items() if conversation in free}
    said = {message: parts for each in kept if each.run.pk in stored for message, parts in each.said.items()}
    _say(said, timezone.now())
    return stored, set(conversations) - stored


def _lock(conversations: Sequence[int]) -> set[int]:
    """Lock those that nobody holds, in the same order in all processes; returns their ids."""
    skip = connections[Conversation.objects.db].features.has_select_for_update_skip_locked
    rows = Conversation.objects.select_for_update(skip_locked=skip).filter(pk__in=conversations).order_by("pk")
    return set(rows.values_list("pk", flat=True))


def _say(said: Mapping[int, list[Part] | None], now: datetime, *, revived: bool = False) -> None:
    """Store what was said so far in messages. One that has ended meanwhile is not opened again, but where a reader has
    ended it who took its run for lost.
    """
    states = (*Message.OPEN, Message.Status.INTERRUPTED) if revived else Message.OPEN
    opened = Message.objects.filter(status__in=states)
    silent = [message for message, parts in said.items() if parts is None]
    if silent:
        opened.filter(pk__in=silent).update(status=Message.Status.RUNNING, updated_at=now)
    for message, parts in said.items():
        if parts is not None:
            opened.filter(pk=message).update(status=Message.Status.RUNNING, updated_at=now, parts=parts)


@transaction.atomic
def checkpoint(run: Run, said: Mapping[int, list[Part] | None]) -> int | None:
    """Renew a run's lease, and store what was said so far in each of its open messages; None where nothing is new.

    A run that was taken for lost meanwhile goes on, and the conversation's new revision is returned, else None. Raises
    Replaced where the conversation has gone on without it, or is gone.
    """
    conversation = (
        Conversation.objects.select_for_update()
        .only("leaf_id", "revision", "title", "unread", "updated_at")
        .filter(pk=run.conversation_id)
        .first()
    )
    claimed = Run.objects.filter(pk=run.pk)
    revived = not claimed.filter(status=Run.Status.RUNNING).update(lease_until=lease_end())
    if conversation is None or (revived and not run.messages.filter(pk=conversation.leaf_id or 0).exists()):
        raise Replaced
    # What has ended by itself has no lease.
    lost = claimed.filter(status=Run.Status.INTERRUPTED, lease_until__isnull=False)
    if revived and not lost.update(status=Run.Status.RUNNING, lease_until=lease_end(), finished_at=None):
        return None
    if revived and run.asks:
        prompts.go_on(run)
    now = timezone.now()
    _say(said, now, revived=revived)
    return changed(conversation, now) if revived else None


@transaction.atomic
def interrupt(conversation_id: int) -> list[int]:
    """Mark what lost workers left behind as interrupted, keeping its text; returns the ids of the replies.

    Called by whoever reads a conversation that has a run which does not renew its lease; counted and logged there, as
    the process that wrote it cannot.
    """
    conversation = Conversation.objects.select_for_update().get(pk=conversation_id)
    now = timezone.now()
    active = Run.objects.filter(conversation=conversation, status__in=Run.ACTIVE, lease_until__lt=now)
    lost = list(active.values_list("pk", flat=True))
    interrupted: list[int] = []
    if lost:
        replies = Message.objects.filter(run__in=lost, status__in=Message.OPEN)
        interrupted = list(replies.values_list("pk", flat=True))
        replies.update(status=Message.Status.INTERRUPTED, updated_at=now)
        prompts.end(lost)
        Run.objects.filter(pk__in=lost).update(status=Run.Status.INTERRUPTED, finished_at=now)
        changed(conversation, now)
        # An update tells no receiver that they are complete.
        for reply in Message.objects.filter(pk__in=interrupted):
            reply.conversation = conversation
            search.index_message(reply)
        transaction.on_commit(partial(_tell_lost, conversation.interface, lost))
    return interrupted


def _tell_lost(chat: str, lost: Collection[int]) -> None:
    for run in lost:
        metrics.runs_lost.add(1, chat)
        extra = {"event": "run.lost", "chat": chat, "run": run}
        logger.warning("Run %s of %r was lost: its process is gone, or none has taken it", run, chat, extra=extra)


def interrupt_lost(conversation: Conversation) -> list[int]:
    """Mark what lost workers left behind in a conversation, if any; returns the ids of their replies."""
    until = conversation.active_until
    if until is None or until >= timezone.now():
        return []
    replies = interrupt(conversation.pk)
    conversation.refresh_from_db(fields=["revision", "updated_at"])
    conversation.forget_leases()
    return replies


def lease_end() -> datetime:
    """Until when a claim holds that is made or renewed now."""
    return timezone.now() + timedelta(seconds=conf.get().lease)


def wait_end() -> datetime:
    """Until when a run waits for a worker that is handed to them now."""
    return timezone.now() + timedelta(seconds=conf.get().task_wait)


def is_lost(run: Run | None) -> bool:
    """Whether a run's worker went away: it is active by the record, and its lease is over."""
    return (
        run is not None
        and run.status in Run.ACTIVE
        and run.lease_until is not None
        and run.lease_until < timezone.now()
    )


def changed(conversation: Conversation, now: datetime) -> int:
    """Count a change of the log; returns the new revision. To be called in the transaction that changes it."""
    conversation.revision += 1
    conversation.updated_at = now
    conversation.save(update_fields=["revision", "updated_at", "leaf", "title", "unread"])
    return conversation.revision
