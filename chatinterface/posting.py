"""The inputs of a chat on its page, and what is posted in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.template.loader import render_to_string

from chatinterface import additional
from chatinterface.content.markdown import render
from chatinterface.content.parts import text_of, text_parts
from chatinterface.examples import Example
from chatinterface.exceptions import FileGone
from chatinterface.forms import Envelope, MessageForm
from chatinterface.inputs import PREFIX, Entered, Input, Part, Sent, close
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation
from chatinterface.uploads import Attached

# More digits than the index of any example has.
LONGEST_INDEX = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One input as the page shows it: whether its tab is there, and whether it is the one that is open."""

    input: Input
    id: str
    form: forms.BaseForm
    shown: bool
    active: bool


def panels(interface: ChatInterface, conversation: Conversation) -> list[Panel]:
    """The inputs of a chat, as they stand in a conversation."""
    shown, active = interface.standing(conversation.state)
    return [
        Panel(
            input=each,
            id=(identity := panel_id(conversation.uuid, number)),
            form=each.form(auto_id=f"{identity}-%s", active=each.name == active),
            shown=each.name in shown,
            active=each.name == active,
        )
        for number, each in enumerate(interface.inputs.values())
    ]


def media(interface: ChatInterface) -> forms.Media:
    """The scripts and stylesheets that the inputs of a chat bring along, as Django's forms do."""
    below = [interface.additional.form()] if interface.additional is not None else []
    return sum((form.media for form in [*(each.form() for each in interface.inputs.values()), *below]), forms.Media())


def panel_id(conversation: UUID, number: int) -> str:
    """What the ids of an input's elements begin with."""
    return f"chat-{conversation}-{number}"


def additional_id(conversation: UUID) -> str:
    """What the ids of the fields below a chat are."""
    return f"chat-{conversation}-%s"


def additional_form(interface: ChatInterface, conversation: Conversation) -> forms.BaseForm | None:
    """The inputs below a chat, with what the conversation was sent with."""
    if interface.additional is None:
        return None
    return interface.additional.shown(
        conversation.state.get(additional.KEPT, {}), auto_id=additional_id(conversation.uuid)
    )


