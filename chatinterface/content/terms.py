"""The words of a text, as search knows them, in any script; and where they stand in it.

Both sides of a search go through here, and no tokenizer of a database does, so that every database finds the same. Case
and accents do not count. Scripts that are written without spaces are cut into pairs of letters: what is looked for is
found by its pairs, and then looked for in the text itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import normalize

# A word longer than this is found by its beginning.
LONGEST_WORD = 60

# Different words of a text beyond which the rest is not looked at.
MOST_WORDS = 10_000

# Letters that a word needs before it is also taken for the beginning of a longer one.
PREFIX = 2

# Letters shown around what was found.
AROUND = 70

# Accents, the points of Hebrew and Arabic, and what stretches a word: written by some, left out by others.
OPTIONAL = re.compile(r"[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670]+")

# Vowel signs of Indic scripts are no letters for Python, and part of the word.
WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff\u0f71-\u0f84\u1000-\u109f\u1780-\u17ff])*")
UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uf900-\ufaff\U00020000-\U0003ffff]+"
)


class _Folding(dict[int, str]):
    """A letter as it is compared; made for each letter once."""

    def __missing__(self, letter: int) -> str:
        bare = OPTIONAL.sub("", normalize("NFKD", chr(letter)))
        self[letter] = folded = normalize("NFKC", bare).casefold()
        return folded


_folding = _Folding()


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for: the words that a text must have, and the one that it may have as a beginning."""

    words: frozenset[str]
    beginning: str = ""
    # As they were typed, folded: what is marked.
    needles: tuple[str, ...] = ()

    @property
    def uncertain(self) -> bool:
        """Whether a text may have all the words, and still not what was typed: pairs of letters in another order."""
        return any(len(needle) > 2 and UNSPACED.match(needle) for needle in self.needles)


def terms(text: str) -> list[str]:
    """The words of a text, each once, in order of their first appearance."""
    found: dict[str, None] = {}
    for word in WORD.findall(fold(text)):
        for term in _terms_of(word):
            found[term] = None
        if len(found) >= MOST_WORDS:
            break
    return list(found)


def query(text: str) -> Query | None:
    """What a visitor looks for; None where there is no word in it."""
    needles = tuple(part for word in WORD.findall(fold(text)) for part in _split(word))
    if not needles:
        return None
    *others, last = needles
    words = {term for needle in others for term in _looked_for(needle)}
    if UNSPACED.match(last):
        if len(last) == 1:
            return Query(words=frozenset(words), beginning=last, needles=needles)
    elif PREFIX <= len(last) <= LONGEST_WORD:
        return Query(words=frozenset(words), beginning=last, needles=needles)
    return Query(words=frozenset(words | set(_looked_for(last))), needles=needles)


def fold(text: str) -> str:
    """The text as it is compared."""
    return normalize("NFC", text).translate(_folding)


def snippet(text: str, needles: Sequence[str]) -> list[tuple[str, bool]] | None:
    """The text around the first of what was found, as pieces that are marked or not; None where not all is there."""
    text = normalize("NFC", " ".join(text.split()))
    folded = text.translate(_folding)
    if not all(_pattern(needle).search(folded) for needle in needles):
        return None
    pattern = re.compile("|".join(_pattern(needle).pattern for needle in sorted(needles, key=len, reverse=True)))
    places = _places(text, folded)
    found = [(places[match.start()], places[match.end() - 1] + 1) for match in pattern.finditer(folded)]
    start = _word_start(text, found[0][0] - AROUND)
    end = _word_end(text, found[0][1] + AROUND)
    pieces = [("…", False)] if start else []
    at = start
    for first, last in found:
        if first < at or last > end:
            continue
        pieces += [(text[at:first], False), (text[first:last], True)]
        at = last
    pieces += [(text[at:end], False), ("…" if end < len(text) else "", False)]
    return [(piece, marked) for piece, marked in pieces if piece]


def _terms_of(word: str) -> list[str]:
    return [term for part in _split(word) for term in _grams(part)]


def _split(word: str) -> list[str]:
    """A word that changes between scripts with and without spaces, at these changes."""
    if not UNSPACED.search(word):
        return [word]
    return [part for part in re.split(f"({UNSPACED.pattern})", word) if part]


def _grams(part: str) -> list[str]:
    if not UNSPACED.match(part):
        return [part[:LONGEST_WORD]]
    return [*(first + second for first, second in pairwise(part)), part[-1]]


def _looked_for(needle: str) -> list[str]:
    if not UNSPACED.match(needle) or len(needle) == 1:
        return [needle[:LONGEST_WORD]]
    return [first + second for first, second in pairwise(needle)]


def _pattern(needle: str) -> re.Pattern[str]:
    before = "" if UNSPACED.match(needle) else r"(?<![^\W_])"
    return re.compile(before + re.escape(needle))


def _places(text: str, folded: str) -> Sequence[int]:
    """Where each letter of the folded text comes from."""
    if text.isascii():
        return range(len(text))
    return [place for place, letter in enumerate(text) for _ in _folding[ord(letter)]]


def _word_start(text: str, place: int) -> int:
    if place <= 0:
        return 0
    space = text.find(" ", place, place + AROUND // 3)
    return space + 1 if space >= 0 else place


def _word_end(text: str, place: int) -> int:
    if place >= len(text):
        return len(text)
    space = text.rfind(" ", place - AROUND // 3, place)
    return space if space >= 0 else place
