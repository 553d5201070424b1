"""Which of the known names a misspelt one was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

# Letters up to which a name has too many neighbours that are words of their own.
SHORT = 4


def meant(name: str, known: Iterable[str]) -> str | None:
    """The known name of which ``name`` is a slip of the fingers: letters exchanged, or one in ten wrong; None where it
    may well be a name of its own.

    The first letter is hardly ever wrong, and tells names apart: "fields" is no slip of "yields".
    """
    return next((each for each in sorted(known) if each[0] == name[0] and _is_slip(name, each)), None)


def _is_slip(name: str, known: str) -> bool:
    if sorted(name) == sorted(known):
        return name != known
    # Several of something have a name of their own; has_permission() is no thing.
    plural = name == f"{known}s" and not known.startswith("has_")
    if plural or len(known) <= SHORT:
        return False
    slips = max(1, len(known) // 10)
    return difflib.SequenceMatcher(None, name, known).ratio() >= 1 - slips / len(known)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like a wrong one; None where none is."""
    return next(iter(difflib.get_close_matches(name, sorted(known), n=1)), None)
