"""The parts of a reply while it is being written, and what changes of them on the pages that show it.

A *flow* is a sequence of parts: the body of a message, or of a step in it. Pages show it as one stream of HTML, of
which only the text at its end is open; all before it is finished, and never sent again. A part that may change later
stands in an element that has its id, by which it is renewed, or written into. Such an element always arrives empty:
what is in it follows, as the first patch of its own flow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chatinterface.content.changes import BODY, Change, Restart
from chatinterface.content.flow import Flow, LivePart, Sent
from chatinterface.content.incremental import IncrementalMarkdown, Patch


class LiveReply:
    """All parts of a reply that is being written.

    ``markdown`` makes the renderer of a text. ``address`` tells where a part can be fetched whose HTML is longer than
    ``limit`` characters: it is not sent.
    """

    def __init__(
        self,
        markdown: Callable[[], IncrementalMarkdown] = IncrementalMarkdown,
        address: Callable[[str], str] | None = None,
        limit: int = 0,
    ) -> None:
        self.markdown = markdown
        self.flow = Flow(self)
        # Counts what was done to it.
        self.version = 0
        self._address = address
        self._limit = limit
        self._ids = 0
        self._touched: dict[LivePart, None] = {}
        self._restart = False

    def new_id(self) -> str:
        """An id that no other part of the reply has."""
        self._ids += 1
        return f"p{self._ids}"

    def steps(self) -> list[LivePart]:
        """Its steps, each before those in it."""
        return [part for part in _parts(self.flow) if part.attributes["type"] == "step"]

    def touch(self, part: LivePart | None) -> None:
        """Something of the part has changed, or of the reply itself."""
        self.version += 1
        if part is not None:
            self._touched[part] = None

    def restart(self) -> None:
        """Have pages start over."""
        self._restart = True

    def patch(self) -> tuple[Patch | None, list[Change]]:
        """What changed since the last patch: of the reply's own flow and of parts in it, in order."""
        touched, self._touched = self._touched, {}
        changes: list[Change] = []
        try:
            if self._restart:
                raise Restart
            main = self.flow.patch(changes)
            for part in touched:
                self._renew(part, changes)
        except Restart:
            self._restart = False
            self.flow.settle()
            return self.snapshot()
        if main is None and changes:
            main = Patch(self.flow.open, "", 0)
        return main, changes

    def snapshot(self) -> tuple[Patch, list[Change]]:
        """All that the last patch has led to, for a page that knows nothing of it."""
        changes: list[Change] = []
        return self.flow.snapshot(changes), changes

    def send(self, part: LivePart, changes: list[Change]) -> None:
        """The part was sent, and what is in it follows."""
        part.sent = Sent(part.id, part.html, part.flow)
        if part.flow is not None:
            later: list[Change] = []
            patch = part.flow.patch(later)
            if patch is not None:
                changes.append(Change(part=part.id, patch=patch))
            changes += later

    def wire(self, part: str, html: str) -> str:
        """The HTML of a part as it is sent: without what is in it, and without itself where it is long."""
        if self._address is not None and len(html) > self._limit:
            return f'<div class="ci-part" data-part="{part}" data-fetch="{self._address(part)}"></div>\n'
        return html.replace(BODY, "")

    def _renew(self, part: LivePart, changes: list[Change]) -> None:
        if part.sent is None or part.gone:
            return
        same = part.flow is part.sent.flow
        if same and part.flow is not None and part.html != part.sent.html:
            changes.append(Change(part=part.sent.id, shell=self.wire(part.id, part.html)))
        elif not same or part.html != part.sent.html:
            changes.append(Change(part=part.sent.id, html=self.wire(part.id, part.html)))
        self.send(part, changes)


def _parts(flow: Flow) -> Iterator[LivePart]:
    for part in flow.parts:
        if isinstance(part, LivePart):
            yield part
            if part.flow is not None:
                yield from _parts(part.flow)
