"""ChatSession: what a callback holds of the conversation that it answers in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from chatinterface.interface import ChatInterface
    from chatinterface.models import Conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSession:
    """The handle on one conversation that a callback gets as ``chat`` or ``instance``."""

    interface: ChatInterface
    conversation: Conversation
    _stopped: Callable[[], bool] = field(repr=False)

    @property
    def user(self) -> AbstractBaseUser | None:
        """The user whose conversation it is; None for an anonymous visitor's."""
        return self.conversation.user

    @property
    def stopped(self) -> bool:
        """Whether the reply was stopped. A synchronous callback that works long without a yield may ask, and return."""
        return self._stopped()
