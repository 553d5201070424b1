"""Where do the blocks of a Markdown text begin, and which of them is still open?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyromark import Options, events_with_range

OPTIONS = (
    Options.ENABLE_TABLES
    | Options.ENABLE_STRIKETHROUGH
    | Options.ENABLE_TASKLISTS
    | Options.ENABLE_GFM
    | Options.ENABLE_MATH
    | Options.ENABLE_FOOTNOTES
)

# Nothing that follows changes these, whatever it is ...
CLOSED_BY_LINE = frozenset({"Heading", "Rule"})
# ... or these, once a blank line follows.
CLOSED_BY_BLANK = frozenset({"Paragraph", "Table", "BlockQuote"})


@dataclass(frozen=True, slots=True)
class Outline:
    """The top-level blocks of a text of whole lines; places are indices of the text."""

    # Where the line begins in which the last block begins.
    last: int
    # Where the line begins in which the first block with raw HTML begins.
    raw: int | None
    # Whether nothing that follows can change the last block.
    closed: bool
    # Whether the last block is a fence that waits for its end.
    in_fence: bool


@dataclass(slots=True)
class _Fence:
    start: int
    end: int = 0
    text_end: int = 0


class _Walk:
    """One pass over the parser's events; its offsets count bytes."""

    def __init__(self, source: str) -> None:
        self.bytes = source.encode()
        self.last = 0
        self.raw: int | None = None
        # What begins the last block.
        self.top: Any = ""
        # The last leaf, when it is a fence.
        self.fence: _Fence | None = None
        self._walk(events_with_range(source, options=OPTIONS))

    def _walk(self, events: Iterator[tuple[Any, Any]]) -> None:
        # There are some thousand events in a long list: no calls for those that say nothing.
        depth = 0
        fence = None
        for event, span in events:
            if "End" in event:
                depth -= 1
                if fence and event["End"] == "CodeBlock":
                    fence.end = span["end"]
                continue
            if not depth:
                self.last = span["start"]
                self.top = event
            if "Start" in event:
                depth += 1
                fence = _Fence(span["start"]) if _is_fence(event["Start"]) else None
            elif fence and not fence.end and "Text" in event:
                fence.text_end = span["end"]
            else:
                fence = None
                if self.raw is None and ("Html" in event or "InlineHtml" in event):
                    self.raw = self.last
        self.fence = fence

    @property
    def kind(self) -> str:
        """The name of the last block's kind."""
        start = self.top if isinstance(self.top, str) else self.top.get("Start", self.top)
        return start if isinstance(start, str) else next(iter(start))

    def fence_open(self) -> bool:
        """Whether the text ends in a fence without its end."""
        if self.fence is None:
            return False
        fence = self.bytes[self.fence.start : self.fence.end]
        first_line = self.fence.start + fence.find(b"\n") if b"\n" in fence else self.fence.end
        rest = self.bytes[max(self.fence.text_end, first_line) : self.fence.end]
        return fence[:1] not in rest

    def line(self, place: int) -> int:
        """Return the index at which the line begins that holds the byte at `place`."""
        return len(self.bytes[: self.bytes.rfind(b"\n", 0, place) + 1].decode())


def _is_fence(start: Any) -> bool:
    return isinstance(start, dict) and isinstance(start.get("CodeBlock"), dict)


def outline(source: str) -> Outline:
    """Return the outline of a text that ends with a newline."""
    walk = _Walk(source)
    fence_open = walk.fence_open()
    closed = (
        walk.kind in CLOSED_BY_LINE
        or (walk.kind in CLOSED_BY_BLANK and not fence_open and _ends_blank(source))
        or (walk.kind == "CodeBlock" and walk.fence is not None and not fence_open)
    )
    return Outline(
        last=walk.line(walk.last),
        raw=None if walk.raw is None else walk.line(walk.raw),
        closed=closed,
        in_fence=walk.kind == "CodeBlock" and fence_open,
    )


def ends_in_fence(source: str) -> bool:
    """Whether the text ends in a fence without its end, at any depth."""
    return _Walk(source).fence_open()


def _ends_blank(source: str) -> bool:
    return not source[source.rfind("\n", 0, -1) + 1 :].strip(" \t\n")
