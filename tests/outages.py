"""A database that is away for a moment."""

from pkgutil import resolve_name
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError

from chatinterface.runs import persisting


def away_at(monkeypatch: pytest.MonkeyPatch, function: str) -> list[Exception]:
    """Have a function, by its dotted name, find the database away twice, and a run ask again at once.

    Returns what it has still to raise.
    """
    errors: list[Exception] = [OperationalError("away"), InterfaceError("closed")]
    works = resolve_name(function)

    def away(*args: Any, **kwargs: Any) -> Any:
        if errors:
            raise errors.pop()
        return works(*args, **kwargs)

    monkeypatch.setattr(function, away)
    monkeypatch.setattr(persisting, "PAUSES", (0.0,))
    return errors
