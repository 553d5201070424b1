"""ChatInterface: what is declared of a chat, and what it means."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from functools import cached_property
from types import FunctionType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from chatinterface.callbacks import Binding, bind, is_async, place
from chatinterface.spelling import meant, nearest

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.functional import _StrOrPromise

NAME = re.compile(r"[a-zA-Z0-9_-]{1,100}")
EXCEPTION_MODES = ("summary", "verbose", "traceback", "ignore", "raise")
YIELDS = ("text", "tokens")
PERMISSION = re.compile(r"[^.]+\..+")

# What a subclass may define as a method that is called for it. A misspelt has_permission() would let everybody in.
METHODS = ("fn", "callback", "callback_exception", "has_permission")


class Access(enum.Enum):
    """Whether somebody may open a chat."""

    ALLOWED = "allowed"
    LOGIN = "login"  # Not as a visitor without a login.
    DENIED = "denied"  # Not this user.


class ChatInterface:
    """One chat of the site: a callback, and how its page looks and behaves.

    Declared by subclass (class attributes) or by keyword, as Django's views are; immutable from then on and shared by
    all conversations. An unknown attribute raises TypeError and names the closest one; a wrong one raises
    ImproperlyConfigured.
    """

    # The callback by Gradio's convention: fn(message, history). The history is a list of {"role", "content"} dicts,
    # oldest first, without the current message.
    fn: Callable[..., Any] | None = None
    # The callback by Panel's convention: callback(contents[, user[, instance]]), as many as it takes.
    callback: Callable[..., Any] | None = None
    # What a generator yields: "text", each time the whole reply so far, or "tokens", each time what is added to it.
    yields: Literal["text", "tokens"] = "text"
    # The name in the address; by default the callback's or the subclass's own.
    name: str = ""
    # The heading and the browser tab's title; by default made from the name.
    title: _StrOrPromise = ""
    # Markdown below the title.
    description: _StrOrPromise = ""
    # Markdown shown while the conversation is empty.
    placeholder: _StrOrPromise = ""
    # Who sends and who replies, as shown above the messages; and what stands beside it: a character or an emoji.
    user: _StrOrPromise = _("You")
    avatar: str = ""
    callback_user: _StrOrPromise = _("Assistant")
    callback_avatar: str = ""
    # What is shown when the callback raises: "summary" (a sentence with an error id), "verbose" or "traceback" (the
    # traceback), "ignore" (nothing), "raise" (as "summary", and raised again in the server), or a callable(exception,
    # instance) that returns the text to show. What happened is logged under the error id in every mode.
    callback_exception: str | Callable[..., Any] = "summary"
    # Said beside the waiting mark, which is shown when the reply has not begun after so many seconds (0: never).
    placeholder_text: _StrOrPromise = ""
    placeholder_threshold: float = 1.0
    # Whether a dot shows that a reply is still being written.
    show_activity_dot: bool = True
    # Who may open the page, read and send: users who are logged in; users with this permission or these permissions.
    login_required: bool = False
    permission_required: str | tuple[str, ...] | list[str] = ()

    binding: Binding

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._check_bases()
        for name, value in vars(cls).items():
            if name.startswith("_") or hasattr(ChatInterface, name) or name in ChatInterface.attributes():
                continue
            if known := meant(name, _known_for(value)):
                raise TypeError(
                    f"{cls.__name__} has an attribute {name!r}. Did you mean {known!r}? An attribute of your own needs "
                    "a name that is less like it."
                )

    def __init__(self, fn: Callable[..., Any] | None = None, /, **attributes: Any) -> None:
        known = self.attributes()
        if fn is not None and "fn" in attributes:
            raise TypeError(f"{type(self).__name__}() got fn twice: remove one of them.")
        if fn is not None:
            attributes["fn"] = fn
        for name, value in attributes.items():
            if name not in known:
                near = nearest(name, known)
                hint = f" Did you mean {near!r}?" if near else f" It has: {', '.join(sorted(known))}."
                raise TypeError(f"{type(self).__name__} has no attribute {name!r}.{hint}")
            object.__setattr__(self, name, value)
        self._unbind_borrowed()
        self._check_callback()
        self._settle_names()
        self._check_values()
        self._check_access()
        convention = "fn" if self.callback is None else "callback"
        object.__setattr__(self, "binding", bind(self.function, convention, repr(self)))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(
            f"{self!r} is declared and shared by all conversations: give {name!r} to its constructor, or subclass it."
        )

    def __repr__(self) -> str:
        kind = "ChatInterface" if type(self) is ChatInterface else place(type(self))
        return f"<{kind} {self.name!r}>" if self.name else f"<{kind}>"

    @classmethod
    def _check_bases(cls) -> None:
        names = {*ChatInterface.attributes(), *METHODS}
        for base in cls.__mro__[cls.__mro__.index(ChatInterface) + 1 :]:
            for name in sorted(names & vars(base).keys()):
                raise TypeError(
                    f"{cls.__name__} would never ask for {name!r} of {base.__name__}, which stands behind "
                    f"ChatInterface. Write class {cls.__name__}({base.__name__}, ChatInterface)."
                )

    @classmethod
    def attributes(cls) -> frozenset[str]:
        """The names of all that can be declared."""
        return frozenset(
            name for each in cls.__mro__ for name in getattr(each, "__annotations__", {}) if name != "binding"
        )

    @property
    def function(self) -> Callable[..., Any]:
        """The callback, by whichever convention."""
        return cast("Callable[..., Any]", self.callback if self.fn is None else self.fn)

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

    def _unbind_borrowed(self) -> None:
        # ``fn = answer`` in a subclass borrows a function that is no method: it must not be given the instance.
        for name in ("fn", "callback", "callback_exception"):
            for each in type(self).__mro__:
                value = vars(each).get(name)
                if isinstance(value, FunctionType) and name not in vars(self):
                    if not _is_method(value, each):
                        object.__setattr__(self, name, value)
                    break

    def _settle_names(self) -> None:
        given = self.function
        own = type(self).__name__ if type(self) is not ChatInterface else getattr(given, "__name__", "")
        name = self.name or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", own).lower()
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "title", self.title or name.replace("_", " ").replace("-", " ").capitalize())

    def _check_callback(self) -> None:
        conventions = "fn (called with message, history) {} callback (called with contents, user, instance)"
        if self.fn is None and self.callback is None:
            self._refuse(f"it has neither {conventions.format('nor')}. {self._remedy()}")
        if self.fn is not None and self.callback is not None:
            self._refuse(f"it has both {conventions.format('and')}. Remove one of them.")
        if not callable(self.function):
            given = type(self.function).__name__
            self._refuse(f"{given} is not callable. Give a function, a method or an object with __call__.")

    def _remedy(self) -> str:
        own = type(self) is not ChatInterface
        return "Write def fn(self, message, history)." if own else "Give it fn=… or callback=…."

    def _check_values(self) -> None:
        if not isinstance(self.name, str) or not NAME.fullmatch(self.name):
            self._refuse(f"name={self.name!r} cannot stand in an address. Give name=… of letters, digits, '-' and '_'.")
        if self.yields not in YIELDS:
            self._refuse(f"yields={self.yields!r} must be one of {_listed(YIELDS)}.")
        if not callable(self.callback_exception) and self.callback_exception not in EXCEPTION_MODES:
            self._refuse(
                f"callback_exception={self.callback_exception!r} must be one of {_listed(EXCEPTION_MODES)}, "
                "or a callable that takes the exception and the ChatSession."
            )
        threshold = self.placeholder_threshold
        if isinstance(threshold, bool) or not isinstance(threshold, int | float) or threshold < 0:
            self._refuse(f"placeholder_threshold={threshold!r} must be a number of seconds, 0 or more.")

    def _check_access(self) -> None:
        needed = self.permission_required
        if not isinstance(needed, str | tuple | list) or not all(
            isinstance(each, str) and PERMISSION.fullmatch(each) for each in _several(needed)
        ):
            self._refuse(
                f"permission_required={needed!r} names no permission. Write 'app_label.codename', or a tuple of such."
            )
        if is_async(self.has_permission):
            self._refuse("has_permission() must be plain: write def, not async def.")

    def _refuse(self, reason: str) -> NoReturn:
        raise ImproperlyConfigured(f"{self!r}: {reason}")


def declared(interface: ChatInterface) -> str:
    """Where a chat is declared: the module and name of its class, or of its callback where it has none of its own."""
    return place(interface.function if type(interface) is ChatInterface else type(interface))


def _known_for(value: object) -> frozenset[str]:
    """The names that an attribute of a subclass may have been meant to have."""
    if isinstance(value, FunctionType | classmethod | staticmethod):
        return frozenset(METHODS)
    return frozenset() if isinstance(value, type | property | cached_property) else ChatInterface.attributes()


def _several(permissions: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (permissions,) if isinstance(permissions, str) else tuple(permissions)


def _is_method(function: FunctionType, owner: type) -> bool:
    # A lambda is defined in the class all the same: what it calls its first argument tells.
    if function.__name__ == "<lambda>":
        return function.__code__.co_varnames[:1] == ("self",)
    return function.__qualname__ == f"{owner.__qualname__}.{function.__name__}"


def _listed(choices: tuple[str, ...]) -> str:
    return ", ".join(map(repr, choices))
