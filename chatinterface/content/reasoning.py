"""What a model thinks aloud: the text between tags like ``<think>`` and ``</think>``, also while it streams."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from django.utils.translation import gettext_lazy as _

# Pairs of an opening and a closing tag.
Tags = Sequence[tuple[str, str]]

TITLE = _("Reasoning")

# Says of a step that its duration is measured here.
TIMED = "timed"


class Kind(Enum):
    """What a piece of the text is."""

    SAID = auto()
    BEGIN = auto()  # Of a thought; without text.
    THOUGHT = auto()
    END = auto()


@dataclass(slots=True)
class Thought:
    """A thought, that may not have ended."""

    text: str = ""
    ended: bool = False

    @property
    def metadata(self) -> dict[str, Any]:
        """What it is as a step."""
        return {"title": str(TITLE), "status": "done" if self.ended else "pending", TIMED: True}


class Reasoning:
    """Takes a text in pieces, and tells what of it is said and what is thought. The tags themselves are left out.

    What may be the beginning of a tag is held back until it is known to be one.
    """

    def __init__(self, tags: Tags) -> None:
        self._opening = dict(tags)
        self._closing = ""
        self._held = ""
        self._at_start = False

    def feed(self, text: str) -> list[tuple[Kind, str]]:
        """Take more text; returns what is known now."""
        pieces: list[tuple[Kind, str]] = []
        rest = self._held + text
        while True:
            tags = [self._closing] if self._closing else list(self._opening)
            place, tag = min(((place, each) for each in tags if (place := rest.find(each)) >= 0), default=(-1, ""))
            if place < 0:
                break
            self._tell(pieces, rest[:place])
            rest = rest[place + len(tag) :]
            pieces.append((Kind.END if self._closing else Kind.BEGIN, ""))
            self._closing = "" if self._closing else self._opening[tag]
            self._at_start = True
        length = _begun(rest, tags)
        self._held = rest[len(rest) - length :] if length else ""
        self._tell(pieces, rest[: len(rest) - length] if length else rest)
        return pieces

    def finish(self) -> list[tuple[Kind, str]]:
        """What was held back: nothing follows that makes a tag of it."""
        pieces: list[tuple[Kind, str]] = []
        held, self._held = self._held, ""
        self._tell(pieces, held)
        return pieces

    def _tell(self, pieces: list[tuple[Kind, str]], text: str) -> None:
        # The line breaks behind a tag are the tag's.
        if self._at_start:
            text = text.lstrip("\r\n")
        if text:
            self._at_start = False
            pieces.append((Kind.THOUGHT if self._closing else Kind.SAID, text))


def split(text: str, tags: Tags, *, whole: bool = False) -> list[str | Thought]:
    """A text as what is said and what is thought; unless it is ``whole``, its end may be the beginning of a tag."""
    reasoning = Reasoning(tags)
    found: list[str | Thought] = []
    for kind, piece in (*reasoning.feed(text), *(reasoning.finish() if whole else ())):
        last = found[-1] if found else None
        if kind is Kind.BEGIN:
            found.append(Thought())
        elif isinstance(last, Thought) and not last.ended:
            last.text += piece
            last.ended = kind is Kind.END
        elif isinstance(last, str):
            found[-1] = last + piece
        else:
            found.append(piece)
    return found


def _begun(text: str, tags: Iterable[str]) -> int:
    """How much of the text's end may be the beginning of a tag."""
    longest = max(map(len, tags), default=0)
    for length in range(min(longest - 1, len(text)), 0, -1):
        if any(tag.startswith(text[-length:]) for tag in tags):
            return length
    return 0
