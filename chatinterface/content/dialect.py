"""How is the text of a chat read?"""

from __future__ import annotations

from dataclasses import dataclass

from chatinterface.content.delimiters import DOLLARS, Delimiter


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The choices of a chat; by default those of Markdown itself."""

    # Whether text is Markdown at all, or shown as it was written.
    markdown: bool = True
    # Whether a line end within a paragraph breaks the line.
    line_breaks: bool = False
    # What stands around formulas.
    delimiters: tuple[Delimiter, ...] = DOLLARS
    # Which tags of unknown names are shown, as the text that they are: all, none, or those of these names.
    unknown_tags: bool | frozenset[str] = True
    # Whether only harmless HTML is let through. Where not, a message can run scripts and read the page around it.
    sanitise: bool = True


COMMON = Dialect()
