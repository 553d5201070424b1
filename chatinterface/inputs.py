"""An input of a chat: a field or a whole form, what was entered in it, and how the log shows that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol, Self
from uuid import UUID

from django import forms
from django.utils import formats, timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatinterface.content.allowance import FileLimits
from chatinterface.content.markdown import UNSTORABLE
from chatinterface.widgets import dates
from chatinterface.widgets.base import spaced
from chatinterface.widgets.files import UPLOADS, ids, limits_of
from chatinterface.widgets.text import CodeEditor, Text

if TYPE_CHECKING:
    from chatinterface.examples import Example

# What the fields are posted as: a single one by this name, those of a form with it before theirs.
PREFIX = "message"

EMPTY = _("Write a message first.")

Declared = forms.Field | type[forms.BaseForm]
Part = dict[str, Any]
# What was posted, by names.
Posted = dict[str, list[str]]
# Finds files by their ids.
Sent = Callable[[Sequence[UUID]], Sequence[Any]]


class FormData(dict[str, Any]):
    """What a reader has filled in a form of the log: the cleaned data, by the names of the fields."""

    def __init__(self, form: str, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        # The name of the form.
        self.form = form


class Said(Protocol):
    """A message, by what was said in it."""

    parts: list[Part]

    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What a visitor has entered: its value for the callback, and the message that it is in the log.

    ``state`` is what the conversation remembers of it.
    """

    parts: list[Part]
    html: str
    value: Any
    state: Mapping[str, Any]
    # The values of the inputs below the chat, by name.
    additional: Mapping[str, Any] = field(default_factory=dict)
    # The example that it is.
    example: Example | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input: ``name`` is the title of its tab, and what stands in the database for it."""

    name: str
    declared: Declared
    form_class: type[forms.BaseForm]
    # What is said of a single field belongs to no field of several.
    whole: bool
    visible: bool = True
    # Whether it is sent as soon as its value changes.
    auto_send: bool = False
    # Whether it is a form that replies show.
    shown: bool = False

    @property
    def composes(self) -> bool:
        """Whether the message is written in it, as in the field of a chat without other inputs."""
        return bool(getattr(self.declared, "composes", False))

    @property
    def uploads(self) -> Mapping[str, FileLimits]:
        """The fields that take files, by their names, and what they take."""
        found = {name: limits_of(each) for name, each in self.form_class(prefix=self._prefix).fields.items()}
        return {name: limits for name, limits in found.items() if limits is not None}

    def upload_name(self, field: str) -> str:
        """What uploads for a field are announced as: its input, and where that has several, the field."""
        return f"{self.name}.{field}" if self.whole else self.name

    def posted_name(self, field: str) -> str:
        """What the ids of the files for a field are posted by."""
        return f"{PREFIX}-{field}" if self.whole else UPLOADS

    @property
    def read(self) -> frozenset[str]:
        """The fields of whose files the callback gets what is in them."""
        fields = self.form_class(prefix=self._prefix).fields
        return frozenset(name for name, each in fields.items() if getattr(each, "reads", False))

    @property
    def _prefix(self) -> str | None:
        return PREFIX if self.whole else None

    def form(
        self,
        data: Mapping[str, Any] | None = None,
        files: Any = None,
        *,
        auto_id: str = "id_%s",
        active: bool = False,
    ) -> forms.BaseForm:
        """Its form: unbound to be shown, or with what was posted."""
        form = self.form_class(data, files, prefix=self._prefix, auto_id=auto_id)
        dates.pick(form)
        for main in form.visible_fields()[:1]:
            if not main.field.widget.use_fieldset:
                marks = {"data-input-main": True, "data-chat-input": active, "data-chat-area": self.composes}
                main.field.widget.attrs.update({name: True for name, marked in marks.items() if marked})
        return form

    def value(self, form: forms.BaseForm) -> Any:
        """What the callback gets: the cleaned value, of a form all of them by name. What is in files is read later."""
        if self.shown:
            return FormData(self.name, form.cleaned_data)
        return form.cleaned_data if self.whole else form.cleaned_data[PREFIX]

    def parts(self, form: forms.BaseForm) -> list[Part]:
        """What was entered, as the parts of a message: plain text where it is that, else with what was posted."""
        value, files = self.value(form), self.uploads
        if files and not self.whole:
            return []  # The files are its parts.
        if isinstance(self.declared, Text) and type(value) is str and value and not has_secret(form.fields):
            text = _fenced(value, self.declared.language) if isinstance(self.declared, CodeEditor) else value
            return [{"type": "text", "text": text, "input": self.name} | ({} if text == value else {"value": value})]
        fields = [
            {
                "label": str(field.label),
                "text": written(field, form.cleaned_data.get(field.name)),
                **_colour(field, form),
            }
            for field in _entered(form)
            if field.name not in files
        ]
        said = "\n".join(f"{each['label']}: {each['text']}" if self.whole else each["text"] for each in fields)
        part: Part = {"type": "input", "input": self.name, "text": said, "posted": dict(posted_by(form))}
        if has_secret(form.fields):
            part["secret"] = True
        return [part | ({"fields": fields} if self.whole or "colour" in fields[0] else {})]

    def chosen(self, data: Mapping[str, str], sent: Sent) -> MultiValueDict[str, Any]:
        """The files whose ids were posted, as the form takes them. Raises ValueError for what are no ids."""
        names = {field: self.posted_name(field) for field in self.uploads}
        wanted = {field: ids(data.get(name) or "") for field, name in names.items()}
        files = {field: list(sent(several)) if several else [] for field, several in wanted.items()}
        return MultiValueDict({name if self.whole else PREFIX: files[field] for field, name in names.items()})

    def restored(self, part: Part, sent: Sent) -> Any:
        """The value that such a part stands for: what was posted is cleaned once more, with the files sent."""
        if part["type"] == "text":
            return part.get("value", part["text"])
        data = MultiValueDict(part["posted"])
        form = self.form(data, self.chosen(data, sent))
        valid = form.is_valid()
        close(form)
        if valid or self.whole:
            return self.value(form)
        # What was valid then may not be so now, as the options change: it was said all the same.
        return form.data.get(PREFIX, "")


def _entered(form: forms.BaseForm) -> list[forms.BoundField]:
    """The fields that something was entered in; all of them where nothing was."""
    shown = form.visible_fields()
    return [each for each in shown if form.cleaned_data.get(each.name) not in (None, "", [])] or shown


def close(form: forms.BaseForm) -> None:
    """Close what its fields have read of files; who reads on opens them again."""
    for _name, several in getattr(form.files, "lists", dict)():
        for each in several:
            each.close()


def made(declared: Declared, auto_send_types: tuple[type, ...] = ()) -> Input:
    """The input that is declared by a field or by the class of a form."""
    if isinstance(declared, forms.Field):
        name = str(
            getattr(declared, "name", "") or declared.label or dates.called(declared) or spaced(type(declared).__name__)
        )
        if (
            isinstance(declared, Text)
            and declared.error_messages["required"] == forms.Field.default_error_messages["required"]
        ):
            declared.error_messages["required"] = EMPTY
        single = type("InputForm", (forms.Form,), {PREFIX: declared})
        visible = getattr(declared, "visible", True)
        automatic = isinstance(declared, auto_send_types)
        return Input(name=name, declared=declared, form_class=single, whole=False, visible=visible, auto_send=automatic)
    given = vars(declared).get("name", "")
    name = str(given or spaced(declared.__name__.removesuffix("Form") or declared.__name__))
    automatic = issubclass(declared, auto_send_types)
    visible = getattr(declared, "visible", True)
    return Input(name=name, declared=declared, form_class=declared, whole=True, visible=visible, auto_send=automatic)


def composes(inputs: Mapping[str, Input]) -> bool:
    """Whether a message can be written: in the only field of a chat, or in an input for text."""
    return not inputs or any(each.composes for each in inputs.values())


def used(inputs: Mapping[str, Input], message: Said) -> Input | None:
    """The input that a message was entered in; None where there is none but the field for text, or none of its name."""
    names = (part.get("input", "") for part in message.parts if inputs)
    return next((inputs[name] for name in names if name in inputs), None)


def contents(inputs: Mapping[str, Input], message: Said, sent: Sent) -> Any:
    """What a message has said, as the callback gets it: the value that was entered, or the text; ``sent`` finds the
    files that it was sent with.
    """
    found = used(inputs, message)
    if found is None:
        return message.text
    parts = [part for part in message.parts if part.get("input") == found.name]
    if parts[0]["type"] == "file":
        return found.restored({"type": "input", "posted": {UPLOADS: [",".join(part["file"] for part in parts)]}}, sent)
    return found.restored(parts[0], sent)


def written(field: forms.BoundField, value: Any) -> str:
    """A cleaned value as a reader would write it."""
    if _is_secret(field.field):
        return "••••••••" if value else gettext("(empty)")
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    labels = dict(_flat(getattr(field.field, "choices", ())))
    if labels:
        chosen = field.field.prepare_value(value)
        keys = chosen if isinstance(chosen, list | tuple) else [chosen]
        return ", ".join(str(labels.get(str(key), key)) for key in keys if key not in (None, "")) or gettext("(empty)")
    if isinstance(value, tuple) and len(value) == 2:
        return " – ".join(map(_plain, value))
    if isinstance(value, list | tuple | set):
        return ", ".join(map(_plain, value)) or gettext("(empty)")
    return _plain(value)


def _plain(value: Any) -> str:
    if value is None or value == "":
        return gettext("(empty)")
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value) if timezone.is_aware(value) else value, "DATETIME_FORMAT")
    if isinstance(value, date):
        return formats.date_format(value, "DATE_FORMAT")
    return str(formats.localize(value))


def _flat(choices: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(key), label


def posted_by(form: forms.BaseForm) -> Iterator[tuple[str, list[str]]]:
    """What was posted for the fields of this form, but for secrets: what their widgets read, and no more."""
    secrets = {each.html_name for each in form if _is_secret(each.field)}
    posted = _Posted(_lists(form.data))
    for each in form:
        if each.html_name in secrets:
            continue
        posted.read = {}
        each.field.widget.value_from_datadict(posted, form.files, each.html_name)
        if not posted.read:
            posted.get(each.html_name)  # In a way of its own, or the ids of files, which it gets as files.
        for name, values in posted.read.items():
            # Some look through all that was posted.
            if name.startswith(each.html_name) and name not in secrets and not UNSTORABLE.search(name):
                yield name, [UNSTORABLE.sub("", value) for value in values]


def _lists(data: Mapping[str, Any]) -> Iterable[tuple[str, list[str]]]:
    return data.lists() if isinstance(data, MultiValueDict) else ((name, [str(data[name])]) for name in data)


class _Posted(MultiValueDict[str, str]):
    """What was posted, and what of it has been read, in a copy of it too."""

    def __init__(self, lists: Iterable[tuple[str, list[str]]] = ()) -> None:
        super().__init__(lists)
        self.read: dict[str, list[str]] = {}
        self._all = dict(self.lists())

    def __copy__(self) -> Self:
        return self._sharing(super().__copy__())

    def __deepcopy__(self, memo: Any) -> Self:
        return self._sharing(super().__deepcopy__(memo))

    def __getitem__(self, key: str) -> Any:
        value: Any = super().__getitem__(key)
        self._note(key, self._all.get(key, [])[-1:])
        return value

    def getlist(self, key: str, default: Any = None) -> list[Any]:
        self._note(key, self._all.get(key, []))
        return super().getlist(key, default)

    def _note(self, key: str, values: list[str]) -> None:
        if len(values) > len(self.read.get(key, [])):
            self.read[key] = values

    def _sharing(self, copied: Self) -> Self:
        copied.read, copied._all = self.read, self._all
        return copied


def has_secret(fields: Mapping[str, forms.Field]) -> bool:
    """Whether one of these fields takes a secret, which is kept nowhere."""
    return any(_is_secret(field) for field in fields.values())


def _is_secret(field: forms.Field) -> bool:
    return isinstance(field.widget, forms.PasswordInput)


def _colour(field: forms.BoundField, form: forms.BaseForm) -> dict[str, str]:
    colour = form.cleaned_data.get(field.name) if getattr(field.field, "panel", "") == "color" else None
    return {"colour": colour} if colour else {}


def _fenced(code: str, language: str) -> str:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
    return f"{fence}{language}\n{code}\n{fence}"
