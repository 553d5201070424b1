"""Which files are taken? Named as in Gradio: by extension, by kind, or by content type."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chatinterface.content import media

KINDS = ("image", "audio", "video", "text", "file")

_ENDING = re.compile(r"\.[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*", re.IGNORECASE)
_TYPE = re.compile(r"[a-z0-9.+-]+/(?:[a-z0-9.+-]+|\*)", re.IGNORECASE)


def is_known(file_type: object) -> bool:
    """Whether this names files: a kind, an extension with its dot, or a content type such as ``image/*``."""
    return isinstance(file_type, str) and bool(
        file_type in KINDS or _ENDING.fullmatch(file_type) or _TYPE.fullmatch(file_type)
    )


def accepts(file_types: Iterable[str], name: str, content_type: str) -> bool:
    """Whether a file of this name and this content is among those that are taken; without any types every one is."""
    types = [each.lower() for each in file_types]
    return not types or any(_is(each, name.lower(), content_type) for each in types)


def attribute(file_types: Iterable[str]) -> str:
    """The types as a file field's ``accept`` says them; "" for any."""
    types = [each.lower() for each in file_types]
    if "file" in types:
        return ""
    return ",".join(f"{each}/*" if each in KINDS else each for each in types)


def _is(file_type: str, name: str, content_type: str) -> bool:
    if file_type == "file":
        return True
    if file_type == "text":
        return media.is_textual(content_type)
    if file_type in KINDS:
        return content_type.startswith(f"{file_type}/")
    if file_type.startswith("."):
        return name.endswith(file_type) and _is_what_it_says(name, content_type)
    return content_type.startswith(file_type[:-1]) if file_type.endswith("*") else content_type == file_type


def _is_what_it_says(name: str, content_type: str) -> bool:
    """Whether the content is of the kind that the name says, where that can be told of it."""
    named = media.by_name(name)
    if media.is_textual(named):
        return media.is_textual(content_type)
    if named in media.SAFE:
        return _kind(named) == _kind(content_type)
    return True


def _kind(content_type: str) -> str:
    kind = content_type.partition("/")[0]
    # One container may hold sound or film.
    return "media" if kind in {"audio", "video"} else content_type if kind == "application" else kind
