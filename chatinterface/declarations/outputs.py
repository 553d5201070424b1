"""What stands beside a chat: named outputs, which its callback fills."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from chatinterface.content.components.base import Component, Part
from chatinterface.content.parts import text_parts
from chatinterface.content.storable import plain
from chatinterface.declarations.base import Declaration

NAME = re.compile(r"[A-Za-z][\w-]{0,49}", re.ASCII)


class Output(NamedTuple):
    """An output: its name, its heading, and the part that it shows at first."""

    name: str
    label: str
    initial: Part | None


class Outputs(Declaration):
    """The outputs of a chat."""

    # The outputs beside the chat: their names, or a dict of names and what each shows at first (a component, Markdown,
    # or None). The callback returns or yields a tuple of the reply and a value for each.
    additional_outputs: Sequence[str] | Mapping[str, Any] = ()

    if TYPE_CHECKING:
        outputs: tuple[Output, ...]

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        given = self.additional_outputs
        if isinstance(given, str) or not isinstance(given, Mapping | Sequence):
            self.refuse(f"additional_outputs={given!r} must be a list of names, or a dict of names and first values.")
        pairs = given.items() if isinstance(given, Mapping) else [(name, None) for name in given]
        self.keep("outputs", tuple(self._output(name, value) for name, value in pairs))

    def _output(self, name: Any, value: Any) -> Output:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            self.refuse(f"additional_outputs has the name {name!r}: write letters, digits, '-' and '_'.")
        label = name.replace("_", " ").replace("-", " ")
        return Output(name, label[:1].upper() + label[1:], self._initial(name, value))

    def _initial(self, name: str, value: Any) -> Part | None:
        if value is None:
            return None
        if isinstance(value, str):
            return next(iter(text_parts(value)), None)
        if not isinstance(value, Component):
            self.refuse(f"additional_outputs[{name!r}] must be a component, Markdown, or None.")
        part: Part = plain(value.part(_NoStore(self, name)))
        return {**part, "id": f"output-{name}"}


class _NoStore:
    """There is no conversation yet that a file could belong to."""

    def __init__(self, declaration: Declaration, name: str) -> None:
        self._declaration = declaration
        self._name = name

    def __call__(self, *args: Any, **extra: Any) -> NoReturn:
        self._declaration.refuse(
            f"additional_outputs[{self._name!r}] cannot begin with a file: let the callback do it."
        )

    part = form = __call__
