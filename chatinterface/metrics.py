"""What this process counts, to be read by whatever watches the site: nothing is sent anywhere, and nothing needs to be
installed.

``collect()`` gives all of it, in the form that Prometheus and OpenTelemetry have in common; the documentation has the
few lines for each. What is counted is this process's own: a site of several is asked process by process.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A snapshot. ``kind`` is "counter", which never shrinks, or "gauge"; ``values`` are by the labels' values."""

    name: str
    kind: str
    help: str
    labels: Labels
    values: Sequence[tuple[Labels, float]]


class Measure:
    """Something that is counted, by its labels."""

    def __init__(self, name: str, kind: str, help: str, *labels: str) -> None:
        self._description = (f"chatinterface_{name}", kind, help, labels)
        self._values: dict[Labels, float] = {} if labels else {(): 0}
        self._lock = threading.Lock()
        _measures.append(self)

    def add(self, amount: float = 1, *labels: str) -> None:
        """Count so much more, or less; from any thread."""
        with self._lock:
            self._values[labels] = self._values.get(labels, 0) + amount

    def metric(self) -> Metric:
        """How it stands."""
        name, kind, help, labels = self._description
        with self._lock:
            return Metric(name=name, kind=kind, help=help, labels=labels, values=sorted(self._values.items()))


_measures: list[Measure] = []

runs_started = Measure("runs_started_total", "counter", "Replies that were begun.", "chat")
runs_finished = Measure("runs_finished_total", "counter", "Replies that have ended, by how.", "chat", "status")
runs_lost = Measure("runs_lost_total", "counter", "Replies of processes that were found gone.", "chat")
run_seconds = Measure("run_seconds_total", "counter", "Seconds that finished replies took.", "chat")
first_output_seconds = Measure(
    "first_output_seconds_total", "counter", "Seconds until the first output of finished replies that had any.", "chat"
)
first_outputs = Measure("first_outputs_total", "counter", "Finished replies that had any output.", "chat")
runs_active = Measure("runs_active", "gauge", "Replies that are being written.", "chat")
runs_waiting = Measure("runs_waiting", "gauge", "Replies that wait for their turn or their place.", "chat")
sockets_opened = Measure("sockets_opened_total", "counter", "Pages that were let in.")
sockets_refused = Measure("sockets_refused_total", "counter", "Pages that were refused or closed, by code.", "code")
sockets_open = Measure("sockets_open", "gauge", "Open pages.")
patches_sent = Measure("patches_sent_total", "counter", "Pieces of replies that were sent to pages.")
layer_failures = Measure("layer_failures_total", "counter", "Failed calls of the channel layer.")
database_failures = Measure("database_failures_total", "counter", "Work that the database was away for.")


def collect() -> list[Metric]:
    """All that is counted, as it stands."""
    return [measure.metric() for measure in _measures]
