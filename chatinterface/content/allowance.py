"""How many files may there be, how large, and of which kinds?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chatinterface.content import accepted

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
# What browsers record.
_NOTES = {".webm": "audio/webm", ".m4a": "audio/mp4", ".ogg": "audio/ogg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """The files that are taken: of which types (any without one), of how many bytes, and how many; None for any."""

    types: tuple[str, ...] = ()
    max_bytes: int | None = None
    max_files: int | None = None
    # Whether a folder is chosen, with the files that are in it.
    directory: bool = False

    @property
    def accept(self) -> str:
        """The types as a file field's ``accept`` says them."""
        return accepted.attribute(self.types)

    @property
    def sound(self) -> bool:
        """Whether what a browser records would be taken."""
        return any(accepted.accepts(self.types, f"note{ending}", kind) for ending, kind in _NOTES.items())

    def accepts(self, name: str, content_type: str) -> bool:
        """Whether a file of this name and content is of a type that is taken."""
        return accepted.accepts(self.types, name, content_type)


def bytes_of(size: int | str | None) -> int | None:
    """A size in bytes, which may be written as "20mb". Raises ValueError for what is none."""
    if size is None:
        return None
    found = _SIZE.fullmatch(str(size).strip()) if isinstance(size, int | str) and size is not True else None
    count = int(float(found[1]) * _UNITS[found[2].lower()]) if found else 0
    if count < 1:
        raise ValueError(f"{size!r} is no size. Write a number of bytes, or '500kb', '20mb', '1gb', or None.")
    return count
