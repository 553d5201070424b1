"""The admin: conversations to be read, flags to be reviewed."""

from chatinterface.admin import conversations, flags

__all__ = ["conversations", "flags"]
