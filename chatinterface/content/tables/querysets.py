"""What of a model's fields is shown, where nobody has chosen?

Models are known by what they can do: nothing here needs a database to be imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.utils.translation import gettext

from chatinterface.content.tables import cells
from chatinterface.content.tables.sources import Source

# Of what is in a database, more rows are not read for one table.
MOST_ROWS = 100_000
CHUNK = 2_000

# Fields that hold what nobody should see, by a word of their name.
SECRET = re.compile(
    r"(?:^|_)(?:pass(?:word|wd|phrase|code)?|pwd|secret|tokens?|(?:api|private|secret|access|encryption|signing|session|license)_?keys?"
    r"|hash|digest|salt|credentials?|otp|totp|pin|cvc|cvv|iban|ssn|signature|recovery_codes?)(?:_|$)|apikey",
    re.IGNORECASE,
)
# Types of fields that say nothing as a text.
UNREADABLE = frozenset({"BinaryField", "JSONField"})


def is_queryset(value: Any) -> bool:
    """Whether it is a queryset of Django's."""
    return hasattr(value, "model") and hasattr(value, "values_list") and callable(getattr(value, "iterator", None))


def shown_fields(model: Any) -> list[Any]:
    """The fields of a model that may be shown unasked: not those that hold secrets by their names, nor binary ones."""
    return [
        field
        for field in model._meta.concrete_fields
        if not SECRET.search(field.name) and field.get_internal_type() not in UNREADABLE
    ]


def from_queryset(queryset: Any) -> Source:
    """A table of what a queryset finds: one query, at most 100,000 rows.

    Of models, their fields by their verbose names; of ``values()`` and ``values_list()`` what was asked for.
    """
    names = [*queryset.query.extra_select, *queryset.query.values_select, *queryset.query.annotation_select]
    if queryset._fields is not None:
        rows = (row if isinstance(row, tuple) else _values(row, names) for row in _first(queryset))
        return Source.of(names, rows)
    fields = [field for field in shown_fields(queryset.model) if field.attname not in _deferred(queryset)]
    relations = [field.name for field in fields if field.is_relation]
    asked = queryset.select_related(*relations) if relations else queryset
    return Source.of(
        [str(field.verbose_name) for field in fields] + list(queryset.query.annotation_select),
        (
            [*_shown(row, fields), *(getattr(row, name) for name in queryset.query.annotation_select)]
            for row in _first(asked)
        ),
    )


def pairs(instance: Any) -> list[tuple[str, str]]:
    """The fields of a model's instance and their values as text, without a query: empty ones are left out."""
    state = instance._state.fields_cache
    fields = [
        field
        for field in shown_fields(type(instance))
        if field.attname in vars(instance) and (not field.is_relation or field.name in state) and not field.primary_key
    ]
    values = zip(fields, _shown(instance, fields), strict=True)
    return [(str(field.verbose_name), _said(value)) for field, value in values if value not in (None, "")]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    _, (kept,) = cells.stored([value])
    return str(kept)


def _shown(instance: Any, fields: Iterable[Any]) -> Iterator[Any]:
    for field in fields:
        if field.is_relation:
            related = getattr(instance, field.name)
            yield None if related is None else str(related)
        elif field.choices:
            yield str(getattr(instance, f"get_{field.name}_display")())
        elif field.get_internal_type() in {"FileField", "ImageField", "FilePathField"}:
            yield str(getattr(instance, field.name) or "")
        else:
            yield getattr(instance, field.name)


def _first(queryset: Any) -> Iterator[Any]:
    found = queryset if queryset._result_cache is not None else queryset.iterator(chunk_size=CHUNK)
    return islice(found, MOST_ROWS)


def _values(row: Any, names: Sequence[str]) -> Sequence[Any]:
    return [row[name] for name in names] if isinstance(row, dict) else [row]


def _deferred(queryset: Any) -> set[str]:
    names, defer = queryset.query.deferred_loading
    if defer:
        return set(names)
    return {
        field.attname for field in queryset.model._meta.concrete_fields if not {field.name, field.attname} & set(names)
    }
