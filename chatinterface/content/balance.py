"""Does the raw HTML in a message close what it opens?

Raw HTML reaches this module mixed with the HTML made from Markdown. What leaves it is properly nested: every tag that
is opened is closed, in order, and no deeper than a browser or the sanitiser can take. Tags of unknown names become
text (`vector<int>` was hardly meant as HTML), so the sanitiser's parser never meets comments, scripts or foreign
content, and an unclosed `<b>` ends with its paragraph.
"""

import re
from dataclasses import dataclass, field

from chatinterface.content.names import names

MAX_DEPTH = 100
# Browsers open an unclosed <b> again in each new paragraph: a few dozen of them would multiply the document.
MAX_INLINE_DEPTH = 16

VOID = frozenset({"br", "hr", "img", "input", "wbr"})
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
NESTING = ("<blockquote", "<ul", "<ol", "<em", "<strong", "<del")
MARKUP = re.compile(
    r"""
    <(?: (?P<comment> !-- )
       | (?P<end> /? ) (?P<name> [A-Za-z][A-Za-z0-9]*+ )
         (?: \s++ [^\s"'<>/=]++ (?: \s*+ = \s*+ (?: "[^"<]*+" | '[^'<]*+' | [^\s"'=<>`]++ ) )?+ )*+
         \s*+ /?+ >
    )?
    """,
    re.VERBOSE,
)


@dataclass(slots=True)
class _Balancer:
    out: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    inline: int = 0
    # How many opened elements of a name were left out for their depth: as many ends have to go.
    skipped: dict[str, int] = field(default_factory=dict)

    def start(self, name: str, tag: str) -> None:
        if ends := ENDED_BY.get(name):
            self.end_implied(ends)
        if name in VOID:
            self.out.append(tag)
        elif len(self.open) >= MAX_DEPTH or (name in INLINE and self.inline >= MAX_INLINE_DEPTH):
            self.skipped[name] = self.skipped.get(name, 0) + 1
        else:
            self.out.append(tag)
            self.open.append(name)
            self.inline += name in INLINE

    def end_implied(self, ended: frozenset[str]) -> None:
        for index in range(len(self.open) - 1, -1, -1):
            if self.open[index] in ended:
                self.close(index)
            elif self.open[index] in BARRIERS:
                return

    def end(self, name: str) -> None:
        if self.skipped.get(name):
            self.skipped[name] -= 1
        elif name in self.open:
            self.close(len(self.open) - 1 - self.open[::-1].index(name))

    def close(self, index: int) -> None:
        """Close the open element at `index` with all that is open in it."""
        for name in reversed(self.open[index:]):
            self.out.append(f"</{name}>")
            self.inline -= name in INLINE
        del self.open[index:]


def needs_balance(source: str, html: str) -> bool:
    """Whether the Markdown `source`, of which `html` was made, may hold raw HTML or nest too deeply."""
    return RAW.search(source) is not None or sum(html.count(tag) for tag in NESTING) > MAX_INLINE_DEPTH


def balance(html: str) -> tuple[str, bool]:
    """Return the HTML with all elements closed, and whether they already were: then more may follow independently."""
    balancer = _Balancer()
    out = balancer.out
    settled = True
    position = 0
    last_comment_end = html.rfind("-->")
    while (start := html.find("<", position)) >= 0:
        if start > position:
            out.append(html[position:start])
        markup = MARKUP.match(html, start)
        assert markup is not None
        position = markup.end()
        if markup["comment"]:
            if last_comment_end >= position:
                position = html.index("-->", position) + 3
            else:
                out.append("&lt;!--")
                settled = False
        elif not markup["name"]:
            out.append("&lt;")
        else:
            _tag(balancer, markup)
    out.append(html[position:])
    settled = settled and not balancer.open and not any(balancer.skipped.values())
    balancer.close(0)
    return "".join(out), settled


def _tag(balancer: _Balancer, markup: re.Match[str]) -> None:
    name = markup["name"].lower()
    if name in DROPPED:
        return
    if name not in KEPT:
        balancer.out.append(markup[0].replace("<", "&lt;"))
    elif markup["end"]:
        balancer.end(name)
    else:
        balancer.start(name, markup[0])
