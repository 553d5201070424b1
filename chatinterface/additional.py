"""The inputs below a chat, whose values its callback gets with each message."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from chatinterface import widgets
from chatinterface.inputs import Posted, posted_by
from chatinterface.widgets.files import limits_of

# What the fields are posted by: this, a hyphen, and the field's name. By itself it says that they were posted at all.
PREFIX = "additional"

# Where the state of a conversation, and the metadata of a message, keep what was entered in them.
KEPT = "additional"

# Gradio's short names.
SHORT: Mapping[str, tuple[type[forms.Field], Mapping[str, Any]]] = {
    "textbox": (widgets.TextInput, {}),
    "text": (widgets.TextInput, {}),
    "textarea": (widgets.TextAreaInput, {}),
    "password": (widgets.PasswordInput, {}),
    "number": (widgets.FloatInput, {}),
    "slider": (widgets.FloatSlider, {"start": 0, "end": 100, "step": 1}),
    "checkbox": (widgets.Checkbox, {}),
    "checkboxgroup": (widgets.CheckBoxGroup, {}),
    "dropdown": (widgets.Select, {}),
    "radio": (widgets.RadioButtonGroup, {}),
    "colorpicker": (widgets.ColorPicker, {}),
    "datetime": (widgets.DatetimePicker, {}),
    "code": (widgets.CodeEditor, {}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Additional:
    """The inputs below a chat: what they are called, and whether they are unfolded at first."""

    label: Any
    open: bool
    form_class: type[forms.Form]

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, which the arguments of the callback may have."""
        return tuple(self.form_class.base_fields)

    def form(self, data: Any = None, *, auto_id: str = "id_%s") -> forms.Form:
        """Their form: with what they begin with, or with what was posted."""
        return self.form_class(data, prefix=PREFIX, auto_id=auto_id)

    def shown(self, kept: Posted, *, auto_id: str) -> forms.Form:
        """Their form with what a conversation has kept of them, which need not be valid any more."""
        form = self.form(auto_id=auto_id)
        if kept:
            data = MultiValueDict(kept)
            for name, field in form.fields.items():
                value = field.widget.value_from_datadict(data, MultiValueDict(), form.add_prefix(name))
                form.initial[name] = field.bound_data(value, None)
        return form

    def values(self, kept: Posted) -> dict[str, Any]:
        """Their values by name, out of what a conversation has kept; else those that they begin with."""
        form = self.form(MultiValueDict(kept))
        form.full_clean()
        # What was valid then may not be so now.
        valid = form.cleaned_data if kept else {}
        return {name: valid[name] if name in valid else self._first(name) for name in self.names}

    def kept(self, form: forms.BaseForm) -> Posted:
        """What is kept of a form that was posted: also where nothing was chosen in it."""
        return {PREFIX: ["1"], **dict(posted_by(form))}

    def _first(self, name: str) -> Any:
        field = self.form_class.base_fields[name]
        initial = field.initial() if callable(field.initial) else field.initial
        try:
            return field.clean(_prepared(field, initial))
        except forms.ValidationError:
            return initial


def made(declared: Iterable[Any], label: Any, *, opened: bool) -> Additional:
    """The inputs that are declared by fields and by Gradio's short names. Raises ValueError for what is none."""
    fields: dict[str, forms.Field] = {}
    for each in declared:
        field = _field(each)
        name = _name(str(getattr(field, "name", "") or field.label or type(field).__name__))
        number = 2
        base = name
        while name in fields and isinstance(each, str):
            name, number = f"{base}_{number}", number + 1
        if name in fields:
            raise ValueError(f"has two inputs named {name!r}: give each a name=… of its own")
        fields[name] = field
    return Additional(label=label, open=opened, form_class=type("AdditionalForm", (forms.Form,), fields))


def _field(declared: Any) -> forms.Field:
    field = _made(declared)
    if getattr(field, "may_be_empty", False):
        # Nobody wants to be told to fill in what only adds to a message.
        field = copy.copy(field)
        field.required = False
    return field


def _made(declared: Any) -> forms.Field:
    if isinstance(declared, str) and declared.lower() in SHORT:
        kind, options = SHORT[declared.lower()]
        declared = kind(**{"name": declared.capitalize(), **options})
    elif isinstance(declared, type) and issubclass(declared, forms.Field):
        declared = declared()
    if isinstance(declared, forms.Field):
        if limits_of(declared) is not None:
            raise ValueError("has a field for files: declare that among the widgets, or multimodal=True")
        return declared
    known = ", ".join(map(repr, SHORT))
    raise ValueError(f"has {declared!r}, which is no input: write a field, or one of {known}")


def _name(label: str) -> str:
    name = re.sub(r"\W+", "_", label.lower()).strip("_")
    return name if name.isidentifier() else f"input_{name}"


def _prepared(field: forms.Field, value: Any) -> Any:
    """A first value as it would be posted."""
    if isinstance(field, forms.MultiValueField):
        return field.widget.decompress(value)
    return value
