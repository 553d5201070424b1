"""Search in titles and texts: one function, whatever the database.

The words of a message are written into a Passage when it is complete, by this module and not by triggers of the
database: they are cut by Python, in the same way for what is stored and what is looked for, so that every script is
found and every database finds the same. The passages are found by full text (PostgreSQL, GIN), by FTS5 (SQLite), or
where a database has neither by a comparison of each of the owner's passages.

Whose a passage is stands in it as a word, which the index meets with the others: a search costs what its own finds
cost, and not what everybody's do. What was found is then read through the owner's own conversations.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat, Replace

from chatinterface import registry
from chatinterface.content.parts import walk
from chatinterface.content.terms import Query, query, snippet, terms
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Message, Passage

# The most characters of a search.
LONGEST = 200

# Conversations that one page of results has, and passages that are looked at for it.
PAGE_SIZE = 30
LOOKED_AT = 120

# What a row of the list shows of a conversation.
LISTED = (
    *("uuid", "interface", "title", "unread", "updated_at", "archived_at", "pinned_at"),
    *("leaf__status", "leaf__run__status", "leaf__run__lease_until"),
)

# Begins the word that says whose a passage is. It is no letter, so that no text has such a word.
OWNER = "\ue000"

# After all passages.
LAST = 2**63 - 1

# By the words, or where most have them by walking the owner's: as many as are looked for are soon found then.
POSTGRESQL = """
    SELECT id FROM chatinterface_passage WHERE owner = %s AND vector @@ %s::tsquery AND id * -1 > -%s
    ORDER BY id * -1 LIMIT %s
"""
# By rowid, in which order FTS5 finds: it stops as soon as there are enough.
SQLITE = """
    SELECT rowid FROM chatinterface_search WHERE chatinterface_search MATCH %s AND rowid < %s
    ORDER BY rowid DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A conversation that was found, and the text around what was found: pieces, marked or not."""

    conversation: Conversation
    snippet: Sequence[tuple[str, bool]]
    in_title: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of hits, newest first; ``more`` is the ``before`` of the next one, None where it is the last."""

    hits: list[Hit]
    more: int | None


def search(who: Visitor, interface: str, text: str, before: int | None = None) -> Found:
    """What this visitor said and was answered in a chat, and titles they gave, that have all words of ``text``.

    The last word may be the beginning of one. Each conversation is once in a page. Three queries, whatever is found.
    """
    wanted = query(text[:LONGEST])
    mine = owner(who.user_id, who.session_key, interface)
    if wanted is None or not mine:
        return Found(hits=[], more=None)
    ids = _matching(wanted, mine, before)
    found = _readable(who, interface, ids)
    chosen: dict[int, int] = {}
    last = None
    for pk, conversation in found.values_list("pk", "conversation"):
        if conversation not in chosen.values():
            if len(chosen) == PAGE_SIZE:
                break
            chosen[pk] = conversation
        elif wanted.uncertain:
            chosen[pk] = conversation
        last = pk
    else:
        last = ids[-1] if len(ids) == LOOKED_AT else None
    hits: dict[int, Hit] = {}
    for passage in _shown(found.filter(pk__in=chosen)):
        if passage.conversation_id not in hits and (hit := _hit(passage, wanted)):
            hits[passage.conversation_id] = hit
    return Found(hits=list(hits.values()), more=last)


def index_message(message: Message) -> None:
    """Let a message be found, where its chat shows a history."""
    conversation = message.conversation
    if registry.shows_list(conversation.interface):
        words = _words(conversation, _said(message.parts))
        Passage.objects.update_or_create(message=message, defaults={"conversation": conversation, **words})


def index_title(conversation: Conversation) -> None:
    """Let a conversation be found by its title, where its chat shows a history."""
    if registry.shows_list(conversation.interface):
        words = _words(conversation, conversation.title)
        Passage.objects.update_or_create(conversation=conversation, message=None, defaults=words)


def passages(conversation: Conversation, messages: Iterable[Message]) -> list[Passage]:
    """What a conversation is found by, where its chat shows a history, to be stored with it and its messages.

    Finding the words of long texts takes its time, in which nobody should have to wait for the database.
    """
    if not registry.shows_list(conversation.interface):
        return []
    title = Passage(conversation=conversation, **_words(conversation, conversation.title))
    return [
        title,
        *(
            Passage(conversation=conversation, message=message, **_words(conversation, _said(message.parts)))
            for message in messages
        ),
    ]


