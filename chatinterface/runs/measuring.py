"""That a run began and ended, and how long it took: for the log, and for whoever counts."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from chatinterface import metrics
from chatinterface.begun import Begun
from chatinterface.models import Run

logger = logging.getLogger("chatinterface.runs")


@contextmanager
def measured(exchange: Begun) -> Iterator[None]:
    """Around the whole of a run. What was said in it is not told."""
    run, chat = exchange.run, exchange.conversation.interface
    facts = {"chat": chat, "conversation": str(exchange.conversation.uuid), "run": run.pk}
    metrics.runs_started.add(1, chat)
    metrics.runs_active.add(1, chat)
    logger.info("Run %s of %r began", run.pk, chat, extra={"event": "run.started", **facts})
    began = monotonic()
    try:
        yield
    finally:
        seconds = monotonic() - began
        # One that the conversation has gone on without has not been settled.
        status = "abandoned" if run.status in Run.ACTIVE else str(run.status)
        metrics.runs_active.add(-1, chat)
        metrics.runs_finished.add(1, chat, status)
        metrics.run_seconds.add(seconds, chat)
        if run.first_output_at is not None:
            metrics.first_outputs.add(1, chat)
            metrics.first_output_seconds.add((run.first_output_at - run.queued_at).total_seconds(), chat)
        facts |= {"status": status, "seconds": round(seconds, 3)}
        logger.info(
            "Run %s of %r: %s, after %.3f s", run.pk, chat, status, seconds, extra={"event": "run.finished", **facts}
        )
