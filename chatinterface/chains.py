"""The messages of one run: a chain, of which the last is the leaf. Each function is one transaction.

They raise Replaced where the conversation has gone on without the run, or is gone.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from chatinterface import prompts
from chatinterface.authors import stored
from chatinterface.exceptions import Replaced
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message, Run
from chatinterface.replies import changed


@transaction.atomic
def go_on(interface: ChatInterface, run: Run, *, user_name: str = "", avatar: str = "") -> tuple[Message, int]:
    """Add an empty message to those that a run has written; returns it with the conversation's new revision.

    A name that is not the chat's own ``callback_user`` has no part in its avatar.
    """
    conversation = _of(run)
    message = Message.objects.create(
        conversation=conversation,
        parent_id=conversation.leaf_id,
        role=Message.Role.ASSISTANT,
        user_name=user_name or str(interface.callback_user),
        avatar=avatar or ("" if user_name else stored(interface.callback_avatar)),
        status=Message.Status.RUNNING,
        run=run,
    )
    conversation.leaf = message
    return message, changed(conversation, timezone.now())


@transaction.atomic
def rename(run: Run, message: Message, *, user_name: str, avatar: str) -> int:
    """Say who speaks in a message of a run; returns the conversation's new revision."""
    conversation, now = _of(run), timezone.now()
    Message.objects.filter(pk=message.pk).update(user_name=user_name, avatar=avatar, updated_at=now)
    revision = changed(conversation, now)
    message.user_name, message.avatar, message.updated_at = user_name, avatar, now
    return revision


@transaction.atomic
def withdraw(run: Run, message: Message, *, end: bool) -> int:
    """Take out a message of a run in which nothing was said, and that is not its only one; returns the new revision.

    With ``end``, the run has ended by it.
    """
    conversation = _of(run)
    now = timezone.now()
    message.children.update(parent=message.parent_id)
    if conversation.leaf_id == message.pk:
        conversation.leaf_id = message.parent_id
    if end:
        run.status, run.finished_at, run.lease_until = Run.Status.DONE, now, None
        run.save(update_fields=["status", "first_output_at", "finished_at", "lease_until"])
        if run.asks:
            prompts.end([run])
    revision = changed(conversation, now)
    Message.objects.filter(pk=message.pk).delete()
    return revision


def _of(run: Run) -> Conversation:
    conversation = Conversation.objects.select_for_update().filter(pk=run.conversation_id).first()
    over = Run.objects.filter(pk=run.pk, status__in=[Run.Status.DONE, Run.Status.STOPPED, Run.Status.FAILED])
    if conversation is None or over.exists() or not run.messages.filter(pk=conversation.leaf_id or 0).exists():
        raise Replaced
    return conversation
