"""The files of a conversation: kept in the storage under names of our own, described by an Attachment."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid4

from django.core.files import File
from django.core.files.storage import Storage

from chatinterface.content import filenames, media
from chatinterface.models import Attachment, Conversation, Message

# Bytes that are in memory at a time while a file is copied.
CHUNK = 64 * 1024

# What a file can be kept from: its bytes, its path, something to read it from, or its chunks.
Source = bytes | bytearray | memoryview | Path | IO[bytes] | File | Iterable[bytes]  # type: ignore[type-arg]


def keep(
    conversation: Conversation,
    source: Source,
    *,
    name: str,
    content_type: str = "",
    message: Message | None = None,
) -> Attachment:
    """Copy a file into the storage, a chunk at a time, and return its attachment.

    ``name`` is shown, once it is cleaned, and never used as a path. The content type is found out by the content;
    ``content_type`` is a claim that counts only where the content leaves it open. The file is removed from the storage
    with its attachment.
    """
    stored = store(conversation.uuid, source, name=name, content_type=content_type)
    try:
        return Attachment.objects.create(conversation=conversation, message=message, **stored)
    except BaseException:
        storage().delete(stored["file"])
        raise


def copied(message: Message, path: Path) -> dict[str, Any]:
    """Keep a copy of a file of the site with a message; returns its part."""
    with path.open("rb") as opened:
        return part(keep(message.conversation, opened, name=path.name, message=message))


def part(attachment: Attachment, **extra: Any) -> dict[str, Any]:
    """The part of a message that stands for a file; ``extra`` may have ``alt_text``, ``width`` and ``height``."""
    return {
        "type": "file",
        "file": attachment.uuid.hex,
        "name": attachment.name,
        "content_type": attachment.content_type,
        "size": attachment.size,
        **extra,
    }


def store(place: UUID, source: Source, *, name: str, content_type: str = "") -> dict[str, Any]:
    """Copy a file into the storage; returns what an Attachment of the conversation ``place`` has of it."""
    measured, path = Measured(chunks(source)), new_path(place)
    try:
        path = storage().save(path, measured.file())
    except BaseException:
        storage().delete(path)
        raise
    shown = filenames.clean(name)
    return {
        "file": path,
        "name": shown,
        "content_type": media.content_type(measured.head, shown, content_type),
        "size": measured.size,
        "sha256": measured.digest.hexdigest(),
    }


def storage() -> Storage:
    """Where the files of conversations are."""
    found: Storage = Attachment._meta.get_field("file").storage
    return found


def new_path(place: UUID) -> str:
    """Where the next file of a conversation is stored: a name of our own, without an extension."""
    return f"chatinterface/{place.hex}/{uuid4().hex}"


def chunks(source: Source) -> Iterator[bytes]:
    """The bytes of a source, a chunk at a time."""
    if isinstance(source, bytes | bytearray | memoryview):
        yield bytes(source)
    elif isinstance(source, Path):
        with source.open("rb") as opened:
            yield from chunks(opened)
    elif isinstance(source, File):
        closed = bool(source.closed)
        try:
            yield from (source.open("rb") if closed else source).chunks(CHUNK)
        finally:
            if closed:
                source.close()
    elif isinstance(source, Iterable) and not hasattr(source, "read"):
        yield from source
    else:
        while chunk := source.read(CHUNK):
            yield chunk


class Measured(io.RawIOBase):
    """Chunks as a file to read once, that knows when it is read how long it was, its digest and how it began."""

    def __init__(self, source: Iterator[bytes]) -> None:
        super().__init__()
        self._source = source
        self._rest = memoryview(b"")
        self.size = 0
        self.digest = hashlib.sha256()
        self.head = b""

    def file(self) -> File[bytes]:
        """It as a storage takes it."""
        return File(io.BufferedReader(self, CHUNK))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._source, None)
            if chunk is None:
                return 0
            self._measure(chunk)
            self._rest = memoryview(chunk)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def _measure(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.digest.update(chunk)
        if len(self.head) < media.HEAD:
            self.head += chunk[: media.HEAD - len(self.head)]
