"""The tree against a model of it that is made of lists: whatever is done in whichever order."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from chatinterface import ChatInterface, conversations, replies, tree, versions
from chatinterface.content.parts import text_parts
from chatinterface.conversations import Edited, Exchange
from chatinterface.exceptions import Busy, ChatError, GoneOn, NoQuestion, NotEditable, NothingToRevert
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Message

CHAT = ChatInterface(lambda message: message, name="ask", editable="all")
ME = Visitor(user=AnonymousUser(), session_key="mine")

pytestmark = pytest.mark.django_db

# Which of those there are: the rest of the division by their number is the index.
WHICH = st.integers(0, 1000)

# Whether the reply is still being written when something else is done.
HOLD = st.sampled_from([False, False, False, False, True])


class Tree(RuleBasedStateMachine):
    """What was said, as (parent, role, text) by id; which of it is shown; and how it went on where it was left."""

    def __init__(self) -> None:
        super().__init__()
        self.uuid = uuid4()
        self.said: dict[int, tuple[int | None, str, str]] = {}
        self.path: list[int] = []
        self.left: dict[int, list[int]] = {}
        self.undone: list[tuple[list[int], list[int]]] = []
        self.running: Exchange | None = None
        self.revision = 0
        self.count = 0

    # What can be done

    @rule(hold=HOLD)
    def send(self, *, hold: bool) -> None:
        self.answered(lambda: self.exchange(self.call(conversations.send, self.text(), may_create=True)), hold=hold)

    @rule(status=st.sampled_from(["done", "failed", "stopped"]))
    @precondition(lambda self: self.running)
    def settle(self, status: str = "done") -> None:
        assert self.running is not None
        exchange, self.running = self.running, None
        text = self.text()
        replies.settle(
            exchange.reply, exchange.run, status=Message.Status(status), parts=text_parts(text), html=f"<p>{text}</p>"
        )
        self.note(exchange.reply.pk, exchange.question.pk, "assistant", text)
        self.revision += 1

    @rule(which=WHICH, hold=HOLD)
    @precondition(lambda self: self.said)
    def rerun(self, which: int, *, hold: bool) -> None:
        pk = self.pick(which)
        question = self.question(pk)

        def change() -> None:
            if pk not in self.path:
                return self.refused(GoneOn, conversations.rerun, pk)
            if question is None:
                return self.refused(NoQuestion, conversations.rerun, pk)
            exchange = self.call(conversations.rerun, pk)
            assert exchange.question.pk == question
            assert exchange.removed == self.leave(self.path.index(question) + 1)
            self.exchange(exchange)

        self.answered(change, hold=hold)

    @rule(which=WHICH, hold=HOLD)
    @precondition(lambda self: self.said)
    def edit(self, which: int, *, hold: bool) -> None:
        pk = self.pick(which)

        def change() -> None:
            text = self.text()
            if pk not in self.path:
                return self.refused(GoneOn, conversations.edit, pk, text)
            edited: Edited = self.call(conversations.edit, pk, text)
            parent, role, _ = self.said[pk]
            self.leave(self.path.index(pk))
            assert (edited.exchange is None) == (role == "assistant")
            if edited.exchange is not None:
                return self.exchange(edited.exchange)
            self.note(edited.message.pk, parent, role, text)
            self.path.append(edited.message.pk)
            return None

        self.answered(change, hold=hold)

    @rule(which=WHICH)
    @precondition(lambda self: self.said)
    def switch(self, which: int) -> None:
        pk = self.pick(which)
        parent = self.said[pk][0]

        def change() -> None:
            if parent is not None and parent not in self.path:
                return self.refused(GoneOn, versions.switch, pk)
            self.call(versions.switch, pk, changes=pk not in self.path)
            if pk not in self.path:
                self.leave(0 if parent is None else self.path.index(parent) + 1)
                self.path += self.left[pk]
            return None

        self.answered(change)

    @rule()
    @precondition(lambda self: self.said)
    def undo(self) -> None:
        questions = [index for index, pk in enumerate(self.path) if self.said[pk][1] == "user"]

        def change() -> None:
            taken = self.call(versions.undo, changes=bool(questions))
            assert (taken.message and taken.message.pk) == (self.path[questions[-1]] if questions else None)
            if questions:
                self.take(questions[-1])

        self.answered(change)

    @rule()
    @precondition(lambda self: self.said)
    def clear(self) -> None:
        def change() -> None:
            self.call(versions.clear, changes=bool(self.path))
            if self.path:
                self.take(0)

        self.answered(change)

    @rule()
    @precondition(lambda self: self.said)
    def revert(self) -> None:
        def change() -> None:
            if not self.undone or self.undone[-1][0] != self.path:
                return self.refused(NothingToRevert, versions.revert)
            self.call(versions.revert)
            self.path += self.undone.pop()[1]
            return None

        self.answered(change)

    # What is true all the time

    @invariant()
    def agrees(self) -> None:
        conversation = Conversation.objects.filter(uuid=self.uuid).first()
        if conversation is None:
            assert not self.said
            return
        stored = {
            message.pk: (message.parent_id, message.role, message.text)
            for message in conversation.messages.order_by("pk")
        }
        assert stored == self.said
        shown = list(tree.path(conversation))
        assert [message.pk for message in shown] == self.path
        assert [message.parent_id for message in shown] == [None, *self.path][: len(shown)]
        assert conversation.leaf_id == (self.path[-1] if self.path else None)
        assert [message.pk for message in shown if message.running] == ([self.path[-1]] if self.running else [])
        assert conversation.revision == self.revision
        assert bool(versions.undone(conversation)) == bool(self.undone and self.undone[-1][0] == self.path)
        tree.number(shown)
        for message in shown:
            assert message.versions == [each for each in self.said if self.said[each][0] == message.parent_id]

    # The model

    def text(self) -> str:
        self.count += 1
        return f"text {self.count}"

    def pick(self, which: int) -> int:
        return list(self.said)[which % len(self.said)]

    def question(self, pk: int) -> int | None:
        before = self.path[: self.path.index(pk)] if pk in self.path and self.said[pk][1] == "assistant" else []
        return next((each for each in reversed(before) if self.said[each][1] == "user"), None)

    def note(self, pk: int, parent: int | None, role: str, text: str) -> None:
        self.said[pk] = (parent, role, text)

    def exchange(self, exchange: Exchange) -> None:
        question, reply = exchange.question, exchange.reply
        if question.pk not in self.said:
            self.note(question.pk, self.path[-1] if self.path else None, "user", question.text)
            self.path.append(question.pk)
        self.note(reply.pk, question.pk, "assistant", "")
        self.path.append(reply.pk)
        self.running = exchange

    def leave(self, index: int) -> list[int]:
        tail = self.path[index:]
        if tail:
            self.left[tail[0]] = tail
        self.path = self.path[:index]
        return tail

    def take(self, index: int) -> None:
        kept = self.undone if self.undone and self.undone[-1][0] == self.path else []
        tail = self.leave(index)
        self.undone = [*kept, (list(self.path), tail)][-versions.REVERTS :]

    def call(self, function: Callable[..., Any], *args: Any, changes: bool = True, **options: Any) -> Any:
        result = function(CHAT, ME, self.uuid, *args, **options)
        self.revision += changes
        return result

    def refused(self, error: type[ChatError], function: Callable[..., Any], *args: Any) -> None:
        with pytest.raises(error):
            function(CHAT, ME, self.uuid, *args)

    def answered(self, change: Callable[[], None], *, hold: bool = False) -> None:
        """Do it, and let the reply end unless it is held; while one is being written, nothing must be changed."""
        if self.running is not None:
            with pytest.raises(Busy):
                change()
            return
        change()
        if self.running is not None and not hold:
            self.settle()


# No reply loses its worker because this machine is slow.
@override_settings(CHATINTERFACE={"LEASE": 36_000})
def test_tree_is_as_the_model() -> None:
    run_state_machine_as_test(
        Tree, settings=settings(max_examples=max(50, settings().max_examples // 12), stateful_step_count=40)
    )


def filled(length: int) -> Conversation:
    """A conversation with one long path."""
    conversation = Conversation.objects.create(interface="ask", session_key="mine", uuid=uuid4())
    roles = ["user", "assistant"] * length
    made = Message.objects.bulk_create(Message(conversation=conversation, role=role) for role in roles[:length])
    for before, message in pairwise(made):
        message.parent = before
    Message.objects.bulk_update(made, ["parent"])
    conversation.leaf = made[-1]
    conversation.save()
    return conversation


def shown(conversation: Conversation) -> list[int]:
    return list(tree.path(conversation).values_list("pk", flat=True))


def test_long_path_costs_no_more() -> None:
    costs = []
    for length in (4, 400):
        conversation = filled(length)
        uuid, whole = conversation.uuid, shown(conversation)
        with CaptureQueriesContext(connection) as queries:
            edited = conversations.edit(CHAT, ME, uuid, whole[1], "other")
            versions.switch(CHAT, ME, uuid, whole[1])
            versions.undo(CHAT, ME, uuid)
            versions.clear(CHAT, ME, uuid)
            versions.revert(CHAT, ME, uuid)
            versions.revert(CHAT, ME, uuid)
            conversations.rerun(CHAT, ME, uuid, whole[1])
            tree.number([edited.message, *tree.path(conversation)])
        costs.append(len(queries))
        assert edited.message.versions == [whole[1], edited.message.pk, shown(conversation)[-1]]
    assert costs[0] == costs[1]


def test_revert_restores_a_long_path() -> None:
    conversation = filled(400)
    whole = shown(conversation)
    versions.clear(CHAT, ME, conversation.uuid)
    assert shown(conversation) == []
    versions.revert(CHAT, ME, conversation.uuid)
    assert shown(conversation) == whole


def test_many_removed_are_not_listed() -> None:
    for length, listed in ((tree.LISTED + 1, True), (tree.LISTED + 2, False)):
        conversation = filled(length)
        exchange = conversations.rerun(CHAT, ME, conversation.uuid, shown(conversation)[1])
        assert (exchange.removed is not None) == listed


def test_never_shown_is_shown_to_its_newest() -> None:
    conversation = filled(2)
    question, reply = shown(conversation)
    other = Message.objects.create(conversation=conversation, role="user", active=False)
    for _ in range(2):
        last = Message.objects.create(conversation=conversation, parent=other, role="assistant", active=False)
    versions.switch(CHAT, ME, conversation.uuid, other.pk)
    assert shown(conversation) == [other.pk, last.pk]
    versions.switch(CHAT, ME, conversation.uuid, question)
    assert shown(conversation) == [question, reply]


def test_end_that_lies_elsewhere_is_not_believed() -> None:
    """As an import may have it that somebody has made up."""
    conversation = filled(4)
    whole = shown(conversation)
    other = Message.objects.create(conversation=conversation, role="user", active=False, last_leaf_id=whole[-1])
    versions.switch(CHAT, ME, conversation.uuid, other.pk)
    assert shown(conversation) == [other.pk]


@pytest.mark.parametrize(
    ("declared", "editable"),
    [
        ({}, []),
        ({"editable": "user"}, ["user"]),
        ({"editable": True}, ["user"]),
        ({"editable": "all"}, ["user", "assistant"]),
        ({"edit_callback": print}, ["user"]),
    ],
)
def test_what_is_editable(declared: dict[str, Any], editable: list[str]) -> None:
    interface = ChatInterface(lambda message: message, name="ask", **declared)
    for role, index in (("user", 0), ("assistant", 1)):
        conversation = filled(2)
        pk = shown(conversation)[index]
        if role in editable:
            conversations.edit(interface, ME, conversation.uuid, pk, "other")
        else:
            with pytest.raises(NotEditable):
                conversations.edit(interface, ME, conversation.uuid, pk, "other")


def test_edit_callback_is_in_place_of_an_answer() -> None:
    interface = ChatInterface(lambda message: message, name="ask", edit_callback=print)
    conversation = filled(2)
    edited = conversations.edit(interface, ME, conversation.uuid, shown(conversation)[0], "other")
    assert edited.exchange is None
    assert shown(conversation) == [edited.message.pk]


def test_edit_keeps_other_parts() -> None:
    file = {"type": "file", "file": "f", "name": "a.txt"}
    conversation = filled(2)
    question = Message.objects.get(pk=shown(conversation)[0])
    for parts, expected in (
        ([file, {"type": "text", "text": "old"}], [file, {"type": "text", "text": "new"}]),
        (
            [{"type": "text", "text": "old"}, file, {"type": "text", "text": "more"}],
            [{"type": "text", "text": "new"}, file],
        ),
        ([file], [{"type": "text", "text": "new"}, file]),
    ):
        Message.objects.filter(pk=question.pk).update(parts=parts)
        versions.switch(CHAT, ME, conversation.uuid, question.pk)
        edited = conversations.edit(CHAT, ME, conversation.uuid, question.pk, "new")
        assert edited.exchange is not None
        replies.settle(
            edited.exchange.reply, edited.exchange.run, status=Message.Status.DONE, parts=text_parts(""), html=""
        )
        assert edited.message.parts == expected


def test_repeated_edit_is_done_once() -> None:
    key = uuid4()
    for index in (0, 1):
        conversation = filled(2)
        pk = shown(conversation)[index]
        first = conversations.edit(CHAT, ME, conversation.uuid, pk, "other", key=key)
        again = conversations.edit(CHAT, ME, conversation.uuid, pk, "other", key=key)
        assert (again.message, again.repeated, first.repeated) == (first.message, True, False)


def test_title_follows_its_message() -> None:
    exchange = conversations.send(CHAT, ME, uuid4(), "Waht is it?", may_create=True)
    replies.settle(exchange.reply, exchange.run, status=Message.Status.DONE, parts=text_parts(""), html="")
    edited = conversations.edit(CHAT, ME, exchange.conversation.uuid, exchange.question.pk, "What is it?")
    assert edited.conversation.title == "What is it?"
