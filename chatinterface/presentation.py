"""Messages as the page shows them: by the app's templates, for pages and for frames alike."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence

from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from chatinterface import events, tree
from chatinterface.content.components.base import Part
from chatinterface.content.incremental import IncrementalMarkdown
from chatinterface.content.markdown import render
from chatinterface.content.parts import stand_in
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message

# What a kind of part may be called: it names a template.
KIND = re.compile(r"[a-z][a-z0-9_-]*")

logger = logging.getLogger("chatinterface")

# The kinds that hold what is rendered before them.
BODIES = frozenset({"text", "step"})

# What a message's metadata has where its visitor wrote it in another's name: edited it, or brought it in a file.
THEIRS = frozenset({"edited", "imported"})

# The states of a step that has not ended.
UNFINISHED = frozenset({"pending", "running"})


def article(interface: ChatInterface, conversation: Conversation, message: Message) -> str:
    """One message as the HTML of its ``<article>``."""
    return _rendered("message", interface, conversation, message)


def added_frame(
    interface: ChatInterface,
    conversation: Conversation,
    messages: Sequence[Message],
    removed: Sequence[int] | None = (),
) -> events.Frame:
    """The frame that adds messages to the end of the log, in place of those in ``removed``: None if they are many."""
    if removed is None:
        return {"type": events.LOG_CHANGED, "revision": conversation.revision}
    tree.number(each for each in messages if each.versions is None)
    html = "".join(article(interface, conversation, message) for message in messages)
    frame: events.Frame = {
        "type": events.MESSAGE_ADDED,
        "revision": conversation.revision,
        "message": messages[-1].pk if messages[-1].running else None,
        "removed": list(removed),
    }
    if len(html) > events.INLINE_LIMIT:
        return {"type": events.LOG_CHANGED, "revision": conversation.revision}
    return {**frame, "html": html}


def body(interface: ChatInterface, conversation: Conversation, message: Message) -> str:
    """What was said as HTML: as it was rendered when it was complete, or as it is stored of what was not completed."""
    return message.html or parts_html(interface, conversation, message, message.parts)


def parts_html(
    interface: ChatInterface, conversation: Conversation, message: Message, parts: Iterable[Part]
) -> SafeString:
    """Parts of a message as HTML, one after the other."""
    return mark_safe("".join(part_html(interface, conversation, message, part) for part in parts))


def part_html(
    interface: ChatInterface, conversation: Conversation, message: Message, part: Part, inner: str | None = None
) -> str:
    """A part of a message as HTML: text as it is, all else as its kind's template says, in an element of its own.

    ``inner`` is what stands in a part that holds others: by default the HTML of these. What has no template is shown by
    the text that stands for it; so is what its template cannot show, and the log says why.
    """
    kind = _kind(part)
    if kind == "text" and "id" not in part:
        return markdown(interface, str(part.get("text", "")), message)
    if kind in BODIES:
        inner = _inner(interface, conversation, message, part) if inner is None else inner
    context = {
        "interface": interface,
        "conversation": conversation,
        "message": message,
        "part": _shown(part, message),
        "props": part.get("props", {}),
        "body": mark_safe(inner or ""),
    }
    try:
        html = render_to_string(f"chatinterface/parts/{kind}.html", context).strip()
    except TemplateDoesNotExist:
        html = markdown(interface, stand_in(part), message)
    except Exception:
        # One part must not take the page with it, nor all that was said before and after it.
        extra = {"event": "part.unshown", "reply": message.pk, "kind": kind}
        logger.exception("A part of message %s, of the kind %s, cannot be shown", message.pk, kind, extra=extra)
        html = (inner if kind in BODIES else None) or markdown(interface, stand_in(part), message)
    return format_html(
        '<div class="ci-part" data-part="{}" data-kind="{}">{}</div>\n', part.get("id", ""), kind, mark_safe(html)
    )


def markdown(interface: ChatInterface, text: str, message: Message | None = None) -> str:
    """The text of a chat as HTML; that of a message that its visitor wrote sanitised, whatever the chat declares."""
    theirs = message is not None and (message.role == Message.Role.USER or not THEIRS.isdisjoint(message.metadata))
    return render(text, interface.visitor_dialect if theirs else interface.dialect)


def incremental(interface: ChatInterface) -> IncrementalMarkdown:
    """See markdown(); for text that grows."""
    return IncrementalMarkdown(interface.dialect)


def part_address(conversation: Conversation, message: Message, part: str) -> str:
    """Where a part of a message is fetched."""
    return reverse("chatinterface:part", args=[conversation.interface, conversation.uuid, message.pk, part])


def _kind(part: Part) -> str:
    kind = part.get("component") if part.get("type") == "component" else part.get("type")
    return kind if isinstance(kind, str) and KIND.fullmatch(kind) else "unknown"


def _inner(interface: ChatInterface, conversation: Conversation, message: Message, part: Part) -> str:
    if part["type"] == "text":
        return markdown(interface, str(part.get("text", "")), message)
    return parts_html(interface, conversation, message, part.get("parts", ()))


def _shown(part: Part, message: Message) -> Part:
    """The part, of which a lost worker can no longer say that it ended."""
    if part.get("type") == "step" and part.get("status") in UNFINISHED and not message.running:
        return {**part, "status": "stopped" if message.status == message.Status.STOPPED else "failed"}
    return part


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
    html = body(interface, conversation, message)
    if shown == html:
        return {**frame, "seq": seq}
    if len(html) > events.INLINE_LIMIT:
        return {**frame, "fetch": _address(conversation, message)}
    return {**frame, "body": html}


def state_frame(interface: ChatInterface, message: Message, place: int | None) -> events.Frame:
    """The frame that says of a reply in which nothing was said yet that it waits in line, where; None: no longer."""
    return {
        "type": events.RUN_STATE,
        "message": message.pk,
        "status": message.Status.RUNNING if place is None else message.Status.QUEUED,
        "place": place or 0,
        "text": str(interface.placeholder_text) if place is None else in_line(place),
    }


def in_line(place: int = 0) -> str:
    """What is said of a place in line: 1 is the next one, 0 where it is not known."""
    if place > 1:
        return gettext("Number {place} in line").format(place=place)
    return gettext("Next in line") if place else gettext("In line")


def changed_frame(interface: ChatInterface, conversation: Conversation, message: Message) -> events.Frame:
    """The frame that brings what stands below a complete message up to date: its versions, flags, and buttons."""
    return {
        "type": events.MESSAGE_CHANGED,
        "revision": conversation.revision,
        "message": message.pk,
        "footer": _rendered("message_footer", interface, conversation, message),
    }


def _rendered(template: str, interface: ChatInterface, conversation: Conversation, message: Message) -> str:
    context = {"interface": interface, "conversation": conversation, "message": message}
    return render_to_string(f"chatinterface/{template}.html", context)


def _address(conversation: Conversation, message: Message) -> str:
    return reverse("chatinterface:message", args=[conversation.interface, conversation.uuid, message.pk])
