"""Whose conversations are whose. Every page, action, fragment and socket finds a conversation through find()."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.core import signing
from django.db import connections, router
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from chatinterface import authors
from chatinterface.models import Conversation, Message, Run
from chatinterface.prepared import Parameter, Prepared

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.http import HttpRequest

# Messages that a page of the log has.
PAGE_SIZE = 50

SALT = "chatinterface.conversation"

# What a conversation is read with: see Conversation.active_until.
ACTIVE_UNTIL = Subquery(
    Run.objects.filter(conversation=OuterRef("pk"), status__in=Run.ACTIVE)
    .order_by("lease_until")
    .values("lease_until")[:1]
)

# See Conversation.leaf_continued.
LEAF_CONTINUED = Exists(Message.objects.filter(parent=OuterRef("leaf")))

COLUMNS = [field.attname for field in Conversation._meta.concrete_fields]

# The columns of parameters that are not called as these are.
PARAMETERS = {"granted": "uuid", "since": "created_at"}

# Seconds for which the token of a page without a conversation opens a socket.
TOKEN_AGE = 24 * 60 * 60

# Seconds after its first message for which a conversation is given to who has its page's token: by then the answer with
# the session's cookie has arrived.
GRANT_AGE = 5 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks: a user, or an anonymous session; with the one conversation that a page's token gave them, if any.

    ``connected`` is for a page that has had its conversation all along, so that its age does not matter.
    """

    user: AbstractBaseUser | AnonymousUser
    session_key: str = ""
    granted: UUID | None = None
    connected: bool = False

    @property
    def account(self) -> Any:
        """The user; None for an anonymous visitor."""
        return self.user if self.user.is_authenticated else None

    @property
    def user_id(self) -> Any:
        """The user's primary key; None for an anonymous visitor."""
        return self.user.pk if self.user.is_authenticated else None

    def mine(self, prefix: str = "") -> Q:
        """The condition that something is this user's or session's; ``prefix`` leads to what has the owner."""
        return owned(user=self.user_id, session_key=self.session_key, prefix=prefix)

    def owns(self) -> Q:
        """The condition that a conversation is this visitor's, also by the token of their page."""
        return owned(**self.claims())

    def claims(self) -> dict[str, Any]:
        """What something may be this visitor's by: see owned()."""
        if self.user_id is not None:
            return {"user": self.user_id}
        claims: dict[str, Any] = {"session_key": self.session_key} if self.session_key else {}
        if self.granted is not None:
            # A page that was opened before its visitor had a session holds a token instead of the session's cookie.
            claims["granted"] = self.granted
            if not self.connected:
                claims["since"] = timezone.now() - timedelta(seconds=GRANT_AGE)
        return claims


def owned(*, user: Any = None, session_key: Any = "", granted: Any = None, since: Any = None, prefix: str = "") -> Q:
    """The condition that something belongs to the user of this primary key; without one, to a session.

    Or that it is the one conversation that was ``granted``; if it was made ``since`` then, where that is given.
    ``prefix`` leads to what has the owner. Expressions may be given in the place of values.
    """
    if user is not None:
        return Q(**{f"{prefix}user": user})
    nobody = {f"{prefix}user__isnull": True}
    # An empty key owns nothing.
    mine = Q(**nobody, **{f"{prefix}session_key": session_key}) if session_key else Q(pk__in=())
    if granted is None:
        return mine
    young = {} if since is None else {f"{prefix}created_at__gt": since}
    return mine | Q(**nobody, **young, **{f"{prefix}uuid": granted})


def visitor(request: HttpRequest, granted: UUID | None = None, *, connected: bool = False) -> Visitor:
    """Who makes this request."""
    # Asking for the user loads the session; before that, its key is whatever the cookie claims.
    session_key = "" if request.user.is_authenticated else request.session.session_key or ""
    return Visitor(user=request.user, session_key=session_key, granted=granted, connected=connected)


