from typing import Any

import pytest

from chatinterface.content.components import Accordion, Code, Column, Progress, Record, Row, Table, Tabs, Text
from chatinterface.content.parts import walk
from tests.content.components.keeping import shown


@pytest.mark.parametrize(
    "layout",
    [
        Row("a", Column("b", Text("c"))),
        Tabs(("One", "a"), ("Two", Tabs({"Three": "b", "Four": Text("c")}))),
        Accordion({"One": Row("a", "b"), "Two": "c"}),
    ],
)
def test_nested(layout: Any) -> None:
    part, _ = shown(layout)
    assert [each["text"] for each in walk([part]) if each["type"] == "text" or each["component"] == "plain"] == [
        "a",
        "b",
        "c",
    ]
    assert part["text"] == "a\n\nb\n\nc"


def test_titles() -> None:
    part, _ = shown(Tabs(("One", 1), ("<b>", 2), active=1))
    assert (part["props"]["titles"], part["props"]["active"]) == (["One", "<b>"], 1)


@pytest.mark.parametrize("items", [["a"], [("a", 1, 2)], [5]])
def test_titles_missing(items: Any) -> None:
    with pytest.raises(TypeError, match="pairs of a title and a value"):
        Tabs(*items)


def test_files_of_children_are_found() -> None:
    part, kept = shown(Row(Code("x\n" * 5000), Tabs({"T": Table([[1]])})))
    files = {each["file"] for each in walk([part]) if each["type"] == "file"}
    assert files == set(kept.files)


@pytest.mark.parametrize(
    ("component", "percent", "text"),
    [
        (Progress(3, 10, "Reading"), 30, "Reading 3/10"),
        (Progress(), None, ""),
        (Progress(99, 10), 100, "99/10"),
        (Progress(-1), 0, "-1/100"),
        (Progress(float("nan"), label="x"), None, "x nan/100"),
    ],
)
def test_progress(component: Any, percent: int | None, text: str) -> None:
    part, _ = shown(component)
    assert (part["props"]["percent"], part["text"]) == (percent, text)


@pytest.mark.parametrize("total", [0, -1, float("nan")])
def test_progress_of_nothing(total: float) -> None:
    with pytest.raises(ValueError, match="must be a positive number"):
        Progress(1, total)


def test_record() -> None:
    part, _ = shown(Record({"Name": "Ada", "Born": 1815}, title="Person"))
    assert part["props"] == {"title": "Person", "facts": [["Name", "Ada"], ["Born", "1815"]]}
    assert part["text"] == "Person\n\n- Name: Ada\n- Born: 1815"


def test_table_text() -> None:
    part, _ = shown(Table([{"a|b": 1, "c": "x\ny"}] * 12, title="Rows"))
    lines = part["text"].splitlines()
    assert lines[:5] == ["Rows", "", "| a\\|b | c |", "| ---: | --- |", "| 1 | x y |"]
    assert (len(lines), lines[-1]) == (16, "(12 rows)")


def test_table_is_read_once() -> None:
    read = []

    def rows() -> Any:
        read.append(1)
        yield {"a": 1}

    part, _ = shown(Table(rows()))
    assert part["props"]["page"]["rows"] == [["1"]]
    assert read == [1]


@pytest.mark.parametrize("size", [0, 101])
def test_page_sizes(size: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 100"):
        Table([], page_size=size)
