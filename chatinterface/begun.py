"""What a run begins with: its row, and the empty message that it is to write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from chatinterface.authors import stored
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message, Run
from chatinterface.queueing import Way
from chatinterface.replies import changed, lease_end, wait_end


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A run that has begun, and the message that it writes, as committed."""

    conversation: Conversation
    reply: Message
    run: Run
    # How the run begins: by itself, when it is executed.
    way: Way = Way.GO


def begin(
    conversation: Conversation,
    interface: ChatInterface,
    trigger: Run.Trigger,
    worker: str,
    *,
    parent: Message | None,
    metadata: dict[str, Any] | None = None,
    way: Way = Way.GO,
) -> Begun:
    """Add a run, and the message that it is to write behind ``parent``.

    It is claimed by ``worker``; where that is empty, it waits for any. To be called in the transaction that holds the
    conversation's lock.
    """
    now = timezone.now()
    begins = bool(worker) and way is Way.GO
    run = Run.objects.create(
        conversation=conversation,
        trigger=trigger,
        queued_at=now,
        status=Run.Status.RUNNING if begins else Run.Status.QUEUED,
        executor="asgi" if worker else "tasks",
        worker=worker,
        started_at=now if begins else None,
        lease_until=lease_end() if worker else wait_end(),
    )
    reply = Message.objects.create(
        conversation=conversation,
        parent=parent,
        role=Message.Role.ASSISTANT,
        user_name=str(interface.callback_user),
        avatar=stored(interface.callback_avatar),
        metadata=metadata or {},
        status=Message.Status.RUNNING if way is Way.GO else Message.Status.QUEUED,
        run=run,
    )
    conversation.leaf = reply
    conversation.active_until = conversation.active_until or run.lease_until
    changed(conversation, now)
    return Begun(conversation=conversation, reply=reply, run=run, way=way)
