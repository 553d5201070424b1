"""How is JSON shown as a tree that folds?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext


def tree(value: Any, depth: int = 2) -> SafeString:
    """The HTML of a value: its lists and dicts as <details>, the first ``depth`` levels open."""
    return mark_safe("".join(_node("", value, depth)))


def _node(label: str, value: Any, depth: int) -> Iterator[str]:
    if not isinstance(value, dict | list) or not value:
        yield f'<div class="ci-leaf">{label}{_leaf(value)}</div>'
        return
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    yield f"<details{' open' if depth > 0 else ''}><summary>{label}{_summary(value)}</summary>"
    for key, each in pairs:
        yield from _node(f'<span class="nv">{escape(key)}</span>: ', each, depth - 1)
    yield "</details>"


def _summary(value: dict[str, Any] | list[Any]) -> str:
    count = len(value)
    if isinstance(value, dict):
        text = ngettext("%(count)s entry", "%(count)s entries", count) % {"count": count}
        brackets = "{}"
    else:
        text = ngettext("%(count)s item", "%(count)s items", count) % {"count": count}
        brackets = "[]"
    return f'{brackets[0]}<span class="ci-size">{escape(text)}</span>{brackets[1]}'


def _leaf(value: Any) -> str:
    match value:
        case str():
            return f'<span class="s">"{escape(value)}"</span>'
        case bool():
            return f'<span class="k">{"true" if value else "false"}</span>'
        case int() | float():
            return f'<span class="m">{escape(value)}</span>'
        case None:
            return '<span class="k">null</span>'
        case _:
            return "[]" if value == [] else "{}"
