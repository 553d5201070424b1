"""What has rows and columns, and which are they?"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, NamedTuple, Self

DELIMITERS = ",;\t|"
# Lines that are looked at, to find out which it is.
SAMPLE = 20

# Rows that are read at once.
BATCH = 5_000

# Between the values of a column when all of them are looked at together: no number has it in it.
BETWEEN = ","
# The first value that is no whole number, and the first that is none at all. More than one digit, the first a zero, is
# a number of an account or of a house, not one to count with.
NOT_WHOLE = re.compile(r"(?:\A|,)(?![+-]?(?:0|[1-9]\d{0,18})(?:,|\Z))", re.ASCII)
NOT_FLOAT = re.compile(r"(?:\A|,)(?![+-]?(?!0\d)(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d{1,3})?(?:,|\Z))", re.ASCII)
MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "NULL", "null", "None"})


class Block(NamedTuple):
    """Some rows of a table, by its columns."""

    size: int
    columns: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Source:
    """Columns by name, and the rows, which have a value for each of them."""

    names: Sequence[object]
    blocks: Iterable[Block]

    @classmethod
    def of(cls, names: Sequence[object], rows: Iterable[Sequence[Any]]) -> Self:
        """Of rows."""
        return cls(names, _turned(iter(rows), len(names)))

    @property
    def rows(self) -> Iterator[Sequence[Any]]:
        """The rows, one by one."""
        for block in self.blocks:
            yield from zip(*block.columns, strict=True) if block.columns else [()] * block.size


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
        return Source(list(columns), source.blocks)
    if unknown := [name for name in columns if name not in names]:
        raise ValueError(f"The table has no column {unknown[0]!r}. It has: {', '.join(map(str, names))}.")
    positions = [names.index(name) for name in columns]
    blocks = (Block(size, [found[position] for position in positions]) for size, found in source.blocks)
    return Source(list(columns), blocks)


def from_csv(text: str | bytes, *, delimiter: str = "") -> Source:
    """A CSV file with a line of names; numbers and dates are found out. Raises ValueError for one without lines."""
    if isinstance(text, bytes):
        text = decoded(text)
    text = text.removeprefix("\ufeff")
    limit = csv.field_size_limit(max(len(text), 131_072))
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _delimiter(text))
        names = next(filter(None, lines), None)
        if names is None:
            raise ValueError("A CSV file needs a line with the names of its columns.")
        columns = _columns(lines, len(names))
    finally:
        csv.field_size_limit(limit)
    names += [""] * (len(columns) - len(names))
    return Source(names, _cut(len(columns[0]), list(map(typed, columns))))


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
    several = set(values)
    missing = several & MISSING
    if (number := _number(several - missing)) is None:
        return [value or None for value in values] if "" in missing else values
    if not missing:
        return list(map(number, values))
    return [None if value in missing else number(value) for value in values]


def _number(texts: set[str]) -> Callable[[str], int | float] | None:
    """What makes numbers of all these; None where there are none, or not all are numbers."""
    together = BETWEEN.join(texts)
    # What has one in it would count as two.
    if not texts or together.count(BETWEEN) >= len(texts) or NOT_FLOAT.search(together):
        return None
    return float if NOT_WHOLE.search(together) else int


def _columns(lines: Iterator[list[str]], width: int) -> list[list[str]]:
    """The columns of lines, at least so many; what a line has too few of is empty."""
    columns: list[list[str]] = [[] for _ in range(width)]
    while batch := list(islice(lines, BATCH)):
        widths = set(map(len, batch))
        if 0 in widths:
            batch = list(filter(None, batch))
        if widths - {len(columns)}:
            more = max(widths) - len(columns)
            columns += [[""] * len(columns[0]) for _ in range(more)]
            batch = [[*row, *[""] * (len(columns) - len(row))] for row in batch]
        for column, values in zip(columns, zip(*batch, strict=True), strict=False):
            column.extend(values)
    return columns


def _turned(rows: Iterator[Sequence[Any]], width: int) -> Iterator[Block]:
    while batch := list(islice(rows, BATCH)):
        yield Block(len(batch), list(zip(*batch, strict=True)) if width else [])


def _cut(size: int, columns: Sequence[Sequence[Any]]) -> Iterator[Block]:
    """Columns in pieces."""
    for start in range(0, size, BATCH):
        yield Block(min(BATCH, size - start), [column[start : start + BATCH] for column in columns])


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
    names = list(frame.columns)
    series = [frame.iloc[:, number] for number in range(len(names))]
    if type(frame.index).__name__ != "RangeIndex" or frame.index.name is not None:
        levels = range(frame.index.nlevels)
        names = [*("" if name is None else name for name in frame.index.names), *names]
        series = [*(frame.index.get_level_values(level).to_series() for level in levels), *series]
    return Source(names, _sliced(series, len(frame), lambda each: each.to_numpy(dtype=object).tolist()))


def _from_polars(data: Any) -> Source:
    if hasattr(data, "collect"):
        data = data.collect()
    frame = data if hasattr(data, "columns") else data.to_frame()
    return Source(list(frame.columns), _sliced(frame.get_columns(), len(frame), lambda each: each.to_list()))


def _sliced(columns: Sequence[Any], size: int, values: Callable[[Any], list[Any]]) -> Iterator[Block]:
    """Columns of a frame as lists, a piece at a time."""
    for block in _cut(size, columns):
        yield Block(block.size, list(map(values, block.columns)))


def _from_columns(data: Mapping[object, Iterable[Any]]) -> Source:
    columns = [list(column) for column in data.values()]
    if len(set(map(len, columns))) > 1:
        raise ValueError("The columns of a table must be of the same length.")
    return Source(list(data), _cut(len(columns[0]) if columns else 0, columns))


def _from_dicts(data: Iterable[Mapping[object, Any]]) -> Source:
    rows = list(data)
    names = list(dict.fromkeys(chain.from_iterable(rows)))
    return Source.of(names, ([row.get(name) for name in names] for row in rows))


def _from_rows(data: Iterable[Sequence[Any]]) -> Source:
    rows = [list(row) for row in data]
    width = max(map(len, rows), default=0)
    names = list(getattr(next(iter(data), None), "_fields", range(1, width + 1)))
    return Source.of(names, ([*row, *[None] * (width - len(row))] for row in rows))


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
