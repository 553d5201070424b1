"""What all that a session can do has in common: the conversation, and the port to its run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chatinterface.exceptions import Ended

if TYPE_CHECKING:
    from chatinterface.interface import ChatInterface
    from chatinterface.models import Conversation
    from chatinterface.port import Port


@dataclass(kw_only=True, eq=False)
class Session:
    """A conversation as a callback holds it. What can be assigned is a property with a setter, and nothing else."""

    interface: ChatInterface
    conversation: Conversation
    # None where nobody is answering: nothing can be written then.
    _port: Port | None = field(default=None, repr=False)

    @property
    def port(self) -> Port:
        """The port to the run. Raises Ended where there is none."""
        if self._port is None:
            raise Ended
        return self._port

    def __setattr__(self, name: str, value: Any) -> None:
        known = getattr(type(self), name, None)
        if name in vars(self) or not (name in self.__dataclass_fields__ or getattr(known, "fset", None)):
            raise AttributeError(f"{name!r} of a ChatSession cannot be set. Set active or widgets, or call a method.")
        object.__setattr__(self, name, value)
