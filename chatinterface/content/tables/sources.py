"""What has rows and columns, and which are they?"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

DELIMITERS = ",;\t|"
# Lines that are looked at, to find out which it is.
SAMPLE = 20

WHOLE = re.compile(r"[+-]?(?:0|[1-9]\d{0,18})", re.ASCII)
FLOAT = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
# More than one digit, the first a zero: a number of an account or of a house, not one to count with.
CODE = re.compile(r"[+-]?0\d", re.ASCII)
MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "NULL", "null", "None"})


@dataclass(frozen=True, slots=True)
class Source:
    """Columns by name, and rows with a value for each of them."""

    names: Sequence[object]
    rows: Iterable[Sequence[Any]]


def read(data: Any) -> Source:
    """What a table is made of: a frame of pandas or polars, rows as dicts or as sequences, columns by name, CSV.

    Raises TypeError for what is none of these.
    """
    reader = next((reader for knows, reader in _READERS if knows(data)), None)
    if reader is not None:
        return reader(data)
    raise TypeError(
        f"A table cannot be made of {type(data).__name__}. Give a DataFrame, a queryset, a list of dicts or of rows, "
        "a dict of columns, or the text of a CSV file."
    )


def selected(source: Source, columns: Sequence[object]) -> Source:
    """Only some columns, in this order; for rows without names, their names. Raises ValueError for unknown ones."""
    names = list(source.names)
    if names == list(range(1, len(names) + 1)) and len(columns) == len(names):
        return Source(list(columns), source.rows)
    if unknown := [name for name in columns if name not in names]:
        raise ValueError(f"The table has no column {unknown[0]!r}. It has: {', '.join(map(str, names))}.")
    positions = [names.index(name) for name in columns]
    return Source(list(columns), ([row[position] for position in positions] for row in source.rows))


def from_csv(text: str | bytes, *, delimiter: str = "") -> Source:
    """A CSV file with a line of names; numbers and dates are found out. Raises ValueError for one without lines."""
    if isinstance(text, bytes):
        text = decoded(text)
    text = text.removeprefix("\ufeff")
    limit = csv.field_size_limit(max(len(text), 131_072))
    try:
        rows = [
            row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _delimiter(text)) if row
        ]
    finally:
        csv.field_size_limit(limit)
    if not rows:
        raise ValueError("A CSV file needs a line with the names of its columns.")
    names, rows = rows[0], rows[1:]
    if set(map(len, rows)) - {len(names)}:
        width = max(map(len, rows), default=0)
        names = [*names, *("" for _ in range(width - len(names)))]
        rows = [row if len(row) == len(names) else [*row, *[""] * (len(names) - len(row))] for row in rows]
    return Source(names, zip(*map(typed, zip(*rows, strict=True)), strict=True))


def decoded(data: bytes) -> str:
    """The text of a file that does not say how it is encoded."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def typed(values: Sequence[str]) -> Sequence[Any]:
    """The texts of a column as numbers, where all of them are; what is missing is None."""
    known = set(values) - MISSING
    if known and all(map(FLOAT.fullmatch, known)) and not any(map(CODE.match, known)):
        number = int if all(map(WHOLE.fullmatch, known)) else float
        return [None if value in MISSING else number(value) for value in values]
    return [value or None for value in values]


def _delimiter(text: str) -> str:
    """The one that most lines have equally often, and often."""
    lines = list(islice(io.StringIO(text), SAMPLE))

    def likely(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines]
        usual = max(set(counts), key=counts.count, default=0)
        return (counts.count(usual) if usual else 0, usual)

    return max(DELIMITERS, key=likely)


def _is_frame(data: Any, module: str) -> bool:
    return any(each.__module__.partition(".")[0] == module for each in type(data).__mro__)


def _from_pandas(data: Any) -> Source:
    frame = data if hasattr(data, "columns") else data.to_frame()
    plain = type(frame.index).__name__ == "RangeIndex" and frame.index.name is None
    rows = frame.itertuples(index=False, name=None)
    if plain:
        return Source(list(frame.columns), rows)
    levels = ["" if name is None else name for name in frame.index.names]
    keys = (key if isinstance(key, tuple) else (key,) for key in frame.index)
    return Source([*levels, *frame.columns], ((*key, *row) for key, row in zip(keys, rows, strict=True)))


def _from_polars(data: Any) -> Source:
    if hasattr(data, "collect"):
        data = data.collect()
    frame = data if hasattr(data, "columns") else data.to_frame()
    return Source(list(frame.columns), frame.iter_rows())


def _from_columns(data: Mapping[object, Iterable[Any]]) -> Source:
    columns = [list(column) for column in data.values()]
    if len(set(map(len, columns))) > 1:
        raise ValueError("The columns of a table must be of the same length.")
    return Source(list(data), zip(*columns, strict=True))


def _from_dicts(data: Iterable[Mapping[object, Any]]) -> Source:
    rows = list(data)
    names = list(dict.fromkeys(chain.from_iterable(rows)))
    return Source(names, ([row.get(name) for name in names] for row in rows))


def _from_rows(data: Iterable[Sequence[Any]]) -> Source:
    rows = [list(row) for row in data]
    width = max(map(len, rows), default=0)
    names = list(getattr(next(iter(data), None), "_fields", range(1, width + 1)))
    return Source(names, ([*row, *[None] * (width - len(row))] for row in rows))


def _are(data: Any, *kinds: type) -> bool:
    return isinstance(data, list | tuple) and all(
        isinstance(row, kinds) and not isinstance(row, str | bytes) for row in data
    )


def _is_array(data: Any) -> bool:
    return callable(getattr(data, "tolist", None)) and getattr(data, "ndim", 0) in {1, 2}


def _from_array(data: Any) -> Source:
    rows = data.tolist() if data.ndim == 2 else [[value] for value in data.tolist()]
    return _from_rows(rows)


def _is_columns(data: Any) -> bool:
    return isinstance(data, Mapping) and all(
        isinstance(column, Iterable) and not isinstance(column, str | bytes | Mapping) for column in data.values()
    )


_READERS: list[tuple[Callable[[Any], bool], Callable[[Any], Source]]] = [
    (lambda data: isinstance(data, Source), lambda data: data),
    (lambda data: isinstance(data, str | bytes), from_csv),
    (lambda data: _is_frame(data, "pandas"), _from_pandas),
    (lambda data: _is_frame(data, "polars"), _from_polars),
    (_is_columns, _from_columns),
    (lambda data: _are(data, Mapping), _from_dicts),
    (lambda data: _are(data, Sequence), _from_rows),
    (_is_array, _from_array),
    (lambda data: isinstance(data, Iterator), lambda data: read(list(data))),
]
