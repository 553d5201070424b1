"""`make bench-peers`: this project, the floor below it, and five others, all measured in the same way in turn."""

import argparse
import json
import platform
import tempfile
import time
from datetime import UTC, datetime
from os import cpu_count, getloadavg
from pathlib import Path

from benchmarks.browser import browser
from benchmarks.measures import Figures, Measure
from benchmarks.peers import contenders, measures, report
from benchmarks.peers.environments import ENVIRONMENTS, pins, python_of
from benchmarks.report import insert
from benchmarks.targets import Target
from tests.server import make_database

RESULTS = Path(__file__).with_name("results.json")


def main() -> None:
    """Measure, print the table, and after each round write it into the README where all was measured."""
    parser = argparse.ArgumentParser(prog="make bench-peers ARGS=…", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--who", nargs="+", choices=contenders.ALL, default=list(contenders.ALL), metavar="WHO")
    parser.add_argument("--only", nargs="+", choices=measures.ALL, default=list(measures.ALL), metavar="MEASURE")
    parser.add_argument(
        "--environments", type=Path, default=ENVIRONMENTS, help="where the others are, or are to be, installed"
    )
    options = parser.parse_args()
    install([name for name in options.who if name in contenders.PEERS], options.environments)
    whole = set(options.who) == set(contenders.ALL) and set(options.only) == set(measures.ALL)
    results: report.Results = {name: {} for name in options.who}
    busy = getloadavg()[0]
    with tempfile.TemporaryDirectory() as directory:
        database = make_database(Path(directory) / "template.sqlite3")
        for number in range(options.rounds):
            # In turn from either end.
            for name in options.who if number % 2 == 0 else options.who[::-1]:
                print(f"round {number + 1}  {name}", flush=True)
                for figure, value in measured(name, options.only, database, options.environments).items():
                    results[name].setdefault(figure, []).append(value)
            if whole:
                RESULTS.write_text(json.dumps(results, indent=1) + "\n")
                insert("peers", f"{facts(number + 1, busy)}\n\n{report.table(results)}")
    print(report.table(results))


def install(names: list[str], environments: Path) -> None:
    """What is missing, before anything is measured. Who cannot be installed will not start."""
    for name in names:
        try:
            python_of(name, environments)
        except RuntimeError as error:
            print(error, flush=True)


def measured(name: str, chosen: list[str], database: Path, environments: Path) -> Figures:
    """The figures of one contender, on a fresh server, and how many of the measures have failed."""
    figures: Figures = {}
    failures = 0
    try:
        with contenders.running(name, database, environments) as target:
            for each in chosen:
                began = time.monotonic()
                of_it = measure_one(measures.ALL[each], target)
                failures += of_it is None
                figures |= of_it or {}
                shown = "  ".join(f"{figure} {value:.4g}" for figure, value in (of_it or {}).items())
                print(f"  {each:10} {time.monotonic() - began:5.1f} s  {shown}", flush=True)
    except RuntimeError as error:
        print(f"  {error}", flush=True)
        failures = len(chosen)
    return figures | {"failures": float(failures)}


def measure_one(measure: Measure, target: Target) -> Figures | None:
    """The figures of one measure, in a fresh browser; None where it fails, in whatever way: the others are measured."""
    try:
        with browser() as chrome:
            return measure(chrome, target)
    except Exception as error:
        print(f"  {target.name}: {type(error).__name__}: {next(iter(str(error).splitlines()), '')}", flush=True)
        return None


def facts(rounds: int, busy: float) -> str:
    """What the figures were taken with."""
    versions = ", ".join(pin.replace("==", " ") for pin in pins().values())
    machine = f"Python {platform.python_version()}, {cpu_count()} cores, on which other work took {busy:.1f}"
    return f"Rounds, of which these are the medians: {rounds}, on {datetime.now(UTC):%Y-%m-%d}. {versions}; {machine}."


if __name__ == "__main__":
    main()
