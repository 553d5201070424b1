"""What was measured so far: each phase when it last was, on each server."""

import json
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path

import django

from benchmarks import report
from benchmarks.load.budgets import BUDGETS
from benchmarks.load.phases import Figures

RESULTS = Path(__file__).with_name("results.json")


@dataclass(slots=True)
class Record:
    """By server."""

    figures: dict[str, Figures] = field(default_factory=dict)
    # By phase: when it was measured, and beside what.
    taken: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def load(cls) -> "Record":
        """What is kept beside this file."""
        return cls(**json.loads(RESULTS.read_text())) if RESULTS.exists() else cls()

    def add(self, server: str, phases: Iterable[str], figures: Figures, busy: float) -> None:
        """Take the figures of these phases in the place of what was known of them, and the load at their beginning."""
        self.figures.setdefault(server, {}).update(figures)
        now = f"{datetime.now(UTC):%Y-%m-%d} beside other work of {busy:.1f}"
        self.taken.setdefault(server, {}).update(dict.fromkeys(phases, now))

    def write(self) -> None:
        """Keep it beside this file, and as a table in the README of the benchmarks."""
        RESULTS.write_text(json.dumps(asdict(self), indent=1) + "\n")
        report.insert("load", f"{self.facts()}\n\n{report.columns(BUDGETS, self.figures)}")

    def facts(self) -> str:
        """What the figures were taken with."""
        by_time: dict[str, list[str]] = {}
        for server, taken in self.taken.items():
            for phase, when in taken.items():
                by_time.setdefault(f"{server} on {when}", []).append(phase)
        taken_at = "; ".join(f"{', '.join(phases)} of {when}" for when, phases in by_time.items())
        versions = f"Python {platform.python_version()}, Django {django.__version__}"
        return f"{versions}, {cpu_count()} cores. Taken: {taken_at}."
