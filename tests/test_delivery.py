from collections import deque
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatinterface import events
from chatinterface.delivery import Delivery, Verdict

WINDOW = 20


def added(revision: int, message: int = 7) -> dict[str, Any]:
    return events.envelope({"type": events.MESSAGE_ADDED, "revision": revision, "message": message, "html": ""})


def patch(message: int, seq: int, tail: str = "a", **more: Any) -> dict[str, Any]:
    frame = {"type": events.MESSAGE_PATCH, "message": message, "seq": seq, "keep": 0, "tail": tail, "commit": 0}
    return events.envelope(frame | more)


def settled(message: int, revision: int, **more: Any) -> dict[str, Any]:
    return events.envelope({"type": events.MESSAGE_SETTLED, "message": message, "revision": revision, **more})


def test_expected_is_forwarded() -> None:
    delivery = Delivery(window=WINDOW)
    assert [
        delivery.judge(event)
        for event in (added(1), patch(7, 1), patch(7, 2), settled(7, 2, seq=2), added(3, 9), patch(9, 1))
    ] == [Verdict.FORWARD] * 6


def test_repeated_is_dropped() -> None:
    delivery = Delivery(window=WINDOW)
    for event in (added(1), patch(7, 1), patch(7, 2)):
        delivery.judge(event)
        assert delivery.judge(event) is Verdict.DROP


def test_reply_is_awaited() -> None:
    delivery = Delivery(window=WINDOW)
    delivery.judge(added(1, message=7))
    assert delivery.sent == {7: 0}


def test_gap_asks_for_snapshot() -> None:
    delivery = Delivery(window=WINDOW, sent={7: 0})
    delivery.judge(patch(7, 1))
    assert delivery.judge(patch(7, 3)) is Verdict.SNAPSHOT
    assert delivery.judge(patch(7, 4)) is Verdict.DROP
    assert delivery.judge(patch(7, 4, reset=True)) is Verdict.FORWARD
    assert delivery.judge(patch(7, 5)) is Verdict.FORWARD


def test_old_snapshot_is_dropped() -> None:
    delivery = Delivery(window=WINDOW, sent={7: 0})
    for seq in (1, 2, 3):
        delivery.judge(patch(7, seq))
    assert delivery.judge(patch(7, 3, reset=True)) is Verdict.DROP


def test_missed_change_is_fetched() -> None:
    delivery = Delivery(window=WINDOW, revision=1)
    assert delivery.judge(added(3)) is Verdict.REFETCH
    assert delivery.judge(added(4)) is Verdict.FORWARD


def test_end_without_last_patch() -> None:
    delivery = Delivery(window=WINDOW, sent={7: 0})
    delivery.judge(patch(7, 1))
    assert delivery.judge(settled(7, 1, seq=2)) is Verdict.COMPLETE


def test_end_before_snapshot() -> None:
    delivery = Delivery(window=WINDOW)
    delivery.expect_snapshot(7)
    assert delivery.judge(settled(7, 1, seq=2)) is Verdict.COMPLETE


def test_end_with_body_needs_no_patch() -> None:
    delivery = Delivery(window=WINDOW)
    assert delivery.judge(settled(7, 1, body="all")) is Verdict.FORWARD


def test_late_patch_is_dropped() -> None:
    delivery = Delivery(window=WINDOW)
    delivery.judge(settled(7, 1, seq=0))
    assert delivery.judge(patch(7, 1)) is Verdict.DROP
    assert delivery.judge(patch(7, 2, reset=True)) is Verdict.DROP


def test_full_window_holds_back() -> None:
    delivery = Delivery(window=WINDOW, sent={7: 0})
    assert delivery.judge(patch(7, 1, "a" * (WINDOW + 1))) is Verdict.FORWARD
    assert delivery.behind
    assert delivery.judge(patch(7, 2)) is Verdict.DROP
    assert delivery.judge(added(1)) is Verdict.DROP
    assert delivery.revision == 1


