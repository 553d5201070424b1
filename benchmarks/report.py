"""The figures as a table, on the terminal and in the README beside this file."""

import json
import re
from pathlib import Path
from statistics import median

from benchmarks.budgets import BUDGETS

HERE = Path(__file__).parent
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

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
        verdict = "PASS" if value <= budget.allowed(floor) else "**FAIL**"
        shown = "" if ground is None else f"{ground:.3g}"
        rows.append(f"| {budget.title} | {value:.3g} | {shown} | {ratio} | {limit} | {verdict} |")
    return "\n".join(rows)


def write(results: Results, facts: str) -> None:
    """Keep all values in results.json, and the table in the README between its two marks."""
    HERE.joinpath("results.json").write_text(json.dumps(results, indent=1) + "\n")
    readme = HERE / "README.md"
    block = f"{BEGIN}\n{facts}\n\n{table(results)}\n{END}"
    marked = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    readme.write_text(marked.sub(lambda _: block, readme.read_text()))
