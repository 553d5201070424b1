"""The messages of one run: each is added behind all that is shown. Each function is one transaction.

They raise Replaced where the conversation has gone on without the run, or is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from chatinterface import prompts, tree, withdrawal
from chatinterface.authors import role_of, stored
from chatinterface.exceptions import Busy, Replaced
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message, Run
from chatinterface.replies import changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """What a run has taken off the path, oldest first, and the empty message in which it goes on."""

    taken: list[Message]
    message: Message
    revision: int


@transaction.atomic
def go_on(
    interface: ChatInterface,
    run: Run,
    *,
    user_name: str = "",
    avatar: str = "",
    metadata: Mapping[str, Any] | None = None,
) -> tuple[Message, int]:
    """Add an empty message to those that a run has written; returns it with the conversation's new revision.

    A name that is not the chat's own ``callback_user`` has no part in its avatar.
    """
    conversation = _of(run)
    message = add(interface, conversation, run, user_name=user_name, avatar=avatar, metadata=metadata)
    return message, changed(conversation, timezone.now())


@transaction.atomic
def rename(interface: ChatInterface, run: Run, message: Message, *, user_name: str, avatar: str) -> int:
    """Say who speaks in a message of a run; returns the conversation's new revision."""
    conversation, now, role = _of(run), timezone.now(), role_of(interface, user_name)
    Message.objects.filter(pk=message.pk).update(user_name=user_name, avatar=avatar, role=role, updated_at=now)
    revision = changed(conversation, now)
    message.user_name, message.avatar, message.role, message.updated_at = user_name, avatar, role, now
    return revision


@transaction.atomic
def turn(
    interface: ChatInterface,
    run: Run,
    count: int | None,
    by: withdrawal.By,
    *,
    silent: Collection[int] = (),
    metadata: Mapping[str, Any] | None = None,
) -> Turned:
    """Take the last ``count`` messages off the path, or all; the run goes on behind those that stay.

    Its messages of the ids ``silent``, in which nothing was said, are not kept. Raises Busy where others are at work in
    the conversation, or wait: they would lose their places.
    """
    conversation = _of(run)
    if conversation.runs.filter(status__in=Run.ACTIVE).exclude(pk=run.pk).exists():
        raise Busy
    for message in Message.objects.filter(pk__in=silent).order_by("-pk"):
        _delete(conversation, run, message)
    shown = tree.path(conversation)
    taken = list(shown if count is None else reversed(shown.reverse()[: max(count, 0)]))
    if taken:
        withdrawal.take(conversation, taken[0].parent_id, by, run=run.pk)
    message = add(interface, conversation, run, metadata=metadata)
    return Turned(taken=taken, message=message, revision=changed(conversation, timezone.now()))


def add(
    interface: ChatInterface,
    conversation: Conversation,
    run: Run | None,
    *,
    user_name: str = "",
    avatar: str = "",
    metadata: Mapping[str, Any] | None = None,
) -> Message:
    """Add an empty message to the end of a locked conversation, and to those of a run. Its caller saves the leaf."""
    before = conversation.leaf_id
    message = Message.objects.create(
        conversation=conversation,
        parent_id=before,
        role=role_of(interface, user_name),
        user_name=user_name or str(interface.callback_user),
        avatar=avatar or ("" if user_name else stored(interface.callback_avatar)),
        metadata={**(metadata or {})},
        status=Message.Status.RUNNING,
        run=run,
    )
    conversation.leaf = message
    if run is not None:
        withdrawal.follow(conversation, run.pk, before)
    return message


@transaction.atomic
def withdraw(
    run: Run, message: Message, *, ended: Run.Status | None = None, failure: Mapping[str, str] | None = None
) -> int:
    """Take out a message of a run in which nothing was said; returns the new revision.

    With ``ended``, the run has ended by it like this; ``failure`` has the ``id`` and ``detail`` of what it raised.
    """
    conversation = _of(run)
    now = timezone.now()
    if ended is not None:
        run.status, run.finished_at, run.lease_until = ended, now, None
        if failure:
            run.error_id, run.error = failure["id"], failure["detail"]
        run.save(update_fields=["status", "first_output_at", "finished_at", "lease_until", "error_id", "error"])
        if run.asks:
            prompts.end([run])
    _delete(conversation, run, message)
    return changed(conversation, now)


def _delete(conversation: Conversation, run: Run, message: Message) -> None:
    """Take a message out of the tree; what follows it follows the one before it. Its caller saves the leaf."""
    message.children.update(parent=message.parent_id)
    if conversation.leaf_id == message.pk:
        conversation.leaf_id = message.parent_id
        withdrawal.follow(conversation, run.pk, message.pk)
        # Before the message is gone, which the row refers to.
        conversation.save(update_fields=["leaf"])
    Message.objects.filter(pk=message.pk).delete()


def _of(run: Run) -> Conversation:
    conversation = Conversation.objects.select_for_update().filter(pk=run.conversation_id).first()
    if conversation is None:
        raise Replaced
    status = Run.objects.filter(pk=run.pk).values_list("status", flat=True).first()
    # Who was taken for lost may go on while nobody else has.
    last = status == Run.Status.INTERRUPTED and run.messages.filter(pk=conversation.leaf_id or 0).exists()
    if status not in Run.ACTIVE and not last:
        raise Replaced
    return conversation
