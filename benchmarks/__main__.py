"""`make bench`: measure the demo site and the floor in turn, in a real Chromium against a real Daphne."""

import argparse
import platform
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from os import cpu_count, getloadavg
from pathlib import Path

import django

from benchmarks import measures, report, targets
from benchmarks.browser import browser
from benchmarks.measures import Measure
from tests.server import make_database


def measure_round(number: int, chosen: list[Measure], results: report.Results) -> None:
    """Every measure on both targets, right after one another, the order changing from round to round."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = make_database(directory / "template.sqlite3")
        both = [
            stack.enter_context(targets.floor(directory)),
            stack.enter_context(targets.chat(directory / "chat", database)),
        ]
        for measure in chosen:
            for target in both if number % 2 == 0 else both[::-1]:
                with browser() as chrome:
                    figures = measure(chrome, target)
                for name, value in figures.items():
                    results[target.name].setdefault(name, []).append(value)
                shown = "  ".join(f"{name} {value:.3g}" for name, value in figures.items())
                print(f"round {number + 1}  {target.name:6} {shown}", flush=True)


def main() -> None:
    """Measure, print the table, and write it into the README beside this file."""
    names = {measure.__name__: measure for measure in measures.ALL}
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--only", nargs="+", choices=names, default=list(names), metavar="MEASURE", help=", ".join(names)
    )
    options = parser.parse_args()
    results: report.Results = {"floor": {}, "chat": {}}
    busy = getloadavg()[0]
    for number in range(options.rounds):
        measure_round(number, [names[name] for name in options.only], results)
    print(report.table(results))
    if set(options.only) == set(names):
        versions = f"Python {platform.python_version()}, Django {django.__version__}"
        machine = f"{cpu_count()} cores, on which other work took {busy:.1f}"
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        report.write(
            results, f"Rounds, of which these are the medians: {options.rounds}, on {today}. {versions}, {machine}."
        )


if __name__ == "__main__":
    main()
