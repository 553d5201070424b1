"""Inputs of dates and times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatinterface.widgets.base import Panel

DAY = "%Y-%m-%d"
MINUTE = "%Y-%m-%dT%H:%M"


class DatePicker(Panel, forms.DateField):
    """A day, as ``datetime.date``, from ``start`` to ``end`` where they are given."""

    def __init__(self, *, start: date | None = None, end: date | None = None, **options: Any) -> None:
        options.setdefault("widget", forms.DateInput(format=DAY, attrs=_limits("date", DAY, start, end)))
        super().__init__(**{"input_formats": [DAY], **options})
        self.validators = [*self.validators, *_validators(start, end)]


class DatetimePicker(Panel, forms.DateTimeField):
    """A day and time, as ``datetime.datetime``, aware under USE_TZ; from ``start`` to ``end`` where they are given."""

    def __init__(self, *, start: datetime | None = None, end: datetime | None = None, **options: Any) -> None:
        attrs = _limits("datetime-local", MINUTE, start, end)
        options.setdefault("widget", forms.DateTimeInput(format=MINUTE, attrs=attrs))
        super().__init__(**{"input_formats": [MINUTE, f"{MINUTE}:%S"], **options})
        self.validators = [*self.validators, *_validators(start, end)]


# Of Django's own fields: the widget that each has unless another is chosen, the browser's input for it, how that writes
# a value, and what it is called where nobody says.
NATIVE: Mapping[
    type[forms.Field], tuple[type[forms.DateInput | forms.DateTimeInput | forms.TimeInput], str, str, Any]
] = {
    forms.DateField: (forms.DateInput, "date", DAY, _("Date")),
    forms.DateTimeField: (forms.DateTimeInput, "datetime-local", "%Y-%m-%dT%H:%M:%S", _("Date and time")),
    forms.TimeField: (forms.TimeInput, "time", "%H:%M:%S", _("Time")),
}


def pick(form: forms.BaseForm) -> None:
    """Let the browser's own inputs ask for the dates and times of a form, where its author has chosen no other."""
    for field in form.fields.values():
        kind, picker, layout, _label = NATIVE.get(type(field), (None, "", "", ""))
        widget = field.widget
        chosen = "input_formats" in vars(field) or "type" in widget.attrs or field.localize
        if type(widget) is kind and widget.input_type == "text" and widget.format is None and not chosen:
            widget.input_type, widget.format = picker, layout


def called(field: forms.Field) -> Any:
    """What a date or time is called that has no label; empty for all other fields."""
    return NATIVE[type(field)][3] if type(field) in NATIVE else ""


def _limits(kind: str, layout: str, start: date | None, end: date | None) -> dict[str, str]:
    limits = {"min": start, "max": end}
    return {"type": kind} | {name: limit.strftime(layout) for name, limit in limits.items() if limit is not None}


def _validators(start: date | None, end: date | None) -> list[Any]:
    lowest = [] if start is None else [MinValueValidator(_comparable(start))]
    highest = [] if end is None else [MaxValueValidator(_comparable(end))]
    return [*lowest, *highest]


def _comparable(limit: date) -> Any:
    """A limit that a cleaned value can be compared with: times are aware where the site's are."""
    if isinstance(limit, datetime) and timezone.is_naive(limit):
        return lambda: _aware(limit)
    return limit


def _aware(limit: datetime) -> Any:
    return forms.DateTimeField().clean(limit)
