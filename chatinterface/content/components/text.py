"""Words: plain, Markdown, HTML, and the source of programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.html import strip_tags

from chatinterface.content.components.base import Blob, Component, Part, Store
from chatinterface.content.markdown import normalise

# Of longer code the beginning is shown, and the whole is kept as a file.
MOST_CHARACTERS = 100_000
MOST_LINES = 2_000


@dataclass(frozen=True, eq=False)
class Text(Component):
    """Text as it is: its lines and spaces are kept, and nothing in it has a meaning."""

    value: str
    key: str | None = None

    kind: ClassVar[str] = "plain"

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        return {"value": normalise(str(self.value))}

    def text(self) -> str:
        """See Component.text()."""
        return str(self.value)


@dataclass(frozen=True, eq=False)
class Markdown(Component):
    """Markdown, as it stands in a reply; for the children of a layout."""

    value: str
    key: str | None = None

    kind: ClassVar[str] = "markdown"

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        return {"value": normalise(str(self.value))}

    def text(self) -> str:
        """See Component.text()."""
        return str(self.value)


@dataclass(frozen=True, eq=False)
class HTML(Component):
    """HTML, of which only what may stand in a message is shown: no scripts, styles, forms or foreign images.

    What needs these goes into a Frame.
    """

    value: str
    key: str | None = None

    kind: ClassVar[str] = "html"

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        return {"value": normalise(str(self.value))}

    def text(self) -> str:
        """See Component.text()."""
        return strip_tags(str(self.value)).strip()


@dataclass(frozen=True, eq=False)
class Code(Component):
    """The source of a program, coloured, with a button that copies it.

    ``language`` is a usual name ("python"); ``title`` stands in its place above the code, a file's name for instance;
    ``wrap`` breaks long lines from the start. Of more than 2,000 lines the first are shown, and the whole is a file.
    """

    value: str
    language: str = ""
    title: str = ""
    wrap: bool = False
    key: str | None = None

    kind: ClassVar[str] = "code"

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        value = normalise(str(self.value))
        lines = value.splitlines(keepends=True)
        shown = "".join(lines[:MOST_LINES])[:MOST_CHARACTERS]
        items: list[Part] = []
        if len(shown) < len(value):
            items = [store(Blob(source=value.encode(), name=self.title or "code.txt", content_type="text/plain"))]
        return {
            "value": shown,
            "language": str(self.language).lower(),
            "title": normalise(str(self.title)),
            "wrap": bool(self.wrap),
            "lines": len(lines),
            "items": items,
        }

    def text(self) -> str:
        """See Component.text()."""
        return fenced(str(self.value), self.language)


def fenced(code: str, language: str = "") -> str:
    """Code as a block of Markdown, whatever is in it."""
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}{language}\n{code.rstrip()}\n{fence}"
