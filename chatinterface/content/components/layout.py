"""Components beside, below and behind each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from chatinterface.content.components.base import Component, Part, Store
from chatinterface.content.markdown import normalise
from chatinterface.content.parts import text_of


class _Layout(Component):
    """Holds other values, of any kind that a callback may return."""

    def __init__(self, *items: Any, key: str | None = None) -> None:
        self.items = items
        self.key = key

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.items))})"

    def part(self, store: Store) -> Part:
        """See Component.part(); its text is that of what it holds."""
        props = self.props(store)
        return {"type": "component", "component": self.kind, "props": props, "text": text_of(props["items"])}

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        return {"items": [store.part(item) for item in self.items]}


class Column(_Layout):
    """One below the other."""

    kind: ClassVar[str] = "column"


class Row(_Layout):
    """Side by side, as long as there is room; else one below the other."""

    kind: ClassVar[str] = "row"


class _Titled(_Layout):
    """Holds values with a title each: pairs of a title and a value, or one dict."""

    def __init__(self, *items: tuple[str, Any] | Mapping[str, Any], active: int = 0, key: str | None = None) -> None:
        pairs = [pair for item in items for pair in (item.items() if isinstance(item, Mapping) else [item])]
        if not all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
            raise TypeError(
                f'{type(self).__name__} holds pairs of a title and a value: {type(self).__name__}(("First", 1))'
            )
        super().__init__(*(value for _, value in pairs), key=key)
        self.titles = [str(title) for title, _ in pairs]
        self.active = active

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        return {**super().props(store), "titles": [normalise(title) for title in self.titles], "active": self.active}


class Tabs(_Titled):
    """One at a time, chosen by its title. ``active`` is the number of the one that is shown first."""

    kind: ClassVar[str] = "tabs"


class Accordion(_Titled):
    """Each folds below its title. ``active`` is the number of the one that is open; -1 for none."""

    kind: ClassVar[str] = "accordion"
