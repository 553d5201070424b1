"""From values to parts with their HTML: what may take long, and is done in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, cast

from chatinterface import files
from chatinterface.content.changes import BODY
from chatinterface.content.components.base import Blob, Component, Part
from chatinterface.content.conversion import shown
from chatinterface.content.markdown import normalise
from chatinterface.content.storable import plain
from chatinterface.declarations.showing import Renderer
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.presentation import part_html
from chatinterface.threads import in_content


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A part as it is stored, and its HTML."""

    part: Part
    html: str
    # What it was made of.
    source: object
    key: str | None = None


class Maker:
    """Makes the parts of one message; the store of its components."""

    def __init__(
        self, interface: ChatInterface, conversation: Conversation, message: Message, new_id: Callable[[], str]
    ) -> None:
        self._interface = interface
        self._conversation = conversation
        self._message = message
        self._new_id = new_id
        # Whether what is made now is within what a renderer has returned: they are not asked for that again.
        self._rendered = False

    def __call__(self, blob: Blob, **extra: Any) -> Part:
        """See Store."""
        with _opened(blob.source) as source:
            kept = files.keep(
                self._conversation, source, name=blob.name, content_type=blob.content_type, message=self._message
            )
        return files.part(kept, **plain(extra))

    def form(self, form: object) -> str:
        """See Store."""
        return self._interface.form_name(form)

    def part(self, value: object) -> Part:
        """See Store."""
        parts = [self._part(each, rendered=each is not value) for each in self._converted(value)]
        if len(parts) == 1:
            return parts[0]
        column: Part = {"type": "component", "component": "column", "props": {"items": parts}, "text": ""}
        return {**column, "id": self._new_id()}

    async def made(self, value: object, names: Sequence[str] = ()) -> list[str | Made]:
        """See make(): it may take long."""
        return await in_content(self.make, value, names)

    def make(self, value: object, names: Sequence[str] = ()) -> list[str | Made]:
        """What a value shows: Markdown as it is, and parts, the first of them by these ids."""
        given = iter(names)
        made: list[str | Made] = []
        for each in self._converted(value):
            if isinstance(each, str):
                made.append(normalise(each))
                continue
            part = self._part(each, next(given, None), rendered=each is not value)
            key = each.key if each.key is not None else getattr(value, "key", None)
            made.append(Made(part=part, html=self.html(part), source=value, key=key if isinstance(key, str) else None))
        return made

    def html(self, part: Part) -> str:
        """A part's HTML, with a mark where what is in it belongs."""
        return part_html(self._interface, self._conversation, self._message, part, BODY)

    def _part(self, each: str | Component, name: str | None = None, *, rendered: bool) -> Part:
        if isinstance(each, str):
            return {"type": "text", "text": normalise(each)}
        before, self._rendered = self._rendered, self._rendered or rendered
        try:
            part: Part = plain(each.part(self))
        finally:
            self._rendered = before
        return {**part, "id": name or self._new_id()}

    def _converted(self, value: object) -> list[str | Component]:
        renderers = () if self._rendered else cast("Sequence[Renderer]", self._interface.renderers)
        return list(shown(value, renderers))


def _opened(source: Any) -> AbstractContextManager[Any]:
    return open(source, "rb") if isinstance(source, PurePath) else nullcontext(source)
