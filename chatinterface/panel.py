"""The list of a visitor's conversations: what it shows, and what can be done to one of them.

Every question is asked of one index and of one owner, and a page of the list is found by its key and not by counting,
so that the thousandth page costs what the first does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatinterface import search
from chatinterface.exceptions import ChatError
from chatinterface.history import Visitor, find
from chatinterface.models import Conversation

PAGE_SIZE = 40

# Pinned conversations that a visitor can have in a chat: all of them are shown.
MOST_PINNED = 50

# Seconds for which the page offers to undo a deletion, and for which the server grants it.
UNDO = 10
UNDO_GRANTED = 60

# Deleted conversations that are purged by the way, when their visitor deletes another.
PURGED_AT_ONCE = 20

TITLE_LENGTH = 200

PLACE = re.compile(r"(\d{20})-(\d{1,18})")


class TooManyPinned(ChatError):
    """A list whose beginning is endless helps nobody."""

    sentence = _("You have pinned as many conversations as can be. Unpin one first.")


@dataclass(frozen=True, slots=True)
class Place:
    """After which conversation a page of the list begins: the time that it is listed by, and its id."""

    time: datetime
    pk: int

    def __str__(self) -> str:
        return f"{self.time.astimezone(UTC):%Y%m%d%H%M%S%f}-{self.pk}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """The reverse of str(). Raises ValueError."""
        found = PLACE.fullmatch(text)
        if found is None:
            raise ValueError(text)
        return cls(datetime.strptime(found[1], "%Y%m%d%H%M%S%f").replace(tzinfo=UTC), int(found[2]))


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list; ``more`` is where the next one begins, None where it is the last."""

    conversations: list[Conversation]
    more: Place | None


def recent(who: Visitor, interface: str, after: Place | None = None) -> Page:
    """What is neither pinned nor archived, the last change first."""
    mine = _mine(who, interface).filter(pinned_at=None, archived_at=None)
    return _page(mine, "updated_at", after)


def archived(who: Visitor, interface: str, after: Place | None = None) -> Page:
    """What is archived, the last archived first."""
    mine = _mine(who, interface).filter(archived_at__isnull=False)
    return _page(mine, "archived_at", after)


def pinned(who: Visitor, interface: str) -> list[Conversation]:
    """What is pinned, the last pinned first."""
    mine = _mine(who, interface).filter(pinned_at__isnull=False, archived_at=None)
    return list(mine.order_by("-pinned_at", "-pk")[:MOST_PINNED])


def entry(who: Visitor, interface: str, uuid: UUID) -> Conversation:
    """One conversation as the list shows it. Raises Conversation.DoesNotExist."""
    return _mine(who, interface).get(uuid=uuid)


def rename(who: Visitor, interface: str, uuid: UUID, title: str) -> Conversation:
    """Give a conversation a title, which it keeps. One that is blank changes nothing. Raises DoesNotExist."""
    with transaction.atomic():
        conversation = find(who, uuid, interface, lock=True)
        if title := clean_title(title):
            conversation.title = title
            conversation.save(update_fields=["title"])
            search.index_title(conversation)
    return conversation


def pin(who: Visitor, interface: str, uuid: UUID, *, pinned: bool) -> Conversation:
    """Put a conversation at the head of the list, or back. Raises DoesNotExist, TooManyPinned."""
    conversation = find(who, uuid, interface)
    mine = _mine(who, interface)
    if pinned and mine.filter(pinned_at__isnull=False, archived_at=None)[:MOST_PINNED].count() == MOST_PINNED:
        raise TooManyPinned
    return _set(conversation, pinned_at=timezone.now() if pinned else None)


def archive(who: Visitor, interface: str, uuid: UUID, *, archived: bool) -> Conversation:
    """Take a conversation out of the list, or back into it. Raises DoesNotExist."""
    return _set(find(who, uuid, interface), archived_at=timezone.now() if archived else None)


def see(who: Visitor, interface: str, uuid: UUID) -> Conversation:
    """The visitor has looked at all of it. Raises DoesNotExist."""
    return _set(find(who, uuid, interface), unread=False)


def delete(who: Visitor, interface: str, uuid: UUID) -> Conversation:
    """Make a conversation as if it were not there: restore() can bring it back for a while. Raises DoesNotExist.

    What the visitor deleted earlier is purged. A reply that is being written goes on, in case it is brought back.
    """
    conversation = _set(find(who, uuid, interface), deleted_at=timezone.now())
    gone = Conversation.objects.filter(who.owns(), interface=interface)
    purge(gone, limit=PURGED_AT_ONCE)
    return conversation


def restore(who: Visitor, interface: str, uuid: UUID) -> Conversation:
    """Undo a deletion. Raises Conversation.DoesNotExist where it is too late."""
    since = timezone.now() - timedelta(seconds=UNDO_GRANTED)
    deleted = Conversation.objects.filter(who.owns(), interface=interface, deleted_at__gt=since)
    return _set(deleted.get(uuid=uuid), deleted_at=None)


def purge(conversations: QuerySet[Conversation] | None = None, *, limit: int | None = None) -> int:
    """Delete for good what was deleted so long ago that nobody can undo it; returns how many conversations."""
    gone = purgeable(conversations)
    ids = list(gone.order_by("deleted_at").values_list("pk", flat=True)[:limit])
    for pk in ids:
        gone.filter(pk=pk).delete()
    return len(ids)


def purgeable(conversations: QuerySet[Conversation] | None = None) -> QuerySet[Conversation]:
    """The conversations, of these or of all, that were deleted so long ago that nobody can undo it."""
    before = timezone.now() - timedelta(seconds=UNDO_GRANTED)
    return (Conversation.objects.all() if conversations is None else conversations).filter(deleted_at__lt=before)


def clean_title(title: str) -> str:
    """A title in one line, without what no line can show."""
    shown = "".join(letter for letter in " ".join(title.split()) if letter.isprintable())
    return shown[:TITLE_LENGTH].strip()


def _mine(who: Visitor, interface: str) -> QuerySet[Conversation]:
    """The visitor's conversations in a chat, with what a row of the list shows."""
    mine = Conversation.objects.filter(who.mine(), interface=interface, deleted_at=None)
    return mine.select_related("leaf__run").only(*search.LISTED)


def _page(conversations: QuerySet[Conversation], field: str, after: Place | None) -> Page:
    if after is not None:
        # The first condition is what an index is asked for, the second sorts out those of the same time.
        conversations = conversations.filter(**{f"{field}__lte": after.time}).exclude(
            **{field: after.time, "pk__gte": after.pk}
        )
    found = list(conversations.order_by(f"-{field}", "-pk")[: PAGE_SIZE + 1])
    page = found[:PAGE_SIZE]
    last = page[-1] if len(found) > PAGE_SIZE else None
    return Page(page, Place(getattr(last, field), last.pk) if last is not None else None)


def _set(conversation: Conversation, **values: object) -> Conversation:
    for name, value in values.items():
        setattr(conversation, name, value)
    conversation.save(update_fields=list(values))
    return conversation
