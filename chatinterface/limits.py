"""How much a visitor may send: counted in the site's default cache, which all processes should share."""

from __future__ import annotations

import hashlib
import time
from functools import partial

from django.core.cache import cache

from chatinterface.exceptions import TooMany
from chatinterface.history import Visitor
from chatinterface.interface import ChatInterface
from chatinterface.recall import recalled


def count(interface: ChatInterface, who: Visitor) -> None:
    """Count a message of the visitor. Raises TooMany, which knows the seconds to wait, where it is one too many.

    Where the cache is away, nothing is counted, and nobody has to wait.
    """
    rate = interface.rate
    if rate is None:
        return
    sent, seconds = recalled(partial(_counted, _key(interface, who), rate.seconds), (0, 0.0))
    if sent > rate.count:
        raise TooMany(max(1, round(seconds)))


def _counted(key: str, period: int) -> tuple[int, float]:
    """How many were sent with this one, and the seconds until that begins anew."""
    now = time.time()
    ends: float = cache.get_or_set(f"{key}:ends", now + period, period) or now + period
    counted = f"{key}:{ends}"
    cache.add(counted, 0, period)
    try:
        return cache.incr(counted), ends - now
    except ValueError:  # The time is over just now: another one has begun.
        return 0, 0.0


def _key(interface: ChatInterface, who: Visitor) -> str:
    owner = f"u{who.user_id}" if who.user_id else f"s{who.session_key}"
    return f"chatinterface:rate:{interface.name}:{hashlib.sha256(owner.encode()).hexdigest()[:32]}"
