"""From Markdown to HTML.

pyromark parses; what it makes of raw HTML is balanced, code is coloured, formulas become MathML, and the sanitiser has
the last word.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pyromark
from pyromark.event import BrokenLink

from chatinterface.content.balance import balance, needs_balance
from chatinterface.content.blocks import OPTIONS, ends_in_fence
from chatinterface.content.code import load_lexers
from chatinterface.content.formulas import mathml
from chatinterface.content.images import link_foreign_images
from chatinterface.content.sanitise import clean
from chatinterface.content.typeset import Allowance, Typesetter

# PostgreSQL stores no NUL, and nothing can encode half of a surrogate pair.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
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

    def convert(self, source: str, allowance: Allowance, *, whole: bool) -> tuple[str, bool]:
        """Return the HTML of some blocks, and whether others can follow without being part of these.

        `whole` says that nothing follows: a fence at the end may still be open.
        """
        html = pyromark.html(source, options=OPTIONS, broken_link_callback=self._find_definition())
        last_open = whole and ENDS_IN_CODE.search(html) is not None and ends_in_fence(source)
        settled = True
        if needs_balance(source, html):
            html, settled = balance(html)
        html = link_foreign_images(_adapt(html))
        return clean(self.typesetter.typeset(html, allowance, last_open=last_open)), settled

    def define(self, source: str) -> None:
        """Remember the link definitions of a text, for those that follow it."""
        if "]:" in source:
            for label, definition in pyromark.reference_definitions(source, options=OPTIONS).items():
                self.definitions.setdefault(_compared(label), (definition["dest"], definition["title"] or ""))

    def _find_definition(self) -> Callable[[BrokenLink], tuple[str, str] | None] | None:
        if not self.definitions:
            return None
        return lambda link: self.definitions.get(_compared(link["reference"]))


def normalise(text: str) -> str:
    """Return the text with newlines for all line ends, and without what cannot be stored."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() and "\0" not in text else UNSTORABLE.sub("\ufffd", text)


def render(text: str, document: Document | None = None) -> str:
    """Return the sanitised HTML of a whole text."""
    document = document or Document()
    return document.convert(normalise(text), Allowance(), whole=True)[0]


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
