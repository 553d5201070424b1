"""Where do the blocks of a Markdown text begin, and which of them is still open?"""

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
        self.last = self.depth = 0
        self.raw: int | None = None
        self.kind = ""
        # The last leaf, when it is a fence.
        self.fence: _Fence | None = None
        for event, span in events_with_range(source, options=OPTIONS):
            self.see(event, span["start"], span["end"])

    def see(self, event: Any, start: int, end: int) -> None:
        name, value = (event, None) if isinstance(event, str) else next(iter(event.items()))
        if name == "End":
            self.depth -= 1
            if value == "CodeBlock" and self.fence:
                self.fence.end = end
            return
        if not self.depth:
            self.last = start
            self.kind = _kind(value) if name == "Start" else name
        if name == "Start":
            self.depth += 1
            self.fence = _Fence(start) if _is_fence(value) else None
        elif name == "Text" and self.fence and not self.fence.end:
            self.fence.text_end = end
        else:
            self.fence = None
            if name in ("Html", "InlineHtml") and self.raw is None:
                self.raw = self.last

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


def _kind(value: Any) -> str:
    return value if isinstance(value, str) else next(iter(value))


def _is_fence(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("CodeBlock"), dict)


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
