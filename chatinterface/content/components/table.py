"""Rows and columns of any size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from chatinterface.content.components.base import Blob, Component, Part, Store
from chatinterface.content.markdown import normalise
from chatinterface.content.tables import querysets, sheet, sources

# Rows that stand in its text.
STAND_IN = 10


@dataclass(frozen=True, eq=False)
class Table(Component):
    """A table that is sorted, filtered and paged on the server: 100,000 rows are no heavier for the page than ten.

    Of a DataFrame of pandas or polars, a queryset, rows as dicts or as sequences, a dict of columns, an array of NumPy,
    or CSV as text or bytes. ``columns`` chooses and orders them, and names those of plain rows; ``page_size`` is how
    many rows are shown at once. The rows are read once, when it is shown, and kept as a file of the conversation; of
    more than a million rows, or a hundred columns, the first are kept. Panel's Perspective does this in the browser.
    """

    data: Any
    columns: Sequence[str] | None = None
    title: str = ""
    page_size: int = 10
    key: str | None = None

    kind: ClassVar[str] = "table"

    def __post_init__(self) -> None:
        if not 1 <= self.page_size <= sheet.LARGEST_PAGE:
            raise ValueError(f"page_size={self.page_size!r} must be between 1 and {sheet.LARGEST_PAGE}.")
        if isinstance(self.data, Iterator):
            object.__setattr__(self, "data", list(self.data))

    def part(self, store: Store) -> Part:
        """See Component.part(); the rows are read once for both."""
        props = self.props(store)
        return {"type": "component", "component": self.kind, "props": props, "text": _text(props)}

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        source = querysets.from_queryset(self.data) if querysets.is_queryset(self.data) else sources.read(self.data)
        if self.columns is not None:
            source = sources.selected(source, self.columns)
        with TemporaryDirectory(prefix="chatinterface-") as directory:
            path = Path(directory) / "table"
            description = sheet.write(path, source, page_size=self.page_size)
            with sheet.opened(path) as opened:
                page = opened.page(sheet.Question())
            blob = Blob(source=path, name=f"{self.title or 'table'}.sqlite3", content_type=sheet.CONTENT_TYPE)
            file = store(blob)
        return {
            "items": [file],
            "title": normalise(str(self.title)),
            "description": description.dump(),
            "page": asdict(page),
        }

    def text(self) -> str:
        """See Component.text()."""
        return str(self.title)


def _text(props: dict[str, Any]) -> str:
    """The first rows, as a table of Markdown."""
    columns = props["description"]["columns"]
    rows = props["page"]["rows"][:STAND_IN]
    total = props["description"]["rows"]
    lines = [props["title"], ""] if props["title"] else []
    lines.append(_row([column["name"] for column in columns]))
    lines.append(_row(["---:" if column["kind"] in {"number", "decimal"} else "---" for column in columns]))
    lines += [_row(row) for row in rows]
    if total > len(rows):
        lines += ["", f"({total} rows)"]
    return "\n".join(lines)


def _row(values: Sequence[str | None]) -> str:
    return "| " + " | ".join(" ".join((value or "").replace("|", "\\|").split()) for value in values) + " |"