def move(conversations: Iterable[int], session_keys: Iterable[str], user_id: object) -> None:
    """Let a user find what were a session's conversations, and the session no more."""
    for name in Conversation.objects.filter(pk__in=conversations).values_list("interface", flat=True).distinct():
        passages = Passage.objects.filter(conversation__in=conversations, conversation__interface=name)
        for key in session_keys:
            before, after = owner(None, key, name), owner(user_id, "", name)
            theirs = passages.filter(owner=before)
            theirs.update(owner=after, terms=Replace("terms", Value(before), Value(after)))


def owner(user_id: object, session_key: str, interface: str) -> str:
    """The word that stands for whose conversation it is, and in which chat; "" for nobody."""
    if user_id is None and not session_key:
        return ""
    whose = f"user {user_id}" if user_id is not None else f"session {session_key}"
    return OWNER + hashlib.sha256(f"{interface} {whose}".encode()).hexdigest()[:24]


def _said(parts: list[dict[str, Any]]) -> str:
    """All that is shown of a message: its texts, what stands for its components, the names of its files."""
    names = ("title", "text", "alt_text", "name", "log")
    return "\n".join(str(part[name]) for part in walk(parts) for name in names if part.get(name))


def _words(conversation: Conversation, text: str) -> dict[str, str]:
    whose = owner(conversation.user_id, conversation.session_key, conversation.interface)
    return {"owner": whose, "terms": " ".join([whose, *terms(text)])}


def _matching(wanted: Query, owner: str, before: int | None) -> list[int]:
    """The newest passages that have these words."""
    connection = connections[DEFAULT_DB_ALIAS]
    words = [owner, *sorted(wanted.words)]
    if connection.vendor == "postgresql":
        lexemes = [*map(_lexeme, words), *([_lexeme(wanted.beginning) + ":*"] if wanted.beginning else [])]
        return _ids(POSTGRESQL, [owner, " & ".join(lexemes)], before)
    if connection.vendor == "sqlite" and has_fts5():
        strings = [*map(_string, words), *([_string(wanted.beginning) + " *"] if wanted.beginning else [])]
        return _ids(SQLITE, [" AND ".join(strings)], before)
    spaced = Passage.objects.annotate(spaced=Concat(Value(" "), F("terms"), Value(" "), output_field=TextField()))
    found = spaced.filter(owner=owner, **({} if before is None else {"pk__lt": before}))
    for word in wanted.words:
        found = found.filter(spaced__contains=f" {word} ")
    if wanted.beginning:
        found = found.filter(spaced__contains=f" {wanted.beginning}")
    return list(found.order_by("-pk").values_list("pk", flat=True)[:LOOKED_AT])


def _ids(statement: str, asked: list[str], before: int | None) -> list[int]:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(statement, [*asked, LAST if before is None else before, LOOKED_AT])
        return [pk for (pk,) in cursor.fetchall()]


def _string(word: str) -> str:
    escaped = word.replace('"', '""')
    return f'"{escaped}"'


def _lexeme(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def has_fts5() -> bool:
    """Whether the SQLite of this site has full text search."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'chatinterface_search'")
        return cursor.fetchone() is not None


def _readable(who: Visitor, interface: str, ids: list[int]) -> QuerySet[Passage]:
    shown = Q(message__isnull=True) | Q(message__active=True)
    mine = who.mine("conversation__")
    theirs = Passage.objects.filter(mine, conversation__interface=interface, conversation__deleted_at__isnull=True)
    return theirs.filter(shown, pk__in=ids).order_by("-pk")


def _shown(passages: QuerySet[Passage]) -> QuerySet[Passage]:
    """With what a row of the list shows, and the text that was found."""
    listed = [f"conversation__{field}" for field in LISTED]
    return passages.select_related("conversation__leaf__run", "message").only(
        "conversation", "message", "message__parts", *listed
    )


def _hit(passage: Passage, wanted: Query) -> Hit | None:
    conversation, message = passage.conversation, passage.message
    said = conversation.title if message is None else _said(message.parts)
    pieces = snippet(said, wanted.needles)
    return Hit(conversation=conversation, snippet=pieces, in_title=message is None) if pieces else None
