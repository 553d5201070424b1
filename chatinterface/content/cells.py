"""Which text may stand in a cell that a spreadsheet opens?"""

import csv
import re
from collections.abc import Iterable
from io import StringIO

# What spreadsheets take for the beginning of a formula, in full width too; and what they skip or split at before it.
FORMULA = re.compile(r"[\s\ufeff\0']*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")


def harmless(text: str) -> str:
    """The text, behind an apostrophe where a spreadsheet could run it."""
    return f"'{text}" if FORMULA.match(text) else text


def spreadsheet(rows: Iterable[Iterable[object]]) -> str:
    """Rows as CSV, in which nothing is a formula."""
    written = StringIO()
    csv.writer(written).writerows(
        [harmless(value) if isinstance(value, str) else value for value in row] for row in rows
    )
    return written.getvalue()
