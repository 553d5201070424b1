"""How often replies are published that are written on one event loop."""

from itertools import pairwise

import pytest

from chatinterface.runs.pace import INTERVAL, RELIEF, SLICE, SPACING, WIDEST, Pace, pace

LATE = 0.03


def patches(replies: int, seconds: float, *, late: float = 0.0, took: float = 0.0) -> list[list[float]]:
    """When each of so many replies is published that begin at once and always have something to say."""
    pace = Pace()
    times: list[list[float]] = [[0.0] for _ in range(replies)]
    due = [pace.after(0.0, late=late, took=took) for _ in range(replies)]
    while min(due) < seconds:
        reply = due.index(min(due))
        times[reply].append(due[reply])
        due[reply] = pace.after(due[reply] + late, late=late, took=took)
    return times


def gaps(times: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(times)]


@pytest.mark.parametrize("replies", [1, 2, 15])
def test_few_replies_know_nothing_of_each_other(replies: int) -> None:
    for times in patches(replies, 1.0):
        assert gaps(times)[1:] == pytest.approx([INTERVAL] * (len(times) - 2))


def test_many_replies_take_turns() -> None:
    """So that all of them together take no more of the event loop than a few."""
    replies = 100
    published = patches(replies, 1.0)
    for times in published:
        assert gaps(times)[1:] == pytest.approx([replies * SPACING] * (len(times) - 2))
    together = sorted(time for times in published for time in times[1:])
    assert min(gaps(together)) == pytest.approx(SPACING)


def test_no_reply_waits_for_ever() -> None:
    replies = round(2 * WIDEST / SPACING)
    assert max(gap for times in patches(replies, 3.0) for gap in gaps(times)) == pytest.approx(WIDEST)


def test_crowd_that_is_gone_holds_up_nobody() -> None:
    pace = Pace()
    for _patch in range(round(4 * WIDEST / SPACING)):
        pace.after(0.0, late=0.0, took=0.0)
    assert pace.after(WIDEST, late=0.0, took=0.0) == pytest.approx(WIDEST + INTERVAL)


def test_slow_reply_holds_up_no_other() -> None:
    pace = Pace()
    assert pace.after(0.0, late=0.0, took=LATE) == RELIEF * LATE
    assert pace.after(0.0, late=0.0, took=0.0) == INTERVAL + SPACING


def test_one_that_is_late_says_little() -> None:
    pace = Pace()
    assert pace.after(0.0, late=LATE, took=0.0) == INTERVAL


def test_lateness_of_all_widens_it() -> None:
    (times,) = patches(1, 30.0, late=LATE)
    assert gaps(times)[-1] == pytest.approx(LATE + RELIEF * LATE, rel=0.01)


def test_lateness_is_forgotten() -> None:
    pace = Pace()
    for second in range(100):
        assert pace.after(second, late=LATE, took=0.0) >= second + INTERVAL
    for second in range(100, 200):
        due = pace.after(second, late=0.0, took=0.0)
    assert due == second + INTERVAL


def test_who_never_waits_is_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    worked = iter([SLICE / 2, SLICE * 1.5, SLICE * 2, SLICE * 3])
    monkeypatch.setattr("time.thread_time", worked.__next__)
    pace = Pace()
    assert [pace.is_greedy() for _ in range(4)] == [False, True, False, True]


async def test_event_loop_has_one() -> None:
    assert pace() is pace()
