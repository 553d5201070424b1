"""Pictures, sound, film, documents and other files."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from chatinterface.content import pictures
from chatinterface.content.components.base import Blob, Component, Part, Store
from chatinterface.content.components.origins import Given, Remote, Static, origin, shown_name, static_file
from chatinterface.content.markdown import normalise

# Bytes of a picture that are read to measure it.
MOST_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class Image(Component):
    """A picture: of a path, bytes, an open file, a Django file or its name in a storage, a static file, or of Pillow.

    ``alt`` says what is on it, for those who do not see it; ``caption`` is shown below. One of more than 1,600 pixels
    is shown smaller, and whole where it is opened. A picture of another site is not loaded: a link leads there.
    """

    source: Given
    alt: str = ""
    caption: str = ""
    width: int | None = None
    height: int | None = None
    name: str = ""
    key: str | None = None

    kind: ClassVar[str] = "image"

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        return {**self.picture(store), "caption": normalise(str(self.caption))}

    def picture(self, store: Store) -> dict[str, Any]:
        """What a template shows of the picture, its caption aside."""
        with self._given() as given:
            return self._picture(given, store)

    def _picture(self, given: Blob | Static | Remote, store: Store) -> dict[str, Any]:
        if isinstance(given, Remote):
            return {"url": given.url, "alt": self._alt(given), **self._size(None)}
        alt = self._alt(given)
        try:
            source, picture = _measured(given)
        except pictures.TooLarge:
            return {"items": [store(given)], "alt": alt, "large": True} if isinstance(given, Blob) else {}
        size = self._size(picture)
        if isinstance(given, Static):
            return {"static": given.path, "alt": alt, **size}
        whole = Blob(source=source, name=given.name or "image", content_type=given.content_type)
        items = [store(whole, alt_text=alt, **size)]
        if picture is not None and picture.copy is not None:
            small = Blob(source=picture.copy, name=items[0]["name"], content_type=picture.copy_type)
            items.insert(0, store(small, alt_text=alt, **size))
        return {"items": items, "alt": alt, **size}

    def text(self) -> str:
        """See Component.text()."""
        return self.caption or self._alt(None)

    def _given(self) -> AbstractContextManager[Blob | Static | Remote]:
        if is_pillow(self.source):
            data, kind = pictures.encoded(self.source)
            name = Path(str(getattr(self.source, "filename", "") or "image")).stem
            return origin(Blob(source=data, name=self.name or f"{name}.{kind.rpartition('/')[2]}", content_type=kind))
        return origin(self.source, name=self.name)

    def _alt(self, given: Blob | Static | Remote | None) -> str:
        name = "" if given is None else shown_name(self.source, given)
        return normalise(str(self.alt or self.caption or self.name or name))

    def _size(self, picture: pictures.Picture | None) -> dict[str, int]:
        """Width and height in pixels, as far as they are known: what the page keeps free for it."""
        width, height = self.width, self.height
        if picture is not None:
            if width and not height:
                height = max(1, round(width * picture.height / picture.width))
            elif height and not width:
                width = max(1, round(height * picture.width / picture.height))
            elif not width:
                width, height = picture.width, picture.height
        return {"width": int(width), "height": int(height)} if width and height else {}


def is_pillow(value: object) -> bool:
    """Whether it is a picture of Pillow's."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def _measured(given: Blob | Static) -> tuple[Any, pictures.Picture | None]:
    """What to keep a picture from, and its size."""
    if isinstance(given, Static):
        path = static_file(given)
        return None, pictures.inspect(path) if path else None
    source = given.source
    if not isinstance(source, bytes | Path):
        source = source.read(MOST_BYTES + 1)
        if isinstance(source, str):
            raise TypeError("The file of a picture must be opened in binary mode.")
    if isinstance(source, bytes) and len(source) > MOST_BYTES:
        raise ValueError("The picture is larger than 100 MB.")
    return source, pictures.inspect(source)


@dataclass(frozen=True, eq=False)
class Gallery(Component):
    """Several pictures in a grid. Each is an Image, or what one can be made of, or that and its caption."""

    images: Iterable[Given]
    key: str | None = None

    kind: ClassVar[str] = "gallery"

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        return {"items": [store.part(image) for image in self._images()]}

    def text(self) -> str:
        """See Component.text()."""
        return ", ".join(filter(None, (image.text() for image in self._images())))

    def _images(self) -> list[Image]:
        return [_image(each) for each in self.images]


def _image(value: Any) -> Image:
    if isinstance(value, Image):
        return value
    if isinstance(value, tuple | list):
        source, caption = value
        return Image(source, caption=caption)
    return Image(value)


@dataclass(frozen=True, eq=False)
class _Kept(Component):
    """A file that is kept and shown by a template of its own."""

    source: Given
    name: str = ""
    key: str | None = None

    # The type of what does not say it itself.
    default_type: ClassVar[str] = ""
    default_name: ClassVar[str] = "file"

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        return self.kept(store)

    def kept(self, store: Store) -> dict[str, Any]:
        """Where the file is."""
        with origin(self.source, name=self.name) as given:
            return self._kept(given, store)

    def _kept(self, given: Blob | Static | Remote, store: Store) -> dict[str, Any]:
        name = normalise(self.name or shown_name(self.source, given))
        if isinstance(given, Remote):
            return {"url": given.url, "name": name}
        if isinstance(given, Static):
            return {"static": given.path, "name": name}
        blob = Blob(
            source=given.source, name=name or self.default_name, content_type=given.content_type or self.default_type
        )
        return {"items": [store(blob)], "name": name}

    def text(self) -> str:
        """See Component.text()."""
        given = self.source if isinstance(self.source, str | Path) else getattr(self.source, "name", "")
        return self.name or Path(str(given or "")).name or self.default_name


@dataclass(frozen=True, eq=False)
class Audio(_Kept):
    """Sound, with the browser's own controls."""

    kind: ClassVar[str] = "audio"
    default_name: ClassVar[str] = "audio"


@dataclass(frozen=True, eq=False)
class Video(_Kept):
    """A film, with the browser's own controls; ``width`` and ``height`` in pixels are kept free for it."""

    width: int = 16
    height: int = 9

    kind: ClassVar[str] = "video"
    default_name: ClassVar[str] = "video"

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        return {**self.kept(store), "width": int(self.width), "height": int(self.height)}


@dataclass(frozen=True, eq=False)
class PDF(_Kept):
    """A document: shown in the page where the browser has a viewer, and to be opened or saved anywhere."""

    kind: ClassVar[str] = "pdf"
    default_name: ClassVar[str] = "document.pdf"
    default_type: ClassVar[str] = "application/pdf"


@dataclass(frozen=True, eq=False)
class File(_Kept):
    """A file to be saved, with its name and its size."""

    kind: ClassVar[str] = "download"

    def part(self, store: Store) -> Part:
        """A file is a part of its own, unless it lies elsewhere."""
        kept = self.kept(store)
        if "items" in kept:
            part: Part = kept["items"][0]
            return part
        return {"type": "component", "component": self.kind, "props": kept, "text": self.text()}
