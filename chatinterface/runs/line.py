"""The places of a chat in this process: so many runs are at work at once, and who comes first is first."""

from __future__ import annotations

import threading
from typing import Protocol
from weakref import WeakKeyDictionary

from chatinterface.interface import ChatInterface


class Standing(Protocol):
    """Who wants a place. Runs of one chat may belong to several event loops."""

    def stand(self, number: int) -> bool:
        """Told from any thread: the number in line, 0 with a place. False where it is gone, with its event loop."""


class Line:
    """Who has a place, and who waits for one. Any thread may use it; ``places`` None is any number of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside: set[Standing] = set()
        # A dict for its order, and for leaving it from the middle.
        self._waiting: dict[Standing, None] = {}

    def enter(self, who: Standing, places: int | None) -> bool:
        """Whether there is a place at once; else it is told where it stands, now and whenever that changes."""
        with self._lock:
            if not self._waiting and self._has_room(places):
                self._inside.add(who)
                return True
            self._waiting[who] = None
            who.stand(len(self._waiting))
            return False

    def leave(self, who: Standing, places: int | None) -> None:
        """Give up a place, or the waiting for one. Doing it again changes nothing."""
        with self._lock:
            if who in self._inside:
                self._inside.remove(who)
            elif self._waiting.pop(who, self) is self:
                return
            for each in list(self._waiting):
                if not self._has_room(places):
                    break
                del self._waiting[each]
                if each.stand(0):
                    self._inside.add(each)
            for each in [each for number, each in enumerate(self._waiting, 1) if not each.stand(number)]:
                del self._waiting[each]

    def _has_room(self, places: int | None) -> bool:
        return places is None or len(self._inside) < places


_lines: WeakKeyDictionary[ChatInterface, Line] = WeakKeyDictionary()


def line(interface: ChatInterface) -> Line:
    """The line of a chat in this process."""
    return _lines.setdefault(interface, Line())