class Posted:
    """A message as it was posted: of the field for text, or of one of the inputs of the chat."""

    def __init__(self, interface: ChatInterface, conversation: UUID, request: HttpRequest, sent: Sent) -> None:
        self._interface = interface
        self._request = request
        self._input = _chosen(interface, request.POST.get("input", "")) if interface.inputs else None
        self.envelope: forms.BaseForm
        self.form: forms.BaseForm
        if self._input is None:
            self.envelope = self.form = MessageForm(request.POST, interface=interface)
        else:
            self.envelope = Envelope(request.POST)
            number = list(interface.inputs).index(self._input.name)
            auto_id = f"{panel_id(conversation, number)}-%s"
            self.form = self._input.form(request.POST, self._chosen(sent), auto_id=auto_id)
        files = request.POST.get("uploads") or (interface.shown_examples and request.POST.get("example"))
        if interface.multimodal and files and (self._input is None or self._input.composes):
            # A message may be files alone.
            self.form.fields[PREFIX].required = False
        self._additional: forms.BaseForm | None = None
        if interface.additional is not None and additional.PREFIX in request.POST:
            self._additional = interface.additional.form(request.POST, auto_id=additional_id(conversation))

    def _chosen(self, sent: Sent) -> Any:
        """The files that were chosen in it. Raises FileGone where one is not there, or its id is none."""
        try:
            return self._input.chosen(self._request.POST, sent) if self._input else None
        except ValueError:
            raise FileGone from None

    def is_valid(self) -> bool:
        """Whether all of it is."""
        try:
            return all(form.is_valid() for form in self._forms)
        finally:
            close(self.form)

    @property
    def errors(self) -> list[object]:
        """What is wrong with it, but for what is said beside its fields."""
        beside = {id(field.errors) for field in self.fields}
        return [
            each
            for form in self._forms
            for errors in form.errors.values()
            if id(errors) not in beside
            for each in errors
        ]

    @property
    def fields(self) -> list[forms.BoundField]:
        """The fields beside which something is said of them: those of forms with several."""
        several = [self.form] if self._input is not None and self._input.whole else []
        if self._additional is not None:
            several.append(self._additional)
        return [field for form in several for field in form.visible_fields() if field.errors]

    @property
    def text(self) -> str:
        """What was said, as Markdown."""
        if self._input is None:
            return str(self.envelope.cleaned_data["message"])
        return "" if self.entered is None else text_of(self.entered.parts)

    @property
    def attached(self) -> Iterator[Attached]:
        """The files that it is sent with: of each field that takes some, or beside the text."""
        if self._input is not None and self._input.uploads:
            for name, limits in self._input.uploads.items():
                given = self.form.cleaned_data[name]
                several = given if isinstance(given, list) else [given] if given else []
                noted = {"label": str(self.form[name].label)} if self._input.whole else {"input": self._input.name}
                yield Attached(uploads=[each.uuid for each in several], limits=limits, noted=noted)
        elif self._interface.attaches(self._input):
            yield Attached(uploads=self.envelope.cleaned_data["uploads"], limits=self._interface.limits)

    @property
    def value(self) -> Any:
        """What was entered, as a validator is asked about it."""
        return self.text if self.entered is None else self.entered.value

    @cached_property
    def example(self) -> Example | None:
        """The example that it is, as it was clicked."""
        index = self._request.POST.get("example", "")
        examples = self._interface.shown_examples if index.isdecimal() and len(index) < LONGEST_INDEX else ()
        example = next((each for each in examples if each.index == int(index)), None)
        if example is None or (self._input is not None and not self._input.composes):
            return None
        chosen = self.form.cleaned_data[PREFIX] == example.text.replace("\r\n", "\n")
        return example if chosen and self._chooses(example) else None

    def _chooses(self, example: Example) -> bool:
        """Whether the inputs below the chat are as the example has them."""
        if self._additional is None or self._interface.additional is None:
            return not example.additional
        return self._additional.cleaned_data == {**self._interface.additional.values({}), **example.additional}

    @cached_property
    def entered(self) -> Entered | None:
        """What was entered beside text; None where the chat has only the field for that."""
        if self._input is not None:
            parts, value = self._input.parts(self.form), self._input.value(self.form)
        elif self._additional is not None or self.example is not None:
            parts, value = text_parts(self.text), self.text
        else:
            return None
        state: dict[str, Any] = {} if self._input is None else {"input": self._input.name}
        values = {}
        if self._additional is not None and self._interface.additional is not None:
            state[additional.KEPT] = self._interface.additional.kept(self._additional)
            values = self._additional.cleaned_data
        html = "".join(entered_html(self._interface, each) for each in parts)
        return Entered(parts=parts, html=html, value=value, state=state, additional=values, example=self.example)

    @property
    def _forms(self) -> list[forms.BaseForm]:
        forms = [self.envelope] if self.form is self.envelope else [self.envelope, self.form]
        return forms if self._additional is None else [*forms, self._additional]


def entered_html(interface: ChatInterface, part: Part) -> str:
    """What was entered, as the log shows it."""
    if part["type"] == "input":
        return render_to_string("chatinterface/parts/input.html", {"part": part})
    return render(part["text"], interface.visitor_dialect)


def _chosen(interface: ChatInterface, name: str) -> Input:
    """The input of that name; the first one where there is none."""
    return interface.inputs.get(name) or next(iter(interface.inputs.values()))


def field_template(field: forms.BoundField) -> str:
    """The name of the template that shows a field: its own, or that of all controls like it."""
    if named := getattr(field.field, "panel", ""):
        return str(named)
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "group"
    return "set" if widget.use_fieldset else "field"
