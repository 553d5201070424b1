"""What does text add to a fence that is open?

Nothing but itself: as long as no line of it can end the fence, there is nothing to parse and nothing to sanitise.
"""

import re
from html import escape

# What stands behind the text of an open fence.
FENCE_END = "</code></pre>\n"

OPENING = re.compile(r"(?P<backticks>`{3,})[^`\n]*\n|(?P<tildes>~{3,})[^\n]*\n")
INDENTS = ("", " ", "  ", "   ")


class OpenFence:
    """An open fence at the left margin."""

    end = FENCE_END

    def __init__(self, marker: str) -> None:
        self._ending = re.compile(rf"^ {{0,3}}{marker[0]}{{{len(marker)},}}[ \t]*$", re.MULTILINE)
        # The last line, which may not be whole.
        self._line = ""

    @classmethod
    def of(cls, source: str) -> "OpenFence | None":
        """Return the fence that begins with the text, unless its last line could end it."""
        if not (match := OPENING.match(source)):
            return None
        fence = cls(match["backticks"] or match["tildes"])
        return None if fence.extend(source[match.end() :]) is None else fence

    def extend(self, text: str) -> str | None:
        """Return the HTML of more text, or None when a line of it may end the fence."""
        before = _shown(self._line)
        candidate = self._line + text
        if self._ending.search(candidate):
            return None
        self._line = candidate[candidate.rfind("\n") + 1 :]
        after = candidate.removesuffix(self._line) + _shown(self._line)
        return escape(after[len(before) :], quote=False).replace("\xa0", "&nbsp;")


def _shown(line: str) -> str:
    """Return what the parser shows of a line without its end: nothing of spaces that may indent the fence's end."""
    return "" if line in INDENTS else line
