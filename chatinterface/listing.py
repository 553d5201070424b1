"""Conversations as rows of a list, and the days that they are grouped by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chatinterface.models import Conversation
from chatinterface.replies import is_lost

# Days for which the name of the weekday says which one it was.
WEEK = 7


@dataclass(slots=True)
class Row:
    """A conversation as the list shows it."""

    conversation: Conversation
    # The heading above it, where the row before it is of another day.
    day: str = ""
    # Where a search found it: pieces of text, marked or not.
    snippet: Sequence[tuple[str, bool]] = ()
    in_title: bool = False

    @property
    def title(self) -> str:
        """Its title; that it has none yet."""
        return self.conversation.title or _("Untitled")

    @property
    def running(self) -> bool:
        """Whether a reply is being written in it."""
        leaf = self.conversation.leaf
        return leaf is not None and leaf.running and not is_lost(leaf.run)


def listed(conversations: Iterable[Conversation]) -> list[Row]:
    """The rows of these conversations, with the headings of their days."""
    rows = [Row(each) for each in conversations]
    now = timezone.now()
    before = ""
    for row in rows:
        day = day_name(row.conversation.updated_at, now)
        if day != before:
            row.day = before = day
    return rows


def day_name(time: datetime, now: datetime) -> str:
    """The day of a time in the words of who asks: Today, Yesterday, a weekday, a date."""
    day, today = timezone.localtime(time).date(), timezone.localtime(now).date()
    past = (today - day).days
    if past <= 0:
        return _("Today")
    if past == 1:
        return _("Yesterday")
    if past < WEEK:
        return date_format(day, "l")
    return date_format(day, "MONTH_DAY_FORMAT" if day.year == today.year else "DATE_FORMAT")
