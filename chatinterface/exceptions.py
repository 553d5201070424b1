"""The exceptions of chatinterface."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ChatError(Exception):
    """What was asked cannot be done now. ``sentence`` says why, and what to do."""

    sentence: str | Promise = ""

    def __str__(self) -> str:
        return str(self.sentence)


class Busy(ChatError):
    """A reply is still being written, and the chat takes one message at a time."""

    sentence = _("A reply is still being written. Send your message when it is done, or stop it first.")


class NotRetryable(ChatError):
    """The reply is finished, or the conversation has gone on: there is nothing to try again."""

    sentence = _("This reply cannot be tried again: the conversation has gone on.")


class Replaced(Exception):
    """A run is told that its conversation has gone on without it."""
