"""The law of the path, whoever writes: the visitor, the runs that answer, and the site, in whichever order."""

from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from chatinterface import ChatInterface, ChatSession, chains, conversations, replies, site, versions
from chatinterface.content.parts import text_parts
from chatinterface.conversations import Exchange
from chatinterface.exceptions import Busy
from chatinterface.models import Conversation, Message, Run
from chatinterface.sessions.speaking import SentMessage
from tests.saved import anonymous

CHAT = ChatInterface(lambda message: message, name="ask", save_history=True)
ME = anonymous()

pytestmark = pytest.mark.django_db

COUNTS = st.integers(-1, 4)


class Talk(RuleBasedStateMachine):
    """``said`` is all that ever was, by id; ``taken`` the paths that were shown before something was taken back."""

    def __init__(self) -> None:
        super().__init__()
        self.conversation = Conversation.objects.create(interface="ask", session_key="mine", uuid=uuid4())
        self.session = ChatSession(interface=CHAT, conversation=self.conversation)
        self.running: Exchange | None = None
        # The messages that the run writes, of which the last one is silent.
        self.open: list[Message] = []
        self.streamed: SentMessage | None = None
        self.said: dict[int, str] = {}
        self.taken: list[list[int]] = []
        # Whether what was taken last can be brought back.
        self.revertible = False
        self.count = 0
        self.revision = 0

    @property
    def path(self) -> list[int]:
        return list(self.conversation.messages.filter(active=True).order_by("pk").values_list("pk", flat=True))

    def text(self) -> str:
        self.count += 1
        return f"text {self.count}"

    # The visitor

    @rule()
    @precondition(lambda self: not self.running)
    def ask(self) -> None:
        text = self.text()
        self.begun(conversations.send(CHAT, ME, self.conversation.uuid, text, worker="me"), text)

    @rule(clear=st.booleans())
    @precondition(lambda self: not self.running)
    def take_back(self, *, clear: bool) -> None:
        before = self.path
        (versions.clear if clear else versions.undo)(CHAT, ME, self.conversation.uuid)
        self.noted(before)

    @rule()
    @precondition(lambda self: not self.running)
    def revert(self) -> None:
        if versions.undone(self.fresh()):
            versions.revert(CHAT, ME, self.conversation.uuid)
            assert self.path == self.taken.pop()
            self.revertible = False

    @rule(which=st.integers(0, 1000))
    @precondition(lambda self: not self.running and self.said)
    def switch(self, which: int) -> None:
        message = Message.objects.get(pk=sorted(self.said)[which % len(self.said)])
        if message.parent_id is None or message.parent_id in self.path:
            self.revertible = self.revertible and message.active
            versions.switch(CHAT, ME, self.conversation.uuid, message.pk)

    # The run

    @rule()
    @precondition(lambda self: self.running)
    def go_on(self) -> None:
        assert self.running
        self.say(self.open.pop())
        message, _ = chains.go_on(CHAT, self.running.run)
        self.open.append(message)

    @rule(count=COUNTS | st.none())
    @precondition(lambda self: self.running)
    def turn(self, count: int | None) -> None:
        assert self.running
        silent = self.open.pop()
        before = [pk for pk in self.path if pk != silent.pk]
        by: Any = "clear" if count is None else "undo"
        turned = chains.turn(CHAT, self.running.run, count, by, silent=[silent.pk])
        self.open.append(turned.message)
        kept = len(before) - len(turned.taken)
        assert [message.pk for message in turned.taken] == before[kept:]
        assert self.path == [*before[:kept], turned.message.pk]
        assert len(turned.taken) == (len(before) if count is None else min(max(count, 0), len(before)))
        if turned.taken:
            self.taken.append(before)
            self.revertible = True

    @rule(silent=st.booleans())
    @precondition(lambda self: self.running)
    def settle(self, *, silent: bool) -> None:
        assert self.running
        message, run = self.open.pop(), self.running.run
        if silent and (run.messages.exclude(pk=message.pk).exists() or self.revertible):
            chains.withdraw(run, message, ended=Run.Status.DONE)
        else:
            text = self.said[message.pk] = self.text()
            replies.settle(message, run, status=Message.Status.DONE, parts=text_parts(text), html=text)
        self.running = None

    # The site

    @rule()
    def send(self) -> None:
        text = self.text()
        self.said[self.session.send(text).id or 0] = text
        self.revertible = self.revertible and self.running is not None

    @rule(new=st.booleans())
    def stream(self, *, new: bool) -> None:
        text = self.text()
        if new or self.streamed is None:
            self.streamed = self.session.stream(text)
            self.said[self.streamed.id or 0] = text
            self.revertible = self.revertible and self.running is not None
        else:
            self.session.stream(text, self.streamed)
            self.said[self.streamed.id or 0] += text

    @rule(count=COUNTS | st.none())
    def site_takes_back(self, count: int | None) -> None:
        def take() -> list[Message]:
            return self.session.clear() if count is None else self.session.undo(count)

        before = self.path
        if self.running:
            with pytest.raises(Busy):
                take()
            assert self.path == before
            return
        taken = [message.pk for message in take()]
        assert [*self.path, *taken] == before
        self.noted(before)

    @rule()
    def respond(self) -> None:
        if self.running:
            with pytest.raises(Busy):
                site.respond(CHAT, self.fresh(), "me")
        elif self.path:
            self.begun(site.respond(CHAT, self.fresh(), "me"))

    # The law

    @invariant()
    def path_leads_to_the_leaf(self) -> None:
        shown = list(self.conversation.messages.filter(active=True).order_by("pk"))
        assert all(message.parent_id == before.pk for before, message in pairwise(shown))
        assert not shown or shown[0].parent_id is None
        assert self.fresh().leaf_id == (shown[-1].pk if shown else None)

    @invariant()
    def nothing_is_lost(self) -> None:
        found = {message.pk: message.text for message in self.conversation.messages.all()}
        assert {pk: found.get(pk) for pk in self.said} == self.said
        assert found.keys() == {*self.said, *(message.pk for message in self.open)}

    @invariant()
    def what_was_taken_can_be_brought_back(self) -> None:
        assert versions.undone(self.fresh()) or not self.revertible

    @invariant()
    def changes_are_counted(self) -> None:
        revision = self.fresh().revision
        assert revision >= self.revision
        self.revision = revision

    # How it is done

    def fresh(self) -> Conversation:
        return Conversation.objects.select_related("leaf__run").get(pk=self.conversation.pk)

    def begun(self, exchange: Exchange, text: str = "") -> None:
        self.running, self.open, self.revertible = exchange, [exchange.reply], False
        if text:
            self.said[exchange.question.pk] = text

    def say(self, message: Message) -> None:
        text = self.said[message.pk] = self.text()
        replies.complete(message, status=Message.Status.DONE, parts=text_parts(text), html=text)

    def noted(self, before: list[int]) -> None:
        if self.path != before:
            self.taken.append(before)
            self.revertible = True


def test_path_holds_whoever_writes() -> None:
    run_state_machine_as_test(
        Talk, settings=settings(max_examples=max(50, settings().max_examples // 12), stateful_step_count=20)
    )
