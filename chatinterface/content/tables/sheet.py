"""A table as a file: written once, then asked for one page at a time.

The file is an SQLite database of one table and a description of its columns. What is asked for is bound or chosen by
number: no text of a reader becomes part of a statement.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

from chatinterface.content.markdown import UNSTORABLE, normalise
from chatinterface.content.tables import cells
from chatinterface.content.tables.sources import Block, Source

CONTENT_TYPE = "application/vnd.sqlite3"

# Columns that are kept: a page of more could not be shown, and SQLite has its own limit.
MOST_COLUMNS = 100
# Rows that are kept, and that are on one page.
MOST_ROWS = 1_000_000
LARGEST_PAGE = 100

# Seconds that a question may take.
PATIENCE = 5.0
# Instructions of SQLite's machine between two looks at the clock.
STEPS = 100_000

# Between the texts of the cells of a row, for the filter: nobody types it.
BETWEEN = "\x1f"


class TooSlow(Exception):
    """A question took longer than its time."""


class NoTable(ValueError):
    """A file is not one that write() has made."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is shown."""

    name: str
    kind: str = cells.TEXT
    # Digits behind the point.
    places: int = 0

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers."""
        return self.kind in cells.NUMBERS


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a table without its rows."""

    columns: list[Column]
    rows: int
    page_size: int
    # Whether the table had more rows or columns than are kept.
    cut: bool = False

    def dump(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def load(cls, data: dict[str, Any]) -> Description:
        """See dump()."""
        columns = [Column(**column) for column in data["columns"]]
        return cls(columns, data["rows"], data["page_size"], data["cut"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which rows are asked for: those that contain a text, in the order of a column, a page of them."""

    text: str = ""
    # The number of the column; None: as the table was given.
    sort: int | None = None
    descending: bool = False
    # From 1.
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some rows of a table, their cells as text."""

    question: Question
    rows: list[list[str | None]] = field(default_factory=list)
    # How many rows there are that were asked for, and on how many pages.
    found: int = 0
    pages: int = 1
    # The number of the first row on this page, from 1; 0 where there is none.
    first: int = 0


def write(path: Path, source: Source, *, page_size: int) -> Description:
    """Write a table into a new file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;")
        return fill(connection, source, page_size=page_size)


def fill(connection: sqlite3.Connection, source: Source, *, page_size: int) -> Description:
    """See write(); into a database that is open and empty."""
    kept = [_title(name, index) for index, name in enumerate(islice(source.names, MOST_COLUMNS))]
    columns = "".join(f", c{index}" for index in range(len(kept)))
    connection.execute(f"CREATE TABLE cells (id INTEGER PRIMARY KEY, text TEXT{columns})")
    connection.execute("CREATE TABLE description (json TEXT)")
    connection.execute("BEGIN")
    written, count, cut = _write_rows(connection, kept, source.blocks)
    description = Description(written, count, page_size, cut or len(source.names) > len(kept))
    connection.execute("INSERT INTO description VALUES (?)", [json.dumps(description.dump())])
    connection.execute("COMMIT")
    return description


def _write_rows(
    connection: sqlite3.Connection, names: list[str], blocks: Iterable[Block]
) -> tuple[list[Column], int, bool]:
    """Returns the columns, how many rows were written, and whether there are more."""
    kinds: list[set[str]] = [set() for _ in names]
    places = [0] * len(names)
    marks = ", ".join("?" * (len(names) + 1))
    insert = f"INSERT INTO cells (text{''.join(f', c{index}' for index in range(len(names)))}) VALUES ({marks})"
    count, cut = 0, False
    for size, given in blocks:
        if size > MOST_ROWS - count:
            size, cut = MOST_ROWS - count, True
            given = [column[:size] for column in given]
        values: list[Sequence[cells.Stored]] = []
        for index, column in enumerate(given[: len(names)]):
            kind, kept = cells.stored(column)
            kinds[index].add(kind)
            if kind == cells.NUMBER and not count:
                places[index] = cells.decimals(kept)
            values.append(kept)
        connection.executemany(insert, _searchable(values, size))
        count += size
        if cut:
            break
    columns = [
        Column(name, cells.joined(kind) or cells.TEXT, place)
        for name, kind, place in zip(names, kinds, places, strict=True)
    ]
    return columns, count, cut


def _searchable(values: Sequence[Sequence[cells.Stored]], count: int) -> Iterable[Sequence[cells.Stored]]:
    """The rows out of the values of their columns, before each the text that the filter looks into."""
    if not values:
        return [("",)] * count
    search = list(map(BETWEEN.join, zip(*map(cells.texts, values), strict=True)))
    whole = "\n".join(search)
    if ("\0" in whole or not whole.isascii()) and UNSTORABLE.search(whole):
        clean = [[normalise(value) if isinstance(value, str) else value for value in each] for each in values]
        return _searchable(clean, count)
    return zip(map(str.casefold, search), *values, strict=True)


def _title(name: object, index: int) -> str:
    joined = " / ".join(map(str, name)) if isinstance(name, tuple) else str(name)
    return normalise(joined.strip()[: cells.SHOWN]) or str(index + 1)


class Sheet:
    """A table that is open for reading."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        (described,) = connection.execute("SELECT json FROM description").fetchone()
        self.description = Description.load(json.loads(described))

    def page(self, question: Question) -> Page:
        """The rows that are asked for. Raises TooSlow."""
        size = self.description.page_size
        where, bound = "", []
        if words := question.text.casefold().split():
            where = " WHERE " + " AND ".join("instr(text, ?)" for _ in words)
            bound = list(words)
        deadline = monotonic() + PATIENCE
        self._connection.set_progress_handler(lambda: monotonic() > deadline, STEPS)
        try:
            found = self.description.rows
            if where:
                (found,) = self._connection.execute(f"SELECT count(*) FROM cells{where}", bound).fetchone()
            pages = max(1, -(-found // size))
            number = min(max(1, question.page), pages)
            first = (number - 1) * size
            rows = self._connection.execute(
                f"SELECT {self._names()} FROM cells{where} ORDER BY {self._order(question)} LIMIT ? OFFSET ?",
                [*bound, size, first],
            ).fetchall()
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise TooSlow from None
            raise
        asked = Question(text=question.text, sort=question.sort, descending=question.descending, page=number)
        shown = [self._shown(row) for row in rows]
        return Page(question=asked, rows=shown, found=found, pages=pages, first=first + 1 if rows else 0)

    def rows(self) -> Iterator[tuple[cells.Stored, ...]]:
        """All rows, as they are kept; they may take as long as whoever reads them."""
        return iter(self._connection.execute(f"SELECT {self._names()} FROM cells ORDER BY id"))

    def _names(self) -> str:
        return ", ".join(f"c{index}" for index in range(len(self.description.columns))) or "NULL"

    def _order(self, question: Question) -> str:
        columns = self.description.columns
        if question.sort is None or not 0 <= question.sort < len(columns):
            return "id"
        name = f"c{int(question.sort)}"
        by = f"CAST({name} AS REAL)" if columns[question.sort].kind == cells.DECIMAL else f"{name} COLLATE NOCASE"
        return f"{name} IS NULL, {by} {'DESC' if question.descending else 'ASC'}, id"

    def _shown(self, row: tuple[cells.Stored, ...]) -> list[str | None]:
        columns = self.description.columns
        return [cells.shown(value, each.kind, each.places) for value, each in zip(row, columns, strict=False)]


@contextmanager
def opened(source: Path | bytes) -> Iterator[Sheet]:
    """Open a table for reading: a file of this machine, or the bytes of one that lies elsewhere. Raises NoTable."""
    try:
        connection = _connected(source)
    except sqlite3.Error:
        raise NoTable from None
    with closing(connection):
        try:
            # Whatever the file holds, nothing in it may change or run anything.
            for pragma in ("query_only=ON", "trusted_schema=OFF", "cell_size_check=ON"):
                connection.execute(f"PRAGMA {pragma}")
            read = Sheet(connection)
        except (sqlite3.Error, TypeError, ValueError, KeyError):
            raise NoTable from None
        yield read


def _connected(source: Path | bytes) -> sqlite3.Connection:
    # One thread after the other: a file that nobody reads to its end is closed by any.
    if isinstance(source, bytes):
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        if source:
            connection.deserialize(source)
        return connection
    return sqlite3.connect(
        f"file:{quote(str(source.resolve()))}?mode=ro&immutable=1", uri=True, check_same_thread=False
    )
