"""Parts that follow each other while they are written: what pages show of them, and what of that has changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatinterface.content.changes import BODY, Change, Restart
from chatinterface.content.components.base import Part
from chatinterface.content.incremental import IncrementalMarkdown, Patch
from chatinterface.content.units import units

if TYPE_CHECKING:
    from chatinterface.content.live import LiveReply


class LiveText:
    """Text that may grow, without an element of its own."""

    def __init__(self, markdown: IncrementalMarkdown) -> None:
        self.markdown = markdown

    @property
    def part(self) -> Part:
        """How it is stored."""
        return {"type": "text", "text": self.markdown.text}

    @property
    def shown(self) -> str:
        """What pages show after the last patch."""
        return self.markdown.html

    def final(self) -> str:
        """See LivePart.final()."""
        return self.markdown.finish()


@dataclass(frozen=True, slots=True)
class Sent:
    """What pages show of a part after the last patch."""

    id: str
    html: str
    flow: Flow | None


class LivePart:
    """A part with an element of its own; with a ``flow`` where its HTML has a place for what is in it."""

    def __init__(self, reply: LiveReply, part: Part, html: str, source: object = None) -> None:
        self.attributes = part
        self.html = html
        # What it was made of.
        self.source = source
        self.flow = Flow(reply, self) if BODY in html else None
        self.sent: Sent | None = None
        # Whether it was taken out: what changes of it is not told.
        self.gone = False
        self._reply = reply

    @property
    def id(self) -> str:
        """Its id, by which pages find it."""
        return str(self.attributes["id"])

    @property
    def part(self) -> Part:
        """How it is stored."""
        if self.flow is None:
            return self.attributes
        if self.attributes["type"] == "text":
            return {**self.attributes, "text": "".join(each["text"] for each in self.flow.stored())}
        return {**self.attributes, "parts": self.flow.stored()}

    @property
    def shown(self) -> str:
        """What pages show after the last patch."""
        if self.sent is None or self.sent.flow is None:
            return self.sent.html if self.sent else ""
        return self.sent.html.replace(BODY, self.sent.flow.shown())

    def final(self) -> str:
        """Its HTML, now that nothing more is added to it."""
        return self.html if self.flow is None else self.html.replace(BODY, self.flow.final())

    def renew(self, part: Part, html: str, source: object = None) -> None:
        """Show something else in its place. Under the same id, what is in it stays if there is a place for it."""
        if self.flow is not None and (BODY not in html or part["id"] != self.id):
            drop(self.flow.parts)
            self.flow = None
        if self.flow is None and BODY in html:
            self.flow = Flow(self._reply, self)
        self.attributes, self.html, self.source = part, html, source
        self._reply.touch(self)


Live = LiveText | LivePart


def drop(parts: Iterable[Live]) -> None:
    """These were taken out, with all that is in them."""
    for part in parts:
        if isinstance(part, LivePart):
            part.gone = True
            if part.flow is not None:
                drop(part.flow.parts)


class Flow:
    """Parts that follow each other, of a reply or of a part of it."""

    def __init__(self, reply: LiveReply, owner: LivePart | None = None) -> None:
        self.parts: list[Live] = []
        self._reply = reply
        self._owner = owner
        # The parts that pages show, and how much of the HTML of the last one is not finished there (in UTF-16 units).
        self._sent: list[Live] = []
        self.open = 0

    def append(self, part: LivePart) -> None:
        """Add a part; text that comes after it is a part of its own."""
        self.parts.append(part)
        self._reply.touch(self._owner)

    def write(self, text: str) -> None:
        """Add to the text at the end, or begin one there."""
        if not self.parts or type(self.parts[-1]) is not LiveText:
            if not text:
                return
            self.parts.append(LiveText(self._reply.markdown()))
        self.parts[-1].markdown.append(text)  # type: ignore[union-attr]
        self._reply.touch(self._owner)

    def say(self, text: str) -> None:
        """Let this text be all of it."""
        if not self.parts and text:
            self.write(text)
        elif self.parts and type(self.parts[0]) is LiveText:
            self.cut(1)
            self.rewrite(0, text)
        elif self.parts:
            self.cut(0)
            self.write(text)

    def put(self, index: int, part: Live) -> None:
        """Have this part in the place of another."""
        drop([self.parts[index]])
        self.parts[index] = part
        if index < len(self._sent):
            self._reply.restart()
        self._reply.touch(self._owner)

    def rewrite(self, index: int, text: str) -> None:
        """Let the text at that place be this one; only what changes of it is sent, where it is the last part."""
        part = self.parts[index]
        assert isinstance(part, LiveText)
        if index < len(self._sent) - 1:
            if text == part.markdown.text:
                return
            self._reply.restart()
        part.markdown.replace(text)
        self._reply.touch(self._owner)

    def cut(self, length: int) -> None:
        """Take away all parts but the first ones."""
        if length < len(self.parts):
            drop(self.parts[length:])
            del self.parts[length:]
            if length < len(self._sent):
                self._reply.restart()
            self._reply.touch(self._owner)

    def remove(self, index: int) -> None:
        """Take away the part at that place."""
        drop([self.parts[index]])
        del self.parts[index]
        if index < len(self._sent):
            self._reply.restart()
        self._reply.touch(self._owner)

    def stored(self) -> list[Part]:
        """Its parts, as they are stored."""
        parts = (each.part for each in self.parts)
        return [part for part in parts if part["type"] != "text" or part["text"] or "id" in part]

    def shown(self) -> str:
        """What pages show after the last patch."""
        return "".join([each.shown for each in self._sent])

    def final(self) -> str:
        """Its HTML, now that nothing more is added to it."""
        return "".join([each.final() for each in self.parts])

    def patch(self, changes: list[Change]) -> Patch | None:
        """What it has grown by since the last patch; what is in parts that are new is added to the changes."""
        if len(self.parts) == len(self._sent) == 1 and isinstance(self.parts[0], LiveText):
            return self._patch_text(self.parts[0])
        keep = size = self.open
        commit, tail = 0, list[str]()
        added: list[LivePart] = []
        known = len(self._sent)
        for index in range(max(known - 1, 0), len(self.parts)):
            part = self.parts[index]
            if isinstance(part, LiveText):
                patch = part.markdown.patch()
                if patch is not None and patch.reset:
                    raise Restart
                if patch is not None:
                    start = 0 if index < known else size
                    if index < known:
                        keep = patch.keep
                        size = keep
                    tail.append(patch.tail)
                    size += units(patch.tail)
                    commit = start + patch.commit if patch.commit else commit
                if index < len(self.parts) - 1:
                    commit = size
            elif index >= known:
                html = self._reply.wire(part.id, part.html)
                tail.append(html)
                size += units(html)
                commit = size
                added.append(part)
        self._sent.extend(self.parts[known:])
        unchanged = not commit and not tail and keep == self.open
        self.open = size - commit
        for part in added:
            self._reply.send(part, changes)
        return None if unchanged else Patch(keep, "".join(tail), commit)

    def _patch_text(self, text: LiveText) -> Patch | None:
        # Most replies are one text from the beginning to the end.
        patch = text.markdown.patch()
        if patch is None:
            return None
        if patch.reset and self._owner is not None:
            raise Restart
        self.open = patch.keep + units(patch.tail) - patch.commit
        return patch

    def snapshot(self, changes: list[Change]) -> Patch:
        """All that the last patch has led to, for a page that knows nothing of it; with what is in its parts."""
        whole = "".join([each.shown if isinstance(each, LiveText) else self._wired(each) for each in self._sent])
        for part in self._sent:
            if isinstance(part, LivePart) and part.sent is not None and part.sent.flow is not None:
                later: list[Change] = []
                changes.append(Change(part=part.sent.id, patch=part.sent.flow.snapshot(later)))
                changes += later
        return Patch(0, whole, units(whole) - self.open, reset=True)

    def _wired(self, part: LivePart) -> str:
        return self._reply.wire(part.sent.id, part.sent.html) if part.sent is not None else ""

    def settle(self) -> None:
        """Take all that is said as sent, by a snapshot that follows."""
        self._sent, self.open = list(self.parts), 0
        for part in self._sent:
            if isinstance(part, LiveText):
                part.markdown.patch()
            else:
                part.sent = Sent(part.id, part.html, part.flow)
                if part.flow is not None:
                    part.flow.settle()
        if self._sent and isinstance(last := self._sent[-1], LiveText):
            snapshot = last.markdown.snapshot()
            self.open = units(snapshot.tail) - snapshot.commit

    @property
    def empty(self) -> bool:
        """Whether nothing was said."""
        return not self.stored()
