"""Which events one open page gets. A channel layer may drop any of them, and a slow reader cannot take all of them.

Nothing is repaired in the browser: where something is missing, the page is sent a snapshot of the reply, or told to
fetch its log again, and goes on from there.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chatinterface import events


class Verdict(enum.Enum):
    """What is to be done about an event."""

    FORWARD = enum.auto()  # Send it on.
    DROP = enum.auto()  # The page has it, or will get it in another way.
    SNAPSHOT = enum.auto()  # Something of this reply is missing: ask its worker for all of it.
    COMPLETE = enum.auto()  # The reply has ended, and the page has not seen all of it: send it whole.
    REFETCH = enum.auto()  # Something of the log is missing: have the page fetch it.


@dataclass(slots=True)
class Delivery:
    """What one page has been sent. ``revision`` is the log's, as the page shows it."""

    window: int
    revision: int = 0
    # The last sequence number sent of each reply that is being written; None where a snapshot is awaited.
    sent: dict[int, int | None] = field(default_factory=dict)
    # Replies whose end was sent: what still comes of them is late.
    settled: set[int] = field(default_factory=set)
    # Characters of patches sent, and of those acknowledged.
    size: int = 0
    acknowledged: int = 0
    # How many of them may be unacknowledged: the window, and what the last snapshot took by itself.
    room: int = 0
    behind: bool = False
    # What was held back since the page fell behind: changes of the log, or patches only.
    missed: Verdict | None = None

    def judge(self, event: Mapping[str, Any]) -> Verdict:
        """Decide about an event of the channel layer, and remember that it was done."""
        if event["kind"] in events.ASIDE:
            # What stands beside the log has no place in its order.
            return Verdict.FORWARD
        if event["revision"] is not None:
            return self._judge_change(event)
        return self._judge_patch(event)

    def acknowledge(self, size: int) -> Verdict | None:
        """Take the page's word for what it has applied; what it needs where it has just caught up, None where nothing.

        The page counts UTF-16 units, of which a character has up to two.
        """
        self.acknowledged = max(self.acknowledged, min(size, 2 * self.size))
        if self.behind and self.size - self.acknowledged <= self.window // 4:
            missed, self.behind, self.missed = self.missed, False, None
            return missed
        return None

    def expect_snapshot(self, message: int) -> None:
        """A snapshot of the reply was asked for: patches wait for it."""
        self.sent[message] = None

    def refresh(self, revision: int) -> bool:
        """Take the log's revision from the database; True where changes were missed, and the page needs all of it."""
        missed = revision > self.revision
        self.revision = max(revision, self.revision)
        return missed and not self._held_back(Verdict.REFETCH)

    def settle(self, message: int) -> None:
        """The page is told the end of the reply."""
        self.sent.pop(message, None)
        self.settled.add(message)

    def _judge_change(self, event: Mapping[str, Any]) -> Verdict:
        whole = event["seq"] is None or event["seq"] == self.sent.get(event["message"], 0)
        if event["kind"] == events.MESSAGE_SETTLED:
            self.settle(event["message"])
        elif event["kind"] == events.MESSAGE_ADDED and event["message"] is not None:
            self.sent.setdefault(event["message"], 0)
        expected = self.revision + 1
        if event["revision"] < expected:
            return Verdict.DROP
        self.revision = event["revision"]
        if self._held_back(Verdict.REFETCH):
            return Verdict.DROP
        if event["revision"] > expected:
            return Verdict.REFETCH
        return Verdict.FORWARD if whole else Verdict.COMPLETE

    def _judge_patch(self, event: Mapping[str, Any]) -> Verdict:
        message, seq = event["message"], event["seq"]
        if message in self.settled or self._held_back(Verdict.SNAPSHOT):
            return Verdict.DROP
        if message not in self.sent:
            # The page was not told of the reply: it has nowhere to show it.
            self.expect_snapshot(message)
            return Verdict.REFETCH
        last = self.sent[message]
        if event["reset"]:
            if last is not None and seq <= last:
                return Verdict.DROP
        elif last is None or seq <= last:
            return Verdict.DROP
        elif seq != last + 1:
            self.expect_snapshot(message)
            return Verdict.SNAPSHOT
        self.sent[message] = seq
        self.size += event["size"]
        if event["reset"]:
            self.room = self.window + event["size"]
        self.behind = self.size - self.acknowledged > max(self.room, self.window)
        return Verdict.FORWARD

    def _held_back(self, what: Verdict) -> bool:
        if self.behind and self.missed is not Verdict.REFETCH:
            self.missed = what
        return self.behind
