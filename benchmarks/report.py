"""The figures as a table, on the terminal and in the README beside this file."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median

from benchmarks.budgets import BUDGETS, Budget

HERE = Path(__file__).parent

# For each target, each figure's values, one a round.
Results = dict[str, dict[str, list[float]]]


def table(results: Results) -> str:
    """A Markdown table of the rounds' medians, the floor's, and the budgets. What was not measured is left out."""
    ours, floor = ({name: median(values) for name, values in results[who].items()} for who in ("chat", "floor"))
    rows = ["| measure | chat | floor | ratio | budget | |", "|---|--:|--:|--:|--:|---|"]
    for budget in BUDGETS:
        if budget.figure not in ours or (budget.of_floor and budget.figure not in floor):
            continue
        value, ground = ours[budget.figure], floor.get(budget.figure)
        ratio = f"{value / ground:.2f}" if ground else ""
        limit = f"{budget.limit:g} × floor" if budget.of_floor else f"{budget.limit:g}"
        verdict = _verdict(value <= budget.allowed(floor))
        shown = "" if ground is None else f"{ground:.3g}"
        rows.append(f"| {budget.title} | {value:.3g} | {shown} | {ratio} | {limit} | {verdict} |")
    return "\n".join(rows)


def columns(budgets: Iterable[Budget], measured: Mapping[str, Mapping[str, float]]) -> str:
    """A Markdown table of what was measured, a column for each of the measured, and the budgets with their verdicts."""
    rows = [f"| measure | {' | '.join(measured)} | budget | |", f"|---|{'--:|' * len(measured)}--:|---|"]
    for budget in budgets:
        values = [each[budget.figure] for each in measured.values() if budget.figure in each]
        if len(values) == len(measured):
            verdict = _verdict(all(value <= budget.limit for value in values))
            rows.append(f"| {budget.title} | {' | '.join(map(_shown, values))} | {budget.limit:g} | {verdict} |")
    return "\n".join(rows)


def write(results: Results, facts: str) -> None:
    """Keep all values in results.json, and the table in the README."""
    HERE.joinpath("results.json").write_text(json.dumps(results, indent=1) + "\n")
    insert("figures", f"{facts}\n\n{table(results)}")


def insert(name: str, block: str) -> None:
    """Put a block between the marks of its name in the README beside this file. Raises ValueError where it has none."""
    readme = HERE / "README.md"
    readme.write_text(between_marks(readme.read_text(), name, block))


def between_marks(text: str, name: str, block: str) -> str:
    """The text with the block between the marks of its name. Raises ValueError where it has none."""
    begin, end = (f"<!-- {name}: {mark} -->" for mark in ("begin", "end"))
    marked = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
    if not marked.search(text):
        raise ValueError(f"There is no {begin} … {end} to put the figures between.")
    return marked.sub(lambda _: f"{begin}\n{block}\n{end}", text)


def _verdict(reached: bool) -> str:  # noqa: FBT001 -- it is what is said.
    return "PASS" if reached else "**FAIL**"


def _shown(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
