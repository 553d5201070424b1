"""Whether what was said may be shown to others."""

from __future__ import annotations

from chatinterface.declarations.base import Declaration


class Sharing(Declaration):
    """Links to conversations."""

    # Whether visitors may make links by which anybody can read a conversation of theirs as it is then, without a login
    # and without the permissions of the chat. Switched off, the links that were made lead nowhere.
    shareable: bool = False
