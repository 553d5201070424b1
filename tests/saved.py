"""Conversations of a chat that shows a list of them, as a visitor would have had them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.utils import timezone

import chatinterface as chat
from chatinterface import search
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Message


def notes(message: str) -> str:
    return f"Noted: {message}"


def register(name: str = "notes", **attributes: Any) -> None:
    """A chat with a list."""
    chat.register(chat.ChatInterface(notes, name=name, **{"save_history": True, **attributes}))


def anonymous(session_key: str = "mine") -> Visitor:
    return Visitor(user=AnonymousUser(), session_key=session_key)


def said(who: Visitor, *texts: str, title: str = "", at: datetime | None = None, **values: Any) -> Conversation:
    """A conversation in which question and reply take turns."""
    conversation = Conversation.objects.create(
        **{
            "interface": "notes",
            "user": who.account,
            "session_key": "" if who.user_id else who.session_key,
            "title": title,
            "revision": 1,
            "updated_at": at or timezone.now(),
            **values,
        }
    )
    search.index_title(conversation)
    parent = None
    for number, text in enumerate(texts):
        parent = Message.objects.create(
            conversation=conversation,
            parent=parent,
            role="assistant" if number % 2 else "user",
            parts=[{"type": "text", "text": text}],
        )
    conversation.leaf = parent
    conversation.save(update_fields=["leaf"])
    return conversation


def plan(ask: Callable[[], Any]) -> str:
    """How the database answers all that is asked, by its own word; by its indexes, however small its tables are."""
    statements: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        ask()
    with connection.cursor() as cursor:
        prefix = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = on")
        lines: list[str] = []
        for sql, params in statements:
            if sql.lstrip().upper().startswith("SELECT"):
                cursor.execute(prefix + sql, params)
                lines += [str(row[-1]) for row in cursor.fetchall()]
    return "\n".join(lines)
