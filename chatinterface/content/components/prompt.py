"""A question to the reader, in the middle of a reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from chatinterface.content.components.base import Component, Part, Store

State = Literal["open", "answered", "expired", "closed"]


@dataclass(frozen=True, eq=False)
class Prompt(Component):
    """A form in the reply, or what was answered in it.

    ``fields`` is the HTML of the form's fields, ``answers`` pairs of a label and what was entered, ``note`` the
    sentence that says why it cannot be answered any more.
    """

    question: str
    title: str = ""
    fields: str = ""
    submit: str = ""
    state: State = "open"
    answers: Sequence[tuple[str, str]] = ()
    note: str = ""

    kind: ClassVar[str] = "prompt"

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        return {
            "question": self.question,
            "title": self.title,
            "fields": self.fields,
            "submit": self.submit,
            "state": self.state,
            "answers": [list(each) for each in self.answers],
            "note": self.note,
        }

    def text(self) -> str:
        """See Component.text()."""
        said = [f"{label}: {value}" if label else value for label, value in self.answers]
        return "\n\n".join([*([self.title] if self.title else []), *said])


def closed(part: Part) -> Part | None:
    """The part of a question that was not answered, now that nobody waits for it; None for any other part."""
    props = part.get("props")
    if part.get("component") != Prompt.kind or not isinstance(props, dict) or props.get("state") != "open":
        return None
    return {**part, "props": {**props, "state": "closed"}}
