"""Which type of value becomes what: the registry, that a site extends by one decorator."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from chatinterface.content.components.base import Component

logger = logging.getLogger("chatinterface.content")

Convert = Callable[[Any], Any]
C = TypeVar("C", bound=Convert)

# Conversions that lead from value to value, until they count as going in a circle.
DEEPEST = 10

_by_type: dict[type, Convert] = {}
# By the name of a class: the module that it is from, or any below it, which need not be imported to say so.
_by_name: dict[str, list[tuple[str, Convert]]] = {}
_by_look: list[tuple[Callable[[Any], bool], Convert]] = []


class _Converts:
    """Declare what values of a type become: ``@chatinterface.converts(Recipe)``.

    The function gets the value, and returns a component, Markdown, a list of these, or another value that is converted
    in its place. A type of a package that may not be installed is given by its name, ``"pandas.DataFrame"``. Of several
    the type that is closest to the value's own decides, and of one type the one that was declared last. Where it raises
    NotImplementedError the next one is asked.
    """

    def __call__(self, *types: type | str) -> Callable[[C], C]:
        def declare(convert: C) -> C:
            for each in types:
                if isinstance(each, str):
                    module, _dot, name = each.rpartition(".")
                    _by_name.setdefault(name, []).insert(0, (module, convert))
                else:
                    _by_type[each] = convert
            return convert

        return declare

    def when(self, looks: Callable[[Any], bool]) -> Callable[[C], C]:
        """Declare what values become of which ``looks`` is true, whatever their type: asked after all types."""

        def declare(convert: C) -> C:
            _by_look.append((looks, convert))
            return convert

        return declare


converts = _Converts()


def shown(value: object, renderers: Iterable[Convert] = ()) -> Iterator[Component | str]:
    """All that is shown of a value: components, and Markdown.

    The renderers of a chat are asked first, for all but components: the first that does not raise decides, as in Panel,
    unless it returns None; what one raises is logged. They are not asked again for what one of them has returned, nor
    for what is within it.
    """
    given = value if isinstance(value, Component) else _rendered(value, renderers)
    decided = given is not value
    found = given if decided and isinstance(given, list) else convert(given)
    if not isinstance(found, list):
        yield found
        return
    for item in found:
        yield from shown(item, () if decided else renderers)


def convert(value: object) -> Component | str | list[Any]:
    """A value as what is declared for it: a component, Markdown, or a list of values that each become one.

    What nothing is declared for is shown by its ``str()``.
    """
    converted = value
    for _step in range(DEEPEST):
        # A list that is the value itself is data, of which something may be declared.
        if isinstance(converted, Component) or (isinstance(converted, list) and converted is not value):
            return converted
        if type(converted) is str:
            return converted
        before = converted
        converted = _declared(before)
        if converted is before:
            break
    return str(converted)


def is_declared(value: object) -> bool:
    """Whether something is declared for values like this one."""
    return isinstance(value, Component) or next(_candidates(value), None) is not None


def _rendered(value: object, renderers: Iterable[Convert]) -> object:
    for renderer in renderers:
        try:
            shown = renderer(value)
        except Exception:
            # Most are there for other values than the texts of which a chat is full.
            level = logging.DEBUG if isinstance(value, str) else logging.ERROR
            name = type(value).__qualname__
            extra = {"event": "renderer.failed", "type": name}
            logger.log(level, "A renderer could not show a %s", name, exc_info=True, extra=extra)
        else:
            if shown is not None:
                return shown
    return value


def _declared(value: object) -> object:
    for candidate in _candidates(value):
        try:
            return candidate(value)
        except NotImplementedError:
            continue
    return value


def _candidates(value: object) -> Iterator[Convert]:
    for each in type(value).__mro__:
        if each in _by_type:
            yield _by_type[each]
        for module, named in _by_name.get(each.__qualname__, ()):
            if f"{each.__module__}.".startswith(f"{module}."):
                yield named
    for looks, seen in _by_look:
        if looks(value):
            yield seen
