"""Beginning a conversation: by the token of its page, and with the session that is to own it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from chatinterface import adoption, history
from chatinterface.history import Visitor
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation


@dataclass(slots=True)
class Beginning:
    """Who acts, and whether they may begin the conversation; owned() is to be told when it is there."""

    who: Visitor
    may_create: bool = False
    owner: str = ""
    proven: bool = False

    def owned(self, conversation: Conversation, *, proven: bool = False) -> None:
        """It is there now; ``proven`` where the request was the repetition of the one that has begun it."""
        self.owner, self.proven = conversation.session_key, proven


@contextmanager
def beginning(request: HttpRequest, interface: ChatInterface, uuid: UUID, token: str) -> Iterator[Beginning]:
    """Give an anonymous visitor with the page's token a session, which is kept where it owns the conversation then."""
    granted = history.granted(token, history.visitor(request)) == (uuid, interface.name)
    made = granted and history.open_session(request)
    begun = Beginning(history.visitor(request, granted=uuid if granted else None), granted)
    try:
        yield begun
    finally:
        if made:
            history.keep_session(request, begun.owner, proven=begun.proven)
    if begun.owner:
        adoption.mark(request.session)
