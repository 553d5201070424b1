"""Inputs that offer a choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ImproperlyConfigured

from chatinterface.widgets.base import Panel

Options = Sequence[Any] | Mapping[str, Any]


class Choosing(Panel):
    """A field with ``options``: a list of values, or a dict of labels and values. What is cleaned is the value."""

    def _keyed(self, options: Options) -> dict[str, Any]:
        """The values by what stands for them in the form. Raises ImproperlyConfigured where two look the same."""
        pairs = options.items() if isinstance(options, Mapping) else [(str(each), each) for each in options]
        self.pairs = [(str(value), label) for label, value in pairs]
        keyed = {str(value): value for _, value in pairs}
        if len(keyed) < len(self.pairs):
            raise ImproperlyConfigured(
                f"{type(self).__name__}(options={options!r}) has two options that are written alike: give each a "
                "value of its own."
            )
        return keyed


class One(Choosing, forms.TypedChoiceField):
    """One of the options; the first of them unless ``value`` says which."""

    def __init__(self, *, options: Options = (), value: Any = None, **others: Any) -> None:
        keyed = self._keyed(options)
        begin = next(iter(keyed), None) if value is None else str(value)
        if "" in keyed:
            others = {"required": False, "empty_value": keyed[""], **others}
        super().__init__(value=begin, choices=self.pairs, coerce=keyed.get, **others)


class Several(Choosing, forms.TypedMultipleChoiceField):
    """Any of the options, as a list; those in ``value`` are chosen at first."""

    def __init__(self, *, options: Options = (), value: Sequence[Any] | None = None, **others: Any) -> None:
        keyed = self._keyed(options)
        chosen = [str(each) for each in value or ()]
        super().__init__(value=chosen, choices=self.pairs, coerce=keyed.get, **{"required": False, **others})


class Select(One):
    """One of the options, from a list that opens."""

    widget = forms.Select


class RadioButtonGroup(One):
    """One of the options, which are all shown as buttons."""

    panel = "group"
    widget = forms.RadioSelect


class MultiSelect(Several):
    """Any of the options, from a list of ``size`` rows."""

    widget = forms.SelectMultiple

    def __init__(self, *, size: int = 4, **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs["size"] = size


class CheckBoxGroup(Several):
    """Any of the options, which are all shown with a box."""

    panel = "group"
    widget = forms.CheckboxSelectMultiple


class Checkbox(Panel, forms.BooleanField):
    """Yes or no."""

    panel = "checkbox"

    def __init__(self, *, value: bool = False, **options: Any) -> None:
        super().__init__(value=value, **{"required": False, **options})


class Switch(Checkbox):
    """On or off."""

    panel = "switch"
    widget = forms.CheckboxInput(attrs={"role": "switch"})
