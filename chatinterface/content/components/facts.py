"""How far something is, and what is known of one thing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from chatinterface.content.components.base import Component, Store
from chatinterface.content.markdown import normalise


@dataclass(frozen=True, eq=False)
class Progress(Component):
    """How far something is: ``value`` of ``total``; without a value it goes on for an unknown time.

    Give it a ``key``, and show another one under the same key to let it advance.
    """

    value: float | None = None
    total: float = 100
    label: str = ""
    key: str | None = None

    kind: ClassVar[str] = "progress"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.total) and self.total > 0):
            raise ValueError(f"total={self.total!r} must be a positive number.")

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        value = None
        if self.value is not None and math.isfinite(self.value):
            value = min(max(float(self.value), 0.0), float(self.total))
        percent = None if value is None else math.floor(100 * value / self.total)
        return {"value": value, "total": float(self.total), "percent": percent, "label": normalise(str(self.label))}

    def text(self) -> str:
        """See Component.text()."""
        done = "" if self.value is None else f"{self.value:g}/{self.total:g}"
        return " ".join(filter(None, (self.label, done)))


@dataclass(frozen=True, eq=False)
class Record(Component):
    """What is known of one thing: names and values, below its title."""

    facts: Mapping[str, Any] | Iterable[tuple[str, Any]]
    title: str = ""
    key: str | None = None

    kind: ClassVar[str] = "record"

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        facts = [[normalise(str(name)), normalise(str(value))] for name, value in self._pairs()]
        return {"title": normalise(str(self.title)), "facts": facts}

    def text(self) -> str:
        """See Component.text()."""
        facts = [f"- {name}: {value}" for name, value in self._pairs()]
        return "\n".join([*([self.title, ""] if self.title else []), *facts])

    def _pairs(self) -> list[tuple[str, Any]]:
        return list(self.facts.items() if isinstance(self.facts, Mapping) else self.facts)
