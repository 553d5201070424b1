"""How messages are entered: one input or several, each a tab."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

from chatinterface.declarations.base import Declaration
from chatinterface.inputs import Declared, Input, made


class Inputs(Declaration):
    """The inputs of a chat."""

    callables: ClassVar[tuple[str, ...]] = ("validator",)

    # What messages are entered in: a field of chatinterface.widgets or of django.forms, the class of a form, or a list
    # of these, each of which gets a tab. Without any it is a field for text.
    widgets: Declared | list[Declared] | tuple[Declared, ...] = ()
    # The classes of inputs that are sent as soon as their value changes. Those of one line of text are sent by Enter.
    auto_send_types: list[type] | tuple[type, ...] = ()
    # Whether an input begins anew when it was sent, or keeps its value.
    reset_on_send: bool = True
    # Called with what was entered before it is sent: returns chatinterface.validate(ok, message), a bool or None, or
    # raises ValidationError. Plain or async.
    validator: Callable[..., Any] | None = None

    if TYPE_CHECKING:
        # The inputs by name, in order; empty where the chat has only the field for text.
        inputs: Mapping[str, Input]

    def settle(self) -> None:
        """See Declaration.settle(); makes the inputs."""
        super().settle()
        types = tuple(self.auto_send_types)
        if self.validator is not None and not callable(self.validator):
            self.refuse(f"validator={self.validator!r} is not callable: write a function that takes what was entered.")
        for each in types:
            if not isinstance(each, type):
                self.refuse(f"auto_send_types has {each!r}, which is no class: write the class of the input.")
        inputs: dict[str, Input] = {}
        for declared in self._several():
            entry = made(declared, types)
            if entry.name in inputs:
                self.refuse(
                    f"widgets has two inputs named {entry.name!r}, whose tabs nobody could tell apart. "
                    "Give each a name=… of its own."
                )
            inputs[entry.name] = entry
        if inputs and not any(each.visible for each in inputs.values()):
            self.refuse("none of its widgets is visible: leave out visible=False of the one to begin with.")
        self.keep("inputs", MappingProxyType(inputs))

    def standing(self, state: Mapping[str, Any]) -> tuple[list[str], str]:
        """The names of the inputs that a conversation shows, and of the one that is active, by what it remembers.

        They keep the order in which they are declared.
        """
        shown = [name for name in self.inputs if name in state.get("inputs", ())]
        shown = shown or [name for name, each in self.inputs.items() if each.visible]
        active = state.get("input", "")
        return shown, active if active in shown else next(iter(shown), "")

    def _several(self) -> list[Declared]:
        given: Any = self.widgets
        several = list(given) if isinstance(given, list | tuple) else [given]
        return [self._checked(each) for each in several]

    def _checked(self, declared: Any) -> Declared:
        if isinstance(declared, type) and issubclass(declared, forms.Field):
            # Panel takes the class of a widget as well.
            declared = declared()
        form = isinstance(declared, type) and issubclass(declared, forms.BaseForm)
        if not form and not isinstance(declared, forms.Field):
            self.refuse(
                f"widgets has {declared!r}, which is no input. Write fields of chatinterface.widgets or of "
                "django.forms, or the class of a form."
            )
        return declared  # type: ignore[no-any-return]
