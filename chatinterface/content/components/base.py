"""What every component is: a value that says what is shown of it, and what stands for it where only text can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

# One part of a message as it is stored: JSON with at least a "type".
Part = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """Bytes that a component brings along: kept as a file of the conversation.

    ``source`` is ``bytes``, a path, or anything that can be read, a Django file too. An empty ``content_type`` is found
    out by what the bytes are.
    """

    source: Any
    name: str = ""
    content_type: str = ""


class Store(Protocol):
    """What a component is given to keep what it brings along. It is called where files and the database may be used."""

    def __call__(self, blob: Blob, **extra: Any) -> Part:
        """Keep a file; returns its part, with ``extra`` in it."""

    def part(self, value: object) -> Part:
        """Any value as a part of its own: the children of a layout."""

    def form(self, form: object) -> str:
        """The name of one of the forms of the chat. Raises ValueError for one that it has not declared."""


class Component:
    """The base of what can be shown: subclass it as a frozen dataclass, and give it a template.

    ``kind`` names the template ``chatinterface/parts/<kind>.html``, which gets the props. A component with a ``key``
    takes the place of the one that was shown under the same key in the same reply.
    """

    kind: ClassVar[str] = ""
    key: str | None = None

    def props(self, store: Store) -> dict[str, Any]:
        """What its template is given, as JSON."""
        return {}

    def text(self) -> str:
        """What stands for it in the history, in exports, in a search, and where it is copied; Markdown."""
        return ""

    def part(self, store: Store) -> Part:
        """How it is stored."""
        return {"type": "component", "component": self.kind, "props": self.props(store), "text": self.text()}
