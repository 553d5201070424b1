"""A conversation as a file: Markdown to be read, JSON to be read back.

The Markdown has what is shown. The JSON has the whole tree, every version of every message, so that what is read back
is the same conversation. The files of a conversation are named, and not inside.

What is read may come from anybody: it is checked field by field and refused in words, and holds no HTML, as all of it
is rendered anew. From a visitor (``trusted=False``) it is also taken for what it may be, made up: nothing in it speaks
as the system, points to a file, or becomes a component, and all of it is shown as the visitor's own words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Any, NoReturn

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from chatinterface import search
from chatinterface.content.parts import text_of, text_parts
from chatinterface.exceptions import ChatError
from chatinterface.exports import FORMAT, VERSION
from chatinterface.exports import to_json as to_json
from chatinterface.exports import to_markdown as to_markdown
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Message, Passage
from chatinterface.panel import clean_title

# What a file may have at most: bytes, messages, and letters of one string.
LARGEST = 10 * 1024 * 1024
MOST_MESSAGES = 5_000
LONGEST_TEXT = 1_000_000

# How deep parts may lie in each other.
DEEPEST = 50

# Rows written at once.
BATCH = 200

# What of a message's metadata is taken from a visitor: that it failed, and how.
KNOWN_METADATA = {"error": {"id": 20, "text": 2_000}}


class NotATranscript(ChatError):
    """The file cannot be read back; the sentence says why."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def parse(content: bytes) -> Any:
    """The JSON of a file. Raises NotATranscript where it is too large, or anything but the JSON of RFC 8259."""
    if len(content) > LARGEST:
        raise NotATranscript(_("The file is too large: at most %(size)s MB.") % {"size": LARGEST // 1024 // 1024})
    try:
        text = content.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise NotATranscript(_("This is no JSON file of a conversation.")) from None


def from_json(data: Any, interface: str, who: Visitor, *, trusted: bool = False) -> Conversation:
    """Make a conversation of what to_json() gave, in a chat, for a visitor. Raises NotATranscript.

    ``trusted`` is for data of the site's own: parts of every kind, metadata and roles are kept as they are.
    """
    read = _Reader(data, trusted=trusted)
    messages = read.messages()
    last = read.number(data.get("last"), len(messages))
    if not trusted:
        _show_path(messages, last)
    conversation = Conversation(
        interface=interface,
        user=who.account,
        session_key="" if who.user_id is not None else who.session_key,
        title=read.title(data.get("title", "")),
        language=read.string(data.get("language", ""), "language", 20),
        created_at=read.time(data.get("created")),
        revision=1 if messages else 0,
    )
    passages = search.passages(conversation, (message for message, _parent in messages))
    with transaction.atomic():
        conversation.save(force_insert=True)
        stored = _store(conversation, messages, read.until)
        conversation.leaf = stored[last - 1] if last else None
        conversation.save(update_fields=["leaf"])
        Passage.objects.bulk_create(passages, batch_size=BATCH)
    return conversation


def _store(
    conversation: Conversation, messages: Sequence[tuple[Message, int | None]], until: Mapping[int, int]
) -> list[Message]:
    stored: list[Message] = []
    for start in range(0, len(messages), BATCH):
        batch = [message for message, _parent in messages[start : start + BATCH]]
        for message in batch:
            message.conversation = conversation
        stored += Message.objects.bulk_create(batch)
    for message, parent in messages:
        message.parent = None if parent is None else stored[parent - 1]
    for number, last in until.items():
        stored[number - 1].last_leaf = stored[last - 1]
    Message.objects.bulk_update(stored, ["parent", "last_leaf"], batch_size=BATCH)
    return stored


class _Reader:
    """Checks what was read, and makes messages of it."""

    def __init__(self, data: Any, *, trusted: bool) -> None:
        self._trusted = trusted
        # Where the path ended when it left a message: by the numbers of the two.
        self.until: dict[int, int] = {}
        self._data = self.object(data, "")
        if data.get("format") != FORMAT or data.get("version") != VERSION:
            raise NotATranscript(_("This is no export of a conversation, or one of another version."))

    def messages(self) -> list[tuple[Message, int | None]]:
        """The messages, with the number of each one's parent."""
        given = self._data.get("messages")
        if not isinstance(given, list) or len(given) > MOST_MESSAGES:
            raise NotATranscript(_("A conversation can have at most %(count)s messages.") % {"count": MOST_MESSAGES})
        messages = [self._message(each, number) for number, each in enumerate(given, 1)]
        for number, each in enumerate(given, 1):
            last = self.number(each.get("until"), len(messages))
            if last is not None and self._trusted:
                self.until[number] = last
        return messages

    def object(self, value: Any, name: str) -> dict[str, Any]:
        return value if isinstance(value, dict) else self._refuse(name)

    def string(self, value: Any, name: str, longest: int = LONGEST_TEXT) -> str:
        """A text that every database can hold."""
        if not isinstance(value, str) or len(value) > longest or "\0" in value or not _is_unicode(value):
            self._refuse(name)
        return str(value)

    def title(self, value: Any) -> str:
        """The title; a visitor's in one line."""
        title = self.string(value, "title", 200)
        return title if self._trusted else clean_title(title)

    def number(self, value: Any, below: int) -> int | None:
        """The number of an earlier message."""
        if value is None or (type(value) is int and 1 <= value <= below):
            return value
        return self._refuse("parent")

    def time(self, value: Any) -> datetime:
        """When it was said, and not in the future."""
        try:
            found = parse_datetime(value) if isinstance(value, str) and len(value) < 50 else None
            now = timezone.now()
            return min(found.astimezone(now.tzinfo), now) if found is not None and timezone.is_aware(found) else now
        except (ValueError, OverflowError):
            return self._refuse("created")

    def _message(self, value: Any, number: int) -> tuple[Message, int | None]:
        each = self.object(value, "messages")
        if each.get("id") != number:
            self._refuse("id")
        role, status = each.get("role"), each.get("status")
        if role not in Message.Role.values or status not in Message.Status.values or status in Message.OPEN:
            self._refuse("role")
        if role == Message.Role.SYSTEM and not self._trusted:
            role = Message.Role.ASSISTANT
        parts, metadata = each.get("parts"), self.object(each.get("metadata", {}), "metadata")
        if not isinstance(parts, list) or type(each.get("shown")) is not bool:
            self._refuse("parts")
        self._check(parts, 0)
        self._check(metadata, 0)
        message = Message(
            role=role,
            status=status,
            active=each["shown"],
            user_name=self.string(each.get("name", ""), "name", 200),
            avatar=self.string(each.get("avatar", ""), "avatar", 500),
            created_at=self.time(each.get("created")),
            parts=parts if self._trusted else _plain(parts),
            metadata=metadata if self._trusted else {**_known(metadata), "imported": True},
        )
        if not self._trusted:
            # An avatar may be an address, and a picture from elsewhere tells who looks at it.
            message.avatar = ""
        return message, self.number(each.get("parent"), number - 1)

    def _check(self, value: Any, depth: int) -> None:
        """Every text in it can be stored, and it is not too deep."""
        if depth > DEEPEST:
            self._refuse("parts")
        if isinstance(value, float) and not isfinite(value):
            self._refuse("parts")
        if isinstance(value, str):
            self.string(value, "parts")
        elif isinstance(value, list):
            for each in value:
                self._check(each, depth + 1)
        elif isinstance(value, dict):
            for name, each in value.items():
                self.string(name, "parts", 1_000)
                self._check(each, depth + 1)

    def _refuse(self, name: str) -> NoReturn:
        raise NotATranscript(_("The file cannot be read: its “%(name)s” is not as it should be.") % {"name": name})


def _show_path(messages: Sequence[tuple[Message, int | None]], last: int | None) -> None:
    """Show what leads to the last message, and nothing else."""
    for message, _parent in messages:
        message.active = False
    while last is not None:
        message, last = messages[last - 1]
        message.active = True


def _plain(parts: Sequence[Any]) -> list[dict[str, Any]]:
    """What a visitor's parts say, as text: what stands for a file or a component, and nothing that acts."""
    said = [part for part in parts if isinstance(part, dict)]
    if not all(isinstance(part.get(name, ""), str) for part in said for name in ("text", "name", "alt_text", "type")):
        raise NotATranscript(_("The file cannot be read: its “%(name)s” is not as it should be.") % {"name": "parts"})
    return text_parts(text_of(said))


def _known(metadata: Mapping[str, Any]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for name, fields in KNOWN_METADATA.items():
        value = metadata.get(name)
        if isinstance(value, dict):
            known[name] = {
                field: value[field][:longest] for field, longest in fields.items() if isinstance(value.get(field), str)
            }
    return known


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
