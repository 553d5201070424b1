"""From a session to an account: what somebody said without a login is theirs when they log in.

A session's key changes at login, and the cookie that came with the request only claims what it was. So a session notes
in its own data, which Django keeps through a login and drops where the session was another user's, under which keys
conversations were made in it: only these move, in one transaction, to whoever is first. After that the old key finds
nothing, whoever knows it.
"""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction

from chatinterface import search
from chatinterface.models import Conversation, Flag, Upload

MARK = "_chatinterface_keys"

# The keys that a session has had, of which the last are remembered.
MOST_KEYS = 10


def mark(session: SessionBase) -> None:
    """Note in an anonymous visitor's session that a conversation is kept under its key."""
    key = session.session_key
    keys = session.get(MARK, [])
    if key and key not in keys:
        session[MARK] = [*keys, key][-MOST_KEYS:]


def adopt(session: SessionBase, user: Any) -> tuple[list[str], set[str]]:
    """Give a user what was made in a session before its login; returns the session's former keys and the chats' names.

    Who comes second finds nothing.
    """
    keys: list[str] = session.pop(MARK, [])
    if not keys:
        return [], set()
    with transaction.atomic():
        theirs = Conversation.objects.filter(user__isnull=True, session_key__in=keys)
        locked = list(theirs.select_for_update().order_by("pk").values_list("pk", "interface"))
        ids = [pk for pk, _ in locked]
        Conversation.objects.filter(pk__in=ids).update(user=user, session_key="")
        search.move(ids, keys, user.pk)
        _adopt_flags(keys, user)
        # What is attached and not sent yet.
        Upload.objects.filter(user__isnull=True, session_key__in=keys).update(user=user, session_key="")
    return keys, {interface for _, interface in locked}


def _adopt_flags(keys: list[str], user: Any) -> None:
    theirs = Flag.objects.filter(user__isnull=True, session_key__in=keys)
    # Two keys may have flagged one message, and so may the user: one flag a reader.
    both = Flag.objects.filter(user=user, message__in=theirs.values("message"))
    seen = set(both.values_list("message_id", flat=True))
    for flag in theirs.order_by("-pk"):
        if flag.message_id in seen:
            flag.delete()
            continue
        if flag.message_id is not None:
            seen.add(flag.message_id)
        Flag.objects.filter(pk=flag.pk).update(user=user, session_key="")
