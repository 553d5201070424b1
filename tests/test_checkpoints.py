"""What a running reply stores of itself, and what becomes of one that was taken for lost."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

import chatinterface as chat
from chatinterface import conf, conversations, replies
from chatinterface.content.parts import text_parts
from chatinterface.conversations import Exchange
from chatinterface.exceptions import Held, Replaced
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Message, Run
from chatinterface.replies import Kept
from chatinterface.runs.checkpoints import checkpoints
from tests.clockwork import clockwork

pytestmark = pytest.mark.django_db

WHO = Visitor(user=AnonymousUser(), session_key="session")
ECHO = chat.ChatInterface(lambda message: message, name="echo")

Checkpoint = Callable[[Run, Mapping[int, Any]], int | None]


def begin() -> Exchange:
    return conversations.send(ECHO, WHO, uuid4(), "hello", worker="here", may_create=True)


@pytest.fixture
def exchange() -> Exchange:
    return begin()


@pytest.fixture
def other() -> Exchange:
    return begin()


@pytest.fixture(params=["alone", "with another"])
def checkpoint(request: pytest.FixtureRequest, exchange: Exchange) -> Checkpoint:
    """A checkpoint by itself, and one together with that of another reply, which is stored whatever becomes of this."""
    if request.param == "alone":
        return replies.checkpoint
    other: Exchange = request.getfixturevalue("other")

    def with_another(run: Run, said: Mapping[int, Any]) -> int | None:
        gone = not Conversation.objects.filter(pk=other.conversation.pk).exists()
        ours, others = replies.checkpoints([Kept(run, said), Kept(other.run, {other.reply.pk: text_parts("other")})])
        assert isinstance(others, Replaced) if gone else stored(other) == ("other", "running", "running")
        if isinstance(ours, Exception):
            raise ours
        return ours

    return with_another


def lose(exchange: Exchange) -> None:
    Run.objects.filter(pk=exchange.run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert replies.interrupt(exchange.conversation.pk) == [exchange.reply.pk]


def stored(exchange: Exchange) -> tuple[str, str, str]:
    reply = Message.objects.select_related("run").get(pk=exchange.reply.pk)
    assert reply.run is not None
    return reply.text, reply.status, reply.run.status


def test_text_is_stored(exchange: Exchange, checkpoint: Checkpoint) -> None:
    assert checkpoint(exchange.run, {exchange.reply.pk: text_parts("so far")}) is None
    assert stored(exchange) == ("so far", "running", "running")


def test_lease_is_renewed(exchange: Exchange, checkpoint: Checkpoint) -> None:
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    checkpoint(exchange.run, {exchange.reply.pk: None})
    assert replies.interrupt(exchange.conversation.pk) == []


@pytest.mark.parametrize("status", [Message.Status.DONE, Message.Status.STOPPED, Message.Status.INTERRUPTED])
def test_late_checkpoint_undoes_nothing(exchange: Exchange, checkpoint: Checkpoint, status: Message.Status) -> None:
    replies.settle(exchange.reply, exchange.run, status=status, parts=text_parts("all"), html="<p>all</p>\n")
    checkpoint(exchange.run, {exchange.reply.pk: text_parts("so far")})
    assert stored(exchange) == ("all", status, status)


@pytest.mark.parametrize("status", [status for status in Message.Status if status not in Message.OPEN])
def test_ended_message_of_a_run_that_goes_on_stays(
    exchange: Exchange, checkpoint: Checkpoint, status: Message.Status
) -> None:
    """A checkpoint may come after one of several messages has ended, and before the run has."""
    Message.objects.filter(pk=exchange.reply.pk).update(status=status, parts=text_parts("all"))
    checkpoint(exchange.run, {exchange.reply.pk: text_parts("so far")})
    checkpoint(exchange.run, {exchange.reply.pk: None})
    assert stored(exchange) == ("all", status, "running")


def test_lost_run_comes_back(exchange: Exchange, checkpoint: Checkpoint) -> None:
    lose(exchange)
    revision = checkpoint(exchange.run, {exchange.reply.pk: text_parts("so far")})
    assert stored(exchange) == ("so far", "running", "running")
    assert (
        revision == Conversation.objects.get(pk=exchange.conversation.pk).revision == exchange.conversation.revision + 2
    )


def test_replaced_run_does_not_come_back(exchange: Exchange, checkpoint: Checkpoint) -> None:
    lose(exchange)
    conversations.rerun(ECHO, WHO, exchange.conversation.uuid, exchange.reply.pk, worker="there")
    with pytest.raises(Replaced):
        checkpoint(exchange.run, {exchange.reply.pk: text_parts("so far")})
    assert stored(exchange) == ("", "interrupted", "interrupted")


def test_deleted_conversation_ends_run(exchange: Exchange, checkpoint: Checkpoint) -> None:
    Conversation.objects.all().delete()
    with pytest.raises(Replaced):
        checkpoint(exchange.run, {exchange.reply.pk: text_parts("so far")})


def test_many_cost_little_more(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The messages of all of them in one transaction, which each reply costs one update."""
    many = [begin() for _ in range(10)]
    # Begin, the conversations, the runs, their leases, the end.
    with django_assert_num_queries(5 + len(many)):
        replies.checkpoints([Kept(each.run, {each.reply.pk: text_parts("so far")}) for each in many])
    assert {stored(each) for each in many} == {("so far", "running", "running")}


