"""Which bytes of a file does a request ask for?"""

from __future__ import annotations

import re

# More digits than the size of any file has.
_RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,19})\s*-\s*([0-9]{0,19})\s*", re.IGNORECASE | re.ASCII)


class Unsatisfiable(Exception):
    """There is no such part of the file."""


def parse(header: str, size: int) -> range | None:
    """The bytes that a ``Range`` header asks for; None where the whole is to be sent.

    That is so without a header, for one that is malformed, and for several ranges at once, which a server may ignore.
    Raises Unsatisfiable where the range begins behind the end.
    """
    found = _RANGE.fullmatch(header)
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        start, stop = max(size - int(found[2]), 0), size
    else:
        start, stop = int(found[1]), min(int(found[2]) + 1, size) if found[2] else size
        if found[2] and int(found[2]) < start:
            return None
    if start >= stop:
        raise Unsatisfiable
    return range(start, stop)