def test_acknowledged_window_opens() -> None:
    delivery = Delivery(window=WINDOW, sent={7: 0})
    delivery.judge(patch(7, 1, "a" * 30))
    delivery.judge(patch(7, 2))
    assert delivery.acknowledge(30 - WINDOW // 4 - 1) is None
    assert delivery.acknowledge(30 - WINDOW // 4) is Verdict.SNAPSHOT
    assert delivery.acknowledge(30) is None
    assert not delivery.behind


def test_change_missed_while_behind() -> None:
    delivery = Delivery(window=WINDOW, sent={7: 0})
    for event in (patch(7, 1, "a" * 30), added(1, 9), patch(7, 2)):
        delivery.judge(event)
    assert delivery.acknowledge(30) is Verdict.REFETCH


def test_snapshot_fills_no_window() -> None:
    """However long a reply is by now, the window is for what follows."""
    delivery = Delivery(window=WINDOW, sent={7: None})
    delivery.judge(patch(7, 5, "a" * 1000, reset=True))
    assert delivery.judge(patch(7, 6, "a" * WINDOW)) is Verdict.FORWARD
    assert not delivery.behind


def test_unknown_reply_is_fetched() -> None:
    delivery = Delivery(window=WINDOW)
    assert delivery.judge(patch(7, 1)) is Verdict.REFETCH
    assert delivery.judge(patch(7, 2)) is Verdict.DROP


def test_nothing_missed_needs_nothing() -> None:
    delivery = Delivery(window=WINDOW, sent={7: 0})
    delivery.judge(patch(7, 1, "a" * 30, reset=True))
    assert delivery.acknowledge(30) is None
    assert delivery.judge(patch(7, 2)) is Verdict.FORWARD


def test_acknowledged_never_shrinks() -> None:
    delivery = Delivery(window=WINDOW, sent={7: 0})
    delivery.judge(patch(7, 1, "a" * WINDOW))
    delivery.acknowledge(WINDOW)
    delivery.acknowledge(0)
    assert delivery.judge(patch(7, 2, "a" * WINDOW)) is Verdict.FORWARD
    assert not delivery.behind


@pytest.mark.parametrize("claimed", [100, 2**53 - 1])
def test_claims_open_nothing_for_long(claimed: int) -> None:
    delivery = Delivery(window=WINDOW, sent={7: 0})
    delivery.judge(patch(7, 1, "a" * 10))
    delivery.acknowledge(claimed)
    for seq in range(2, 10):
        delivery.judge(patch(7, seq, "a" * 10))
    assert delivery.behind


@dataclass
class Reply:
    """What a worker has said, and what of it was stored at its last checkpoint."""

    text: str = ""
    stored: str = ""
    seq: int = 0
    running: bool = True


@dataclass
class Conversation:
    """The truth: the database, and the worker of its last reply."""

    replies: dict[int, Reply] = field(default_factory=dict)
    revision: int = 0

    def do(self, step: str, number: int) -> list[dict[str, Any]]:
        """Take a step, and return the events that it publishes."""
        match step:
            case "send":
                return self.send()
            case "say":
                return [self._patch(pk, len(reply.text), f"{number} ") for pk, reply in self._running()]
            case "checkpoint":
                for _, reply in self._running():
                    reply.stored = reply.text
            case "end" | "rewrite":
                return [self._settled(pk, "rewritten" if step == "rewrite" else "") for pk, _ in self._running()]
        return []

    def send(self) -> list[dict[str, Any]]:
        """Begin a reply, where none is running."""
        if any(reply.running for reply in self.replies.values()):
            return []
        self.revision += 1
        self.replies[len(self.replies) + 1] = Reply()
        frame = {"type": events.MESSAGE_ADDED, "revision": self.revision, "message": len(self.replies)}
        return [{**events.envelope(frame), "content": frame}]

    def snapshot(self, pk: int) -> list[dict[str, Any]]:
        reply = self.replies[pk]
        if not reply.running:
            return []
        return [self._event(pk, reply.seq, keep=0, tail=reply.text, reset=True)]

    def _running(self) -> list[tuple[int, Reply]]:
        return [(pk, reply) for pk, reply in self.replies.items() if reply.running]

    def _patch(self, pk: int, keep: int, tail: str) -> dict[str, Any]:
        reply = self.replies[pk]
        reply.text, reply.seq = reply.text[:keep] + tail, reply.seq + 1
        return self._event(pk, reply.seq, keep=keep, tail=tail)

    def _settled(self, pk: int, rewrite: str) -> dict[str, Any]:
        reply = self.replies[pk]
        reply.running = False
        self.revision += 1
        frame = {"type": events.MESSAGE_SETTLED, "message": pk, "revision": self.revision}
        if rewrite:
            reply.text = rewrite
            frame["body"] = rewrite
        else:
            frame["seq"] = reply.seq
        reply.stored = reply.text
        return {**events.envelope(frame), "content": frame}

    def _event(self, pk: int, seq: int, **content: Any) -> dict[str, Any]:
        frame = {"type": events.MESSAGE_PATCH, "message": pk, "seq": seq, **content}
        return {**events.envelope(frame), "content": frame}


@dataclass
class Browser:
    """What a page does with frames, without any repair of its own."""

    shown: dict[int, str] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)
    applied: int = 0
    revision: int = 0

    def apply(self, frame: dict[str, Any]) -> None:
        pk = frame["message"]
        self.revision = frame.get("revision", self.revision)
        if frame["type"] == events.MESSAGE_ADDED:
            self.shown[pk] = ""
        elif frame["type"] == events.MESSAGE_PATCH:
            self.applied += len(frame["tail"])
            if frame.get("reset"):
                self.waiting.discard(pk)
            if pk in self.shown and pk not in self.waiting:
                self.shown[pk] = self.shown[pk][: frame["keep"]] + frame["tail"]
        elif "body" in frame:
            self.shown[pk] = frame["body"]

    def fetch(self, conversation: Conversation) -> set[int]:
        """Show what is stored; returns the replies of which a snapshot is needed."""
        self.revision = conversation.revision
        self.shown = {pk: reply.stored for pk, reply in conversation.replies.items()}
        self.waiting = {pk for pk, reply in conversation.replies.items() if reply.running}
        return self.waiting


class Line:
    """A consumer with its page, at the end of a channel layer that drops and repeats."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.delivery = Delivery(window=WINDOW)
        self.browser = Browser()
        self.asked: deque[int] = deque()

    def carry(self, batch: list[dict[str, Any]], fate: int) -> None:
        """Deliver each event as many times as its fate says."""
        for event in batch:
            for _ in range(fate):
                self.take(event)

    def take(self, event: dict[str, Any]) -> None:
        verdict = self.delivery.judge(event)
        if verdict is Verdict.FORWARD:
            self.browser.apply(event["content"])
        elif verdict is Verdict.SNAPSHOT:
            self.asked.append(event["message"])
        elif verdict is Verdict.COMPLETE:
            self.catch_up([event["message"]])
        elif verdict is Verdict.REFETCH:
            self.fetch()

    def fetch(self) -> None:
        for pk in self.browser.fetch(self.conversation):
            self.delivery.expect_snapshot(pk)
            self.asked.append(pk)

    def answer(self, fate: int) -> None:
        """The worker answers what it was asked."""
        while self.asked:
            self.carry(self.conversation.snapshot(self.asked.popleft()), fate)

    def acknowledge(self) -> None:
        if self.delivery.acknowledge(self.browser.applied):
            self.fetch()

    def look(self) -> None:
        """After a silence: how the replies stand that are awaited."""
        self.catch_up(list(self.delivery.sent))

    def check(self) -> None:
        """Now and then: whether the log is the one that is shown."""
        if self.delivery.refresh(self.conversation.revision):
            self.fetch()

    def catch_up(self, replies: list[int]) -> None:
        for pk in replies:
            reply = self.conversation.replies[pk]
            if reply.running:
                self.delivery.sent.setdefault(pk, None)
                self.asked.append(pk)
            else:
                self.delivery.settle(pk)
                frame = {"type": events.MESSAGE_SETTLED, "message": pk, "body": reply.text}
                self.browser.apply({**frame, "revision": self.delivery.revision})

    def reconnect(self) -> None:
        """The socket is lost, and opened again."""
        self.delivery = Delivery(window=WINDOW, revision=self.conversation.revision)
        self.browser.applied = 0
        self.asked.clear()
        if self.browser.revision != self.conversation.revision:
            self.fetch()
        else:
            self.catch_up([pk for pk, reply in self.conversation.replies.items() if reply.running])


# Mostly replies that grow, and now and then what can go wrong with one.
STEPS = st.sampled_from([*["say"] * 8, *["send"] * 4, *["end"] * 3, "rewrite", "checkpoint", *["answer"] * 2])
TURNS = st.sampled_from([*["none"] * 12, "acknowledge", "acknowledge", "look", "check", "reconnect"])
FATES = st.sampled_from([1, 1, 1, 1, 1, 0, 0, 2])


@given(st.lists(st.tuples(STEPS, FATES, TURNS), min_size=5, max_size=60))
def test_page_ends_with_the_truth(steps: list[tuple[str, int, str]]) -> None:
    """Whatever the layer drops or repeats: once it is quiet, the page shows exactly what the callbacks said."""
    line = Line(Conversation())
    said = iter(range(100))
    for step, fate, turn in steps:
        if step == "answer":
            line.answer(fate)
        else:
            line.carry(line.conversation.do(step, next(said)), fate)
        if turn != "none":
            getattr(line, turn)()
    for _ in range(3):
        line.acknowledge()
        line.look()
        line.check()
        line.answer(1)
    assert line.browser.shown == {pk: reply.text for pk, reply in line.conversation.replies.items()}
