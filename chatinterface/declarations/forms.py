"""Which forms a reply may show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django import forms

from chatinterface.declarations.base import Declaration
from chatinterface.inputs import Input, made

Fields = Mapping[str, forms.Field]


class Forms(Declaration):
    """The forms of a chat, by which what is posted in one is checked."""

    # The forms that a reply may show by Form(…): a list of their classes, or a dict of names and classes or dicts of
    # fields. What is filled in is sent as the reader's next message.
    forms: Sequence[type[forms.BaseForm]] | Mapping[str, type[forms.BaseForm] | Fields] = ()

    if TYPE_CHECKING:
        inputs: Mapping[str, Input]
        # The forms by name, and all that a message can be entered in.
        shown_forms: Mapping[str, Input]
        entries: Mapping[str, Input]

    def settle(self) -> None:
        """See Declaration.settle(); makes the forms."""
        super().settle()
        given: Any = self.forms
        if isinstance(given, str) or not isinstance(given, Mapping | Sequence):
            self.refuse(f"forms={given!r} must be a list of the classes of forms, or a dict of names and these.")
        several = given.items() if isinstance(given, Mapping) else [("", each) for each in given]
        shown: dict[str, Input] = {}
        for name, form in several:
            entry = self._entry(name, form)
            if entry.name in shown or entry.name in self.inputs:
                self.refuse(f"forms has two named {entry.name!r}, or one that is called as an input. Rename it.")
            shown[entry.name] = entry
        self.keep("shown_forms", MappingProxyType(shown))
        self.keep("entries", MappingProxyType({**shown, **self.inputs}))

    def form_name(self, form: Any) -> str:
        """The name of a form that is given by its class or its name. Raises ValueError for one that is not declared."""
        found = next((name for name, each in self.shown_forms.items() if form in (name, each.declared)), None)
        if found is None:
            declared = ", ".join(map(repr, self.shown_forms)) or "none"
            called = getattr(form, "__name__", repr(form))
            raise ValueError(
                f"The chat {self.name!r} has no form {called}. Declare it: forms=[{called}]. It has: {declared}."
            )
        return found

    def _entry(self, name: Any, form: Any) -> Input:
        if isinstance(form, Mapping) and form and all(isinstance(each, forms.Field) for each in form.values()):
            form = type("ShownForm", (forms.Form,), dict(form))
        if not (isinstance(form, type) and issubclass(form, forms.BaseForm)) or not isinstance(name, str):
            self.refuse(f"forms has {form!r}, which is no form. Write the class of a form, or a dict of its fields.")
        entry = replace(made(form), shown=True)
        if entry.uploads or any(isinstance(each, forms.FileField) for each in entry.form().fields.values()):
            self.refuse(f"forms has {form!r}, which takes files: these are sent with a message, from its widgets.")
        return replace(entry, name=name) if name else entry
