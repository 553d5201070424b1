"""What a chat's author says about a message before it is sent."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from chatinterface.exceptions import NotValid


@dataclass(frozen=True, slots=True)
class Validation:
    """Whether a value may be sent, and what is said where it may not."""

    is_valid: bool
    message: str = ""


def validate(is_valid: bool, message: str = "") -> Validation:  # noqa: FBT001 -- Gradio's signature.
    """What a ``validator`` returns, as Gradio's ``gr.validate()``."""
    return Validation(bool(is_valid), str(message))


def require_valid(validator: Callable[..., Any] | None, value: Any, session: Callable[[], Any] = lambda: None) -> None:
    """Ask a chat's validator, if it has one. Raises NotValid with what is to be said to the visitor.

    One that has an argument ``chat`` gets the ``session`` of the conversation; None where that is only beginning. To be
    called in a thread, where the database may be asked; what an async one does is done on the event loop.
    """
    if validator is None:
        return
    try:
        verdict = validator(value, chat=session()) if _wants_session(validator) else validator(value)
        if inspect.isawaitable(verdict):
            verdict = async_to_sync(_awaited)(verdict)
        complaints = list(_complaints(verdict))
    except ValidationError as error:
        complaints = error.messages
    if complaints:
        raise NotValid(complaints)


def _wants_session(validator: Callable[..., Any]) -> bool:
    try:
        return "chat" in inspect.signature(validator).parameters
    except (TypeError, ValueError):
        return False


async def _awaited(verdict: Awaitable[Any]) -> Any:
    return await verdict


def _complaints(verdict: Any) -> Iterator[str]:
    if isinstance(verdict, Validation):
        verdict = {"is_valid": verdict.is_valid, "message": verdict.message}
    if verdict is None or isinstance(verdict, bool):
        verdict = {"is_valid": verdict is not False}
    if isinstance(verdict, Mapping) and "is_valid" in verdict:
        if not verdict["is_valid"]:
            yield str(verdict.get("message") or _("This cannot be sent as it is. Change it, and send it again."))
    elif isinstance(verdict, Iterable) and not isinstance(verdict, str | Mapping):
        for each in verdict:
            yield from _complaints(each)
    else:
        raise TypeError(f"validator returned {verdict!r}: let it return chatinterface.validate(…), a bool or None.")
