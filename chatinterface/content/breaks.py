"""Where does a line end break the line?"""

import re
from dataclasses import dataclass

from chatinterface.content.balance import ALL_VOID
from chatinterface.content.names import names

BLOCK = (
    "blockquote|caption|dd|details|div|dl|dt|h[1-6]|hr|li|ol|p|pre|summary|table|tbody|td|tfoot|th|thead|tr|ul|"
    "article|aside|figure|footer|form|header|iframe|main|nav|script|section|style"
)
PIECE = re.compile(
    rf"""
    <(pre|script|style)[ >].*?</\1\s*>
    | (?: (?P<text> <span\ class="math\ [^"]*">[^<]*</span> | [^<\n]+ )
        | <(?P<end> /?) (?P<name> [a-z][a-z0-9]*) [^>]*? /?> )
      (?P<break> \n (?! </?(?:{BLOCK})\b | \n | \Z ) )?
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
INLINE = names(
    "a abbr b big cite code del dfn em font i img input ins kbd mark q s samp small span strike strong sub sup tt u "
    "var wbr"
)


@dataclass(slots=True)
class _Breaker:
    depth: int = 0

    def replace(self, found: re.Match[str]) -> str:
        name = (found["name"] or "").lower()
        if name and name not in ALL_VOID:
            self.depth += -1 if found["end"] else 1
        # What is in no element is raw HTML, of which the next line may be another block.
        if found["break"] is None or self.depth <= 0 or (name and name not in INLINE):
            return found[0]
        return f"{found[0][:-1]}<br />\n"


def break_lines(html: str) -> str:
    """Balanced HTML with a break at each line end within a text."""
    return PIECE.sub(_Breaker().replace, html) if "\n" in html else html
