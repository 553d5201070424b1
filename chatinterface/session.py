"""ChatSession: what a callback holds of the conversation that it answers in."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatinterface.sessions.asking import Asking
from chatinterface.sessions.exporting import Exporting
from chatinterface.sessions.guiding import Guiding
from chatinterface.sessions.recalling import Recalling
from chatinterface.sessions.speaking import Speaking
from chatinterface.sessions.stepping import Stepping
from chatinterface.sessions.telling import Telling

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

# The modules of the package that callbacks may want, beside the names that it has itself.
MODULES = ("exceptions", "hooks", "signals", "transcripts")


@dataclass(kw_only=True, eq=False)
class ChatSession(Speaking, Stepping, Asking, Telling, Recalling, Exporting, Guiding):
    """The handle on one conversation that a callback gets as ``chat`` or ``instance``.

    What changes something comes in two forms: ``send()`` for synchronous callbacks, from any thread, and ``asend()`` to
    be awaited. The first may be called in an async callback too: then it is done in order with what is yielded, but not
    waited for. Both raise ``exceptions.Ended`` where the run has ended.
    """

    @property
    def user(self) -> AbstractBaseUser | None:
        """The user whose conversation it is; None for an anonymous visitor's."""
        return self.conversation.user

    @property
    def stopped(self) -> bool:
        """Whether the reply was stopped. A synchronous callback that works long without a yield may ask, and return."""
        return self._port is not None and self._port.stopped

    if not TYPE_CHECKING:  # A type checker would take it that there is every attribute.

        def __getattr__(self, name: str) -> Any:
            """Say what is wrong where a parameter named ``chat`` hides the module that was imported by this name."""
            if name in sys.modules["chatinterface"].__all__ or name in MODULES:
                raise AttributeError(
                    "chat is the ChatSession here, not the module: name the parameter `instance`, or write "
                    f"`from chatinterface import {name}`.",
                    name=name,
                    obj=self,
                )
            # Raises what it raised before: a property may have failed.
            return object.__getattribute__(self, name)
