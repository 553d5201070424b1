"""What can be done to a conversation: the only code that changes the tree. Each function is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from chatinterface import conf
from chatinterface.content.markdown import render
from chatinterface.content.values import text_parts
from chatinterface.exceptions import Busy, NotRetryable, Replaced
from chatinterface.history import Visitor, find
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message, Run

TITLE_LENGTH = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A message and the reply that it waits for, as committed."""

    conversation: Conversation
    question: Message
    reply: Message
    run: Run
    repeated: bool = False


def send(
    interface: ChatInterface,
    who: Visitor,
    uuid: UUID,
    text: str,
    *,
    worker: str = "",
    key: UUID | None = None,
    may_create: bool = False,
) -> Exchange:
    """Add the visitor's message and an empty reply with its run: claimed by ``worker``, or queued without one.

    With ``may_create`` the conversation is made where it does not exist. A repeated ``key`` adds nothing and returns
    what it added the first time. Raises Conversation.DoesNotExist where it is not the visitor's, Busy while a reply
    is running.
    """
    try:
        return _send(interface, who, uuid, text, worker=worker, key=key, may_create=may_create)
    except (Busy, IntegrityError):
        # A repeat is rare, and found out by what it runs into: the reply to the first, or the key itself.
        if key and (earlier := _sent(find(who, uuid, interface.name), key)):
            return earlier
        raise


@transaction.atomic
def _send(
    interface: ChatInterface, who: Visitor, uuid: UUID, text: str, *, worker: str, key: UUID | None, may_create: bool
) -> Exchange:
    conversation = _open(interface, who, uuid, may_create=may_create)
    _require_idle(conversation)
    question = Message.objects.create(
        conversation=conversation,
        parent=conversation.leaf,
        role=Message.Role.USER,
        user_name=str(interface.user),
        avatar=interface.avatar,
        parts=text_parts(text),
        html=render(text),
        key=key,
    )
    conversation.title = conversation.title or _title(text)
    return _reply_to(question, conversation, interface, Run.Trigger.SEND, worker)


@transaction.atomic
def retry(interface: ChatInterface, who: Visitor, uuid: UUID, reply_id: int, *, worker: str = "") -> Exchange:
    """Put a new reply in the place of one that was stopped, failed or interrupted; the old one stays as a version.

    Raises Conversation.DoesNotExist or Message.DoesNotExist where it is not the visitor's, Busy, NotRetryable.
    """
    conversation = _locked(who, uuid, interface.name)
    reply = Message.objects.select_related("parent").get(
        pk=reply_id, conversation=conversation, role=Message.Role.ASSISTANT
    )
    _require_idle(conversation)
    if reply.pk != conversation.leaf_id or reply.parent is None or reply.status == Message.Status.DONE:
        raise NotRetryable
    Message.objects.filter(pk=reply.pk).update(active=False)
    return _reply_to(reply.parent, conversation, interface, Run.Trigger.RETRY, worker)


@transaction.atomic
def settle(
    reply: Message, run: Run, *, status: Message.Status, text: str, html: str, failure: dict[str, str] | None = None
) -> int:
    """Complete a reply with all that was said, end its run, and return the conversation's new revision.

    ``failure`` has the error's ``id``, the ``text`` shown to the reader (where it is empty, the reply counts as done
    for the reader) and the ``detail`` kept for staff. Raises Conversation.DoesNotExist where it was deleted
    meanwhile.
    """
    conversation = Conversation.objects.select_for_update().get(pk=reply.conversation_id)
    now = timezone.now()
    reply.parts, reply.html, reply.status = text_parts(text), html, status
    run.status, run.finished_at, run.lease_until = status, now, None
    if failure:
        run.error_id, run.error = failure["id"], failure["detail"]
        if failure["text"]:
            reply.metadata["error"] = {"id": failure["id"], "text": failure["text"]}
        else:
            reply.status = Message.Status.DONE
    reply.save(update_fields=["parts", "html", "status", "metadata", "updated_at"])
    run.save(update_fields=["status", "first_output_at", "finished_at", "lease_until", "error_id", "error"])
    return _changed(conversation, now)


