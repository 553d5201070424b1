"""Who may use a chat."""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING

from chatinterface.callbacks import is_async
from chatinterface.declarations.base import Declaration

if TYPE_CHECKING:
    from django.http import HttpRequest

PERMISSION = re.compile(r"[^.]+\..+")


class Access(enum.Enum):
    """Whether somebody may open a chat."""

    ALLOWED = "allowed"
    LOGIN = "login"  # Not as a visitor without a login.
    DENIED = "denied"  # Not this user.


class Admission(Declaration):
    """Whom a chat lets in."""

    # A misspelt has_permission() would let everybody in.
    methods = ("has_permission",)

    # Who may open the page, read and send: users who are logged in; users with this permission or these permissions.
    login_required: bool = False
    permission_required: str | tuple[str, ...] | list[str] = ()

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the visitor may open this chat, read its conversations and send. A site's own rule overrides it.

        It is asked for pages, actions and sockets alike, always in a thread where the database may be asked;
        ``request`` has the user and the session in all of them.
        """
        return not self.permission_required or bool(request.user.has_perms(_several(self.permission_required)))

    def access(self, request: HttpRequest) -> Access:
        """Whether this visitor may use the chat, and whether a login could help.

        Raises TypeError where has_permission() returns anything but a bool: nobody is let in by an accident.
        """
        authenticated = request.user.is_authenticated
        if self.login_required and not authenticated:
            return Access.LOGIN
        allowed = self.has_permission(request)
        if not isinstance(allowed, bool):
            given = type(allowed).__name__
            raise TypeError(f"{self!r}: has_permission() returned {given}, and not bool: let it return True or False.")
        if allowed:
            return Access.ALLOWED
        return Access.DENIED if authenticated else Access.LOGIN

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        needed = self.permission_required
        if not isinstance(needed, str | tuple | list) or not all(
            isinstance(each, str) and PERMISSION.fullmatch(each) for each in _several(needed)
        ):
            self.refuse(
                f"permission_required={needed!r} names no permission. Write 'app_label.codename', or a tuple of such."
            )
        if is_async(self.has_permission):
            self.refuse("has_permission() must be plain: write def, not async def.")


def _several(permissions: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (permissions,) if isinstance(permissions, str) else tuple(permissions)