def test_nothing_new_costs_nothing_more(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    many = [begin() for _ in range(10)]
    with django_assert_num_queries(6):
        replies.checkpoints([Kept(each.run, {each.reply.pk: None}) for each in many])


def test_what_cannot_be_stored_keeps_nothing_else(exchange: Exchange, other: Exchange) -> None:
    wrong = Kept(exchange.run, {exchange.reply.pk: [{"type": "text", "text": object()}]})
    failed, done = replies.checkpoints([wrong, Kept(other.run, {other.reply.pk: text_parts("so far")})])
    assert isinstance(failed, TypeError)
    assert done is None
    assert stored(other) == ("so far", "running", "running")


def test_held_conversation_holds_up_nobody(
    exchange: Exchange, other: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its run stays alive, and what it said is stored later."""
    monkeypatch.setattr(replies, "_lock", lambda conversations: {other.conversation.pk})
    Run.objects.update(lease_until=timezone.now())
    said = [Kept(each.run, {each.reply.pk: text_parts("so far")}) for each in (exchange, other)]
    held, done = replies.checkpoints(said)
    assert isinstance(held, Held)
    assert done is None
    assert (stored(exchange)[0], stored(other)[0]) == ("", "so far")
    assert replies.interrupt(exchange.conversation.pk) == []


def test_absent_database_is_asked_once(exchange: Exchange, other: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for each of them, it would hold up those who come after."""
    asked = []

    def absent(*args: Any) -> None:
        asked.append(args)
        raise OperationalError("away")

    monkeypatch.setattr(replies, "_store", absent)
    monkeypatch.setattr(replies, "checkpoint", absent)
    with pytest.raises(OperationalError):
        replies.checkpoints([Kept(each.run, {each.reply.pk: None}) for each in (exchange, other)])
    assert len(asked) == 1


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The runs that are stored together: here a run's name is what becomes of it."""
    taken: list[list[str]] = []

    async def in_database(_function: object, kept: list[Any]) -> list[int | Exception | None]:
        taken.append([each.run for each in kept])
        await asyncio.sleep(1)
        if "away" in taken[-1]:
            raise OperationalError("away")
        return [Replaced() if each.run == "replaced" else None for each in kept]

    monkeypatch.setattr("chatinterface.runs.checkpoints.in_database", in_database)
    return taken


async def store(*runs: Any) -> list[type[object]]:
    """Ask for all of them at the same time; returns what is told to whom."""
    told = await asyncio.gather(*(checkpoints().store(Kept(run, {})) for run in runs), return_exceptions=True)
    return [type(each) for each in told]


@clockwork
async def test_those_due_are_stored_together(batches: list[list[str]]) -> None:
    assert await store("one", "replaced", "two") == [type(None), Replaced, type(None)]
    assert batches == [["one", "replaced", "two"]]


@clockwork
async def test_failure_is_told_to_all(batches: list[list[str]]) -> None:
    assert await store("one", "away") == [OperationalError] * 2
    assert await store("two") == [type(None)]


@clockwork
async def test_those_who_come_later_are_not_left(batches: list[list[str]]) -> None:
    first = asyncio.create_task(store("one"))
    await asyncio.sleep(0.5)
    await asyncio.gather(store("two"), store("three"), first)
    assert batches == [["one"], ["two", "three"]]


@clockwork
async def test_who_is_gone_harms_nobody(batches: list[list[str]]) -> None:
    gone = asyncio.create_task(store("one"))
    await asyncio.sleep(0.5)
    gone.cancel()
    assert await store("two") == [type(None)]


@clockwork
async def test_all_are_due_at_the_same_time(batches: list[list[str]]) -> None:
    """Whenever they have begun."""
    interval = conf.get().checkpoint
    assert checkpoints().until_next() == interval
    await asyncio.sleep(interval / 4)
    assert checkpoints().until_next() == interval * 3 / 4
    await asyncio.sleep(interval * 3 / 4)
    assert checkpoints().until_next() == interval
