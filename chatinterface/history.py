"""Whose conversations are whose. Every page, action, fragment and socket finds a conversation through find()."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core import signing
from django.db.models import Q

from chatinterface.models import Conversation, Message

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.http import HttpRequest

# Messages that a page of the log has.
PAGE_SIZE = 50

SALT = "chatinterface.conversation"

# Seconds for which the token of a page without a conversation opens a socket.
TOKEN_AGE = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks: a user, or an anonymous session; with the one conversation that a page's token gave them, if any."""

    user: AbstractBaseUser | AnonymousUser
    session_key: str = ""
    granted: UUID | None = None

    @property
    def account(self) -> Any:
        """The user; None for an anonymous visitor."""
        return self.user if self.user.is_authenticated else None

    @property
    def user_id(self) -> Any:
        """The user's primary key; None for an anonymous visitor."""
        return self.user.pk if self.user.is_authenticated else None

    def owns(self) -> Q:
        """The condition that a conversation is this visitor's."""
        if self.user.is_authenticated:
            return Q(user=self.user.pk)
        mine = Q(user__isnull=True, session_key=self.session_key) if self.session_key else Q(pk__in=())
        # A page that was opened before its visitor had a session holds a token instead of the session's cookie.
        return mine | Q(user__isnull=True, uuid=self.granted) if self.granted else mine


def visitor(request: HttpRequest, granted: UUID | None = None) -> Visitor:
    """Who makes this request."""
    # Asking for the user loads the session; before that, its key is whatever the cookie claims.
    anonymous = not request.user.is_authenticated
    return Visitor(user=request.user, session_key=(anonymous and request.session.session_key) or "", granted=granted)


def find(who: Visitor, uuid: UUID, interface: str | None = None, *, lock: bool = False) -> Conversation:
    """The conversation of that id, with its leaf and run; with ``lock`` until the transaction's end.

    Raises Conversation.DoesNotExist alike where there is none and where it is another's.
    """
    named = {} if interface is None else {"interface": interface}
    # What the last message says may be long, and is not asked for here.
    found = Conversation.objects.select_related("leaf__run", "user").defer(
        "leaf__parts", "leaf__html", "leaf__run__error"
    )
    if lock:
        found = found.select_for_update(of=("self",))
    return found.get(who.owns(), uuid=uuid, **named)


def messages(conversation: Conversation, before: int | None = None) -> tuple[list[Message], int | None]:
    """A page of the shown path, oldest first: the last PAGE_SIZE messages, or those before the id ``before``.

    The second value is what to pass as ``before`` for the page of older ones; None where there are none.
    """
    path = conversation.messages.filter(active=True)
    if before is not None:
        path = path.filter(pk__lt=before)
    newest_first = list(path.order_by("-pk")[: PAGE_SIZE + 1])
    page = newest_first[:PAGE_SIZE][::-1]
    return page, page[0].pk if len(newest_first) > PAGE_SIZE else None


def new_token(who: Visitor, interface: str) -> tuple[UUID, str]:
    """A fresh conversation id for a page, and the token that proves that it came from here."""
    uuid = uuid4()
    return uuid, signing.dumps([uuid.hex, interface, str(who.user_id)], salt=SALT)


def granted(token: str, who: Visitor, max_age: int | None = None) -> tuple[UUID, str] | None:
    """What a token grants: the id and the chat's name; None where it is forged, another user's, or too old."""
    try:
        uuid, interface, user_id = signing.loads(token, salt=SALT, max_age=max_age)
    except signing.BadSignature:
        return None
    return (UUID(uuid), interface) if user_id == str(who.user_id) else None


def open_session(request: HttpRequest, uuid: UUID) -> None:
    """Give an anonymous visitor the session that will own what they say.

    Where the same page made its conversation before and the answer with the cookie never arrived, ``uuid``, granted
    by the page's token, leads back to the session that was made then.
    """
    if request.user.is_authenticated or request.session.session_key:
        return
    made = Conversation.objects.filter(uuid=uuid, user__isnull=True).values_list("session_key", flat=True).first()
    if made:
        _enter_session(request, made)
    else:
        request.session.create()


def keep_session(request: HttpRequest, conversation: Conversation) -> None:
    """Where two requests began the same conversation at once, let both answers carry the session that owns it."""
    key = request.session.session_key
    made_now = key and key != request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if made_now and conversation.session_key and conversation.session_key != key:
        request.session.delete()
        _enter_session(request, conversation.session_key)


def _enter_session(request: HttpRequest, key: str) -> None:
    request.session = type(request.session)(key)
    request.session.modified = True
