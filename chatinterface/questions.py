"""What can be asked of a reader: any form, any field, or a list of options; and what an answer to it is."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.formats import localize
from django.utils.translation import gettext, gettext_lazy

from chatinterface.widgets import FileInput, dates

# Of more options than these, one chooses in a list.
FEW = 7
SINGLE = "answer"
HIDDEN = "••••••"
NOTHING = "–"


class Question:
    """A form that is asked in a reply. It belongs to the run that asks."""

    def __init__(self, asked: Any, *, key: str, label: str = "", initial: Any = None) -> None:
        self._options: Sequence[Any] | None = None
        self._single = True
        self._form = self._made(asked, label, initial)
        dates.pick(self._form)
        self._form.auto_id = f"prompt-{key}-%s"

    @property
    def form(self) -> forms.BaseForm:
        """The form without an answer."""
        return self._form

    def bound(self, data: Any, files: Any) -> forms.BaseForm:
        """The form with what was posted."""
        form = copy.copy(self._form)
        form.data, form.files, form.is_bound = data, files, True
        form.__dict__.update(_errors=None, _bound_fields_cache={})
        return form

    def value(self, form: forms.BaseForm) -> Any:
        """What a valid form answers: the cleaned value of the one field, the option, or all cleaned data."""
        if not self._single:
            return form.cleaned_data
        value = form.cleaned_data[SINGLE]
        return value if self._options is None else self._options[int(value)]

    def refuse(self, form: forms.BaseForm, errors: Any) -> None:
        """Say beside the one field, or above several, what is wrong with the answer."""
        form.add_error(SINGLE if self._single else None, errors)

    def _made(self, asked: Any, label: str, initial: Any) -> forms.BaseForm:
        if isinstance(asked, type) and issubclass(asked, forms.BaseForm | forms.Field):
            asked = asked(initial=initial) if issubclass(asked, forms.BaseForm) else asked()
        if isinstance(asked, forms.BaseForm):
            self._single = False
            form: forms.BaseForm = copy.copy(asked)
            form.initial = {**asked.initial, **(initial or {})}
            return form
        field = self._field(asked)
        if label or field.label is None:
            field.label = label or dates.called(field) or gettext("Answer")
        if initial is not None:
            field.initial = initial
        made: type[forms.BaseForm] = type("Question", (forms.Form,), {SINGLE: field})
        return made()

    def _field(self, asked: Any) -> forms.Field:
        if isinstance(asked, FileInput):
            raise TypeError(
                "A FileInput is no question, as its files are sent with a message. Ask a forms.FileField()."
            )
        if isinstance(asked, forms.Field):
            return copy.deepcopy(asked)
        if isinstance(asked, str):
            return forms.CharField(label=asked)
        if isinstance(asked, Sequence) and asked:
            self._options = asked
            widget = forms.RadioSelect if len(asked) <= FEW else forms.Select
            choices = [(str(index), str(option)) for index, option in enumerate(asked)]
            return forms.ChoiceField(choices=choices, widget=widget, label=gettext_lazy("Choose one"))
        raise TypeError(
            f"{asked!r} cannot be asked. Give a form, a field such as django.forms.IntegerField(), a text, or a list "
            "of options."
        )


def titled(form: forms.BaseForm) -> bool:
    """Whether the title of the question says what its one field asks."""
    return SINGLE in form.fields and len(form.fields) == 1


def said(form: forms.BaseForm) -> list[tuple[str, str]]:
    """What was entered in a valid form, for people: pairs of a label and a text; secrets are not shown."""
    return [(str(field.label), _said(field, form.cleaned_data.get(field.name))) for field in form.visible_fields()]


def _said(bound: forms.BoundField, value: Any) -> str:
    field = bound.field
    if isinstance(field.widget, forms.PasswordInput):
        return HIDDEN if value else NOTHING
    if isinstance(field, forms.ChoiceField):
        labels = _labels(field.choices)
        chosen = value if isinstance(value, list | tuple) else [value]
        return ", ".join(labels.get(str(each), str(each)) for each in chosen if each not in (None, "")) or NOTHING
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value is None or value == "":
        return NOTHING
    if hasattr(value, "name") and hasattr(value, "size"):
        return str(value.name)
    if not isinstance(value, str) and hasattr(value, "__iter__"):
        return ", ".join(str(localize(each)) for each in value) or NOTHING
    return str(localize(value))


def _labels(choices: Any) -> dict[str, str]:
    labels = {}
    for value, label in choices:
        if isinstance(label, list | tuple):
            labels.update(_labels(label))
        else:
            labels[str(value)] = str(label)
    return labels
