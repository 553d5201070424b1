"""What was said, as callbacks are told of it: the one format of the history.

It is OpenAI's: dicts of ``role`` and ``content``, oldest first. A message that is only text has that text. Any other
has a list of dicts: ``{"type": "text", "text"}``, ``{"type": "file", "file", "alt_text"?}`` with a ChatFile, of which
nothing is read before it is asked for, and ``{"type": "component", "component", "text", "props"}``, whose text is what
stands for it. Steps and thoughts are left out: they were shown, and not said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chatinterface.content.components.base import Part
from chatinterface.content.parts import stand_in
from chatinterface.content.sent import ChatFile
from chatinterface.contents import sent
from chatinterface.models import Attachment, Message

History = list[dict[str, Any]]


def recalled(conversation: int, messages: Sequence[Message]) -> History:
    """Messages of the conversation of that primary key in the format of the history; what says nothing is left out."""
    files = _files(conversation, messages)
    entries = [{"role": message.role, "content": _content(message, files)} for message in messages]
    return [entry for entry in entries if entry["content"]]


def _content(message: Message, files: dict[str, ChatFile]) -> str | list[dict[str, Any]]:
    entries = [_entry(part, files) for part in message.parts if part.get("type") != "step"]
    if any(entry["type"] != "text" for entry in entries):
        return [entry for entry in entries if entry.get("text", True)]
    return "\n\n".join(entry["text"] for entry in entries if entry["text"])


def _entry(part: Part, files: dict[str, ChatFile]) -> dict[str, Any]:
    kind, text = part.get("type"), stand_in(part)
    if kind == "file" and part["file"] in files:
        described = {"alt_text": part["alt_text"]} if part.get("alt_text") else {}
        return {"type": "file", "file": files[part["file"]], **described}
    if kind == "component":
        return {"type": "component", "component": part["component"], "text": text, "props": part.get("props", {})}
    return {"type": "text", "text": text}


def _files(conversation: int, messages: Sequence[Message]) -> dict[str, ChatFile]:
    wanted = [UUID(part["file"]) for message in messages for part in message.parts if part.get("type") == "file"]
    if not wanted:
        return {}
    kept = Attachment.objects.filter(conversation=conversation, uuid__in=wanted)
    return {attachment.uuid.hex: sent(attachment) for attachment in kept}
