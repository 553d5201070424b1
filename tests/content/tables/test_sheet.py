import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatinterface.content.tables import sheet, sources
from chatinterface.content.tables.sheet import NoTable, Page, Question, TooSlow
from chatinterface.content.tables.sources import Source

HOSTILE = ["'; DROP TABLE cells; --", '"', "%", "_", "\\", "\x1f", "NULL", "ORDER BY 1", "😀", "\u202e"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a table?.sqlite3"


def ask(path: Path, names: Sequence[object], rows: Sequence[Sequence[Any]], size: int = 20, **asked: Any) -> Page:
    path.unlink(missing_ok=True)
    sheet.write(path, Source.of(names, rows), page_size=size)
    with sheet.opened(path) as opened:
        return opened.page(Question(**asked))


def column(page: Page, number: int = 0) -> list[str | None]:
    return [row[number] for row in page.rows]


def test_as_given(path: Path) -> None:
    page = ask(path, ["a", "b"], [[3, "x"], [1, None]])
    assert page.rows == [["3", "x"], ["1", None]]
    assert (page.found, page.pages, page.first) == (2, 1, 1)


@pytest.mark.parametrize(("descending", "order"), [(False, ["2", "10", "30", None]), (True, ["30", "10", "2", None])])
def test_sorts_numbers(path: Path, *, descending: bool, order: list[str | None]) -> None:
    """As numbers; what is missing comes last."""
    page = ask(path, ["a"], [[30], [None], [2], [10]], sort=0, descending=descending)
    assert column(page) == order


def test_sorts_decimals(path: Path) -> None:
    assert column(ask(path, ["a"], [[2**70], [9], [-(2**80)]], sort=0)) == [str(-(2**80)), "9", str(2**70)]


def test_sorts_words(path: Path) -> None:
    assert column(ask(path, ["a"], [["b"], ["A"], ["a"], ["C"]], sort=0)) == ["A", "a", "b", "C"]


def test_keeps_order_of_equals(path: Path) -> None:
    page = ask(path, ["a", "b"], [[1, "x"], [1, "y"], [0, "z"]], sort=0, descending=True)
    assert column(page, 1) == ["x", "y", "z"]


@pytest.mark.parametrize("sort", [-1, 5, 10**8])
def test_no_such_column(path: Path, sort: int) -> None:
    assert column(ask(path, ["a"], [[2], [1]], sort=sort)) == ["2", "1"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("straße", ["Straße 1"]),
        ("STRASSE", ["Straße 1"]),
        ("1", ["Straße 1"]),
        ("weg 2", ["Weg 2"]),
        ("2 weg", ["Weg 2"]),
        ("", ["Straße 1", "Weg 2"]),
    ],
)
def test_filters(path: Path, text: str, found: list[str]) -> None:
    """All words, in any case and order."""
    page = ask(path, ["a"], [["Straße 1"], ["Weg 2"]], text=text)
    assert (column(page), page.found) == (found, len(found))


def test_filter_knows_no_missing(path: Path) -> None:
    assert ask(path, ["a"], [[None]], text="none").found == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_filter(path: Path, text: str) -> None:
    rows = [[text], ["harmless"]]
    page = ask(path, ["a"], rows, text=text)
    assert column(page) == ([text] if text.strip("\x1f") else ["\x1f", "harmless"][: page.found])


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(path: Path, name: str) -> None:
    sheet.write(path, Source.of([name, name], [[1, 2]]), page_size=5)
    with sheet.opened(path) as opened:
        assert [each.name for each in opened.description.columns] == [name.strip()] * 2 if name != "\x1f" else True
        assert opened.page(Question(sort=1)).rows == [["1", "2"]]


def test_pages(path: Path) -> None:
    rows = [[number] for number in range(45)]
    assert column(ask(path, ["a"], rows, page=3)) == ["40", "41", "42", "43", "44"]
    page = ask(path, ["a"], rows, page=99)
    assert (page.question.page, page.pages, page.first) == (3, 3, 41)


def test_nothing(path: Path) -> None:
    page = ask(path, [], [])
    assert (page.rows, page.found, page.pages, page.first) == ([], 0, 1, 0)


def test_nothing_found(path: Path) -> None:
    page = ask(path, ["a"], [[1]], text="x")
    assert (page.rows, page.found, page.pages, page.first) == ([], 0, 1, 0)


def test_most_columns(path: Path) -> None:
    described = sheet.write(path, Source.of(range(5000), [range(5000)]), page_size=5)
    assert (len(described.columns), described.cut) == (sheet.MOST_COLUMNS, True)


def test_most_rows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MOST_ROWS", 7)

    def endless() -> Iterator[list[int]]:
        while True:
            yield [1]

    described = sheet.write(path, Source.of(["a"], endless()), page_size=5)
    assert (described.rows, described.cut) == (7, True)


def test_unstorable_text(path: Path) -> None:
    page = ask(path, ["a\0"], [["x\0y\ud800"]], text="x")
    assert column(page) == ["x\ufffdy\ufffd"]


def test_kinds_across_batches(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "BATCH", 1)
    described = sheet.write(path, Source.of(["a", "b"], [[1, None], ["x", 2]]), page_size=5)
    assert [each.kind for each in described.columns] == ["text", "number"]


def test_read_only(path: Path) -> None:
    sheet.write(path, Source.of(["a"], [[1]]), page_size=5)
    with sheet.opened(path) as opened, pytest.raises(sqlite3.OperationalError):
        opened._connection.execute("DELETE FROM cells")


def test_from_bytes(path: Path) -> None:
    """Of a storage that is not on this machine."""
    sheet.write(path, Source.of(["a"], [[1]]), page_size=5)
    with sheet.opened(path.read_bytes()) as opened:
        assert opened.page(Question()).rows == [["1"]]
        with pytest.raises(sqlite3.OperationalError):
            opened._connection.execute("DELETE FROM cells")


@pytest.mark.parametrize("data", [b"", b"no table", b"SQLite format 3\0" + b"x" * 5000])
def test_no_table(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    for source in (path, data):
        with pytest.raises(NoTable), sheet.opened(source):
            pass


def test_other_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE description (json TEXT)")
        connection.execute("INSERT INTO description VALUES ('[]')")
    connection.close()
    with pytest.raises(NoTable), sheet.opened(path):
        pass


def test_too_slow(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet.write(path, Source.of(["a"], [[number] for number in range(20_000)]), page_size=5)
    monkeypatch.setattr(sheet, "PATIENCE", -1.0)
    monkeypatch.setattr(sheet, "STEPS", 1000)
    with sheet.opened(path) as opened, pytest.raises(TooSlow):
        opened.page(Question(text="nothing like it", sort=0))


Value = st.none() | st.integers() | st.floats() | st.text() | st.booleans()


@given(rows=st.lists(st.tuples(Value, Value), max_size=30), sort=st.integers(0, 1), descending=st.booleans())
def test_pages_make_up_the_whole(rows: list[tuple[Any, Any]], sort: int, *, descending: bool) -> None:
    """Whatever is in it and however it is sorted, each row is on one page."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    sheet.fill(connection, Source.of(["a", "b"], rows), page_size=7)
    opened = sheet.Sheet(connection)
    first = opened.page(Question(sort=sort, descending=descending))
    pages = [opened.page(Question(sort=sort, descending=descending, page=number + 1)) for number in range(first.pages)]
    found = [tuple(row) for page in pages for row in page.rows]
    plain = [tuple(row) for number in range(first.pages) for row in opened.page(Question(page=number + 1)).rows]
    assert len(found) == len(rows)
    assert sorted(map(str, found)) == sorted(map(str, plain))
    connection.close()
