"""Does the raw HTML in a message close what it opens?

Raw HTML reaches this module mixed with the HTML made from Markdown. What leaves it is properly nested: every tag that
is opened is closed, in order, and no deeper than a browser or the sanitiser can take. Tags of unknown names become
text (`vector<int>` was hardly meant as HTML), so the sanitiser's parser never meets comments, scripts or foreign
content, and an unclosed `<b>` ends with its paragraph.
"""

import re
from dataclasses import dataclass, field
from itertools import accumulate

from chatinterface.content.names import names

MAX_DEPTH = 100
# Browsers open an unclosed <b> again in each new paragraph: a few dozen of them would multiply the document.
MAX_INLINE_DEPTH = 16

VOID = frozenset({"br", "hr", "img", "input", "wbr"})
# Those of all HTML, where all of it may stand in a message.
ALL_VOID = VOID | names("area base col embed link meta param source track")
TABLE = frozenset({"caption", "col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"})
INLINE = names("a abbr b big cite code del dfn em i ins kbd mark q s samp small span strike strong sub sup tt u var")
PARAGRAPH_ENDS = names("blockquote dd details div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre summary table ul")
KEPT = VOID | (TABLE - {"col", "colgroup"}) | INLINE | PARAGRAPH_ENDS
# Known, harmless, and without a place in a message: only the tag goes, what it holds stays.
DROPPED = names(
    "article aside bdi bdo body center col colgroup figcaption figure font footer head header html main nav nobr "
    "picture section source time"
)

# An element that ends when one of the given names opens, unless one of the barriers stands between.
CELLS = frozenset({"td", "th"})
ROWS = CELLS | {"tr"}
SECTIONS = ROWS | {"caption", "tbody", "tfoot", "thead"}
BARRIERS = frozenset({"blockquote", "details", "dl", "ol", "table", "ul"})
ENDED_BY = {
    "a": frozenset({"a"}),
    "li": frozenset({"li"}),
    "dd": frozenset({"dd", "dt"}),
    "dt": frozenset({"dd", "dt"}),
    "td": CELLS,
    "th": CELLS,
    "tr": ROWS,
    "tbody": SECTIONS,
    "tfoot": SECTIONS,
    "thead": SECTIONS,
} | {name: frozenset({"p"}) for name in PARAGRAPH_ENDS - {"li", "dd", "dt"}}

RAW = re.compile(r"<[A-Za-z/!?]")
# Deep nesting without raw HTML is only made of these.
NESTING = re.compile(r"<(/?)(?:blockquote|ul|ol|em|strong|del)\b")
MARKUP = re.compile(
    r"""
    <(?: (?P<comment> !--.*?--> )
       | (?P<end> /? ) (?P<name> [A-Za-z][A-Za-z0-9_-]*+ )
         (?: \s++ [^\s"'<>/=]++ (?: \s*+ = \s*+ (?: "[^"<]*+" | '[^'<]*+' | [^\s"'=<>`]++ ) )?+ )*+
         \s*+ /?+ >
    )?+
    """,
    re.VERBOSE | re.DOTALL,
)


Unknown = bool | frozenset[str]


@dataclass(slots=True)
class _Balancer:
    # Which tags of unknown names are shown as text; the others are left out.
    unknown: Unknown = True
    open: list[str] = field(default_factory=list)
    inline: int = 0
    # How many opened elements of a name were left out for their depth: as many ends have to go.
    skipped: dict[str, int] = field(default_factory=dict)

    def replace(self, markup: re.Match[str]) -> str:
        """Return what to put in the place of a piece of markup."""
        comment, end, name = markup.groups()
        if name is None:
            return "" if comment else "&lt;"
        name = name.lower()
        if name in KEPT:
            return self.end(name) if end else self.start(name, markup[0])
        return "" if name in DROPPED or not self.shows(name) else "&lt;" + markup[0][1:]

    def shows(self, name: str) -> bool:
        return self.unknown if isinstance(self.unknown, bool) else name in self.unknown

    def keep(self, markup: re.Match[str]) -> str:
        """See replace(), where every element is let through."""
        comment, end, name = markup.groups()
        if name is None:
            return "" if comment else "&lt;"
        name = name.lower()
        if end:
            return self.end(name)
        if name in ALL_VOID:
            return markup[0]
        if markup[0].endswith("/>"):
            return f"{self.start(name, markup[0][:-2] + '>')}{self.end(name)}"
        return self.start(name, markup[0])

    def start(self, name: str, tag: str) -> str:
        implied = self.end_implied(ENDED_BY[name]) if name in ENDED_BY and self.open else ""
        if name in VOID:
            return implied + tag
        if len(self.open) >= MAX_DEPTH or (name in INLINE and self.inline >= MAX_INLINE_DEPTH):
            self.skipped[name] = self.skipped.get(name, 0) + 1
            return implied
        self.open.append(name)
        self.inline += name in INLINE
        return implied + tag

    def end_implied(self, ended: frozenset[str]) -> str:
        outermost = len(self.open)
        for index in range(len(self.open) - 1, -1, -1):
            if self.open[index] in BARRIERS:
                break
            if self.open[index] in ended:
                outermost = index
        return self.close(outermost)

    def end(self, name: str) -> str:
        if self.skipped.get(name):
            self.skipped[name] -= 1
        elif name in self.open:
            return self.close(len(self.open) - 1 - self.open[::-1].index(name))
        return ""

    def close(self, index: int) -> str:
        """Close the open element at `index` with all that is open in it."""
        closed = self.open[index:]
        del self.open[index:]
        self.inline -= sum(name in INLINE for name in closed)
        return "".join(f"</{name}>" for name in reversed(closed))


def needs_balance(source: str, html: str) -> bool:
    """Whether the Markdown `source`, of which `html` was made, may hold raw HTML or nest too deeply."""
    return RAW.search(source) is not None or _depth(html) > MAX_INLINE_DEPTH


def _depth(html: str) -> int:
    return max(accumulate(-1 if end else 1 for end in NESTING.findall(html)), default=0)


def balance(html: str, *, unknown: Unknown = True, everything: bool = False) -> tuple[str, bool]:
    """Return the HTML with all elements closed, and whether they already were: then more may follow independently.

    `unknown` says which tags of unknown names are shown as text. With `everything`, all elements are let through.
    """
    closed, mark, rest = html.rpartition("-->")
    open_comments = "<!--" in rest
    balancer = _Balancer(unknown)
    replace = balancer.keep if everything else balancer.replace
    balanced = MARKUP.sub(replace, closed + mark + rest.replace("<!--", "&lt;!--"))
    settled = not (open_comments or balancer.open or any(balancer.skipped.values()))
    return balanced + balancer.close(0), settled
