"""The channel layer of a site that one process serves, at a price that open pages do not raise."""

from __future__ import annotations

import time

from channels import layers

# Seconds between two looks for what nobody has fetched.
CLEANING = 1.0


class InMemoryChannelLayer(layers.InMemoryChannelLayer):
    """Channels' own, and configured as that is.

    Channels' own looks through all channels and all groups at each message that it sends or receives, for those that
    have expired: with 100 pages that follow a reply, a quarter of the server's time goes into it, and with more pages
    more. Here it does so once a second.
    """

    _cleaned = 0.0

    def _clean_expired(self) -> None:
        now = time.monotonic()
        if now - self._cleaned >= CLEANING:
            self._cleaned = now
            super()._clean_expired()
