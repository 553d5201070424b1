"""How is a value kept in a table, and how is it shown?"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import ne
from types import NoneType
from typing import Any, cast

from django.utils import timezone

from chatinterface.content.markdown import normalise

# What a column holds, if all of its values are of one kind.
TEXT, NUMBER, DECIMAL, DATE, DATETIME, TIME, BOOLEAN = (
    "text",
    "number",
    "decimal",
    "date",
    "datetime",
    "time",
    "boolean",
)
NUMBERS = frozenset({NUMBER, DECIMAL})

# SQLite's integers.
SMALLEST, LARGEST = -(2**63), 2**63 - 1

# Characters of one value that are kept, and that are shown.
KEPT = 10_000
SHOWN = 200

# Digits behind the point that are shown of a number that has more.
MOST_DECIMALS = 4

Stored = int | float | str | None

_PLAIN: dict[frozenset[type], str] = {
    frozenset({str}): TEXT,
    frozenset({int}): NUMBER,
    frozenset({float}): NUMBER,
    frozenset({int, float}): NUMBER,
    frozenset({bool}): BOOLEAN,
}


def stored(values: Sequence[Any]) -> tuple[str, Sequence[Stored]]:
    """Return the kind of the values of a column, "" where there are none, and the values as they are kept."""
    types = frozenset(map(type, values))
    # A column of texts with a number for what is missing is still one of texts.
    if float in types and any(map(ne, values, values)):
        values = [None if value != value else value for value in values]
        types = frozenset(map(type, values))
    types -= {NoneType}
    kind = _PLAIN.get(types)
    if not types:
        return "", values
    if kind == TEXT and max(map(len, filter(None, values)), default=0) <= KEPT:
        return TEXT, values
    if kind == NUMBER and (int not in types or _fit(values)):
        return NUMBER, values
    if kind == BOOLEAN:
        return BOOLEAN, values
    kinds = set()
    kept: list[Stored] = []
    for value in values:
        its_kind, its_value = _stored(value)
        kept.append(its_value)
        if its_kind:
            kinds.add(its_kind)
    return joined(kinds), kept


def texts(values: Sequence[Stored]) -> Sequence[str]:
    """What is kept of a column, as the texts that a filter looks into; "" where nothing is."""
    types = frozenset(map(type, values))
    if types == {str}:
        return cast("Sequence[str]", values)
    if NoneType in types:
        return ["" if value is None else str(value) for value in values]
    return list(map(str, values))


def joined(kinds: set[str]) -> str:
    """The kind of a column whose values are of these."""
    kinds = kinds - {""}
    if len(kinds) < 2:
        return next(iter(kinds), "")
    if kinds <= NUMBERS:
        return DECIMAL
    return DATETIME if kinds == {DATE, DATETIME} else TEXT


def _fit(values: Sequence[Any]) -> bool:
    whole = [value for value in values if type(value) is int]
    return min(whole) >= SMALLEST and max(whole) <= LARGEST


def _stored(value: Any) -> tuple[str, Stored]:
    if value is None or _is_missing(value):
        return "", None
    for types, keep in _KEEPERS:
        if isinstance(value, types):
            return keep(value)
    if callable(item := getattr(value, "item", None)) and getattr(value, "ndim", None) == 0:
        return _stored(item())  # a scalar of NumPy
    return TEXT, _cut(str(value))


def _is_missing(value: Any) -> bool:
    """Whether it is one of the many ways to say "not there": NaN, pandas' NaT and NA."""
    if type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, float | Decimal) and value != value


def _whole(value: int) -> tuple[str, Stored]:
    return (NUMBER, int(value)) if SMALLEST <= value <= LARGEST else (DECIMAL, str(value))


def _moment(value: datetime.datetime) -> tuple[str, Stored]:
    if timezone.is_aware(value):
        value = timezone.make_naive(value)
    exact = "seconds" if value.second or value.microsecond else "minutes"
    return DATETIME, value.replace(microsecond=0).isoformat(" ", exact)


def _decimal(value: Decimal) -> tuple[str, Stored]:
    return DECIMAL, format(value, "f") if value.is_finite() and abs(value.adjusted()) < 40 else str(value)


def _structure(value: Any) -> tuple[str, Stored]:
    return TEXT, _cut(json.dumps(value, default=str, ensure_ascii=False))


def _cut(text: str) -> str:
    return normalise(text[:KEPT])


_KEEPERS: list[tuple[type | tuple[type, ...], Callable[[Any], tuple[str, Stored]]]] = [
    (str, lambda value: (TEXT, _cut(str(value)))),
    (bool, lambda value: (BOOLEAN, int(value))),
    (int, _whole),
    (float, lambda value: (NUMBER, float(value))),
    (Decimal, _decimal),
    (datetime.datetime, _moment),
    (datetime.date, lambda value: (DATE, value.isoformat())),
    (datetime.time, lambda value: (TIME, value.isoformat("minutes"))),
    ((bytes, bytearray, memoryview), lambda value: (TEXT, f"{len(bytes(value))} B")),
    ((dict, list, tuple), _structure),
]


def decimals(values: Sequence[Stored]) -> int:
    """How many digits behind the point the numbers of a column are shown with."""
    most = 0
    for value in values:
        if isinstance(value, float) and math.isfinite(value):
            _, _, behind = repr(value).partition(".")
            if "e" not in behind and behind != "0":
                most = max(most, len(behind))
    return min(most, MOST_DECIMALS)


def shown(value: Stored, kind: str, places: int) -> str | None:
    """The text of a cell; None where there is no value. A truth value is "1" or "0"."""
    if value is None:
        return None
    if kind == NUMBER and isinstance(value, int | float):
        return _number(value, places)
    text = str(value)
    return text if len(text) <= SHOWN else text[:SHOWN].rstrip() + "…"


def _number(value: float, places: int) -> str:
    if isinstance(value, int) and not places:
        return str(value)
    if not math.isfinite(value):
        return "∞" if value > 0 else "-∞"
    large, small = 1e15, 10**-MOST_DECIMALS
    if abs(value) >= large or 0 < abs(value) < small:
        return format(value, ".6g")
    return format(value, f".{places}f")
