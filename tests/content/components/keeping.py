"""A store for components, without a conversation."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chatinterface.content import media
from chatinterface.content.components import Blob
from chatinterface.content.conversion import convert


@dataclass
class Kept:
    """What a component has kept: the bytes, by the id of their file."""

    files: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, blob: Blob, **extra: Any) -> dict[str, Any]:
        data = content(blob.source)
        file = f"{len(self.files) + 1:032x}"
        self.files[file] = data
        kind = media.content_type(data[: media.HEAD], blob.name, blob.content_type)
        return {
            "type": "file",
            "file": file,
            "name": blob.name or "file",
            "content_type": kind,
            "size": len(data),
            **extra,
        }

    def form(self, form: object) -> str:
        return str(form)

    def part(self, value: object) -> dict[str, Any]:
        converted = convert(value)
        assert not isinstance(converted, list)
        if isinstance(converted, str):
            return {"type": "text", "text": converted, "id": "part"}
        return {**converted.part(self), "id": "part"}

    def data(self, part: dict[str, Any], number: int = 0) -> bytes:
        """The bytes of a file of a part."""
        return self.files[part["props"]["items"][number]["file"]]


def content(source: Any) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, Path):
        return source.read_bytes()
    data: bytes = source.read()
    return data


def shown(value: object) -> tuple[dict[str, Any], Kept]:
    """A value as a part, and what it has kept."""
    kept = Kept()
    return kept.part(value), kept
