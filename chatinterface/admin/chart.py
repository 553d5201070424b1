"""A chart of stacked columns, whose drawing is done by a template: only its places and sizes are reckoned here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import formats
from django.utils.translation import gettext

# Units of the drawing, which is as wide as the page.
WIDTH, HEIGHT = 900, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 12, 30

# Options with a colour of their own; all others share one.
SERIES = 5

# Days that are named below the columns.
NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part of a column: so many flags with an option. ``says`` is for whoever points at it."""

    x: float
    y: float
    width: float
    height: float
    series: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line of the scale, or a day that is named: where it is, and what stands there."""

    place: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The drawing, and the table that says the same."""

    boxes: Sequence[Box]
    scale: Sequence[Tick]
    days: Sequence[Tick]
    # The options, by their number among the colours.
    legend: Sequence[tuple[int, str]]
    # A heading, the counts of each option, and their sum; only of columns that have any.
    rows: Sequence[tuple[str, Sequence[int], int]]
    weekly: bool
    total: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def chart(columns: Sequence[date], counts: Mapping[tuple[str, date], int], *, weekly: bool) -> Chart:
    """The chart of these counts, by option and by the day that a column begins with."""
    series = _series(counts)
    stacks = {day: _stack(day, counts, series) for day in columns}
    highest = max((sum(stack) for stack in stacks.values()), default=0)
    top = _round_up(highest)
    step = (WIDTH - LEFT - RIGHT) / max(1, len(columns))
    every = -(-len(columns) // NAMED)
    return Chart(
        boxes=[
            box
            for number, day in enumerate(columns)
            for box in _boxes(LEFT + number * step, step, stacks[day], top, series, _named(day))
        ],
        scale=[Tick(place=_y(value, top), label=str(value)) for value in _values(top)],
        days=[
            Tick(place=round(LEFT + (number + 0.5) * step, 1), label=formats.date_format(day, "j M"))
            for number, day in enumerate(columns)
            if number % every == 0
        ],
        legend=list(enumerate(series)),
        rows=[(_named(day), stack, sum(stack)) for day, stack in reversed(stacks.items()) if sum(stack)],
        weekly=weekly,
        total=sum(counts.values()),
    )


def _series(counts: Mapping[tuple[str, date], int]) -> list[str]:
    """The most frequent options by their shown names, and last what all others are called."""
    totals: Counter[str] = Counter()
    for (option, _day), count in counts.items():
        totals[option] += count
    names = [gettext(option) for option, _count in sorted(totals.items(), key=lambda item: (-item[1], item[0]))]
    return names if len(names) <= SERIES + 1 else [*names[:SERIES], gettext("Others")]


def _stack(day: date, counts: Mapping[tuple[str, date], int], series: Sequence[str]) -> list[int]:
    stack = [0] * len(series)
    for (option, begin), count in counts.items():
        if begin == day:
            name = gettext(option)
            stack[series.index(name) if name in series else len(series) - 1] += count
    return stack


def _boxes(x: float, step: float, stack: Sequence[int], top: int, series: Sequence[str], day: str) -> list[Box]:
    boxes = []
    below = 0
    for number, count in enumerate(stack):
        if count:
            upper, lower = _y(below + count, top), _y(below, top)
            says = f"{day}: {series[number]} {count}"
            boxes.append(
                Box(
                    x=round(x + step * 0.15, 1),
                    y=upper,
                    width=round(step * 0.7, 1),
                    height=round(lower - upper, 1),
                    series=number,
                    says=says,
                )
            )
            below += count
    return boxes


def _y(value: int, top: int) -> float:
    return round(HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP), 1)


def _values(top: int) -> list[int]:
    """The numbers of the scale, all of them whole."""
    parts = next(parts for parts in (4, 3, 2, 1) if top % parts == 0)
    return [top * part // parts for part in range(parts + 1)]


def _round_up(highest: int) -> int:
    """The end of the scale: some four steps of a number that is easily counted by."""
    power = 1
    while True:
        for factor in (1, 2, 3, 5):
            if power * factor * 4 >= highest:
                return max(1, -(-highest // (power * factor))) * power * factor
        power *= 10


def _named(day: date) -> str:
    return formats.date_format(day, "DATE_FORMAT")
