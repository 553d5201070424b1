"""The signals of chatinterface."""

from __future__ import annotations

from django.dispatch import Signal

# A reply was stored for good, however it ended. Sent by the class of the chat, in a thread, with ``interface``,
# ``conversation`` and ``message``; what a receiver raises is logged.
reply_settled = Signal()
