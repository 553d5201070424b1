import csv
import io
import sqlite3
import sys
from collections import namedtuple
from collections.abc import Callable
from contextlib import closing
from types import FrameType
from typing import Any

import numpy
import pandas
import polars
import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from chatinterface.content.tables import sheet, sources

Point = namedtuple("Point", "x y")


def read(data: Any) -> tuple[list[Any], list[list[Any]]]:
    source = sources.read(data)
    return list(source.names), [list(row) for row in source.rows]


@pytest.mark.parametrize(
    ("data", "names", "rows"),
    [
        ([{"a": 1}, {"a": 2, "b": 3}], ["a", "b"], [[1, None], [2, 3]]),
        ([[1, 2], [3]], [1, 2], [[1, 2], [3, None]]),
        ([Point(1, 2)], ["x", "y"], [[1, 2]]),
        ({"a": [1, 2], "b": ("x", "y")}, ["a", "b"], [[1, "x"], [2, "y"]]),
        ("a,b\n1,x\n2,y\n", ["a", "b"], [[1, "x"], [2, "y"]]),
        (b"\xef\xbb\xbfa;b\r\n1,5;x\r\n", ["a", "b"], [["1,5", "x"]]),
        (iter([{"a": 1}]), ["a"], [[1]]),
        ([], [], []),
        (numpy.array([[1, 2], [3, 4]]), [1, 2], [[1, 2], [3, 4]]),
        (numpy.array([1.5, 2.5]), [1], [[1.5], [2.5]]),
        (pandas.DataFrame({"a": [1, 2]}), ["a"], [[1], [2]]),
        (pandas.DataFrame({"a": [1]}, index=["row"]), ["", "a"], [["row", 1]]),
        (pandas.DataFrame({"a": [1]}, index=pandas.Index([7], name="id")), ["id", "a"], [[7, 1]]),
        (pandas.Series([1, 2], name="s"), ["s"], [[1], [2]]),
        (polars.DataFrame({"a": [1], "b": ["x"]}), ["a", "b"], [[1, "x"]]),
        (polars.DataFrame({"a": [1]}).lazy(), ["a"], [[1]]),
        (polars.Series("s", [1]), ["s"], [[1]]),
    ],
)
def test_read(data: Any, names: list[Any], rows: list[list[Any]]) -> None:
    assert read(data) == (names, rows)


@pytest.mark.parametrize("data", [5, object(), [1, 2], {"a": 1}, None])
def test_unreadable(data: Any) -> None:
    with pytest.raises(TypeError, match="Give a DataFrame"):
        sources.read(data)


def test_columns_of_other_length() -> None:
    with pytest.raises(ValueError, match="same length"):
        sources.read({"a": [1], "b": []})


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1", "-2", ""], [1, -2, None]),
        (["1.5", "2", "NA"], [1.5, 2.0, None]),
        (["1e3", ".5"], [1000.0, 0.5]),
        (["007", "8"], ["007", "8"]),
        (["0.5", "0"], [0.5, 0.0]),
        (["1_000"], ["1_000"]),
        (["1", "x"], ["1", "x"]),
        (["", ""], [None, None]),
        (["NA", "x", ""], ["NA", "x", None]),
        (["٣"], ["٣"]),
        (["nan", "1"], [None, 1]),
        (["99999999999999999999"], [1e20]),
        (["1,2", "3"], ["1,2", "3"]),
        (["1\n", " 2"], ["1\n", " 2"]),
        (["1,", "2"], ["1,", "2"]),
        (["-", "."], ["-", "."]),
    ],
)
def test_typed(texts: list[str], values: list[Any]) -> None:
    assert list(sources.typed(texts)) == values


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str) -> None:
    text = f"a{delimiter}b\n1{delimiter}x y\n"
    assert read(text) == (["a", "b"], [[1, "x y"]])


def test_quoted_lines() -> None:
    assert read('a,b\n"1,\n2","say ""so"""\n') == (["a", "b"], [["1,\n2", 'say "so"']])


@given_any(
    rows=st.lists(st.lists(st.text(alphabet="ab1 \n", max_size=3), max_size=5), max_size=12), batch=st.integers(1, 4)
)
def test_lines_of_any_length(rows: list[list[str]], batch: int) -> None:
    """Read in pieces as at once: each has its place, and what a line has too few of is missing."""
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([["name"], *rows])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sources, "BATCH", batch)
        patched.setattr(sources, "typed", lambda values: values)
        found = [list(row) for row in sources.from_csv(written.getvalue(), delimiter=",").rows]
    width = max(map(len, rows), default=1)
    assert [row[:width] for row in found] == [[*row, *[""] * (width - len(row))] for row in rows if row]


@pytest.mark.parametrize("given", [str, lambda text: pandas.read_csv(io.StringIO(text))])
def test_rows_cost_no_calls(given: Callable[[str], Any]) -> None:
    """Columns are converted as wholes: of twice the rows, hardly more is called."""

    def calls(count: int) -> int:
        data = given("number,name,share\n" + "".join(f"{each},name {each},{each / 7}\n" for each in range(count)))
        counted = 0

        def count_call(frame: FrameType, event: str, argument: object) -> None:
            nonlocal counted
            counted += event in {"call", "c_call"}

        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            before = sys.getprofile()
            sys.setprofile(count_call)
            try:
                sheet.fill(connection, sources.read(data), page_size=10)
            finally:
                sys.setprofile(before)
        return counted

    assert calls(40_000) - calls(20_000) < 2_000


def test_ragged_lines() -> None:
    assert read("a,b\n1\n1,2,3\n") == (["a", "b", ""], [[1, None, None], [1, 2, 3]])


def test_empty_file() -> None:
    with pytest.raises(ValueError, match="names of its columns"):
        sources.from_csv("\n")


@pytest.mark.parametrize(
    ("data", "text"),
    [("ä".encode("utf-16"), "ä"), ("ä€".encode("cp1252"), "ä€"), ("ä".encode(), "ä"), (b"\x81", "\ufffd")],
)
def test_encodings(data: bytes, text: str) -> None:
    assert sources.decoded(data) == text


def test_long_field() -> None:
    """More than Python's module reads unless told."""
    assert read(f"a\n{'x' * 200_000}\n")[1] == [["x" * 200_000]]


def test_selected() -> None:
    source = sources.selected(sources.read([{"a": 1, "b": 2}]), ["b"])
    assert (list(source.names), list(source.rows)) == (["b"], [(2,)])


def test_selected_names_plain_rows() -> None:
    assert list(sources.selected(sources.read([[1, 2]]), ["x", "y"]).names) == ["x", "y"]


def test_selected_unknown() -> None:
    with pytest.raises(ValueError, match=r"no column 'c'\. It has: a"):
        sources.selected(sources.read([{"a": 1}]), ["c"])


def test_same_as_pandas() -> None:
    text = "id,name,value\n1,Ärger,2.5\n2,,\n"
    frame = pandas.read_csv(io.StringIO(text))
    assert read(text)[1][0] == read(frame)[1][0]
