"""A file as a callback gets it, and the message that has it."""

from __future__ import annotations

import codecs
from typing import IO, Any, TypedDict
from uuid import UUID

from django.core.files import File

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class ChatFile(File):  # type: ignore[type-arg]
    """A file that was sent: a Django file with the name that its sender gave it, and the type that it has.

    Nothing is read before it is asked for; ``with file.open() as opened`` closes it again.
    """

    def __init__(self, stored: Any, *, uuid: UUID, name: str, content_type: str, size: int) -> None:
        super().__init__(None, name)
        self.uuid = uuid
        self.content_type = content_type
        self.size = size
        self._stored = stored
        self._opened: IO[bytes] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.name} ({self.content_type}, {self.size} bytes)>"

    def __bool__(self) -> bool:
        return True

    @property
    def path(self) -> str | None:
        """Where it is on this machine, under a name of the app's own; None where the storage is elsewhere."""
        try:
            path: str = self._stored.path
        except NotImplementedError:
            return None
        return path

    @property
    def file(self) -> IO[bytes]:
        """The open file; it is opened where it is not."""
        if self._opened is None or self._opened.closed:
            self._opened = self._stored.storage.open(self._stored.name, "rb")
        return self._opened

    @file.setter
    def file(self, value: object) -> None:
        """Nothing: Django's own constructor wants to."""

    @property
    def closed(self) -> bool:
        """Whether it is not open."""
        return self._opened is None or self._opened.closed

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> ChatFile:
        """Open it, at its beginning, to be read as bytes."""
        self.file.seek(0)
        return self

    def close(self) -> None:
        """Close it; it can be opened again."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    # Methods, and no properties as Django has them: who asks whether there are such must not open it.

    def read(self, *args: Any) -> bytes:
        """Read so many bytes, or all that are left."""
        return self.file.read(*args)

    def seek(self, *args: Any) -> int:
        """Go on reading there."""
        return self.file.seek(*args)

    def text(self) -> str:
        """All of it as text: by its mark, as UTF-8, or else as Windows has it."""
        with self.open() as opened:
            return decoded(opened.read())


class MultimodalMessage(TypedDict):
    """What ``fn`` gets as its message where the chat is ``multimodal``, as in Gradio."""

    text: str
    files: list[ChatFile]


def decoded(content: bytes) -> str:
    """Bytes as text, whatever encoding they are in."""
    marked = next((encoding for mark, encoding in _MARKS.items() if content.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", "cp1252"]:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", errors="replace")
