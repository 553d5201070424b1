"""What a callback is told beside the message: inputs below the chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from chatinterface.additional import Additional, made
from chatinterface.callbacks import CONVENTIONS, SESSION_NAMES
from chatinterface.declarations.base import Declaration

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

# Names that a callback's arguments have already.
TAKEN = SESSION_NAMES.union(*CONVENTIONS.values())


class AdditionalInputs(Declaration):
    """The inputs below a chat."""

    # Fields, or Gradio's short names of them ("textbox", "slider", …), whose values the callback gets after history, or
    # in the arguments of their names.
    additional_inputs: Any = ()
    # What their fold is called, or a dict of "label" and "open", whether it is open at first.
    additional_inputs_accordion: _StrOrPromise | Mapping[str, Any] = _("Additional inputs")

    if TYPE_CHECKING:
        # The inputs below the chat; None where it has none.
        additional: Additional | None

    def settle(self) -> None:
        """See Declaration.settle(); makes the inputs."""
        given = self.additional_inputs
        several = list(given) if isinstance(given, list | tuple) else [given]
        fold = self.additional_inputs_accordion
        folded = fold if isinstance(fold, Mapping) else {"label": fold}
        if unknown := sorted(folded.keys() - {"label", "open"}):
            self.refuse(f'additional_inputs_accordion has {unknown[0]!r}: it may have "label" and "open".')
        label = folded.get("label", AdditionalInputs.additional_inputs_accordion)
        try:
            additional = made(several, label, opened=bool(folded.get("open", False)))
        except ValueError as error:
            self.refuse(f"additional_inputs {error}.")
        if taken := sorted(TAKEN.intersection(additional.names)):
            self.refuse(f"additional_inputs has one named {taken[0]!r}, as the callback's own: give it another name=….")
        self.keep("additional", additional if several else None)
        super().settle()
