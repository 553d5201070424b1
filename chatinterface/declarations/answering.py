"""Who answers: the callback, what it yields, and what is shown when it raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from chatinterface.additional import Additional
from chatinterface.callbacks import Binding, bind
from chatinterface.declarations.base import Declaration, listed

EXCEPTION_MODES = ("summary", "verbose", "traceback", "ignore", "raise")
YIELDS = ("text", "tokens")


class Answering(Declaration):
    """The callback of a chat."""

    callables: ClassVar[tuple[str, ...]] = ("fn", "callback", "callback_exception", "post_hook")

    # The callback by Gradio's convention: fn(message, history). The history is a list of {"role", "content"} dicts,
    # oldest first, without the current message.
    fn: Callable[..., Any] | None = None
    # The callback by Panel's convention: callback(contents[, user[, instance]]), as many as it takes.
    callback: Callable[..., Any] | None = None
    # What a generator yields: "text", each time the whole reply so far, or "tokens", each time what is added to it.
    yields: Literal["text", "tokens"] = "text"
    # What is shown when the callback raises: "summary" (a sentence with an error id), "verbose" or "traceback" (the
    # traceback), "ignore" (nothing), "raise" (as "summary", and raised again in the server), or a callable(exception,
    # instance) that returns the text to show. What happened is logged under the error id in every mode.
    callback_exception: str | Callable[..., Any] = "summary"
    # Called as post_hook(message, instance) with each message that is complete, whoever said it and however it ended:
    # as Panel's. What the hook itself writes does not call it again.
    post_hook: Callable[..., Any] | None = None

    if TYPE_CHECKING:
        # What the callback is called with.
        binding: Binding
        additional: Additional | None

    def __init__(self, fn: Callable[..., Any] | None = None, /, **attributes: Any) -> None:
        if fn is not None and "fn" in attributes:
            raise TypeError(f"{type(self).__name__}() got fn twice: remove one of them.")
        if fn is not None:
            attributes["fn"] = fn
        super().__init__(**attributes)

    @property
    def function(self) -> Callable[..., Any]:
        """The callback, by whichever convention."""
        return cast("Callable[..., Any]", self.callback if self.fn is None else self.fn)

    def settle(self) -> None:
        """See Declaration.settle(); binds the callback's arguments."""
        self._check_callback()
        super().settle()
        if self.yields not in YIELDS:
            self.refuse(f"yields={self.yields!r} must be one of {listed(YIELDS)}.")
        if not callable(self.callback_exception) and self.callback_exception not in EXCEPTION_MODES:
            self.refuse(
                f"callback_exception={self.callback_exception!r} must be one of {listed(EXCEPTION_MODES)}, "
                "or a callable that takes the exception and the ChatSession."
            )
        self.check_called("post_hook", self.post_hook, "message", "instance")
        convention = "fn" if self.callback is None else "callback"
        additional = self.additional.names if self.additional else ()
        self.keep("binding", bind(self.function, convention, repr(self), additional))

    def _check_callback(self) -> None:
        conventions = "fn (called with message, history) {} callback (called with contents, user, instance)"
        if self.fn is None and self.callback is None:
            self.refuse(f"it has neither {conventions.format('nor')}. {self._remedy()}")
        if self.fn is not None and self.callback is not None:
            self.refuse(f"it has both {conventions.format('and')}. Remove one of them.")
        if not callable(self.function):
            given = type(self.function).__name__
            self.refuse(f"{given} is not callable. Give a function, a method or an object with __call__.")

    def _remedy(self) -> str:
        own = not type(self).__module__.startswith("chatinterface.")
        return "Write def fn(self, message, history)." if own else "Give it fn=… or callback=…."
