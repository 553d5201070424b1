"""How the text of messages is read: Markdown, its line ends, formulas and tags, and HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chatinterface.content.delimiters import DOLLARS, MOST, Delimiter
from chatinterface.content.dialect import Dialect
from chatinterface.declarations.base import Declaration

DOLLAR_SIGNS = frozenset({"$", "$$"})


class Markup(Declaration):
    """The markup of a chat's messages."""

    # Whether messages are Markdown. Where not, they are shown as they were written, line by line.
    render_markdown: bool = True
    # Whether a line end within a paragraph breaks the line, as people expect who write in a chat.
    line_breaks: bool = True
    # What stands around formulas: a list of {"left": "$$", "right": "$$", "display": True}; [] for no formulas, None
    # for $$ and $.
    latex_delimiters: Sequence[Mapping[str, Any]] | None = None
    # Which tags that HTML does not know are shown, as the text that they are: True for all, False for none, or their
    # names. What stands between them is shown in any case.
    allow_tags: bool | Sequence[str] = True
    # Whether only harmless HTML is let through in replies. With False a reply can do in the page whatever its reader
    # can: only for callbacks whose every word is the site's own. What visitors wrote is sanitised in any case.
    sanitize_html: bool = True

    if TYPE_CHECKING:
        # How replies are read, and how what visitors wrote.
        dialect: Dialect
        visitor_dialect: Dialect

    def settle(self) -> None:
        """See Declaration.settle(); makes the dialects."""
        super().settle()
        dialect = Dialect(
            markdown=self.render_markdown,
            line_breaks=self.line_breaks,
            delimiters=self._delimiters(),
            unknown_tags=self._unknown_tags(),
            sanitise=self.sanitize_html,
        )
        self.keep("dialect", dialect)
        self.keep("visitor_dialect", replace(dialect, sanitise=True))

    def _delimiters(self) -> tuple[Delimiter, ...]:
        given = self.latex_delimiters
        if given is None:
            return DOLLARS
        hint = 'Write a list of dicts as {"left": "\\\\(", "right": "\\\\)", "display": False}.'
        if isinstance(given, str) or not isinstance(given, Sequence) or len(given) > MOST:
            self.refuse(f"latex_delimiters={given!r} is no list of delimiters. {hint}")
        found = []
        for each in given:
            if not isinstance(each, Mapping) or not each.keys() <= {"left", "right", "display"}:
                self.refuse(f"latex_delimiters has {each!r}. {hint}")
            left, right, display = each.get("left"), each.get("right"), each.get("display", False)
            texts = isinstance(left, str) and isinstance(right, str) and left.strip() and right.strip()
            if not texts or not isinstance(display, bool) or "\n" in f"{left}{right}":
                self.refuse(f"latex_delimiters has {each!r}. {hint}")
            if left != right and DOLLAR_SIGNS & {left, right}:
                self.refuse(f"latex_delimiters has {each!r}: a formula that begins with dollars ends with as many.")
            found.append(Delimiter(str(left), str(right), display=display))
        return tuple(sorted(found, key=lambda each: DOLLARS.index(each) if each in DOLLARS else len(DOLLARS)))

    def _unknown_tags(self) -> bool | frozenset[str]:
        given = self.allow_tags
        if isinstance(given, bool):
            return given
        several = isinstance(given, Sequence) and not isinstance(given, str)
        if not several or not all(isinstance(each, str) for each in given):
            self.refuse(f"allow_tags={given!r} must be True, False, or a list of names such as ['think'].")
        return frozenset(each.strip("<>/").lower() for each in given)
