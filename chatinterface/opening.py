"""What a conversation opens with, as messages that are stored nowhere.

What is no text is made into parts once in each process, when it is first shown. The files that these bring along belong
to no conversation: they are kept in memory, under ids that are the same in all processes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from uuid import NAMESPACE_URL, UUID, uuid5
from weakref import WeakKeyDictionary

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from chatinterface import files
from chatinterface.content import filenames, media
from chatinterface.content.components.base import Blob, Component, Part
from chatinterface.content.conversion import shown
from chatinterface.content.message import ChatMessage
from chatinterface.content.parts import text_parts
from chatinterface.content.said import said
from chatinterface.content.storable import plain
from chatinterface.interface import ChatInterface
from chatinterface.models import Attachment, Message

logger = logging.getLogger("chatinterface")


def header(interface: ChatInterface) -> list[Part]:
    """What stands at the top of the log."""
    return _shelf(interface).parts(interface, "header", interface.header)


def help_message(interface: ChatInterface) -> Message | None:
    """The help text, as a message that is no part of the history; None where the chat has none."""
    parts = _shelf(interface).parts(interface, "help", interface.help_text)
    return Message(role=Message.Role.SYSTEM, user_name=_("Help"), parts=parts) if parts else None


def initial_messages(interface: ChatInterface) -> list[Message]:
    """The messages that every conversation of the chat starts with."""
    return [_message(interface, number, each) for number, each in enumerate(interface.initial_messages)]


def attachment(interface: ChatInterface, uuid: UUID) -> Attachment | None:
    """The file of that id that the opening of a chat has brought along: for whoever may use the chat."""
    shelf = _shelf(interface)
    if uuid not in shelf.files:
        # Another process has shown the page.
        header(interface), help_message(interface), initial_messages(interface)
    kept = shelf.files.get(uuid)
    if kept is None:
        return None
    found = Attachment(uuid=uuid, **kept)
    found.file.storage = shelf.storage
    return found


def _message(interface: ChatInterface, number: int, value: Any) -> Message:
    if isinstance(value, ChatMessage):
        value = {"role": value.role, "content": value.content, "user": value.user, "avatar": value.avatar}
    given = value if isinstance(value, Mapping) and ("content" in value or "role" in value) else {"content": value}
    role = given.get("role", Message.Role.ASSISTANT)
    names = {Message.Role.USER: interface.user, Message.Role.ASSISTANT: interface.callback_user}
    return Message(
        role=role,
        user_name=str(given.get("user") or names.get(role, "")),
        avatar=given.get("avatar", ""),
        parts=_shelf(interface).parts(interface, f"initial{number}", given.get("content", "")),
    )


@dataclass(eq=False)
class _Shelf:
    """What the opening of one chat is made of. It does not hold the chat: shelves go with their chats."""

    made: dict[str, list[Part]] = field(default_factory=dict)
    # What an Attachment has of each file.
    files: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    storage: InMemoryStorage = field(default_factory=InMemoryStorage)

    def parts(self, interface: ChatInterface, place: str, value: Any) -> list[Part]:
        """A declared value as parts: text in the language of now, all else as it was made when it was first shown."""
        if isinstance(value, str | Promise):
            return text_parts(str(value))
        if place not in self.made:
            try:
                items = [item for each in said(value) for item in each.items]
                self.made[place] = list(_Maker(self, interface, place).made(items))
            except Exception:
                extra = {"event": "opening.unshown", "chat": interface.name}
                logger.exception("What %r opens with cannot be shown: %s", interface.name, place, extra=extra)
                self.made[place] = []
        return self.made[place]


class _Maker:
    """The store of components that belong to no conversation."""

    def __init__(self, shelf: _Shelf, interface: ChatInterface, place: str) -> None:
        self._shelf = shelf
        self._interface = interface
        self._place = place
        self._parts = self._files = 0

    def __call__(self, blob: Blob, **extra: Any) -> Part:
        """See Store."""
        data = b"".join(files.chunks(blob.source))
        self._files += 1
        uuid = uuid5(NAMESPACE_URL, f"chatinterface:{self._interface.name}/{self._place}/{self._files}")
        measured = files.Measured(iter([data]))
        path = self._shelf.storage.save(f"{uuid.hex}", ContentFile(measured.file().read()))
        name = filenames.clean(blob.name)
        self._shelf.files[uuid] = {
            "file": path,
            "name": name,
            "content_type": media.content_type(data[: media.HEAD], name, blob.content_type),
            "size": len(data),
            "sha256": measured.digest.hexdigest(),
        }
        return files.part(Attachment(uuid=uuid, **self._shelf.files[uuid]), **plain(extra))

    def part(self, value: object) -> Part:
        """See Store."""
        parts = list(self.made([value]))
        if len(parts) == 1:
            return parts[0]
        column: Part = {"type": "component", "component": "column", "props": {"items": parts}, "text": ""}
        return {**column, "id": self._id()}

    def form(self, form: object) -> NoReturn:
        """See Store."""
        raise ValueError("A form needs a reply to stand in: let the callback show it.")

    def made(self, values: Iterable[Any]) -> Iterator[Part]:
        """Values as parts."""
        for value in values:
            found = [value] if isinstance(value, str) else shown(value, self._interface.renderers)  # type: ignore[arg-type]
            for each in found:
                if isinstance(each, Component):
                    part: Part = plain(each.part(self))
                    yield {**part, "id": self._id()}
                else:
                    yield from text_parts(str(each))

    def _id(self) -> str:
        self._parts += 1
        return f"{self._place}-{self._parts}"


_shelves: WeakKeyDictionary[ChatInterface, _Shelf] = WeakKeyDictionary()


def _shelf(interface: ChatInterface) -> _Shelf:
    return _shelves.setdefault(interface, _Shelf())
