"""How many replies of a chat are written at once: places, and the line of those that wait for one."""

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

import chatinterface as chat
from chatinterface import ChatInterface, queueing
from chatinterface.models import Run
from chatinterface.runs.line import Line
from tests.tab import PATIENCE, Tab, ended
from tests.test_busy import Answers, echo, eventually, path, sent


class Standing:
    """Somebody in line."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.gone = False

    def stand(self, number: int) -> bool:
        self.number = number
        return not self.gone


# Declaring


def test_any_number_by_default() -> None:
    assert ChatInterface(echo).places is None


def test_default_is_the_sites() -> None:
    declared = ChatInterface(echo)
    with override_settings(CHATINTERFACE={"CONCURRENCY_LIMIT": 3}):
        assert declared.places == 3
        assert ChatInterface(echo, concurrency_limit=None).places is None
        assert ChatInterface(echo, concurrency_limit=1).places == 1


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "2", "none"])
def test_wrong_limit_is_refused(limit: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="positive whole number, None for any number, or 'default'"):
        ChatInterface(echo, concurrency_limit=limit)


# The law


@given(st.integers(1, 3), st.lists(st.tuples(st.booleans(), st.integers(0, 7)), max_size=60))
def test_first_come_first_served(places: int, steps: list[tuple[bool, int]]) -> None:
    """Whoever comes and goes: never more inside than places, none free while somebody waits, and all in order."""
    line, people = Line(), [Standing() for _ in range(8)]
    inside, waiting = list[int](), list[int]()
    for comes, who in steps:
        if comes and who not in inside + waiting:
            at_once = line.enter(people[who], places)
            assert at_once == (len(inside) < places)
            (inside if at_once else waiting).append(who)
        elif not comes:
            line.leave(people[who], places)
            for among in (inside, waiting):
                if who in among:
                    among.remove(who)
        while waiting and len(inside) < places:
            inside.append(waiting.pop(0))
            assert people[inside[-1]].number == 0
        assert [people[each].number for each in waiting] == list(range(1, len(waiting) + 1))


def test_who_is_gone_holds_nobody_up() -> None:
    line, first, second, third = Line(), Standing(), Standing(), Standing()
    assert line.enter(first, 1)
    line.enter(second, 1)
    line.enter(third, 1)
    second.gone = True
    line.leave(first, 1)
    assert third.number == 0


def test_unlimited_lets_all_in() -> None:
    line, people = Line(), [Standing() for _ in range(4)]
    for each in people:
        line.enter(each, 1)
    line.leave(people[0], None)
    assert [each.number for each in people] == [None, 0, 0, 0]


# In a conversation


def queued(count: int) -> bool:
    """Whether so many runs wait."""
    return Run.objects.filter(status="queued").count() == count


pytest_database = pytest.mark.django_db(transaction=True)


@pytest_database
async def test_visitors_wait_in_order() -> None:
    answers = Answers(concurrency_limit=1)
    tabs = [await Tab.open("busy") for _ in range(3)]
    for number, (tab, message) in enumerate(zip(tabs, ("one", "two", "three"), strict=True)):
        await sent(tab, message)
        await answers.begins("one")
        await eventually(partial(queued, number))
    async with tabs[2].connected():
        frame = await tabs[2].until("run.state", place=2)
        assert (frame["status"], frame["text"]) == ("queued", "Number 2 in line")
        answers.end("one")
        await tabs[2].until("run.state", place=1)
        answers.end("two", "three")
        await tabs[2].settled()
    await ended()
    assert answers.began == ["one", "two", "three"]


@pytest_database
async def test_waiting_is_left_by_stop() -> None:
    answers = Answers(concurrency_limit=1)
    first, second = await Tab.open("busy"), await Tab.open("busy")
    await sent(first, "one")
    await answers.begins("one")
    await sent(second, "two")
    await eventually(lambda: Run.objects.filter(status="queued").exists())
    await second.stop()
    await eventually(lambda: Run.objects.filter(status="stopped").exists())
    answers.end("one")
    await ended()
    assert await path(second) == [("two", "done"), ("", "stopped")]
    assert answers.began == ["one"]


@pytest_database
async def test_place_is_free_however_a_reply_ends() -> None:
    async def answer(message: str) -> str:
        raise RuntimeError(message)

    chat.register(answer, name="busy", concurrency_limit=1)
    for _ in range(3):
        reply = await (await Tab.open("busy")).ask("hello")
        assert reply.status == "failed"


@pytest_database
async def test_others_are_not_held_up() -> None:
    """A chat without a limit, and a message that waits for its own conversation, take no place."""
    answers = Answers("queue", concurrency_limit=2)
    first, second = await Tab.open("busy"), await Tab.open("busy")
    await sent(first, "one", "two")
    await answers.begins("one")
    await sent(second, "three")
    await answers.begins("three")
    answers.end("one", "two", "three")
    await ended()
    assert answers.began == ["one", "three", "two"]


@pytest_database
async def test_stopped_thread_keeps_its_place() -> None:
    """A function that does not heed the stop still uses what the limit protects."""
    let_go, inside, most = threading.Event(), list[str](), list[int]()

    def answer(message: str) -> Iterator[str]:
        inside.append(message)
        most.append(len(inside))
        if message == "one":
            let_go.wait(PATIENCE)
        inside.remove(message)
        yield message

    chat.register(answer, name="busy", yields="tokens", concurrency_limit=1)
    first, second = await Tab.open("busy"), await Tab.open("busy")
    await sent(first, "one")
    await eventually(lambda: inside == ["one"])
    await first.stop()
    await eventually(lambda: Run.objects.filter(status="stopped").exists())
    await sent(second, "two")
    await eventually(lambda: Run.objects.filter(status="queued").exists())
    let_go.set()
    await ended()
    assert most == [1, 1]
    assert await path(second) == [("two", "done"), ("two", "done")]


@pytest_database
async def test_waiting_costs_a_fixed_number_of_queries(django_assert_num_queries: Any) -> None:
    answers = Answers("queue")
    tab = await Tab.open("busy")
    await sent(tab, "one", "two", "three", "four")
    await answers.begins("one")
    waiting = [run async for run in Run.objects.filter(status="queued").values_list("pk", flat=True)]

    def look() -> None:
        for few in (waiting[:1], waiting):
            with django_assert_num_queries(2):
                assert len(queueing.look(few).ahead) == len(few)

    await sync_to_async(look)()
    answers.end("one", "two", "three", "four")
    await ended()
