"""Flags as files: rows for a spreadsheet, and lines of JSON to learn from. In constant memory, however many there are.

Flags are read by their key, a batch at a time and each by a query of its own: no cursor and no transaction stays open
while somebody downloads slowly, and every database does it alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from chatinterface.content.cells import spreadsheet
from chatinterface.declarations.flagging import DISLIKE, LIKE
from chatinterface.models import Flag

# Flags that are in memory at a time.
BATCH = 50

COLUMNS = (
    "id",
    "created_at",
    "chat",
    "conversation",
    "message",
    "option",
    "comment",
    "question",
    "reply",
    "user",
    "status",
    "reviewer",
    "reviewed_at",
    "note",
)


def csv_rows(flags: QuerySet[Flag]) -> Iterator[str]:
    """The flags as CSV with a heading, a batch at a time. No cell is taken for a formula."""
    # Without the mark spreadsheets take the letters of most languages for others.
    yield "\ufeff" + spreadsheet([COLUMNS])
    for batch in batches(flags.select_related("user", "reviewer")):
        yield spreadsheet(map(str, _row(flag)) for flag in batch)


def jsonl_messages(flags: QuerySet[Flag]) -> Iterator[str]:
    """Each flag as a line of JSON: the exchange as ``messages`` in OpenAI's form, and what was thought of it."""
    for batch in batches(flags):
        yield "".join(_line(_lesson(flag)) for flag in batch)


def jsonl_pairs(flags: QuerySet[Flag]) -> Iterator[str]:
    """Each pair of a disliked and a liked version of a reply to the same question as a line of JSON.

    The form is that of preference tuning: ``prompt``, ``chosen`` and ``rejected``, each a list of messages. Flags that
    were dismissed by a reviewer teach nothing.
    """
    usable = flags.exclude(status=Flag.Status.DISMISSED).filter(question__isnull=False)
    liked = usable.filter(option=LIKE)
    better = liked.filter(question=OuterRef("question"), interface=OuterRef("interface"))
    for batch in batches(usable.filter(Exists(better.order_by()), option=DISLIKE)):
        chosen: dict[tuple[str, int | None], list[Flag]] = {}
        for each in liked.filter(question__in={flag.question for flag in batch}).order_by("pk"):
            chosen.setdefault((each.interface, each.question), []).append(each)
        for rejected in batch:
            versions = chosen.get((rejected.interface, rejected.question), [])
            yield "".join(_line(_pair(each, rejected)) for each in versions if _differ(each, rejected))


def batches(flags: QuerySet[Flag]) -> Iterator[list[Flag]]:
    """All of these flags, the oldest first, so many at a time."""
    last = 0
    while batch := list(flags.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


Export = Callable[["QuerySet[Flag]"], Iterable[str]]

# By the name in the address: how it is made, its content type, and the name of the file.
FORMATS: dict[str, tuple[Export, str, str]] = {
    "csv": (csv_rows, "text/csv; charset=utf-8", "flags.csv"),
    "messages": (jsonl_messages, "application/jsonl; charset=utf-8", "flagged-messages.jsonl"),
    "pairs": (jsonl_pairs, "application/jsonl; charset=utf-8", "preference-pairs.jsonl"),
}


def _row(flag: Flag) -> Iterable[object]:
    return (
        flag.pk,
        flag.created_at.isoformat(),
        flag.interface,
        flag.snapshot.get("conversation", ""),
        flag.message_id or "",
        flag.option,
        flag.comment,
        _said(flag, "input"),
        _said(flag, "output"),
        # Never a session's key, which would open the session.
        flag.user or "",
        flag.status,
        flag.reviewer or "",
        flag.reviewed_at.isoformat() if flag.reviewed_at else "",
        flag.note,
    )


def _said(flag: Flag, which: str) -> str:
    return str((flag.snapshot.get(which) or {}).get("text", ""))


def _lesson(flag: Flag) -> dict[str, Any]:
    return {
        "messages": [*_prompt(flag), _message(flag, "output")],
        "chat": flag.interface,
        "option": flag.option,
        "comment": flag.comment,
        "status": flag.status,
        "note": flag.note,
        "conversation": flag.snapshot.get("conversation", ""),
        "created_at": flag.created_at.isoformat(),
    }


def _pair(chosen: Flag, rejected: Flag) -> dict[str, Any]:
    return {
        "prompt": _prompt(rejected),
        "chosen": [_message(chosen, "output")],
        "rejected": [_message(rejected, "output")],
        "chat": rejected.interface,
        "conversation": rejected.snapshot.get("conversation", ""),
    }


def _differ(chosen: Flag, rejected: Flag) -> bool:
    """Whether these are two versions, and not one message of which two readers think differently."""
    return _id(chosen) != _id(rejected) and _said(chosen, "output") != _said(rejected, "output")


def _id(flag: Flag) -> object:
    return (flag.snapshot.get("output") or {}).get("id")


def _prompt(flag: Flag) -> list[dict[str, str]]:
    question = [_message(flag, "input")] if flag.snapshot.get("input") else []
    return [*flag.snapshot.get("before", []), *question]


def _message(flag: Flag, which: str) -> dict[str, str]:
    return {"role": (flag.snapshot.get(which) or {}).get("role", ""), "content": _said(flag, which)}


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
