"""`make bench-peers`: this project, the floor below it, and five others, all measured in the same way in turn."""

import argparse
import json
import platform
import tempfile
from datetime import UTC, datetime
from os import cpu_count, getloadavg
from pathlib import Path

from playwright.sync_api import Error

from benchmarks.browser import browser
from benchmarks.measures import Figures, Measure
from benchmarks.peers import contenders, measures, report
from benchmarks.peers.environments import pins, python_of
from benchmarks.report import insert
from benchmarks.targets import Target
from tests.server import make_database

RESULTS = Path(__file__).with_name("results.json")


def measured(measure: Measure, target: Target) -> Figures:
    """The figures of one measure, in a fresh browser; where it fails, that it did."""
    try:
        with browser() as chrome:
            return measure(chrome, target) | {"failures": 0.0}
    except (Error, RuntimeError) as error:
        print(f"  {target.name}: {str(error).splitlines()[0]}", flush=True)
        return {"failures": 1.0}


def measure_round(number: int, names: list[str], chosen: list[str], database: Path, results: report.Results) -> None:
    """Every contender on a fresh server, one after the other, in the next round the other way round."""
    for name in names if number % 2 == 0 else names[::-1]:
        try:
            with contenders.running(name, database) as target:
                figures = measure_target(number, target, chosen)
        except RuntimeError as error:
            print(f"  {error}", flush=True)
            figures = {"failures": float(len(chosen))}
        for figure, value in figures.items():
            results[name].setdefault(figure, []).append(value)


def measure_target(number: int, target: Target, chosen: list[str]) -> Figures:
    """Every chosen measure of one contender, and how many of them have failed."""
    all_figures: Figures = {"failures": 0.0}
    for each in chosen:
        figures = measured(measures.ALL[each], target)
        all_figures["failures"] += figures.pop("failures")
        all_figures |= figures
        shown = "  ".join(f"{figure} {value:.4g}" for figure, value in figures.items())
        print(f"round {number + 1}  {target.name:9} {each:10} {shown}", flush=True)
    return all_figures


def main() -> None:
    """Measure, print the table, and write it into the README of the benchmarks where all was measured."""
    parser = argparse.ArgumentParser(prog="make bench-peers ARGS=…", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--who", nargs="+", choices=contenders.ALL, default=list(contenders.ALL), metavar="WHO")
    parser.add_argument("--only", nargs="+", choices=measures.ALL, default=list(measures.ALL), metavar="MEASURE")
    options = parser.parse_args()
    for name in contenders.PEERS:
        if name in options.who:
            python_of(name)
    results: report.Results = {name: {} for name in options.who}
    busy = getloadavg()[0]
    with tempfile.TemporaryDirectory() as directory:
        database = make_database(Path(directory) / "template.sqlite3")
        for number in range(options.rounds):
            measure_round(number, options.who, options.only, database, results)
    table = report.table(results)
    print(table)
    if set(options.who) == set(contenders.ALL) and set(options.only) == set(measures.ALL):
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        insert("peers", f"{facts(options.rounds, busy)}\n\n{table}")


def facts(rounds: int, busy: float) -> str:
    """What the figures were taken with."""
    versions = ", ".join(pin.replace("==", " ") for pin in pins().values())
    machine = f"Python {platform.python_version()}, {cpu_count()} cores, on which other work took {busy:.1f}"
    return f"Rounds, of which these are the medians: {rounds}, on {datetime.now(UTC):%Y-%m-%d}. {versions}; {machine}."


if __name__ == "__main__":
    main()
