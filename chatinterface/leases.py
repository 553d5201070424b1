"""Until when somebody answers in a conversation, by the leases of its runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Min
from django.utils.functional import cached_property


class Leased:
    """What a conversation knows of those that answer in it, of which there may be several."""

    pk: Any
    runs: Any

    @cached_property
    def active_until(self) -> datetime | None:
        """When the first lease ends of the runs that are at work or wait; None where there are none.

        history.find() reads it with the conversation, at no query of its own.
        """
        if self.pk is None:
            return None
        active = self.runs.filter(status__in=self.runs.model.ACTIVE)
        until: datetime | None = active.aggregate(until=Min("lease_until"))["until"]
        return until

    @property
    def answering(self) -> bool:
        """Whether a run is at work or waits; the last message need not be its reply."""
        return self.active_until is not None

    def forget_leases(self) -> None:
        """Read them anew when they are asked for."""
        vars(self).pop("active_until", None)
