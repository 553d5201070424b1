"""What a visitor may begin with, and what of it is answered beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from django.utils.translation import gettext_lazy as _

from chatinterface.additional import Additional
from chatinterface.declarations.base import Declaration, listed
from chatinterface.examples import Example, made
from chatinterface.inputs import Input, composes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import _StrOrPromise

MODES = ("eager", "lazy")


class Examples(Declaration):
    """The examples of a chat."""

    callables: ClassVar[tuple[str, ...]] = ("on_example_select",)

    # Messages to begin with, shown while the conversation is empty: texts, dicts of "text" and "files" (paths), or
    # lists of one of these and the values of the additional inputs.
    examples: Sequence[Any] = ()
    # What they are called together.
    examples_label: _StrOrPromise = _("Examples")
    # What is shown in place of each example, and beside it: an emoji, the name of an icon, or an image's address.
    example_labels: Sequence[str] = ()
    example_icons: Sequence[str] = ()
    # Whether a click on an example sends it, or only fills it in.
    run_examples_on_click: bool = True
    # Whether the reply to an example is kept in Django's cache and given to who asks for it: made by the command
    # chatinterface_cache_examples and when the server starts ("eager"), or by the first visitor ("lazy").
    cache_examples: bool = False
    cache_mode: Literal["eager", "lazy"] = "eager"
    # Called with the ChatSession and an ExampleEvent when a visitor sends an example.
    on_example_select: Callable[..., Any] | None = None

    if TYPE_CHECKING:
        inputs: Mapping[str, Input]
        additional: Additional | None
        multimodal: bool
        # The examples as they are shown, in order.
        shown_examples: tuple[Example, ...]

    def settle(self) -> None:
        """See Declaration.settle(); makes the examples."""
        super().settle()
        self.check_called("on_example_select", self.on_example_select, "session", "event")
        if not isinstance(self.examples, list | tuple):
            self.refuse(f"examples={self.examples!r} must be a list.")
        try:
            examples = made(self.examples, self.additional)
        except ValueError as error:
            self.refuse(f"examples {error}.")
        labels, icons = self._beside("example_labels"), self._beside("example_icons")
        examples = [
            replace(each, label=label, icon=icon) for each, label, icon in zip(examples, labels, icons, strict=True)
        ]
        if any(each.files for each in examples) and not self.multimodal:
            self.refuse("examples have files, which the chat does not take. Declare multimodal=True.")
        if examples and not composes(self.inputs):
            self.refuse("examples are texts, and none of its widgets takes one. Add a ChatAreaInput.")
        if self.cache_mode not in MODES:
            self.refuse(f"cache_mode={self.cache_mode!r} must be one of {listed(MODES)}.")
        self.keep("shown_examples", tuple(examples))

    def _beside(self, name: str) -> list[str]:
        given = list(getattr(self, name) or ())
        if given and len(given) != len(self.examples):
            self.refuse(f"{name} has {len(given)} entries for {len(self.examples)} examples: write one for each.")
        return [str(each or "") for each in given] or [""] * len(self.examples)
