"""ChatSession: what a callback, or the site, holds of a conversation."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from asgiref.sync import sync_to_async

from chatinterface.port import outside
from chatinterface.sessions.asking import Asking
from chatinterface.sessions.exporting import Exporting
from chatinterface.sessions.guiding import Guiding
from chatinterface.sessions.recalling import Recalling
from chatinterface.sessions.speaking import Speaking
from chatinterface.sessions.stepping import Stepping
from chatinterface.sessions.telling import Telling
from chatinterface.sessions.withdrawing import Withdrawing

if TYPE_CHECKING:
    from uuid import UUID

    from django.contrib.auth.models import AbstractBaseUser

    from chatinterface.models import Conversation

# The modules of the package that callbacks may want, beside the names that it has itself.
MODULES = ("exceptions", "hooks", "signals", "transcripts")


@dataclass(kw_only=True, eq=False)
class ChatSession(Speaking, Withdrawing, Stepping, Asking, Telling, Recalling, Exporting, Guiding):
    """The handle on one conversation: what a callback gets as ``chat`` or ``instance``, and the site by ``get()``.

    What changes something comes in two forms: ``send()`` for synchronous code, from any thread, and ``asend()`` to be
    awaited. In an async callback the first may be called too: then it is done in order with what is yielded, but not
    waited for. Both raise ``exceptions.Ended`` where the callback's run has ended. Elsewhere each is a transaction or
    part of one, of which open pages are told when it is committed; Conversation.DoesNotExist is raised where the
    conversation was deleted.
    """

    @classmethod
    def get(cls, conversation: Conversation | UUID | str) -> Self:
        """The session of a conversation, given by itself or by its ``uuid``, for a view, a signal, a task or a shell.

        Whoever calls it has the right to: nobody is asked whose conversation it is. Raises Conversation.DoesNotExist
        where there is none or it was deleted, UnknownChat where its chat is not registered, ValueError for what is no
        UUID.
        """
        interface, found = outside().find(conversation)
        return cls(interface=interface, conversation=found)

    @classmethod
    async def aget(cls, conversation: Conversation | UUID | str) -> Self:
        """See get()."""
        return await sync_to_async(cls.get)(conversation)

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
