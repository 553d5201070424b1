"""Data that is made of lists and dicts, as a tree that folds."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, ClassVar

from chatinterface.content.components.base import Blob, Component, Part, Store
from chatinterface.content.components.text import fenced
from chatinterface.content.markdown import normalise

# What is shown of large data; the whole is kept as a file.
MOST_VALUES = 1_500
MOST_ITEMS = 200
MOST_CHARACTERS = 2_000
DEEPEST = 30

# Characters of it that stand in its text.
STAND_IN = 10_000

# Numbers that JavaScript, and so JSON as most read it, holds exactly.
EXACT = 2**53


@dataclass(frozen=True, eq=False)
class JSON(Component):
    """Lists and dicts as a tree: ``depth`` levels of it are open. A text is parsed as JSON.

    Of more than 1,500 values the first are shown, and the whole is a file.
    """

    value: Any
    depth: int = 2
    title: str = ""
    key: str | None = None

    kind: ClassVar[str] = "json"

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        value = self._parsed()
        limits = _Limits()
        shown = limits.shown(value)
        items: list[Part] = []
        if limits.cut:
            name = f"{self.title or 'data'}.json"
            items = [store(Blob(source=_dumped(value).encode(), name=name, content_type="application/json"))]
        return {"value": shown, "depth": int(self.depth), "title": normalise(str(self.title)), "items": items}

    def text(self) -> str:
        """See Component.text()."""
        text = _dumped(self._parsed())
        return fenced(text if len(text) <= STAND_IN else text[:STAND_IN] + " …", "json")

    def _parsed(self) -> Any:
        return json.loads(self.value) if isinstance(self.value, str | bytes) else self.value


class _Limits:
    """Makes plain JSON of a value, not too much of it."""

    def __init__(self) -> None:
        self.cut = False
        self._left = MOST_VALUES

    def shown(self, value: Any, depth: int = 0) -> Any:
        self._left -= 1
        value = plain(value)
        if isinstance(value, str):
            self.cut = self.cut or len(value) > MOST_CHARACTERS
            return normalise(value[:MOST_CHARACTERS] + "…" * (len(value) > MOST_CHARACTERS))
        if not isinstance(value, dict | list):
            return value
        if depth >= DEEPEST:
            self.cut = True
            return "…"
        if isinstance(value, dict):
            pairs = self._first(list(value.items()))
            return {normalise(str(name))[:MOST_CHARACTERS]: self.shown(each, depth + 1) for name, each in pairs}
        return [self.shown(each, depth + 1) for each in self._first(value)]

    def _first(self, values: list[Any]) -> list[Any]:
        first = values[: max(0, min(MOST_ITEMS, self._left))]
        self.cut = self.cut or len(first) < len(values)
        return first


def plain(value: Any) -> Any:
    """One value as JSON has it, what is in it left as it is."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) <= EXACT else str(int(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, AbstractSet) or (isinstance(value, Sequence) and not isinstance(value, bytes | bytearray)):
        return list(value)
    if callable(as_list := getattr(value, "tolist", None)):
        return as_list()  # an array of NumPy, or a scalar of it
    return str(value)


def _dumped(value: Any) -> str:
    try:
        return json.dumps(value, default=plain, ensure_ascii=False, indent=2, allow_nan=False)
    except (TypeError, ValueError, RecursionError):  # keys that are no text, numbers that are none, circles
        return json.dumps(_Limits().shown(value), ensure_ascii=False, indent=2)
