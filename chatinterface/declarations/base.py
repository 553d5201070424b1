"""Declaring by keyword or by class attribute: what all attributes have in common, whatever they mean."""

from __future__ import annotations

import inspect
from types import FunctionType
from typing import Any, ClassVar, NoReturn

from django.core.exceptions import ImproperlyConfigured

from chatinterface.callbacks import place
from chatinterface.spelling import nearest


class Declaration:
    """The base of every topic: an annotated name is an attribute that can be declared, its value the default.

    A topic checks what was declared of it in ``settle()``, and hands on to the next topic by ``super().settle()``.
    """

    # The attributes that hold a callable: a function that a subclass borrows by ``fn = answer`` is called as it is.
    callables: ClassVar[tuple[str, ...]] = ()
    # The methods that a subclass may define for the chat to call.
    methods: ClassVar[tuple[str, ...]] = ()

    name: str = ""

    def __init__(self, **attributes: Any) -> None:
        known = self.attributes()
        for name, value in attributes.items():
            if name not in known:
                near = nearest(name, known)
                hint = f" Did you mean {near!r}?" if near else f" It has: {', '.join(sorted(known))}."
                raise TypeError(f"{type(self).__name__} has no attribute {name!r}.{hint}")
            self.keep(name, value)
        self._unbind_borrowed()
        self.settle()

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(
            f"{self!r} is declared and shared by all conversations: give {name!r} to its constructor, or subclass it."
        )

    def __repr__(self) -> str:
        kind = type(self).__name__ if type(self).__module__.startswith("chatinterface.") else place(type(self))
        return f"<{kind} {self.name!r}>" if self.name else f"<{kind}>"

    @classmethod
    def attributes(cls) -> frozenset[str]:
        """The names of all that can be declared."""
        return frozenset(
            name
            for each in cls.__mro__
            for name, annotation in getattr(each, "__annotations__", {}).items()
            if not str(annotation).startswith("ClassVar")
        )

    @classmethod
    def called(cls) -> frozenset[str]:
        """The names of all that a subclass may define as a function or a method."""
        topics = [each for each in cls.__mro__ if issubclass(each, Declaration)]
        return frozenset(name for each in topics for name in (*each.callables, *each.methods))

    def settle(self) -> None:
        """Check what was declared, and make of it what follows from it. Raises ImproperlyConfigured."""
        annotated = [
            vars(each).get("__annotations__", {}) for each in type(self).__mro__ if issubclass(each, Declaration)
        ]
        for name in sorted({name for each in annotated for name, kind in each.items() if kind in ("bool", bool)}):
            value = getattr(self, name, False)
            if not isinstance(value, bool):
                self.refuse(f"{name}={value!r} must be True or False.")

    def check_called(self, called: str, callback: Any, *arguments: str) -> None:
        """Refuse what cannot be called with these arguments, by position. None is no callback."""
        if callback is None:
            return
        by = f"({', '.join(arguments)})"
        if not callable(callback):
            self.refuse(f"{called}={callback!r} is not callable. Give it a function of {by}.")
        try:
            signature = inspect.signature(callback)
        except (TypeError, ValueError):
            return
        try:
            signature.bind(*arguments)
        except TypeError:
            count = {2: "two", 3: "three"}[len(arguments)]
            self.refuse(f"{called} takes {signature}, and is called with {by}. Let it take these {count}.")

    def keep(self, name: str, value: Any) -> None:
        """Set an attribute while the chat is being declared."""
        object.__setattr__(self, name, value)

    def refuse(self, reason: str) -> NoReturn:
        """Raise ImproperlyConfigured in the name of this chat."""
        raise ImproperlyConfigured(f"{self!r}: {reason}")

    def _unbind_borrowed(self) -> None:
        # ``fn = answer`` in a subclass borrows a function that is no method: it must not be given the instance.
        for name in {name for each in type(self).__mro__ for name in getattr(each, "callables", ())}:
            for each in type(self).__mro__:
                value = vars(each).get(name)
                if isinstance(value, FunctionType) and name not in vars(self):
                    if not _is_method(value, each):
                        self.keep(name, value)
                    break


def listed(choices: tuple[str, ...]) -> str:
    """The choices as a sentence names them."""
    return ", ".join(map(repr, choices))


def _is_method(function: FunctionType, owner: type) -> bool:
    # A lambda is defined in the class all the same: what it calls its first argument tells.
    if function.__name__ == "<lambda>":
        return function.__code__.co_varnames[:1] == ("self",)
    return function.__qualname__ == f"{owner.__qualname__}.{function.__name__}"
