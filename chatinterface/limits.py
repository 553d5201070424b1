"""How much a visitor may send: counted in the site's default cache, which all processes should share."""

from __future__ import annotations

import hashlib
import time

from django.core.cache import cache

from chatinterface.exceptions import TooMany
from chatinterface.history import Visitor
from chatinterface.interface import ChatInterface


def count(interface: ChatInterface, who: Visitor) -> None:
    """Count a message of the visitor. Raises TooMany, which knows the seconds to wait, where it is one too many."""
    rate = interface.rate
    if rate is None:
        return
    key, now = _key(interface, who), time.time()
    ends: float = cache.get_or_set(f"{key}:ends", now + rate.seconds, rate.seconds) or now + rate.seconds
    counted = f"{key}:{ends}"
    cache.add(counted, 0, rate.seconds)
    try:
        sent = cache.incr(counted)
    except ValueError:  # The time is over just now: another one has begun.
        return
    if sent > rate.count:
        raise TooMany(max(1, round(ends - now)))


def _key(interface: ChatInterface, who: Visitor) -> str:
    owner = f"u{who.user_id}" if who.user_id else f"s{who.session_key}"
    return f"chatinterface:rate:{interface.name}:{hashlib.sha256(owner.encode()).hexdigest()[:32]}"
