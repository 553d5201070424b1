"""Where does a file come from that a callback shows: the disk, a storage, the static files, memory, another site?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousOperation
from django.core.files import File as DjangoFile
from django.core.files.storage import Storage, default_storage

from chatinterface.content.components.base import Blob

# What a file can be given as.
Given = Any


@dataclass(frozen=True, slots=True)
class Static:
    """A static file of the site: shown where it is, and not kept."""

    path: str


@dataclass(frozen=True, slots=True)
class Remote:
    """An address, of this site or of another."""

    url: str


@contextmanager
def origin(
    source: Given, *, name: str = "", content_type: str = "", storage: Storage | None = None
) -> Iterator[Blob | Static | Remote]:
    """Find out what is meant, and have it open meanwhile.

    A text is an address (``https://…``, or below ``MEDIA_URL`` or ``STATIC_URL``), a file on the disk, a name in
    ``storage`` (the default one) or a static file, in this order; none leads upwards by ``..``. Never make it of what
    a visitor or a model has written, for it may be any file that the server can read. Bytes, paths, whatever can be
    read and Django's files are what they are. Raises FileNotFoundError and TypeError.
    """
    found = _found(source, name, content_type, storage)
    with ExitStack() as closing:
        if isinstance(found, Blob) and isinstance(found.source, DjangoFile):
            was_closed = found.source.closed
            opened = found.source.open("rb")
            if was_closed or isinstance(source, str):
                closing.callback(opened.close)
        yield found


def _found(source: Given, name: str, content_type: str, storage: Storage | None) -> Blob | Static | Remote:
    if isinstance(source, Blob | Static | Remote):
        return source
    if isinstance(source, bytes | bytearray | memoryview):
        return Blob(source=bytes(source), name=name, content_type=content_type)
    if isinstance(source, PurePath):
        return _on_disk(Path(source), name, content_type)
    if isinstance(source, str):
        return _named(source, name, content_type, storage)
    if hasattr(source, "__fspath__"):
        return _on_disk(Path(os.fspath(source)), name, content_type)
    # Asking a Django file whether it can be read opens it, which would be left to nobody to close.
    if isinstance(source, DjangoFile) or hasattr(source, "read"):
        own = name or PurePath(str(getattr(source, "name", "") or "")).name
        return Blob(source=source, name=own, content_type=content_type or getattr(source, "content_type", "") or "")
    raise TypeError(
        f"A file cannot be made of {type(source).__name__}. Give a path, bytes, an open file, a Django file, the name "
        "of a file in a storage, or the path of a static file."
    )


def beginning(source: Given, size: int) -> bytes:
    """The first bytes of a file; it is where it was before."""
    with origin(source) as given:
        if not isinstance(given, Blob):
            return b""
        if isinstance(given.source, bytes):
            return given.source[:size]
        if isinstance(given.source, Path):
            with given.source.open("rb") as opened:
                return opened.read(size)
        data: bytes = given.source.read(size)
        given.source.seek(0)
        return data


def _named(source: str, name: str, content_type: str, storage: Storage | None) -> Blob | Static | Remote:
    if urlsplit(source).scheme in {"http", "https"} or _is_own_address(source):
        return Remote(source)
    if storage is None and "\0" not in source and ".." not in PurePath(source).parts and Path(source).is_file():
        return _on_disk(Path(source), name, content_type)
    place = storage or default_storage
    try:
        if place.exists(source):
            return Blob(source=place.open(source), name=name or PurePath(source).name, content_type=content_type)
        if storage is None and finders.find(source):
            return Static(source)
    except (SuspiciousOperation, ValueError):
        pass  # a path that leads out of the storage, or that no system has
    raise FileNotFoundError(f"There is no file {source!r} on the disk, in the storage, or among the static files.")


def _is_own_address(source: str) -> bool:
    roots = [root for root in (settings.MEDIA_URL, settings.STATIC_URL) if root and root != "/"]
    return any(source.startswith(root) and root.startswith("/") for root in roots)


def _on_disk(path: Path, name: str, content_type: str) -> Blob:
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r}.")
    return Blob(source=path, name=name or path.name, content_type=content_type)


def static_file(static: Static) -> Path | None:
    """Where a static file is on this machine, if it is there."""
    found = finders.find(static.path)
    return Path(found) if found else None


def shown_name(source: Given, given: Blob | Static | Remote) -> str:
    """What a file is called where nothing else is said of it."""
    if isinstance(given, Blob):
        return given.name
    return PurePath(given.path if isinstance(given, Static) else urlsplit(given.url).path).name
