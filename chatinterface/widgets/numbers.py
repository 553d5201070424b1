"""Inputs of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from chatinterface.widgets.base import Panel

Number = int | float


def _check_ends(owner: forms.Field, start: Number, end: Number) -> None:
    if start > end:
        raise ImproperlyConfigured(f"{type(owner).__name__} goes from start={start!r} to end={end!r}: swap them.")


class RangeInput(forms.NumberInput):
    """A number that is chosen by sliding."""

    input_type = "range"


class IntInput(Panel, forms.IntegerField):
    """A whole number, between ``start`` and ``end`` where they are given."""

    def __init__(
        self, *, value: int | None = 0, start: int | None = None, end: int | None = None, step: int = 1, **options: Any
    ) -> None:
        super().__init__(value=value, min_value=start, max_value=end, **options)
        self.widget.attrs["step"] = step


class FloatInput(Panel, forms.FloatField):
    """A number, between ``start`` and ``end`` where they are given."""

    def __init__(
        self,
        *,
        value: Number | None = 0.0,
        start: Number | None = None,
        end: Number | None = None,
        step: Number = 0.1,
        **options: Any,
    ) -> None:
        super().__init__(value=value, min_value=start, max_value=end, **options)
        # Its arrows go by steps; what is typed need not.
        self.step = step
        self.widget.attrs["data-step"] = step


class IntSlider(Panel, forms.IntegerField):
    """A whole number from ``start`` to ``end``, in steps; it shows its value."""

    panel = "slider"
    widget = RangeInput

    def __init__(
        self, *, value: int | None = None, start: int = 0, end: int = 1, step: int = 1, **options: Any
    ) -> None:
        _check_ends(self, start, end)
        begin = start if value is None else value
        super().__init__(value=begin, min_value=start, max_value=end, step_size=step, **options)


class FloatSlider(Panel, forms.FloatField):
    """A number from ``start`` to ``end``, in steps; it shows its value."""

    panel = "slider"
    widget = RangeInput

    def __init__(
        self, *, value: Number | None = None, start: Number = 0, end: Number = 1, step: Number = 0.1, **options: Any
    ) -> None:
        _check_ends(self, start, end)
        begin = start if value is None else value
        super().__init__(value=begin, min_value=start, max_value=end, step_size=step, **options)


class RangeWidget(forms.MultiWidget):
    """Two sliders on one track."""

    def __init__(self, attrs: dict[str, Any]) -> None:
        ends = {"aria-label": _("From")}, {"aria-label": _("To")}
        super().__init__([RangeInput({**attrs, **end}) for end in ends])

    def decompress(self, value: Any) -> list[Any]:
        return list(value) if value else [None, None]


class RangeSlider(Panel, forms.MultiValueField):
    """Two numbers from ``start`` to ``end``, as a tuple with the smaller one first."""

    panel = "range"

    def __init__(
        self,
        *,
        value: Sequence[Number] | None = None,
        start: Number = 0,
        end: Number = 1,
        step: Number = 0.1,
        **options: Any,
    ) -> None:
        _check_ends(self, start, end)
        whole = all(isinstance(number, int) for number in (start, end, step))
        kind = forms.IntegerField if whole else forms.FloatField
        fields = [kind(min_value=start, max_value=end, step_size=step) for _ in range(2)]  # type: ignore[arg-type]
        options.setdefault("widget", RangeWidget({"min": start, "max": end, "step": step}))
        super().__init__(fields=fields, value=tuple(value or (start, end)), **options)

    def compress(self, data_list: Any) -> tuple[Number, ...] | None:
        """The two numbers, in order."""
        return tuple(sorted(data_list)) if data_list else None
