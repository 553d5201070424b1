"""How it is told that the database or the channel layer is away: in the log, as what it is, no error of the code."""

from __future__ import annotations

import logging

from django.db import DatabaseError, InterfaceError

from chatinterface import metrics

logger = logging.getLogger("chatinterface.outages")


def away(text: str, error: Exception, *, event: str, **facts: object) -> None:
    """Log what it was away for, a text with a %s for the error; and count it, if it is the database."""
    if isinstance(error, DatabaseError | InterfaceError):
        metrics.database_failures.add()
    extra = {"event": event, "error": type(error).__name__, **facts}
    logger.warning(text, f"{type(error).__name__}: {error}".strip(), extra=extra)
