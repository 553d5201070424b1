"""Who executes runs here, and what they are told of the conversation."""

from __future__ import annotations

import os
import secrets
import socket

from chatinterface.models import Message

# This process, as the claims of its runs name it.
WORKER = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

History = list[dict[str, str]]


def history(question: Message) -> History:
    """What was said before a question, oldest first, as dicts of role and content; what has no text is left out."""
    earlier = Message.objects.filter(conversation=question.conversation_id, active=True, pk__lt=question.pk)
    said = (Message(role=role, parts=parts) for role, parts in earlier.order_by("pk").values_list("role", "parts"))
    return [{"role": message.role, "content": message.text} for message in said if message.text]
