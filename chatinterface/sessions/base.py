"""What all that a session can do has in common: the conversation, and the port by which it is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chatinterface.port import Port, outside

if TYPE_CHECKING:
    from chatinterface.interface import ChatInterface
    from chatinterface.models import Conversation


@dataclass(kw_only=True, eq=False)
class Session:
    """A conversation as a callback holds it. What can be assigned is a property with a setter, and nothing else."""

    interface: ChatInterface
    conversation: Conversation
    # To the run whose callback has the session; where none has it, made when it is asked for.
    _port: Port | None = field(default=None, repr=False)

    @property
    def port(self) -> Port:
        """What is done goes by it: to the run whose callback has the session, else to the conversation itself."""
        if self._port is None:
            object.__setattr__(self, "_port", outside().port(self.interface, self.conversation))
            assert self._port is not None
        return self._port

    def __setattr__(self, name: str, value: Any) -> None:
        known = getattr(type(self), name, None)
        if name in vars(self) or not (name in self.__dataclass_fields__ or getattr(known, "fset", None)):
            raise AttributeError(f"{name!r} of a ChatSession cannot be set. Set active or widgets, or call a method.")
        object.__setattr__(self, name, value)
