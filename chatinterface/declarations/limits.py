"""How much a chat takes at once, and from one visitor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

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

    if TYPE_CHECKING:
        # The rate limit in numbers; None where there is none.
        rate: Rate | None

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        given = self.rate_limit
        rate = RATE.fullmatch(given) if isinstance(given, str) else None
        if (given and rate is None) or not isinstance(given, str):
            self.refuse(
                f"rate_limit={given!r} is no rate. Write so many in a time: '5/s', '20/m', '100/6h' or '500/d'."
            )
        self.keep("rate", rate and Rate(int(rate["count"]), int(rate["periods"] or 1) * SECONDS[rate["unit"]]))
