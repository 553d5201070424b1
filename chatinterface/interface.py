"""ChatInterface: what is declared of a chat, and what it means."""

from __future__ import annotations

from functools import cached_property
from types import FunctionType
from typing import Any

from chatinterface.callbacks import place
from chatinterface.declarations.access import Admission
from chatinterface.declarations.additional import AdditionalInputs
from chatinterface.declarations.answering import Answering
from chatinterface.declarations.busy import Busy
from chatinterface.declarations.buttons import Buttons
from chatinterface.declarations.chatbot import Log
from chatinterface.declarations.composing import Composing
from chatinterface.declarations.examples import Examples
from chatinterface.declarations.executing import Executing
from chatinterface.declarations.flagging import Flagging
from chatinterface.declarations.forms import Forms
from chatinterface.declarations.frames import Frames
from chatinterface.declarations.inputs import Inputs
from chatinterface.declarations.limits import Limits
from chatinterface.declarations.outputs import Outputs
from chatinterface.declarations.page import Page
from chatinterface.declarations.responding import Responding
from chatinterface.declarations.retention import Retention
from chatinterface.declarations.saving import Saving
from chatinterface.declarations.sharing import Sharing
from chatinterface.declarations.showing import Showing
from chatinterface.declarations.styling import Styling
from chatinterface.declarations.versions import Versions
from chatinterface.spelling import meant


class ChatInterface(
    Buttons,
    Log,
    Answering,
    Examples,
    Executing,
    Forms,
    Inputs,
    AdditionalInputs,
    Showing,
    Page,
    Styling,
    Composing,
    Flagging,
    Responding,
    Outputs,
    Retention,
    Saving,
    Busy,
    Limits,
    Frames,
    Versions,
    Sharing,
    Admission,
):
    """One chat of the site: a callback, and how its page looks and behaves.

    Declared by subclass (class attributes) or by keyword, as Django's views are; immutable from then on and shared by
    all conversations. An unknown attribute raises TypeError and names the closest one; a wrong one raises
    ImproperlyConfigured.
    """

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

    @classmethod
    def _check_bases(cls) -> None:
        names = ChatInterface.attributes() | ChatInterface.called()
        behind = cls.__mro__[cls.__mro__.index(ChatInterface) :]
        for base in (each for each in behind if each not in ChatInterface.__mro__):
            for name in sorted(names & vars(base).keys()):
                raise TypeError(
                    f"{cls.__name__} would never ask for {name!r} of {base.__name__}, which stands behind "
                    f"ChatInterface. Write class {cls.__name__}({base.__name__}, ChatInterface)."
                )


def declared(interface: ChatInterface) -> str:
    """Where a chat is declared: the module and name of its class, or of its callback where it has none of its own."""
    return place(interface.function if type(interface) is ChatInterface else type(interface))


def _known_for(value: object) -> frozenset[str]:
    """The names that an attribute of a subclass may have been meant to have."""
    if isinstance(value, FunctionType | classmethod | staticmethod):
        return ChatInterface.called()
    return frozenset() if isinstance(value, type | property | cached_property) else ChatInterface.attributes()
