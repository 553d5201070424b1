"""Any value as one that can be stored as JSON, in any database."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from chatinterface.content.markdown import UNSTORABLE


def plain(value: object) -> Any:
    """The value with everything in it that JSON does not know by its ``str()``, and numbers that are none as None."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {text(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    return text(value)


def text(value: object) -> str:
    """What stands for a value, without what no database stores."""
    return UNSTORABLE.sub("\ufffd", str(value))
