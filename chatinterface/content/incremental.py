"""Markdown that grows while it is shown.

Two strings make up what a browser shows of a reply: the *finished* blocks, which nothing that follows can change, and
the *tail*, the HTML of what is still open. A patch changes the tail and moves what has become final out of it. Only
whole lines decide where a block begins: "2" is a paragraph until "." arrives.
"""

from dataclasses import dataclass, field, replace

from chatinterface.content.blocks import Outline
from chatinterface.content.dialect import COMMON, Dialect
from chatinterface.content.fence import OpenFence
from chatinterface.content.markdown import Document, normalise
from chatinterface.content.paragraph import OpenParagraph
from chatinterface.content.typeset import Allowance
from chatinterface.content.units import common_prefix, units

# What one patch may colour at most, in characters; it takes some 20 ms. What is over waits for `finish`.
PATCH_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of the tail: keep so many of its characters, append `tail`, then finish the first `commit` characters.

    Characters are UTF-16 units, those of JavaScript. With `reset`, all that was shown is forgotten first.
    """

    keep: int
    tail: str
    commit: int
    reset: bool = False


@dataclass(slots=True)
class _Finished:
    """The blocks that can no longer change."""

    sources: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    allowance: Allowance = field(default_factory=Allowance)
    # How much of the text they are made of, and how much of it had to be known to finish them.
    length: int = 0
    decided: int = 0


@dataclass(slots=True)
class _Tail:
    """What is still open: strings are lists of parts, so that a long fence grows without being copied."""

    source: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    units: int = 0
    # What it ends in, where more text may be added to that without a render.
    open: OpenFence | OpenParagraph | None = None


class IncrementalMarkdown:
    """The HTML of a text that arrives in pieces.

    At any time `html` is what `render` makes of the text so far, with two exceptions that `finish` settles: a link or
    footnote before its definition, and code or formulas that arrive too many at once for one patch. `patch` may be
    called on an event loop: it costs no more than the open block. `finish` costs a render of the whole: call it in a
    thread.
    """

    def __init__(self, dialect: Dialect = COMMON) -> None:
        self._document = Document(dialect=dialect)
        self._finished = _Finished()
        self._tail = _Tail()
        self._pending: list[str] = []
        self._after_return = False
        self._replaced = self._reset = False
        # What the browser shows until the patch that starts over.
        self._outdated: str | None = None

    @property
    def text(self) -> str:
        """All source so far, its line ends newlines."""
        return "".join([*self._finished.sources, *self._tail.source, *self._pending])

    @property
    def html(self) -> str:
        """What the browser shows after the last patch."""
        if self._outdated is not None:
            return self._outdated
        return "".join([*self._finished.html, *self._tail.html])

    def append(self, delta: str) -> None:
        """Take more text; nothing is rendered."""
        if not delta:
            return
        if self._after_return and delta[0] == "\n":
            delta = delta[1:]
            self._after_return = False
        if delta:
            self._after_return = delta[-1] == "\r"
            self._pending.append(normalise(delta))

    def replace(self, text: str) -> None:
        """Take the whole text anew, as callbacks yield it that yield all so far; only what changed is rendered."""
        current = self.text
        ends_in_return = text.endswith("\r")
        text = normalise(text)
        if text.startswith(current):
            if more := text[len(current) :]:
                self._pending.append(more)
        else:
            self._rewrite(text, current)
        self._after_return = ends_in_return

    def patch(self) -> Patch | None:
        """Render what is open, and return the change since the last patch; None when nothing changed."""
        text = "".join(self._pending)
        self._pending.clear()
        if not text and not self._replaced:
            return None
        if self._tail.open and (more := self._tail.open.extend(text)) is not None:
            return self._extend(text, more, self._tail.open.end)
        self._document.typesetter.limit = PATCH_LIMIT
        return self._render_tail(text)

    def snapshot(self) -> Patch:
        """Return all that the last patch has led to, for a browser that knows nothing of it."""
        finished = self._finished.html if self._outdated is None else [self._outdated]
        return Patch(keep=0, tail=self.html, commit=units("".join(finished)), reset=True)

    def finish(self) -> str:
        """Return the render of the whole text."""
        self._document.typesetter.limit = None
        return Document(self._document.typesetter, dialect=self._document.dialect).render(self.text)

    def _rewrite(self, text: str, current: str) -> None:
        if not text.startswith(current[: self._finished.decided]):
            self._outdated = self.html
            self._finished = _Finished()
            self._document.definitions.clear()
            self._reset = True
        self._pending = []
        self._tail.open = None
        self._tail.source = [text[self._finished.length :]]
        self._replaced = True

    def _extend(self, text: str, html: str, end: str) -> Patch | None:
        tail = self._tail
        tail.source.append(text)
        if not html:
            return None
        tail.html[-1:] = [html, end]
        keep = tail.units - len(end)
        tail.units += units(html)
        return Patch(keep=keep, tail=html + end, commit=0)

    def _render_tail(self, text: str) -> Patch | None:
        source = "".join(self._tail.source) + text
        before = "" if self._reset else "".join(self._tail.html)
        blocks = None
        finished, cut = "", 0
        if self._replaced or "\n" in text:
            whole_lines = source[: source.rfind("\n") + 1]
            blocks = self._document.outline(whole_lines)
            finished, cut = self._finish_blocks(whole_lines, blocks)
        rest = source[cut:]
        html = self._document.convert(rest, replace(self._finished.allowance), whole=True)[0]
        in_fence = blocks is not None and blocks.in_fence and blocks.last == cut
        opened = self._opened(rest, html, in_fence=in_fence)
        parts = [html.removesuffix(opened.end), opened.end] if opened else [html]
        self._tail = _Tail([rest], parts, units(html), opened)
        return self._change(before, finished, html)

    def _opened(self, source: str, html: str, *, in_fence: bool) -> OpenFence | OpenParagraph | None:
        # What is known of their HTML is what the sanitiser makes of it.
        if not self._document.dialect.sanitise:
            return None
        return OpenFence.of(source) if in_fence else OpenParagraph.of(source, html)

    def _finish_blocks(self, source: str, blocks: Outline) -> tuple[str, int]:
        """Finish what can be of the whole lines; return its HTML and the length of its source."""
        for cut in (len(source) if blocks.closed else blocks.last, blocks.raw or 0):
            if not cut:
                continue
            allowance = replace(self._finished.allowance)
            html, settled = self._document.convert(source[:cut], allowance, whole=False)
            if settled:
                self._document.define(source[:cut])
                finished = self._finished
                finished.decided = finished.length + len(source)
                finished.length += cut
                finished.sources.append(source[:cut])
                finished.html.append(html)
                finished.allowance = allowance
                return html, cut
        return "", 0

    def _change(self, before: str, finished: str, tail: str) -> Patch | None:
        after = finished + tail
        keep = common_prefix(before, after)
        reset, self._reset, self._replaced = self._reset, False, False
        self._outdated = None
        if before == after and not finished and not reset:
            return None
        return Patch(units(before[:keep]), after[keep:], units(finished), reset)
