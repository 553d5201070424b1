"""A form that the reader may fill in, as a part of a reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from chatinterface.content.components.base import Component, Store
from chatinterface.content.markdown import normalise
from chatinterface.content.storable import plain


@dataclass(frozen=True, eq=False)
class Form(Component):
    """A form in the log: what its reader fills in is sent as their next message.

    ``form`` is one of the chat's ``forms``: its class or its name. The callback gets the cleaned data, as FormData.
    ``title`` stands above the fields, ``submit`` on the button; ``initial`` has first values by the fields' names, as
    JSON. It can be filled in as long as it is in the last message, once; after an undo again. Unlike
    ``ChatSession.prompt_user()`` nothing waits for it.
    """

    form: Any
    title: str = ""
    submit: str = ""
    initial: Mapping[str, Any] | None = None
    key: str | None = None

    kind: ClassVar[str] = "form"

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props(). Raises ValueError for a form that the chat has not declared."""
        return {
            "form": store.form(self.form),
            "title": normalise(str(self.title)),
            "submit": normalise(str(self.submit)),
            "initial": plain(dict(self.initial or {})),
        }

    def text(self) -> str:
        """See Component.text()."""
        return str(self.title)
