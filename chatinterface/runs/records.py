"""Who executes runs here, and what they are told of the conversation."""

from __future__ import annotations

import os
import secrets
import socket
from functools import partial
from typing import Any

from chatinterface.contents import again
from chatinterface.inputs import Entered, contents
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.opening import initial_messages
from chatinterface.recollection import History, recalled

# This process, as the claims of its runs name it.
WORKER = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def history(interface: ChatInterface, question: Message) -> History:
    """What was said before a question, oldest first, after the initial messages; see recollection.recalled()."""
    earlier = Message.objects.filter(conversation=question.conversation_id, active=True, pk__lt=question.pk)
    said = earlier.order_by("pk").only("role", "parts")
    return recalled(question.conversation_id, [*initial_messages(interface), *said])


def given(
    interface: ChatInterface, conversation: Conversation, question: Message, entered: Entered | None = None
) -> dict[str, Any]:
    """What was entered, by the names that a callback may ask for: the message, and the values of additional inputs.

    What was ``entered`` just now is given as it is; else it is what the question and the conversation have kept of it.
    """
    said = contents(interface.entries, question, partial(again, question)) if entered is None else entered.value
    if interface.additional is None:
        return {"message": said, "contents": said}
    values = entered.additional if entered is not None else {}
    values = values or interface.additional.values(conversation.state.get("additional", {}))
    return {"message": said, "contents": said, **values}
