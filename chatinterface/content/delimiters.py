"""What stands around formulas?

The parser knows dollars. Other delimiters are translated into these before it, each between two marks that mean nothing
to it, and translated back wherever they enclose no formula: in code, or where one of a pair is missing.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import NamedTuple

# Characters that no text has: Unicode keeps them for a program's own use.
FIRST_MARK, LAST_MARK = 0xFDD0, 0xFDEE
DOLLAR = "\ufdef"
MOST = (LAST_MARK - FIRST_MARK) // 2

CODE = re.compile(r"(<code[ >].*?</code>)", re.DOTALL)
MARKED = re.compile(
    r'(?P<left>[\ufdd0-\ufdee]) <span class="math math-display">(?P=left)(?P<latex>[^<]*?)'
    r"(?P<right>[\ufdd0-\ufdee]) </span>(?P=right)"
)
UNMARKED = re.compile(r'<span class="math math-(inline|display)">')
MARK = re.compile("[\ufdd0-\ufdee]")


class Delimiter(NamedTuple):
    """What stands before and behind a formula, and whether it then is on a line of its own."""

    left: str
    right: str
    display: bool


DOLLARS = (Delimiter("$$", "$$", display=True), Delimiter("$", "$", display=False))


class Translation:
    """How the parser reads these delimiters."""

    def __init__(self, delimiters: tuple[Delimiter, ...]) -> None:
        strings = sorted({each for delimiter in delimiters for each in delimiter[:2]} - {"$", "$$"})
        marks = {each: chr(FIRST_MARK + index) for index, each in enumerate(strings)}
        dollars = {left: display for left, _right, display in delimiters if left in {"$", "$$"}}
        self._written = {mark: each for each, mark in marks.items()}
        self._pairs = {(marks[left], marks[right]): show for left, right, show in delimiters if left in marks}
        kinds = {"inline": "$", "display": "$$"}
        self._kinds = {name: _kind(display=dollars.get(each, False)) for name, each in kinds.items()}
        # The space keeps a dollar before it from ending there: an amount of money is no formula.
        tokens = {each: f"{mark} $${mark}" for each, mark in marks.items()}
        tokens |= {each: each if each in dollars else DOLLAR * len(each) for each in ("$$", "$")}
        self._tokens = tokens
        longest_first = "|".join(re.escape(each) for each in sorted(tokens, key=len, reverse=True))
        self._found = re.compile(rf"(?<!\\)((?:\\\\)*)({longest_first})")

    def translate(self, source: str) -> str:
        """The source as the parser is to read it, line for line."""
        return self._found.sub(lambda found: found[1] + self._tokens[found[2]], source)

    def restore(self, html: str) -> str:
        """The parser's HTML with the delimiters as they were written, where they do not enclose a formula."""
        html = UNMARKED.sub(lambda found: f'<span class="math math-{self._kinds[found[1]]}">', html)
        html = MARKED.sub(self._formula, html)
        if MARK.search(html):
            parts = CODE.split(html)
            html = "".join(self._as_written(part, code=index % 2 == 1) for index, part in enumerate(parts))
        return html.replace(DOLLAR, "$").replace("%EF%B7%AF", "$")

    def _formula(self, found: re.Match[str]) -> str:
        display = self._pairs.get((found["left"], found["right"]))
        if display is None:
            return f"{self._shown(found['left'], code=False)}{found['latex']}{self._shown(found['right'], code=False)}"
        return f'<span class="math math-{_kind(display=display)}">{found["latex"]}</span>'

    def _as_written(self, html: str, *, code: bool) -> str:
        for mark in self._written:
            html = html.replace(f"{mark} $${mark}", self._shown(mark, code=code))
        return MARK.sub("", html)

    def _shown(self, mark: str, *, code: bool) -> str:
        written = self._written.get(mark, "")
        # Elsewhere than in code, a backslash stands for the character behind it.
        return escape(written if code else re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", written), quote=False)


def _kind(*, display: bool) -> str:
    return "display" if display else "inline"


@cache
def translation(delimiters: tuple[Delimiter, ...]) -> Translation | None:
    """How these are translated; None where the parser knows them."""
    return None if delimiters == DOLLARS else Translation(delimiters)
