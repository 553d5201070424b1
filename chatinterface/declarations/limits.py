"""How much a chat takes at once, and from one visitor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from chatinterface import conf
from chatinterface.declarations.base import Declaration

RATE = re.compile(r"(?P<count>[1-9]\d{0,8})/(?P<periods>[1-9]\d{0,5})?(?P<unit>[smhd])")
SECONDS = {"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many messages in so many seconds."""

    count: int
    seconds: int


class Limits(Declaration):
    """What a chat takes."""

    # Messages that a user or an anonymous session may send: so many in a second, minute, hour or day, as "20/m" or
    # "100/6h"; empty: any number. Each visitor's time begins with their first message.
    rate_limit: str = ""
    # Replies that are written at once, in each server process, the others waiting in line: a number, None for any
    # number, or "default" for the site's CONCURRENCY_LIMIT. As in Gradio, whose own default is 1.
    concurrency_limit: int | Literal["default"] | None = "default"

    if TYPE_CHECKING:
        # The rate limit in numbers; None where there is none.
        rate: Rate | None

    @property
    def places(self) -> int | None:
        """How many replies are written at once; None for any number."""
        limit = self.concurrency_limit
        return limit if limit is None or isinstance(limit, int) else conf.get().concurrency_limit

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        limit = self.concurrency_limit
        whole = isinstance(limit, int) and not isinstance(limit, bool) and limit > 0
        if not whole and limit is not None and limit != "default":
            self.refuse(
                f"concurrency_limit={limit!r} must be a positive whole number, None for any number, or 'default' for "
                'the site\'s CHATINTERFACE["CONCURRENCY_LIMIT"].'
            )
        given = self.rate_limit
        rate = RATE.fullmatch(given) if isinstance(given, str) else None
        if (given and rate is None) or not isinstance(given, str):
            self.refuse(
                f"rate_limit={given!r} is no rate. Write so many in a time: '5/s', '20/m', '100/6h' or '500/d'."
            )
        self.keep("rate", rate and Rate(int(rate["count"]), int(rate["periods"] or 1) * SECONDS[rate["unit"]]))
