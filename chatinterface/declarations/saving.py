"""What is kept of conversations, and shown to who had them."""

from __future__ import annotations

from chatinterface.declarations.base import Declaration


class Saving(Declaration):
    """What becomes of a conversation when it is over."""

    # Whether a panel beside the chat lists the visitor's conversations. They are kept in either case.
    save_history: bool = False
