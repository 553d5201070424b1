"""Messages as the page shows them: by the app's templates, for pages and for frames alike."""

from __future__ import annotations

from collections.abc import Sequence

from django.template.loader import render_to_string
from django.urls import reverse

from chatinterface import events
from chatinterface.content.markdown import render
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
    frame: events.Frame = {
        "type": events.MESSAGE_ADDED,
        "revision": conversation.revision,
        "message": messages[-1].pk,
        "removed": list(removed),
    }
    if len(html) > events.INLINE_LIMIT:
        return {"type": events.LOG_CHANGED, "revision": conversation.revision}
    return {**frame, "html": html}


def body(message: Message) -> str:
    """What was said as HTML: as it was rendered when it was complete, or as it is stored of what was not completed."""
    return message.html or render(message.text)


def settled_frame(
    interface: ChatInterface,
    conversation: Conversation,
    message: Message,
    *,
    revision: int,
    shown: str | None = None,
    seq: int | None = None,
) -> events.Frame:
    """The frame that completes a reply; with its whole body unless ``shown`` is what it is.

    ``shown`` is what pages show that got all patches up to the number ``seq``.
    """
    frame: events.Frame = {
        "type": events.MESSAGE_SETTLED,
        "revision": revision,
        "message": message.pk,
        "status": message.status,
        "footer": _rendered("message_footer", interface, conversation, message),
    }
    html = body(message)
    if shown == html:
        return {**frame, "seq": seq}
    if len(html) > events.INLINE_LIMIT:
        return {**frame, "fetch": _address(conversation, message)}
    return {**frame, "body": html}


def _rendered(template: str, interface: ChatInterface, conversation: Conversation, message: Message) -> str:
    context = {"interface": interface, "conversation": conversation, "message": message}
    return render_to_string(f"chatinterface/{template}.html", context)


def _address(conversation: Conversation, message: Message) -> str:
    return reverse("chatinterface:message", args=[conversation.interface, conversation.uuid, message.pk])
