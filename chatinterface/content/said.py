"""What a callback says by one value: messages, each of texts, values to be shown, and steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from chatinterface.content.components.base import Component
from chatinterface.content.components.media import Image
from chatinterface.content.conversion import is_declared
from chatinterface.content.message import ChatMessage, message_of
from chatinterface.content.reasoning import Tags, Thought, split

Read = Callable[[str], list[str | Thought]] | None

# A dict of these is a file, as Gradio says it.
FILE = frozenset({"path", "alt_text", "url", "orig_name", "mime_type", "size", "is_stream", "meta"})


@dataclass(slots=True)
class StepSaid:
    """A step as a callback's metadata says it: Gradio's thought."""

    metadata: Mapping[str, Any]
    items: list[Any] = field(default_factory=list)

    @property
    def name(self) -> object:
        """The id that the callback has given it."""
        return self.metadata.get("id")


@dataclass(slots=True)
class Said:
    """A message: its items are texts, steps, and values of any kind."""

    items: list[Any] = field(default_factory=list)
    user: str = ""
    avatar: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    options: list[Any] = field(default_factory=list)
    # Whether something was said and not only thought.
    complete: bool = False


def said(value: object, tags: Tags = (), *, whole: bool = False) -> list[Said]:
    """The messages that a value stands for, most often one.

    A list is several messages where one of its items is a message (ChatMessage or dict), else several parts of one.
    Steps belong to the message that follows them. What may be the beginning of a tag is left out, unless it is
    ``whole``.
    """
    read = partial(split, tags=tags, whole=whole) if tags else None
    several = list(value) if isinstance(value, list | tuple) else [value]
    messages = [message_of(each) for each in several]
    if not any(messages):
        return [Said(_items(value, read), complete=True)]
    told = [Said()]
    steps: dict[object, StepSaid] = {}
    for each, message in zip(several, messages, strict=True):
        _tell(told, steps, message or ChatMessage(each), read)
    return told


def _tell(told: list[Said], steps: dict[object, StepSaid], message: ChatMessage, read: Read) -> None:
    if told[-1].complete or (told[-1].items and _other(told[-1], message)):
        told.append(Said())
    current = told[-1]
    current.user, current.avatar = message.user or current.user, message.avatar or current.avatar
    items = [item for content in message.contents for item in _items(content, read)]
    if not message.is_step:
        current.items += items
        current.complete = True
        current.metadata.update(message.metadata)
        current.options += message.options
        return
    step = StepSaid(message.metadata, items)
    parent = steps.get(message.metadata.get("parent_id"))
    (parent.items if parent is not None else current.items).append(step)
    if step.name is not None:
        steps[step.name] = step


def _other(told: Said, message: ChatMessage) -> bool:
    return bool(message.user and told.user and message.user != told.user)


def _items(value: object, read: Read) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list | tuple) and _is_several(value):
        return [item for each in value for item in _items(each, read)]
    if type(value) is str and read is not None:
        return [StepSaid(each.metadata, [each.text]) if isinstance(each, Thought) else each for each in read(value)]
    if isinstance(value, Mapping) and "path" in value and FILE.issuperset(value):
        path = Path(value["path"])
        return [Image(path, alt=str(value["alt_text"])) if value.get("alt_text") else path]
    if isinstance(value, Mapping) and set(value) == {"text", "files"}:
        return [item for each in (value["text"], *(value["files"] or ())) for item in _items(each, read) if item != ""]
    return [value]


def _is_several(values: list[Any] | tuple[Any, ...]) -> bool:
    return bool(values) and all(_is_shown(each) for each in values)


def _is_shown(value: object) -> bool:
    """Whether a value in a list is something to show by itself, and not a piece of data."""
    if value is None or isinstance(value, str | Component):
        return True
    if isinstance(value, Mapping):
        return "path" in value
    return not isinstance(value, bool | int | float | list | tuple) and is_declared(value)
