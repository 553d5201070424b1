"""Asking the reader: a question in the middle of a reply, and its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from chatinterface import relay
from chatinterface.port import Inquiry
from chatinterface.sessions.base import Session

Predicate = Callable[[Any], bool | str | Awaitable[bool | str | None] | None]


class Asking(Session):
    """What a ChatSession asks of its reader."""

    def prompt_user(
        self,
        question: Any,
        predicate: Predicate | None = None,
        timeout: float | None = 120,
        *,
        title: str = "",
        label: str = "",
        initial: Any = None,
        submit: str = "",
        timeout_message: str = "",
    ) -> Any:
        """Ask the reader in the reply, and return the answer, once it is valid.

        ``question`` is a form (its class or an instance), a form field, a list of options, or a text, to be answered
        by a text. A form is answered by its cleaned data, a field by its cleaned value, a list by one of its items.
        ``predicate`` takes that answer: where it returns False or a sentence, or raises ValidationError, the reader is
        told so beside the field, and asked on. After ``timeout`` seconds (None: never) the question is closed, with
        ``timeout_message``, and PromptTimeout is raised. ``title`` stands above the form, ``label`` beside the field,
        ``submit`` on the button.

        As Panel's, which returns nothing and has the answer given to a callback. In async code: aprompt_user().
        """
        _refuse_loop()
        port = self.port
        apart = self.interface.yields == "text"
        inquiry = Inquiry(question, predicate, timeout, title, label, initial, submit, timeout_message, apart)
        asked = port.do(lambda: port.ask(inquiry))
        assert asked is not None, "it is called from a thread"
        return relay.on_loop(asked.answer, asked.loop)

    async def aprompt_user(
        self,
        question: Any,
        predicate: Predicate | None = None,
        timeout: float | None = 120,  # noqa: ASYNC109 -- of the reader, and with an answer of its own.
        *,
        title: str = "",
        label: str = "",
        initial: Any = None,
        submit: str = "",
        timeout_message: str = "",
    ) -> Any:
        """See prompt_user(). Several may be asked at once, by asyncio.gather()."""
        port = self.port
        apart = self.interface.yields == "text"
        inquiry = Inquiry(question, predicate, timeout, title, label, initial, submit, timeout_message, apart)
        asked = await port.ado(lambda: port.ask(inquiry))
        return await asked.answer()


def _refuse_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("prompt_user() would hold up the event loop. Write await chat.aprompt_user(…).")
