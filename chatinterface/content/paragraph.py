"""What does text add to a paragraph that is open?

Words add nothing but themselves, as long as none of their characters means anything to Markdown, and the paragraph's
last line can be nothing else. Most of what is streamed are words.
"""

import re

# What stands behind the text of an open paragraph.
PARAGRAPH_END = "</p>\n"

WORDS = re.compile(r"[A-Za-z0-9\u00c0-\u024f ,.:!?'-]*")
# A line that begins with a letter at the left margin begins no other block; one that ends in a letter, a digit or a
# comma leaves nothing open that the next character decides.
LINE = re.compile(r"(?=[A-Za-z]).*(?P<last>[A-Za-z0-9,])(?P<spaces> *)\Z")


class OpenParagraph:
    """An open paragraph whose last line is at the left margin."""

    end = PARAGRAPH_END

    def __init__(self, spaces: str) -> None:
        # Spaces at the end are not shown until a word follows.
        self._spaces = spaces

    @classmethod
    def of(cls, source: str, html: str) -> "OpenParagraph | None":
        """Return the paragraph that the text ends in, given its HTML, if words can be added to it as they are."""
        line = LINE.match(source[source.rfind("\n") + 1 :])
        if line is None or not html.endswith(PARAGRAPH_END):
            return None
        # Inside of an element that the line has left open the HTML would end in a tag.
        shown = html.removesuffix(PARAGRAPH_END)
        return cls(line["spaces"]) if shown.endswith(line["last"]) else None

    def extend(self, text: str) -> str | None:
        """Return the HTML of more text, or None when it is more than words."""
        if not WORDS.fullmatch(text):
            return None
        text = self._spaces + text
        shown = text.rstrip(" ")
        self._spaces = text[len(shown) :]
        return shown
