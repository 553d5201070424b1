"""From Markdown to HTML.

pyromark parses; what it makes of raw HTML is balanced, code is coloured, formulas become MathML, and the sanitiser has
the last word.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pyromark
from pyromark.event import BrokenLink

from chatinterface.content.balance import balance, needs_balance
from chatinterface.content.blocks import OPTIONS, Outline, ends_in_fence, outline
from chatinterface.content.breaks import break_lines
from chatinterface.content.code import load_lexers
from chatinterface.content.delimiters import translation
from chatinterface.content.dialect import COMMON, Dialect
from chatinterface.content.formulas import mathml
from chatinterface.content.images import link_foreign_images
from chatinterface.content.plain import outline_plain, render_plain
from chatinterface.content.sanitise import clean
from chatinterface.content.typeset import Allowance, Typesetter

# PostgreSQL stores no NUL, nothing can encode half of a surrogate pair, and the last are for a program's own use.
UNSTORABLE = re.compile("[\0\ud800-\udfff\ufdd0-\ufdef]")
ENDS_IN_CODE = re.compile(r'<pre><code class="language-[^<]*</code></pre>\s*(?:</(?:li|ul|ol|blockquote|div)>\s*)*\Z')
FOOTNOTE_LINK = re.compile(r'(<sup class="footnote-reference">)<a href="#[^"]*">(\d+)</a>')
# A row as short as "|a" under a header of thousands of columns is filled up with as many empty cells.
FILLING = re.compile(r'(?:<td(?: align="\w+")?></td>){8,}+(?=</tr>)')
# A form control needs a name that a screen reader can say; this one needs no translation.
CHECKBOXES = {
    '<input disabled="" type="checkbox"/>': '<input type="checkbox" disabled aria-label="☐">',
    '<input disabled="" type="checkbox" checked=""/>': '<input type="checkbox" disabled checked aria-label="☑">',
}

Definitions = dict[str, tuple[str, str]]


@dataclass(slots=True)
class Document:
    """What all the renders of one message share."""

    typesetter: Typesetter = field(default_factory=Typesetter)
    # Known link definitions, the label in its compared form.
    definitions: Definitions = field(default_factory=dict)
    dialect: Dialect = COMMON

    def render(self, text: str) -> str:
        """Return the sanitised HTML of a whole text."""
        return self.convert(normalise(text), Allowance(), whole=True)[0]

    def outline(self, source: str) -> Outline:
        """Return the outline of a text that ends with a newline."""
        if not self.dialect.markdown:
            return outline_plain(source)
        read = self._read(source)
        found = outline(read)
        if read == source:
            return found
        raw = None if found.raw is None else _same_line(read, found.raw, source)
        return replace(found, last=_same_line(read, found.last, source), raw=raw)

    def convert(self, source: str, allowance: Allowance, *, whole: bool) -> tuple[str, bool]:
        """Return the HTML of some blocks, and whether others can follow without being part of these.

        `whole` says that nothing follows: a fence at the end may still be open.
        """
        dialect = self.dialect
        if not dialect.markdown:
            return render_plain(source), True
        read = self._read(source)
        html = pyromark.html(read, options=OPTIONS, broken_link_callback=self._find_definition())
        last_open = whole and ENDS_IN_CODE.search(html) is not None and ends_in_fence(read)
        settled = True
        if needs_balance(read, html):
            html, settled = balance(html, unknown=dialect.unknown_tags, everything=not dialect.sanitise)
        html = self._restored(_adapt(html))
        html = break_lines(html) if dialect.line_breaks else html
        html = link_foreign_images(html) if dialect.sanitise else html
        html = self.typesetter.typeset(html, allowance, last_open=last_open)
        return clean(html) if dialect.sanitise else html, settled

    def define(self, source: str) -> None:
        """Remember the link definitions of a text, for those that follow it."""
        if "]:" in source and self.dialect.markdown:
            for label, definition in pyromark.reference_definitions(self._read(source), options=OPTIONS).items():
                self.definitions.setdefault(_compared(label), (definition["dest"], definition["title"] or ""))

    def _read(self, source: str) -> str:
        translated = translation(self.dialect.delimiters)
        return translated.translate(source) if translated else source

    def _restored(self, html: str) -> str:
        translated = translation(self.dialect.delimiters)
        return translated.restore(html) if translated else html

    def _find_definition(self) -> Callable[[BrokenLink], tuple[str, str] | None] | None:
        if not self.definitions:
            return None
        return lambda link: self.definitions.get(_compared(link["reference"]))


def normalise(text: str) -> str:
    """Return the text with newlines for all line ends, and without what cannot be stored."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() and "\0" not in text else UNSTORABLE.sub("\ufffd", text)


def render(text: str, dialect: Dialect = COMMON) -> str:
    """Return the HTML of a whole text: sanitised, unless the dialect says otherwise."""
    return Document(dialect=dialect).render(text)


def warm() -> None:
    """Load what the first reply with code or a formula would have to wait for; takes part of a second."""
    load_lexers()
    mathml("x", "inline")


def _adapt(html: str) -> str:
    """Return pyromark's HTML with attributes in place of styles and ids, none of which is allowed in a message."""
    if ' style="text-align: ' in html:
        html = html.replace(' style="text-align: left">', ">")
        for side in ("center", "right"):
            html = html.replace(f' style="text-align: {side}">', f' align="{side}">')
    if "></td></tr>" in html:
        html = FILLING.sub("", html)
    if "<input" in html:
        for made, shown in CHECKBOXES.items():
            html = html.replace(made, shown)
    return FOOTNOTE_LINK.sub(r"\1\2", html) if "footnote" in html else html


def _compared(label: str) -> str:
    return " ".join(label.split()).casefold()


def _same_line(text: str, place: int, other: str) -> int:
    """Return where the line begins in another text of as many lines that begins at a place of this one."""
    start = 0
    for _ in range(text.count("\n", 0, place)):
        start = other.index("\n", start) + 1
    return start
