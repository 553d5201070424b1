"""A page of a table as its template shows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from chatinterface.content.tables import cells
from chatinterface.content.tables.sheet import Column, Description, Page, Question


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's name, how the table is sorted by it, and the address that sorts it the next way."""

    name: str
    number: int
    numeric: bool
    # "ascending", "descending", or "none".
    sorted: str
    url: str


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a cell; None where there is nothing."""

    text: str | None
    numeric: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that the template of a page needs."""

    file: str
    headings: list[Heading]
    rows: list[list[Cell]]
    question: Question
    # "21–40 of 100,000"
    status: str
    # Addresses of the pages before and after this one; "" where there is none.
    previous: str
    following: str
    paged: bool


def shown(description: Description, page: Page, url: str, file: str) -> Shown:
    """Make it of a page; ``url`` is where pages are fetched, ``file`` the public id of the table."""
    asked = page.question
    columns = description.columns
    return Shown(
        file=file,
        headings=[_heading(column, number, asked, url) for number, column in enumerate(columns)],
        rows=[[_cell(text, column) for text, column in zip(row, columns, strict=False)] for row in page.rows],
        question=asked,
        status=_status(description, page),
        previous=_address(url, replace(asked, page=asked.page - 1)) if asked.page > 1 else "",
        following=_address(url, replace(asked, page=asked.page + 1)) if asked.page < page.pages else "",
        paged=description.rows > description.page_size,
    )


def question(given: dict[str, Any]) -> Question:
    """What a reader asks for, of whatever a request says."""
    sort, page = str(given.get("sort", "")), str(given.get("page", ""))
    return Question(
        text=str(given.get("q", "")).replace("\0", "")[:LONGEST_TEXT],
        sort=int(sort) if _is_number(sort) else None,
        descending=given.get("dir") == "desc",
        page=int(page) if _is_number(page) else 1,
    )


# Characters of a filter.
LONGEST_TEXT = 200
# Digits of a number of a page.
LONGEST_NUMBER = 9


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER


def _heading(column: Column, number: int, asked: Question, url: str) -> Heading:
    way, following = "none", replace(asked, sort=number, descending=False, page=1)
    if asked.sort == number:
        way = "descending" if asked.descending else "ascending"
        following = replace(following, sort=None) if asked.descending else replace(following, descending=True)
    return Heading(column.name, number, column.numeric, way, _address(url, following))


def _cell(text: str | None, column: Column) -> Cell:
    if column.kind == cells.BOOLEAN and text is not None:
        text = gettext("yes") if text == "1" else gettext("no")
    return Cell(text, column.numeric)


def _address(url: str, asked: Question) -> str:
    values: dict[str, Any] = {}
    if asked.text:
        values["q"] = asked.text
    if asked.sort is not None:
        values["sort"] = asked.sort
    if asked.descending:
        values["dir"] = "desc"
    if asked.page > 1:
        values["page"] = asked.page
    return f"{url}?{urlencode(values)}"


def _status(description: Description, page: Page) -> str:
    if not page.found:
        return gettext("No rows match.") if description.rows else gettext("No rows.")
    numbers = {
        "first": _grouped(page.first),
        "last": _grouped(page.first + len(page.rows) - 1),
        "count": _grouped(page.found),
    }
    if page.pages == 1:
        text = ngettext("%(count)s row", "%(count)s rows", page.found) % numbers
    else:
        text = gettext("%(first)s–%(last)s of %(count)s") % numbers
    return f"{text} · {gettext('cut off')}" if description.cut else text


def _grouped(number: int) -> str:
    return number_format(number, force_grouping=True)
