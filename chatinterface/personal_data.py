"""All that is kept of a user, as a directory or a zip file: JSON that can be read back, Markdown, and the files."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from django.core.serializers.json import DjangoJSONEncoder
from django.urls import reverse
from django.utils import timezone

from chatinterface import transcripts
from chatinterface.models import Attachment, Conversation, Flag, Upload
from chatinterface.shared_link import SharedLink

# Rows that are in memory at a time.
CHUNK = 100


class Place(Protocol):
    """Where files are written to."""

    def open(self, path: PurePosixPath) -> Any:
        """A file to write bytes to, as a context manager."""


class Directory:
    """A new directory."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True)
        self._root = root

    def open(self, path: PurePosixPath) -> IO[bytes]:
        """See Place."""
        file = self._root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.open("xb")


class Zip:
    """A zip file."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def open(self, path: PurePosixPath) -> IO[bytes]:
        """See Place."""
        return self._archive.open(str(path), "w", force_zip64=True)


def export_user(user: Any, target: str | Path) -> Path:
    """Write all that is kept of a user to ``target``: a zip file by that name, else a directory. Returns its path.

    There are their conversations, as JSON with all versions and as Markdown, also those that they have deleted and that
    are not purged yet; the files in them; the links by which they shared them; and their flags with what they saw.
    Raises FileExistsError where something is there already. A file or a conversation is in memory at a time, and of a
    file a piece.
    """
    target = Path(target)
    with _place(target) as place:
        conversations = [
            _conversation(place, each)
            for each in Conversation.objects.filter(user=user).order_by("pk").iterator(chunk_size=CHUNK)
        ]
        _write_json(
            place,
            "index.json",
            {
                "user": user.get_username(),
                "exported": timezone.now(),
                "conversations": conversations,
                "flags": _flags(place, user),
                "unsent_files": [_upload(each) for each in Upload.objects.filter(user=user).order_by("pk")],
            },
        )
    return target


@contextmanager
def _place(target: Path) -> Iterator[Place]:
    if target.suffix != ".zip":
        yield Directory(target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as archive:
        yield Zip(archive)


def _conversation(place: Place, conversation: Conversation) -> dict[str, Any]:
    """Write a conversation and its files; returns what the index says of it."""
    name = f"conversations/{conversation.uuid}"
    _write_json(place, f"{name}.json", transcripts.to_json(conversation))
    _write(place, f"{name}.md", transcripts.to_markdown(conversation))
    return {
        "chat": conversation.interface,
        "title": conversation.title,
        "created": conversation.created_at,
        "last_change": conversation.updated_at,
        "deleted": conversation.deleted_at,
        "json": f"{name}.json",
        "markdown": f"{name}.md",
        "files": [_file(place, each) for each in conversation.attachments.order_by("pk").iterator(chunk_size=CHUNK)],
        "shared": [_link(conversation, each) for each in conversation.links.order_by("pk")],
    }


def _link(conversation: Conversation, link: SharedLink) -> dict[str, Any]:
    """What is said of a link, the revoked ones too; its address is its owner's to know."""
    return {
        "path": reverse("chatinterface:shared", args=[conversation.interface, link.token]),
        "shows_files": link.shows_files,
        "created": link.created_at,
        "revoked": link.revoked_at,
    }


def _file(place: Place, attachment: Attachment) -> dict[str, Any]:
    """Write a file under its own name, behind an id that keeps it from others; what has gone missing is said."""
    path = PurePosixPath("files", attachment.uuid.hex, PurePosixPath(attachment.name).name or "file")
    said = {"name": attachment.name, "content_type": attachment.content_type, "size": attachment.size}
    try:
        source = attachment.file.open("rb")
    except FileNotFoundError:
        return {**said, "missing": True}
    with source, place.open(path) as copy:
        shutil.copyfileobj(source, copy)
    return {**said, "path": str(path)}


def _flags(place: Place, user: Any) -> int:
    """Write the user's flags, one in a line; returns how many."""
    count = 0
    with place.open(PurePosixPath("flags.jsonl")) as file:
        for flag in Flag.objects.filter(user=user).order_by("pk").iterator(chunk_size=CHUNK):
            said = {
                "chat": flag.interface,
                "option": flag.option,
                "comment": flag.comment,
                "created": flag.created_at,
                "status": flag.status,
                "saw": flag.snapshot,
            }
            file.write(_json(said) + b"\n")
            count += 1
    return count


def _upload(upload: Upload) -> dict[str, Any]:
    return {"name": upload.name, "size": upload.size, "created": upload.created_at}


def _write_json(place: Place, path: str, value: object) -> None:
    _write(place, path, _json(value, indent=2).decode())


def _write(place: Place, path: str, text: str) -> None:
    with place.open(PurePosixPath(path)) as file:
        file.write(text.encode())


def _json(value: object, indent: int | None = None) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=indent).encode()