def find(who: Visitor, uuid: UUID, interface: str | None = None, *, lock: bool = False) -> Conversation:
    """The conversation of that id, with its user and its leaf's author; with ``lock`` until the transaction's end.

    Read with it are its ``active_until`` and ``leaf_continued``. Raises Conversation.DoesNotExist alike where there is
    none, where it was deleted, and where it is another's.
    """
    using = router.db_for_write(Conversation) if lock else router.db_for_read(Conversation)
    given = {**who.claims(), "uuid": uuid, **({} if interface is None else {"interface": interface})}
    by = frozenset(given)
    locks = lock and connections[using].features.has_select_for_update
    # Locked by a statement of its own: one that joins would show the leaf as it was before the wait.
    rows = [] if locks and not _locking(by).rows(using, **given) else _finding(by).rows(using, **given)
    if not rows:
        raise Conversation.DoesNotExist
    return _found(using, rows[0], who)


def _found(using: str, row: tuple[Any, ...], who: Visitor) -> Conversation:
    count = len(COLUMNS)
    found = Conversation.from_db(using, COLUMNS, row[:count])
    found.active_until, found.leaf_continued, *author = row[count:]
    if found.leaf_id is not None:
        # What a leaf says may be long: only whose it is is read.
        found.leaf = Message.from_db(using, ["id"], [found.leaf_id])
        vars(found.leaf).update(zip(authors.AUTHOR, author, strict=True))
    if found.user_id is not None:
        found.user = who.account
    return found


@cache
def _finding(by: frozenset[str]) -> Prepared:
    # By its name, as with_leases() does.
    seen = {"leaf_continued": LEAF_CONTINUED}
    author = [f"leaf__{name}" for name in authors.AUTHOR]
    return Prepared(with_leases(_wanted(by)).annotate(**seen).values_list(*COLUMNS, "active_until", *seen, *author))


@cache
def _locking(by: frozenset[str]) -> Prepared:
    return Prepared(_wanted(by).select_for_update().values_list("pk"))


def _wanted(by: frozenset[str]) -> QuerySet[Conversation]:
    """The conversations that are found by parameters of these names."""
    fields: dict[str, Any] = {name: Conversation._meta.get_field(PARAMETERS.get(name, name)) for name in by}
    given: dict[str, Any] = {name: Parameter(name, field) for name, field in fields.items()}
    named = {name: given.pop(name) for name in ("uuid", "interface") if name in given}
    return Conversation.objects.filter(owned(**given), deleted_at=None, **named)


def with_leases(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """The same, read with their ``active_until``."""
    # By its name, which has a meaning already where it was not read: see the model.
    return conversations.annotate(**{"active_until": ACTIVE_UNTIL})


def messages(
    conversation: Conversation, before: int | None = None, size: int = PAGE_SIZE
) -> tuple[list[Message], int | None]:
    """A page of the shown path, oldest first: the last ``size`` messages, or those before the id ``before``.

    The second value is what to pass as ``before`` for the page of older ones; None where there are none.
    """
    path = conversation.messages.filter(active=True)
    if before is not None:
        path = path.filter(pk__lt=before)
    newest_first = list(path.order_by("-pk")[: size + 1])
    page, earlier = newest_first[:size][::-1], newest_first[size:]
    authors.link(page, *earlier)
    return page, page[0].pk if earlier else None


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


def open_session(request: HttpRequest) -> bool:
    """Give an anonymous visitor the session that will own what they say; whether it was made now."""
    if request.user.is_authenticated or request.session.session_key:
        return False
    request.session.create()
    return True


def keep_session(request: HttpRequest, owner: str, *, proven: bool) -> None:
    """Keep a session that was made for this request only where it owns what was said.

    Else another request of the same page was first. Where this one has ``proven`` to be its repetition, by a key that
    only that page knows, its answer leads to the session that was made then: the first answer may never have arrived.
    """
    if owner == request.session.session_key:
        return
    request.session.delete()
    request.session = type(request.session)(owner if proven else None)
    request.session.modified = proven
