"""Messages as the page shows them: by the app's templates, for pages and for frames alike."""

from __future__ import annotations

from collections.abc import Sequence

from django.template.loader import render_to_string
from django.urls import reverse

from chatinterface import events
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message


def article(interface: ChatInterface, conversation: Conversation, message: Message) -> str:
    """One message as the HTML of its ``<article>``."""
    return _rendered("message", interface, conversation, message)


def added_frame(
    interface: ChatInterface, conversation: Conversation, messages: Sequence[Message], removed: Sequence[int] = ()
) -> events.Frame:
    """The frame that adds messages to the end of the log, in place of those in ``removed``."""
    html = "".join(article(interface, conversation, message) for message in messages)
    frame: events.Frame = {"type": events.MESSAGE_ADDED, "revision": conversation.revision, "removed": list(removed)}
    if len(html) > events.INLINE_LIMIT:
        return {"type": events.LOG_CHANGED, "revision": conversation.revision}
    return {**frame, "html": html}


def settled_frame(
    interface: ChatInterface, conversation: Conversation, message: Message, *, shown: str | None, revision: int
) -> events.Frame:
    """The frame that completes a reply; with its whole body where that is not what is shown already."""
    frame: events.Frame = {
        "type": events.MESSAGE_SETTLED,
        "revision": revision,
        "message": message.pk,
        "status": message.status,
        "footer": _rendered("message_footer", interface, conversation, message),
    }
    if shown == message.html:
        return frame
    if len(message.html) > events.INLINE_LIMIT:
        return {**frame, "fetch": _address(conversation, message)}
    return {**frame, "body": message.html}


def _rendered(template: str, interface: ChatInterface, conversation: Conversation, message: Message) -> str:
    context = {"interface": interface, "conversation": conversation, "message": message}
    return render_to_string(f"chatinterface/{template}.html", context)


def _address(conversation: Conversation, message: Message) -> str:
    return reverse("chatinterface:message", args=[conversation.interface, conversation.uuid, message.pk])
