"""Which text may stand in a cell that a spreadsheet opens?"""

import re

# What spreadsheets take for the beginning of a formula, in full width too; and what they skip or split at before it.
FORMULA = re.compile(r"[\s\ufeff\0']*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")


def harmless(text: str) -> str:
    """The text, behind an apostrophe where a spreadsheet could run it."""
    return f"'{text}" if FORMULA.match(text) else text
