"""What the database knows of a run while it is under way: its lease, its checkpoints, what was said before it."""

from __future__ import annotations

import os
import secrets
import socket

from django.db.models import Q
from django.utils import timezone

from chatinterface.content.values import text_parts
from chatinterface.conversations import lease_end
from chatinterface.models import Message, Run

# This process, as the claims of its runs name it.
WORKER = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

History = list[dict[str, str]]


def history(question: Message) -> History:
    """What was said before a question, oldest first, as dicts of role and content; what has no text is left out."""
    earlier = Message.objects.filter(conversation=question.conversation_id, active=True, pk__lt=question.pk)
    said = (Message(role=role, parts=parts) for role, parts in earlier.order_by("pk").values_list("role", "parts"))
    return [{"role": message.role, "content": message.text} for message in said if message.text]


def checkpoint(run: Run, reply: Message, text: str | None) -> None:
    """Renew the lease, and store what was said so far where there is something new.

    A run that was taken for lost meanwhile is running again by that: its worker is evidently alive.
    """
    lost = Q(status=Run.Status.INTERRUPTED)
    if not Run.objects.filter(Q(status=Run.Status.RUNNING) | lost, pk=run.pk).update(
        status=Run.Status.RUNNING, lease_until=lease_end()
    ):
        return
    changes = {} if text is None else {"parts": text_parts(text)}
    Message.objects.filter(pk=reply.pk).update(status=Message.Status.RUNNING, updated_at=timezone.now(), **changes)
