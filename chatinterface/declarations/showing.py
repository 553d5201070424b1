"""How what a callback returns is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from chatinterface.declarations.base import Declaration

Renderer = Callable[[Any], Any]


class Showing(Declaration):
    """What becomes of values, and of thoughts."""

    callables: ClassVar[tuple[str, ...]] = ("renderers",)

    # Callables that turn a value into a component, Markdown or another value, before the built-in ones are asked: the
    # first that does not raise decides, and one that returns None leaves it to the next.
    renderers: Renderer | Sequence[Renderer] = ()
    # Pairs of tags between which a model thinks aloud, like [("<think>", "</think>")]: shown as a step of the reply.
    reasoning_tags: Sequence[tuple[str, str]] = ()

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        renderers = [self.renderers] if callable(self.renderers) else self.renderers
        if not isinstance(renderers, list | tuple) or not all(callable(each) for each in renderers):
            self.refuse(f"renderers={self.renderers!r} must be a list of callables that take a value.")
        self.keep("renderers", tuple(renderers))
        tags = self.reasoning_tags
        if not isinstance(tags, list | tuple) or not all(_is_pair(pair) for pair in tags):
            self.refuse(f'reasoning_tags={tags!r} must be a list of pairs, like [("<think>", "</think>")].')


def _is_pair(pair: object) -> bool:
    return isinstance(pair, list | tuple) and len(pair) == 2 and all(isinstance(tag, str) and tag for tag in pair)
