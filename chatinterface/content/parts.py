"""The parts of a message as they are stored: JSON, of which some parts hold others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from chatinterface.content.components.base import Part


def text_parts(text: str) -> list[Part]:
    """The parts of a message that is plain text."""
    return [{"type": "text", "text": text}] if text else []


def walk(parts: Iterable[Part]) -> Iterator[Part]:
    """These parts and all that are in them, each before what is in it."""
    for part in parts:
        yield part
        yield from walk(inner(part))


def inner(part: Part) -> list[Part]:
    """The parts that a part holds: a step's body, the children of a layout."""
    if part.get("type") == "step":
        return list(part.get("parts", ()))
    return [each for each in _items(part.get("props")) if isinstance(each, dict) and "type" in each]


def find(parts: Iterable[Part], name: str) -> Part | None:
    """The part of that id, at any depth."""
    return next((part for part in walk(parts) if part.get("id") == name), None)


def text_of(parts: Iterable[Part]) -> str:
    """What was said, as Markdown: the texts, and what stands for what is no text. Steps are not said, but shown."""
    said = (stand_in(part) for part in parts)
    return "\n\n".join(text for text in said if text)


def stand_in(part: Part) -> str:
    """The text of a part, or what stands for it."""
    if part.get("type") == "step":
        return ""
    if part.get("type") == "file":
        return str(part.get("alt_text") or part.get("name") or "")
    return str(part.get("text", ""))


def is_plain(parts: Iterable[Part]) -> bool:
    """Whether it is text and nothing else; steps do not count."""
    return all(part.get("type") in {"text", "step"} for part in parts)


def _items(props: Any) -> list[Any]:
    items = props.get("items") if isinstance(props, dict) else None
    return items if isinstance(items, list) else []