@transaction.atomic
def checkpoint(reply: Message, run: Run, text: str | None) -> int | None:
    """Renew a run's lease, and store what was said so far where there is something new.

    A run that was taken for lost meanwhile goes on, and the conversation's new revision is returned, else None. Raises
    Replaced where the conversation has gone on without it, or is gone.
    """
    conversation = (
        Conversation.objects.select_for_update()
        .only("leaf_id", "revision", "title", "updated_at")
        .filter(pk=reply.conversation_id)
        .first()
    )
    claimed = Run.objects.filter(pk=run.pk)
    revived = not claimed.filter(status=Run.Status.RUNNING).update(lease_until=lease_end())
    if conversation is None or (revived and conversation.leaf_id != reply.pk):
        raise Replaced
    if revived and not claimed.filter(status=Run.Status.INTERRUPTED).update(
        status=Run.Status.RUNNING, lease_until=lease_end(), finished_at=None
    ):
        return None
    changes = {} if text is None else {"parts": text_parts(text)}
    now = timezone.now()
    Message.objects.filter(pk=reply.pk).update(status=Message.Status.RUNNING, updated_at=now, **changes)
    return _changed(conversation, now) if revived else None


@transaction.atomic
def interrupt(conversation_id: int) -> list[int]:
    """Mark what a lost worker left behind as interrupted, keeping its text; returns the ids of the replies.

    Called by whoever reads a conversation whose run does not renew its lease.
    """
    conversation = Conversation.objects.select_for_update().get(pk=conversation_id)
    now = timezone.now()
    lost = Run.objects.filter(conversation=conversation, status__in=Run.ACTIVE, lease_until__lt=now)
    replies = Message.objects.filter(run__in=lost, status=Message.Status.RUNNING)
    interrupted = list(replies.values_list("pk", flat=True))
    if interrupted:
        replies.update(status=Message.Status.INTERRUPTED, updated_at=now)
        lost.update(status=Run.Status.INTERRUPTED, finished_at=now)
        _changed(conversation, now)
    return interrupted


def lease_end() -> datetime:
    """Until when a claim holds that is made or renewed now."""
    return timezone.now() + timedelta(seconds=conf.get().lease)


def is_lost(run: Run | None) -> bool:
    """Whether a run's worker went away: it is active by the record, and its lease is over."""
    return (
        run is not None
        and run.status in Run.ACTIVE
        and run.lease_until is not None
        and run.lease_until < timezone.now()
    )


def _open(interface: ChatInterface, who: Visitor, uuid: UUID, *, may_create: bool) -> Conversation:
    try:
        return _locked(who, uuid, interface.name)
    except Conversation.DoesNotExist:
        if not may_create:
            raise
    conversation, created = Conversation.objects.get_or_create(
        uuid=uuid,
        defaults={
            "interface": interface.name,
            "user": who.account,
            "session_key": "" if who.user_id else who.session_key,
            "language": translation.get_language() or "",
        },
    )
    # Somebody else's conversation of that id, or the same visitor's other request that made it just now.
    return conversation if created else _locked(who, uuid, interface.name)


def _locked(who: Visitor, uuid: UUID, interface: str) -> Conversation:
    return find(who, uuid, interface, lock=True)


def _sent(conversation: Conversation, key: UUID) -> Exchange | None:
    question = Message.objects.filter(conversation=conversation, key=key).first()
    if question is None:
        return None
    reply = question.children.select_related("run").earliest("pk")
    assert reply.run is not None
    return Exchange(conversation=conversation, question=question, reply=reply, run=reply.run, repeated=True)


def _require_idle(conversation: Conversation) -> None:
    leaf = conversation.leaf
    if leaf is not None and leaf.running:
        if not is_lost(leaf.run) or not interrupt(conversation.pk):
            raise Busy
        conversation.refresh_from_db(fields=["revision"])


def _reply_to(
    question: Message, conversation: Conversation, interface: ChatInterface, trigger: Run.Trigger, worker: str
) -> Exchange:
    now = timezone.now()
    run = Run.objects.create(
        conversation=conversation,
        trigger=trigger,
        queued_at=now,
        status=Run.Status.RUNNING if worker else Run.Status.QUEUED,
        worker=worker,
        started_at=now if worker else None,
        lease_until=lease_end(),
    )
    reply = Message.objects.create(
        conversation=conversation,
        parent=question,
        role=Message.Role.ASSISTANT,
        user_name=str(interface.callback_user),
        avatar=interface.callback_avatar,
        status=Message.Status.RUNNING,
        run=run,
    )
    conversation.leaf = reply
    _changed(conversation, now)
    return Exchange(conversation=conversation, question=question, reply=reply, run=run)


def _changed(conversation: Conversation, now: datetime) -> int:
    conversation.revision += 1
    conversation.updated_at = now
    conversation.save(update_fields=["revision", "updated_at", "leaf", "title"])
    return conversation.revision


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"
